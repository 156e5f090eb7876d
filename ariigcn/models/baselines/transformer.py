"""Transformer fusion: every modality of every utterance is a token that attends to all of its dialogue.

The encoder is that of Vaswani et al., "Attention is all you need", NeurIPS 2017, with the norm first
(Xiong et al., ICML 2020); one sequence over all modalities in place of the pairwise crossmodal
encoders of Tsai et al., "Multimodal transformer for unaligned multimodal language sequences", ACL
2019 [ours: utterances are aligned, so that one attention reaches every pair].
"""

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ariigcn.graphs.dialogues import DialogueBatch
from ariigcn.models.base import ConversationModel, Output
from ariigcn.models.baselines.parameters import TransformerParameters
from ariigcn.models.parts.classifier import classifier
from ariigcn.models.parts.inputs import LinearInputs, joined
from ariigcn.models.parts.sequences import Layout

SPEAKERS = 9  # speaker vectors; later speakers share the last [ours]


def sinusoids(positions: Tensor, size: int) -> Tensor:
    """Positional encodings (Vaswani et al., section 3.5), int64 [n] -> [n, size], size even."""
    rate = torch.exp(
        torch.arange(0, size, 2, device=positions.device) * (-math.log(10_000.0) / size)
    )
    angle = positions.unsqueeze(1) * rate
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)


class TransformerFusion(ConversationModel):
    """Tokens of all modalities, told apart by learned modality and speaker vectors and positions."""

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Tokens' vectors and the encoder over them."""
        config, count = self.config, len(dimensions)
        hidden, dropout = config.hidden, config.dropout
        self.inputs = LinearInputs(dimensions, hidden, dropout, config.input_dropout)
        own = TransformerParameters(**config.parameters)
        self.heads = own.heads
        self.modality = nn.Parameter(torch.randn(count, 1, hidden) * 0.02)
        self.speaker = nn.Embedding(SPEAKERS, hidden)
        layer = nn.TransformerEncoderLayer(
            hidden,
            own.heads,
            2 * hidden,
            dropout,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        self.encoder = nn.TransformerEncoder(
            layer, own.layers, nn.LayerNorm(hidden), enable_nested_tensor=False
        )
        self.head = classifier(count * hidden, hidden, classes, dropout)

    def forward(self, batch: DialogueBatch) -> Output:
        """Classify every utterance by what its tokens gathered."""
        mask, layout = self.drop_modalities(batch.mask), Layout.of(batch)
        place = sinusoids(layout.position, self.config.hidden)
        who = self.speaker(batch.speaker.clamp_max(SPEAKERS - 1))
        x = self.inputs(batch, mask) + self.modality + place + who
        count = len(x)
        tokens = layout.pad(x.transpose(0, 1)).transpose(1, 2).flatten(1, 2)  # [b, M * T, H]
        hidden = self.encoder(tokens, mask=self._barred(layout, count))
        read = layout.flat(hidden.unflatten(1, (count, -1)).transpose(1, 2))  # [n, M, H]
        return Output(logits=self.head(joined(read.transpose(0, 1))), mask=mask)

    def _barred(self, layout: Layout, count: int) -> Tensor:
        """Bool [b * heads, M * T, M * T], True where a token must not be read."""
        barred = ~layout.visible(self.past_only)
        return barred.repeat(1, count, count).repeat_interleave(self.heads, dim=0)
