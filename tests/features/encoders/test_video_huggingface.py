"""Hugging Face image encoders on crops: transformers and convolutional ones. Tiny weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.video_huggingface import ImageEncoder, Parameters, make
from ariigcn.features.media.frames import sample_frames
from ariigcn.features.store import Status
from tests.features.make_clips import grey_frames, write_video
from tests.features.tiny_models import WIDTH, convolutional_model, image_model


def encoder(folder: Path, **parameters: Any) -> ImageEncoder:
    return make("video", Parameters(model=str(folder), **parameters))


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return Clip("u", None, write_video(tmp_path / "a.mp4", grey_frames(20)))


@pytest.mark.parametrize("model", [image_model, convolutional_model])
def test_every_kind_gives_mean_and_sd(
    tmp_path: Path, clip: Clip, model: Callable[[Path], Path]
) -> None:
    made = encoder(model(tmp_path), face="whole-frame", frames=3)
    (result,) = made.encode([clip])
    assert result.status == Status.OK
    assert result.values is not None
    assert made.dimension == len(result.values) == 2 * WIDTH
    assert (result.values[WIDTH:] >= 0).all()
    assert result.values[WIDTH:].max() > 0


def test_values_are_transformers_own(tmp_path: Path, clip: Clip) -> None:
    from transformers import AutoImageProcessor

    made = encoder(image_model(tmp_path), face="whole-frame", frames=1, pooling="cls", layers=(-1,))
    processor = AutoImageProcessor.from_pretrained(tmp_path, backend="pil")
    frame = cv2.resize(sample_frames(clip, 1)[0], (32, 32), interpolation=cv2.INTER_AREA)
    inputs = processor(frame, return_tensors="pt")
    expected = made.loaded.model(**inputs).last_hidden_state[0, 0].numpy()
    (result,) = made.encode([clip])
    assert result.values is not None
    np.testing.assert_allclose(result.values[:WIDTH], expected, atol=1e-5)


def test_no_face_is_masked(tmp_path: Path, clip: Clip) -> None:
    (result,) = encoder(image_model(tmp_path)).encode([clip])
    assert (result.status, result.values) == (Status.NO_FACE, None)


def test_settings_that_are_absent_are_an_error(tmp_path: Path) -> None:
    (image_model(tmp_path) / "preprocessor_config.json").unlink()
    with pytest.raises(DataError, match="how the model wants its pictures"):
        encoder(tmp_path)
