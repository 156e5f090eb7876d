"""Detectors: what the network finds and the cascade misses, in a photograph turned and darkened."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ariigcn.features.media.detectors import DETECTORS, Name
from tests.features.media.test_faces import portrait

__all__ = ["portrait"]
Picture = NDArray[np.uint8]


def turned(picture: Picture, degrees: float) -> Picture:
    """Turned about the face."""
    matrix = cv2.getRotationMatrix2D((262, 210), degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, picture.shape[1::-1]), dtype=np.uint8)


CONDITIONS: dict[str, Callable[[Picture], Picture]] = {
    "upright": lambda picture: picture,
    "turned": lambda picture: turned(picture, 30),
    "dark": lambda picture: picture // 12,
}


@pytest.mark.parametrize(
    ("name", "found"), [("yunet", ["upright", "turned", "dark"]), ("haar", ["upright"])]
)
def test_who_finds_a_face_that_is_turned_or_dark(
    portrait: Picture, name: Name, found: list[str]
) -> None:
    detect = DETECTORS[name]()
    boxes = {condition: detect(alter(portrait), 60) for condition, alter in CONDITIONS.items()}
    assert [condition for condition in CONDITIONS if boxes[condition]] == found
    for condition in found:
        (box,) = boxes[condition]
        assert (box.x, box.y) == pytest.approx((262, 210), abs=25)
        assert 180 < box.side < 260


@pytest.mark.parametrize("name", DETECTORS)
def test_smaller_faces_are_left_out_and_sizes_of_pictures_may_change(
    portrait: Picture, name: Name
) -> None:
    detect = DETECTORS[name]()
    half = np.asarray(cv2.resize(portrait, None, fx=0.5, fy=0.5), dtype=np.uint8)
    assert detect(half, 150) == []
    assert len(detect(portrait, 150)) == len(detect(half, 60)) == 1
