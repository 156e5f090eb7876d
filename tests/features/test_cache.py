"""Results by content: what counts as the same clip, what is kept, what damage does."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ariigcn.core.files import remove
from ariigcn.features.cache import Cache, _packed
from ariigcn.features.encoders.base import Clip, Encoded
from ariigcn.features.store import Status, StoreHeader

HEADER = StoreHeader("tiny", "video", "counting", "1", 2, "abc", parameters={"frames": 4})


class Counting:
    """Tells the size of a clip's file, and remembers whom it was asked about."""

    version, weights_sha256, dimension, feature_names = "1", "abc", 2, ()

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, clips: Sequence[Clip]) -> list[Encoded]:
        self.asked += [clip.utterance_id for clip in clips]
        return [self.encode_one(clip) for clip in clips]

    def encode_one(self, clip: Clip) -> Encoded:
        if clip.media is None:
            return Encoded(None, Status.MISSING, "no media")
        size = clip.media.stat().st_size
        if size == 0:
            return Encoded(None, Status.FAILED, "empty")
        if size == 1:
            return Encoded(None, Status.NO_FACE, "no face")
        return Encoded(np.array([size, 0.1], np.float32), message="fine")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache.of(tmp_path / "cache", HEADER, "1")


def clip(folder: Path, name: str, content: bytes, **facts: object) -> Clip:
    (folder / name).write_bytes(content)
    return replace(Clip(name, "text", folder / name), **facts)  # type: ignore[arg-type]


def asked(cache: Cache, *clips: Clip) -> list[str]:
    encoder = Counting()
    results = cache.encode(encoder, clips)
    for result, fresh in zip(results, Counting().encode(clips), strict=True):
        assert (result.status, result.message) == (fresh.status, fresh.message)
        np.testing.assert_array_equal(result.values, fresh.values)
    return encoder.asked


def test_the_same_bytes_are_encoded_once_wherever_they_stand(cache: Cache, tmp_path: Path) -> None:
    first = clip(tmp_path, "a.mp4", b"one clip")
    assert asked(cache, first, clip(tmp_path, "b.mp4", b"another clip")) == ["a.mp4", "b.mp4"]
    (tmp_path / "elsewhere").mkdir()
    same = clip(tmp_path / "elsewhere", "c.mp4", b"one clip", text="other words")
    assert asked(cache, clip(tmp_path, "d.mp4", b"new"), same, first) == ["d.mp4"]


def test_another_span_side_recipe_or_content_is_another_clip(cache: Cache, tmp_path: Path) -> None:
    first = clip(tmp_path, "a.mp4", b"one clip", start_s=0.0, end_s=2.0)
    asked(cache, first)
    for other in (replace(first, end_s=3.0), replace(first, video_side="left")):
        assert asked(cache, other) == ["a.mp4"]
    headers = [
        replace(HEADER, weights_sha256="abd"),
        replace(HEADER, encoder_version="2"),
        replace(HEADER, parameters={"frames": 5}),
        replace(HEADER, made_by={"av": "18.1.0"}),
    ]
    for header in headers:
        assert Cache.of(tmp_path / "cache", header, "1").folder != cache.folder
    assert Cache.of(tmp_path / "cache", HEADER, "2").folder != cache.folder
    assert Cache.of(tmp_path / "cache", replace(HEADER, corpus="other"), "1") == cache
    changed = clip(tmp_path, "a.mp4", b"two clip", start_s=0.0, end_s=2.0)
    os.utime(tmp_path / "a.mp4", (1, 1))
    assert asked(cache, changed) == ["a.mp4"]


def test_a_modality_is_told_by_what_it_reads(tmp_path: Path) -> None:
    text, audio = (
        Cache.of(tmp_path / "cache", replace(HEADER, modality=m), "1") for m in ("text", "audio")
    )
    first = clip(tmp_path, "a.mp4", b"one clip")
    sound = tmp_path / "a.wav"
    sound.write_bytes(b"sound")
    assert asked(text, first) == asked(audio, first) == ["a.mp4"]
    assert asked(text, replace(first, start_s=1.0)) == []
    assert asked(text, replace(first, context=("before",))) == ["a.mp4"]
    assert asked(audio, replace(first, video_side="left")) == []
    assert asked(audio, replace(first, audio=sound)) == ["a.mp4"]
    assert asked(audio, replace(first, audio=sound, start_s=1.0)) == []


def test_what_may_pass_is_not_kept(cache: Cache, tmp_path: Path) -> None:
    failed = clip(tmp_path, "failed.mp4", b"")
    no_face = clip(tmp_path, "no_face.mp4", b"1")
    missing = Clip("missing", "text", None)
    clips = (failed, no_face, missing)
    assert asked(cache, *clips) == ["failed.mp4", "no_face.mp4", "missing"]
    assert asked(cache, *clips) == ["failed.mp4", "missing"]


def test_a_damaged_result_is_made_again_and_a_folder_may_not_be_writable(
    cache: Cache, tmp_path: Path
) -> None:
    first = clip(tmp_path, "a.mp4", b"one clip")
    asked(cache, first)
    (path,) = cache.folder.glob("*.records")
    content = path.read_bytes()
    for damage in (b"", content[:-1], content[:-1] + b"x", b"\n"):
        path.write_bytes(damage)
        assert asked(cache, first) == ["a.mp4"]
        assert asked(cache, first) == []
        path.write_bytes(content)
    (tmp_path / "file").write_text("not a folder")
    blocked = replace(cache, folder=tmp_path / "file")
    assert asked(blocked, first) == ["a.mp4"]


def test_a_cache_of_one_file_a_result_is_still_read(cache: Cache, tmp_path: Path) -> None:
    first, damaged = (clip(tmp_path, n, n.encode()) for n in ("a.mp4", "b.mp4"))
    for each in (first, damaged):
        name = cache._key(each).hex()  # type: ignore[union-attr]
        path = cache.folder / name[:2] / name[2:]
        path.parent.mkdir(parents=True)
        path.write_bytes(_packed(Counting().encode_one(each)))
    path.write_bytes(path.read_bytes()[:-1])
    assert asked(cache, first, damaged) == ["b.mp4"]
    assert asked(cache, first, damaged) == []


def test_results_of_many_clips_are_few_files(cache: Cache, tmp_path: Path) -> None:
    clips = [clip(tmp_path, f"{n}.mp4", b"clip %d" % n) for n in range(100)]
    for start in range(0, 100, 10):
        assert len(asked(cache, *clips[start : start + 10])) == 10
    assert asked(cache, *clips) == []
    assert sorted(p.suffix for p in cache.folder.iterdir()) == [".index", ".records"]
    remove(cache.folder)  # as anybody may at any time
    assert len(asked(cache, *clips)) == 100
    assert asked(cache, *clips) == []
