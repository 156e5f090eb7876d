"""Video to vector: R3D-18 on face crops in windows of 16 frames, mean over time and space.

A 3D convolutional network, as in the paper, which names none; how frames are sampled is ours. The
weights are torchvision's (BSD-3-Clause, trained on Kinetics-400), in a file that the user names.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.features.encoders.device import device
from ariigcn.features.encoders.foreign import digest_of_weights, in_words
from ariigcn.features.media import faces
from ariigcn.features.media.faces import FaceCropEncoder, FaceCropReader, FaceParameters

LIBRARIES = (*faces.LIBRARIES, "torch")
ON_GPU = True
URL = "https://download.pytorch.org/models/r3d_18-b3b3357e.pth"


class Parameters(FaceParameters):
    """Parameters of the R3D-18 encoder."""

    weights: str = Field(min_length=1, description=f"Checkpoint, a local file; get it from {URL}")
    weights_sha256: str = Field(
        "b3b3357e",
        pattern="^[0-9a-f]*$",
        description="What the checkpoint's sha256 begins with. Empty: any weights of this network.",
    )
    windows: int = Field(
        2, ge=1, le=32, description="Windows of 16 frames a clip, all evenly spaced over it."
    )


def files(parameters: Parameters) -> list[Path]:
    """The checkpoint."""
    return [Path(parameters.weights).expanduser()]


class R3D18Video(FaceCropEncoder):
    """Frames -> faces -> R3D-18 -> mean over windows, time and space, float32 [512].

    Raises:
        DataError: the weights cannot be read, or are not those that were asked for.
    """

    dimension = 512
    feature_names: tuple[str, ...] = ()

    def __init__(self, parameters: Parameters) -> None:
        from ariigcn.features.encoders.r3d18 import SIDE, WINDOW, load

        [path] = files(parameters)
        super().__init__(FaceCropReader(parameters, parameters.windows * WINDOW, SIDE))
        self._window = WINDOW
        mend = f"download {URL} on a machine with a network and name the file"
        self.weights_sha256 = digest_of_weights(path, parameters.weights_sha256, mend)
        with in_words(path, "not R3D-18's state dictionary"):
            network = load(path)
        self._device = device()
        self.version = f"r3d_18 of torchvision on {self._device.type}"
        self._network = network.to(self._device)

    def _pool(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Crops [n, 112, 112, 3] -> [512]; a window that is not full repeats its last frame."""
        import torch

        short = -len(crops) % self._window
        full = np.concatenate([crops, np.repeat(crops[-1:], short, axis=0)])
        windows = torch.from_numpy(full).unflatten(0, (-1, self._window))
        with torch.inference_mode():
            # One window at a time bounds memory.
            features = torch.cat([self._network(w[None].to(self._device)) for w in windows])
        vector: NDArray[np.float32] = features.mean(0).cpu().numpy()
        return vector


def make(modality: str, parameters: Parameters) -> R3D18Video:
    """Load the encoder; it knows one modality only."""
    return R3D18Video(parameters)
