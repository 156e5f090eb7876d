"""Utterances as padded sequences, a row a dialogue, for models that read a conversation in order.

LSTM: Hochreiter and Schmidhuber 1997. GRU: Cho et al., EMNLP 2014. Dot-product attention: Luong et al.,
EMNLP 2015. The padding is [ours].
"""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ariigcn.graphs.dialogues import DialogueBatch


@dataclass(frozen=True)
class Layout:
    """Where each of n utterances stands among b dialogues of at most T.

    Shapes:
        dialogue, position: int64 [n]; lengths: int64 [b]; lengths_here: the same on the CPU.
    """

    dialogue: Tensor
    position: Tensor
    lengths: Tensor
    lengths_here: Tensor

    @classmethod
    def of(cls, batch: DialogueBatch) -> "Layout":
        """The layout of a batch."""
        position = torch.arange(batch.num_nodes, device=batch.batch.device)
        return cls(batch.batch, position - batch.ptr[batch.batch], batch.ptr.diff(), batch.lengths)

    @cached_property
    def steps(self) -> int:
        """T, the longest dialogue's length."""
        return int(self.lengths_here.max())

    def pad(self, x: Tensor) -> Tensor:
        """[n, ...] -> [b, T, ...], zero where a dialogue has ended.

        What torch_geometric's ``to_dense_batch`` gives, which has no :meth:`reversed`, and whose import
        takes 2 s.
        """
        padded = x.new_zeros(len(self.lengths), self.steps, *x.shape[1:])
        padded[self.dialogue, self.position] = x
        return padded

    def flat(self, x: Tensor) -> Tensor:
        """[b, T, ...] -> [n, ...]."""
        return x[self.dialogue, self.position]

    def present(self) -> Tensor:
        """Bool [b, T], True where there is an utterance."""
        steps = torch.arange(self.steps, device=self.lengths.device)
        return steps < self.lengths.unsqueeze(1)

    def visible(self, past_only: bool) -> Tensor:
        """Bool [b, T, T], True where target i (rows) may read source j of its dialogue.

        Rows past a dialogue's end read it too, so that no softmax is over nothing.
        """
        seen = self.present().unsqueeze(1).expand(-1, self.steps, -1)
        return seen.tril() if past_only else seen

    def reversed(self) -> "Layout":
        """The same dialogues from their ends."""
        return replace(self, position=self.lengths[self.dialogue] - 1 - self.position)


class Recurrent(nn.Module):
    """An LSTM or GRU over each dialogue, in both directions, or forward alone where ``past_only``.

    Shapes:
        [n, I] -> [n, H].
    """

    def __init__(
        self, kind: type[nn.LSTM] | type[nn.GRU], inputs: int, hidden: int, past_only: bool
    ) -> None:
        super().__init__()
        size = hidden if past_only else hidden // 2
        self.cell = kind(inputs, size, batch_first=True, bidirectional=not past_only)

    def forward(self, x: Tensor, layout: Layout) -> Tensor:
        """Let every utterance see its dialogue."""
        packed = pack_padded_sequence(
            layout.pad(x), layout.lengths_here, batch_first=True, enforce_sorted=False
        )
        output, _ = pad_packed_sequence(self.cell(packed)[0], batch_first=True)
        return layout.flat(output)


def attend(query: Tensor, memory: Tensor, visible: Tensor) -> Tensor:
    """Dot-product attention within a dialogue: softmax over what is visible, [b, T, H].

    Args:
        query: [b, T, H].
        memory: [b, T, H].
        visible: bool [b, T, T], of :meth:`Layout.visible`.
    """
    score = torch.bmm(query, memory.transpose(1, 2)).masked_fill(~visible, float("-inf"))
    return torch.bmm(score.softmax(-1), memory)
