"""A model whose encoders were fine-tuned: its folder alone predicts, wherever it is moved."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ariigcn
from ariigcn.core.errors import DataError
from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.generate import generate
from ariigcn.corpora.registry import prepare
from ariigcn.features.store import FeatureStore
from ariigcn.finetune.config import ANCHORS, OUTPUTS, Learning
from ariigcn.finetune.decode import decode
from ariigcn.finetune.kind import parameters_of
from ariigcn.finetune.run import learn
from ariigcn.finetune.store import join
from ariigcn.graphs.build import COMPACT_RELATIONS
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.bundle import BundleHead, load_bundle, save_bundle, told
from ariigcn.models.config import ModelConfig
from ariigcn.models.encoders import CARRIED
from ariigcn.plan.load import load_plan
from tests.features.make_clips import tone, write_wav
from tests.features.tiny_models import speech_model, text_model

SMALL = {"folds": 2, "epochs": 1, "threads": 1}
LABELS = ("joy", "anger", "calm")


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FeatureStore]:
    """Text and sound of a demo, both by fine-tuned encoders, in every way that needs other files."""
    folder = tmp_path_factory.mktemp("run")
    generate(DemoConfig(dialogues=5, broken_clips=False), folder / "raw", workers=2)
    table = folder / "utterances.parquet"
    prepare("demo", folder / "raw", table)
    bases = {"text": text_model(folder / "text"), "audio": speech_model(folder / "audio")}
    gives = {"text": "frozen-logits", "audio": "aligned"}
    found = {}
    for modality, base in bases.items():
        own = {"max_tokens": 24} if modality == "text" else {"train_s": 1.0}
        given = {"base": str(base), "gives": gives[modality], **SMALL, **own}
        asked = parameters_of(modality, {**given, "folder": str(folder / f"finetuned-{modality}")})
        found[modality] = fine_tuned(asked, table, folder)
    return found


def fine_tuned(asked: Learning, table: Path, folder: Path) -> FeatureStore:
    decoded = None
    if asked.decoding():
        decoded = folder / f"{asked.modality}.decoded.h5"
        decode(table, folder / "raw", decoded, asked, workers=2)
    for number, out in zip(asked.encoders, asked.needed, strict=True):
        learn(
            table, Path(out), checkpoints=folder / ".checkpoints" / asked.modality,
            parameters=asked, number=number, decoded=decoded,
        )  # fmt: skip
    join(table, folder / f"{asked.modality}.h5", asked, decoded)
    return FeatureStore(folder / f"{asked.modality}.h5")


@pytest.fixture
def model(stores: dict[str, FeatureStore], tmp_path: Path) -> Path:
    """A bundle as training writes it, weights as they are drawn."""
    headers = {m: store.header for m, store in stores.items()}
    head = BundleHead(
        "demo",
        LABELS,
        {m: header.dimension for m, header in headers.items()},
        COMPACT_RELATIONS,
        GraphConfig(),
        ModelConfig(hidden=16, modalities=("text", "audio")),
        {m: told(header) for m, header in headers.items()},
        {"experiment": "toy", "seed": 0, "threads": 1},
    )
    torch.manual_seed(0)
    save_bundle(tmp_path / "results" / "model", head, head.build())
    return tmp_path / "results" / "model"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    write_wav(tmp_path / "talk.wav", [tone(3.0)])
    rows = "0,1,Ann,I am so happy\n1,2,Ben,no no well\n2,3,Ann,It rains\n"
    (tmp_path / "talk.csv").write_text("start_s,end_s,speaker,text\n" + rows)
    return tmp_path / "talk.wav"


def probabilities(talk: Any) -> Any:
    return np.array([list(u.probabilities.values()) for u in talk.utterances])


def test_a_bundle_has_what_its_encoders_need_and_no_more(
    model: Path, stores: dict[str, FeatureStore]
) -> None:
    told_of = json.loads((model / "config.json").read_text())["features"]
    assert told_of["audio"]["parameters"]["folder"] == f"{CARRIED}/audio"
    for modality in stores:
        folders = {path.name for path in (model / CARRIED / modality).iterdir()}
        assert folders == {"encoder-1", "encoder-2"} | ({"base"} if modality == "text" else set())
        weights = model / CARRIED / modality / "encoder-1" / "model.safetensors"
        assert weights.stat().st_nlink > 1  # no second copy
        assert not (weights.parent / OUTPUTS).exists()
        assert (weights.parent / ANCHORS).exists() == (modality == "audio")
    head, _ = load_bundle(model)
    head.check_features({m: store.header for m, store in stores.items()})


def test_its_folder_alone_predicts_after_it_was_moved(
    model: Path, stores: dict[str, FeatureStore], talk: Path, tmp_path: Path
) -> None:
    before = ariigcn.load(model).predict(talk)
    assert all(not utterance.missing for utterance in before.utterances)
    moved = tmp_path / "elsewhere" / "mine"
    shutil.copytree(model, moved)
    shutil.rmtree(tmp_path / "results")
    gone = [Path(str(store.header.parameters["folder"])) for store in stores.values()]
    gone += [Path(str(store.header.parameters["base"])) for store in stores.values()]
    hidden = [path.rename(path.with_name(f"{path.name}-hidden")) for path in gone]
    try:
        after = ariigcn.load(moved).predict(talk)
        np.testing.assert_array_equal(probabilities(after), probabilities(before))
        ariigcn.load(moved).save_pretrained(tmp_path / "again")
        shutil.rmtree(moved)
        again = ariigcn.load(tmp_path / "again").predict(talk)
        np.testing.assert_array_equal(probabilities(again), probabilities(before))
    finally:
        for was, path in zip(gone, hidden, strict=True):
            path.rename(was)


def test_a_run_that_predicts_finds_them_too(model: Path, talk: Path) -> None:
    given = {"corpus": "folder", "corpus_root": str(talk.parent), "predict": {"model": str(model)}}
    plan = load_plan(given)
    ((name, audio),) = plan.stores["audio"].items()
    assert name.startswith("finetuned-")
    assert audio.parameters["folder"] == str(model / CARRIED / "audio")
    assert plan.extracted("audio") == [name] and not plan.joined


def test_without_them_the_error_says_so(model: Path, talk: Path) -> None:
    shutil.rmtree(model / CARRIED / "text" / "encoder-2")
    with pytest.raises(DataError, match="encoder-2: this fine-tuned encoder is not there"):
        ariigcn.load(model).predict(talk)
