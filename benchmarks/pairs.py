"""How noisy the contrastive losses are where a bound samples their pairs.

python -m benchmarks.pairs

One dialogue's nodes are generated in three modalities: overlapping emotions of MELD's frequencies. Against
the exact loss stand draws of the sample: the error of the value, and the cosine between the gradients
of a projection's weights, which are what a step changes.
"""

import json

import torch
import typer
from torch import Tensor

from ariigcn.models.config import LossConfig
from ariigcn.models.parts.contrastive import PairLoss, contrastive_losses
from ariigcn.models.parts.pairs import ICCL, IMCL

UTTERANCES, SIZE, DRAWS = 4000, 64, 8
FREQUENCIES = (0.47, 0.17, 0.12, 0.10, 0.08, 0.03, 0.03)
SPREAD, OFFSET = 1.5, 2.0  # so that different emotions are about as near as the hinge's margin
STREAMS = {"imcl": IMCL, "iccl": ICCL}


def generated() -> tuple[Tensor, Tensor]:
    """Nodes before projection [3, n, SIZE], and the emotion of each, [3, n]."""
    label = torch.multinomial(torch.tensor(FREQUENCIES), UTTERANCES, replacement=True).repeat(3, 1)
    means = torch.randn(3, len(FREQUENCIES), SIZE)
    noise = SPREAD * torch.randn(3, UTTERANCES, SIZE)
    return means[torch.arange(3)[:, None], label] + noise + OFFSET, label


def measured(x: Tensor, label: Tensor, loss: PairLoss, pairs: int | None) -> tuple[Tensor, Tensor]:
    """The value of each stream, [2], and the gradient of their sum, flat."""
    weight = torch.eye(SIZE, requires_grad=True)
    u = torch.nn.functional.normalize(x @ weight, dim=-1)
    losses = contrastive_losses(u, label, len(FREQUENCIES), loss, STREAMS, pairs=pairs)
    value = torch.stack([*losses.values()])
    (gradient,) = torch.autograd.grad(value.sum(), weight)
    return value.detach(), gradient.flatten()


def main() -> None:
    """A line of JSON for each form and bound: the default, and an eighth of it."""
    torch.manual_seed(0)
    x, label = generated()
    default = LossConfig()
    for form in ("hinge", "infonce", "supcon"):
        loss = PairLoss(form, default.margin, default.temperature)
        value, gradient = measured(x, label, loss, None)
        for pairs in (default.pairs, default.pairs // 8):
            draws = [measured(x, label, loss, pairs) for _ in range(DRAWS)]
            errors = [float((drawn / value - 1).abs().max()) for drawn, _ in draws]
            cosines = [float(torch.cosine_similarity(g, gradient, 0)) for _, g in draws]
            told = {"form": form, "pairs": pairs, "value": value.tolist()}
            typer.echo(json.dumps(told | {"error": max(errors), "cosine": min(cosines)}))


if __name__ == "__main__":
    typer.run(main)
