"""Which epoch's weights are used: validation's best, or the last."""

import copy
from typing import Any

from torch import Tensor, nn

from ariigcn.training.config import TrainingConfig


class Selection:
    """Keeps the weights of the best epoch so far, and says when to wait no longer.

    Attributes:
        epoch: the selected one, from 1; 0 while there is none.
        score: its validation weighted F1; -1 where none was compared.

    Args:
        model: whose weights are judged.
        config: ``selection`` and ``patience``.
    """

    def __init__(self, model: nn.Module, config: TrainingConfig) -> None:
        self.epoch, self.score = 0, -1.0
        self._model, self._patience = model, config.patience
        self._by_validation = config.selection == "validation"
        self._weights: dict[str, Tensor] = {}
        self._waited = 0

    def judge(self, epoch: int, score: float) -> None:
        """Select an epoch that has just ended if it is better than all before; NaN never is."""
        if not self._by_validation:
            self.epoch = epoch  # the model itself has its weights
        elif score > self.score:
            self.epoch, self.score, self._waited = epoch, score, 0
            self._keep_weights()
        else:
            self._waited += 1

    @property
    def is_final(self) -> bool:
        """Whether ``patience`` epochs in a row were no better than the selected one."""
        return self._waited >= self._patience

    def weights(self) -> dict[str, Tensor]:
        """The selected epoch's, name -> [...]; those of now where none was selected."""
        return self._weights or self._model.state_dict()

    def state_dict(self) -> dict[str, Any]:
        """For a checkpoint, which has the weights of the last epoch anyway; they are not kept twice."""
        weights = self._weights if self._waited else {}
        return {
            "epoch": self.epoch,
            "score": self.score,
            "waited": self._waited,
            "weights": weights,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a checkpoint; the model is restored before."""
        self.epoch, self.score, self._waited = state["epoch"], state["score"], state["waited"]
        self._weights = state["weights"]
        if self._by_validation and not self._waited:
            self._keep_weights()

    def _keep_weights(self) -> None:
        self._weights = copy.deepcopy(self._model.state_dict())
