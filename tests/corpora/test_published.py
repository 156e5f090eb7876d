"""The field's feature files: every known structure, and what does not fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import published
from ariigcn.corpora.config import PublishedConfig, SplitConfig
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import Corpus, check_corpus, read_corpus
from tests.corpora.paper_files import FILES, write


def read(root: Path, **options: Any) -> Corpus:
    corpus = published.load(root, SplitConfig(), PublishedConfig(**options))
    check_corpus(corpus)
    return corpus


@pytest.mark.parametrize(("kind", "corpus"), FILES)
@pytest.mark.parametrize("protocol", [2, 4])
def test_every_known_structure_is_told_from_the_others(
    tmp_path: Path, kind: str, corpus: str, protocol: int
) -> None:
    fields = write(tmp_path / "features.pkl", kind, corpus, protocol)
    table = read(tmp_path)
    assert table.extra["corpus"] == corpus
    assert corpus.upper() in table.extra["layout"]
    rows = table.utterances
    assert len(rows) == 3 + 4 + 5 + 6
    assert set(rows["split"]) == {"train", "validation", "test"}
    assert rows["text"].iloc[0] == "It’s line 0."  # noqa: RUF001
    first = next(iter(fields["labels"].values()))
    assert rows["emotion"].tolist()[:3] == [table.labels[number] for number in first]
    file = published.read_published(tmp_path / "features.pkl")
    names = fields["text"] if kind in ("mmgcn", "dialoguegcn") else fields["roberta1"]
    key = next(iter(names))
    np.testing.assert_array_equal(
        file.features("text", "1")[file.dialogues[0]], np.stack(names[key])
    )
    assert any("validation cut here" in n for n in table.notes) == (kind != "cosmic")


def test_iemocap_keeps_its_own_ids_and_actors(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    corpus = read(tmp_path)
    rows = corpus.utterances
    assert corpus.labels == ("happy", "sad", "neutral", "angry", "excited", "frustrated")
    assert rows["utterance_id"].tolist()[:2] == ["Ses01F_impro01_F000", "Ses01F_impro01_F001"]
    assert rows["speaker"].tolist()[:2] == ["Ses01_M", "Ses01_F"]
    assert rows["split"].tolist()[-1] == "test"


def test_melds_dialogues_are_ordered_as_numbers_with_speakers_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "m3net", "meld")
    corpus = read(tmp_path)
    rows = corpus.utterances
    assert corpus.labels[0] == "neutral"
    assert rows["dialogue_id"].unique().tolist() == ["dia0", "dia1", "dia2", "dia10"]
    assert rows["utterance_id"].tolist()[:2] == ["dia0_utt0", "dia0_utt1"]
    assert rows["speaker"].tolist()[:4] == ["speaker-0", "speaker-1", "speaker-2", "speaker-0"]


def test_four_layers_are_averaged_or_one_is_chosen(tmp_path: Path) -> None:
    fields = write(tmp_path / "features.pkl", "cosmic", "iemocap")
    file = published.read_published(tmp_path / "features.pkl")
    key = "Ses01F_impro01"
    layers = [np.stack(fields[f"roberta{i}"][key]) for i in range(1, 5)]
    np.testing.assert_allclose(file.features("text")[key], np.mean(layers, axis=0), rtol=1e-6)
    np.testing.assert_array_equal(file.features("text", "3")[key], layers[2])
    with pytest.raises(DataError, match="holds no video features"):
        file.features("video")
    write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    with pytest.raises(DataError, match="holds no text features of layer 2"):
        published.read_published(tmp_path / "features.pkl").features("text", "2")


def test_cosmic_brings_its_own_validation_split(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "cosmic", "meld")
    splits = read(tmp_path).utterances.groupby("dialogue_id")["split"].first().to_dict()
    assert splits == {"dia0": "train", "dia1": "train", "dia2": "validation", "dia10": "test"}


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    write(tmp_path / "corpus" / "features.pkl", "mmgcn", "meld", test={10, 2}, train=[1, 0])
    for name in ("a", "b"):
        prepare("published", tmp_path / "corpus", tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert list(read_corpus(tmp_path / "a").sources) == ["features.pkl"]


def test_labels_numbered_in_another_order_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "meld")
    counts = read(tmp_path).utterances["emotion"].value_counts()
    names = tuple(published.LABELS["meld"])
    order = {name: int(counts.get(name, 0)) for name in names}
    monkeypatch.setitem(published.LABELS, "meld", order)
    assert read(tmp_path).labels == names
    swapped = dict(zip(names, [*list(order.values())[1:], order["neutral"]], strict=True))
    monkeypatch.setitem(published.LABELS, "meld", swapped)
    with pytest.raises(DataError, match="the file numbers them otherwise"):
        read(tmp_path)
    assert read(tmp_path, labels=names[::-1]).labels == names[::-1]
    with pytest.raises(DataError, match="names are known for 0 to 1"):
        read(tmp_path, labels=("a", "b"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"sentences": {0: ["a"], 1: [], 2: [], 10: []}},
            "dialogue dia0: 1 sentences for 3 labels",
        ),
        ({"test": {10, 0}}, "dialogue dia0: stands in train and test"),
        ({"train": [99], "test": [98]}, "no dialogue is in any split"),
        ({"labels": {0: ["joy"]}}, "none of the known structures"),
        ({"audio": None}, "it holds 10 fields: dict, dict, dict, dict, NoneType"),
    ],
)
def test_fields_that_do_not_fit_are_named(tmp_path: Path, changes: Any, message: str) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "meld", **changes)
    with pytest.raises(DataError, match=message):
        read(tmp_path)


def test_dialogues_of_no_split_are_left_out_and_noted(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "meld", train=[0, 1])
    corpus = read(tmp_path)
    assert "dia2" not in set(corpus.utterances["dialogue_id"])
    assert "1 dialogue(s) in no split are left out: dia2" in corpus.notes


def test_the_file_is_the_only_one_or_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found none"):
        read(tmp_path)
    write(tmp_path / "a.pkl", "mmgcn", "meld")
    write(tmp_path / "b.pkl", "mmgcn", "iemocap")
    with pytest.raises(DataError, match=r"found a.pkl, b.pkl; name it: published.file"):
        read(tmp_path)
    assert read(tmp_path, file="b.pkl").extra["corpus"] == "iemocap"
    with pytest.raises(DataError, match=r"has no file c.pkl"):
        read(tmp_path, file="c.pkl")
    with pytest.raises(DataError, match="has no file"):
        read(tmp_path / "..", file="../../etc/hostname")
