"""The network that is fine-tuned: an encoder, pooled as the frozen one is, and a head."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_file, save_model
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from ariigcn.core.errors import DataError
from ariigcn.core.seals import BLANK, sealed_path, verify
from ariigcn.core.storage import SEAL
from ariigcn.finetune.config import HEAD, WEIGHTS, Learning
from ariigcn.finetune.kind import Kind

Batch = dict[str, Tensor]


class Network(nn.Module):
    """Inputs of B utterances -> class logits [B, C] and vectors [B, D].

    Args:
        kind: of the modality.
        parameters: how the vectors are pooled.
        base: a Hugging Face encoder.
        width: D.
        dropout: before the head.
        class_weights: of the loss, [C].
    """

    class_weights: Tensor

    def __init__(
        self, kind: Kind, parameters: Learning, base: Any, width: int, class_weights: Tensor
    ) -> None:
        super().__init__()
        self.kind, self.pooled_as = kind, parameters
        self.base = base
        self.dropout = nn.Dropout(parameters.dropout)
        self.head = nn.Linear(width, len(class_weights))
        self.register_buffer("class_weights", class_weights, persistent=False)

    def forward(self, labels: Tensor | None = None, **batch: Tensor) -> Batch:
        """Logits, the vectors and, where labels are given, the loss.

        Args:
            labels: indices into the corpus's emotions, [B].
            batch: as :meth:`Kind.collate` makes it.
        """
        vectors = self.kind.vectors(self.base, self.pooled_as, **batch)
        logits = self.head(self.dropout(vectors)).float()
        found = {"logits": logits, "vectors": vectors}
        if labels is None:
            return found
        return {"loss": F.cross_entropy(logits, labels, self.class_weights), **found}


def moments(states: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation over T, [B, D] each; where nothing varies, no gradient flows.

    Args:
        states: [B, T, D].
        counted: bool [B, T]; the others count nowhere.
    """
    weight = counted[..., None].to(states.dtype)
    count = weight.sum(1)
    mean = (states * weight).sum(1) / count
    variance = ((states - mean[:, None]).square() * weight).sum(1) / count
    varies = variance > 0
    # The root's slope at 0 is infinite: a clip of one frame would make every weight NaN.
    sd = torch.where(varies, variance, 1.0).sqrt() * varies
    return mean, sd


def save_network(folder: Path, network: Network, base: Path) -> None:
    """Write the encoder, how it wants its input, and its head into a folder that is there.

    It is a Hugging Face folder that any tool reads; the seal of the weights stands beside them.

    Args:
        folder: where to.
        network: what has learned.
        base: the folder of what it was before.
    """
    network.base.config.save_pretrained(folder)
    for name, content in network.kind.settings(base).items():
        (folder / name).write_bytes(content)
    with sealed_path(folder / WEIGHTS) as path:
        weights = {name: value.contiguous() for name, value in network.base.state_dict().items()}
        # One entry alone: safetensors writes several in an order that changes from call to call.
        save_file(weights, str(path), {"format": "pt"})
    with sealed_path(folder / HEAD) as path:
        save_model(network.head, str(path), {SEAL: BLANK.decode()})


def load_head(folder: Path, width: int, classes: int) -> nn.Linear:
    """Read the head that :func:`save_network` wrote, D to C, on the CPU.

    Raises:
        DataError: it is absent, damaged, or does not fit.
    """
    head = nn.Linear(width, classes)
    try:
        load_model(head, str(verify(folder / HEAD)))
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{folder}: its head does not fit ({error}); fine-tune it again") from error
    return head.requires_grad_(False)
