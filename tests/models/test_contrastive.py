"""Both streams, in each form, equal a direct quadratic sum over pairs: values and gradients."""

import pytest
import torch

from ariigcn.models import contrastive
from ariigcn.models.contrastive import ICCL, IMCL, PairLoss, contrastive_losses

STREAMS = {"imcl": IMCL, "iccl": ICCL}


def nodes(count=40, classes=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    u = torch.nn.functional.normalize(torch.randn(count, 6, generator=generator).double(), dim=1)
    label = torch.randint(classes, (count,), generator=generator)
    modality = torch.randint(3, (count,), generator=generator)
    return u.requires_grad_(), label, modality


def is_positive(stream, i, j, label, modality):
    same = label[i] == label[j]
    return bool(same and (modality[i] != modality[j] if stream == "imcl" else i != j))


def is_negative(stream, i, j, label, modality):
    alike = modality[i] == modality[j] if stream == "imcl" else True
    return bool(label[i] != label[j] and alike)


def direct(u, label, modality, loss, stream):
    """The definition, one pair at a time."""
    count = len(u)
    s = u @ u.T
    positives = [
        (i, j)
        for i in range(count)
        for j in range(count)
        if is_positive(stream, i, j, label, modality)
    ]
    negatives = [
        (i, j)
        for i in range(count)
        for j in range(count)
        if is_negative(stream, i, j, label, modality)
    ]
    zero = u.sum() * 0
    if loss.form == "hinge":
        attract = sum((1 - s[p] for p in positives), zero) / max(len(positives), 1)
        repel = sum((torch.relu(s[n] - 1 + loss.margin) for n in negatives), zero)
        return attract + repel / max(len(negatives), 1)
    t = loss.temperature
    if loss.form == "infonce":
        total = zero
        for i, j in positives:
            against = sum((torch.exp(s[n] / t) for n in negatives if n[0] == i), zero)
            total = total - torch.log(torch.exp(s[i, j] / t) / (torch.exp(s[i, j] / t) + against))
        return total / max(len(positives), 1)
    total, anchors = zero, 0
    for i in range(count):
        own = [p for p in positives if p[0] == i]
        every = own + [n for n in negatives if n[0] == i]
        if own:
            anchors += 1
            norm = torch.log(sum(torch.exp(s[e] / t) for e in every))
            total = total + sum(norm - s[p] / t for p in own) / len(own)
    return total / max(anchors, 1)


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
@pytest.mark.parametrize("stream", ["imcl", "iccl"])
@pytest.mark.parametrize("classes", [4, 1])
def test_equals_the_direct_form(monkeypatch, form, stream, classes):
    monkeypatch.setattr(contrastive, "ROWS", 16)  # several blocks, the last one short
    u, label, modality = nodes(classes=classes)
    loss = PairLoss(form, margin=0.6, temperature=0.5)
    ours = contrastive_losses(u, label, modality, loss, {stream: STREAMS[stream]})[stream]
    expected = direct(u, label, modality, loss, stream)
    assert ours.item() == pytest.approx(expected.item(), abs=1e-9)
    (gradient,) = torch.autograd.grad(3 * ours, u)
    (reference,) = torch.autograd.grad(3 * expected, u)
    assert torch.allclose(gradient, reference, atol=1e-9)


def test_one_node_and_no_node_cost_nothing():
    for count in (0, 1):
        u, label, modality = nodes(count=count)
        losses = contrastive_losses(u, label, modality, PairLoss("hinge", 0.5, 0.1), STREAMS)
        total = losses["imcl"] + losses["iccl"]
        assert total.item() == 0
        total.backward()
        assert torch.equal(u.grad, torch.zeros_like(u))


def test_perfect_nodes_have_no_hinge_loss():
    label = torch.arange(3).repeat_interleave(3)
    modality = torch.arange(3).repeat(3)
    u = torch.eye(3)[label]
    losses = contrastive_losses(u, label, modality, PairLoss("hinge", 1.0, 0.1), STREAMS)
    assert losses["imcl"].item() == 0
    assert losses["iccl"].item() == 0


@pytest.mark.parametrize("form", ["hinge", "supcon"])
def test_memory_is_linear_in_the_nodes(form):
    """Nothing larger than a block of rows is ever kept, and one gradient a stream outlives it."""
    count = 2400
    u, label, modality = nodes(count=count)
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: saved.append(t.numel()) or t, lambda t: t
    ):
        contrastive_losses(u, label, modality, PairLoss(form, 0.5, 0.1), STREAMS)
    assert max(saved) <= contrastive.ROWS * count
    assert count * count not in saved
