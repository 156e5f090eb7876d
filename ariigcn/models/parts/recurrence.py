r"""A GRU for each modality and direction, all of them one recurrence over a batch's dialogues.

.. math::
    r_t &= \sigma(W_r x_t + U_r h_{t-1} + b_r), \quad z_t = \sigma(W_z x_t + U_z h_{t-1} + b_z) \\
    n_t &= \tanh(W_n x_t + b_n + r_t (U_n h_{t-1} + c_n)), \quad h_t = (1 - z_t) n_t + z_t h_{t-1}

(Cho et al., EMNLP 2014, with a bias of its own within the reset, as in ``torch.nn.GRU``.)

A recurrence over short dialogues is bound by the number of operations, not by their size. Those of
M modalities in both directions have the same lengths, so a step takes one product and a handful of
operations for all of them, and its gradient, written out below, as few. Dialogues stand by length,
so that a step holds those that have not ended, and none is padded.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ariigcn.graphs.dialogues import to_device
from ariigcn.models.parts.layers import ModalityLinear, single_precision


@dataclass(frozen=True)
class Steps:
    """The n utterances of a batch in the order in which a recurrence reads them.

    Shapes:
        order: int64 [K, n], a direction's utterances, step by step, longer dialogues first.
        place: int64 [K, n], where each utterance stands in it.
        before: int64 [n], the place of the step before in the same dialogue; n at its beginning.
        sizes: dialogues that have a step, by step.
    """

    order: Tensor
    place: Tensor
    before: Tensor
    sizes: list[int]

    @classmethod
    def of(cls, lengths: Tensor, directions: int, device: torch.device) -> "Steps":
        """Forward, and from the dialogues' ends where there are two directions.

        Args:
            lengths: of b dialogues, [b], on the CPU.
            directions: K, 1 or 2.
            device: where the steps are taken.
        """
        rank = lengths.argsort(descending=True, stable=True).argsort()
        sizes = (lengths > torch.arange(int(lengths.max()))[:, None]).sum(1)
        start = sizes.cumsum(0) - sizes
        dialogue = torch.repeat_interleave(lengths)
        position = torch.arange(len(dialogue)) - (lengths.cumsum(0) - lengths)[dialogue]
        read = (position, lengths[dialogue] - 1 - position)[:directions]
        place = torch.stack([start[each] + rank[dialogue] for each in read])
        return cls(
            order=to_device(place.argsort(1), device),
            place=to_device(place, device),
            before=to_device(_before(sizes, start), device),
            sizes=sizes.tolist(),
        )


def _before(sizes: Tensor, start: Tensor) -> Tensor:
    total = int(sizes.sum())
    step = torch.repeat_interleave(sizes)
    place = torch.arange(total)
    return torch.where(step > 0, place - sizes[(step - 1).clamp_min(0)], total)


class ModalityGRU(nn.Module):
    """A GRU of its own for each of M modalities, in both directions or forward alone.

    Shapes:
        x [M, n, I] -> [M, n, K * H], where K is the number of directions.
    """

    def __init__(self, modalities: int, inputs: int, hidden: int, directions: int) -> None:
        super().__init__()
        self.hidden, self.directions = hidden, directions
        self.read = ModalityLinear(modalities, inputs, directions * 3 * hidden)
        self.carry = nn.Parameter(torch.empty(modalities * directions, hidden, 3 * hidden))
        self.carry_bias = nn.Parameter(torch.empty(modalities * directions, 1, 3 * hidden))
        bound = 1 / hidden**0.5
        for weight in self.parameters():
            nn.init.uniform_(weight, -bound, bound)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Let every utterance see what was read before it; lengths [b] are on the CPU."""
        steps = Steps.of(lengths, self.directions, x.device)
        read = self.read(x).to(self.carry.dtype)
        # A state goes through as many roundings as a dialogue has utterances.
        with single_precision(x.device):
            output: Tensor = _Recurrence.apply(read, self.carry, self.carry_bias, steps)
        return output

    @torch.no_grad()
    def step(self, x: Tensor, state: Tensor) -> Tensor:
        """The state after the next utterance of one conversation, read forward alone.

        Shapes:
            x [M, 1, I], state [M, 1, H], zeros at the beginning -> [M, 1, H].
        """
        read = self.read(x).chunk(3, dim=-1)
        carried = torch.baddbmm(self.carry_bias, state, self.carry).chunk(3, dim=-1)
        reset, keep = ((read[k] + carried[k]).sigmoid() for k in (0, 1))
        return torch.lerp((read[2] + reset * carried[2]).tanh(), state, keep)

    def torch_weights(self, modality: int, direction: int) -> dict[str, Tensor]:
        """One recurrence's weights under the names that ``torch.nn.GRU`` gives them."""
        own = modality * self.directions + direction
        part = slice(direction * 3 * self.hidden, (direction + 1) * 3 * self.hidden)
        return {
            "weight_ih": self.read.weight[modality][:, part].T,
            "bias_ih": self.read.bias[modality, 0, part],
            "weight_hh": self.carry[own].T,
            "bias_hh": self.carry_bias[own, 0],
        }


class _Recurrence(torch.autograd.Function):
    """The steps and their gradient.

    What a step's gradient multiplies is known before the first of them, so backwards a step is its
    gradient times three factors, one product, and the sum that goes on to the step before.
    """

    @staticmethod
    def forward(ctx: Any, read: Tensor, carry: Tensor, bias: Tensor, steps: Steps) -> Tensor:
        """read [M, n, K * 3H], carry [M * K, H, 3H], bias [M * K, 1, 3H] -> [M, n, K * H]."""
        size = carry.shape[1]
        gates = _to_steps(read, steps.order)
        inner = gates.new_empty(*gates.shape[:2], size)
        states = gates.new_zeros(len(gates), gates.shape[1] + 1, size)  # the last: where all begin
        state = states[:, -1:].expand(-1, steps.sizes[0], -1)
        # Cut once: a slice costs as much as a step's arithmetic.
        parts = (*gates.split((2 * size, size), -1), inner, states[:, :-1])
        for both, now, own, after in zip(*(x.split(steps.sizes, 1) for x in parts), strict=True):
            carried = torch.baddbmm(bias, state[:, : now.shape[1]], carry)
            to_both, to_now = carried.split((2 * size, size), -1)
            reset, keep = both.add_(to_both).sigmoid_().chunk(2, -1)
            now.addcmul_(reset, own.copy_(to_now)).tanh_()
            state = torch.lerp(now, state[:, : now.shape[1]], keep, out=after)
        ctx.steps = steps
        ctx.save_for_backward(gates, inner, states, carry)
        return _from_steps(states[:, :-1], steps.place)

    @staticmethod
    @once_differentiable  # the gradient is made by hand: its own would be wrong without a word
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Gradients of the three tensors."""
        gates, inner, states, carry = ctx.saved_tensors
        steps: Steps = ctx.steps
        reset, keep, now = gates.chunk(3, dim=-1)
        before = states.index_select(1, steps.before)
        to_now = (1 - keep) * (1 - now.square())
        factors = torch.stack(
            [
                to_now * inner * reset * (1 - reset),
                (before - now) * keep * (1 - keep),
                to_now * reset,
            ],
            dim=2,
        )
        gradient = _to_steps(outer[0], steps.order)
        towards, back = torch.empty_like(factors), carry.transpose(1, 2)
        passed = gradient[:, :0]
        parts = (x.split(steps.sizes, 1) for x in (gradient, keep, factors, towards))
        for own, kept, factor, toward in reversed([*zip(*parts, strict=True)]):
            own[:, : passed.shape[1]] += passed
            torch.mul(own.unsqueeze(2), factor, out=toward)
            passed = torch.baddbmm(own * kept, toward.flatten(2), back)
        carried = towards.flatten(2)
        to_carry = torch.bmm(before.transpose(1, 2), carried)
        to_bias = carried.sum(1, keepdim=True)
        towards[:, :, 2] = gradient * to_now
        return _from_steps(carried, steps.place), to_carry, to_bias, None


def _to_steps(x: Tensor, order: Tensor) -> Tensor:
    """[M, n, K * F] of utterances to [M * K, n, F] of steps."""
    parts = x.unflatten(-1, (len(order), -1))
    read = [parts[:, :, k].index_select(1, own) for k, own in enumerate(order)]
    return torch.stack(read, dim=1).flatten(0, 1)


def _from_steps(x: Tensor, place: Tensor) -> Tensor:
    """[M * K, n, F] of steps to [M, n, K * F] of utterances."""
    parts = x.unflatten(0, (-1, len(place)))
    return torch.cat([parts[:, k].index_select(1, own) for k, own in enumerate(place)], dim=-1)
