"""What the training loop needs of a model; AR-IIGCN and the baselines share it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from ariigcn.features.config import Normalisation
from ariigcn.graphs.dialogues import DialogueBatch, Dialogues
from ariigcn.models.config import ModelConfig
from ariigcn.models.parts.encoders import Standardiser
from ariigcn.models.parts.speakers import SpeakerNormaliser


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a forward pass gives.

    Shapes (M modalities, n utterances, C emotions):
        logits [n, C]; mask [n, M], as the pass used it.
    """

    logits: Tensor
    mask: Tensor


@dataclass(frozen=True)
class DiscriminatorReport:
    """L_D, and each discriminator's balanced accuracy at real against fake, [M]; 0.5 = aligned."""

    loss: Tensor
    accuracy: Tensor


class ConversationModel(nn.Module):
    """Classifies every utterance of a batch of standardised dialogues.

    A subclass has ``make_layers`` and ``forward(batch) -> Output``, whose result for a dialogue
    depends on that dialogue alone, and reads no later utterance where ``past_only``. One that plays
    a game beside its loss overrides the last three members too.

    Args:
        dimensions: modality -> D_m of the stores, in the order of the batches' mask columns.
        classes: C.
        relations: edge types of the graph.
        config: sizes and switches; its ``parameters`` are the model's own.
        past_only: no utterance may read a later one; the graph sees to it for its edges.
        normalise: modality -> how its features are made relative to who speaks.
        people: the speakers of training whose means the model holds.

    Shapes:
        class_weights: float32 [C], of the cross-entropy.
    """

    class_weights: Tensor

    def __init__(
        self,
        dimensions: Mapping[str, int],
        classes: int,
        relations: int,
        config: ModelConfig,
        *,
        past_only: bool = False,
        normalise: Mapping[str, Normalisation] | None = None,
        people: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.config, self.past_only = config, past_only
        self.modalities, self.relations = tuple(dimensions), relations
        self.standardise = Standardiser(dimensions)
        self.relate = SpeakerNormaliser(dimensions, normalise or {}, people, past_only=past_only)
        self.register_buffer("class_weights", torch.ones(classes))
        self.make_layers(self.relate.dimensions, classes)

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Make the model's own layers; ``config``, ``relations`` and the others above are set."""
        raise NotImplementedError

    def forward(self, batch: DialogueBatch) -> Output:
        """Classify every utterance of a batch of standardised dialogues."""
        raise NotImplementedError

    def fit_statistics(self, dialogues: Dialogues) -> None:
        """Learn what is counted, not trained, from the training split: mean and scale of features.

        Args:
            dialogues: of the whole corpus, not standardised.
        """
        rows = dialogues.rows(dialogues.of_split("train"))
        self.standardise.fit(dialogues.x, dialogues.mask, rows)
        self.relate.fit(dialogues, rows, self.standardise)

    def losses(self, output: Output, label: Tensor, lambda_adv: float) -> dict[str, Tensor]:
        """The loss to descend as ``loss``, and its terms as ``loss_<term>``.

        Args:
            output: of a forward pass.
            label: [n], -1 = context only.
            lambda_adv: the adversarial term's weight at this point of the warm-up.
        """
        loss = self.classification_loss(output.logits, label)
        return {"loss": loss, "loss_cls": loss}

    def classification_loss(self, logits: Tensor, label: Tensor) -> Tensor:
        """Cross-entropy over labelled utterances, 0 where there is none: [n, C], int64 [n] -> scalar [].

        METHOD section 6.
        """
        some = (label >= 0).any()
        # Where none is known, any label will do: it counts for nothing.
        label = torch.where(some, label, 0)
        smoothing = self.config.losses.label_smoothing
        loss = nn.functional.cross_entropy(
            logits, label, self.class_weights, ignore_index=-1, label_smoothing=smoothing
        )
        return loss * some

    def drop_modalities(self, mask: Tensor) -> Tensor:
        """In training, mask modalities at random, never an utterance's last [ours]; bool [n, M]."""
        chance = self.config.modality_dropout
        if not self.training or chance == 0:
            return mask
        kept = mask & (torch.rand(mask.shape, device=mask.device) >= chance)
        return torch.where(kept.any(1, keepdim=True), kept, mask)

    @property
    def aligns(self) -> bool:
        """Whether its loss brings the modalities' representations together."""
        return False

    def shared(self, z: Tensor) -> Tensor:
        """What of the modalities' representations is brought together, [M, n, H] -> [M, n, S]."""
        return z

    @property
    def is_adversarial(self) -> bool:
        """Whether discriminators are trained in steps of their own."""
        return False

    def discriminator_parameters(self) -> list[Parameter]:
        """What the discriminators' optimiser steps; everything else is the model's."""
        return []

    def discriminator_report(self, output: Output) -> DiscriminatorReport:
        """The discriminators' loss and accuracies on detached representations."""
        raise NotImplementedError
