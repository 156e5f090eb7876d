r"""Several processes, one model: torch's DistributedDataParallel under the one training loop.

A step's dialogues are dealt to the ranks, and each rank's network sees its own. What the network
gives is gathered, so that every rank computes the losses of the whole batch: contrastive pairs span
all of its nodes, and means divide by its counts, as on one rank. Each rank's backward pass starts at
its own rows, scaled by the number of ranks, over which DistributedDataParallel then averages: the sum
of the parts is the gradient of one rank [ours].
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from ariigcn.graphs.dialogues import Dialogues, to_device
from ariigcn.models.base import ConversationModel, DiscriminatorReport, Output
from ariigcn.training.distributed import Ranks
from ariigcn.training.predict import Work, in_turn


class ParallelModel:
    """A model's passes over dialogues, shared by the ranks; on one rank, the model's own.

    Args:
        model: the same on every rank, on its device.
        dialogues: the whole corpus, standardised, on the same device.
        ranks: who shares.
    """

    def __init__(self, model: ConversationModel, dialogues: Dialogues, ranks: Ranks) -> None:
        self.model, self.dialogues, self.ranks = model, dialogues, ranks
        self._lengths = dialogues.dialogue_ptr.diff()
        if ranks.size > 1:
            game = model.discriminator_parameters()
            ids = {id(p) for p in game}
            self._network = _in_parallel(_Network(model), lambda p: id(p) not in ids, True)
            if game:
                self._game = _in_parallel(_Game(model), lambda p: id(p) in ids, False)

    def forward(self, dialogues: Tensor) -> tuple[Output, Tensor]:
        """A training step's forward pass, and the labels of the same utterances, [n].

        The utterances are in the dialogues' order, however many ranks share them.
        """
        rank, size = self.ranks.rank, self.ranks.size
        if size == 1:
            batch = self.dialogues.batch(dialogues)
            return self.model(batch), batch.y
        shares = deal(self._lengths[dialogues], size)
        sizes = [int(self._lengths[dialogues[share]].sum()) for share in shares]
        own = dialogues[shares[rank]]
        if not len(own):
            # Every rank takes part in every collective: a rank without a dialogue runs the
            # shortest, and none of its rows is gathered.
            own = dialogues[self._lengths[dialogues].argmin()].unsqueeze(0)
        named = self._network(self.dialogues.batch(own))
        rows = self.dialogues.rows(dialogues)
        by_rank = self.dialogues.rows(dialogues[torch.cat(shares)])
        back = by_rank.argsort()[rows.argsort().argsort()]  # where each row came in
        output: Output = self._network.module.kind(**_gather_nodes(named, sizes, rank, back))
        label = self.dialogues.label
        return output, label[to_device(rows, label.device)]

    def discriminator_report(self, output: Output) -> DiscriminatorReport:
        """L_D of the whole batch; its gradient is averaged over ranks, where it is the same."""
        if self.ranks.size == 1:
            return self.model.discriminator_report(output)
        return DiscriminatorReport(*self._game(output))

    def apply(self, work: Work, parts: Sequence[Tensor]) -> Tensor:
        """The rows that ``work`` makes of parts of dialogues, [n, C], in order; ranks take turns."""
        size = self.ranks.size
        if size == 1:
            return in_turn(work, parts)
        sizes = [int(self._lengths[part].sum()) for part in parts]
        turns = [list(range(rank, len(parts), size)) for rank in range(size)]
        own = [work(parts[i]) for i in turns[self.ranks.rank]]
        # A rank without a part has to know how wide a row is.
        rows = torch.cat(own) if own else work(parts[0])[:0]
        everyone = _all_gather(rows, [sum(sizes[i] for i in turn) for turn in turns])
        order = [i for turn in turns for i in turn]
        pieces = dict(zip(order, everyone.split([sizes[i] for i in order]), strict=True))
        return torch.cat([pieces[i] for i in range(len(parts))])


def deal(lengths: Tensor, ranks: int) -> list[Tensor]:
    """Positions of dialogues, int64 [k], a rank, from their lengths [d] in utterances.

    The longest is dealt first; each goes to the rank that has the fewest utterances.
    """
    shares: list[list[int]] = [[] for _ in range(ranks)]
    loads = [0] * ranks
    for position in lengths.argsort(descending=True, stable=True).tolist():
        least = loads.index(min(loads))
        shares[least].append(position)
        loads[least] += int(lengths[position])
    return [torch.tensor(sorted(share), dtype=torch.int64) for share in shares]


class _Network(nn.Module):
    """The model as DistributedDataParallel takes it: its output's tensors by name."""

    def __init__(self, model: ConversationModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Any) -> dict[str, Tensor]:
        output = self.model(batch)
        self.kind = type(output)
        return {field.name: getattr(output, field.name) for field in fields(output)}


class _Game(nn.Module):
    """The discriminators' loss and accuracies."""

    def __init__(self, model: ConversationModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, output: Output) -> tuple[Tensor, Tensor]:
        report = self.model.discriminator_report(output)
        return report.loss, report.accuracy


def _in_parallel(
    module: nn.Module, trained: Callable[[nn.Parameter], bool], static: bool
) -> DistributedDataParallel:
    """Average the gradients of some parameters; those that are frozen now are left alone.

    A static graph finds in the first step which parameters have no part in the loss, and those that
    have one after the forward pass, as the contrastive projection.
    """
    others = [p for p in module.parameters() if p.requires_grad and not trained(p)]
    for parameter in others:
        parameter.requires_grad_(False)
    parallel = DistributedDataParallel(module, forward_sync_buffers=False, static_graph=static)
    for parameter in others:
        parameter.requires_grad_(True)
    return parallel


def _gather_nodes(
    named: dict[str, Tensor], sizes: list[int], rank: int, order: Tensor
) -> dict[str, Tensor]:
    """All ranks' nodes of every field, [n, F] or [M, n, H], in one collective; then put in order."""
    flat = [
        (x.transpose(0, 1) if x.ndim == 3 else x)[: sizes[rank]].flatten(1) for x in named.values()
    ]
    packed = torch.cat([x.to(torch.get_default_dtype()) for x in flat], 1)
    everyone: Tensor = _Gathered.apply(packed, sizes, rank)
    everyone = everyone[to_device(order, everyone.device)]
    parts = everyone.split([x.shape[1] for x in flat], 1)
    return {
        name: (part.unflatten(1, (len(x), -1)).transpose(0, 1) if x.ndim == 3 else part).to(x.dtype)
        for (name, x), part in zip(named.items(), parts, strict=True)
    }


def _all_gather(rows: Tensor, sizes: list[int]) -> Tensor:
    """Rows of all ranks, [n, F]; collectives take equal sizes, so they are padded on the way."""
    padded = rows.new_zeros(max(sizes), rows.shape[1])
    padded[: len(rows)] = rows
    everyone = [torch.empty_like(padded) for _ in sizes]
    distributed.all_gather(everyone, padded)
    return torch.cat([x[:size] for x, size in zip(everyone, sizes, strict=True)])


class _Gathered(torch.autograd.Function):
    """All ranks' rows. Every rank has the same loss of them, so its own rows' gradient is whole
    without asking the others; it counts as often as DistributedDataParallel will divide by.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor, sizes: list[int], rank: int) -> Tensor:
        start = sum(sizes[:rank])
        ctx.own, ctx.ranks = slice(start, start + sizes[rank]), len(sizes)
        return _all_gather(rows, sizes)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None]:
        return outer[0][ctx.own] * ctx.ranks, None, None
