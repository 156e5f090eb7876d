"""How a text encoder reads an utterance: its own tokens, with the conversation around them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.store import Status

if TYPE_CHECKING:
    from torch import Tensor

# Texts share a batch only where they are padded to the same multiple of this, which keeps a vector
# independent of its neighbours on a CPU.
LENGTH_STEP = 8


@dataclass(frozen=True)
class Reading:
    """One utterance as the model reads it.

    Args:
        fields: the tokenizer's, each a list over tokens.
        own: 1 at the tokens that are pooled.
        note: what was cut.
    """

    fields: dict[str, list[int]]
    own: list[int]
    note: str = ""

    def __len__(self) -> int:
        return len(self.own)


class Reader:
    """Texts to tokens, by one model's tokenizer.

    Args:
        tokenizer: a Hugging Face tokenizer.
        max_tokens: longer inputs are cut here, or where the model ends.

    Attributes:
        limit: the longest input, tokens.
        specials: tokens of a text of which nothing is left.
    """

    def __init__(self, tokenizer: Any, max_tokens: int) -> None:
        self._tokenizer = tokenizer
        self.limit = min(max_tokens, int(tokenizer.model_max_length))
        self.specials = int(tokenizer.num_special_tokens_to_add(pair=False))
        self._with_context = int(tokenizer.num_special_tokens_to_add(pair=True))

    def read(self, clip: Clip) -> Reading:
        """An utterance's tokens with as much of the conversation as there is room for.

        What was said before it has the first claim to room, its furthest part cut first. The special
        tokens count as the utterance's own where it is read alone.

        Raises:
            ClipError: the tokenizer leaves nothing of its text.
        """
        self._tokenizer.truncation_side = "right"
        alone = self._tokenizer(clip.text, verbose=False)
        count = len(alone["input_ids"])
        if count <= self.specials:
            raise ClipError(Status.MISSING, "no text")
        before, after = _joined(clip.context), _joined(clip.following)
        if not (before or after) or count + self._with_context >= self.limit:
            if count <= self.limit:
                return _reading(alone, [True] * count)
            cut = self._tokenizer(clip.text, truncation=True, max_length=self.limit)
            note = f"cut to {self.limit} of {count} tokens"
            return _reading(cut, [True] * len(cut["input_ids"]), note)
        self._tokenizer.truncation_side = "left"
        both = self._tokenizer(
            before, clip.text, truncation="only_first", max_length=self.limit, verbose=False
        )
        read = _reading(both, [part == 1 for part in both.sequence_ids(0)])
        return self._followed(read, after) if after else read

    def _followed(self, read: Reading, after: str) -> Reading:
        """A reading with what was said later behind it, as far as there is room."""
        room = self.limit - len(read) - 1
        more = self._tokenizer(after, add_special_tokens=False, verbose=False)["input_ids"][:room]
        if room < 1 or not more:
            return read
        ids = [*more, self._tokenizer.sep_token_id]
        extra = {"input_ids": ids, "attention_mask": [1] * len(ids)}
        fields = {k: [*v, *extra.get(k, [0] * len(ids))] for k, v in read.fields.items()}
        return Reading(fields, [*read.own, *[0] * len(ids)], read.note)

    def padded(self, readings: Sequence[Reading], length: int) -> "dict[str, Tensor]":
        """The fields and ``own``, each [B, length]."""
        pad = self._tokenizer.pad_token_id or 0
        tensors = {
            name: _padded([r.fields[name] for r in readings], length, pad * (name == "input_ids"))
            for name in readings[0].fields
        }
        return {**tensors, "own": _padded([r.own for r in readings], length, 0)}


def batches(lengths: Sequence[int], limit: int, tokens: int) -> Iterator[tuple[int, list[int]]]:
    """Inputs that share a batch: the length that they are padded to, and their places.

    Args:
        lengths: tokens of each.
        limit: the longest input.
        tokens: of a batch, padding counted.
    """
    groups: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        groups.setdefault(min(-(-length // LENGTH_STEP) * LENGTH_STEP, limit), []).append(place)
    for length, members in sorted(groups.items()):
        size = max(1, tokens // length)
        for start in range(0, len(members), size):
            yield length, members[start : start + size]


def _joined(said: Sequence[str]) -> str:
    return " ".join(part.strip() for part in said if part and part.strip())


def _reading(encoding: Any, own: Sequence[bool], note: str = "") -> Reading:
    fields: dict[str, list[int]] = dict(encoding)
    fields.setdefault("attention_mask", [1] * len(own))
    return Reading(fields, [int(mine) for mine in own], note)


def _padded(rows: Sequence[Sequence[int]], length: int, pad: int) -> "Tensor":
    import torch

    table = torch.full((len(rows), length), pad, dtype=torch.long)
    for number, row in enumerate(rows):
        table[number, : len(row)] = torch.tensor(row)
    return table
