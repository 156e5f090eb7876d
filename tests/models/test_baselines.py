"""What holds of every registered model, AR-IIGCN included."""

from dataclasses import replace

import pytest
import torch

from ariigcn.graphs.config import GraphConfig
from ariigcn.models.bundle import BundleHead, load_bundle, save_bundle
from ariigcn.models.config import ModelConfig
from ariigcn.models.registry import GRAPH_LAYERS, MODELS
from tests.synthetic_corpus import LABELS, SIZES, make_toy, whole_batch

LENGTHS = [4, 1, 33, 9]
# AR-IIGCN with each of torch_geometric's layers is held to all of it too.
EVERY = sorted([*MODELS, *(f"ar-iigcn/{layer}" for layer in [*GRAPH_LAYERS][1:])])
LEARNING = sorted(set(EVERY) - {"majority"})
READING_CONTEXT = sorted(set(LEARNING) - {"mlp"})


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Tensors this small are only slowed down by more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make_head(dialogues, name, **config):
    name, _, layer = name.partition("/")
    config |= {"graph_layer": layer} if layer else {}
    settings = ModelConfig(name=name, hidden=16, dropout=0.0, input_dropout=0.0, **config)
    sizes = {m: SIZES[m] for m in settings.modalities}
    past_only = bool((dialogues.edge_index[0] <= dialogues.edge_index[1]).all())
    graph = GraphConfig(future=0 if past_only else 3)
    return BundleHead("toy", LABELS, sizes, dialogues.graph.relations, graph, settings)


def make_model(dialogues, name, **config):
    torch.manual_seed(0)
    model = make_head(dialogues, name, **config).build()
    model.fit_statistics(dialogues)
    return model.eval()


def only(dialogues, *modalities):
    """The dialogues with some of the modalities."""
    columns = [list(SIZES).index(m) for m in modalities]
    x = {m: dialogues.x[m] for m in modalities}
    return replace(dialogues, x=x, mask=dialogues.mask[:, columns])


@pytest.mark.parametrize("modalities", [("text",), ("text", "audio", "video")])
@pytest.mark.parametrize("name", EVERY)
def test_logits_for_every_utterance_whatever_the_modalities(name, modalities):
    dialogues = only(make_toy(LENGTHS), *modalities)
    output = make_model(dialogues, name, modalities=modalities)(whole_batch(dialogues))
    assert output.logits.shape == (sum(LENGTHS), len(LABELS))
    assert output.mask.shape == (sum(LENGTHS), len(modalities))
    assert output.logits.isfinite().all()


@pytest.mark.parametrize("name", EVERY)
def test_batch_composition_order_and_padding_change_no_output(name):
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, name)
    alone = torch.cat([model(dialogues.batch(torch.tensor([d]))).logits for d in range(4)])
    together = model(whole_batch(dialogues)).logits
    assert torch.allclose(alone, together, atol=1e-5)
    mixed = dialogues.batch(torch.tensor([3, 1, 0, 2]))
    assert torch.allclose(model(mixed).logits, together[mixed.rows], atol=1e-5)


@pytest.mark.parametrize("name", LEARNING)
def test_the_same_parameters_have_a_gradient_whatever_the_dialogues_lengths(name):
    """Several processes wait for each other's gradients, and each has dialogues of its own."""
    dialogues, found = make_toy([1, 1, 4, 7]), []
    for chosen in ([0, 1], [2, 3]):
        model, batch = make_model(dialogues, name).train(), dialogues.batch(torch.tensor(chosen))
        model.losses(model(batch), dialogues.label[batch.rows], 0.0)["loss"].backward()
        found.append({n for n, p in model.named_parameters() if p.grad is not None})
    assert found[0] == found[1]


@pytest.mark.parametrize("future", [0, 5])
@pytest.mark.parametrize("name", READING_CONTEXT)
def test_past_only_reads_no_later_utterance(name, future):
    """And where there is a future, it is read."""
    dialogues = make_toy(LENGTHS, config=GraphConfig(past=5, future=future))
    model = make_model(dialogues, name)
    batch = dialogues.batch(torch.tensor([2]))
    before = model(batch).logits
    batch.x["text"][20:] += 5
    batch.mask[20:] = True
    after = model(batch).logits
    assert torch.allclose(before[:20], after[:20], atol=1e-6) == (future == 0)
    assert not torch.allclose(before[20:], after[20:], atol=1e-3)


@pytest.mark.parametrize("name", LEARNING)
def test_a_masked_modality_is_not_read(name):
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, name)
    batch = whole_batch(dialogues)
    batch.mask[:, 1] = False
    before = model(batch).logits
    batch.x["audio"] += 100
    assert torch.equal(model(batch).logits, before)
    batch.x["video"] += 1
    assert not torch.equal(model(batch).logits, before), "one that is not masked is"


@pytest.mark.parametrize("name", LEARNING)
def test_a_few_steps_learn_a_toy_problem(name):
    dialogues = make_toy([6, 9, 3, 12, 7])
    model = make_model(dialogues, name).train()
    batch = whole_batch(dialogues)
    optimiser = torch.optim.AdamW(model.parameters(), 1e-2)
    for _ in range(40):
        optimiser.zero_grad()
        model.losses(model(batch), batch.y, 0.0)["loss"].backward()
        optimiser.step()
    known = batch.y >= 0
    right = model.eval()(batch).logits.argmax(1)[known] == batch.y[known]
    assert right.float().mean() > 0.8


@pytest.mark.parametrize("name", LEARNING)
def test_every_weight_has_a_gradient_that_is_not_zero(name):
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, name)
    batch = whole_batch(dialogues)
    model.losses(model(batch), batch.y, 0.1)["loss"].backward()
    game = {id(p) for p in model.discriminator_parameters()}
    idle = [
        n
        for n, p in model.named_parameters()
        if p.requires_grad and id(p) not in game and (p.grad is None or not p.grad.any())
    ]
    assert idle == []


@pytest.mark.parametrize("name", EVERY)
def test_a_bundle_gives_the_model_back(name, tmp_path):
    dialogues = make_toy(LENGTHS)
    model = make_model(dialogues, name)
    save_bundle(tmp_path / "model", make_head(dialogues, name), model)
    head, loaded = load_bundle(tmp_path / "model")
    assert head.model.name == name.partition("/")[0]
    batch = whole_batch(dialogues)
    assert torch.equal(loaded(batch).logits, model(batch).logits)


def test_majority_is_the_training_splits_most_frequent_emotion():
    dialogues = make_toy([20])
    dialogues.label[:] = torch.tensor([1] * 11 + [0] * 6 + [-1] * 3)
    model = make_model(dialogues, "majority")
    probabilities = model(whole_batch(dialogues)).logits.softmax(1)
    assert probabilities[0].tolist() == pytest.approx([6 / 17, 11 / 17, 0], abs=1e-3)


def test_dialogue_rnn_keeps_a_state_a_speaker():
    """A speaker's next state starts from its own last one, whoever spoke in between."""
    from ariigcn.models.baselines.dialogue_rnn import PartyStates

    torch.manual_seed(0)
    cell = PartyStates(5, 8, 0.0).eval()
    u = torch.randn(1, 3, 5)
    speaker = torch.tensor([[0, 1, 0]])
    steps = []  # each: the state before, the state after
    cell.party.register_forward_hook(lambda _, given, after: steps.append((given[1], after)))
    cell(u, speaker)
    assert torch.equal(steps[2][0], steps[0][1])
    assert torch.equal(steps[1][0], torch.zeros(1, 8))


def test_mmgcns_adjacency_is_the_papers_on_three_nodes():
    from ariigcn.models.baselines.mmgcn import angular_adjacency

    x = torch.tensor([[[[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]]])
    got = angular_adjacency(x, torch.ones(1, 3, 3, dtype=torch.bool), 1.0).within[0]
    weight = torch.tensor([[1.0, 0.5, 1.0], [0.5, 1.0, 0.5], [1.0, 0.5, 1.0]])
    root = weight.sum(1).rsqrt()
    assert torch.allclose(got, root[:, None] * weight * root, atol=2e-3)


def test_mmgcns_convolution_is_gcn2conv_on_every_edge():
    from torch_geometric.nn import GCN2Conv

    from ariigcn.models.baselines.mmgcn import DenseGCN2, angular_adjacency

    torch.manual_seed(0)
    modalities, steps, hidden = 3, 5, 4
    dense = torch.randn(1, modalities, steps, hidden)
    visible = torch.ones(1, steps, steps, dtype=torch.bool).tril()
    adjacency = angular_adjacency(dense, visible, 0.7)
    # Node (m, t) is row m * T + t; an entry of the whole matrix reads its column into its row.
    whole = torch.block_diag(*adjacency.within)
    for t in range(steps):
        rows = torch.arange(modalities) * steps + t
        whole[rows[:, None], rows] += adjacency.between[0, t]
    target, source = whole.nonzero(as_tuple=True)
    assert len(target) == modalities * 15 + steps * 6
    ours = DenseGCN2(hidden, 0.3, 0.5, 2)
    theirs = GCN2Conv(hidden, 0.3, 0.5, layer=2, normalize=False)
    theirs.weight1.data.copy_(ours.weight.T)
    h, start = torch.randn_like(dense), dense.flatten(1, 2)[0]
    edges = torch.stack([source, target])
    expected = theirs(h.flatten(1, 2)[0], start, edges, whole[target, source]).relu()
    assert torch.allclose(ours(h, dense, adjacency).flatten(1, 2)[0], expected, atol=1e-6)


def test_dialogue_gcn_without_attention_is_rgcnconv_and_graphconv():
    """Where all of a window's edges weigh alike, both layers are torch_geometric's own."""
    from torch_geometric.nn import GraphConv, RGCNConv
    from torch_geometric.utils import degree

    from ariigcn.models.baselines.dialogue_gcn import RelationalConvolution
    from ariigcn.models.parts.relation_graph import make_tiles

    torch.manual_seed(0)
    dialogues = make_toy([5, 3, 40])
    batch, relations = whole_batch(dialogues), len(dialogues.graph.relations)
    ours = RelationalConvolution(4, 3, relations, bases=2)
    ours.edge.weight.data.zero_()
    first = RGCNConv(4, 3, relations, num_bases=2, root_weight=False, bias=False)
    first.weight.data.copy_(ours.related.weight.view(3, 2, 4).permute(1, 2, 0))
    first.comp.data.copy_(ours.mixture.T)
    second = GraphConv(3, 3, aggr="mean")
    second.lin_rel.weight.data.copy_(ours.second.weight)
    second.lin_rel.bias.data.copy_(ours.second_own.bias)
    second.lin_root.weight.data.copy_(ours.second_own.weight)
    g = torch.randn(48, 4)
    alpha = 1 / degree(batch.edge_index[1], 48).unsqueeze(1)
    h = (alpha * (first(g, batch.edge_index, batch.edge_type) + ours.own(g))).relu()
    expected = second(h, batch.edge_index).relu()
    assert expected.abs().max() > 0.1
    assert torch.allclose(ours(g, make_tiles(batch, relations)), expected, atol=1e-6)


def test_padding_is_to_dense_batch():
    from torch_geometric.utils import to_dense_batch

    from ariigcn.models.parts.sequences import Layout

    batch = whole_batch(make_toy(LENGTHS))
    layout, x = Layout.of(batch), torch.randn(sum(LENGTHS), 2, 3)
    expected, present = to_dense_batch(x, batch.batch)
    assert torch.equal(layout.pad(x), expected)
    assert torch.equal(layout.present(), present)
    assert torch.equal(layout.flat(expected), x)


def test_dialogue_gcn_equals_its_equations_edge_by_edge():
    from ariigcn.models.baselines.dialogue_gcn import RelationalConvolution
    from ariigcn.models.parts.relation_graph import make_tiles

    torch.manual_seed(0)
    dialogues = make_toy([5, 3])
    batch, relations = whole_batch(dialogues), len(dialogues.graph.relations)
    layer, g = RelationalConvolution(4, 3, relations, bases=2), torch.randn(8, 4)
    got = layer(g, make_tiles(batch, relations))

    blocks = layer.related.weight.view(3, 2, 4)
    first = torch.zeros(8, 3)
    edges = list(zip(*batch.edge_index.tolist(), batch.edge_type.tolist(), strict=True))
    for i in range(8):
        near = [(j, r) for j, target, r in edges if target == i]
        alpha = torch.stack([layer.edge(g[i]) @ g[j] for j, _ in near]).softmax(0)
        for (j, r), a in zip(near, alpha, strict=True):
            weight = torch.einsum("b,obh->oh", layer.mixture[:, r], blocks)
            first[i] += a / sum(s == r for _, s in near) * (weight @ g[j])
            if j == i:
                first[i] += a * layer.own(g[i])
    first = first.relu()
    for i in range(8):
        near = [j for j, target, _ in edges if target == i]
        mean = torch.stack([layer.second(first[j]) for j in near]).mean(0)
        assert torch.allclose(got[i], (mean + layer.second_own(first[i])).relu(), atol=1e-5)
