"""Majority: the training split's most frequent emotion for every utterance, whatever was said.

No paper's model: the floor for all others [ours].
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ariigcn.graphs.dialogues import DialogueBatch, Dialogues
from ariigcn.models.base import ConversationModel, Output


class Majority(ConversationModel):
    """Predicts training frequencies; what any model has to beat.

    Frequencies are counted, not trained. The one weight shifts all classes alike, which changes no
    probability: the loop has something to step.

    Shapes:
        log_frequency [C]; every row of the logits [n, C] is the same.
    """

    log_frequency: Tensor

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Frequencies, and the weight that shifts them."""
        self.register_buffer("log_frequency", torch.zeros(classes))
        self.shift = nn.Parameter(torch.zeros(1))

    def fit_statistics(self, dialogues: Dialogues) -> None:
        """Count the training split's emotions; one that it lacks counts a thousandth."""
        super().fit_statistics(dialogues)
        label = dialogues.labels_of("train")
        counts = torch.bincount(label[label >= 0], minlength=len(self.log_frequency)).float()
        self.log_frequency.copy_((counts.clamp_min(1e-3) / counts.sum()).log())

    def forward(self, batch: DialogueBatch) -> Output:
        """The same logits for every utterance."""
        logits = (self.log_frequency + self.shift).expand(batch.num_nodes, -1)
        return Output(logits=logits, mask=batch.mask)
