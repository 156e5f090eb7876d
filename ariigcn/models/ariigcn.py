"""AR-IIGCN whole (METHOD sections 2 to 7): its forward pass and its joint loss."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from ariigcn.graphs.dialogues import DialogueBatch, Dialogues
from ariigcn.models.base import ConversationModel, DiscriminatorReport, Output
from ariigcn.models.parts.adversarial import Discriminators, Generators
from ariigcn.models.parts.alignment import (
    Critic,
    discrepancy_loss,
    linear_critic_loss,
    orthogonality_loss,
)
from ariigcn.models.parts.classifier import classifier
from ariigcn.models.parts.contrastive import PairLoss, contrastive_losses
from ariigcn.models.parts.encoders import ContextEncoder, ModalityEncoders
from ariigcn.models.parts.games import generator_loss, judge
from ariigcn.models.parts.geometric import Edges, GeometricLayer
from ariigcn.models.parts.inputs import joined
from ariigcn.models.parts.layers import ModalityLinear, single_precision
from ariigcn.models.parts.memory import NodeMemory
from ariigcn.models.parts.pairs import ICCL, IMCL, Stream
from ariigcn.models.parts.prototypes import PrototypeLoss, Prototypes
from ariigcn.models.parts.relation_graph import SpeakerRelationLayer, Tiles, make_tiles
from ariigcn.models.parts.remembered import Remembered
from ariigcn.models.parts.weighting import UncertaintyWeights
from ariigcn.models.registry import LAYERS_FOUND, SPEAKER_RELATION


@dataclass(frozen=True, kw_only=True)
class StagedOutput(Output):
    """A forward pass with the representations between the parts of the model.

    Shapes (M modalities, n utterances):
        separate: h, before the generators, [M, n, H]; aligned: z, their output, [M, n, H];
        nodes: g, after the graph, [M, n, H].
    """

    separate: Tensor
    aligned: Tensor
    nodes: Tensor


class ARIIGCN(ConversationModel):
    """Adversarial representation with intra-/inter-modal graph contrastive learning."""

    def make_layers(self, dimensions: Mapping[str, int], classes: int) -> None:
        """Make every part; one that is switched off is absent."""
        config, count = self.config, len(dimensions)
        hidden, dropout = config.hidden, config.dropout
        self.encoders = ModalityEncoders(dimensions, hidden, dropout, config.input_dropout)
        self.context = (
            None
            if config.context == "none"
            else ContextEncoder(config.context, count, hidden, dropout, self.past_only)
        )
        self.generators = Generators(count, hidden, dropout, config.alignment)
        self.aligned_size = config.alignment.shared or hidden
        self.discriminators = (
            Discriminators(
                count, self.aligned_size, spectral_norm=config.discriminator.spectral_norm
            )
            if config.alignment.by == "discriminators"
            else None
        )
        self.critic = Critic(count, self.aligned_size) if config.alignment.by == "critic" else None
        self.graph = nn.ModuleList(self._graph_layer(count) for _ in range(config.graph_layers))
        self.projection = ModalityLinear(count, hidden, config.projection)
        self.remembered = self._remembered(classes)
        self.weighting = UncertaintyWeights() if config.losses.weighting == "uncertainty" else None
        self.classifier = classifier(count * hidden, hidden, classes, dropout)

    def fit_statistics(self, dialogues: Dialogues) -> None:
        """As every model; what ICCL remembers counts how rare each emotion is, too."""
        super().fit_statistics(dialogues)
        if self.remembered is not None:
            self.remembered.fit(dialogues.labels_of("train"))

    def forward(self, batch: DialogueBatch) -> StagedOutput:
        """Classify every utterance, and keep what each part made of it."""
        mask = self.drop_modalities(batch.mask)
        h = self.encoders(batch.x, mask)
        if self.context is not None:
            h = self.context(h, batch.lengths)
        z = self.generators(h, mask)
        g = z
        if len(self.graph):
            structure = self.structure(batch)
            for layer in self.graph:
                g = layer(g, structure)
        logits = self.classifier(joined(g))
        return StagedOutput(logits=logits, mask=mask, separate=h, aligned=z, nodes=g)

    def _remembered(self, classes: int) -> Remembered | None:
        config = self.config.losses
        if config.iccl_with == "prototypes":
            return Prototypes(classes, self.config.projection, PrototypeLoss.of(config))
        if config.iccl_with == "memory":
            return NodeMemory(classes, self.config.projection, config)
        return None

    def _graph_layer(self, modalities: int) -> nn.Module:
        config = self.config
        sizes = (modalities, config.hidden, self.relations, config.relation_bases, config.dropout)
        if config.graph_layer == SPEAKER_RELATION:
            return SpeakerRelationLayer(*sizes)
        return GeometricLayer(*sizes, kind=LAYERS_FOUND.load(config.graph_layer))

    def structure(self, batch: DialogueBatch) -> Tiles | Edges:
        """A batch's edges as its graph layers read them."""
        if self.config.graph_layer == SPEAKER_RELATION:
            return make_tiles(batch, self.relations)
        return Edges.of(batch, self.relations)

    @property
    def aligns(self) -> bool:
        """Whether modalities are aligned: it takes two of them and a weight."""
        return self.config.losses.adversarial > 0 and len(self.modalities) > 1

    @property
    def is_adversarial(self) -> bool:
        """Whether the paper's game is played."""
        return self.aligns and self.discriminators is not None

    def shared(self, z: Tensor) -> Tensor:
        """What of the generators' output is aligned, [M, n, H] -> [M, n, S]."""
        return z[..., : self.aligned_size]

    def losses(self, output: Output, label: Tensor, lambda_adv: float) -> dict[str, Tensor]:
        """The joint loss and its terms; terms that are switched off are absent.

        L = L_cls + lambda_im L_IMCL + lambda_ic L_ICCL + lambda_adv L_G (METHOD section 7).

        Args:
            output: of the batch's n utterances.
            label: int64 [n]; -1: unlabelled.
            lambda_adv: the weight of L_G in this epoch.

        Returns:
            ``loss`` and each term, scalars [].
        """
        assert isinstance(output, StagedOutput)
        losses = self.config.losses
        weights = {
            "loss_cls": 1.0,
            "loss_imcl": losses.intra_inter_modal,
            "loss_iccl": losses.intra_inter_class,
            "loss_adv": lambda_adv,
            "loss_orthogonality": losses.orthogonality,
            "loss_reconstruction": losses.reconstruction,
        }
        streams = {"loss_imcl": IMCL, "loss_iccl": ICCL}
        if len(self.modalities) == 1:
            del streams["loss_imcl"]  # without another modality it has no positives and only repels
        active = {name: stream for name, stream in streams.items() if weights[name] > 0}
        terms = {"loss_cls": self.classification_loss(output.logits, label)}
        if active:
            terms |= self._contrastive(output, label, active)
        terms |= self._of_aligned(output, weights)
        if self.weighting is not None:
            return {"loss": self.weighting(terms, weights), **terms}
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        return {"loss": total, **terms}

    def discriminator_parameters(self) -> list[Parameter]:
        """The discriminators' own."""
        return [] if self.discriminators is None else list(self.discriminators.parameters())

    def discriminator_report(self, output: Output) -> DiscriminatorReport:
        """L_D and the discriminators' accuracies on detached representations."""
        assert isinstance(output, StagedOutput)
        assert self.discriminators is not None
        z = self.shared(output.aligned)
        return judge(self.discriminators, z, output.mask, self.config.discriminator)

    def _of_aligned(self, output: StagedOutput, weights: Mapping[str, float]) -> dict[str, Tensor]:
        """The terms of what the generators made of more than one modality."""
        z, mask, terms = self.shared(output.aligned), output.mask, {}
        if self.aligns and weights["loss_adv"] > 0:
            terms["loss_adv"] = self._alignment(z, mask)
        if weights["loss_orthogonality"] > 0:
            terms["loss_orthogonality"] = orthogonality_loss(
                output.aligned, self.aligned_size, mask
            )
        pairs = self.generators.pairs
        if pairs is not None and len(self.modalities) > 1 and weights["loss_reconstruction"] > 0:
            terms["loss_reconstruction"] = pairs.reconstruction_loss(z, mask)
        return terms

    def _alignment(self, z: Tensor, mask: Tensor) -> Tensor:
        """L_G, or what takes its place, of what is aligned: z [M, n, S], mask bool [n, M] -> []."""
        if self.discriminators is not None:
            said = _frozen(self.discriminators, z)
            return generator_loss(said, mask, self.config.discriminator.game)
        if self.critic is not None:
            loss: Tensor = self.critic(z, mask)
            return loss
        loss = discrepancy_loss(z, mask)
        if self.config.alignment.by == "closed-form":
            loss = loss + linear_critic_loss(z, mask)
        return loss

    def _contrastive(
        self, output: StagedOutput, label: Tensor, streams: dict[str, Stream]
    ) -> dict[str, Tensor]:
        """Both streams over labelled nodes whose modality carries evidence."""
        losses = self.config.losses
        form = PairLoss(losses.form, losses.margin, losses.temperature)
        projected = self.projection(output.nodes).to(self.projection.weight.dtype)
        label = torch.where(output.mask.T, label, -1)
        found = {}
        with single_precision(projected.device):
            u = nn.functional.normalize(projected, dim=-1)
            if self.remembered is not None and "loss_iccl" in streams:
                found["loss_iccl"] = self.remembered(u.flatten(0, 1), label.flatten())
            paired = {name: stream for name, stream in streams.items() if name not in found}
            if paired:
                classes = output.logits.shape[1]
                found |= contrastive_losses(u, label, classes, form, paired, pairs=losses.pairs)
        return found


def _frozen(discriminators: Discriminators, z: Tensor) -> Tensor:
    """What frozen discriminators say, [M, n, S] -> [M, M, n]: the gradient goes to z alone."""
    for parameter in discriminators.parameters():
        parameter.requires_grad_(False)
    logits: Tensor = discriminators(z)
    for parameter in discriminators.parameters():
        parameter.requires_grad_(True)
    return logits
