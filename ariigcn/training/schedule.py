"""What changes with the epoch: the learning rate, and the weight of the adversarial term."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from ariigcn.models.config import LossConfig
from ariigcn.training.config import TrainingConfig


def learning_rate(epoch: int, config: TrainingConfig) -> float:
    """Learning rate of an epoch (from 0) as a share of the configured one.

    It grows linearly over the warm-up, then stays, or falls along half a cosine (Loshchilov and
    Hutter, ICLR 2017, without restarts).
    """
    warmup = config.warmup_epochs
    if epoch < warmup:
        return (epoch + 1) / (warmup + 1)
    if config.schedule == "constant":
        return 1.0
    done = (epoch - warmup) / max(config.epochs - warmup, 1)
    return 0.5 * (1 + math.cos(math.pi * done))


def scheduler(optimiser: Optimizer, config: TrainingConfig) -> LambdaLR:
    """Sets an optimiser's learning rate; its ``step`` is called after each epoch."""
    return LambdaLR(optimiser, lambda epoch: learning_rate(epoch, config))


def adversarial_weight(epoch: int, losses: LossConfig) -> float:
    """lambda_adv of an epoch (from 1): the generators' weight grows linearly over its warm-up."""
    return losses.adversarial * min(1.0, epoch / max(losses.warmup_epochs, 1))
