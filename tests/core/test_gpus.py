"""GPUs are counted by torch, which is loaded only where there is a driver."""

import sys

from ariigcn.core.gpus import visible_gpus


def test_without_a_driver_there_is_none_and_torch_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_gpus(tmp_path) == 0


def test_torch_counts_where_there_is_one_unless_it_is_hidden(tmp_path, monkeypatch):
    import torch

    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert visible_gpus(tmp_path) == 3
    for hidden in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        assert visible_gpus(tmp_path) == 0
