"""bc-LSTM: contextual LSTMs, first a modality apart, then over all of them.

Poria et al., "Context-dependent sentiment analysis in user-generated videos", ACL 2017: hierarchical
fusion, a bidirectional LSTM a modality over the utterances' features, and one over
their joined outputs.
"""

from collections.abc import Mapping

import torch
from torch import nn

from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.base import ConversationModel, Output
from ariigcn.models.parts.classifier import classifier
from ariigcn.models.parts.inputs import LinearInputs, joined
from ariigcn.models.parts.layers import Dropout
from ariigcn.models.parts.sequences import Layout, Recurrent


class BcLSTM(ConversationModel):
    """Hierarchical contextual LSTM; forward LSTMs alone (the paper's sc-LSTM) where past-only."""

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """An LSTM a modality, one over their outputs."""
        config, count = self.config, len(dimensions)
        hidden, dropout = config.hidden, config.dropout
        self.inputs = LinearInputs(dimensions, hidden, dropout, config.input_dropout)
        self.unimodal = nn.ModuleList(
            Recurrent(nn.LSTM, hidden, hidden, self.past_only) for _ in range(count)
        )
        self.fusion = Recurrent(nn.LSTM, count * hidden, hidden, self.past_only)
        self.dropout = Dropout(dropout)
        self.head = classifier(hidden, hidden, classes, dropout)

    def forward(self, batch: DialogueBatch) -> Output:
        """Classify every utterance in the context of its dialogue."""
        mask, layout = self.drop_modalities(batch.mask), Layout.of(batch)
        inputs = self.inputs(batch, mask)
        apart = [lstm(x, layout) for lstm, x in zip(self.unimodal, inputs, strict=True)]
        together = self.fusion(self.dropout(joined(torch.stack(apart))), layout)
        return Output(logits=self.head(together), mask=mask)
