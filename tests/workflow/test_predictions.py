"""A folder of recordings through the real workflow: predicted as by Python, a row for what is broken."""

import subprocess

import numpy as np
import pandas as pd
import pytest

from tests.features.make_clips import tone, write_exact
from tests.predict.conftest import headers, make_model  # noqa: F401 - fixtures
from tests.workflow.small import command, copy_workflow, planned, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(600)]
SAID = ("I got the job!", "No way.", "Leave me alone.", "Well, you know.")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A long recording with subtitles, and two that are broken."""
    folder = tmp_path_factory.mktemp("recordings")
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(100)]
    sound = [tone(1.0, 110.0 * (n + 2), 16000) * (n + 1) / 8 for n in range(4)]
    write_exact(folder / "long talk.mp4", pictures, np.concatenate(sound))
    cues = [
        f"{n + 1}\n00:00:0{n},000 --> 00:00:0{n + 1},000\n{['Ann', 'Ben'][n % 2]}: {said}\n"
        for n, said in enumerate(SAID)
    ]
    (folder / "long talk.srt").write_text("\n".join(cues))
    (folder / "noise.mp4").write_bytes(b"no video")
    (folder / "noise.srt").write_text("\n".join(cues))
    write_exact(folder / "unheard.mp4", pictures[:25], sound[0])
    return folder


@pytest.fixture(scope="module")
def model(make_model):  # noqa: F811
    return make_model("text", "audio")


def test_recordings_are_predicted_as_by_python_and_broken_ones_are_rows(
    recordings, model, root, tmp_path
):
    folder = copy_workflow(root, tmp_path / "run")
    model.save_pretrained(folder / "trained")
    named = ("--config", "model=trained", "corpus=folder", f"corpus_root={recordings}")
    asked = (*named, "predict={transcribe: never}")
    snakemake(folder, "predictions", *asked)
    results = folder / "results" / "folder" / "predictions" / "trained"
    frame = pd.read_parquet(results / "predictions.parquet")
    errors = frame[frame["error"] != ""].set_index("conversation")["error"]
    assert set(errors.index) == {"noise", "unheard"}
    assert "cannot be decoded" in errors["noise"]
    assert "there is no transcript" in errors["unheard"]
    own, found = model.predict(recordings / "long talk.mp4").to_pandas(), frame[:4]
    assert found["text"].tolist() == list(SAID)
    assert found["emotion"].tolist() == own["emotion"].tolist()
    scores = [f"prob_{label}" for label in model.labels]
    assert np.allclose(found[scores], own[scores], atol=1e-3)
    assert np.ptp(own[scores].to_numpy(), axis=0).max() > 1e-3  # the utterances differ
    assert found["missing"].tolist() == [""] * 4
    page = (results / "predictions.html").read_text()
    assert 'href="conversations/00001-long-talk.html"' in page
    assert "there is no transcript" in page
    assert planned(folder, "predictions", *asked) == set()


def test_training_on_recordings_without_labels_stops_before_extraction(recordings, root, tmp_path):
    folder = copy_workflow(root, tmp_path / "run")
    (tmp_path / "talks").mkdir()
    for number in range(3):
        text = (recordings / "long talk.srt").read_text()
        (tmp_path / "talks" / f"{number}.srt").write_text(text)
    asked = ("all", "--config", "corpus=folder", f"corpus_root={tmp_path / 'talks'}")
    done = subprocess.run(
        command(*asked), cwd=folder, capture_output=True, text=True, check=False
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "you can predict it: 3 conversation(s), 12 utterance(s), no labels" in said
    assert "extract text" not in said
