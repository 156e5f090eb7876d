"""The processes that train one model together: who is who, and what they must agree on."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import distributed

from ariigcn.core.errors import DataError


class Ranks:
    """This process alone, or those of torch's process group.

    Attributes:
        rank: this process's number, from 0.
        size: how many there are.
    """

    def __init__(self) -> None:
        together = distributed.is_initialized()
        self.rank = distributed.get_rank() if together else 0
        self.size = distributed.get_world_size() if together else 1
        if self.size > 1:
            self._shared = torch.get_rng_state()
            # Decisions are exchanged on the CPU, so that none waits for a GPU.
            self._control = distributed.new_group(backend="gloo")

    @property
    def is_first(self) -> bool:
        """Whether this rank writes what all of them made."""
        return self.rank == 0

    def any(self, here: bool) -> bool:
        """Whether it holds on some rank; all ranks ask at the same place."""
        if self.size == 1:
            return here
        flag = torch.tensor(int(here))
        distributed.all_reduce(flag, distributed.ReduceOp.MAX, self._control)
        return bool(flag)

    def seed_epoch(self, seed: int, epoch: int) -> None:
        """Give every rank a dropout of its own, of which the first one's is in the checkpoints, and all
        of them the same draws for their losses.
        """
        if self.size == 1:
            return
        first = (seed * 100_003 + epoch) * 1_009
        self._shared = torch.Generator().manual_seed(first).get_state()
        if self.rank:
            torch.manual_seed(first + self.rank)

    @contextmanager
    def draw_alike(self) -> Iterator[None]:
        """Within, every rank draws the same from torch's global generator on the CPU."""
        if self.size == 1:
            yield
            return
        own = torch.get_rng_state()
        torch.set_rng_state(self._shared)
        try:
            yield
        finally:
            self._shared = torch.get_rng_state()
            torch.set_rng_state(own)

    def check_same(self, epochs: int) -> None:
        """Compare the checkpoints that the ranks start from.

        Raises:
            DataError: they are not of the same epoch.
        """
        if self.size == 1:
            return
        found = torch.tensor([epochs, -epochs])
        distributed.all_reduce(found, distributed.ReduceOp.MAX, self._control)
        if found[0] != -found[1]:
            raise DataError(
                f"rank {self.rank} found a checkpoint of {epochs} epochs, others another; "
                "results_dir must be on a file system that all nodes share"
            )
