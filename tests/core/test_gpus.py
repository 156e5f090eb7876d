"""GPUs are counted by torch, which is loaded only where there is a driver."""

import pytest

from ariigcn.core.gpus import visible_gpus


@pytest.fixture
def torch_sees_three(tmp_path, monkeypatch):
    """A torch of that many GPUs, for the process that is asked."""
    (tmp_path / "torch.py").write_text("class cuda:\n    device_count = staticmethod(lambda: 3)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.usefixtures("torch_sees_three")
def test_without_a_driver_there_is_none_and_torch_is_not_asked(tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('asked')")
    assert visible_gpus(tmp_path) == 0


@pytest.mark.usefixtures("torch_sees_three")
@pytest.mark.parametrize("driver", ["nvidia0", "dxg", "kfd"])
def test_torch_counts_where_there_is_one_unless_it_is_hidden(tmp_path, monkeypatch, driver):
    (tmp_path / driver).touch()
    assert visible_gpus(tmp_path) == 3
    for hidden in ("", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
        assert visible_gpus(tmp_path) == 0
