"""Classification (METHOD section 6): the MLP that AR-IIGCN and the baselines end in."""

from torch import nn

from ariigcn.models.parts.layers import Dropout


def classifier(inputs: int, hidden: int, classes: int, dropout: float) -> nn.Sequential:
    r"""logits_i = MLP([g_i^t ; g_i^a ; g_i^v]) [paper]; one hidden layer of H with GELU [ours].

    Shapes:
        [n, I] -> logits [n, C]; I = M H where modalities stand side by side.
    """
    return nn.Sequential(
        Dropout(dropout),
        nn.Linear(inputs, hidden),
        nn.GELU(),
        Dropout(dropout),
        nn.Linear(hidden, classes),
    )
