r"""A quasi-recurrent layer for each modality and direction: a GRU whose gates do not read the state.

.. math::
    f_t = \sigma(W_f x_t + b_f), \quad n_t = \tanh(W_n x_t + b_n), \quad h_t = f_t h_{t-1} + (1 - f_t) n_t

(Bradbury et al., ICLR 2017: width 1, f-pooling.)

What a step multiplies and adds is known before the first of them. So the steps of all dialogues are made
together, in as many rounds as the length of the longest has binary digits (Blelloch, 1990).
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ariigcn.graphs.dialogues import to_device
from ariigcn.models.parts.layers import ModalityLinear, single_precision


class ModalityQRNN(nn.Module):
    """A quasi-recurrent layer of its own for each of M modalities, in both directions or forward alone.

    Shapes:
        x [M, n, I] -> [M, n, K * H], where K is the number of directions.
    """

    def __init__(self, modalities: int, inputs: int, hidden: int, directions: int) -> None:
        super().__init__()
        self.hidden, self.directions = hidden, directions
        self.read = ModalityLinear(modalities, inputs, directions * 2 * hidden)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Let every utterance see what was read before it; lengths [b] are on the CPU."""
        keep, now = self._gates(x)
        goes_on = to_device(_goes_on(lengths, self.directions), x.device).to(keep.dtype)
        added = torch.lerp(now, torch.zeros_like(now), keep)
        # A state goes through as many roundings as a dialogue has utterances.
        with single_precision(x.device):
            states = _Scan.apply(keep * goes_on[:, None, :, None], added, int(lengths.max()))
        return torch.cat([_read_by(k, own) for k, own in enumerate(states)], dim=-1)

    @torch.no_grad()
    def step(self, x: Tensor, state: Tensor) -> Tensor:
        """The state after the next utterance of one conversation, read forward alone.

        Shapes:
            x [M, 1, I], state [M, 1, H], zeros at the beginning -> [M, 1, H].
        """
        keep, now = self._gates(x)
        return torch.lerp(now[0], state, keep[0])

    def torch_weights(self, modality: int, direction: int) -> dict[str, Tensor]:
        """The same recurrence under the names of ``torch.nn.GRU``: what reads the state is zero."""
        part = slice(direction * 2 * self.hidden, (direction + 1) * 2 * self.hidden)
        weight, bias = self.read.weight[modality][:, part].T, self.read.bias[modality, 0, part]
        reset = self.hidden  # rows of the gate that it does not have
        return {
            "weight_ih": torch.cat([weight.new_zeros(reset, weight.shape[1]), weight]),
            "bias_ih": torch.cat([bias.new_zeros(reset), bias]),
            "weight_hh": weight.new_zeros(3 * self.hidden, self.hidden),
            "bias_hh": bias.new_zeros(3 * self.hidden),
        }

    def _gates(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Which share of a state stays and what takes the rest's place, [K, M, n, H] each, as read."""
        read = self.read(x).to(self.read.weight.dtype).unflatten(-1, (self.directions, 2, -1))
        parts = torch.stack([_read_by(k, own) for k, own in enumerate(read.unbind(2))])
        keep, now = parts.unbind(3)
        return keep.sigmoid(), now.tanh()


def _read_by(direction: int, x: Tensor) -> Tensor:
    """Utterances [M, n, ...] in a direction's order, or back: 0 reads forward, 1 from the end."""
    return x.flip(1) if direction else x


def _goes_on(lengths: Tensor, directions: int) -> Tensor:
    """Whether a direction read another utterance of the same dialogue before, bool [K, n], as read."""
    goes_on = torch.ones(directions, int(lengths.sum()), dtype=torch.bool)
    for row, own in zip(goes_on, (lengths, lengths.flip(0)), strict=False):
        row[own.cumsum(0) - own] = False
    return goes_on


class _Scan(torch.autograd.Function):
    """h_t = decay_t * h_{t-1} + added_t; its gradient is such a recurrence from the end."""

    @staticmethod
    def forward(ctx: Any, decay: Tensor, added: Tensor, longest: int) -> Tensor:
        """decay, added [..., n, H] -> h [..., n, H].

        decay is 0 where a dialogue begins; none has more than ``longest`` utterances.
        """
        states = _scan(decay, added, longest)
        ctx.longest = longest
        ctx.save_for_backward(decay, states)
        return states

    @staticmethod
    @once_differentiable  # the gradient is made by hand: its own would be wrong without a word
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients of decay and added."""
        decay, states = ctx.saved_tensors
        after = torch.zeros_like(decay)
        after[..., :-1, :] = decay[..., 1:, :]
        gradient = _scan(after.flip(-2), outer[0].flip(-2), ctx.longest).flip(-2)
        to_decay = torch.zeros_like(decay)
        torch.mul(gradient[..., 1:, :], states[..., :-1, :], out=to_decay[..., 1:, :])
        return to_decay, gradient, None


def _scan(decay: Tensor, added: Tensor, longest: int) -> Tensor:
    """States of a recurrence: every two steps are one of a recurrence of half the length.

    One that holds a whole dialogue's length begins with a state of zero, so it needs none before it.
    """
    if longest < 2 or decay.shape[-2] < 2:
        return added
    first, second = decay[..., ::2, :], decay[..., 1::2, :]
    pairs = second.shape[-2]
    both = torch.addcmul(added[..., 1::2, :], second, added[..., : 2 * pairs : 2, :])
    ends = _scan(first[..., :pairs, :] * second, both, (longest + 1) // 2)
    states = torch.empty_like(added)
    states[..., 1::2, :] = ends
    states[..., :1, :] = added[..., :1, :]
    before = ends[..., : first.shape[-2] - 1, :]
    torch.addcmul(added[..., 2::2, :], first[..., 1:, :], before, out=states[..., 2::2, :])
    return states
