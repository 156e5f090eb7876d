"""What a checkpoint holds of a training: the state of each of its parts."""

from collections.abc import Mapping
from typing import Any, Protocol

import torch


class Part(Protocol):
    """Something whose state decides what comes next, as torch's modules and optimisers have it."""

    def state_dict(self) -> dict[str, Any]:
        """Its state: nested dicts and lists of tensors, numbers, strings, None."""

    def load_state_dict(self, state: Any, /) -> Any:
        """Continue from a state."""


class RandomState:
    """torch's global generators: the CPU's, and a GPU's where one is trained on."""

    def __init__(self, device: torch.device) -> None:
        self._on_gpu = device.type == "cuda"

    def state_dict(self) -> dict[str, Any]:
        """Where the generators stand."""
        gpu = torch.cuda.get_rng_state() if self._on_gpu else None
        return {"cpu": torch.get_rng_state(), "gpu": gpu}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put the generators there."""
        torch.set_rng_state(state["cpu"])
        if self._on_gpu and state["gpu"] is not None:  # it was begun on a CPU
            torch.cuda.set_rng_state(state["gpu"])


def collect(parts: Mapping[str, Part]) -> dict[str, Any]:
    """The state of every part, by its name."""
    return {name: part.state_dict() for name, part in parts.items()}


def restore(parts: Mapping[str, Part], state: Mapping[str, Any]) -> None:
    """Give every part its state back, in the order of ``parts``."""
    for name, part in parts.items():
        part.load_state_dict(state[name])
