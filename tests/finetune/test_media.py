"""Fine-tuning of speech and image encoders on the demo's real media. Tiny weights."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ariigcn.core.code import closure
from ariigcn.core.errors import DataError
from ariigcn.core.signals import StoppedError
from ariigcn.core.storage import read_table
from ariigcn.corpora.table import read_corpus, write_corpus
from ariigcn.features.clips import clips_of
from ariigcn.features.encoders.registry import encoder_module, make_encoder
from ariigcn.features.store import FeatureStore, Status
from ariigcn.features.workers import Workers
from ariigcn.finetune import learn as module
from ariigcn.finetune.config import ANCHORS, HISTORY, OUTPUTS, WEIGHTS, Learning
from ariigcn.finetune.decode import decode
from ariigcn.finetune.decoded import Decoded
from ariigcn.finetune.kind import kind_of, parameters_of
from ariigcn.finetune.learn import depth, groups
from ariigcn.finetune.network import Network, moments
from ariigcn.finetune.run import learn, made
from ariigcn.finetune.store import join
from tests.features.tiny_models import (
    WIDTH,
    clip_model,
    convolutional_model,
    image_model,
    speech_model,
)
from tests.finetune.small import Killed, killed_after

SMALL: dict[str, Any] = {"folds": 2, "epochs": 2, "batch": 4, "threads": 1, "learning_rate": 0.01}
OWN: dict[str, dict[str, Any]] = {
    "audio": {"train_s": 1.0},
    "video": {"frames": 3, "train_frames": 2},
}
Corpus = tuple[Path, Path]


@pytest.fixture(scope="module", params=["audio", "video"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Learning:
    """Two folds of a tiny encoder."""
    folder = tmp_path_factory.mktemp(f"{request.param}-base")
    base = speech_model(folder) if request.param == "audio" else image_model(folder)
    return parameters_of(request.param, {"base": str(base), **SMALL, **OWN[request.param]})


@pytest.fixture(scope="module")
def decoded(asked: Learning, demo: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("decoded") / "decoded.h5"
    decode(*demo, out, asked, workers=2)
    return out


@pytest.fixture(scope="module")
def folds(
    asked: Learning, demo: Corpus, decoded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Learning:
    """The folds' encoders, fine-tuned."""
    folder = tmp_path_factory.mktemp("encoders")
    made = asked.model_copy(update={"folder": str(folder)})
    for number, out in zip(made.encoders, made.needed, strict=True):
        run(demo[0], Path(out), made, number, decoded)
    return made


def run(table: Path, out: Path, asked: Learning, number: int, decoded: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    checkpoints = out.parent / ".checkpoints" / out.name
    learn(table, out, checkpoints=checkpoints, parameters=asked, number=number, decoded=decoded)


def same(one: Path, other: Path) -> None:
    for name in (WEIGHTS, OUTPUTS, ANCHORS, HISTORY):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_clips_are_read_as_the_frozen_encoder_reads_them(
    asked: Learning, demo: Corpus, decoded: Path
) -> None:
    found, corpus = Decoded(decoded), read_corpus(demo[0])
    frozen = kind_of(asked.modality).untuned(asked)
    clips = clips_of(corpus, demo[1])
    results = frozen.encode(clips)
    assert found.status == [result.status for result in results]
    assert {Status.OK, Status.FAILED} <= set(found.status)
    rows = [n for n, status in enumerate(found.status) if status == Status.OK][:5]
    for row in rows:
        np.testing.assert_array_equal(found[row], frozen.read(clips[row])[0])
        np.testing.assert_array_equal(frozen.vectors([found[row]])[0], results[row].values)


def network_of(asked: Learning, modality: str, folder: Path, **own: Any) -> tuple[Any, Network]:
    given = {**asked.model_dump(mode="json"), **own, "base": str(folder)}
    parameters = parameters_of(modality, given)
    kind = kind_of(modality)
    encoder = kind.encoder(parameters, str(folder))
    return encoder, made(kind, encoder, parameters, torch.ones(3)).eval()


@pytest.mark.parametrize("kind", ["Wav2Vec2", "Hubert", "WavLM"])
@pytest.mark.parametrize("pooling", ["mean", "statistics"])
def test_speech_is_pooled_as_the_frozen_encoder_pools_it(
    tmp_path: Path, kind: str, pooling: str
) -> None:
    draw = np.random.default_rng(0)
    reads = [draw.normal(size=n).astype(np.float32) for n in (4000, 9000, 1700)]
    asked = parameters_of("audio", {"base": "x"})
    speech_model(tmp_path, kind, feat_extract_norm="layer", do_stable_layer_norm=True)
    encoder, network = network_of(asked, "audio", tmp_path, pooling=pooling)
    expected = encoder.vectors(reads)
    assert expected.shape == (3, WIDTH * (1 + (pooling == "statistics")))
    with torch.no_grad():
        batch = network.kind.collate(encoder, reads)
        np.testing.assert_allclose(network(**batch)["vectors"], expected, atol=1e-5)
        # Where a network normalises over time, padding counts: features are made without any.
        speech_model(tmp_path, kind)
        encoder, network = network_of(asked, "audio", tmp_path, pooling=pooling)
        for read in reads:
            alone = network(**network.kind.collate(encoder, [read]))["vectors"]
            np.testing.assert_allclose(alone, encoder.vectors([read]), atol=1e-5)


@pytest.mark.parametrize("model", [image_model, clip_model, convolutional_model])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_pictures_are_pooled_as_the_frozen_encoder_pools_them(
    tmp_path: Path, model: Any, pooling: str
) -> None:
    draw = np.random.default_rng(0)
    reads = [draw.integers(0, 256, (n, 32, 32, 3)).astype(np.uint8) for n in (3, 1, 2)]
    asked = parameters_of("video", {"base": "x"})
    encoder, network = network_of(asked, "video", model(tmp_path), pooling=pooling)
    expected = encoder.vectors(reads)
    with torch.no_grad():
        batch = network.kind.collate(encoder, reads)
        np.testing.assert_allclose(network(**batch)["vectors"], expected, atol=2e-5)
    assert {tensor.shape[0] for tensor in batch.values()} == {3}
    loss = network(labels=torch.tensor([0, 1, 2]), **batch)["loss"]
    loss.backward()  # one clip has one frame: its sd is 0
    given = [w.grad for w in network.parameters() if w.grad is not None]
    assert given and all(torch.isfinite(gradient).all() for gradient in given)


def test_the_spread_of_what_does_not_vary_is_zero_and_has_no_slope() -> None:
    states = torch.ones(1, 4, 2, requires_grad=True)
    mean, sd = moments(states, torch.tensor([[True, True, False, False]]))
    (mean.sum() + sd.sum()).backward()
    assert sd.tolist() == [[0.0, 0.0]]
    assert states.grad is not None
    assert states.grad[0, :, 0].tolist() == [0.5, 0.5, 0.0, 0.0]


def test_rates_fall_toward_the_lowest_part(tmp_path: Path) -> None:
    names = {
        "base.feature_extractor.conv_layers.5.conv.weight": 0,
        "base.encoder.pos_conv_embed.conv.bias": 0,
        "base.encoder.layers.1.attention.k_proj.weight": 2,
        "base.embeddings.patch_embeddings.projection.weight": 0,
        "base.layers.0.attention.q_proj.weight": 1,
        "base.layernorm.weight": 3,
        "head.weight": 3,
    }
    assert {name: depth(name, 3) for name in names} == names
    asked = parameters_of("video", {"base": "x", "freeze_embeddings": False})
    for model in (image_model, convolutional_model):
        _, network = network_of(asked, "video", model(tmp_path / model.__name__))
        rates = {group["lr"] for group in groups(network, asked)}
        assert max(rates) == asked.learning_rate and len(rates) > 2


def test_what_is_learned_from_is_bounded(asked: Learning, decoded: Path) -> None:
    kind, found = kind_of(asked.modality), Decoded(decoded)
    rows = [n for n, status in enumerate(found.status) if status == Status.OK]
    sizes = [kind.size(kind.shortened(found[row], asked)) for row in rows]
    assert max(sizes) == (16000 if asked.modality == "audio" else 2)
    assert max(kind.size(found[row]) for row in rows) > max(sizes)


def test_it_learns_and_the_store_is_cross_fitted(
    folds: Learning, demo: Corpus, tmp_path: Path
) -> None:
    rows, facts = read_table(Path(folds.needed[0]) / HISTORY, "a history")
    assert rows["loss"].to_pylist()[1] < rows["loss"].to_pylist()[0]
    assert facts["utterances"] > 4
    join(demo[0], tmp_path / "out.h5", folds)
    store, corpus = FeatureStore(tmp_path / "out.h5"), read_corpus(demo[0])
    assert store.header.fitted_on == "train, cross-fitted"
    assert store.header.modality == folds.modality
    assert store.header.dimension == (WIDTH if folds.modality == "audio" else 2 * WIDTH)
    assert store.header.made_by["av"]
    train = (corpus.utterances["split"] == "train").to_numpy()
    for number, out in zip(folds.encoders, folds.needed, strict=True):
        told = FeatureStore(Path(out) / OUTPUTS).read()
        seen = np.array([message == "the encoder has learned from it" for message in told.messages])
        assert 0 < seen.sum() < train.sum() and not (seen & ~train).any(), number
        assert not told.values[seen].any()


@pytest.mark.parametrize("gives", ["vectors", "aligned", "vectors-logits", "frozen-logits"])
def test_a_recording_gets_what_the_test_split_got(
    folds: Learning, demo: Corpus, decoded: Path, tmp_path: Path, gives: str
) -> None:
    asked = folds.model_copy(update={"gives": gives})
    join(demo[0], tmp_path / "out.h5", asked, decoded)
    store, corpus = FeatureStore(tmp_path / "out.h5"), read_corpus(demo[0])
    encoder = make_encoder(asked.modality, "finetuned", asked.model_dump(mode="json"))
    test = np.flatnonzero(store.mask & (corpus.utterances["split"] == "test"))[:4]
    clips = clips_of(corpus, demo[1])
    fresh = encoder.encode([clips[n] for n in test])
    np.testing.assert_allclose(
        [row.values for row in fresh], store.read().values[test], atol=1e-5, rtol=0
    )
    [nothing] = encoder.encode([replace(clips[0], media=None)])
    assert nothing.status == Status.MISSING


def test_labels_of_the_test_split_change_no_byte(
    folds: Learning, demo: Corpus, decoded: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(demo[0])
    rows = corpus.utterances.copy()
    of_test = rows["split"] == "test"
    shifted = np.roll(rows.loc[of_test, "emotion"].to_numpy(), 3)
    assert (shifted != rows.loc[of_test, "emotion"]).any()
    rows.loc[of_test, "emotion"] = shifted
    write_corpus(replace(corpus, utterances=rows), tmp_path / "other.parquet")
    run(tmp_path / "other.parquet", tmp_path / "encoder", folds, 1, decoded)
    same(tmp_path / "encoder", Path(folds.needed[0]))


@pytest.mark.parametrize("step", [1, 5])
def test_a_killed_run_ends_with_the_same_bits(
    folds: Learning,
    demo: Corpus,
    decoded: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    inner = module.Watch.on_step_end
    with monkeypatch.context() as patch:
        patch.setattr(module, "CHECKPOINT_S", 0.0)
        patch.setattr(module.Watch, "on_step_end", killed_after(step, inner))
        with pytest.raises(Killed):
            run(demo[0], tmp_path / "encoder", folds, 1, decoded)
    assert sorted((tmp_path / ".checkpoints").rglob("checkpoint-*"))
    run(demo[0], tmp_path / "encoder", folds, 1, decoded)
    same(tmp_path / "encoder", Path(folds.needed[0]))


def test_a_killed_decoding_goes_on_from_its_blocks_and_ends_with_the_same_bytes(
    asked: Learning, demo: Corpus, decoded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner, given = Workers.encode, []

    def stopped(self: Any, blocks: Any, stop: Any, cache: Any = None) -> Any:
        for number, result in enumerate(inner(self, blocks, stop, cache)):
            if number == 1:
                raise StoppedError("stopped")
            yield result

    def watched(self: Any, blocks: Any, stop: Any, cache: Any = None) -> Any:
        given.append(len(blocks))
        return inner(self, blocks, stop, cache)

    with monkeypatch.context() as patch:
        patch.setattr(Workers, "encode", stopped)
        with pytest.raises(StoppedError):
            decode(*demo, tmp_path / "out.h5", asked)
    [folder] = tmp_path.glob(".out.h5.blocks")
    blocks = -(-len(read_corpus(demo[0]).utterances) // 16)
    failed = sum(
        Status.FAILED in Decoded(path).status or Status.NO_FILE in Decoded(path).status
        for path in folder.iterdir()
    )
    monkeypatch.setattr(Workers, "encode", watched)
    decode(*demo, tmp_path / "out.h5", asked)
    assert given == [blocks - 1 + failed]
    assert (tmp_path / "out.h5").read_bytes() == decoded.read_bytes()
    assert not folder.exists()


def test_what_was_decoded_for_another_table_or_in_another_way_is_refused(
    folds: Learning, demo: Corpus, decoded: Path, tmp_path: Path
) -> None:
    corpus = read_corpus(demo[0])
    fewer = replace(corpus, utterances=corpus.utterances[:-1])
    write_corpus(fewer, tmp_path / "other.parquet")
    with pytest.raises(DataError, match="made for another utterance table"):
        run(tmp_path / "other.parquet", tmp_path / "encoder", folds, 1, decoded)
    other = folds.model_copy(update={"min_duration_s": 0.2})
    with pytest.raises(DataError, match="with other parameters; remove it and run again"):
        run(demo[0], tmp_path / "encoder", other, 1, decoded)
    with pytest.raises(DataError, match=rf"features\.{folds.modality}\.parameters\.folder"):
        make_encoder(folds.modality, "finetuned", {"base": folds.base})


def test_low_rank_additions_are_merged_into_the_base(
    asked: Learning, demo: Corpus, decoded: Path, tmp_path: Path
) -> None:
    pytest.importorskip("peft")
    own = {"folds": 1, "epochs": 1, "lora_rank": 2, "precision": "bf16"}
    run(demo[0], tmp_path / "encoder", asked.model_copy(update=own), 0, decoded)
    names = set(__import__("safetensors.numpy").numpy.load_file(tmp_path / "encoder" / WEIGHTS))
    assert names and not any("lora" in name for name in names)


def test_an_edit_to_one_modality_fine_tunes_no_other_again() -> None:
    for modality in ("text", "audio", "video"):
        behind = closure("ariigcn.finetune.run", encoder_module(modality, "finetuned"))
        others = {"text", "audio", "video"} - {modality}
        assert f"ariigcn.features.encoders.{modality}_huggingface" in behind
        assert not behind & {f"ariigcn.finetune.{other}" for other in others}
        assert not behind & {f"ariigcn.features.encoders.{m}_huggingface" for m in others}
    assert not any("ariigcn.finetune.encoder" in name for name in closure("ariigcn.models.bundle"))
