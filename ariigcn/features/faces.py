"""Faces in a clip's frames: OpenCV's Haar cascade, one box a frame, gaps filled from neighbours.

Which face speaks is annotated in neither corpus; the largest is the default policy **ours**, and
the policy stands among the encoder's parameters in the store.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Policy = Literal["largest", "centre", "whole-frame"]
# As fast as the default cascade, which takes more of what is no face for one.
CASCADE = "haarcascade_frontalface_alt2.xml"


@dataclass(frozen=True)
class Box:
    """A square face: its centre and side, pixels of the full frame."""

    x: float
    y: float
    side: float


class FaceFinder:
    """Finds at most one face a frame.

    Args:
        policy: which of several faces to take; ``whole-frame`` looks for none.
        detection_side: the frame's longer side is scaled down to this for detection, pixels.
        smallest: smallest face, as a share of the frame's shorter side.
    """

    def __init__(self, policy: Policy, detection_side: int, smallest: float) -> None:
        import cv2
        from cv2.data import haarcascades

        self.policy, self.detection_side, self.smallest = policy, detection_side, smallest
        self._cascade: Any = cv2.CascadeClassifier(str(Path(haarcascades) / CASCADE))

    def find(self, frame: NDArray[np.uint8]) -> Box | None:
        """The face that the policy takes in an RGB frame [H, W, 3], or None."""
        import cv2

        if self.policy == "whole-frame":
            return None
        height, width = frame.shape[:2]
        scale = min(1.0, self.detection_side / max(height, width))
        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        least = max(20, round(self.smallest * min(grey.shape)))
        found = self._cascade.detectMultiScale(
            grey, scaleFactor=1.1, minNeighbors=3, minSize=(least, least)
        )
        boxes = [Box((x + w / 2) / scale, (y + h / 2) / scale, w / scale) for x, y, w, h in found]
        return min(boxes, key=lambda box: self._rank(box, width, height), default=None)

    def _rank(self, box: Box, width: int, height: int) -> tuple[float, ...]:
        """Sort key, best first; ties fall to the left and upper face."""
        off_centre = float(np.hypot(box.x - width / 2, box.y - height / 2))
        first = -box.side if self.policy == "largest" else off_centre
        return (first, box.x, box.y)


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
