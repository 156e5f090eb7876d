"""What an epoch's row of the history tells: mean losses, validation, how far apart the modalities lie."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ariigcn.core.errors import DataError
from ariigcn.core.scores import weighted_f1
from ariigcn.graphs.dialogues import Dialogues
from ariigcn.models.base import ConversationModel
from ariigcn.models.diagnostics import mean_discrepancy, modality_probe
from ariigcn.training.predict import InParts, in_turn, predict

DIAGNOSED_DIALOGUES = 16


class DivergedError(DataError):
    """The loss is not finite: the one error of a run that another seed may not meet."""


def check_finite(
    dialogues: Dialogues, parts: Sequence[Tensor], steps: Sequence[dict[str, Tensor]], epoch: int
) -> None:
    """Look at the losses of an epoch's steps, all at once, so that no step waits for its value.

    Args:
        dialogues: what the parts are of.
        parts: each step's dialogues, int64 [b].
        steps: each step's terms, scalars [], with ``loss`` among them.
        epoch: for the error.

    Raises:
        DivergedError: a step's loss is not finite; it names the step's dialogues.
    """
    losses = torch.stack([step["loss"] for step in steps]).tolist()
    for part, loss in zip(parts, losses, strict=True):
        if not math.isfinite(loss):
            names = ", ".join(dialogues.graph.dialogue_ids[d] for d in part.tolist())
            raise DivergedError(
                f"the loss is {loss} in epoch {epoch} on the dialogues {names}; look at their "
                "features, or lower training.learning_rate or the weights in model.losses "
                "(the last good checkpoint is kept)"
            )


def mean_terms(steps: Sequence[dict[str, Tensor]]) -> dict[str, float]:
    """Mean of each term, scalars [], over the steps that have it; a NaN counts as not having it."""
    names = dict.fromkeys(name for step in steps for name in step)
    return {
        name: float(torch.stack([s[name].float() for s in steps if name in s]).nanmean())
        for name in names
    }


def validate(
    model: ConversationModel, dialogues: Dialogues, apply: InParts = in_turn
) -> dict[str, float]:
    """Loss, accuracy and weighted F1 on validation; NaN where the corpus has no such split.

    Args:
        model: in evaluation mode.
        dialogues: the corpus, standardised.
        apply: as of :func:`~ariigcn.training.predict.predict`.
    """
    held_out = dialogues.of_split("validation")
    names = ("validation_loss", "validation_accuracy", "validation_weighted_f1")
    if not len(held_out):
        return dict.fromkeys(names, float("nan"))
    probabilities = predict(model, dialogues, held_out, apply)
    label = dialogues.label.cpu()[dialogues.rows(held_out)]
    probabilities, label = probabilities[label >= 0], label[label >= 0]
    loss = torch.nn.functional.nll_loss(probabilities.clamp_min(1e-12).log(), label)
    predicted = probabilities.argmax(1)
    accuracy = (predicted == label).double().mean()
    f1 = weighted_f1(label.numpy(), predicted.numpy())
    return dict(zip(names, (float(loss), float(accuracy), f1), strict=True))


@torch.no_grad()
def modality_gap(model: ConversationModel, dialogues: Dialogues) -> dict[str, float]:
    """How far apart the modalities lie before and after the generators; nothing if nothing aligns them.

    After the generators only what is to be shared is looked at. The nodes are those of the first
    validation dialogues, or of training ones where there are none.

    Args:
        model: in evaluation mode.
        dialogues: the corpus, standardised.
    """
    if not model.aligns:
        return {}
    held_out = dialogues.of_split("validation")
    looked_at = held_out if len(held_out) else dialogues.of_split("train")
    output = model(dialogues.batch(looked_at[:DIAGNOSED_DIALOGUES]))
    stages = {"before": output.separate.float(), "after": model.shared(output.aligned).float()}
    measures = {"probe": modality_probe, "discrepancy": mean_discrepancy}
    return {
        f"{name}_{stage}": measure(x, output.mask)
        for name, measure in measures.items()
        for stage, x in stages.items()
    }
