"""Fine-tuning, from a table to a store: who learns from what, killed runs, what a store says."""

import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.core.signals import StoppedError
from ariigcn.core.storage import read_table
from ariigcn.corpora.table import Corpus, read_corpus, write_corpus
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.registry import make_encoder
from ariigcn.features.extract import extract
from ariigcn.features.store import FeatureStore, Status
from ariigcn.finetune import learn as module
from ariigcn.finetune.config import HISTORY, OUTPUTS, WEIGHTS, encoder_folder
from ariigcn.finetune.folds import folds_of
from ariigcn.finetune.inputs import Held, table_clips
from ariigcn.finetune.store import join
from ariigcn.finetune.text import KIND, Parameters
from tests.features.tiny_models import WIDTH
from tests.finetune.small import Killed, killed_after, learned, parameters, run
from tests.synthetic_corpus import LABELS, make_corpus


def test_it_learns_and_its_history_tells(folds: Parameters) -> None:
    rows, facts = read_table(Path(folds.needed[0]) / HISTORY, "a history")
    assert rows["epoch"].to_pylist() == [1.0, 2.0]
    assert rows["loss"].to_pylist()[1] < rows["loss"].to_pylist()[0]
    assert rows["validation_weighted_f1"].to_pylist()[-1] > 0.5
    assert facts["labels"] == list(LABELS)


def test_an_encoder_encodes_what_it_has_not_learned_from_and_nothing_else(
    folds: Parameters, table: Path
) -> None:
    rows = read_corpus(table).utterances
    dealt = folds_of(read_corpus(table), 2, folds.seed)
    fold = rows["dialogue_id"].map(dealt)
    for number in (0, 1, 2):
        store = FeatureStore(Path(encoder_folder(str(folds.folder), number)) / OUTPUTS).read()
        own = (rows["split"] == "train") & (fold != number)
        expected = (~own & rows["text"].notna()).tolist()
        assert [state == Status.OK for state in store.status] == expected
        assert {store.messages[n] for n in np.flatnonzero(own)} == {
            "the encoder has learned from it"
        }


def test_a_store_is_of_encoders_that_have_not_seen_the_dialogue(
    folds: Parameters, table: Path, tmp_path: Path
) -> None:
    join(table, tmp_path / "out.h5", folds)
    store, rows = FeatureStore(tmp_path / "out.h5"), read_corpus(table).utterances
    assert store.header.fitted_on == "train, cross-fitted"
    assert store.header.dimension == WIDTH + len(LABELS)
    found, dealt = store.read(), folds_of(read_corpus(table), 2, folds.seed)
    of = {
        n: FeatureStore(Path(encoder_folder(str(folds.folder), n)) / OUTPUTS).read().values
        for n in folds.encoders
    }
    for n, (dialogue, split) in enumerate(zip(rows["dialogue_id"], rows["split"], strict=True)):
        number = dealt[dialogue] if split == "train" else 0
        np.testing.assert_array_equal(found.values[n], of[number][n])
    assert found.status[3] == Status.MISSING
    np.testing.assert_allclose(np.exp(found.values[0, -len(LABELS) :]).sum(), 1, atol=1e-5)


@pytest.mark.parametrize("gives", ["vectors", "logits", "frozen-logits"])
@pytest.mark.parametrize("unseen", ["mean", "all"])
def test_a_recording_gets_what_the_test_split_got(
    folds: Parameters, table: Path, tmp_path: Path, gives: str, unseen: str
) -> None:
    asked = folds.model_copy(update={"gives": gives, "unseen": unseen})
    join(table, tmp_path / "out.h5", asked)
    store, corpus = FeatureStore(tmp_path / "out.h5"), read_corpus(table)
    encoder = make_encoder("text", "finetuned", asked.model_dump(mode="json"))
    clips = table_clips(corpus, asked)
    test = np.flatnonzero(corpus.utterances["split"] == "test")
    fresh = encoder.encode([clips[n] for n in test])
    np.testing.assert_allclose(
        [row.values for row in fresh], store.read().values[test], atol=1e-6, rtol=0
    )
    assert store.header.weights_sha256 == encoder.weights_sha256


def test_plain_features_are_called_plain(base: Path, table: Path, tmp_path: Path) -> None:
    asked = learned(table, tmp_path / "encoders", parameters(base, folds=1, gives="logits"))
    join(table, tmp_path / "out.h5", asked)
    store = FeatureStore(tmp_path / "out.h5")
    assert store.header.fitted_on == "train, plain"
    assert int(store.read().mask.sum()) == len(read_corpus(table).utterances) - 1


@pytest.mark.parametrize("speakers", ["none", "names"])
def test_a_text_of_characters_of_no_width_is_not_learned_from(speakers: Any) -> None:
    corpus = make_corpus([3, 2])
    corpus.utterances["text"] = ["Hi", "\u200b", "\u00ad\ufeff", "Well", "No"]
    asked = Parameters(context_utterances=1, speakers=speakers)
    reads = Held(KIND.untuned(asked), table_clips(corpus, asked))
    missing = [Status.MISSING] * 2
    assert reads.status == [Status.OK, *missing, Status.OK, Status.OK]
    assert reads.messages[1:3] == ["no text"] * 2


def test_labels_of_the_test_split_change_no_byte(
    base: Path, table: Path, tmp_path: Path, folds: Parameters
) -> None:
    corpus = read_corpus(table)
    rows = corpus.utterances
    of_test = rows["split"] == "test"
    rows.loc[of_test, "emotion"] = "joy"
    write_corpus(Corpus(**{**vars(corpus), "utterances": rows}), tmp_path / "other.parquet")
    run(tmp_path / "other.parquet", tmp_path / "encoder", folds)
    for name in (WEIGHTS, OUTPUTS):
        same = (tmp_path / "encoder" / name).read_bytes() == (
            Path(folds.needed[0]) / name
        ).read_bytes()
        assert same, name


@pytest.mark.parametrize("step", [2, 17])
def test_a_killed_run_ends_with_the_same_bits(
    base: Path,
    table: Path,
    tmp_path: Path,
    folds: Parameters,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    asked = parameters(base, unseen="all", gives="vectors-logits")
    inner = module.Watch.on_step_end
    with monkeypatch.context() as patch:
        patch.setattr(module, "CHECKPOINT_S", 0.0)
        patch.setattr(module.Watch, "on_step_end", killed_after(step, inner))
        with pytest.raises(Killed):
            run(table, tmp_path / "encoder", asked)
    saved = sorted((tmp_path / ".checkpoints").rglob("checkpoint-*"))
    assert saved
    (saved[-1].with_name("checkpoint-99999")).mkdir()  # half of one
    steps = []
    monkeypatch.setattr(
        module.Watch, "on_step_end", lambda *a, **k: (steps.append(1), inner(*a, **k))[1]
    )
    run(table, tmp_path / "encoder", asked)
    assert 0 < len(steps) < 2 * 13
    for name in (WEIGHTS, OUTPUTS, HISTORY):
        same = (tmp_path / "encoder" / name).read_bytes() == (
            Path(folds.needed[0]) / name
        ).read_bytes()
        assert same, name
    assert not (tmp_path / ".checkpoints" / "encoder").exists()


def test_asked_to_stop_it_keeps_its_last_step(
    base: Path, table: Path, tmp_path: Path, folds: Parameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, inner = parameters(base, unseen="all", gives="vectors-logits"), module.Watch.on_step_end

    def on_step_end(self: Any, args: Any, state: Any, control: Any, **given: Any) -> None:
        if state.global_step == 3:
            signal.raise_signal(signal.SIGTERM)
        inner(self, args, state, control, **given)

    with monkeypatch.context() as patch:
        patch.setattr(module.Watch, "on_step_end", on_step_end)
        with pytest.raises(StoppedError, match=r"SIGTERM; the last step is kept; run the same"):
            run(table, tmp_path / "encoder", asked)
    assert list((tmp_path / ".checkpoints").rglob("checkpoint-3"))
    run(table, tmp_path / "encoder", asked)
    same = (tmp_path / "encoder" / WEIGHTS).read_bytes() == (
        Path(folds.needed[0]) / WEIGHTS
    ).read_bytes()
    assert same


def test_low_rank_additions_are_merged_into_the_base(
    base: Path, table: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    asked = parameters(base, folds=1, lora_rank=2, gives="logits", gradient_checkpointing=True)
    asked = learned(table, tmp_path / "encoders", asked)
    join(table, tmp_path / "out.h5", asked)
    names = set(__import__("safetensors.numpy").numpy.load_file(Path(asked.needed[0]) / WEIGHTS))
    assert not any("lora" in name for name in names)


def test_wrong_folders_are_refused(folds: Parameters, table: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"features\.text\.parameters\.folder"):
        make_encoder("text", "finetuned", {})
    other = folds.model_copy(update={"learning_rate": 0.5})
    with pytest.raises(DataError, match="learned with other parameters"):
        make_encoder("text", "finetuned", other.model_dump(mode="json"))
    absent = folds.model_copy(update={"folder": str(tmp_path / "moved")})
    with pytest.raises(DataError, match=r"this fine-tuned encoder is not there; name the"):
        make_encoder("text", "finetuned", absent.model_dump(mode="json"))
    corpus = make_corpus([4] * 20)
    write_corpus(corpus, tmp_path / "other.parquet")
    with pytest.raises(DataError, match="made for another utterance table"):
        join(tmp_path / "other.parquet", tmp_path / "out.h5", folds)


def test_another_corpus_is_extracted_with_encoders_that_are_there(
    folds: Parameters, tmp_path: Path
) -> None:
    write_corpus(make_corpus([4] * 5), tmp_path / "other.parquet")
    features = EncoderConfig(
        modality="text", encoder="finetuned", parameters=folds.model_dump(mode="json")
    )
    extract(tmp_path / "other.parquet", tmp_path, tmp_path / "out.h5", features)
    store = FeatureStore(tmp_path / "out.h5")
    assert store.header.fitted_on == "train of toy"
    assert store.read().mask.all()
