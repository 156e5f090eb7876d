"""The floor under a training epoch: its matrix products, recorded and replayed with nothing between.

Every product that a step dispatches, forward and backward, is written down with its shapes while
the step runs; the replay multiplies random operands of the same shapes.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

PRODUCTS = {"mm": (0, 1), "addmm": (1, 2), "bmm": (0, 1), "baddbmm": (1, 2)}
Shapes = tuple[torch.Size, torch.Size]


class ProductRecorder(TorchDispatchMode):
    """Counts the shapes of all matrix products within its context."""

    def __init__(self) -> None:
        super().__init__()
        self.products: Counter[Shapes] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name = func.overloadpacket.__name__
        if name in PRODUCTS:
            left, right = (args[i] for i in PRODUCTS[name])
            self.products[left.shape, right.shape] += 1
        return func(*args, **(kwargs or {}))


def floating_operations(products: Counter[Shapes]) -> int:
    """Multiplications and additions of all products."""
    return sum(2 * left.numel() * right[-1] * n for (left, right), n in products.items())


def replay(products: Counter[Shapes], device: torch.device) -> tuple[float, float]:
    """Seconds, and processor seconds, that the products take by themselves."""
    operands: dict[torch.Size, Tensor] = {}
    for shapes in products:
        for shape in shapes:
            operands.setdefault(shape, torch.randn(shape, device=device))
    started, cpu_started = time.perf_counter(), time.process_time()
    for (left, right), count in products.items():
        multiply: Callable[[Tensor, Tensor], Tensor] = torch.mm if len(left) == 2 else torch.bmm
        for _ in range(count):
            multiply(operands[left], operands[right])
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started, time.process_time() - cpu_started
