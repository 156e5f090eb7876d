"""Published features: into the table's order, with what they have seen on record."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ariigcn.core.errors import ConfigError, DataError
from ariigcn.corpora.config import SplitConfig
from ariigcn.corpora.registry import prepare
from ariigcn.corpora.table import Corpus, read_corpus, write_corpus
from ariigcn.features.encoders.registry import encoder_parameters, make_encoder
from ariigcn.features.imported import import_features
from ariigcn.features.importers import IMPORTERS, Parameters, Published
from ariigcn.features.store import FeatureStore, Status
from tests.corpora.paper_files import write


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three utterances, u0 to u2."""
    frame = pd.DataFrame(
        {
            "dialogue_id": "d",
            "utterance_id": ["u0", "u1", "u2"],
            "position": [0, 1, 2],
            "speaker": "Ann",
            "text": "Yes.",
            "emotion": "joy",
            "split": "train",
            "media": None,
            "start_s": np.nan,
            "end_s": np.nan,
        }
    )
    path = tmp_path / "utterances.parquet"
    write_corpus(Corpus("tiny", "1", ("joy",), "free", {}, frame), path)
    return path


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """An importer of two features: one row out of order, one foreign, u1 absent."""

    def read(root: Path, modality: str, *_: object) -> Published:
        values = np.array([[2, 20], [9, 90], [0, 1]], dtype=np.float32)
        return Published(["u2", "foreign", "u0"], values, "v1", "train", {"a.csv": "aa"})

    monkeypatch.setitem(IMPORTERS, "tiny", read)


@pytest.mark.usefixtures("tiny")
def test_rows_take_the_tables_order_and_gaps_are_missing(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "text.published.h5"
    import_features("tiny", tmp_path, table, "text", out, parameters=Parameters())
    store = FeatureStore(out)
    rows = store.read()
    assert store.utterance_ids == ["u0", "u1", "u2"]
    assert rows.values.tolist() == [[0, 1], [0, 0], [2, 20]]
    assert store.status == [Status.OK, Status.MISSING, Status.OK]
    assert store.messages[1] == "not in the published files"
    assert (store.header.encoder, store.header.encoder_version) == ("published", "v1")
    assert (store.header.corpus, store.header.fitted_on) == ("tiny", "train")
    assert store.header.weights_sha256 == "aa"
    assert store.header.parameters["sources"] == {"a.csv": "aa"}


@pytest.mark.usefixtures("tiny")
def test_what_features_have_seen_cannot_be_denied(table: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"features\.text\.parameters\.fitted_on: tiny's text"):
        import_features(
            "tiny",
            tmp_path,
            table,
            "text",
            tmp_path / "t.h5",
            parameters=Parameters(fitted_on="none"),
        )
    assert not (tmp_path / "t.h5").exists()


def test_features_of_another_corpus_are_refused(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Published(["x"], np.ones((1, 2), np.float32), "v1", "none", {"a.csv": "aa"})
    monkeypatch.setitem(IMPORTERS, "tiny", lambda *_: other)
    with pytest.raises(
        DataError,
        match=r"features.audio: no utterance of the table has a vector \(not in",
    ):
        import_features(
            "tiny", tmp_path, table, "audio", tmp_path / "t.h5", parameters=Parameters()
        )


def test_a_corpus_without_importer_is_named(table: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'mossi'; did you mean 'mosi'"):
        import_features(
            "mossi", tmp_path, table, "text", tmp_path / "t.h5", parameters=Parameters()
        )


@pytest.mark.parametrize("modality", ["text", "audio", "video"])
def test_there_is_no_encoder_to_load(modality: str) -> None:
    assert encoder_parameters(modality, "published", {})["fitted_on"] is None
    with pytest.raises(ConfigError, match=f"features.{modality}: .* imported from files"):
        make_encoder(modality, "published", {})


def paper_store(root: Path, modality: str, **parameters: Any) -> Path:
    """The store of a modality of the pickles in ``root``, table beside it."""
    out = root / f"{modality}.h5"
    table = root / "utterances.parquet"
    given = Parameters(**parameters)
    import_features("published", root, table, modality, out, parameters=given)
    return out


@pytest.mark.parametrize("corpus", ["iemocap", "meld"])
def test_a_papers_pickle_becomes_a_table_and_its_stores(tmp_path: Path, corpus: str) -> None:
    fields = write(tmp_path / "features.pkl", "mmgcn", corpus, protocol=2)
    prepare("published", tmp_path, tmp_path / "utterances.parquet")
    frame = read_corpus(tmp_path / "utterances.parquet").utterances
    for modality in ("text", "audio", "video"):
        expected = np.concatenate([np.stack(list(v)) for v in fields[modality].values()])
        store = FeatureStore(paper_store(tmp_path, modality))
        assert store.utterance_ids == frame["utterance_id"].tolist()
        np.testing.assert_array_equal(store.read().values, expected)
        assert store.mask.all()
        seen = "train" if modality == "text" or (corpus, modality) == ("meld", "audio") else "none"
        assert store.header.fitted_on == seen
        assert len(store.header.weights_sha256) == 64


def test_features_that_have_seen_what_validates_are_refused_where_it_selects(
    tmp_path: Path,
) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "iemocap", protocol=2)
    table = tmp_path / "utterances.parquet"
    prepare("published", tmp_path, table, SplitConfig(validation_share=0.4))
    given = {"parameters": Parameters(), "selecting": ["main"]}
    with pytest.raises(DataError, match=r"experiments main: .* encoder of text has seen"):
        import_features("published", tmp_path, table, "text", tmp_path / "text.h5", **given)
    assert not (tmp_path / "text.h5").exists()
    import_features("published", tmp_path, table, "audio", tmp_path / "audio.h5", **given)


def test_text_may_come_from_another_paper_by_dialogue(tmp_path: Path) -> None:
    write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    fields = write(tmp_path / "cosmic.pkl", "cosmic", "iemocap")
    options = {"file": "features.pkl"}
    prepare("published", tmp_path, tmp_path / "utterances.parquet", options=options)
    store = FeatureStore(paper_store(tmp_path, "text", file="cosmic.pkl", layer="2"))
    expected = np.concatenate([np.stack(v) for v in fields["roberta2"].values()])
    np.testing.assert_array_equal(store.read().values, expected)
    shorter = {key: rows[:2] for key, rows in fields["roberta1"].items()}
    short = {f"roberta{i}": shorter for i in range(1, 5)}
    write(tmp_path / "cosmic.pkl", "cosmic", "iemocap", **short)
    with pytest.raises(DataError, match="Ses05F_impro01: 2 vectors, 6 in the table"):
        paper_store(tmp_path, "text", file="cosmic.pkl")
    with pytest.raises(DataError, match=r"features.video: cosmic.pkl: the file .* holds no video"):
        paper_store(tmp_path, "video", file="cosmic.pkl")


def zeroed(vectors: Any, rows: int) -> dict[Any, np.ndarray]:
    """The vectors of each dialogue, the first ``rows`` of them as zeros."""
    blank = {key: np.stack(list(value)) for key, value in vectors.items()}
    for block in blank.values():
        block[:rows] = 0
    return blank


def test_vectors_of_zeros_are_gaps_and_a_store_of_nothing_else_is_refused(tmp_path: Path) -> None:
    fields = write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    video, audio = zeroed(fields["video"], 99), zeroed(fields["audio"], 1)
    constant = {key: np.ones_like(block) * 3 for key, block in zeroed(fields["text"], 0).items()}
    write(tmp_path / "features.pkl", "mmgcn", "iemocap", video=video, audio=audio, text=constant)
    prepare("published", tmp_path, tmp_path / "utterances.parquet")
    store = FeatureStore(paper_store(tmp_path, "audio"))
    assert store.status.count(Status.MISSING) == len(audio)
    assert store.messages[0] == "all zeros as published"
    with pytest.raises(
        DataError, match=r"features\.video: no utterance .* \(all zeros as published\)"
    ):
        paper_store(tmp_path, "video")
    with pytest.raises(
        DataError, match=r"features\.text, training split: .* the same in every row"
    ):
        paper_store(tmp_path, "text")


def test_features_without_a_training_utterance_are_refused(tmp_path: Path) -> None:
    fields = write(tmp_path / "features.pkl", "mmgcn", "iemocap")
    video = zeroed(fields["video"], 99)
    last = list(video)[-1]
    video[last] = np.stack(list(fields["video"][last]))
    write(tmp_path / "features.pkl", "mmgcn", "iemocap", video=video)
    prepare("published", tmp_path, tmp_path / "utterances.parquet")
    with pytest.raises(DataError, match="no training utterance has a vector; leave video out of"):
        paper_store(tmp_path, "video")


def test_what_is_wrong_with_any_import_of_a_run_is_told_by_each_of_them(tmp_path: Path) -> None:
    fields = write(tmp_path / "features.pkl", "mmgcn", "meld")
    narrow = {key: [row[:64] for row in rows] for key, rows in fields["audio"].items()}
    video = zeroed(fields["video"], 99)
    write(tmp_path / "features.pkl", "mmgcn", "meld", audio=narrow, video=video)
    table = tmp_path / "utterances.parquet"
    prepare("published", tmp_path, table)
    beside = [(modality, Parameters()) for modality in ("text", "audio", "video")]
    out = tmp_path / "text.h5"
    with pytest.raises(ConfigError) as error:
        import_features(
            "published", tmp_path, table, "text", out, parameters=Parameters(), beside=beside
        )
    told = str(error.value)
    assert "features.audio.parameters.fitted_on" in told
    assert "features.video: no utterance of the table has a vector" in told
    assert not out.exists()
    import_features(
        "published", tmp_path, table, "text", out, parameters=Parameters(), beside=beside[:1]
    )
    assert out.is_file()


def test_what_nobody_knows_of_an_encoder_has_to_be_said(tmp_path: Path) -> None:
    values = write(tmp_path / "features.pkl", "mmgcn", "meld")["audio"]
    narrow = {key: [row[:64] for row in rows] for key, rows in values.items()}
    narrow[0][1][3] = np.nan
    write(tmp_path / "features.pkl", "mmgcn", "meld", audio=narrow)
    prepare("published", tmp_path, tmp_path / "utterances.parquet")
    with pytest.raises(ConfigError, match=r"features.audio.parameters.fitted_on: .* 64 numbers"):
        paper_store(tmp_path, "audio")
    store = FeatureStore(paper_store(tmp_path, "audio", fitted_on="none"))
    assert store.header.fitted_on == "none"
    assert store.status[1] == Status.FAILED
    assert store.messages[1] == "not finite as published"
    assert int((~store.mask).sum()) == 1


MODALITIES = ("text", "audio", "video")


@pytest.fixture(scope="module")
def mosi_table(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real MOSI: its table, its stores beside it."""
    folder = tmp_path_factory.mktemp("mosi")
    prepare("mosi", shared / "mosi", folder / "utterances.parquet")
    for modality in MODALITIES:
        out = folder / f"{modality}.published.h5"
        import_features(
            "mosi",
            shared / "mosi",
            folder / "utterances.parquet",
            modality,
            out,
            parameters=Parameters(),
        )
    return folder / "utterances.parquet"


def mosi_values(table: Path, modality: str) -> NDArray[np.float32]:
    store = FeatureStore(table.with_name(f"{modality}.published.h5"))
    assert store.mask.all()
    return store.read().values


@pytest.mark.parametrize(
    ("modalities", "accuracy"),
    [(("text",), 0.757), (("audio",), 0.557), (("video",), 0.515), (MODALITIES, 0.767)],
)
def test_mosi_holds_the_evidence_it_is_known_for(
    mosi_table: Path, modalities: tuple[str, ...], accuracy: float
) -> None:
    """Logistic regression with C = 0.01 on features standardised by the training split."""
    frame = read_corpus(mosi_table).utterances
    values = np.hstack([mosi_values(mosi_table, m) for m in modalities])
    train = (frame["split"] == "train").to_numpy()
    labels = frame["emotion"].to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    model.fit(values[train], labels[train])
    assert model.score(values[~train], labels[~train]) == pytest.approx(accuracy, abs=0.004)


@pytest.mark.parametrize(
    ("modality", "fitted_on"), [("text", "train"), ("audio", "none"), ("video", "train")]
)
def test_mosi_says_which_features_have_seen_the_labels(
    mosi_table: Path, modality: str, fitted_on: str
) -> None:
    """Held-out training videos are predicted far better than the test split by those that have."""
    store = FeatureStore(mosi_table.with_name(f"{modality}.published.h5"))
    assert store.header.fitted_on == fitted_on
    frame = read_corpus(mosi_table).utterances
    train = (frame["split"] == "train").to_numpy()
    values, labels = mosi_values(mosi_table, modality), frame["emotion"].to_numpy()
    videos = frame.loc[train, "dialogue_id"].unique()
    held_out = train & frame["dialogue_id"].isin(videos[::5]).to_numpy()
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
    model.fit(values[train & ~held_out], labels[train & ~held_out])
    gap = model.score(values[held_out], labels[held_out]) - model.score(
        values[~train], labels[~train]
    )
    assert (gap > 0.15) == (fitted_on == "train")


def test_importing_twice_gives_the_same_bytes(mosi_table: Path, shared: Path) -> None:
    again = mosi_table.with_name("again.h5")
    import_features("mosi", shared / "mosi", mosi_table, "audio", again, parameters=Parameters())
    first, second = (p.read_bytes() for p in (mosi_table.with_name("audio.published.h5"), again))
    assert first == second
