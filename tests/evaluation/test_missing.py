import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score

from ariigcn.evaluation import missing
from ariigcn.evaluation.missing import (
    RANDOM_SHARES,
    SHARES,
    missing_scores,
    random_shares,
    without,
    write_missing,
)
from ariigcn.evaluation.tables.write import missing_frame
from ariigcn.features.config import Normalisation
from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import write_graph
from ariigcn.models.bundle import BundleHead, save_bundle
from ariigcn.models.config import ModelConfig
from ariigcn.training.predict import predict, standardised
from tests.synthetic_corpus import LABELS, SIZES, make_toy, whole_batch


@pytest.fixture(scope="module")
def dialogues():
    return make_toy([6] * 30)


def head_of(dialogues, seed=0):
    return BundleHead(
        corpus="toy",
        labels=LABELS,
        dimensions=SIZES,
        relations=dialogues.graph.relations,
        graph=GraphConfig(past=3, future=3),
        model=ModelConfig(hidden=16),
        training={"experiment": "toy", "seed": seed, "threads": 1},
    )


@pytest.fixture(scope="module")
def model(dialogues):
    torch.manual_seed(0)
    model = head_of(dialogues).build()
    model.fit_statistics(dialogues)
    return model.eval()


def test_nothing_masked_is_the_plain_test_score_and_everything_is_a_missing_store(dialogues, model):
    found = pd.DataFrame(missing_scores(model, dialogues, seed=0))
    frame = found[found["filled_by"] == "model"].set_index(["modality", "share"])
    test = dialogues.of_split("test")
    label = dialogues.label[dialogues.rows(test)].numpy()
    absent = {"text": dialogues}
    absent["audio"] = make_toy([6] * 30)
    absent["audio"].mask[:, 1] = False
    absent["audio"].x["audio"][:] = 0
    for (modality, share), given in {
        ("text", 0.0): dialogues,
        ("audio", 1.0): absent["audio"],
    }.items():
        predicted = predict(model, standardised(given, model), test).argmax(1).numpy()
        pair = label[label >= 0], predicted[label >= 0]
        row = frame.loc[(modality, share)]
        assert row["accuracy"] == pytest.approx(accuracy_score(*pair))
        expected = f1_score(*pair, average="weighted", zero_division=0)
        assert row["weighted_f1"] == pytest.approx(expected)


def test_what_is_masked_counts_in_no_speakers_mean(dialogues):
    torch.manual_seed(0)
    head = replace(head_of(dialogues), normalise={"audio": Normalisation(normalise="speaker")})
    model = head.build().eval()
    model.fit_statistics(dialogues)
    test = dialogues.of_split("test")
    masked = dialogues.mask.clone()
    masked[dialogues.rows(test)[::2], 1] = False
    audio = dialogues.x["audio"] * masked[:, 1:2]
    given = replace(dialogues, x={**dialogues.x, "audio": audio}, mask=masked)
    seen = []

    def watched(model, dialogues, which):
        seen.append(dialogues)
        return predict(model, dialogues, which)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(missing, "predict", watched)
        list(missing_scores(model, given, seed=0))
    half = next(d for d in seen if int((masked & ~d.mask)[:, 1].sum()) > 0)
    again = replace(
        dialogues, mask=half.mask, x={**given.x, "audio": given.x["audio"] * half.mask[:, 1:2]}
    )
    found = whole_batch(half).x["audio"]
    assert torch.equal(found, whole_batch(standardised(again, model)).x["audio"])
    whole = whole_batch(standardised(given, model)).x["audio"]
    assert not torch.equal(found, whole * half.mask[:, 1:2])


def test_shares_count_usable_test_utterances_and_draws_are_the_seeds(dialogues, model):
    rows = list(missing_scores(model, dialogues, seed=0))
    test = dialogues.rows(dialogues.of_split("test"))
    usable = int(dialogues.mask[test, 0].sum())
    counts = [row["masked"] for row in rows if row["modality"] == "text"]
    assert counts == [round(share * usable) for share in SHARES]
    assert rows == list(missing_scores(model, dialogues, seed=0))
    other = list(missing_scores(model, dialogues, seed=1))
    assert rows != other
    assert rows[0] == other[0] and rows[4] == other[4]


@pytest.mark.parametrize("limit_mb", [0, 1])
def test_masking_leaves_the_given_dialogues_as_they_were(dialogues, model, limit_mb):
    whole = standardised(dialogues, model).held(limit_mb)
    before = whole_batch(whole)
    lost = torch.zeros_like(whole.mask)
    lost[[3, 5], 2] = True
    less, after = whole_batch(without(whole, lost)), whole_batch(whole)
    assert torch.equal(after.x["video"], before.x["video"])
    assert torch.equal(after.mask, before.mask)
    assert not less.mask[[3, 5], 2].any() and not less.x["video"][[3, 5]].any()
    assert less.x["video"][[2, 4]].any() and torch.equal(less.x["text"], before.x["text"])


def test_seeds_become_one_file_and_one_curve(dialogues, model, tmp_path):
    graph = dialogues.graph
    write_graph(graph, tmp_path / "graph.h5")
    stores = {}
    for column, (modality, values) in enumerate(dialogues.x.items()):
        kept = dialogues.mask[:, column].tolist()
        status = [Status.OK if k else Status.MISSING for k in kept]
        messages = ["" if k else "no clip" for k in kept]
        block = Rows(graph.utterance_ids, values.numpy(), status, messages)
        stores[modality] = tmp_path / f"{modality}.h5"
        header = StoreHeader("toy", modality, "made", "1", values.shape[1], "", "none", {})
        write_store(stores[modality], header, [block])
    for seed in (0, 1):
        save_bundle(tmp_path / f"model-{seed}", head_of(dialogues, seed), model)
    models = [tmp_path / "model-0", tmp_path / "model-1"]
    write_missing(models, tmp_path / "graph.h5", stores, tmp_path / "missing.parquet")
    read = pd.read_parquet(tmp_path / "missing.parquet")
    at_random = 1 + 3 * (len(RANDOM_SHARES) - 1)
    assert len(read) == 2 * (3 * len(SHARES) + at_random)
    assert set(read["experiment"]) == {"toy"}
    curve = missing_frame([tmp_path / "missing.parquet"])
    assert curve["seeds"].eq(2).all()
    assert curve["share"].tolist()[:15] == list(SHARES) * 3
    whole = curve[curve["share"] == 0]
    assert whole["accuracy_sd"].eq(0).all() and whole["accuracy_mean"].nunique() == 1


def watched_masks(dialogues, model, patch):
    """The test utterances' masks and features, [n, M] and by modality, of every pass."""
    seen, rows = [], dialogues.rows(dialogues.of_split("test"))

    def watch(model, given, which):
        seen.append((given.mask[rows], {m: x[rows] for m, x in whole_batch(given).x.items()}))
        return predict(model, given, which)

    patch.setattr(missing, "predict", watch)
    found = pd.DataFrame(missing_scores(model, dialogues, seed=0))
    return found, seen[-3 * 3 * (len(RANDOM_SHARES) - 1) :]


def test_random_masks_leave_every_utterance_a_modality_and_grow(dialogues, model, monkeypatch):
    rows = dialogues.rows(dialogues.of_split("test"))
    present = dialogues.mask[rows]
    found, passes = watched_masks(dialogues, model, monkeypatch)
    own = [mask for mask, _ in passes if not torch.equal(mask, present)]
    by_share = [own[start : start + 3] for start in range(0, len(own), 3)]  # three draws a share
    assert len(by_share) == len(RANDOM_SHARES) - 1
    for smaller, larger in itertools.pairwise(by_share):
        for less, more in zip(smaller, larger, strict=True):
            assert not (more & ~less).any(), "a larger share masks what a smaller one does"
    whole = int(present.sum())
    for draws, share in zip(by_share, random_shares(present)[1:], strict=True):
        for draw in draws:
            assert torch.equal(draw.any(1), present.any(1))
            assert whole - int(draw.sum()) == round(share * whole)
    assert (by_share[-1][0].sum(1) == present.any(1)).all(), "at most one is left"
    scores = found[(found["modality"] == "any") & (found["filled_by"] == "model")]
    assert scores["share"].tolist() == list(random_shares(present))
    assert scores["masked"].tolist() == [round(share * whole) for share in scores["share"]]


@pytest.mark.parametrize(
    ("present", "shares"),
    [
        ([[1, 1, 1]] * 9, (0, 0.1, 0.3, 0.5, 2 / 3)),
        ([[1, 1]] * 9, (0, 0.1, 0.3, 0.5)),
        ([[1, 1, 0], [1, 0, 0], [0, 0, 0]], (0, 0.1, 0.3, 1 / 3)),
        ([[1, 0], [0, 1]], (0,)),
        ([[0, 0], [0, 0]], (0,)),
    ],
)
def test_shares_at_random_go_as_far_as_one_modality_stays(present, shares):
    mask = torch.tensor(present, dtype=torch.bool)
    assert random_shares(mask) == pytest.approx(shares)
    ranks = missing._ranks(mask, np.random.default_rng(0))
    for draw in ranks:
        lost = draw < round(shares[-1] * int(mask.sum()))
        assert int(lost.sum()) == round(shares[-1] * int(mask.sum()))
        assert not (lost & ~mask).any()
        assert torch.equal((mask & ~lost).any(1), mask.any(1))


def test_modalities_are_masked_at_random_alike():
    mask = torch.ones(20_000, 3, dtype=torch.bool)
    mask[10_000:, 2] = False  # two are present there
    lost = (missing._ranks(mask, np.random.default_rng(0)) < 15_000).double().mean(0)
    for rows in (slice(0, 10_000), slice(10_000, None)):
        share = lost[rows].mean(0)[mask[rows][0]]
        assert share == pytest.approx(share.mean().item(), abs=0.01)


def test_the_mean_and_zeros_fill_what_is_lost_and_count_as_there(dialogues, model, monkeypatch):
    rows = dialogues.rows(dialogues.of_split("test"))
    nothing = {m: torch.zeros_like(x) for m, x in dialogues.x.items()}
    whole = whole_batch(standardised(dialogues, model))
    zeros = whole_batch(standardised(replace(dialogues, x=nothing), model))
    _, passes = watched_masks(dialogues, model, monkeypatch)
    filled = [x for mask, x in passes if torch.equal(mask, dialogues.mask[rows])]
    assert len(filled) == 2 * 3 * (len(RANDOM_SHARES) - 1)
    for position, x in enumerate(filled):
        by_mean = position // 3 % 2 == 0
        for modality, values in x.items():
            changed = (values != whole.x[modality][rows]).any(1)
            due = 0 if by_mean else zeros.x[modality][rows][changed]
            assert (values[changed] == due).all()
