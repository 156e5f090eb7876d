"""Fine-tuned encoders in the workflow: what is planned, what runs, what runs again."""

import json
import re
import shutil
from functools import partial
from typing import Any

import numpy as np
import pytest

import ariigcn
from ariigcn.features.store import FeatureStore
from tests.features.tiny_models import speech_model, text_model
from tests.workflow.plans import plans
from tests.workflow.small import planned, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(900)]
SMALL = {"folds": 2, "epochs": 1, "threads": 1}
RULES = {"decode", "extract_text", "extract_audio", "finetune", "join_finetuned", "train"}


def text(base: Any = "minilm", **parameters: Any) -> dict[str, Any]:
    asked = {"base": str(base), "max_tokens": 24, **SMALL, **parameters}
    return {"encoder": "finetuned", "parameters": asked}


def media(base: Any, **parameters: Any) -> dict[str, Any]:
    return {"encoder": "finetuned", "parameters": {"base": str(base), **SMALL, **parameters}}


def features(**encoders: Any) -> dict[str, Any]:
    """A configuration of some modalities, all by encoders that are fine-tuned."""
    return {"features": encoders, "model": {"modalities": list(encoders)}}


def of_both(
    words: Any, sound: Any, text_by: Any = (), audio_by: Any = (), **others: Any
) -> dict[str, Any]:
    """One experiment on fine-tuned text and sound, with changes of either encoder and of other keys."""
    audio = media(sound, **{"train_s": 1.0, **dict(audio_by)})
    alone = {"experiments": {"text": None}, "report": {"pictures": False}}
    return {**alone, **features(text=text(words, **dict(text_by)), audio=audio), **others}


def given(change: dict[str, Any]) -> list[str]:
    return [f"{key}={json.dumps(value)}" for key, value in change.items()]


@pytest.fixture(scope="module")
def bases(finished):
    """Tiny encoders of text and sound, both fine-tuned by the workflow for the small corpus."""
    found = text_model(finished / "words"), speech_model(finished / "sound")
    snakemake(finished, "all", "--config", *given(of_both(*found)))
    return found


def test_what_runs_again(finished, bases):
    changed = partial(of_both, *bases)
    changes = {
        "nothing": changed(),
        "learning rate": changed(training={"learning_rate": 0.002}),
        "gives": changed({"gives": "logits"}),
        "one encoder more": changed({"unseen": "all"}),
        "rate of fine-tuning": changed({"learning_rate": 0.001}),
        "rate of fine-tuning sound": changed((), {"learning_rate": 0.001}),
        "aligned sound": changed((), {"gives": "aligned"}),
        "sound that is read": changed((), {"min_duration_s": 0.2}),
        "another run": changed(run="wide"),
    }
    found = {name: rules & RULES for name, rules in plans(finished, changes).items()}
    assert found == {
        "nothing": set(),
        "learning rate": {"train"},
        "gives": {"join_finetuned", "train"},
        "one encoder more": {"finetune", "join_finetuned", "train"},
        "rate of fine-tuning": {"finetune", "join_finetuned", "train"},
        "rate of fine-tuning sound": {"finetune", "join_finetuned", "train"},
        "aligned sound": {"join_finetuned", "train"},
        "sound that is read": {"decode", "finetune", "join_finetuned", "train"},
        "another run": {"train"},  # runs of a corpus share the encoders and what they made
    }


def test_their_stores_and_their_report_tell(finished, bases):
    for modality in ("text", "audio"):
        features = finished / "results" / "demo" / "features"
        path = next(features.glob(f"{modality}.finetuned-*.h5"))
        assert FeatureStore(path).header.fitted_on == "train, cross-fitted"
    page = (finished / "results" / "demo" / "report.html").read_text()
    assert page.count("Thin lines are 2 encoders, the strong line their mean") == 2
    assert "The audio encoder learned on the training split" in page
    assert "train, cross-fitted" in page


def test_a_recording_is_predicted_by_the_model_alone(finished, bases, tmp_path):
    shutil.copytree(finished / "results" / "demo" / "ar-iigcn" / "seed-0" / "model", tmp_path / "m")
    clips = finished / "data" / "demo" / "raw"
    recording = min(path for path in clips.rglob("*.mp4") if path.stat().st_size > 20_000)
    (tmp_path / "said.csv").write_text("start_s,end_s,speaker,text\n0,1,Ann,I am so happy\n")
    [utterance] = ariigcn.load(tmp_path / "m").predict(recording, tmp_path / "said.csv").utterances
    assert not utterance.missing
    assert np.isclose(sum(utterance.probabilities.values()), 1)


def test_folds_of_sound_and_pictures_are_planned(finished):
    change = features(audio=media("a/b", folds=4), video=media("c/d", unseen="all"))
    said = snakemake(finished, "-n", "models", "--config", *given(change))
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", said, re.M))
    assert (jobs["decode"], jobs["finetune"], jobs["join_finetuned"]) == ("2", "7", "2")
    assert not {"extract_audio", "extract_video"} & set(jobs)
    assert "decode" not in planned(finished, "models", "--config", *given(features(text=text())))


def test_twenty_folds_and_ten_seeds_are_planned(finished):
    asked = {**features(text=text(folds=20)), "seeds": list(range(10))}
    said = snakemake(finished, "-n", "models", "--config", *given(asked))
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", said, re.M))
    assert (jobs["finetune"], jobs["join_finetuned"], jobs["train"]) == ("20", "1", "10")


def test_what_is_said_later_is_not_read_where_the_graph_does_not(finished):
    from ariigcn.core.errors import ConfigError
    from ariigcn.plan.load import load_plan

    with pytest.raises(
        ConfigError, match=r"graph\.future is 0.*future_utterances reads it; set it"
    ):
        load_plan({**features(text=text(future_utterances=1)), "graph": {"future": 0}})
