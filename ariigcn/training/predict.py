"""What a trained model says of dialogues."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from ariigcn.graphs.dialogues import DialogueBatch, Dialogues
from ariigcn.models.base import ConversationModel

EVALUATION_DIALOGUES = 64
Work = Callable[[Tensor], Tensor]
InParts = Callable[[Work, Sequence[Tensor]], Tensor]


def standardised(dialogues: Dialogues, model: ConversationModel) -> Dialogues:
    """The dialogues with the features of their batches standardised by the model's own statistics.

    Where the model asks for it, they are then made relative to who speaks.
    """
    person = model.relate.persons(dialogues.graph).to(dialogues.label.device)

    def prepare(batch: DialogueBatch) -> Mapping[str, Tensor]:
        x = model.standardise(batch.x, batch.mask)
        related: dict[str, Tensor] = model.relate(x, batch, person[batch.rows])
        return related

    return dialogues.prepared(prepare)


def in_turn(work: Work, parts: Sequence[Tensor]) -> Tensor:
    """The rows [n, C] that ``work`` makes of parts of dialogues, int64 [b] each, one after another."""
    return torch.cat([work(part) for part in parts])


@torch.no_grad()
def predict(
    model: ConversationModel,
    dialogues: Dialogues,
    which: Tensor | None = None,
    apply: InParts = in_turn,
) -> Tensor:
    """Class probabilities of the utterances of some (default: all) dialogues, [N, C], on the CPU.

    Args:
        model: in evaluation mode, on the dialogues' device.
        dialogues: standardised.
        which: indices of dialogues.
        apply: what runs the network over parts of them; several processes share the parts.
    """
    every = torch.arange(len(dialogues.graph.dialogue_ids))
    parts = (every if which is None else which).split(EVALUATION_DIALOGUES)
    logits = apply(lambda part: model(dialogues.batch(part)).logits, parts)
    return logits.float().softmax(1).cpu()
