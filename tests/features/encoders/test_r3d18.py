"""R3D-18: torchvision's names and shapes, whatever the side of the picture."""

from pathlib import Path

import pytest
import torch

from ariigcn.features.encoders.r3d18 import R3D18, load

# Of torchvision's r3d_18: 33,371,472 parameters in 122 tensors.
PARAMETERS, TENSORS = 33_371_472, 122
NAMES = {
    "stem.0.weight": (64, 3, 3, 7, 7),
    "stem.1.running_mean": (64,),
    "layer1.0.conv1.0.weight": (64, 64, 3, 3, 3),
    "layer1.1.conv2.1.num_batches_tracked": (),
    "layer2.0.downsample.0.weight": (128, 64, 1, 1, 1),
    "layer3.0.downsample.1.bias": (256,),
    "layer4.1.conv2.0.weight": (512, 512, 3, 3, 3),
    "fc.weight": (400, 512),
}


def test_parameters_are_torchvisions() -> None:
    state = R3D18().state_dict()
    assert len(state) == TENSORS
    assert sum(p.numel() for p in R3D18().parameters()) == PARAMETERS
    assert {name: tuple(state[name].shape) for name in NAMES} == NAMES


def test_loading_is_strict_and_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    state = R3D18().state_dict()
    torch.save(state, path)
    network = load(path)
    assert not network.training
    frames = torch.randint(0, 255, (1, 4, 16, 16, 3), dtype=torch.uint8)
    assert network(frames).shape == (1, 512)
    torch.save({k: v for k, v in state.items() if k != "fc.bias"}, path)
    with pytest.raises(RuntimeError, match=r"fc\.bias"):
        load(path)
