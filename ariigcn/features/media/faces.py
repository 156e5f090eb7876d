"""Faces in a clip's frames: OpenCV's Haar cascade, one box a frame, gaps filled from neighbours.

Which face speaks is annotated in neither corpus; the largest is the default policy **ours**, and
the policy stands among the encoder's parameters in the store. Chosen frame by frame, the largest of
two faces may be one person's now and the other's then; ``follow`` keeps to one of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.settings import Section
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.media import decoding
from ariigcn.features.media.decoding import ClipError, sample_frames
from ariigcn.features.store import Status

Policy = Literal["largest", "centre", "whole-frame"]
LIBRARIES = (*decoding.LIBRARIES, "opencv-python-headless")
# As fast as the default cascade, which takes more of what is no face for one.
CASCADE = "haarcascade_frontalface_alt2.xml"


class FaceParameters(Section):
    """What every encoder of face crops is asked."""

    face: Policy = Field(
        "largest",
        description="Which face of a frame: the largest, the most central, or the whole frame "
        "without looking for one.",
    )
    follow: bool = Field(
        False,
        description="Keep to one face through the clip, the one that the policy puts first in all "
        "frames, and smooth its place and size over three frames.",
    )
    no_face: Literal["mask", "whole-frame"] = Field(
        "mask",
        description="A clip with no face in any frame: mask it, or take its whole frames.",
    )
    margin: float = Field(
        0.2, ge=0, le=2, description="Room around a face on each side, share of its side."
    )
    detection_side: int = Field(
        320, ge=64, description="Longer side of the frame that faces are looked for in, pixels."
    )
    smallest_face: float = Field(
        0.1, gt=0, le=1, description="Smallest face, share of the frame's shorter side."
    )
    min_duration_s: float = Field(
        0.1, ge=0, description="Shorter clips are marked too short, seconds."
    )


@dataclass(frozen=True)
class Box:
    """A square face: its centre and side, pixels of the full frame."""

    x: float
    y: float
    side: float


class FaceFinder:
    """Finds faces in frames, the policy's choice first.

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
        return next(iter(self.find_all(frame)), None)

    def find_all(self, frame: NDArray[np.uint8]) -> list[Box]:
        """All faces in an RGB frame [H, W, 3], in the policy's order."""
        import cv2

        if self.policy == "whole-frame":
            return []
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
        return sorted(boxes, key=lambda box: self.rank(box, width, height))

    def rank(self, box: Box, width: int, height: int) -> tuple[float, ...]:
        """Sort key, best first; ties fall to the left and upper face."""
        off_centre = float(np.hypot(box.x - width / 2, box.y - height / 2))
        first = -box.side if self.policy == "largest" else off_centre
        return (first, box.x, box.y)


class FaceCropEncoder(ABC):
    """An encoder of a clip's face crops: frames, faces and statuses are the same for every network.

    Args:
        parameters: which faces, and from what length of clip on.
        frames: frames a clip, evenly spaced.
        side: side of a crop, pixels.
    """

    def __init__(self, parameters: FaceParameters, frames: int, side: int) -> None:
        self._asked, self._frames, self._side = parameters, frames, side
        self._faces = FaceFinder(
            parameters.face, parameters.detection_side, parameters.smallest_face
        )

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One vector a clip; the network sees one clip at a time, so no bits depend on neighbours."""
        return [self._encode_one(clip) for clip in clips]

    def _encode_one(self, clip: Clip) -> Encoded:
        try:
            frames = sample_frames(clip, self._frames, self._asked.min_duration_s)
            crops, note = face_crops(frames, self._faces, self._asked, self._side)
        except ClipError as error:
            return Encoded(None, error.status, error.message)
        return Encoded(self._pool(crops), message=note)

    @abstractmethod
    def _pool(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """A clip's crops, RGB [n, side, side, 3] -> its vector."""


def face_crops(
    frames: Sequence[NDArray[np.uint8]], finder: FaceFinder, asked: FaceParameters, side: int
) -> tuple[NDArray[np.uint8], str]:
    """A clip's frames, RGB [H, W, 3] each -> its face crops [n, side, side, 3], and the row's note.

    Raises:
        ClipError: no frame shows a face, and such clips are masked.
    """
    found = _followed(frames, finder) if asked.follow else [finder.find(f) for f in frames]
    seen = sum(box is not None for box in found)
    if asked.face == "whole-frame":
        note = ""
    elif not seen and asked.no_face == "mask":
        raise ClipError(Status.NO_FACE, f"no face in any of {len(frames)} frames")
    elif not seen:
        note = "no face in any frame; whole frame used"
    else:
        note = "" if seen == len(frames) else f"face in {seen} of {len(frames)} frames"
    boxes = fill_gaps(found)
    boxes = smooth(boxes) if asked.follow else boxes
    crops = [crop(frame, box, asked.margin, side) for frame, box in zip(frames, boxes, strict=True)]
    return np.stack(crops), note


def _followed(frames: Sequence[NDArray[np.uint8]], finder: FaceFinder) -> list[Box | None]:
    found = [finder.find_all(frame) for frame in frames]
    firsts = [(number, boxes[0]) for number, boxes in enumerate(found) if boxes]
    if not firsts:
        return [None] * len(frames)
    height, width = frames[0].shape[:2]
    seed, _ = min(firsts, key=lambda numbered: finder.rank(numbered[1], width, height))
    return follow(found, seed)


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
