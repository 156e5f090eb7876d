"""How far apart the modalities lie, and how far apart the emotions: what the parts are for [ours]."""

import torch
from torch import Tensor

NODES = 1024  # nodes a modality that are looked at; distances are quadratic in them


@torch.no_grad()
def modality_probe(x: Tensor, mask: Tensor) -> float:
    """Accuracy of a linear probe that tells modalities apart; 1 / M where it cannot.

    Ridge regression on one-hot modalities, fitted on every other utterance, scored on the rest;
    each modality counts alike.

    Args:
        x: [M, n, H].
        mask: bool [n, M]; nodes without evidence are left out.

    Returns:
        accuracy; NaN where there is one modality, or too few nodes for either half.
    """
    nodes = [(x[m, mask[:, m]][:NODES]).double() for m in range(len(x))]
    if len(nodes) < 2 or min(len(n) for n in nodes) < 2:
        return float("nan")
    seen, held_out = torch.cat([n[::2] for n in nodes]), [n[1::2] for n in nodes]
    modality = torch.repeat_interleave(
        torch.arange(len(nodes), device=x.device),
        torch.tensor([len(n[::2]) for n in nodes], device=x.device),
    )
    mean = seen.mean(0)
    target = torch.nn.functional.one_hot(modality, len(nodes)).double()
    offset = target.mean(0)
    centred = seen - mean
    ridge = torch.eye(x.shape[2], dtype=torch.float64, device=x.device) * 1e-2 * len(seen)
    weight = torch.linalg.solve(centred.T @ centred + ridge, centred.T @ (target - offset))
    right = [
        (((n - mean) @ weight + offset).argmax(1) == m).double().mean()
        for m, n in enumerate(held_out)
    ]
    return float(torch.stack(right).mean())


@torch.no_grad()
def mean_discrepancy(x: Tensor, mask: Tensor) -> float:
    """Squared maximum mean discrepancy between modalities, mean over their pairs; 0 = alike.

    Gaussian kernel whose width is the median distance within the pair (Gretton et al., JMLR 2012),
    the biased estimate.

    Args:
        x: [M, n, H].
        mask: bool [n, M]; nodes without evidence are left out.

    Returns:
        the discrepancy; NaN where there is one modality, or one without any node.
    """
    nodes = [x[m, mask[:, m]][: NODES // 2] for m in range(len(x))]
    if len(nodes) < 2 or min(len(n) for n in nodes) < 1:
        return float("nan")
    pairs = [
        _discrepancy(first, second)
        for index, first in enumerate(nodes)
        for second in nodes[index + 1 :]
    ]
    return float(torch.stack(pairs).mean())


def _discrepancy(first: Tensor, second: Tensor) -> Tensor:
    squared = torch.cdist(torch.cat([first, second]), torch.cat([first, second])).square()
    kernel = torch.exp(-squared / squared.median().clamp_min(1e-12))
    count = len(first)
    own = kernel[:count, :count].mean() + kernel[count:, count:].mean()
    return own - 2 * kernel[:count, count:].mean()


@torch.no_grad()
def class_separation(x: Tensor, label: Tensor) -> dict[str, float]:
    """How well representations are sorted by emotion, on the unit sphere.

    Args:
        x: [k, H].
        label: int64 [k]; -1 = not looked at.

    Returns:
        ``silhouette``, by cosine distance, -1 to 1 (Rousseeuw, 1987): 1 = every emotion by itself;
        ``alignment``, the mean squared distance of two nodes of one emotion, 0 to 4, and ``uniformity``,
        the logarithm of the mean of exp(-2 times the squared distance) over all pairs, at most 0: lower
        is more spread (Wang and Isola, ICML 2020, with emotions for positive pairs). NaN where there are
        fewer than two emotions of two nodes.
    """
    names = ("silhouette", "alignment", "uniformity")
    classes, count = label[label >= 0].unique(return_counts=True)
    kept = torch.isin(label, classes[count > 1])
    x, label = torch.nn.functional.normalize(x[kept].double(), dim=1), label[kept]
    if (count > 1).sum() < 2:
        return dict.fromkeys(names, float("nan"))
    similarity = x @ x.T
    squared = (2 - 2 * similarity).clamp_min(0)
    same = label[:, None] == label
    other = ~torch.eye(len(x), dtype=torch.bool, device=x.device)
    values = (
        _silhouette(1 - similarity, label),
        squared[same & other].mean(),
        torch.exp(-2 * squared[other]).mean().log(),
    )
    return {name: float(value) for name, value in zip(names, values, strict=True)}


def _silhouette(distance: Tensor, label: Tensor) -> Tensor:
    """The mean over nodes of (b - a) / max(a, b); every label, [k], is held by two nodes at least."""
    classes, own = label.unique(return_inverse=True)
    member = torch.nn.functional.one_hot(own, len(classes)).double()
    total, count = distance @ member, member.sum(0)
    rows = torch.arange(len(own), device=own.device)
    within = total[rows, own] / (count[own] - 1)
    to_others = (total / count).masked_fill(member.bool(), float("inf")).amin(1)
    return ((to_others - within) / torch.maximum(within, to_others).clamp_min(1e-12)).mean()
