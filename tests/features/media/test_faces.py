"""Faces: found in a photograph, ranked by policy, interpolated, cropped."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray

from ariigcn.features.encoders.base import ClipError
from ariigcn.features.media.boxes import Box, crop, fill_gaps, follow, smooth
from ariigcn.features.media.faces import FaceFinder, FaceParameters, face_crops


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    """Grace Hopper, a photograph in the public domain that matplotlib brings; [600, 512, 3]."""
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    return np.asarray(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def test_a_face_is_found_at_any_size_of_frame(portrait: NDArray[np.uint8]) -> None:
    finder = FaceFinder(FaceParameters())
    box = finder.find(portrait)
    assert box is not None
    assert (box.x, box.y) == pytest.approx((260, 190), abs=40)
    doubled = finder.find(cv2.resize(portrait, None, fx=2, fy=2))
    assert doubled is not None
    assert doubled.x == pytest.approx(2 * box.x, abs=20)


def test_the_policy_chooses_among_two(portrait: NDArray[np.uint8]) -> None:
    stage = np.full((600, 1200, 3), 128, np.uint8)
    stage[:, :512] = portrait
    stage[170:470, 520:776] = cv2.resize(portrait, (256, 300))
    largest = FaceFinder(FaceParameters(detection_side=640)).find(stage)
    centre = FaceFinder(FaceParameters(face="centre", detection_side=640)).find(stage)
    assert largest is not None and largest.x < 400
    assert centre is not None and 520 < centre.x < 776
    assert FaceFinder(FaceParameters(face="whole-frame")).find(stage) is None


def test_no_face_in_noise() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    assert FaceFinder(FaceParameters()).find(noise) is None


def test_gaps_are_interpolated_and_ends_take_their_nearest() -> None:
    boxes = fill_gaps([None, Box(10, 20, 8), None, Box(30, 20, 4), None])
    assert boxes == [
        Box(10, 20, 8), Box(10, 20, 8), Box(20, 20, 6), Box(30, 20, 4), Box(30, 20, 4)
    ]  # fmt: skip
    assert fill_gaps([None, None]) == [None, None]


def test_a_crop_stays_inside_its_frame() -> None:
    frame = np.zeros((100, 200, 3), np.uint8)
    frame[:50, :50] = 255
    corner = crop(frame, Box(10, 10, 40), margin=0.125, side=32)
    assert corner.shape == (32, 32, 3)
    assert corner.min() == 255
    assert crop(frame, Box(100, 50, 500), margin=0, side=32).shape == (32, 32, 3)
    assert crop(frame, None, margin=0, side=32).mean() == pytest.approx(255 / 8, abs=1)


def test_following_keeps_to_one_face_where_the_largest_changes() -> None:
    left, right = Box(100, 100, 60), Box(400, 100, 50)
    grown = Box(395, 100, 80)
    found = [[left, right], [grown, left], [], [Box(110, 105, 62)], [Box(110, 105, 200)]]
    assert follow(found, seed=0) == [left, left, None, Box(110, 105, 62), None]
    assert follow(found, seed=1) == [right, grown, None, None, None]


def test_smoothing_is_over_neighbours_and_all_or_none() -> None:
    boxes = [Box(0, 0, 10), Box(30, 0, 10), Box(0, 0, 40)]
    assert smooth(boxes) == [Box(15, 0, 10), Box(10, 0, 20), Box(15, 0, 25)]
    assert smooth([None, None]) == [None, None]


def test_crops_of_a_clip_follow_its_face(portrait: NDArray[np.uint8]) -> None:
    asked = FaceParameters(follow=True)
    blank = np.full_like(portrait, 90)
    finder = FaceFinder(asked)
    crops, note = face_crops([portrait, blank, portrait], finder, asked, 64)
    assert crops.shape == (3, 64, 64, 3)
    assert note == "face in 2 of 3 frames"
    np.testing.assert_array_equal(crops[0], crops[2])
    with pytest.raises(ClipError, match="no face in any of 1 frames"):
        face_crops([blank], finder, asked, 64)
