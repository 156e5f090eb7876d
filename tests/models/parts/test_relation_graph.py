"""The tiled layer equals a loop over nodes and relations, and torch_geometric's message passing."""

import doctest

import pytest
import torch
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import softmax

from ariigcn.graphs.config import GraphConfig
from ariigcn.models.parts import relation_graph
from ariigcn.models.parts.relation_graph import SpeakerRelationLayer, make_tiles
from tests.synthetic_corpus import make_toy, whole_batch

CONFIGS = [
    GraphConfig(past=3, future=2),
    GraphConfig(past=-1, future=-1),
    GraphConfig(past=10, future=0),
    GraphConfig(past=2, future=2, relations="speaker-pair"),
]


def layer_and_batch(config, lengths=(3, 1, 40, 70, 2), bases=0):
    torch.manual_seed(0)
    dialogues = make_toy(list(lengths), config=config)
    layer = SpeakerRelationLayer(2, 8, len(dialogues.graph.relations), bases, dropout=0.0)
    torch.nn.init.normal_(layer.relation_bias)
    batch = whole_batch(dialogues)
    return layer, batch, torch.randn(2, batch.num_nodes, 8)


def tiles_of(layer, batch, **options):
    relations = layer.relation_bias.shape[-1]
    return make_tiles(batch, relations, **options)


def matrices(layer, hidden=8):
    """W_0, [M, H, H], and the relations' own W_r, [M, R, H, H]."""
    bases = torch.stack(layer.related.split(hidden, dim=1), dim=1)
    return layer.own.weight, torch.einsum("mbr,mbio->mrio", layer.mixture, bases)


def finish(layer, z, total):
    """The layer's residual and norm around the summed messages."""
    return layer.norm(z + torch.nn.functional.gelu(total))


def plain_layer(layer, z, batch):
    """The equation as it is written: one target, one edge, one relation at a time."""
    own, related = matrices(layer)
    total = torch.zeros_like(z)
    for m in range(len(z)):
        scores = layer.score(z)[m]
        for i in range(z.shape[1]):
            into = (batch.edge_index[1] == i).nonzero().flatten().tolist()
            logits = []
            for e in into:
                j, r = batch.edge_index[0, e], batch.edge_type[e]
                logits.append(scores[j, 0] + scores[i, 1] + layer.relation_bias[m, 0, r])
            alpha = torch.nn.functional.leaky_relu(torch.stack(logits), 0.2).softmax(0)
            total[m, i] = z[m, i] @ own[m] + layer.own.bias[m, 0]
            for a, e in zip(alpha, into, strict=True):
                j, r = batch.edge_index[0, e], batch.edge_type[e]
                total[m, i] += a * (z[m, j] @ related[m, r])
    return finish(layer, z, total)


def score_of(g):
    """A number that depends on every entry in its own way; a normed vector's square does not."""
    return (g * torch.linspace(-1, 2, g.numel()).view_as(g)).sum()


class EdgeByEdge(MessagePassing):
    """The same sums through torch_geometric's gather and scatter."""

    def __init__(self):
        super().__init__(aggr="add", node_dim=0)

    def forward(self, z, score, bias, weight, edge_index, edge_type):
        return self.propagate(
            edge_index,
            z=z,
            source=score[:, 0],
            target=score[:, 1],
            bias=bias[edge_type],
            weight=weight[edge_type],
        )

    def message(self, z_j, source_j, target_i, bias, weight, index):
        score = torch.nn.functional.leaky_relu(source_j + target_i + bias, 0.2)
        return softmax(score, index)[:, None] * torch.einsum("eh,eho->eo", z_j, weight)


@pytest.mark.parametrize("bases", [0, 2])
@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_equals_the_plain_loop(config, bases):
    layer, batch, z = layer_and_batch(config, lengths=(3, 1, 40), bases=bases)
    assert torch.allclose(layer(z, tiles_of(layer, batch)), plain_layer(layer, z, batch), atol=1e-5)


@pytest.mark.parametrize("bases", [0, 2])
@pytest.mark.parametrize("config", CONFIGS, ids=lambda c: c.name)
def test_equals_message_passing_with_gradients(config, bases):
    layer, batch, z = layer_and_batch(config, bases=bases)
    z.requires_grad_()
    tiles = tiles_of(layer, batch)
    ours = layer(z, tiles)
    weights = [z, *layer.parameters()]
    ours_gradients = torch.autograd.grad(score_of(ours), weights)
    own, related = matrices(layer)
    total = torch.stack(
        [
            z[m] @ own[m]
            + layer.own.bias[m]
            + EdgeByEdge()(
                z[m],
                layer.score(z)[m],
                layer.relation_bias[m, 0],
                related[m],
                batch.edge_index,
                batch.edge_type,
            )
            for m in range(2)
        ]
    )
    theirs = finish(layer, z, total)
    theirs_gradients = torch.autograd.grad(score_of(theirs), weights)
    assert torch.allclose(ours, theirs, atol=1e-5)
    for gradient, expected in zip(ours_gradients, theirs_gradients, strict=True):
        assert expected.abs().max() > 1e-3
        assert torch.allclose(gradient, expected, atol=1e-4 * float(expected.abs().max()) + 1e-5)


def test_tile_size_does_not_matter():
    layer, batch, z = layer_and_batch(CONFIGS[0])
    outputs = [layer(z, tiles_of(layer, batch, size=size)) for size in (1, 7, 32, 500)]
    for output in outputs[1:]:
        assert torch.allclose(output, outputs[0], atol=1e-6)


def test_a_tile_reads_its_sources():
    layer, batch, z = layer_and_batch(CONFIGS[0])
    tiles = tiles_of(layer, batch)
    assert torch.equal(tiles.sources(z), z[:, tiles.source])


def test_attention_sums_to_one_over_what_reaches_a_node():
    layer, batch, z = layer_and_batch(CONFIGS[0])
    tiles = tiles_of(layer, batch)
    alpha = layer.attention(z, tiles).flatten(1, 2)[:, : batch.num_nodes]
    assert torch.allclose(alpha.sum(-1), torch.ones(2, batch.num_nodes), atol=1e-6)
    absent = tiles.absent.flatten(0, 1)[: batch.num_nodes]
    assert (alpha[:, absent] == 0).all()


@pytest.mark.parametrize("bases", [0, 2])
@pytest.mark.parametrize("config", CONFIGS)
def test_the_plain_form_equals_the_tiled_one_whatever_the_edges_order(config, bases):
    layer, batch, z = layer_and_batch(config, bases=bases)
    order = torch.randperm(batch.edge_index.shape[1])
    plain = layer.edge_wise(z, batch.edge_index[:, order], batch.edge_type[order])
    assert torch.allclose(plain, layer(z, tiles_of(layer, batch)), atol=1e-6)


def test_the_docstrings_example_runs():
    tests = doctest.DocTestFinder().find(SpeakerRelationLayer, globs=vars(relation_graph))
    results = [doctest.DocTestRunner().run(test) for test in tests]
    assert sum(result.attempted for result in results) == 5
    assert not any(result.failed for result in results)


def test_a_node_that_no_edge_reaches_keeps_its_own_message():
    layer, _, z = layer_and_batch(CONFIGS[0])
    g = layer.edge_wise(z, torch.tensor([[0], [1]]), torch.tensor([2]))
    assert torch.allclose(g[:, 2:], finish(layer, z, layer.own(z))[:, 2:], atol=1e-6)
    assert not torch.allclose(g[:, 1], finish(layer, z, layer.own(z))[:, 1], atol=1e-3)


@pytest.mark.parametrize("bases", [0, 2])
def test_reset_draws_every_weight_as_a_new_layer_does(bases):
    def state(layer):
        return {name: value.clone() for name, value in layer.state_dict().items()}

    torch.manual_seed(5)
    new = state(SpeakerRelationLayer(2, 8, 3, bases, dropout=0.0))
    layer = SpeakerRelationLayer(2, 8, 3, bases, dropout=0.0)
    for parameter in layer.parameters():
        torch.nn.init.constant_(parameter, 9.0)
    torch.manual_seed(5)
    layer.reset_parameters()
    torch.testing.assert_close(state(layer), new, rtol=0, atol=0)
    after = torch.rand(1)
    torch.manual_seed(5)
    SpeakerRelationLayer(2, 8, 3, bases, dropout=0.0)
    assert torch.equal(torch.rand(1), after), "a new layer draws nothing else"


def test_weights_start_at_the_scale_of_their_sums():
    torch.manual_seed(0)
    layer = SpeakerRelationLayer(4, 8, 50, 4, dropout=0.0)
    assert layer.mixture.std().item() == pytest.approx(0.5, rel=0.1)  # one over the root of B
    for weight in (layer.own.weight, layer.related):  # one over the root of H + B H
        assert weight.abs().max().item() == pytest.approx(40**-0.5, rel=0.05)
    assert not layer.relation_bias.any()


def test_a_layer_tells_its_sizes():
    layer, *_ = layer_and_batch(CONFIGS[0], bases=2)
    assert "modalities=2, hidden=8, relations=5, bases=2" in repr(layer)
