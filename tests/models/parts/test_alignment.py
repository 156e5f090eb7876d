"""Alignment without discriminators: each loss is its equation, ignores masked nodes, and aligns."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from ariigcn.models.diagnostics import mean_discrepancy, modality_probe
from ariigcn.models.parts.alignment import (
    NODES,
    RIDGE,
    Critic,
    discrepancy_loss,
    linear_critic_loss,
    orthogonality_loss,
)

LOSSES = [discrepancy_loss, linear_critic_loss]


def nodes(count=60, size=6, distance=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(3, count, size, generator=generator, dtype=torch.float64).float()
    mask = torch.rand(count, 3, generator=generator) > 0.3
    return z + distance * torch.eye(size)[:3].unsqueeze(1), mask


def test_the_discrepancy_is_its_equation():
    z, mask = nodes(distance=1.0)
    parts = [x[own].double().numpy() for x, own in zip(z, mask.T, strict=True)]
    weight = np.concatenate([np.full(len(p), 1 / len(p) / 3) for p in parts])
    every = np.concatenate(parts)
    typical = weight @ ((every[:, None] - every) ** 2).sum(-1) @ weight

    def kernel(a, b):
        squared = ((a[:, None] - b) ** 2).sum(-1)
        return np.mean([np.exp(-squared / (typical * w)) for w in (0.5, 1, 2)], axis=0).mean()

    due = sum(
        kernel(parts[i], parts[i]) + kernel(parts[j], parts[j]) - 2 * kernel(parts[i], parts[j])
        for i, j in ((0, 1), (0, 2), (1, 2))
    )
    assert discrepancy_loss(z, mask).item() == pytest.approx(due, rel=1e-4)


def test_the_linear_critic_is_ridge_regression_s_r2():
    z, _ = nodes(distance=1.0)
    mask = torch.ones(60, 3, dtype=torch.bool)
    x = z.flatten(0, 1).double().numpy()
    target = np.repeat(np.eye(3), 60, axis=0)
    centred = x - x.mean(0)
    alpha = RIDGE * (centred**2).mean(0).mean() * len(x)
    fitted = Ridge(alpha=alpha).fit(x, target)
    covered = centred @ fitted.coef_.T
    centred_target = target - target.mean(0)
    r2 = (covered * centred_target).sum() / (centred_target**2).sum()
    assert linear_critic_loss(z, mask).item() == pytest.approx(2 * r2, rel=1e-4)


@pytest.mark.parametrize("loss", [*LOSSES, Critic(3, 6)])
def test_masked_nodes_take_no_part(loss):
    z, mask = nodes()
    changed = torch.where(mask.T.unsqueeze(-1), z, 99.0)
    assert loss(changed, mask).item() == pytest.approx(loss(z, mask).item(), rel=1e-6)
    z.requires_grad_()
    loss(z, mask).backward()
    assert not z.grad[~mask.T].any()
    assert z.grad[mask.T].any()


@pytest.mark.parametrize("loss", [*LOSSES, Critic(3, 6)])
@pytest.mark.parametrize("absent", [[0], [0, 1], [0, 1, 2]])
def test_absent_modalities_leave_a_finite_loss_and_gradient(loss, absent):
    z, mask = nodes()
    mask[:, absent] = False
    z.requires_grad_()
    value = loss(z, mask)
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(z.grad).all()
    if len(absent) > 1 and loss in LOSSES:
        assert value.item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_apart_costs_more_than_alike(loss):
    (near, mask), (far, _) = nodes(), nodes(distance=4.0)
    assert loss(far, mask) > 2 * loss(near, mask)


def test_descending_both_losses_deceives_a_probe_on_new_nodes():
    torch.manual_seed(0)
    z, mask = nodes(400, distance=4.0)
    new, new_mask = nodes(400, distance=4.0, seed=1)
    maps = torch.nn.Parameter(torch.eye(6).repeat(3, 1, 1))
    shift = torch.nn.Parameter(torch.zeros(3, 1, 6))
    optimiser = torch.optim.Adam([maps, shift], 0.05)
    before = modality_probe(new, new_mask)
    for _ in range(200):
        moved = torch.baddbmm(shift, z, maps)
        loss = discrepancy_loss(moved, mask) + linear_critic_loss(moved, mask)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        moved = torch.baddbmm(shift, new, maps)
    assert before > 0.9
    assert modality_probe(moved, new_mask) < 0.45
    assert mean_discrepancy(moved, new_mask) < 0.02


def test_the_critic_s_gradient_is_turned_around_for_what_it_reads_alone():
    torch.manual_seed(0)
    critic = Critic(3, 6)
    z, mask = nodes(distance=1.0)
    z.requires_grad_()
    critic(z, mask).backward()
    with torch.no_grad():
        now = critic(z, mask)
        assert critic(z - 0.1 * z.grad, mask) > now, "what it reads climbs"
        for parameter in critic.parameters():
            parameter.sub_(0.01 * parameter.grad)
        assert critic(z, mask) < now, "the network descends"


def test_a_kernel_reads_a_bounded_number_of_nodes():
    z, _ = nodes(2 * NODES, distance=1.0)
    mask = torch.ones(2 * NODES, 3, dtype=torch.bool)
    assert discrepancy_loss(z, mask) == discrepancy_loss(z[:, ::2], mask[::2])


def test_orthogonality_is_zero_without_correlation_and_grows_with_a_copy():
    torch.manual_seed(0)
    mask = torch.ones(64, 2, dtype=torch.bool)
    shared = torch.linalg.qr(torch.randn(64, 8))[0]
    shared = torch.linalg.qr(shared - shared.mean(0))[0]
    apart = shared.expand(2, 64, 8)
    copied = torch.cat([apart[..., :4], apart[..., :4]], -1)
    assert orthogonality_loss(apart, 4, mask) < 1e-3
    assert orthogonality_loss(copied, 4, mask).item() == pytest.approx(4 / 16, rel=1e-3)
