"""Configuration of the model: its parts, its sizes, the weight of each term of its loss."""

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from ariigcn.core.modality import MODALITIES, Modality
from ariigcn.core.settings import Section
from ariigcn.models.registry import (
    GRAPH_LAYERS,
    LAYERS_FOUND,
    MODELS,
    SPEAKER_RELATION,
    is_read,
    model_entry,
    model_modules,
    model_parameters,
)


class LossConfig(Section):
    """The joint loss, METHOD section 7. A weight of 0 switches its term off."""

    adversarial: float = Field(
        0.1, ge=0, description="lambda_adv, the generators' loss, whatever aligns them."
    )
    weighting: Literal["fixed", "uncertainty"] = Field(
        "fixed",
        description="fixed: the terms count by their weights. uncertainty: by a learned factor, too; a "
        "term that stays large loses weight.",
    )
    orthogonality: float = Field(
        0.0,
        ge=0,
        description="Weight of the term that keeps the private part from repeating the shared.",
    )
    intra_inter_modal: float = Field(0.1, ge=0, description="lambda_im, IMCL.")
    intra_inter_class: float = Field(0.1, ge=0, description="lambda_ic, ICCL.")
    form: Literal["hinge", "infonce", "supcon"] = Field(
        "hinge", description="Form of both contrastive streams."
    )
    margin: float = Field(
        0.5, gt=0, le=2, description="beta: the least cosine distance between different emotions."
    )
    temperature: float = Field(
        0.1, gt=0, description="Temperature of infonce, supcon, prototypes and memory."
    )
    pairs: int = Field(
        2**25,
        ge=1,
        description="Pairs that both contrastive streams look at in a batch. Where its nodes, utterances "
        "times modalities, have more, a random sample of them stands for all: an unbiased estimate. The "
        "default keeps 1,930 utterances of three modalities exact.",
    )
    reconstruction: float = Field(
        1.0,
        ge=0,
        description="Weight of the error of what generators say of a modality that is there; read with "
        "alignment.stand_in: generated.",
    )
    iccl_with: Literal["pairs", "prototypes", "memory"] = Field(
        "pairs",
        description="What ICCL compares a node with. pairs: the other nodes of the batch. prototypes: a "
        "remembered mean of each emotion, so that a batch without a rare emotion teaches about it, too. "
        "memory: the last nodes of each emotion, from earlier batches.",
    )
    memory: int = Field(
        64, ge=1, description="Nodes of each emotion that are remembered, with iccl_with: memory."
    )
    prototype_momentum: float = Field(
        0.9, ge=0, lt=1, description="Share of an emotion's prototype that stays at each step."
    )
    prototype_margin: float = Field(
        0.0,
        ge=0,
        le=1,
        description="By how much nearer its own prototype must be for the rarest emotion, a cosine; less "
        "for the others.",
    )
    prototype_balance: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Emotions count by training frequency ** -balance, with prototypes and memory. 0: all "
        "nodes alike; 1: all emotions alike.",
    )
    warmup_epochs: int = Field(
        5, ge=0, description="Epochs over which lambda_adv grows from 0 to its value."
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="Label smoothing of the classification loss."
    )
    class_weight_power: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Class weights are training frequency ** -power. 0: no weights, 1: inverse "
        "frequency.",
    )


class AlignmentConfig(Section):
    """What of the representations is aligned, by what, and what it is used for; docs/method.md [ours]."""

    shared: int = Field(
        0,
        ge=0,
        description="How many numbers of a generator's output are aligned; the others keep what the "
        "modality alone knows. 0: all of it, as in the paper.",
    )
    by: Literal["discriminators", "critic", "mmd", "closed-form"] = Field(
        "discriminators",
        description="discriminators: the paper's game. critic: one network names the modality, with "
        "gradient reversal. mmd: no game, a kernel's discrepancy. closed-form: mmd, and a linear critic "
        "that is solved exactly in each step.",
    )
    stand_in: Literal["learned", "others", "generated"] = Field(
        "learned",
        description="What is aligned of a missing modality. learned: what the learned vector became. "
        "others: the mean of the modalities that are there; it needs a shared part. generated: what a "
        "generator for each pair of modalities makes of them.",
    )


class DiscriminatorConfig(Section):
    """The adversarial game, and what keeps discriminators from winning outright; METHOD section 3."""

    game: Literal["classic", "hinge", "relativistic"] = Field(
        "classic",
        description="classic: the paper's. hinge: what is right by a margin is left alone. relativistic: "
        "modalities of one utterance are compared in pairs.",
    )
    gradient_penalty: float = Field(
        0.0,
        ge=0,
        description="R1: weight of the squared gradient of D_m at its own modality; 0: off.",
    )
    label_smoothing: float = Field(
        0.0, ge=0, lt=1, description="One-sided: real targets are 1 minus this; not with hinge."
    )
    spectral_norm: bool = Field(
        False, description="Divide each layer's weights by their largest singular value."
    )


class ModelConfig(Section):
    """AR-IIGCN and its switches, METHOD sections 2 to 7, or a baseline.

    A baseline reads ``hidden``, the dropouts, ``losses.label_smoothing``,
    ``losses.class_weight_power`` and its own ``parameters``; an experiment that sets another key for
    it is refused.
    """

    name: str = Field("ar-iigcn", description=f"Which model: {', '.join(MODELS)}.")
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="A baseline's own parameters; see docs/experiments.md.",
    )
    modalities: tuple[Modality, ...] = Field(
        MODALITIES, min_length=1, description="Which modalities the model reads."
    )
    hidden: int = Field(
        128, ge=8, multiple_of=2, description="H, the size of every representation."
    )
    context: Literal["none", "gru", "qrnn"] = Field(
        "gru",
        description="Recurrent encoder over the dialogue after the MLPs [ours]; only forward if "
        "graph.future is 0. qrnn: its gates do not read its state, so all steps are made together.",
    )
    graph_layers: int = Field(2, ge=0, description="Number of relational layers; 0: no graph.")
    graph_layer: str = Field(
        SPEAKER_RELATION,
        description=f"Which layer: ours, or one of torch_geometric's: {', '.join([*GRAPH_LAYERS][1:])}.",
    )
    relation_bases: int = Field(
        2,
        ge=0,
        description="Number of matrices that the relations share, as in R-GCN; 0: one matrix per "
        "relation.",
    )
    projection: int = Field(64, ge=2, description="Size of the contrastive streams' projection.")
    dropout: float = Field(0.5, ge=0, le=0.99, description="Share of activations dropped.")
    input_dropout: float = Field(0.3, ge=0, le=0.99, description="Share of features dropped.")
    modality_dropout: float = Field(
        0.0, ge=0, lt=1, description="Probability that training masks a modality of an utterance."
    )
    alignment: AlignmentConfig = Field(
        default_factory=AlignmentConfig,
        description="What the adversarial part aligns, and by what.",
    )
    discriminator: DiscriminatorConfig = Field(
        default_factory=DiscriminatorConfig, description="The adversarial game's other side."
    )
    losses: LossConfig = Field(default_factory=LossConfig, description="The joint loss.")

    @field_validator("modalities")
    @classmethod
    def _in_order(cls, value: tuple[Modality, ...]) -> tuple[Modality, ...]:
        if len(set(value)) != len(value):
            raise ValueError("names a modality twice")
        return tuple(m for m in MODALITIES if m in value)

    @field_validator("name")
    @classmethod
    def _known(cls, value: str) -> str:
        model_entry(value)
        return value

    @field_validator("graph_layer")
    @classmethod
    def _known_layer(cls, value: str) -> str:
        LAYERS_FOUND.where(value)
        return value

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules that hold the model; their code versions decide its runs."""
        return model_modules(self.name, self.graph_layer)

    @model_validator(mode="after")
    def _shared_is_a_part(self) -> Self:
        shared, losses = self.alignment.shared, self.losses
        if shared == 1 or shared >= self.hidden:
            raise ValueError(
                f"alignment.shared ({shared}) must be 2 or more and below hidden ({self.hidden}); 0 "
                "aligns all"
            )
        if not shared and (self.alignment.stand_in == "others" or losses.orthogonality):
            raise ValueError(
                "alignment.stand_in: others and losses.orthogonality need a shared part: set "
                "alignment.shared"
            )
        return self

    @model_validator(mode="after")
    def _fill_parameters(self) -> Self:
        checked = model_parameters(self.name, self.parameters, self.hidden)
        object.__setattr__(self, "parameters", checked)
        return self

    def read(self) -> "ModelConfig":
        """The same model with the defaults for what it does not read.

        A baseline inherits AR-IIGCN's keys from the shared section; without them, a change of
        theirs does not train it again.
        """
        losses = self.losses.model_copy(update=self._unread(self.losses, "losses."))
        return self.model_copy(update={**self._unread(self, ""), "losses": losses})

    def _unread(self, section: Section, prefix: str) -> dict[str, Any]:
        return {
            key: field.get_default(call_default_factory=True)
            for key, field in type(section).model_fields.items()
            if key not in ("parameters", "losses") and not is_read(self.name, prefix + key)
        }
