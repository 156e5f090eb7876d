"""The preset for the papers' pickles: from one file in a folder to a trained model."""

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.corpora import paper_files

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(300)]
OVERLAY = """
model: {hidden: 16}
training: {epochs: 1}
seeds: [0]
experiments: {text: null, audio: null, video: null}
"""


def test_the_preset_trains_on_a_papers_pickle(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogues = [f"Ses0{session}F_impro0{number}" for session in range(1, 6) for number in (1, 2)]
    monkeypatch.setitem(paper_files.DIALOGUES, "iemocap", dialogues)
    (tmp_path / "corpus").mkdir()
    splits = {"train": dialogues[:8], "test": dialogues[8:]}
    paper_files.write(tmp_path / "corpus" / "features.pkl", "mmgcn", "iemocap", 2, **splits)
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(root / name, tmp_path / name)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(root / name, tmp_path / name)
    (tmp_path / "small.yaml").write_text(OVERLAY)
    preset = "workflow/presets/iemocap-published.yaml"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "--cores", "1", "models"),
            *("--configfile", "config.yaml", preset, "small.yaml"),
            *("--config", "corpus_root=corpus"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = pd.read_parquet(tmp_path / "data/published/utterances.parquet")
    found = pd.read_parquet(tmp_path / "results/published/ar-iigcn/seed-0/predictions.parquet")
    assert set(found["utterance_id"]) <= set(table["utterance_id"])
    assert "test" in set(found["split"])
