"""Boxes of faces through a clip: one followed from frame to frame, gaps filled, cut out of a picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Box:
    """A square face: its centre and side, pixels of the full frame."""

    x: float
    y: float
    side: float


def follow(found: Sequence[Sequence[Box]], seed: int) -> list[Box | None]:
    """One face through a clip, from the first box of frame ``seed`` towards both ends.

    In each frame the box is taken whose centre moved least; one that moved by more than the face's
    own side, or is twice or half as large, is somebody else's.
    """
    track: list[Box | None] = [None] * len(found)
    ahead, back = range(seed + 1, len(found)), range(seed - 1, -1, -1)
    track[seed] = found[seed][0]
    for way in (ahead, back):
        last = found[seed][0]
        for number in way:
            near = [box for box in found[number] if _same(last, box)]
            if near:
                last = min(near, key=lambda box: _moved(last, box))
                track[number] = last
    return track


def _moved(a: Box, b: Box) -> float:
    return float(np.hypot(a.x - b.x, a.y - b.y))


def _same(a: Box, b: Box) -> bool:
    return _moved(a, b) <= a.side and a.side / 2 <= b.side <= a.side * 2


def smooth(boxes: Sequence[Box | None]) -> list[Box | None]:
    """Boxes of a clip, all or none: each the mean of itself and its neighbours."""
    table = [(b.x, b.y, b.side) for b in boxes if b is not None]
    if not table:
        return list(boxes)
    means = [np.mean(table[max(0, i - 1) : i + 2], axis=0) for i in range(len(table))]
    return [Box(float(x), float(y), float(side)) for x, y, side in means]


def fill_gaps(boxes: Sequence[Box | None]) -> list[Box | None]:
    """Boxes of evenly spaced frames: a gap is interpolated, an end takes its nearest; all or none."""
    known = [i for i, box in enumerate(boxes) if box is not None]
    if not known:
        return list(boxes)
    table = np.array([(b.x, b.y, b.side) for b in boxes if b is not None])
    columns = [np.interp(np.arange(len(boxes)), known, column) for column in table.T]
    return [Box(float(x), float(y), float(side)) for x, y, side in zip(*columns, strict=True)]


def crop(frame: NDArray[np.uint8], box: Box | None, margin: float, side: int) -> NDArray[np.uint8]:
    """The face with ``margin`` (share of its side) all round, or the whole frame, [side, side, 3]."""
    import cv2

    part = frame
    if box is not None:
        height, width = frame.shape[:2]
        length = max(1, min(round(box.side * (1 + 2 * margin)), height, width))
        left = min(max(round(box.x - length / 2), 0), width - length)
        top = min(max(round(box.y - length / 2), 0), height - length)
        part = frame[top : top + length, left : left + length]
    shrinks = min(part.shape[:2]) >= side
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (side, side), interpolation=method), dtype=np.uint8)
