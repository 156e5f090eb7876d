"""Extraction: order, resumption, and clips that take their decoder down."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ariigcn.core.errors import DataError
from ariigcn.core.paths import ABSENT
from ariigcn.corpora.checks.check import _odd_lengths
from ariigcn.corpora.read.clips import PAST_END_S, look_at
from ariigcn.corpora.table import Corpus, write_corpus
from ariigcn.features import extract as module
from ariigcn.features import workers
from ariigcn.features.around import Around
from ariigcn.features.blocks import Block, cut
from ariigcn.features.clips import clips_of
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import ENCODERS, made_by
from ariigcn.features.extract import extract, merge
from ariigcn.features.quality import measure_store
from ariigcn.features.records import ENTRY
from ariigcn.features.store import (
    FeatureStore,
    Rows,
    Status,
    StoreHeader,
    write_store,
)
from tests.core.test_paths import hostile
from tests.features import troubled_encoder
from tests.features.make_clips import grey_frames, tone, write_video, write_wav

ROOT = Path(__file__).parents[2]


def kept_in(cache: Path) -> int:
    """How many results a cache has."""
    return sum(path.stat().st_size for path in cache.rglob("*.index")) // ENTRY.itemsize


@pytest.fixture(autouse=True)
def troubled(monkeypatch: pytest.MonkeyPatch) -> None:
    for modality in ("text", "audio"):
        monkeypatch.setitem(ENCODERS[modality], "troubled", "tests.features.troubled_encoder")
    # Versions are of this package's modules; the troubled encoder is none of them.
    monkeypatch.setattr(module, "code_version", lambda *_: "1")


def table(path: Path, texts: list[str | None], media: list[str | None] | None = None) -> Path:
    count = len(texts)
    frame = pd.DataFrame(
        {
            "dialogue_id": "d",
            "utterance_id": [f"u{i}" for i in range(count)],
            "position": range(count),
            "speaker": "A",
            "text": texts,
            "emotion": None,
            "split": "train",
            "media": media or ["none.wav"] * count,
            "start_s": np.nan,
            "end_s": np.nan,
        }
    )
    write_corpus(Corpus("tiny", "1", ("joy",), "none", {}, frame), path)
    return path


def text_encoder(**parameters: Any) -> EncoderConfig:
    return EncoderConfig(modality="text", encoder="troubled", parameters=parameters)


def contents(path: Path) -> tuple[list[str], list[Status], list[str], np.ndarray]:
    store = FeatureStore(path)
    rows = store.read()
    return store.utterance_ids, store.status, store.messages, rows.values


def test_rows_follow_the_table_and_the_folder_of_blocks_is_gone(tmp_path: Path) -> None:
    words = ["a" * n for n in range(1, 8)]
    out = tmp_path / "text.h5"
    extract(table(tmp_path / "t.parquet", words), tmp_path, out, text_encoder(scale=2), block=3)
    ids, status, _, values = contents(out)
    assert ids == [f"u{i}" for i in range(7)]
    assert set(status) == {Status.OK}
    np.testing.assert_array_equal(values[:, 0], np.arange(1, 8))
    np.testing.assert_array_equal(values[:, 1], 2)
    assert not list(tmp_path.glob(".*"))


def test_a_crash_a_hang_and_a_bug_cost_their_own_rows(tmp_path: Path) -> None:
    texts = ["hello", "crash", "yes", "hang", "no", "bug", "nan", None, "well"]
    out = tmp_path / "text.h5"
    path = table(tmp_path / "t.parquet", texts)
    # A block's limit holds two seconds a clip: the smaller the block, the sooner a hang is noticed.
    extract(path, tmp_path, out, text_encoder(), block=3, timeout_s=1.0, workers=2)
    _, status, messages, values = contents(out)
    found = dict(zip(map(str, texts), zip(status, messages, strict=True), strict=True))
    assert found["crash"] == (Status.FAILED, "decoder crashed (signal 11)")
    assert found["hang"] == (Status.FAILED, "took longer than 1 s")
    assert found["bug"] == (Status.FAILED, "encoder failed (ValueError: cannot be)")
    assert found["nan"] == (Status.FAILED, "the encoder gave values that are not finite")
    assert found["None"] == (Status.MISSING, "no text")
    for word in ("hello", "yes", "no", "well"):
        assert found[word] == (Status.OK, "")
    np.testing.assert_array_equal(values[:, 0], [5, 0, 3, 0, 2, 0, 0, 0, 4])


def test_workers_killed_for_memory_cost_no_row_that_fits_alone(tmp_path: Path) -> None:
    """The kernel kills whoever asks last; twice killed among others, a clip is tried by itself."""
    tries = tmp_path / "tries"
    texts = ["a", "kill", "bb", f"kill twice {tries}", "abort", "ccc"]
    out, cache = tmp_path / "text.h5", tmp_path / "cache"
    path = table(tmp_path / "t.parquet", texts)
    extract(path, tmp_path, out, text_encoder(), block=3, workers=2, cache=cache)
    _, status, messages, values = contents(out)
    assert [str(s) for s in status] == ["ok", "failed", "ok", "ok", "failed", "ok"]
    assert "killed (signal 9): out of memory?" in messages[1]
    assert messages[4] == "decoder crashed (signal 6)"
    assert values[[0, 2, 5], 0].tolist() == [1, 2, 3]
    assert tries.read_text() == "xxx"
    # Neither failure is kept for other runs.
    assert kept_in(cache) == 4


def test_weights_that_cannot_be_loaded_stop_the_run_with_their_own_error(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", ["a"])
    with pytest.raises(FileNotFoundError, match=r"weights\.bin"):
        extract(path, tmp_path, tmp_path / "out.h5", text_encoder(loads=False))
    assert not (tmp_path / "out.h5").exists()


def test_a_worker_that_cannot_load_the_encoder_makes_no_clip_fail(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", ["a"] * 20)
    features = text_encoder(pause_s=0.2, loads_once=str(tmp_path / "loaded"))
    # Which of the two it is decides who says it: the first to be asked, or one that meets a clip.
    said = r"a worker could not load the encoder \(FileExistsError|File exists"
    with pytest.raises((DataError, FileExistsError), match=said):
        extract(path, tmp_path, tmp_path / "out.h5", features, block=1, workers=2)
    assert not (tmp_path / "out.h5").exists()


def test_workers_share_gpus_one_seat_after_the_other_and_hand_them_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(troubled_encoder, "ON_GPU", True, raising=False)
    monkeypatch.setattr(workers, "visible_gpus", lambda: 2)
    path = table(tmp_path / "t.parquet", [*["a"] * 10, "crash", *["a"] * 10])
    (tmp_path / "meet").mkdir()
    features = text_encoder(tells_gpu=True, pause_s=0.05, meet=str(tmp_path / "meet"))
    out = tmp_path / "out.h5"
    extract(path, tmp_path, out, features, block=1, workers=3, workers_per_gpu=1)
    _, status, _, values = contents(out)
    assert status.count(Status.FAILED) == 1
    found = {(int(pid), int(gpu)) for pid, gpu, _ in values[values[:, 0] > 0]}
    # Block and clip of the crash took a process each; at most two were alive at once.
    assert {gpu for _, gpu in found} == {0, 1}
    assert len({pid for pid, _ in found}) == len(found) <= 4


def test_media_that_lead_out_of_their_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "elsewhere.wav").write_bytes(b"")
    (tmp_path / "media" / "link.wav").symlink_to(tmp_path / "elsewhere.wav")
    path = table(tmp_path / "t.parquet", ["a"], ["link.wav"])
    with pytest.raises(DataError, match=r"u0: link\.wav leads to"):
        extract(path, tmp_path / "media", tmp_path / "out.h5", text_encoder())


def test_context_is_what_was_said_before_in_the_same_dialogue(tmp_path: Path) -> None:
    corpus = module.read_corpus(table(tmp_path / "t.parquet", ["a", None, "c", "d", "e"]))
    corpus.utterances["dialogue_id"] = ["d", "d", "d", "d", "f"]
    found = [clip.context for clip in clips_of(corpus, tmp_path, Around(context_utterances=2))]
    assert found == [(), ("a",), ("a", ""), ("", "c"), ()]
    assert {clip.context for clip in clips_of(corpus, tmp_path)} == {()}


SCRIPT = """
import sys
from pathlib import Path
from ariigcn.features import extract as module
from ariigcn.features.config import EncoderConfig
from ariigcn.features.encoders.registry import ENCODERS
if __name__ == "__main__":
    ENCODERS["text"]["troubled"] = "tests.features.troubled_encoder"
    module.code_version = lambda *_: "1"
    folder = Path(sys.argv[1])
    features = EncoderConfig(modality="text", encoder="troubled", parameters={"pause_s": 0.05})
    out = folder / "out.h5"
    limit = float(sys.argv[2])
    module.extract(
        folder / "t.parquet", folder, out, features, block=2, workers=2, timeout_s=limit
    )
"""


def start(folder: Path, timeout_s: float = 120) -> subprocess.Popen[str]:
    """An extraction in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(timeout_s)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_killed_run_goes_on_and_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: list[str | None] = ["a" * (n % 9 + 1) for n in range(40)]
    path = table(tmp_path / "t.parquet", texts)
    blocks = tmp_path / ".out.h5.blocks"
    run = start(tmp_path)
    wait_for(lambda: len(list(blocks.glob("0*.h5"))) >= 3 or run.poll() is not None)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not (tmp_path / "out.h5").exists()

    kept = sorted(blocks.glob("0*.h5"))
    assert len(kept) < 20
    kept[0].write_bytes(kept[0].read_bytes()[:1000])
    (blocks / "00000002.foreign.h5").write_bytes(b"not a store")
    written: list[Path] = []
    real = module.write_store
    monkeypatch.setattr(module, "write_store", lambda p, *a: (written.append(p), real(p, *a)))
    features = text_encoder(pause_s=0.05)
    extract(path, tmp_path, tmp_path / "out.h5", features, block=2, workers=1)
    assert kept[0] in written
    assert not set(kept[1:]) & set(written)
    assert len(written) == 20 - (len(kept) - 1) + 1

    extract(path, tmp_path, tmp_path / "other.h5", features, block=2, workers=2)
    assert (tmp_path / "out.h5").read_bytes() == (tmp_path / "other.h5").read_bytes()


@pytest.mark.parametrize("whole_group", [False, True])
def test_asked_to_stop_it_drops_the_blocks_in_work_and_ends_with_the_same_bytes(
    tmp_path: Path, whole_group: bool
) -> None:
    """The scheduler signals one process or all of a job; no row may say that its decoder crashed."""
    texts: list[str | None] = ["a" * (n % 9 + 1) for n in range(12)] + ["hang"]
    path = table(tmp_path / "t.parquet", texts)
    run = start(tmp_path, timeout_s=3600)
    wait_for(lambda: len(list((tmp_path / ".out.h5.blocks").glob("0*.h5"))) == 6)
    asked = time.monotonic()
    if whole_group:
        os.killpg(run.pid, signal.SIGTERM)
    else:
        run.send_signal(signal.SIGUSR1)
    _, errors = run.communicate(timeout=30)
    assert time.monotonic() - asked < 10
    assert run.returncode == 1
    assert "StoppedError: " in errors
    assert "finished blocks are kept" in errors
    assert not (tmp_path / "out.h5").exists()

    features = text_encoder(pause_s=0.05)
    for name in ("out", "undisturbed"):
        extract(path, tmp_path, tmp_path / f"{name}.h5", features, block=2, timeout_s=1)
    assert contents(tmp_path / "out.h5")[2][-1] == "took longer than 1 s"
    assert (tmp_path / "out.h5").read_bytes() == (tmp_path / "undisturbed.h5").read_bytes()


def test_shards_are_joined_to_the_bytes_of_one_job(tmp_path: Path) -> None:
    texts: list[str | None] = [*["a" * n for n in range(1, 11)], None]
    path = table(tmp_path / "t.parquet", texts)
    extract(path, tmp_path, tmp_path / "whole.h5", text_encoder(), block=3)
    shards = [tmp_path / f"{number}.h5" for number in range(5)]
    for number, shard in enumerate(shards):
        extract(path, tmp_path, shard, text_encoder(), block=3, shard=(number, 5))
    assert [len(contents(shard)[0]) for shard in shards] == [0, 3, 3, 3, 2]
    merge(shards, tmp_path / "joined.h5", media_root=tmp_path)
    assert (tmp_path / "joined.h5").read_bytes() == (tmp_path / "whole.h5").read_bytes()
    extract(path, tmp_path, shards[4], text_encoder(scale=2), block=3, shard=(4, 5))
    with pytest.raises(DataError, match="made by another encoder"):
        merge(shards, tmp_path / "joined.h5", media_root=tmp_path)


def test_a_cached_clip_is_not_encoded_again_in_another_corpus(tmp_path: Path) -> None:
    cache, words = tmp_path / "cache", ["a", "bb", "nan", "bug"]
    first = table(tmp_path / "1.parquet", [*words])
    extract(first, tmp_path, tmp_path / "1.h5", text_encoder(), block=1, cache=cache)
    assert kept_in(cache) == 2
    second = table(tmp_path / "2.parquet", ["ccc", *words])
    extract(second, tmp_path, tmp_path / "2.h5", text_encoder(), block=2, cache=cache)
    extract(second, tmp_path, tmp_path / "3.h5", text_encoder(), block=2)
    assert (tmp_path / "2.h5").read_bytes() == (tmp_path / "3.h5").read_bytes()
    assert kept_in(cache) == 3


def test_blocks_of_another_setting_or_a_changed_file_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "none.wav").write_bytes(b"1")
    path = table(tmp_path / "t.parquet", ["a", "bb"])

    def names(**parameters: Any) -> list[str]:
        features = text_encoder(**parameters)
        corpus = module.read_corpus(path)
        recipe = module._recipe(corpus, features)
        clips = clips_of(corpus, tmp_path)
        return [b.path.name for b in cut(clips, 1, tmp_path, recipe)]

    before = names()
    assert names() == before
    assert not set(names(scale=3)) & set(before)
    (tmp_path / "none.wav").write_bytes(b"22")
    assert not set(names()) & set(before)


def test_a_span_that_ends_after_its_file_is_used_and_says_so_as_the_check_does(
    tmp_path: Path,
) -> None:
    write_wav(tmp_path / "a.wav", [tone(1.0)])
    ends = [0.9, 1.0 + PAST_END_S - 0.01, 1.0 + PAST_END_S + 0.01, 60.0]
    path = table(tmp_path / "t.parquet", ["a"] * 5, ["a.wav"] * 5)
    corpus = module.read_corpus(path)
    corpus.utterances["start_s"] = [0.0, 0.0, 0.0, 0.0, 5.0]
    corpus.utterances["end_s"] = [*ends, 6.0]
    write_corpus(corpus, path)
    out = tmp_path / "a.h5"
    extract(path, tmp_path, out, EncoderConfig(modality="audio", encoder="opensmile"))
    _, status, messages, _ = contents(out)
    assert [str(s) for s in status] == ["ok", "ok", "ok", "ok", "failed"]
    assert messages[:2] == ["", ""]
    assert messages[2] == "its span ends after its file: at 1.51 s, the file at 1.00 s"
    assert messages[3].startswith("its span ends after its file: at 60.00 s")
    assert messages[4] == "the span starts at 5.00 s, but the file ends at 1.00 s"
    lengths = {"a.wav": look_at(tmp_path / "a.wav")}
    assert [u for u, _, _ in _odd_lengths(corpus.utterances, pd.Series(), lengths)] == [
        "u2",
        "u3",
        "u4",
    ]
    assert measure_store(out)["past_end"] == 2


READS = EncoderConfig.model_construct(
    modality="audio", encoder="troubled", parameters={"reads": True}
)


def test_media_gone_write_no_store_and_once_they_are_back_the_run_goes_on(tmp_path: Path) -> None:
    """An unmounted disk is an empty folder, or none; a moved part of one is files that are not there."""
    root, out = tmp_path / "media", tmp_path / "audio.h5"
    names: list[str | None] = [*[f"{n}.wav" for n in range(8)], None]
    path = table(tmp_path / "t.parquet", ["a"] * 9, names)
    with pytest.raises(DataError, match=r"media: No such file.* 8 files in it, first .*0\.wav"):
        extract(path, root, out, READS, block=2)
    root.mkdir()
    with pytest.raises(DataError, match="media: empty, but the table names 8 files"):
        extract(path, root, out, READS, block=2)
    for name in ("0.wav", "1.wav", "2.wav"):
        (root / name).write_bytes(b"12")
    with pytest.raises(DataError) as error:
        extract(path, root, out, READS, block=2)
    assert "5 of 8 utterances failed (5 no file, 3 ok, 1 missing)" in str(error.value)
    assert f"u3: no such file: 3.wav ({root / '3.wav'})" in str(error.value)
    assert not out.exists()
    # What is finished is kept, blocks with failures are not.
    kept = list((tmp_path / ".audio.h5.blocks").iterdir())
    assert len(kept) == 2
    for name in names:
        if name is not None:
            (root / name).write_bytes(b"12")
    extract(path, root, out, READS, block=2)
    _, status, _, values = contents(out)
    assert [str(s) for s in status] == ["ok"] * 8 + ["missing"]
    np.testing.assert_array_equal(values[:8, 0], 2)


def test_more_failures_are_accepted_where_the_user_says_so(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", ["a", "b", "c"], ["0.wav", "1.wav", "2.wav"])
    for name, content in (("0.wav", b"1"), ("1.wav", b""), ("2.wav", b"")):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="2 of 3 utterances failed"):
        extract(path, tmp_path, tmp_path / "a.h5", READS)
    extract(path, tmp_path, tmp_path / "a.h5", READS, max_failed_share=0.8)
    assert contents(tmp_path / "a.h5")[1].count(Status.FAILED) == 2


def test_a_shard_may_fail_whole_and_all_of_them_together_may_not(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", ["a"] * 4, [f"{n}.wav" for n in range(4)])
    (tmp_path / "0.wav").write_bytes(b"1")
    shards = [tmp_path / "shards" / f"{number}.h5" for number in range(2)]
    for number, shard in enumerate(shards):
        extract(path, tmp_path, shard, READS, block=2, shard=(number, 2))
    with pytest.raises(DataError, match=rf"3 of 4 .* remove {tmp_path / 'shards'} and run"):
        merge(shards, tmp_path / "all.h5", media_root=tmp_path)
    assert not (tmp_path / "all.h5").exists()
    merge(shards, tmp_path / "all.h5", media_root=tmp_path, max_failed_share=0.75)
    assert len(contents(tmp_path / "all.h5")[0]) == 4


def test_a_finished_block_that_lacked_a_file_is_not_believed_once_it_is_there(
    tmp_path: Path,
) -> None:
    """It went while the run was on, and came back before the next."""
    clips = (Clip("u0", None, tmp_path / "0.wav"), Clip("u1", None, tmp_path / "1.wav"))
    block = Block(clips, tmp_path / "block.h5")
    header = StoreHeader("tiny", "audio", "troubled", "1", 1)
    gone = [Status.OK, Status.NO_FILE]
    rows = Rows(["u0", "u1"], np.zeros((2, 1), np.float32), gone, ["", "no such file"])
    write_store(block.path, header, [rows])
    assert block.finished(header) and block.failed()
    assert not block.finished(replace(header, made_by={"av": "another"}))
    (tmp_path / "1.wav").write_bytes(b"1")
    assert not block.finished(header)
    block.path.write_bytes(b"damaged")
    assert not block.finished(header) and block.failed()


def test_texts_that_are_all_empty_are_no_features(tmp_path: Path) -> None:
    path = table(tmp_path / "t.parquet", [None, None])
    with pytest.raises(DataError, match="tiny: text features: no text that can be used"):
        extract(path, tmp_path, tmp_path / "t.h5", text_encoder())


def test_what_is_no_clip_is_a_row_with_words_and_hangs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pipes, devices, folders and impossible names in a clip's place, with the cache on."""
    found = hostile(tmp_path)
    (tmp_path / "list.wav").write_text("ffconcat version 1.0\nfile good.wav\n")
    found["list.wav"] = "a list of other files"
    if os.geteuid() == 0:
        os.mknod(tmp_path / "zero.wav", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        found["zero.wav"] = "a device"
    write_wav(tmp_path / "good.wav", [tone(0.4)])
    names: list[str | None] = [*found, "good.wav"]
    path = table(tmp_path / "t.parquet", ["a"] * len(names), ["x.wav"] * len(names))
    corpus = module.read_corpus(path)
    corpus.utterances["media"] = names
    monkeypatch.setattr(module, "read_corpus", lambda _: corpus)
    features = EncoderConfig(modality="audio", encoder="opensmile")
    out, cache = tmp_path / "a.h5", tmp_path / "cache"
    extract(path, tmp_path, out, features, timeout_s=5, cache=cache, max_failed_share=1)
    _, status, messages, _ = contents(out)
    for name, state, message in zip(found, status, messages, strict=False):
        assert message.startswith(found[name]), name
        assert state == (Status.NO_FILE if found[name] == ABSENT else Status.FAILED), name
    assert status[-1] == Status.OK


def media_folder(folder: Path) -> list[str | None]:
    rng = np.random.default_rng(0)
    write_wav(folder / "good.wav", [tone(0.4)])
    write_video(folder / "both.mp4", grey_frames(20), tone(0.8))
    write_video(folder / "silent.mp4", grey_frames(20))
    write_wav(folder / "short.wav", [tone(0.05)])
    write_wav(folder / "six.wav", [rng.uniform(-0.2, 0.2, 24000) for _ in range(6)], "5.1")
    (folder / "empty.mp4").write_bytes(b"")
    names = ["good.wav", "both.mp4", "silent.mp4", "short.wav", "six.wav", "empty.mp4"]
    return [*names, "absent.mp4", None]


STATUSES = {
    "opensmile": "ok, ok, no stream, too short, ok, failed, no file, missing",
    "efficientnet-lite0": "no stream, ok, ok, no stream, no stream, failed, no file, missing",
    "minilm": "ok, ok, ok, ok, ok, ok, ok, missing",
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of every sort of clip, beside the clips."""
    folder = tmp_path_factory.mktemp("clips")
    texts: list[str | None] = [*[f"This is number {i}." for i in range(7)], " "]
    return table(folder / "t.parquet", texts, media_folder(folder))


@pytest.mark.parametrize(
    "features",
    [
        EncoderConfig(modality="audio", encoder="opensmile"),
        EncoderConfig(
            modality="video", encoder="efficientnet-lite0", parameters={"face": "whole-frame"}
        ),
        EncoderConfig(modality="text", encoder="minilm"),
    ],
    ids=lambda features: features.modality,
)
def test_every_sort_of_clip_gets_its_status(
    clips: Path, tmp_path: Path, features: EncoderConfig
) -> None:
    extract(clips, clips.parent, tmp_path / "a.h5", features, block=8)
    store = FeatureStore(tmp_path / "a.h5")
    assert ", ".join(store.status) == STATUSES[features.encoder]
    assert_named(store)


def test_neither_workers_nor_blocks_leave_a_trace_in_the_bytes(clips: Path, tmp_path: Path) -> None:
    """A real encoder and real clips; how they are shared out decides speed alone."""
    features = EncoderConfig(modality="audio", encoder="opensmile")
    for name, block, count in (("one", 8, 1), ("two", 3, 2)):
        extract(clips, clips.parent, tmp_path / name, features, block=block, workers=count)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def assert_named(store: FeatureStore) -> None:
    assert store.header.corpus == "tiny"
    assert store.header.fitted_on == "none"
    assert len(store.header.weights_sha256) == 64
    assert store.header.parameters
    assert store.header.made_by == made_by(store.header.modality, store.header.encoder)
