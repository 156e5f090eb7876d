"""MLP: one utterance's modalities joined, its conversation unread.

Early fusion in the sense of Baltrusaitis, Ahuja and Morency, "Multimodal machine learning: a survey
and taxonomy", TPAMI 2019: features side by side, one classifier. With ``modalities: [text]`` it is the
text-only baseline.
"""

from collections.abc import Mapping
from itertools import pairwise

from torch import nn

from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.base import ConversationModel, Output
from ariigcn.models.baselines.parameters import MLPParameters
from ariigcn.models.parts.inputs import LinearInputs, joined
from ariigcn.models.parts.layers import Dropout


class MLP(ConversationModel):
    """Early-fusion MLP with ``parameters.layers`` hidden layers."""

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Hidden layers over the modalities side by side."""
        config, count = self.config, len(dimensions)
        hidden, dropout = config.hidden, config.dropout
        self.inputs = LinearInputs(dimensions, hidden, dropout, config.input_dropout)
        layers = MLPParameters(**config.parameters).layers
        sizes = [count * hidden, *[hidden] * layers]
        hidden_layers = [
            nn.Sequential(nn.Linear(before, after), nn.GELU(), Dropout(dropout))
            for before, after in pairwise(sizes)
        ]
        self.head = nn.Sequential(nn.GELU(), *hidden_layers, nn.Linear(hidden, classes))

    def forward(self, batch: DialogueBatch) -> Output:
        """Classify every utterance by itself."""
        mask = self.drop_modalities(batch.mask)
        return Output(logits=self.head(joined(self.inputs(batch, mask))), mask=mask)
