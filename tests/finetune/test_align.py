"""Vectors of several encoders in one space."""

from pathlib import Path

import numpy as np
import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.table import read_corpus
from ariigcn.features.store import FeatureStore
from ariigcn.finetune.align import Alignment, alignment
from ariigcn.finetune.config import ANCHORS, OUTPUTS, encoder_folder
from ariigcn.finetune.store import join
from ariigcn.finetune.text import Parameters
from tests.features.tiny_models import WIDTH


def test_a_turned_and_shifted_copy_comes_back_and_distances_stay() -> None:
    draw = np.random.default_rng(0)
    other = draw.normal(size=(50, 8)).astype(np.float32)
    turn, _ = np.linalg.qr(draw.normal(size=(8, 8)))
    own = (other @ turn + draw.normal(size=8)).astype(np.float32)
    fitted = Alignment.fitted(own[:30], other[:30])
    np.testing.assert_allclose(fitted(own), other, atol=1e-5)
    np.testing.assert_allclose(fitted.turn @ fitted.turn.T, np.eye(8), atol=1e-12)
    strange = draw.normal(size=(20, 8)).astype(np.float32)
    turned = fitted(strange)
    between = np.linalg.norm(strange[0] - strange[1:], axis=1)
    np.testing.assert_allclose(np.linalg.norm(turned[0] - turned[1:], axis=1), between, atol=1e-4)


def test_anchors_are_training_utterances_and_the_same_for_all(
    folds: Parameters, table: Path
) -> None:
    rows = read_corpus(table).utterances
    split = dict(zip(rows["utterance_id"], rows["split"], strict=True))
    stores = [FeatureStore(Path(folder) / ANCHORS).read() for folder in folds.needed]
    assert all(store.utterance_ids == stores[0].utterance_ids for store in stores)
    assert {split[i] for i in stores[0].utterance_ids} == {"train"}
    assert all(store.values.shape[1] == WIDTH for store in stores)


def test_an_aligned_store_brings_encoders_together_where_none_was_fitted(
    folds: Parameters, table: Path, tmp_path: Path
) -> None:
    asked = folds.model_copy(update={"gives": "aligned", "unseen": "mean"})
    assert asked.encoders == (1, 2)
    assert alignment(asked, 1) is None
    turn = alignment(asked, 2)
    assert turn is not None
    first, second = (
        FeatureStore(Path(encoder_folder(str(folds.folder), n)) / OUTPUTS).read() for n in (1, 2)
    )
    rows = read_corpus(table).utterances
    unseen = np.flatnonzero((rows["split"] != "train") & first.mask)
    apart = np.linalg.norm(first.values[unseen, :WIDTH] - second.values[unseen, :WIDTH], axis=1)
    left = np.linalg.norm(
        first.values[unseen, :WIDTH] - turn(second.values[unseen, :WIDTH]), axis=1
    )
    assert left.mean() < apart.mean()
    join(table, tmp_path / "out.h5", asked)
    found = FeatureStore(tmp_path / "out.h5").read()
    assert found.values.shape[1] == WIDTH
    mean = (first.values[unseen, :WIDTH] + turn(second.values[unseen, :WIDTH])) / 2
    np.testing.assert_allclose(found.values[unseen], mean, atol=1e-6)


def test_anchors_of_other_utterances_are_refused(folds: Parameters, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(str(folds.folder), tmp_path / "encoders")
    shutil.copy(Path(folds.needed[1]) / OUTPUTS, tmp_path / "encoders" / "encoder-2" / ANCHORS)
    asked = folds.model_copy(update={"folder": str(tmp_path / "encoders"), "unseen": "mean"})
    with pytest.raises(DataError, match="encoders 2 and 1 were made for other utterances"):
        alignment(asked, 2)
