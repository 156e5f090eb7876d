"""A run learns, repeats itself to the bit, and resumes to the bit."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from ariigcn.core import memory
from ariigcn.core.errors import DataError
from ariigcn.core.files import exclusive
from ariigcn.features.config import EncoderConfig, Normalisation
from ariigcn.features.store import FeatureStore, Rows, Status, StoreHeader, write_store
from ariigcn.graphs.build import build_graph
from ariigcn.graphs.config import GraphConfig
from ariigcn.graphs.dialogues import load_dialogues
from ariigcn.graphs.file import read_graph, write_graph
from ariigcn.models.bundle import load_bundle
from ariigcn.models.config import AlignmentConfig, LossConfig, ModelConfig
from ariigcn.predict.network import prepare
from ariigcn.training import loop
from ariigcn.training.average import MovingAverage
from ariigcn.training.config import TrainingConfig
from ariigcn.training.predict import predict, standardised
from ariigcn.training.run import Run, RunFiles, class_weights, fit, set_precision, train
from tests.sealing import seal_again
from tests.synthetic_corpus import LABELS, make_corpus, make_toy

MODEL = ModelConfig(hidden=16, projection=8, dropout=0.1, input_dropout=0.0)
TRAINING = TrainingConfig(
    epochs=6, batch_dialogues=1, learning_rate=1e-2, patience=6, average=0.5, checkpoint_s=0
)


@pytest.fixture
def inputs(tmp_path):
    """A graph and three stores on disk, whose features carry the label."""
    corpus = make_corpus([6, 9, 3, 7, 12, 5, 8, 4, 6, 7], seed=3)
    graph = build_graph(corpus, GraphConfig())
    write_graph(graph, tmp_path / "graph.h5")
    rng = np.random.default_rng(0)
    stores = {}
    for modality in ("text", "audio", "video"):
        values = rng.normal(size=(len(graph.label), 5)).astype(np.float32)
        values[np.arange(len(values)), graph.label.clip(0)] += 3 * (graph.label >= 0)
        stores[modality] = tmp_path / f"{modality}.h5"
        header = StoreHeader("toy", modality, "test", "1", dimension=5)
        status = [Status.OK] * len(values)
        rows = Rows(graph.utterance_ids, values, status, [""] * len(values))
        write_store(stores[modality], header, [rows])
    return tmp_path / "graph.h5", stores


def make_run(inputs, seed=0, training=TRAINING):
    graph, stores = inputs
    return Run("ar-iigcn", seed, graph, stores, GraphConfig(), MODEL, training)


def make_files(folder):
    return RunFiles.below(folder)


def outcome(folder):
    """Everything a run wrote, but the seconds it took."""
    history = pq.read_table(folder / "history.parquet").drop_columns("seconds").to_pylist()
    predictions = (folder / "predictions.parquet").read_bytes()
    return predictions, str(history), (folder / "model" / "model.safetensors").read_bytes()


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_run_learns_and_repeats_itself_to_the_bit(inputs, tmp_path, precision):
    training = TRAINING.model_copy(update={"precision": precision})
    for name in ("one", "two"):
        train(make_run(inputs, training=training), make_files(tmp_path / name))
    assert outcome(tmp_path / "one") == outcome(tmp_path / "two")
    table = pq.read_table(tmp_path / "one" / "predictions.parquet").to_pandas()
    known = table[table["label"].notna() & (table["split"] == "test")]
    assert (known["label"] == known["prediction"]).mean() > 0.8
    probabilities = table[[f"prob_{name}" for name in LABELS]].to_numpy()
    assert np.allclose(probabilities.sum(1), 1, atol=1e-5)
    assert not (tmp_path / "one" / ".checkpoints").exists()
    train(make_run(inputs, 1, training), make_files(tmp_path / "other"))
    assert outcome(tmp_path / "other")[0] != outcome(tmp_path / "one")[0]


SAMPLED = MODEL.model_copy(update={"losses": LossConfig(pairs=100)})
# A memory and a critic are state, too.
PROTOTYPES, NODES = (
    MODEL.model_copy(
        update={
            "alignment": AlignmentConfig(shared=4, by="critic", stand_in=stand_in),
            "losses": LossConfig(iccl_with=against),
        }
    )
    for stand_in, against in (("others", "prototypes"), ("generated", "memory"))
)


@pytest.mark.parametrize(
    ("stop_after", "model", "utterances"),
    [
        (1, MODEL, None),
        (4, MODEL, None),
        (4, SAMPLED, None),
        (2, PROTOTYPES, None),
        (2, NODES, None),
        (2, MODEL, 15),
    ],
)
def test_a_stopped_run_resumes_to_the_bit(
    inputs, tmp_path, monkeypatch, stop_after, model, utterances
):
    training = TRAINING.model_copy(update={"batch_utterances": utterances})
    run = replace(make_run(inputs, training=training), model=model)
    train(run, make_files(tmp_path / "whole"))

    def save_then_stop(folder, epoch, digest, state, save=loop.save_checkpoint):
        save(folder, epoch, digest, state)
        if epoch == stop_after:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "save_checkpoint", save_then_stop)
        train(run, make_files(tmp_path / "stopped"))
    assert not (tmp_path / "stopped" / "model").exists()
    torch.manual_seed(99)  # whatever the new process drew before
    train(run, make_files(tmp_path / "stopped"))
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


@pytest.mark.parametrize("over", ["dialogue", "corpus"])
@pytest.mark.parametrize("future", [0, 10])
def test_a_run_on_sound_relative_to_its_speaker_resumes_and_is_repeated_by_its_bundle(
    inputs, tmp_path, monkeypatch, over, future
):
    graph = GraphConfig(future=future)
    corpus = make_corpus([6, 9, 3, 7, 12, 5, 8, 4, 6, 7], seed=3)
    write_graph(build_graph(corpus, graph), inputs[0])
    how = {
        "audio": Normalisation(normalise="beside", normalise_over=over),
        "text": Normalisation(),  # what a configuration says of the others
    }
    run = replace(make_run(inputs), graph=graph, normalise=how)
    train(run, make_files(tmp_path / "whole"))

    def save_then_stop(folder, epoch, run, state, save=loop.save_checkpoint):
        save(folder, epoch, run, state)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop, "save_checkpoint", save_then_stop)
        train(run, make_files(tmp_path / "stopped"))
    train(run, make_files(tmp_path / "stopped"))
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")

    head, network = load_bundle(tmp_path / "whole" / "model")
    assert (head.normalise, head.people) == (
        {"audio": how["audio"]},
        ("s0", "s1", "s2") if over == "corpus" else (),
    )
    assert head.dimensions["audio"] == 5
    written = pq.read_table(tmp_path / "whole" / "predictions.parquet").to_pandas()
    dialogues = load_dialogues(*inputs)
    rows = written["split"].eq("test")
    assert rows.any()
    for name in written.loc[rows, "dialogue_id"].unique():
        own = written["dialogue_id"].eq(name).to_numpy()
        alone = replace(corpus, utterances=corpus.utterances[own].reset_index(drop=True))
        x = {m: values.numpy()[own] for m, values in dialogues.x.items()}
        usable = {m: np.ones(own.sum(), bool) for m in x}
        found = predict(network, prepare(head, network, alone, x, usable))
        due = written.loc[own, [f"prob_{label}" for label in head.labels]].to_numpy()
        assert np.abs(found.numpy() - due).max() < 1e-5


@pytest.mark.parametrize("over", [None, "dialogue", "corpus"])
def test_features_read_a_batch_at_a_time_give_the_same_bits(inputs, tmp_path, over):
    how = {"audio": Normalisation(normalise="beside", normalise_over=over)} if over else {}
    run = replace(make_run(inputs), normalise=how)
    train(run, make_files(tmp_path / "held"))
    streamed = replace(run, training=TRAINING.model_copy(update={"features_mb": 0.0}))
    assert streamed.digest() == run.digest()
    train(streamed, make_files(tmp_path / "streamed"))
    assert outcome(tmp_path / "streamed") == outcome(tmp_path / "held")
    ways = [fit(each, tmp_path / ".checkpoints")[1].dialogues for each in (run, streamed)]
    assert [len(dialogues.preparations) for dialogues in ways] == [0, 1]


def test_what_is_relative_decides_a_run_and_what_is_not_does_not(inputs):
    run = make_run(inputs)
    plain = replace(run, normalise={"audio": Normalisation(normalise_prior=9)})
    assert plain.digest() == run.digest()
    ways = [Normalisation(normalise="speaker", normalise_prior=p) for p in (1, 2)]
    digests = {replace(run, normalise={"audio": way}).digest() for way in ways}
    assert len({run.digest(), *digests}) == 3


SCRIPT = """
import os, sys
from pathlib import Path
from ariigcn.training import loop
from ariigcn.training.run import train
from ariigcn.training.step import Step
from tests.training.test_run import TRAINING, make_files, make_run

folder, loop.GRACE_S, number = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
real, seen = Step.__call__, []

def step(self, batch, epoch):
    seen.append(epoch)
    if seen.count(2) == 2:
        os.kill(os.getpid(), number)
    return real(self, batch, epoch)

Step.__call__ = step
stores = {name: folder / f"{name}.h5" for name in ("text", "audio", "video")}
training = TRAINING.model_copy(update={"checkpoint_s": 1e9})
train(make_run((folder / "graph.h5", stores), training=training), make_files(folder / "stopped"))
"""


@pytest.mark.parametrize(
    ("number", "grace_s", "said", "kept"),
    [
        (signal.SIGTERM, 30.0, "by SIGTERM; epoch 2 is kept", "epoch-00002"),
        (signal.SIGUSR1, 0.0, "by SIGUSR1; epoch 2 is dropped", "epoch-00001"),
    ],
)
def test_asked_to_stop_it_finishes_a_short_epoch_and_drops_a_long_one(
    inputs, tmp_path, number, grace_s, said, kept
):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(grace_s), str(int(number))],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert said in run.stderr
    newest = max((tmp_path / "stopped" / ".checkpoints").iterdir())
    assert newest.name.startswith(kept)

    train(make_run(inputs), make_files(tmp_path / "stopped"))
    train(make_run(inputs), make_files(tmp_path / "whole"))
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


FULL_DISK = """
import resource, sys
from pathlib import Path
from ariigcn.core.logs import configure_logging
from ariigcn.training import loop
from ariigcn.training.run import train
from tests.training.test_run import make_files, make_run

configure_logging()
folder, real = Path(sys.argv[1]), loop.save_checkpoint

def save(place, epoch, *state):
    if epoch == 3:  # no file can grow beyond this from here on
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    real(place, epoch, *state)

loop.save_checkpoint = save
stores = {name: folder / f"{name}.h5" for name in ("text", "audio", "video")}
train(make_run((folder / "graph.h5", stores)), make_files(folder / "stopped"))
"""


def test_a_full_disk_is_said_in_a_line_and_loses_nothing(inputs, tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "File too large; raise the limit" in run.stderr
    assert "Traceback" not in run.stderr
    kept = sorted(p.name for p in (tmp_path / "stopped" / ".checkpoints").glob("epoch*"))
    assert [name[:11] for name in kept] == ["epoch-00001", "epoch-00002"]
    train(make_run(inputs), make_files(tmp_path / "stopped"))
    train(make_run(inputs), make_files(tmp_path / "whole"))
    assert outcome(tmp_path / "stopped") == outcome(tmp_path / "whole")


def test_history_tells_every_term_and_the_chosen_epoch(inputs, tmp_path):
    train(make_run(inputs), make_files(tmp_path))
    table = pq.read_table(tmp_path / "history.parquet")
    terms = {"loss", "loss_cls", "loss_imcl", "loss_iccl", "loss_adv", "loss_disc"}
    accuracies = {f"d_accuracy_{m}" for m in ("text", "audio", "video")}
    assert terms | accuracies | {"epoch", "validation_weighted_f1"} <= set(table.column_names)
    head = json.loads(table.schema.metadata[b"ariigcn"])
    scores = table["validation_weighted_f1"].to_pylist()
    assert head["selected_epoch"] == scores.index(max(scores)) + 1


def test_the_bundle_stands_on_its_own(inputs, tmp_path):
    train(make_run(inputs), make_files(tmp_path))
    head, model = load_bundle(tmp_path / "model")
    dialogues = load_dialogues(*inputs)
    ready = standardised(dialogues, model).held(1)
    with torch.no_grad():
        logits = model(ready.batch(torch.arange(len(dialogues.graph.dialogue_ids)))).logits
    predicted = [head.labels[i] for i in logits.argmax(1).tolist()]
    table = pq.read_table(tmp_path / "predictions.parquet").to_pandas()
    assert predicted == table["prediction"].tolist()
    (tmp_path / "model" / "model.safetensors").write_bytes(b"torn")
    seal_again(tmp_path / "model" / "model.safetensors")
    with pytest.raises(DataError, match="not a model bundle"):
        load_bundle(tmp_path / "model")


def test_permuting_test_labels_changes_nothing_but_test_labels(inputs, tmp_path):
    """The test split is sealed: no choice reads its labels."""
    from ariigcn.corpora.table import SPLITS
    from ariigcn.graphs.file import read_graph

    train(make_run(inputs), make_files(tmp_path / "true"))
    graph = read_graph(inputs[0])
    lengths = np.diff(graph.dialogue_ptr)
    test = np.repeat(graph.split == SPLITS.index("test"), lengths)
    graph.label[test] = np.where(graph.label[test] < 0, -1, (graph.label[test] + 1) % len(LABELS))
    write_graph(graph, inputs[0])
    train(make_run(inputs), make_files(tmp_path / "permuted"))
    one, two = (
        pq.read_table(tmp_path / name / "predictions.parquet").drop_columns("label")
        for name in ("true", "permuted")
    )
    assert one.equals(two)


def test_without_validation_labels_the_error_names_the_mend(inputs, tmp_path):
    from ariigcn.corpora.table import SPLITS
    from ariigcn.graphs.file import read_graph

    graph = read_graph(inputs[0])
    graph.split[graph.split == SPLITS.index("validation")] = SPLITS.index("train")
    write_graph(graph, inputs[0])
    with pytest.raises(DataError, match=r"validation split; .*training.selection to 'last'"):
        train(make_run(inputs), make_files(tmp_path))
    fixed = TRAINING.model_copy(update={"selection": "last", "epochs": 2})
    train(make_run(inputs, training=fixed), make_files(tmp_path))
    assert (tmp_path / "predictions.parquet").exists()


def test_an_exploding_loss_stops_the_run_and_keeps_the_last_good_checkpoint(inputs, tmp_path):
    wild = TRAINING.model_copy(
        update={"learning_rate": 1e30, "clip_norm": 1e30, "epochs": 50, "patience": 50}
    )
    with pytest.raises(DataError, match=r"the loss is (nan|inf).*learning_rate"):
        train(make_run(inputs, training=wild), make_files(tmp_path))


def test_class_weights_come_from_the_training_split_alone():
    dialogues = make_toy([20, 20, 20, 20, 20])
    labels = dialogues.label[dialogues.rows(dialogues.of_split("train"))]
    counts = torch.bincount(labels[labels >= 0], minlength=len(LABELS)).float()
    weights = class_weights(dialogues, 1.0)
    assert torch.allclose(weights * counts, (weights * counts)[0].expand(len(LABELS)))
    assert torch.equal(class_weights(dialogues, 0.0), torch.ones(len(LABELS)))


def test_an_average_of_one_is_the_plain_mean_of_weights_since_the_warm_up(
    inputs, tmp_path, monkeypatch
):
    seen = []
    update = MovingAverage.update

    def noted(average, model, warming_up):
        if not warming_up:
            seen.append(model.classifier[1].weight.detach().clone())
        update(average, model, warming_up)

    monkeypatch.setattr(MovingAverage, "update", noted)
    changes = {"average": 1, "warmup_epochs": 1, "epochs": 3, "selection": "last"}
    train(make_run(inputs, training=TRAINING.model_copy(update=changes)), make_files(tmp_path))
    weight = load_bundle(tmp_path / "model")[1].classifier[1].weight
    assert len(seen) == 2 * 6  # a step each of six training dialogues, two epochs
    assert torch.allclose(weight, torch.stack(seen).mean(0), atol=1e-6)


def test_two_writers_of_one_checkpoint_folder_take_turns(inputs, tmp_path):
    files = make_files(tmp_path / "run")
    with ThreadPoolExecutor(1) as pool:
        with exclusive(files.checkpoints):
            second = pool.submit(train, make_run(inputs), files)
            with pytest.raises(TimeoutError):
                second.result(timeout=2)
            assert not files.history.exists()
        second.result()
    assert files.history.exists()


def test_a_batch_that_cannot_fit_is_refused_before_it_starts(inputs, monkeypatch, tmp_path):
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=1e4))
    with pytest.raises(
        DataError, match=r"5 relation types would need about .* set graph.relations"
    ):
        train(make_run(inputs), make_files(tmp_path / "run"))


@pytest.mark.parametrize(("precision", "rounded"), [("float32", False), ("tf32", True)])
def test_float32_rounds_nothing_in_recurrences_either(precision, rounded):
    set_precision("float32" if rounded else "tf32")
    set_precision(precision)
    assert torch.backends.cudnn.allow_tf32 == rounded
    assert (torch.get_float32_matmul_precision() == "high") == rounded


def test_a_store_of_another_encoder_is_refused(inputs, tmp_path):
    asked = {"text": EncoderConfig(modality="text", encoder="minilm")}
    with pytest.raises(DataError, match=r"made by test .* asks for minilm"):
        train(replace(make_run(inputs), encoders=asked), make_files(tmp_path / "run"))


def test_a_bundle_is_held_to_the_features_it_knows(inputs, tmp_path):
    train(make_run(inputs), make_files(tmp_path))
    head, _ = load_bundle(tmp_path / "model")
    headers = load_dialogues(*inputs).headers
    head.check_features(headers)
    other = {**headers, "audio": replace(headers["audio"], encoder_version="2")}
    with pytest.raises(DataError, match="other audio features: they differ in encoder_version"):
        head.check_features(other)
    with pytest.raises(DataError, match="other text features"):
        head.check_features({})


def fitted(inputs, cut):
    """The same inputs, the text features fitted on training, validation cut from it or not."""
    graph, stores = inputs
    write_graph(replace(read_graph(graph), validation_cut=cut), graph)
    store = FeatureStore(stores["text"])
    header, rows = replace(store.header, fitted_on="train"), store.read()
    write_store(stores["text"], header, [rows])
    return graph, stores


def test_validation_of_labels_that_an_encoder_has_seen_selects_nothing(inputs, tmp_path):
    run = make_run(fitted(inputs, cut=True))
    with pytest.raises(DataError, match=r"encoder of text has seen.*training.selection to 'last'"):
        train(run, make_files(tmp_path / "run"))
    for allowed in ({"selection": "last"}, {"accept_fitted": "a test"}):
        training = TRAINING.model_copy(update={"epochs": 1} | allowed)
        train(replace(run, training=training), make_files(tmp_path / str(allowed)))


def test_a_validation_split_of_the_corpus_itself_selects(inputs, tmp_path):
    training = TRAINING.model_copy(update={"epochs": 1})
    train(make_run(fitted(inputs, cut=False), training=training), make_files(tmp_path / "run"))
