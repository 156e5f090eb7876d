from dataclasses import replace

import pandas as pd
import pytest
import torch
from sklearn.metrics import accuracy_score, f1_score

from ariigcn.evaluation import missing
from ariigcn.evaluation.missing import SHARES, missing_scores, without, write_missing
from ariigcn.evaluation.tables.write import missing_frame
from ariigcn.features.config import Normalisation
from ariigcn.features.store import Rows, Status, StoreHeader, write_store
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.file import write_graph
from ariigcn.models.bundle import BundleHead, save_bundle
from ariigcn.models.config import ModelConfig
from ariigcn.training.predict import predict, standardised
from tests.synthetic_corpus import LABELS, SIZES, make_toy


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
    model.standardise.fit(dialogues.x, dialogues.mask)
    return model.eval()


def test_nothing_masked_is_the_plain_test_score_and_everything_is_a_missing_store(dialogues, model):
    frame = pd.DataFrame(missing_scores(model, dialogues, seed=0)).set_index(["modality", "share"])
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
    model.standardise.fit(dialogues.x, dialogues.mask)
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
        missing_scores(model, given, seed=0)
    half = next(d for d in seen if int((masked & ~d.mask)[:, 1].sum()) > 0)
    again = replace(
        dialogues, mask=half.mask, x={**given.x, "audio": given.x["audio"] * half.mask[:, 1:2]}
    )
    assert torch.equal(half.x["audio"], standardised(again, model).x["audio"])
    whole = standardised(given, model).x["audio"]
    assert not torch.equal(half.x["audio"], whole * half.mask[:, 1:2])


def test_shares_count_usable_test_utterances_and_draws_are_the_seeds(dialogues, model):
    rows = missing_scores(model, dialogues, seed=0)
    test = dialogues.rows(dialogues.of_split("test"))
    usable = int(dialogues.mask[test, 0].sum())
    counts = [row["utterances"] for row in rows if row["modality"] == "text"]
    assert counts == [round(share * usable) for share in SHARES]
    assert rows == missing_scores(model, dialogues, seed=0)
    other = missing_scores(model, dialogues, seed=1)
    assert rows != other
    assert rows[0] == other[0] and rows[4] == other[4]


def test_masking_leaves_the_given_dialogues_as_they_were(dialogues, model):
    whole = standardised(dialogues, model)
    before = whole.x["video"].clone(), whole.mask.clone()
    less = without(whole, "video", torch.tensor([3, 5]))
    assert (whole.x["video"] == before[0]).all() and (whole.mask == before[1]).all()
    assert not less.mask[[3, 5], 2].any() and not less.x["video"][[3, 5]].any()
    assert less.x["text"] is whole.x["text"]


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
    assert len(read) == 2 * 3 * len(SHARES)
    assert set(read["experiment"]) == {"toy"}
    curve = missing_frame([tmp_path / "missing.parquet"])
    assert curve["seeds"].eq(2).all()
    assert curve["share"].tolist() == list(SHARES) * 3
    whole = curve[curve["share"] == 0]
    assert whole["accuracy_sd"].eq(0).all() and whole["accuracy_mean"].nunique() == 1
