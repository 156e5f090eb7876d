"""The rule download: what it brings, and what is no reason to run it again."""

import re
import subprocess
import sys

import pytest

from ariigcn.corpora.table import read_corpus
from tests.corpora.test_dailydialog import PARTS
from tests.corpora.test_meld_obtain import small_archive
from tests.corpora.text_releases import daily_archive
from tests.workflow.small import copy_workflow

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(120)]


def snakemake(folder, preset, download, *arguments):
    preset = f"workflow/presets/{preset}.yaml"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
    command += ["--configfile", "config.yaml", preset, "--config", f"download={{{download}}}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_mirror_brings_clips_and_another_mirror_brings_nothing_again(root, tmp_path):
    folder = copy_workflow(root, tmp_path / "run")
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "MELD.Raw.tar.gz").write_bytes(small_archive())
    mirror = (tmp_path / "copies").as_uri()
    snakemake(folder, "meld", f'mirror: "{mirror}", digests: recorded', "download")
    raw = folder / "data" / "meld" / "raw"
    assert len(list(raw.glob("*/dia*_utt*.mp4"))) == 9
    assert "unlabelled clip" in (folder / "results" / "meld" / "logs" / "download.log").read_text()

    said = snakemake(folder, "meld", f'mirror: "{tmp_path}"', "download")
    assert "Everything is up to date." in said


def test_text_alone_goes_from_the_official_tables_to_the_utterances(root, shared, tmp_path):
    folder = copy_workflow(root, tmp_path / "run")
    table = "data/meld/utterances.parquet"
    snakemake(folder, "meld-text", f'offline: "{shared / "meld"}"', table)
    splits = read_corpus(folder / table).utterances["split"].value_counts()
    assert splits.to_dict() == {"train": 9989, "test": 2610, "validation": 1109}


def test_a_text_corpus_is_downloaded_and_planned_to_its_report(root, tmp_path):
    folder = copy_workflow(root, tmp_path / "run")
    (tmp_path / "ijcnlp_dailydialog.zip").write_bytes(daily_archive(PARTS))
    offline = f'offline: "{tmp_path}", digests: recorded'
    snakemake(folder, "dailydialog", offline, "download")
    assert len(list((folder / "data" / "dailydialog" / "raw").glob("*/dialogues_*.txt"))) == 6
    for corpus, first in (("dailydialog", "utterances"), ("emorynlp", "download")):
        said = snakemake(folder, corpus, offline, "all", "-n")
        found = re.findall(r"^(?:local)?rule (\w+):", said, re.M)
        assert found[0] == first
        assert {"extract_text", "train", "report_page"} <= set(found)
        assert not {"extract_audio", "extract_video"} & set(found)
