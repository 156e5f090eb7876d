"""The real workflow on a small corpus: what a run makes, and what runs again after a change."""

import os
import re
import shutil
import subprocess
from importlib import import_module
from typing import Any, Literal, get_args, get_origin

import pandas as pd
import pytest
import yaml
from pydantic.fields import FieldInfo
from snakemake.utils import update_config

from ariigcn.config.reference import STAGES, first_stage
from ariigcn.config.sections import load_config
from ariigcn.core.code import PACKAGE_ROOT
from ariigcn.core.settings import Section
from ariigcn.corpora.config import OPTIONS
from ariigcn.features.encoders.registry import encoder_module
from ariigcn.features.store import FeatureStore, Status
from ariigcn.terminal.stages import STAGE_OF
from tests.workflow.plans import plans
from tests.workflow.small import OVERLAY, command, copy_workflow, planned, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(900)]


def test_what_snakemake_does_not_know_does_not_pass_for_another_configurations(
    finished, root, tmp_path
):
    """Its memory lies in the working folder: from another one it knows nothing but times."""
    other = copy_workflow(root, tmp_path / "other")
    there = {f"{name}_dir": str(finished / name) for name in ("data", "results")}
    changes = {
        "none": {},
        "models": {"model": {"hidden": 24}},
        "table": {"demo": {"dialogues": 9}},
    }
    found = plans(other, {name: there | change for name, change in changes.items()})
    assert found["none"] == set()
    assert "train" in found["models"] and "utterances" not in found["models"]
    assert {"demo_corpus", "utterances", "extract_text", "train"} <= found["table"]


def test_a_run_makes_every_contract_and_lists_what_is_masked(finished):
    results = finished / "results" / "demo"
    assert (results / "report.html").stat().st_size > 50_000
    assert (results / "tables" / "results.csv").exists()
    one, any_by_filling = 3 * 5, 1 + 4 * 3
    assert len(pd.read_csv(results / "tables" / "missing.csv")) == one + any_by_filling
    assert (results / "ar-iigcn" / "seed-0" / "model" / "model.safetensors").exists()
    audio = FeatureStore(results / "features" / "audio.opensmile.h5")
    masked = {Status(s) for s in audio.status} - {Status.OK}
    reasons = [m for s, m in zip(audio.status, audio.messages, strict=True) if s != Status.OK]
    assert {Status.NO_STREAM, Status.FAILED, Status.TOO_SHORT} <= masked
    assert all(reasons)
    video = FeatureStore(next((results / "features").glob("video.efficientnet-lite0-*.h5")))
    assert {Status.NO_FACE, Status.FAILED} <= set(video.status)
    page = (results / "report.html").read_text()
    assert "no face" in page
    assert 'id="conversation-data"' in page and "Seconds and memory by stage" in page
    assert page.count('src="data:image/jpeg') == 5


AFTER_TRAINING = {"metrics", "missing", "tables", "figures", "inspection", "report_page"}


def test_a_change_runs_again_what_follows_from_it(finished):
    changes = {
        "nothing": {},
        "learning rate": {"training": {"learning_rate": 0.002}},
        "encoder of sound": {"features": {"audio": {"parameters": {"feature_set": "IS09"}}}},
        "sound relative to its speaker": {"features": {"audio": {"normalise": "beside"}}},
    }
    trained = {"train", *AFTER_TRAINING}
    assert plans(finished, changes) == {
        "nothing": set(),
        "learning rate": trained,
        "encoder of sound": {"extract_audio", "quality", *trained},
        "sound relative to its speaker": trained,
    }


def trainings(folder, *config):
    said = snakemake(folder, "-n", "models", "--config", *config)
    return [int(count) for count in re.findall(r"^train +(\d+)$", said, re.M)[:1]]


def test_a_change_trains_every_seed_again_and_another_seed_is_trained_alone(finished, root):
    """A check before all seeds hides no change: Snakemake looks at nothing behind a job that runs."""
    rules = (root / "workflow").rglob("*.smk")
    assert not any("ancient(" in path.read_text() for path in rules)
    assert trainings(finished, "seeds=[0, 1]") == [2]  # experiments
    assert trainings(finished, "seeds=[0, 1]", "training={learning_rate: 0.002}") == [4]
    ready = "results/demo/text/.ready"
    snakemake(finished, ready, "--config", "seeds=[0, 1]", "experiments={text: {}}")
    try:
        assert trainings(finished, "seeds=[0, 1]", "training={learning_rate: 0.002}") == [4]
    finally:
        (finished / ready).unlink()


def test_sound_relative_to_its_speaker_shares_the_store(finished):
    beside = "experiments={relative: {features: {audio: {normalise: beside}}}}"
    said = snakemake(finished, "-n", "models", "--config", beside)
    assert re.findall(r"^train +(\d+)$", said, re.M)[:1] == ["1"]
    assert "extract_audio" not in said and "results/demo/relative/seed-0/model" in said


# Another value, where one cannot be told from a key's type.
OTHER = {
    "corpus": None,  # another corpus is another folder of results
    "corpus_root": None,  # the demo is made where data_dir says
    "data_dir": None,
    "results_dir": None,
    "run": None,
    "download.mirror": "file:///nowhere",
    "download.offline": ".",
    "evaluation.figures_of": ["text"],
    "evaluation.missing_of": ["text"],
    "evaluation.published": "published.csv",
    "experiments": {"small": {"model": {"hidden": 8}}},
    "folder.speaker": "Ann",
    "features.audio.encoder": {"encoder": "huggingface", "parameters": {"model": "a/b"}},
    "features.audio.parameters.feature_set": ["eGeMAPSv02", "IS09"],
    "features.cache": "elsewhere",
    "features.text.encoder": {"encoder": "glove", "parameters": {"vectors": "vectors.txt"}},
    "features.video.encoder": None,  # as text's and audio's; the overlay's parameters are one encoder's
    "iemocap.test_session": 4,
    "model.alignment.shared": 4,
    "model.alignment.stand_in": {"shared": 4, "stand_in": "others"},
    "model.losses.orthogonality": None,  # it needs a shared part, which is another section's
    "model.graph_layer": "rgcn",
    "iemocap.utterance_list": "config.yaml",
    "model.hidden": 8,
    "training.batch_utterances": 40,
    "model.modalities": ["text"],
    "model.name": {"name": "mlp"},
    "model.parameters": {"name": "dialogue-gcn", "parameters": {"bases": 3}},
    "predict.model": None,  # a run that predicts makes no model
    "predict.speech.language": "de",
    "predict.speech.speakers": 2,
    "published.file": "x.pkl",
    "published.labels": ["a"],
    "report.pictures": False,
    "report.text": False,
    "tune.experiments": ["text"],
    "tune.space": {"model.hidden": [8, 16]},
}


def another(key: str, field: FieldInfo, value: Any) -> Any:
    """A value that a key does not have."""
    if key in OTHER:
        return OTHER[key]
    if get_origin(field.annotation) is Literal:
        return next(v for v in reversed(get_args(field.annotation)) if v != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return f"{value or 'an'}other"
    if isinstance(value, tuple):
        return [7, 8]
    assert isinstance(value, int | float), f"{key}: say in OTHER what else it could be"
    return value + 1 if isinstance(value, int) else value * 0.9 + 0.017


def changes_of_every_key(section: Section, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Key -> a configuration in which it alone is another; encoders' parameters are keys too."""
    found: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value, here = getattr(section, name), (*path, name)
        key = ".".join(here)
        if isinstance(value, Section):
            found |= changes_of_every_key(value, here)
        elif name == "parameters" and value:
            kind = import_module(encoder_module(section.modality, section.encoder)).Parameters
            found |= changes_of_every_key(kind(**value), here)
        elif field.description and (other := another(key, field, value)) is not None:
            whole = isinstance(other, dict) and key.partition(".")[0] in ("features", "model")
            for part in reversed(here[:-1] if whole else here):
                other = {part: other}
            found[key] = other
    return found


def test_a_change_of_any_key_runs_again_what_the_configuration_page_says(finished):
    small = yaml.safe_load((finished / "config.yaml").read_text())
    update_config(small, yaml.safe_load(OVERLAY))
    config = load_config(small)
    shutil.copy(
        PACKAGE_ROOT / "evaluation" / "tables" / "literature.csv", finished / "published.csv"
    )
    (finished / "vectors.txt").write_text("a 1 2\n")
    changes = changes_of_every_key(config)
    assert len(changes) > 100
    absent = {key for key in changes if key.split(".")[0] in (*OPTIONS, "predict")}
    wrong = {}
    for key, rules in plans(finished, changes).items():
        stages = {STAGE_OF[rule] for rule in rules}
        if min(stages, key=STAGES.index, default=None) != (
            None if key in absent else first_stage(key)
        ):
            wrong[key] = rules
    assert not wrong, wrong


def test_a_changed_clip_or_table_is_noticed_whatever_its_time_says(finished):
    raw = finished / "data" / "demo" / "raw"
    clip, table = next(raw.glob("clips/*/u00.mp4")), raw / "conversations.csv"
    of_media = {"extract_audio", "extract_video", "quality", "train", *AFTER_TRAINING}
    aside = clip.rename(clip.with_name(".aside.mp4"))
    assert plans(finished, {"removed": {}})["removed"] == of_media
    shutil.copyfile(aside, clip)
    assert plans(finished, {"replaced": {}})["replaced"] == of_media
    aside.replace(clip)
    kept, times = table.read_text(), table.stat()
    table.write_text(kept.replace(",s0,", ",s1,", 1))
    os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert plans(finished, {"edited": {}})["edited"] >= {"utterances", "extract_text", "graph"}
    table.write_text(kept)
    os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert plans(finished, {"as it was": {}})["as it was"] == set()


def test_a_run_that_trains_asks_for_labels_before_it_extracts_and_no_other_does(finished):
    assert {"trainable", "extract_text", "train"} <= planned(finished, "-F", "models")
    forced = planned(finished, "-F", "features", "graphs")
    assert {"extract_text", "graph"} <= forced
    assert "trainable" not in forced


def test_an_added_experiment_runs_only_its_own_cells(finished):
    """One cell equals the main experiment, whose runs it takes; the other is trained."""
    change = "experiments={size: {grid: {model.hidden: [16, 32]}}}"
    said = snakemake(finished, "-n", "paper", "--config", change)
    assert re.findall(r"^train +(\d+)$", said, re.M)[:1] == ["1"]
    assert "results/demo/size.32/seed-0/model" in said
    assert "results/demo/size.16/seed-0/model" not in said
    assert "results/demo/figures/size.curves.svg" in said


def test_the_search_is_planned_for_the_experiments_that_are_named(finished):
    change = "tune={experiments: [text], trials: 4, workers: 2, space: {model.hidden: [8, 16]}}"
    said = snakemake(finished, "-n", "tune", "--config", change)
    assert re.findall(r"^tune_worker +(\d+)$", said, re.M)[:1] == ["2"]
    assert "results/demo/tuned.yaml" in said


def test_one_stage_again(finished):
    assert planned(finished, "models", "-R", "train") == {"train"}


def test_runs_side_by_side_are_one_job_an_experiment(finished):
    packed = ["--config", "runs_per_gpu=3", "seeds=[0,1,2,3]"]
    said = snakemake(finished, "-n", "models", *packed)
    jobs = re.findall(r"^rule train:\n(?: +.*\n)+", said, re.M)
    assert len(jobs) == 2
    for job in jobs:
        assert "threads: 2" in job  # three are asked for, two are there
        assert "runs_per_gpu=3, mem_mb=7500" in job
        assert all(f"seed-{seed}/predictions.parquet" in job for seed in range(4))


def test_a_wrong_key_stops_before_any_job(finished):
    done = subprocess.run(
        command("all", "--config", "modle={}"),
        cwd=finished, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "did you mean 'model'?" in done.stdout + done.stderr
    assert "jobs:" not in done.stdout + done.stderr


def test_what_no_seed_can_train_is_said_once_before_any_starts(finished):
    store = finished / "results" / "demo" / "features" / "text.minilm.h5"
    whole, times = store.read_bytes(), store.stat()
    store.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        done = subprocess.run(
            command("models", "--keep-going", "--config", "seeds=[0,1,2]", "run=new"),
            cwd=finished, capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        store.write_bytes(whole)
        os.utime(store, ns=(times.st_atime_ns, times.st_mtime_ns))
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert len(re.findall(r"^FAILED  ready: ", said, re.M)) == 2  # experiments
    assert "train: " not in said
    assert "text.minilm.h5" in (finished / "results/demo.new/logs/ready.text.log").read_text()
