"""The whole model: its switches, and what an utterance's output may and may not depend on."""

from dataclasses import replace

import pytest
import torch

from ariigcn.graphs.config import GraphConfig
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.config import LossConfig, ModelConfig
from tests.synthetic_corpus import LABELS, SIZES, make_toy, whole_batch

LENGTHS = [4, 1, 33, 9]


def make_model(dialogues, **config):
    torch.manual_seed(0)
    settings = ModelConfig(hidden=16, projection=8, **config)
    sizes = {m: SIZES[m] for m in settings.modalities}
    past_only = bool((dialogues.edge_index[0] <= dialogues.edge_index[1]).all())
    relations = len(dialogues.graph.relations)
    return ARIIGCN(sizes, len(LABELS), relations, settings, past_only=past_only).eval()


def select(dialogues, modalities):
    """The dialogues with some of the modalities."""
    columns = [list(SIZES).index(m) for m in modalities]
    x = {m: dialogues.x[m] for m in modalities}
    return replace(dialogues, x=x, mask=dialogues.mask[:, columns])


@pytest.mark.parametrize("context", ["none", "gru", "qrnn"])
def test_batch_composition_and_order_change_no_output(context):
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, context=context)
    alone = torch.cat([model(dialogues.batch(torch.tensor([d]))).logits for d in range(4)])
    together = model(whole_batch(dialogues)).logits
    assert torch.allclose(alone, together, atol=1e-5)
    order = torch.tensor([3, 1, 0, 2])
    mixed = dialogues.batch(order)
    assert torch.allclose(model(mixed).logits, together[mixed.rows], atol=1e-5)


@pytest.mark.parametrize("context", ["none", "gru", "qrnn"])
def test_past_only_really_is(context):
    dialogues = make_toy(LENGTHS, config=GraphConfig(past=5, future=0))
    model = make_model(dialogues, context=context)
    batch = dialogues.batch(torch.tensor([2]))
    before = model(batch).logits
    batch.x["text"][20:] += 5
    batch.mask[20:] = True
    after = model(batch).logits
    assert torch.equal(before[:20], after[:20])
    assert not torch.equal(before[20:], after[20:])


def test_a_masked_modality_is_not_read():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues)
    batch = whole_batch(dialogues)
    batch.mask[:, 1] = False
    before = model(batch).logits
    batch.x["audio"] += 100
    assert torch.equal(model(batch).logits, before)
    batch.x["text"] += 1
    assert not torch.equal(model(batch).logits, before), "one that is not masked is"


@pytest.mark.parametrize(
    ("modalities", "losses", "layers", "terms"),
    [
        (("text", "audio", "video"), {}, 2, {"loss_cls", "loss_imcl", "loss_iccl", "loss_adv"}),
        (("text", "audio"), {"adversarial": 0}, 2, {"loss_cls", "loss_imcl", "loss_iccl"}),
        (("text", "audio"), {"intra_inter_modal": 0}, 1, {"loss_cls", "loss_iccl", "loss_adv"}),
        (("audio", "video"), {"intra_inter_class": 0}, 0, {"loss_cls", "loss_imcl", "loss_adv"}),
        (("video",), {}, 2, {"loss_cls", "loss_iccl"}),
    ],
)
def test_each_switch_removes_its_term_and_nothing_else(modalities, losses, layers, terms):
    dialogues = select(make_toy(LENGTHS), modalities)
    weights = {"adversarial": 0.1, "intra_inter_modal": 0.1, "intra_inter_class": 0.1, **losses}
    model = make_model(
        dialogues, modalities=modalities, losses=LossConfig(**weights), graph_layers=layers
    )
    batch = whole_batch(dialogues)
    found = model.losses(model(batch), batch.y, weights["adversarial"])
    assert set(found) == terms | {"loss"}
    total = found["loss_cls"] + sum(
        weight * found[name]
        for name, weight in (
            ("loss_imcl", weights["intra_inter_modal"]),
            ("loss_iccl", weights["intra_inter_class"]),
            ("loss_adv", weights["adversarial"]),
        )
        if name in found
    )
    assert found["loss"].item() == pytest.approx(total.item(), rel=1e-6)


def moved_by(model, loss):
    """Names of the model's parts to which a loss sends a gradient that is not zero."""
    model.zero_grad(set_to_none=True)
    loss.backward()
    touched = {n for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    return {name.split(".")[0] for name in touched}


def test_the_generators_step_leaves_discriminators_alone_and_the_other_way_round():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues)
    batch = whole_batch(dialogues)
    output = model(batch)
    terms = model.losses(output, batch.y, 0.5)
    assert moved_by(model, terms["loss_adv"]) == {"encoders", "context", "generators"}
    assert all(p.grad is None for p in model.discriminators.parameters())
    assert all(p.requires_grad for p in model.discriminators.parameters()), "thawed again"
    assert moved_by(model, model.discriminator_report(model(batch)).loss) == {"discriminators"}


def test_each_term_trains_the_parts_that_it_reads():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues)
    batch = whole_batch(dialogues)
    before_the_heads = {"encoders", "context", "generators", "graph"}
    for name, head in (("cls", "classifier"), ("imcl", "projection"), ("iccl", "projection")):
        loss = model.losses(model(batch), batch.y, 0.5)[f"loss_{name}"]
        assert moved_by(model, loss) == before_the_heads | {head}, name


def test_masked_nodes_take_no_part_in_the_contrastive_streams():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues)
    batch = whole_batch(dialogues)
    output = model(batch)
    assert not output.mask.all()
    nodes = output.nodes.masked_fill(~output.mask.T.unsqueeze(-1), 50.0)
    found, same = (
        model.losses(replace(output, nodes=n), batch.y, 0) for n in (output.nodes, nodes)
    )
    for name in ("loss_imcl", "loss_iccl"):
        assert found[name] > 0
        assert same[name].item() == pytest.approx(found[name].item(), rel=1e-6)


def test_contrastive_streams_read_directions_alone():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues)
    batch = whole_batch(dialogues)
    output = model(batch)
    before = model.losses(output, batch.y, 0)
    with torch.no_grad():
        for parameter in model.projection.parameters():
            parameter.mul_(3)
    after = model.losses(output, batch.y, 0)
    for name in ("loss_imcl", "loss_iccl"):
        assert after[name].item() == pytest.approx(before[name].item(), rel=1e-5)


def test_modality_dropout_never_takes_an_utterances_last():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, modality_dropout=0.9).train()
    batch = whole_batch(dialogues)
    mask = model(batch).mask
    assert (mask & ~batch.mask).sum() == 0
    assert torch.equal(mask.any(1), batch.mask.any(1))
    assert mask.sum() < batch.mask.sum()


def test_unlabelled_batches_have_no_classification_loss():
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues)
    batch = whole_batch(dialogues)
    found = model.losses(model(batch), torch.full_like(batch.y, -1), 0.1)
    assert found["loss_cls"].item() == 0
    assert found["loss_imcl"].item() == 0
    assert moved_by(model, found["loss_cls"]) == set()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_standardiser_uses_evidence_alone_and_silences_constants():
    dialogues = make_toy(LENGTHS)
    x = dict(dialogues.x)
    x["text"] = x["text"].clone()
    x["text"][:, 0] = 7.0
    model = make_model(dialogues)
    model.standardise.fit(x, dialogues.mask, torch.arange(sum(LENGTHS)))
    out = model.standardise(x, dialogues.mask)
    usable = out["audio"][dialogues.mask[:, 1]]
    assert torch.allclose(usable.mean(0), torch.zeros(SIZES["audio"]), atol=1e-5)
    assert torch.allclose(usable.std(0, correction=0), torch.ones(SIZES["audio"]), atol=1e-4)
    assert (out["text"][:, 0] == 0).all()
    assert out["text"][:, 1].any()
    assert (out["video"][~dialogues.mask[:, 2]] == 0).all()


@pytest.mark.parametrize("form", ["hinge", "infonce", "supcon"])
def test_in_bf16_losses_are_still_summed_in_single_precision(form):
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, losses=LossConfig(form=form))
    batch = whole_batch(dialogues)
    exact = model.losses(model(batch), batch.y, 0.1)
    (slope,) = torch.autograd.grad(exact["loss"], model.projection.weight, retain_graph=True)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(batch)
        rounded = model.losses(output, batch.y, 0.1)
    assert output.logits.dtype == torch.bfloat16
    for name, value in rounded.items():
        assert value.dtype == torch.float32
        assert value.item() == pytest.approx(exact[name].item(), rel=5e-3)
    rounded["loss"].backward()
    gradient = model.projection.weight.grad
    assert torch.linalg.norm(gradient - slope) < 0.05 * torch.linalg.norm(slope)
