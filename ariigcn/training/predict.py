"""What a trained model says of dialogues."""

import torch
from torch import Tensor

from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.base import ConversationModel

EVALUATION_DIALOGUES = 64


@torch.no_grad()
def predict(model: ConversationModel, dialogues: Dialogues, which: Tensor | None = None) -> Tensor:
    """Class probabilities of the utterances of some (default: all) dialogues, [N, C], on the CPU.

    Args:
        model: in evaluation mode, on the dialogues' device.
        dialogues: standardised.
        which: indices of dialogues.
    """
    every = torch.arange(len(dialogues.graph.dialogue_ids))
    parts = (every if which is None else which).split(EVALUATION_DIALOGUES)
    logits = [model(dialogues.batch(part)).logits for part in parts]
    return torch.cat(logits).float().softmax(1).cpu()
