"""AR-IIGCN over a conversation that goes on: what later utterances read is kept, nothing is made twice.

Past-only, an utterance reads the recurrence's state and, in each graph layer, at most ``graph.past``
utterances before it. Kept are that state, the inputs of each layer for so many utterances and, where
features are relative to who speaks, what each speaker's sum to; the cost of an utterance does not depend
on how many were said, unless the graph reads all of them (``past: -1``).
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from ariigcn.graphs.build import edge_relations
from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.ariigcn import ARIIGCN
from ariigcn.models.bundle import BundleHead
from ariigcn.models.parts.encoders import ContextEncoder
from ariigcn.models.parts.inputs import joined
from ariigcn.models.parts.speakers import Moments
from ariigcn.predict.network import relation_places


class CarriedState:
    """One conversation, utterance by utterance, through a past-only AR-IIGCN.

    Args:
        head: the model's; ``graph.future`` is 0.
        network: the model's, in evaluation mode.
    """

    def __init__(self, head: BundleHead, network: ARIIGCN) -> None:
        self._head, self._network = head, network
        self._speakers: list[int] = []
        self._heard: dict[tuple[str, str], Moments] = {}  # of each name and modality
        self._state: Tensor | None = None
        nothing = torch.zeros(len(network.modalities), 0, network.config.hidden)
        self._inputs = [nothing for _ in network.graph]  # of each layer, [M, w, H]

    @torch.no_grad()
    def say(self, x: Mapping[str, Tensor], mask: Tensor, speaker: int, name: str) -> Tensor:
        """See :class:`ariigcn.predict.online.Progress`."""
        network = self._network
        speakers = self._latest([*self._speakers, speaker])
        structure = network.structure(self._edges(speakers, mask))  # nothing is refused after this
        h = network.encoders(self._relative(network.standardise(x, mask), mask, name), mask)
        if network.context is not None:
            h = self._read_on(network.context, h)
        g = network.generators(h, mask)
        for number, layer in enumerate(network.graph):
            window = torch.cat([self._inputs[number], g], dim=1)[:, -len(speakers) :]
            g = layer(window, structure)[:, -1:]
            self._inputs[number] = window
        self._speakers = speakers
        return network.classifier(joined(g))[0].float().softmax(0)

    def _relative(self, x: Mapping[str, Tensor], mask: Tensor, name: str) -> dict[str, Tensor]:
        """Standardised features, [1, D_m], held against what the speaker has said until now."""
        relate, out = self._network.relate, dict(x)
        person = torch.tensor([relate.number_of(name)])
        for column, modality in enumerate(x):
            if modality in relate.normalise:
                usable, key = mask[:, column, None], (name, modality)
                nothing = Moments.none(1, x[modality].shape[1])
                heard = self._heard.get(key, nothing) + Moments.of(x[modality], usable)
                self._heard[key] = heard
                out[modality] = relate.related(modality, x[modality], usable, heard, person)
        return out

    def _latest(self, speakers: list[int]) -> list[int]:
        """Those of the last utterance and of what its graph reads before it."""
        past = self._head.graph.past
        return speakers if past < 0 else speakers[-past - 1 :]

    def _read_on(self, context: ContextEncoder, h: Tensor) -> Tensor:
        """The recurrence's next step, added to its input, [M, 1, H]."""
        state = torch.zeros_like(h) if self._state is None else self._state
        self._state = context.cells.step(h, state)
        return context.norm(h + self._state)

    def _edges(self, speakers: list[int], mask: Tensor) -> DialogueBatch:
        """The window as a graph whose edges all lead to its last utterance: no other is asked for."""
        count = len(speakers)
        nodes = torch.arange(count)
        edges = np.stack([np.arange(count), np.full(count, count - 1)])
        types, names = edge_relations(self._head.graph, edges, np.array(speakers))
        first = nodes.clone()
        first[-1] = 0
        return DialogueBatch(
            x={},
            mask=mask.expand(count, -1),
            y=torch.full((count,), -1),
            speaker=torch.tensor(speakers),
            edge_index=torch.from_numpy(edges),
            edge_type=torch.from_numpy(relation_places(self._head, names)[types]),
            batch=torch.zeros_like(nodes),
            ptr=torch.tensor([0, count]),
            rows=nodes,
            lengths=torch.tensor([count]),
            reach=torch.stack([first, nodes]),
        )
