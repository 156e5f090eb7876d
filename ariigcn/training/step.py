"""One training step: the discriminators' on detached representations, then everything else's."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import AdamW

from ariigcn.models.base import ConversationModel, Output
from ariigcn.training.config import TrainingConfig
from ariigcn.training.parallel import ParallelModel
from ariigcn.training.schedule import adversarial_weight


class Step:
    """Descends the losses of one batch.

    Args:
        network: the model and the corpus, on their device.
        config: learning rates, weight decay, discriminator steps, clipping, precision.
    """

    def __init__(self, network: ParallelModel, config: TrainingConfig) -> None:
        self.network, self.model, self.config = network, network.model, config
        self._own, game = split_parameters(self.model)
        self.optimiser = AdamW(
            self._own, config.learning_rate, weight_decay=config.weight_decay, fused=True
        )
        self.game_optimiser = (
            AdamW(game, config.discriminator_learning_rate, betas=(0.5, 0.999), fused=True)
            if self.model.is_adversarial
            else None
        )

    @property
    def optimisers(self) -> list[AdamW]:
        """That of the model, and that of its discriminators where it has some."""
        return [o for o in (self.optimiser, self.game_optimiser) if o is not None]

    def __call__(self, dialogues: Tensor, epoch: int) -> dict[str, Tensor]:
        """Train on some dialogues.

        Args:
            dialogues: int64 [b], numbers of dialogues.
            epoch: from 1.

        Returns:
            the losses' terms by name and ``gradient_norm`` before clipping, scalars on the device.
        """
        lambda_adv = adversarial_weight(epoch, self.model.config.losses)
        with self._precision():
            output, label = self.network.forward(dialogues)
            terms = self._play(output) if self.model.is_adversarial else {}
            with self.network.ranks.draw_alike():
                terms |= self.model.losses(output, label, lambda_adv)
        self.optimiser.zero_grad(set_to_none=True)
        terms["loss"].backward()
        norm = torch.nn.utils.clip_grad_norm_(self._own, self.config.clip_norm)
        self.optimiser.step()
        return {name: value.detach() for name, value in terms.items()} | {"gradient_norm": norm}

    def _play(self, output: Output) -> dict[str, Tensor]:
        """The discriminators' steps; gives L_D and the accuracies before the first utterances."""
        assert self.game_optimiser is not None
        reports = []
        for _ in range(self.config.discriminator_steps):
            report = self.network.discriminator_report(output)
            self.game_optimiser.zero_grad(set_to_none=True)
            report.loss.backward()
            self.game_optimiser.step()
            torch.clear_autocast_cache()  # copies of the weights as they were
            reports.append(report)
        accuracies = zip(self.model.modalities, reports[0].accuracy.unbind(), strict=True)
        return {"loss_disc": reports[0].loss} | {f"d_accuracy_{m}": a for m, a in accuracies}

    def _precision(self) -> AbstractContextManager[None]:
        """What products are made in: bf16 by autocast, or the tensors' own precision."""
        if self.config.precision != "bf16":
            return nullcontext()
        device = self._own[0].device
        context: AbstractContextManager[None] = torch.autocast(device.type, torch.bfloat16)
        return context


def split_parameters(model: ConversationModel) -> tuple[list[Parameter], list[Parameter]]:
    """Parameters of everything else, and of the discriminators."""
    game = model.discriminator_parameters()
    ids = {id(p) for p in game}
    return [p for p in model.parameters() if id(p) not in ids], game
