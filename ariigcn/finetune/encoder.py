"""The encoder ``finetuned``: a clip to a vector, by encoders that learned on a corpus's training split.

Cross-fitting, the way the training dialogues get their features, is ours: it is how stacked models are
fitted (Wolpert, 1992). What differs between modalities stands in :mod:`ariigcn.finetune.kind`.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.files import sha256_file
from ariigcn.core.storage import read_json
from ariigcn.features.encoders import huggingface
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.steps import TwoStepEncoder
from ariigcn.finetune.align import alignment
from ariigcn.finetune.config import ANCHORS, BASE, FACTS, HEAD, WEIGHTS, Learning, encoder_folder
from ariigcn.finetune.kind import kind_of

Array = NDArray[np.float32]
# An utterance: what the encoders read of it, and its clip.
Pair = tuple[Any, Clip]


def files(parameters: Learning) -> list[Path]:
    """The files that decide the vectors of encoders that a user names; the workflow makes its own."""
    base = kind_of(parameters.modality).base_files(parameters)
    if parameters.folder is None:
        return base
    own = (FACTS, ANCHORS) if parameters.gives == "aligned" else (FACTS,)
    folders = _folders(parameters)
    return base + [
        path
        for folder in folders
        for path in (*huggingface.weight_files(folder), *(folder / name for name in own))
    ]


def _folders(parameters: Learning) -> list[Path]:
    return [Path(encoder_folder(str(parameters.folder), n)) for n in parameters.encoding]


class Loaded:
    """One fine-tuned encoder: the frozen encoder of its folder, and its head.

    Args:
        parameters: what it reads and how it pools.
        folder: where it stands.
    """

    def __init__(self, parameters: Learning, folder: Path) -> None:
        from ariigcn.finetune.network import load_head

        self.parameters = parameters
        self.encoder = kind_of(parameters.modality).encoder(parameters, str(folder))
        classes = len(facts_of(folder)["labels"])
        self._head = load_head(folder, self.encoder.dimension, classes)

    def outputs(self, read: Sequence[Any]) -> Array:
        """Vectors and log-probabilities side by side, float32 [n, D_v + C], of n utterances."""
        import torch

        vectors = self.encoder.vectors(read)
        with torch.inference_mode():
            logits = self._head(torch.from_numpy(vectors)).log_softmax(-1).numpy()
        return np.hstack([vectors, logits])


class FineTuned:
    """Encoders that stand in a folder, checked and not loaded, and what is made of their outputs.

    Args:
        parameters: with the ``folder`` that the encoders stand in.

    Raises:
        DataError: there is no folder, or its encoders learned in another way.
    """

    feature_names: tuple[str, ...] = ()

    def __init__(self, parameters: Learning) -> None:
        key = f"features.{parameters.modality}.parameters"
        if parameters.folder is None:
            raise DataError(f"{key}.folder: no folder of fine-tuned encoders is named")
        self.folders = _folders(parameters)
        if absent := [folder for folder in self.folders if not folder.is_dir()]:
            raise DataError(
                f"{absent[0]}: this fine-tuned encoder is not there; name the folder of all of them in "
                f"{key}.folder"
            )
        for folder in self.folders:
            if facts_of(folder)["learned"] != parameters.learned():
                raise DataError(
                    f"{folder}: these encoders learned with other parameters than {key} names; fine-tune "
                    "again, or name another folder"
                )
        facts, count = facts_of(self.folders[0]), len(self.folders)
        self.parameters, self.kind = parameters, kind_of(parameters.modality)
        self.fitted_on = f"train of {facts['corpus']}"
        self.version = f"fine-tuned {parameters.base}, {count} encoder(s)"
        self.weights_sha256 = _digest(self.folders)
        self._classes, vector = len(facts["labels"]), facts["dimension"]
        sizes = {"vectors": vector, "aligned": vector, "logits": self._classes}
        self.dimension = int(sizes.get(parameters.gives, vector + self._classes))
        self._untuned = self._base() if parameters.gives == "frozen-logits" else None

    def _base(self) -> TwoStepEncoder:
        """The base as it was, out of the encoders' folder where they carry it."""
        carried = Path(str(self.parameters.folder)) / BASE
        own = {"base": str(carried), "revision": None} if carried.is_dir() else {}
        return self.kind.untuned(self.parameters.model_copy(update=own))

    def mean(self, outputs: dict[int, Array]) -> Array:
        """The mean of what some encoders, by their numbers, made of the same utterances, [n, D_v + C]."""
        if self.parameters.gives == "aligned":
            outputs = {number: self._aligned(number, own) for number, own in outputs.items()}
        return np.mean(list(outputs.values()), 0, np.float32)

    def _aligned(self, number: int, outputs: Array) -> Array:
        turn = alignment(self.parameters, number)
        if turn is None:
            return outputs
        size = outputs.shape[1] - self._classes
        return np.hstack([turn(outputs[:, :size]), outputs[:, size:]])

    def composed(self, pairs: Sequence[Pair], outputs: Array) -> Array:
        """The features of utterances, [n, D], out of what fine-tuned encoders made of them.

        Args:
            pairs: n utterances that the encoders could read; looked at for ``frozen-logits`` alone.
            outputs: vectors and log-probabilities side by side, [n, D_v + C].
        """
        vectors, logits = outputs[:, : -self._classes], outputs[:, -self._classes :]
        if self._untuned is not None:
            read = [self.kind.alone(self._untuned, own, clip) for own, clip in pairs]
            return np.hstack([self._untuned.vectors(read), logits])
        given = {"vectors": vectors, "aligned": vectors, "logits": logits}
        return given.get(self.parameters.gives, outputs)


class FineTunedEncoder(FineTuned, TwoStepEncoder):
    """A clip -> float32 [D]: :attr:`Learning.gives` says what.

    Args:
        parameters: with the ``folder`` that the encoders stand in.

    Raises:
        DataError: there is no folder, or its encoders learned in another way.
    """

    def __init__(self, parameters: Learning) -> None:
        super().__init__(parameters)
        self._encoders = dict(
            zip(
                parameters.encoding,
                (Loaded(parameters, folder) for folder in self.folders),
                strict=True,
            )
        )
        self._first = next(iter(self._encoders.values())).encoder  # all read as their base does
        self.together = self._first.together

    def read(self, clip: Clip) -> tuple[Pair, str]:
        """What the encoders read of a clip, with the clip; and the row's note.

        Raises:
            ClipError: the clip cannot be used.
        """
        read, note = self._first.read(clip)
        return (read, clip), note

    def vectors(self, read: Sequence[Pair]) -> Array:
        """The features of n utterances, [n, D]."""
        own = [what for what, _ in read]
        outputs = {number: each.outputs(own) for number, each in self._encoders.items()}
        return self.composed(read, self.mean(outputs))


def make(modality: str, parameters: Learning) -> FineTunedEncoder:
    """Load the encoders that tell an utterance outside the training split."""
    return FineTunedEncoder(parameters)


def facts_of(folder: Path) -> dict[str, Any]:
    """What a fine-tuned encoder says of itself.

    Raises:
        DataError: it says nothing, or its file is damaged.
    """
    return read_json(folder / FACTS, "what a fine-tuned encoder says of itself")


def _digest(folders: Sequence[Path]) -> str:
    """Digest of the weights of several encoders."""
    digest = hashlib.sha256()
    for folder in folders:
        for name in (WEIGHTS, HEAD):
            digest.update(sha256_file(folder / name).encode())
    return digest.hexdigest()
