"""How workers share GPUs, with a made-up number of them: none is needed."""

from pathlib import Path

import pytest
import torch

from ariigcn.features.encoders import device as module
from ariigcn.features.encoders.device import device, seats, take_seat
from ariigcn.features.encoders.registry import ENCODERS, runs_on_gpu


@pytest.fixture(autouse=True)
def no_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_seat", None)
    monkeypatch.setattr(module, "_gpu", None)


def test_so_many_workers_a_gpu_and_all_of_them_where_there_is_none() -> None:
    assert [seats(8, gpus, 2) for gpus in (0, 1, 2, 8)] == [8, 2, 4, 8]
    assert seats(1, 4, 2) == 1


def test_seats_go_round_the_gpus_and_a_free_one_is_taken_again(tmp_path: Path) -> None:
    held = []
    for _ in range(4):
        take_seat(tmp_path, 4, 2)
        held.append((module._seat, module._gpu))
    assert [gpu for _, gpu in held] == [0, 1, 0, 1]
    held[1][0].close()  # as where a worker dies
    take_seat(tmp_path, 4, 2)
    assert module._gpu == 1
    held[2][0].close()
    take_seat(tmp_path, 4, 2)
    assert module._gpu == 0


def test_a_process_computes_on_the_gpu_of_its_seat(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    take_seat(tmp_path, 8, 0)
    assert device() == torch.device("cpu")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device() == torch.device("cuda", 0)
    monkeypatch.setattr(module, "_gpu", 3)
    assert device() == torch.device("cuda", 3)


def test_only_encoders_that_would_use_a_gpu_say_so() -> None:
    found = {(m, e) for m, names in ENCODERS.items() for e in names if runs_on_gpu(m, e)}
    both = {(m, e) for m in ENCODERS for e in ("finetuned", "huggingface")}
    assert found == both | {("video", "r3d18")}
