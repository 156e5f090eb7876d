"""R3D-18 on clips: windows, weights that are refused. Random weights, which prove loading only."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from ariigcn.core.errors import DataError
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.r3d18 import R3D18
from ariigcn.features.encoders.video_r3d18 import Parameters, R3D18Video, make
from ariigcn.features.store import Status
from tests.features.make_clips import grey_frames, write_video


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("r3d18") / "r3d_18.pth"
    torch.save(R3D18().state_dict(), path)
    return path


def encoder(weights: Path, **parameters: Any) -> R3D18Video:
    return make("video", Parameters(weights=str(weights), weights_sha256="", **parameters))


def test_a_clip_is_one_vector_and_no_face_is_masked(weights: Path, tmp_path: Path) -> None:
    clip = Clip("u", None, write_video(tmp_path / "a.mp4", grey_frames(20)))
    (whole,) = encoder(weights, windows=1, face="whole-frame").encode([clip])
    plain = encoder(weights)
    assert plain.version == "r3d_18 of torchvision on cpu"
    (masked,) = plain.encode([clip])
    assert whole.status == Status.OK
    assert whole.values is not None
    assert whole.values.shape == (512,)
    assert masked.status == Status.NO_FACE


def test_a_window_that_is_not_full_repeats_its_last_frame(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = encoder(weights)
    seen: list[NDArray[np.uint8]] = []

    def network(window: torch.Tensor) -> torch.Tensor:
        seen.append(window.numpy())
        return torch.full((1, 512), float(len(seen)))

    monkeypatch.setattr(made, "_network", network)
    crops = np.arange(20, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), np.uint8)
    np.testing.assert_array_equal(made._pool(crops), 1.5)
    assert [window.shape for window in seen] == [(1, 16, 2, 2, 3)] * 2
    assert seen[1][0, :, 0, 0, 0].tolist() == [16, 17, 18, 19] + [19] * 12


def test_no_path_another_file_and_other_weights_are_refused(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="weights"):
        Parameters()  # type: ignore[call-arg]
    with pytest.raises(DataError, match=r"no such file; download https://download\.pytorch\.org"):
        encoder(tmp_path / "absent.pth")
    with pytest.raises(DataError, match="does not begin with b3b3357e"):
        make("video", Parameters(weights=str(weights)))
    torch.save({"weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(DataError, match="not R3D-18's state dictionary"):
        encoder(tmp_path / "other.pth")
    whole = weights.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], bytes(range(256))):
        (tmp_path / "other.pth").write_bytes(damaged)
        with pytest.raises(DataError, match=r"not R3D-18's state dictionary|more than tensors"):
            encoder(tmp_path / "other.pth")
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(DataError, match="a pipe, not a file"):
        encoder(tmp_path / "pipe.pth")
    torch.save({"weight": tmp_path}, tmp_path / "other.pth")
    with pytest.raises(DataError, match="more than tensors; refused"):
        encoder(tmp_path / "other.pth")
