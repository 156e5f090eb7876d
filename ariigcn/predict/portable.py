"""AR-IIGCN as one function of one conversation, in operations that other runtimes have.

The network of training reads batches of dialogues as tiles and steps, whose sizes Python decides. Here a
conversation of n utterances is one tile of n by n and one sequence; the weights are the same.
"""

import torch
from torch import Tensor, nn

from ariigcn.core.errors import ConfigError
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.bundle import BundleHead
from ariigcn.models.parts.inputs import joined
from ariigcn.models.parts.quasi_recurrence import ModalityQRNN
from ariigcn.models.parts.recurrence import ModalityGRU
from ariigcn.models.parts.relation_graph import SpeakerRelationLayer, Tiles
from ariigcn.models.parts.speakers import of_speakers
from ariigcn.models.registry import SPEAKER_RELATION


class PortableNetwork(nn.Module):
    """A trained AR-IIGCN with its standardisation and its graph.

    Shapes (n utterances, M modalities, C emotions):
        x: float32 [n, D_m] a modality, in the model's order, not standardised, zero where it is missing;
        mask bool [n, M]; speaker int64 [n], equal where the same person speaks; person int64 [n], where
        the model knows speakers by name: their place in its ``people``, -1 for others
        -> probabilities [n, C].

    Args:
        head: the model's.
        network: the model's, in evaluation mode.

    Raises:
        ConfigError: the model is a baseline, has another graph layer than ours, or relations by pair of
            speakers, whose number depends on the conversation.
    """

    def __init__(self, head: BundleHead, network: nn.Module) -> None:
        super().__init__()
        if type(network) is not ARIIGCN or head.model.graph_layer != SPEAKER_RELATION:
            raise ConfigError(
                f"a model with name: {head.model.name} and graph_layer: {head.model.graph_layer} cannot "
                f"be exported; train one with ar-iigcn and {SPEAKER_RELATION}"
            )
        if head.graph.relations != "compact":
            raise ConfigError(
                "a model with graph.relations: speaker-pair cannot be exported; train one with compact"
            )
        assert isinstance(network, ARIIGCN)
        self.network, self.window = network, head.graph
        self.knows_people = bool(network.relate.by_name)
        self.relations = len(head.relations)
        context = network.context
        self.recurrences = nn.ModuleList([] if context is None else _recurrences(context.cells))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Probabilities; the inputs are x of each modality, mask, speaker and, where used, person."""
        person = inputs[-1] if self.knows_people else None
        *x, mask, speaker = inputs[: len(self.network.modalities) + 2]
        network = self.network
        h = network.encoders(self._standardise(x, mask, speaker, person), mask)
        if network.context is not None:
            read = [_read(gru, own) for gru, own in zip(self.recurrences, h, strict=True)]
            h = network.context.norm(h + torch.stack(read))
        g = network.generators(h, mask)
        tiles = self._tiles(speaker)
        for layer in network.graph:
            assert isinstance(layer, SpeakerRelationLayer)
            g = layer(g, tiles)
        return network.classifier(joined(g)).softmax(1)

    def _standardise(
        self, x: list[Tensor], mask: Tensor, speaker: Tensor, person: Tensor | None
    ) -> dict[str, Tensor]:
        """As ``network.standardise`` and ``network.relate``, all rows at once."""
        standardise, relate, out = self.network.standardise, self.network.relate, {}
        place = torch.arange(speaker.shape[0])
        for column, (modality, values) in enumerate(zip(self.network.modalities, x, strict=True)):
            usable = mask[:, column : column + 1]
            own = standardise.rows(modality, values, usable)
            if modality in relate.normalise:
                within = of_speakers(own, usable, speaker, place, relate.past_only)
                own = relate.related(modality, own, usable, within, person)
            out[modality] = own
        return out

    def _tiles(self, speaker: Tensor) -> Tiles:
        """All edges as one tile, by the rules of graphs/build.py."""
        place = torch.arange(speaker.shape[0])
        ahead = place.unsqueeze(0) - place.unsqueeze(1)  # source after target, [n, n]
        past, future = self.window.past, self.window.future
        edge = torch.ones_like(ahead, dtype=torch.bool)
        if past >= 0:
            edge = edge & (ahead >= -past)
        if future >= 0:
            edge = edge & (ahead <= future)
        other = (speaker.unsqueeze(0) != speaker.unsqueeze(1)).long()
        kind = torch.where(ahead < 0, 1, 2) + 2 * other
        kind = torch.where(ahead == 0, 0, kind)
        types = torch.arange(self.relations).view(-1, 1, 1)
        relation = ((kind.unsqueeze(0) == types) & edge).float()
        barrier = torch.where(edge, 0.0, float("-inf"))
        return Tiles(
            source=place.unsqueeze(0), relation=relation.unsqueeze(1), barrier=barrier.unsqueeze(0)
        )


def _read(gru: nn.Module, x: Tensor) -> Tensor:
    """A recurrence over one conversation, [n, I] -> [n, K * H].

    Its operation in ONNX is named: torch 2.13 exports ``nn.GRU`` with n of the example from the second
    export of a process on, and says nothing.
    """
    assert isinstance(gru, nn.GRU)
    if not torch.compiler.is_exporting():
        output: Tensor = gru(x)[0]
        return output
    ends, size = ("", "_reverse")[: 2 if gru.bidirectional else 1], gru.hidden_size

    def stacked(name: str) -> Tensor:
        """One weight of every direction, its gates in ONNX's order: keep, reset, now."""
        parts = [getattr(gru, f"{name}_l0{end}").split(size) for end in ends]
        return torch.stack([torch.cat([keep, reset, now]) for reset, keep, now in parts])

    bias = torch.cat([stacked("bias_ih"), stacked("bias_hh")], dim=1)
    states: Tensor = torch.onnx.ops.symbolic(
        "GRU",
        (x.unsqueeze(1), stacked("weight_ih"), stacked("weight_hh"), bias),
        {
            "hidden_size": size,
            "direction": "bidirectional" if gru.bidirectional else "forward",
            "linear_before_reset": 1,
        },
        dtype=x.dtype,
        shape=(x.shape[0], len(ends), 1, size),
    )
    return states.squeeze(2).flatten(1)


def _recurrences(cells: ModalityGRU | ModalityQRNN) -> list[nn.GRU]:
    """The same recurrence as torch's own layer, one a modality."""
    made = []
    for modality, weight in enumerate(cells.read.weight):
        gru = nn.GRU(weight.shape[0], cells.hidden, bidirectional=cells.directions == 2)
        for direction, end in enumerate(("", "_reverse")[: cells.directions]):
            for name, value in cells.torch_weights(modality, direction).items():
                getattr(gru, f"{name}_l0{end}").data.copy_(value)
        made.append(gru.eval())
    return made
