"""Checkpoints keep every bit, keep two, and are noticed when torn or foreign."""

import logging

import pytest
import torch
from safetensors.torch import save_file

from ariigcn.training.checkpoint import _digest, load_checkpoint, save_checkpoint

STATE = {
    "weights": {"a": torch.randn(3, 2), "b": torch.tensor(7)},
    "optimiser": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 0.1}]},
    "best": {"epoch": 2, "score": 0.5, "none": None, "nan": float("nan")},
}


def test_round_trip_keeps_types_and_bits(tmp_path):
    save_checkpoint(tmp_path, 1, "run", STATE)
    back = load_checkpoint(tmp_path, "run")
    assert torch.equal(back["weights"]["a"], STATE["weights"]["a"])
    assert back["weights"]["b"].dtype == torch.int64
    assert back["optimiser"]["state"][0]["step"].item() == 3, "integer keys stay integers"
    assert back["optimiser"]["param_groups"] == [{"lr": 0.1}]
    assert back["best"]["none"] is None
    assert back["best"]["nan"] != back["best"]["nan"]


def test_the_last_two_are_kept(tmp_path):
    for epoch in range(1, 6):
        save_checkpoint(tmp_path, epoch, "run", {"epoch": epoch})
    assert [p.name[:11] for p in sorted(tmp_path.iterdir())] == ["epoch-00004", "epoch-00005"]


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b[:20] + b"X" + b[21:]])
def test_a_torn_checkpoint_is_noticed_and_the_one_before_is_used(tmp_path, caplog, damage):
    for epoch in (1, 2):
        save_checkpoint(tmp_path, epoch, "run", {"epoch": epoch, "t": torch.arange(4)})
    newest = max(tmp_path.iterdir())
    newest.write_bytes(damage(newest.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(tmp_path, "run")["epoch"] == 1
    assert "torn" in caplog.text


@pytest.mark.parametrize("metadata", [None, {"other": "run"}, {"state": "[1"}])
def test_a_stray_file_under_a_fitting_digest_is_passed_over(tmp_path, caplog, metadata):
    save_checkpoint(tmp_path, 1, "run", {"epoch": 1})
    stray = tmp_path / "stray"
    save_file({"t": torch.arange(4)}, stray, metadata)
    stray.rename(tmp_path / f"epoch-00002.run.{_digest(stray)}.safetensors")
    (tmp_path / "epoch-00003.run.none.safetensors").write_bytes(b"no digest")
    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(tmp_path, "run") == {"epoch": 1}
    assert "not a checkpoint" in caplog.text and "damaged" in caplog.text


def test_a_checkpoint_of_another_run_is_not_resumed(tmp_path, caplog):
    save_checkpoint(tmp_path, 1, "one", {"epoch": 1})
    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(tmp_path, "two") is None
    assert "of this configuration; starting from the beginning" in caplog.text
    assert load_checkpoint(tmp_path / "absent", "one") is None


def test_later_checkpoints_of_another_run_do_not_push_out_this_ones(tmp_path):
    for epoch in (8, 9):
        save_checkpoint(tmp_path, epoch, "one", {"epoch": epoch})
    for epoch in (1, 2, 3):
        save_checkpoint(tmp_path, epoch, "two", {"epoch": epoch})
        assert load_checkpoint(tmp_path, "two")["epoch"] == epoch
    assert [p.name[:11] for p in sorted(tmp_path.iterdir())] == ["epoch-00002", "epoch-00003"]
