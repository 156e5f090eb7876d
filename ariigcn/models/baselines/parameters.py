"""The baselines' own parameters, apart from their networks: a configuration is checked without torch.

Each model's own module names its paper.
"""

from pydantic import Field

from ariigcn.core.settings import Section


class Parameters(Section):
    """A model without parameters of its own."""

    def check(self, hidden: int) -> None:
        """Raise ValueError where they do not go with ``model.hidden``."""


class MLPParameters(Parameters):
    """Early-fusion MLP."""

    layers: int = Field(2, ge=1, description="Hidden layers after the modalities are joined.")


class MMGCNParameters(Parameters):
    """MMGCN."""

    layers: int = Field(4, ge=1, description="Graph convolutions.")
    alpha: float = Field(0.1, ge=0, le=1, description="Share of the first layer's input in each.")
    theta: float = Field(0.5, gt=0, description="Identity mapping: beta_l = log(theta / l + 1).")
    gamma: float = Field(0.7, gt=0, description="Weight of edges between modalities.")
    speakers: int = Field(9, ge=1, description="Speaker vectors; later speakers share the last.")


class DialogueGCNParameters(Parameters):
    """DialogueGCN."""

    bases: int = Field(
        0,
        ge=0,
        description="Number of matrices that the relations share, as in R-GCN; 0: one matrix per "
        "relation.",
    )


class TransformerParameters(Parameters):
    """Transformer fusion."""

    layers: int = Field(2, ge=1, description="Encoder layers.")
    heads: int = Field(4, ge=1, description="Attention heads; a divisor of model.hidden.")

    def check(self, hidden: int) -> None:
        """Heads share the hidden size evenly."""
        if hidden % self.heads:
            raise ValueError(f"parameters.heads: {self.heads} does not divide hidden = {hidden}")
