"""Data and results that live elsewhere: by links, and by absolute paths."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflow.small import copy_workflow

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(300)]
TABLE = "dialogue_id,utterance_id,speaker,text,emotion,split\n" + "".join(
    f"d{row // 3},u{row},ada,well,joy,{('train', 'validation', 'test')[row // 3]}\n"
    for row in range(9)
)


def graphs(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "graphs"]
    done = subprocess.run(
        [*command, "--config", "corpus=folder", f"corpus_root={folder.parent / 'corpus'}", *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_two_working_folders_share_what_lives_elsewhere(root, tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "conversations.csv").write_text(TABLE)
    linked = copy_workflow(root, tmp_path / "linked")
    for name in ("data", "results"):
        (tmp_path / "disk" / name).mkdir(parents=True)
        (linked / name).symlink_to(tmp_path / "disk" / name)
    graphs(linked)
    assert (tmp_path / "disk" / "data" / "folder" / "utterances.parquet").is_file()
    assert list((tmp_path / "disk" / "results" / "folder" / "graphs").glob("*.h5"))
    assert (linked / "results").is_symlink()
    other = copy_workflow(root, tmp_path / "other")
    disk = tmp_path / "disk"
    said = graphs(other, f"data_dir={disk / 'data'}", f"results_dir={disk / 'results'}")
    assert "Everything is up to date." in said
    assert not (other / "results").exists()
