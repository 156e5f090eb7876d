"""R3D-18 (Tran et al., arXiv 1711.11248) in plain torch, for torchvision's Kinetics-400 weights.

The parameters carry torchvision's names, so that its checkpoint loads strictly.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

DIMENSION = 512
WINDOW = 16  # frames the network was trained on at once
SIDE = 112
CLASSES = 400
# Of Kinetics-400's pixels, 0 to 1, red, green, blue.
PIXEL_MEAN = (0.43216, 0.394666, 0.37645)
PIXEL_SD = (0.22803, 0.22145, 0.216989)


def convolution(width: int, out: int, stride: int = 1) -> nn.Conv3d:
    """3 x 3 x 3 over time and space."""
    return nn.Conv3d(width, out, 3, stride, padding=1, bias=False)


class Residual(nn.Module):
    """Two convolutions added to their input, itself projected where shapes differ."""

    def __init__(self, width: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(
            convolution(width, out, stride), nn.BatchNorm3d(out), nn.ReLU(inplace=True)
        )
        self.conv2 = nn.Sequential(convolution(out, out), nn.BatchNorm3d(out))
        self.downsample = None
        if stride > 1 or width != out:
            self.downsample = nn.Sequential(
                nn.Conv3d(width, out, 1, stride, bias=False), nn.BatchNorm3d(out)
            )

    def forward(self, x: Tensor) -> Tensor:
        """[B, width, T, H, W] -> [B, out, T / stride, H / stride, W / stride]."""
        kept = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.conv2(self.conv1(x)) + kept)


class R3D18(nn.Module):
    """Windows of frames to pooled features.

    Shapes: uint8 [B, 16, 112, 112, 3] RGB -> float32 [B, 512].
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False),
            nn.BatchNorm3d(64),
            nn.ReLU(inplace=True),
        )
        self.layer1 = nn.Sequential(Residual(64, 64, 1), Residual(64, 64, 1))
        self.layer2 = nn.Sequential(Residual(64, 128, 2), Residual(128, 128, 1))
        self.layer3 = nn.Sequential(Residual(128, 256, 2), Residual(256, 256, 1))
        self.layer4 = nn.Sequential(Residual(256, 512, 2), Residual(512, 512, 1))
        # Not used, but part of the checkpoint, which loads strictly.
        self.fc = nn.Linear(DIMENSION, CLASSES)

    def forward(self, frames: Tensor) -> Tensor:
        """Normalise, convolve, average over time and space."""
        mean, sd = (torch.tensor(v, device=frames.device) for v in (PIXEL_MEAN, PIXEL_SD))
        x = ((frames.float() / 255 - mean) / sd).permute(0, 4, 1, 2, 3)
        x = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(x)))))
        return x.mean(dim=(2, 3, 4))


def load(path: Path) -> R3D18:
    """The network with a checkpoint's weights, ready for inference.

    Raises:
        RuntimeError: the file is not R3D-18's state dictionary.
    """
    network = R3D18()
    given = torch.load(path, map_location="cpu", weights_only=True)
    network.load_state_dict(given, strict=True)
    network.eval().requires_grad_(False)
    return network
