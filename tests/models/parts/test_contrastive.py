"""Both streams, in each form, equal a direct quadratic sum over pairs: values and gradients."""

from itertools import combinations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from ariigcn.models.parts import contrastive
from ariigcn.models.parts.contrastive import PairLoss, contrastive_losses
from ariigcn.models.parts.pairs import ICCL, IMCL, Nodes

STREAMS = {"imcl": IMCL, "iccl": ICCL}


@pytest.fixture(params=[False, True], ids=["those-that-take-part", "everyone"])
def everyone(request, monkeypatch):
    """Whether nodes that take no part are carried along, as on a GPU."""
    if request.param:
        monkeypatch.setattr(contrastive, "_without_others", lambda u, nodes: (u, nodes))
    return request.param


def nodes(count=16, classes=4, seed=0):
    """Three modalities of so many utterances; every sixth node takes no part."""
    generator = torch.Generator().manual_seed(seed)
    u = torch.randn(3, count, 6, generator=generator).double()
    label = torch.randint(classes, (count,), generator=generator).repeat(3, 1)
    label[torch.rand(3, count, generator=generator) < 1 / 6] = -1
    return torch.nn.functional.normalize(u, dim=-1).requires_grad_(), label


def is_positive(stream, i, j, label, modality):
    same = label[i] == label[j]
    return bool(same and (modality[i] != modality[j] if stream == "imcl" else i != j))


def is_negative(stream, i, j, label, modality):
    alike = modality[i] == modality[j] if stream == "imcl" else True
    return bool(label[i] != label[j] and alike)


def direct(u, label, loss, stream):
    """The definition, one pair at a time."""
    modality, row = torch.nonzero(label >= 0, as_tuple=True)
    u, label = u[modality, row], label[modality, row]
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


@pytest.mark.parametrize(
    ("form", "margin"), [("hinge", 0.6), ("hinge", 1.3), ("infonce", 0.0), ("supcon", 0.0)]
)
@pytest.mark.parametrize("stream", ["imcl", "iccl"])
@pytest.mark.parametrize("classes", [4, 1])
def test_equals_the_direct_form(monkeypatch, form, stream, classes, everyone, margin):
    monkeypatch.setattr(contrastive, "ROWS", 8)  # several blocks, the last one short
    u, label = nodes(classes=classes)
    loss = PairLoss(form, margin, temperature=0.5)
    ours = contrastive_losses(u, label, 4, loss, {stream: STREAMS[stream]})[stream]
    expected = direct(u, label, loss, stream)
    assert ours.item() == pytest.approx(expected.item(), abs=1e-9)
    (gradient,) = torch.autograd.grad(3 * ours, u)
    (reference,) = torch.autograd.grad(3 * expected, u)
    assert torch.allclose(gradient, reference, atol=1e-9)
    if classes > 1:
        assert reference.abs().max() > 1e-3
        assert len(u[0]) > contrastive.ROWS


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
@pytest.mark.parametrize("stream", ["imcl", "iccl"])
def test_an_emotion_that_one_node_has_alone_is_no_anchor(form, stream, everyone):
    u, label = nodes(count=6, classes=2)
    label[0, 0] = 2
    loss = PairLoss(form, 0.6, temperature=0.5)
    ours = contrastive_losses(u, label, 4, loss, {stream: STREAMS[stream]})[stream]
    assert ours.item() == pytest.approx(direct(u, label, loss, stream).item(), abs=1e-9)
    assert ours.item() > 0


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
def test_one_node_and_no_node_cost_nothing(form, everyone):
    rounding = 1e-12 if everyone else 0
    for left in (0, 1):
        u, label = nodes()
        label[:] = -1
        label[0, :left] = 2
        losses = contrastive_losses(u, label, 4, PairLoss(form, 0.5, 0.1), STREAMS)
        total = losses["imcl"] + losses["iccl"]
        assert abs(total.item()) <= rounding
        total.backward()
        assert u.grad.abs().max() <= rounding


def test_perfect_nodes_have_no_hinge_loss():
    label = torch.arange(3).repeat(3, 1)
    u = torch.eye(3)[label]
    losses = contrastive_losses(u, label, 3, PairLoss("hinge", 1.0, 0.1), STREAMS)
    assert losses["imcl"].item() == 0
    assert losses["iccl"].item() == 0


def value_and_gradient(form, u, label, **bound):
    """Both streams together: the value, and the gradient of every node, in one row."""
    losses = contrastive_losses(u, label, 4, PairLoss(form, 0.6, 0.5), STREAMS, **bound)
    total = losses["imcl"] + 2 * losses["iccl"]
    (gradient,) = torch.autograd.grad(total, u)
    return torch.cat([total.detach()[None], gradient.flatten()])


def how_many(label, everyone):
    return label.numel() if everyone else int((label >= 0).sum())


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
def test_pairs_up_to_the_bound_are_exact_and_draw_nothing(form, everyone):
    u, label = nodes()
    count = how_many(label, everyone)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    exact = value_and_gradient(form, u, label)
    assert torch.equal(value_and_gradient(form, u, label, pairs=count**2), exact)
    assert torch.equal(torch.get_rng_state(), before)
    sampled = value_and_gradient(form, u, label, pairs=count**2 - 1)
    assert not torch.equal(sampled, exact)
    torch.manual_seed(1)
    assert torch.equal(value_and_gradient(form, u, label, pairs=count**2 - 1), sampled)


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_mean_over_all_samples_is_exact_in_value_and_gradient(
    form, size, everyone, monkeypatch
):
    monkeypatch.setattr(contrastive, "ROWS", 2)
    u, label = nodes(count=4, classes=2)
    exact = value_and_gradient(form, u, label)
    samples = [*combinations(range(how_many(label, everyone)), size)]
    found = []
    for sample in samples:
        monkeypatch.setattr(contrastive, "_sample", lambda *_, s=sample: torch.tensor(s))
        found.append(value_and_gradient(form, u, label))
    assert len(samples) >= 10
    assert torch.stack(found).std(0)[0] > 1e-3
    assert torch.allclose(torch.stack(found).mean(0), exact, atol=1e-9)


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
def test_the_mean_over_many_draws_is_exact_within_its_error(form, everyone, monkeypatch):
    monkeypatch.setattr(contrastive, "ROWS", 4)
    u, label = nodes()
    bound = how_many(label, everyone) ** 2 // 4
    torch.manual_seed(0)
    draws = torch.stack([value_and_gradient(form, u, label, pairs=bound) for _ in range(400)])
    error = draws.std(0) / len(draws) ** 0.5
    off = (draws.mean(0) - value_and_gradient(form, u, label)).abs()
    assert error[0] > 1e-4
    assert (off <= 4.5 * error + 1e-12).all()  # of some 300 numbers


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
def test_above_the_bound_more_nodes_cost_no_more_products(form, everyone):
    def products(count, **bound):
        u, label = nodes(count=count)
        with FlopCounterMode(display=False) as counter:
            value_and_gradient(form, u, label, **bound)
        return counter.get_total_flops()

    bound = 40_000
    assert products(400) > 3.5 * products(200)  # quadratic
    assert products(400, pairs=bound) <= 1.05 * products(200, pairs=bound)
    assert products(200, pairs=bound) < 0.3 * products(200)


class Largest(TorchDispatchMode):
    """Notes the largest tensor that any operation makes, forward and backward."""

    elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        sizes = [x.numel() for x in tree_leaves(made) if isinstance(x, torch.Tensor)]
        self.elements = max([self.elements, *sizes])
        return made


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
def test_memory_is_linear_in_the_nodes(form, everyone, monkeypatch):
    """No operation makes or keeps more than a block of rows."""
    monkeypatch.setattr(contrastive, "ROWS", 16)
    u, label = nodes(count=120)
    count = label.numel() if everyone else int((label >= 0).sum())
    saved = []
    with (
        torch.autograd.graph.saved_tensors_hooks(
            lambda t: saved.append(t.numel()) or t, lambda t: t
        ),
        Largest() as largest,
    ):
        losses = contrastive_losses(u, label, 4, PairLoss(form, 0.5, 0.1), STREAMS)
        (losses["imcl"] + losses["iccl"]).backward()
    assert u.grad.any()
    assert largest.elements == contrastive.ROWS * count
    assert max(saved) <= contrastive.ROWS * count


@pytest.mark.parametrize("form", ["hinge", "infonce"])
def test_a_gradient_of_the_gradient_is_refused_and_not_wrong(form):
    u, label = nodes()
    losses = contrastive_losses(u, label, 4, PairLoss(form, 0.5, 0.2), STREAMS)
    (slope,) = torch.autograd.grad(losses["iccl"].square(), u, create_graph=True)
    with pytest.raises(RuntimeError, match="differentiate twice"):
        slope.square().sum().backward()


@pytest.mark.parametrize("everyone", [True, False])
@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_what_differs_is_the_same_as_numbers(everyone, kind):
    label = torch.arange(24) % 5 - (0 if everyone else 1)
    all_nodes = Nodes(label, torch.arange(3).repeat_interleave(8), [8] * 3, 5, everyone)
    some = all_nodes.sample(torch.tensor([0, 3, 9, 20]))
    for rows in (slice(2, 9), torch.tensor([1, 5, 23])):
        found = all_nodes.repelled(rows, some, kind)
        assert found.dtype == kind
        assert torch.equal(found, all_nodes.differ(rows, some).to(kind))
