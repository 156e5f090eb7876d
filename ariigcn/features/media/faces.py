"""Faces in a clip's frames: one box a frame, gaps filled from neighbours.

Which face speaks is annotated in neither corpus; the largest is the default policy **ours**, and
the policy stands among the encoder's parameters in the store. Chosen frame by frame, the largest of
two faces may be one person's now and the other's then; ``follow`` keeps to one of them.
"""

import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.settings import Section
from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.encoders.steps import TwoStepEncoder
from ariigcn.features.media import containers, detectors
from ariigcn.features.media.boxes import Box, crop, fill_gaps, follow, smooth
from ariigcn.features.media.frames import sample_frames
from ariigcn.features.store import Status

if TYPE_CHECKING:
    from torch import Tensor

Policy = Literal["largest", "centre", "whole-frame"]
LIBRARIES = (*containers.LIBRARIES, *detectors.LIBRARIES)
# What the message of a row says of its frames; the report counts them.
NOTE = re.compile(r"(?:face in (\d+)|no face in any) of (\d+) frames")


class FaceParameters(Section):
    """What every encoder of face crops is asked."""

    face: Policy = Field(
        "largest",
        description="Which face of a frame: the largest, the most central, or the whole frame "
        "without looking for one.",
    )
    detector: detectors.Name = Field(
        "yunet",
        description="What finds faces: YuNet, a network, or OpenCV's Haar cascade, which misses faces "
        "that are tilted, dark or not frontal.",
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


class FaceFinder:
    """Finds faces in frames, the policy's choice first.

    Args:
        asked: the policy, the detector, the side that frames are scaled down to for it, and the
            smallest face.
    """

    def __init__(self, asked: FaceParameters) -> None:
        self._asked = asked
        self._detect = detectors.DETECTORS[asked.detector]()

    def find(self, frame: NDArray[np.uint8]) -> Box | None:
        """The face that the policy takes in an RGB frame [H, W, 3], or None."""
        return next(iter(self.find_all(frame)), None)

    def find_all(self, frame: NDArray[np.uint8]) -> list[Box]:
        """All faces in an RGB frame [H, W, 3], in the policy's order."""
        import cv2

        if self._asked.face == "whole-frame":
            return []
        height, width = frame.shape[:2]
        scale = min(1.0, self._asked.detection_side / max(height, width))
        small = frame
        if scale < 1:
            scaled = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            small = np.asarray(scaled, dtype=np.uint8)
        found = self._detect(small, self._asked.smallest_face * min(small.shape[:2]))
        boxes = [Box(box.x / scale, box.y / scale, box.side / scale) for box in found]
        return sorted(boxes, key=lambda box: self.rank(box, width, height))

    def rank(self, box: Box, width: int, height: int) -> tuple[float, ...]:
        """Sort key, best first; ties fall to the left and upper face."""
        off_centre = float(np.hypot(box.x - width / 2, box.y - height / 2))
        first = -box.side if self._asked.face == "largest" else off_centre
        return (first, box.x, box.y)


class FaceCropReader:
    """Clips as face crops: frames, faces and statuses are the same for every network.

    Args:
        asked: which faces, and from what length of clip on.
        frames: frames a clip, evenly spaced.
        side: side of a crop, pixels.
    """

    def __init__(self, asked: FaceParameters, frames: int, side: int) -> None:
        self.side = side
        self._asked, self._frames, self._faces = asked, frames, FaceFinder(asked)

    def read(self, clip: Clip) -> tuple[NDArray[np.uint8], str]:
        """A clip's crops, RGB [n, side, side, 3], and the row's note.

        Raises:
            ClipError: the clip cannot be used.
        """
        frames = sample_frames(clip, self._frames, self._asked.min_duration_s)
        return face_crops(frames, self._faces, self._asked, self.side)


class FaceCropEncoder(TwoStepEncoder):
    """An encoder of a clip's face crops; its network sees one clip at a time.

    Args:
        reader: of clips.
    """

    def __init__(self, reader: FaceCropReader) -> None:
        self._reader = reader

    def read(self, clip: Clip) -> tuple[NDArray[np.uint8], str]:
        """As :meth:`FaceCropReader.read`."""
        return self._reader.read(clip)

    def vectors(self, read: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """The crops of n clips -> [n, D]; no bits of a clip depend on its neighbours."""
        return np.stack([self._pool(crops) for crops in read])

    @abstractmethod
    def _pool(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """A clip's crops, RGB [n, side, side, 3] -> its vector."""


def mean_and_sd(features: "Tensor") -> NDArray[np.float32]:
    """Features of a clip's frames, [n, D] -> their mean and standard deviation over n, [2 D]."""
    import torch

    moments = torch.cat([features.mean(0), features.std(0, correction=0)])
    vector: NDArray[np.float32] = moments.cpu().numpy()
    return vector


def moment_names(values: Iterable[object]) -> tuple[str, ...]:
    """The names of what :func:`mean_and_sd` gives, for the names of the D values."""
    names = [str(value) for value in values]
    return tuple(f"{moment}_{name}" for moment in ("mean", "sd") for name in names)


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
    elif seen:
        note = f"face in {seen} of {len(frames)} frames"
    else:
        note = f"no face in any of {len(frames)} frames"
        if asked.no_face == "mask":
            raise ClipError(Status.NO_FACE, note)
        note += "; whole frame used"
    boxes = fill_gaps(found)
    boxes = smooth(boxes) if asked.follow else boxes
    crops = [crop(frame, box, asked.margin, side) for frame, box in zip(frames, boxes, strict=True)]
    return np.stack(crops), note


def frames_with_face(message: str) -> tuple[int, int] | None:
    """What a row's message says: frames with a face, and frames; None if none was looked for."""
    told = NOTE.search(message)
    return None if told is None else (int(told[1] or 0), int(told[2]))


def _followed(frames: Sequence[NDArray[np.uint8]], finder: FaceFinder) -> list[Box | None]:
    found = [finder.find_all(frame) for frame in frames]
    firsts = [(number, boxes[0]) for number, boxes in enumerate(found) if boxes]
    if not firsts:
        return [None] * len(frames)
    height, width = frames[0].shape[:2]
    seed, _ = min(firsts, key=lambda numbered: finder.rank(numbered[1], width, height))
    return follow(found, seed)
