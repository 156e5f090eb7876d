"""Text to vector: any Hugging Face text encoder, pooled over the utterance's own tokens.

RoBERTa-Large is the paper's; layers, pooling and how much of the preceding conversation the encoder
reads are choices of ours, and stand among the parameters in the store.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from ariigcn.features.encoders import huggingface
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.encoders.foreign import in_words
from ariigcn.features.encoders.huggingface import HubParameters, hidden, load
from ariigcn.features.store import Status

if TYPE_CHECKING:
    from torch import Tensor

LIBRARIES = ("numpy", *huggingface.LIBRARIES, "tokenizers")
ON_GPU = huggingface.ON_GPU
files = huggingface.files
# As for MiniLM: texts share a batch only where they are padded to the same multiple of this, which
# keeps a vector independent of its neighbours on a CPU.
LENGTH_STEP = 8


class Parameters(HubParameters):
    """Parameters of the Hugging Face text encoder."""

    pooling: Literal["mean", "cls", "max"] = Field(
        "mean",
        description="Mean or maximum over the utterance's own tokens, special ones among them "
        "where no context is read; or the first token.",
    )
    context_utterances: int = Field(
        0,
        ge=0,
        description="Preceding utterances of the conversation that are read before the utterance, "
        "the furthest cut first.",
    )
    max_tokens: int = Field(
        512,
        ge=8,
        description="Longer inputs are cut here, or where the model ends: context first, then the "
        "utterance, whose row says so.",
    )
    batch_tokens: int = Field(
        2048, ge=8, description="Tokens a batch, padding counted; more suits a GPU."
    )


class TextEncoder:
    """Utterance text -> float32 [D], D the model's hidden size."""

    feature_names: tuple[str, ...] = ()

    def __init__(self, parameters: Parameters) -> None:
        from transformers import AutoTokenizer

        self.parameters = parameters
        self._loaded = load(parameters, "text", "input_ids")
        self.version = self._loaded.version
        self.dimension = int(self._loaded.model.config.hidden_size)
        folder = self._loaded.folder
        with in_words(folder, "no tokenizer that transformers reads"):
            self._tokenizer: Any = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
        self._limit = min(parameters.max_tokens, int(self._tokenizer.model_max_length))
        self._specials = int(self._tokenizer.num_special_tokens_to_add(pair=True))

    @property
    def weights_sha256(self) -> str:
        """Digest of the weight files."""
        return self._loaded.weights_sha256()

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        """One vector a clip; a text of nothing but blanks is missing."""
        results = [Encoded(None, Status.MISSING, "no text") for _ in clips]
        groups: dict[int, list[tuple[int, _Input]]] = {}
        for number, clip in enumerate(clips):
            if clip.text and clip.text.strip():
                read = self._read(clip.text, clip.context)
                length = -(-len(read.ids) // LENGTH_STEP) * LENGTH_STEP
                groups.setdefault(min(length, self._limit), []).append((number, read))
        for length, members in sorted(groups.items()):
            size = max(1, self.parameters.batch_tokens // length)
            for start in range(0, len(members), size):
                batch = members[start : start + size]
                pooled = self._embed([read for _, read in batch], length).cpu().numpy()
                for (number, read), vector in zip(batch, pooled, strict=True):
                    results[number] = Encoded(vector, message=read.note)
        return results

    def _read(self, text: str, context: Sequence[str]) -> "_Input":
        """An utterance's tokens with as much context before them as there is room for."""
        self._tokenizer.truncation_side = "right"
        alone = self._tokenizer(text, verbose=False)
        count = len(alone["input_ids"])
        before = " ".join(part.strip() for part in context if part and part.strip())
        if not before or count + self._specials >= self._limit:
            note = f"cut to {self._limit} of {count} tokens" if count > self._limit else ""
            cut = self._tokenizer(text, truncation=True, max_length=self._limit)
            return _Input(cut, [True] * len(cut["input_ids"]), note)
        self._tokenizer.truncation_side = "left"
        both = self._tokenizer(
            before, text, truncation="only_first", max_length=self._limit, verbose=False
        )
        return _Input(both, [part == 1 for part in both.sequence_ids(0)], "")

    def _embed(self, rows: "list[_Input]", length: int) -> "Tensor":
        """Inputs, each at most ``length`` tokens long -> float32 [n, D]."""
        import torch

        pad = self._tokenizer.pad_token_id or 0
        inputs = {
            name: _padded([row.fields[name] for row in rows], length, pad * (name == "input_ids"))
            for name in rows[0].fields
        }
        device = self._loaded.device
        own = _padded([row.own for row in rows], length, 0).to(device)[..., None]
        with torch.inference_mode():
            states = hidden(
                self._loaded.model,
                self.parameters.layers,
                **{name: value.to(device) for name, value in inputs.items()},
            )
            if self.parameters.pooling == "cls":
                return states[:, 0]
            if self.parameters.pooling == "max":
                return states.masked_fill(own == 0, -torch.inf).amax(1)
            return (states * own).sum(1) / own.sum(1)


class _Input:
    """One utterance as the model reads it.

    ``fields`` are the tokenizer's, each a list over tokens; ``own`` marks the tokens that are pooled.
    """

    def __init__(self, encoding: Any, own: list[bool], note: str) -> None:
        self.fields: dict[str, list[int]] = dict(encoding)
        self.ids = self.fields["input_ids"]
        self.fields.setdefault("attention_mask", [1] * len(self.ids))
        self.own = [int(mine) for mine in own]
        self.note = note


def _padded(rows: Sequence[Sequence[int]], length: int, pad: int) -> "Tensor":
    import torch

    table = torch.full((len(rows), length), pad, dtype=torch.long)
    for number, row in enumerate(rows):
        table[number, : len(row)] = torch.tensor(row)
    return table


def make(modality: str, parameters: Parameters) -> TextEncoder:
    """Load the encoder; it knows one modality only."""
    return TextEncoder(parameters)
