"""A training's state is every part's, restored in order; random numbers go on where they were."""

import torch
from torch import nn

from ariigcn.training.state import RandomState, collect, restore


def test_random_numbers_go_on_where_they_were():
    parts = {"random": RandomState(torch.device("cpu"))}
    state = collect(parts)
    expected = torch.rand(5)
    torch.manual_seed(7)
    restore(parts, state)
    assert torch.equal(torch.rand(5), expected)
    assert not torch.equal(torch.rand(5), expected)


def test_what_a_cpu_began_goes_on_on_a_gpu(monkeypatch):
    told = []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda: torch.zeros(16, dtype=torch.uint8))
    monkeypatch.setattr(torch.cuda, "set_rng_state", told.append)
    on_cpu, on_gpu = (RandomState(torch.device(name)) for name in ("cpu", "cuda"))
    on_gpu.load_state_dict(on_cpu.state_dict())
    assert told == []
    on_gpu.load_state_dict(on_gpu.state_dict())
    on_cpu.load_state_dict(on_gpu.state_dict())
    assert len(told) == 1


class Noted(nn.Linear):
    """Says when it is restored."""

    def __init__(self, name, told):
        super().__init__(1, 1)
        self.name, self.told = name, told

    def load_state_dict(self, *state):
        self.told.append(self.name)
        return super().load_state_dict(*state)


def test_every_part_is_restored_in_its_order():
    told = []
    source = {name: Noted(name, told) for name in ("b", "a")}
    there = {name: Noted(name, told) for name in ("b", "a")}
    restore(there, dict(reversed(collect(source).items())))
    assert told == ["b", "a"]
    for name, part in there.items():
        assert torch.equal(part.weight, source[name].weight)
