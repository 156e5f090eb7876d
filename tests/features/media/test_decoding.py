"""Clips that are whole, odd, cut off or no clips at all."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from ariigcn.corpora.read.clips import look_at
from ariigcn.features.encoders.base import Clip, ClipError
from ariigcn.features.media.containers import PAST_END, open_stream, past_end
from ariigcn.features.media.frames import sample_frames
from ariigcn.features.media.sound import read_audio
from ariigcn.features.store import Status
from tests.features.make_clips import (
    FPS,
    RATE,
    grey_frames,
    number_of,
    shifted,
    tone,
    write_floats,
    write_sound,
    write_video,
    write_wav,
)


def clip(media: Path | None, start_s: float | None = None, end_s: float | None = None) -> Clip:
    return Clip("u", None, media, start_s, end_s)


def dominant_hertz(signal: np.ndarray, rate: int = 16000) -> float:
    return float(np.abs(np.fft.rfft(signal)).argmax() * rate / len(signal))


def test_sound_comes_out_at_16_khz_with_its_pitch_and_level(tmp_path: Path) -> None:
    signal = read_audio(clip(write_wav(tmp_path / "a.wav", [tone(1.0)])))
    assert signal.dtype == np.float32
    assert abs(len(signal) - 16000) <= 16
    assert dominant_hertz(signal) == pytest.approx(220, abs=2)
    assert np.abs(signal).max() == pytest.approx(0.25, abs=0.01)


def test_the_mean_of_all_six_channels_or_the_first(tmp_path: Path) -> None:
    silent = np.zeros_like(tone(0.5))
    path = write_wav(tmp_path / "a.wav", [tone(0.5), *[silent] * 5], "5.1")
    first, mean = read_audio(clip(path), mix="first"), read_audio(clip(path), mix="mean")
    np.testing.assert_allclose(first / 6, mean, atol=1e-5)
    assert np.abs(first).max() > 0.2


def test_a_span_of_a_long_recording_is_its_own_seconds(tmp_path: Path) -> None:
    long = np.concatenate([tone(1.0, 200 + 100 * i) for i in range(8)])
    for path in (
        write_wav(tmp_path / "a.wav", [long]),
        write_video(tmp_path / "a.mp4", grey_frames(100), long),
    ):
        span = read_audio(clip(path, 3.1, 3.9))
        assert abs(len(span) - 12800) <= 16
        assert dominant_hertz(span) == pytest.approx(500, abs=3)


@pytest.mark.parametrize("keyframe_every", [250, 10])
def test_frames_are_the_middles_of_equal_parts(tmp_path: Path, keyframe_every: int) -> None:
    path = write_video(tmp_path / "a.mp4", grey_frames(80), keyframe_every=keyframe_every)
    assert [number_of(f) for f in sample_frames(clip(path), 4)] == [10, 30, 50, 70]
    # Seconds 1.2 to 2.0 are frames 30 to 49.
    assert [number_of(f) for f in sample_frames(clip(path, 1.2, 2.0), 2)] == [35, 45]


@pytest.mark.parametrize("keyframe_every", [250, 30, 12])
@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("ts", "libx264"), ("m2ts", "libx264"), ("flv", "libx264"), ("mpg", "mpeg2video")],
)
def test_frames_are_of_their_time_where_a_format_seeks_by_when_they_are_decoded(
    tmp_path: Path, suffix: str, codec: str, keyframe_every: int
) -> None:
    path = tmp_path / f"a.{suffix}"
    write_video(path, grey_frames(80), keyframe_every=keyframe_every, codec=codec)
    assert [number_of(f) for f in sample_frames(clip(path), 4)] == [10, 30, 50, 70]
    for span, numbers in {(0, 0.4): [2, 7], (1.2, 2.0): [35, 45], (2.8, 3.2): [72, 77]}.items():
        assert [number_of(f) for f in sample_frames(clip(path, *span), 2)] == numbers, span


def test_sound_of_mpeg_ps_is_of_its_time(tmp_path: Path) -> None:
    long = np.concatenate([tone(1.0, 200 + 100 * i) for i in range(8)])
    path = write_sound(tmp_path / "a.mpg", long, "mp2")
    span = read_audio(clip(path, 3.1, 3.9))
    assert abs(len(span) - 12800) <= 16
    assert dominant_hertz(span) == pytest.approx(500, abs=3)


def test_frames_without_a_time_are_an_error(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.h264", grey_frames(20))
    assert status_of(path, "video") == (
        Status.FAILED,
        "most of its frames have no time; encode it anew, as .mp4",
    )


def test_frames_that_a_cut_hides_are_not_shown(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", grey_frames(80))
    path = shifted(whole, tmp_path / "cut.mp4", 20)
    assert [number_of(f) for f in sample_frames(clip(path), 4)] == [27, 42, 57, 72]
    assert [number_of(f) for f in sample_frames(clip(path, 0.0, 0.8), 2)] == [25, 35]


def test_mpeg_ts_whose_clock_starts_anew_within_it(tmp_path: Path) -> None:
    sound = np.concatenate([tone(0.8, 200 + 100 * i) for i in range(4)])
    whole = write_video(tmp_path / "whole.ts", grey_frames(80), sound, keyframe_every=30)
    begin = 40 - round(2**33 / 90_000 * FPS)  # its clock counts 33 bits of 1/90,000 s
    path = shifted(whole, tmp_path / "anew.ts", begin)
    assert [number_of(f) for f in sample_frames(clip(path), 4)] == [10, 30, 50, 70]
    for start in (0.1, 0.9, 1.7, 2.5):
        [frame] = sample_frames(clip(path, start, start + 0.3), 1)
        assert number_of(frame) == pytest.approx((start + 0.15) * FPS, abs=2)
        heard = read_audio(clip(path, start + 0.1, start + 0.5))
        assert dominant_hertz(heard) == pytest.approx(200 + 100 * (start // 0.8), abs=4)


ONE = 1 << 16
MATRICES = {  # the first four of a display matrix -> where the upper left corner is shown, and what shape
    (ONE, 0, 0, ONE): ("upper left", (48, 64)),
    (0, ONE, -ONE, 0): ("upper right", (64, 48)),
    (-ONE, 0, 0, -ONE): ("lower right", (48, 64)),
    (0, -ONE, ONE, 0): ("lower left", (64, 48)),
    (-ONE, 0, 0, ONE): ("upper right", (48, 64)),
    (ONE, 0, 0, -ONE): ("lower left", (48, 64)),
    (0, ONE, ONE, 0): ("upper left", (64, 48)),
    (0, -ONE, -ONE, 0): ("lower right", (64, 48)),
}


@pytest.mark.parametrize("matrix", MATRICES)
def test_turned_and_mirrored_pictures_are_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int]
) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 255
    path = write_video(tmp_path / "a.mp4", [picture] * 5)
    a, b, c, d = matrix
    plain, wanted = (
        struct.pack(">9i", *two, 0, *more, 0, 0, 0, 1 << 30)
        for two, more in (((ONE, 0), (0, ONE)), ((a, b), (c, d)))
    )
    content = path.read_bytes()
    track = content.index(b"tkhd")
    path.write_bytes(content[:track] + content[track:].replace(plain, wanted, 1))
    [frame] = sample_frames(clip(path), 1)
    corner, shape = MATRICES[matrix]
    height, width = frame.shape[0] // 2, frame.shape[1] // 2
    corners = {
        "upper left": frame[:height, :width],
        "upper right": frame[:height, width:],
        "lower left": frame[height:, :width],
        "lower right": frame[height:, width:],
    }
    assert frame.shape == (*shape, 3)
    assert max(corners, key=lambda name: float(corners[name].mean())) == corner


def test_a_clip_of_three_frames_gives_three(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", grey_frames(3))
    assert [number_of(f) for f in sample_frames(clip(path), 8)] == [0, 1, 2]


@pytest.mark.parametrize(("suffix", "keyframe_every"), [("mp4", 1), ("mp4", 250), ("mkv", 250)])
def test_spans_between_the_frames_of_one_a_second(
    tmp_path: Path, suffix: str, keyframe_every: int
) -> None:
    path = tmp_path / f"a.{suffix}"
    write_video(path, grey_frames(6), tone(6.0), keyframe_every=keyframe_every, fps=1)
    spans = {
        (2.2, 2.9): [2],
        (2.5, 3.4): [3],
        (0.0, 0.8): [0],
        (5.1, 5.9): [5],
        (1.9, 4.1): [2, 3, 4],
    }
    for span, numbers in spans.items():
        assert [number_of(f) for f in sample_frames(clip(path, *span), 4, 0.5)] == numbers, span
    assert status_of(path, "video", start_s=2.2, end_s=2.25)[0] == Status.TOO_SHORT
    assert status_of(path, "video", start_s=7.5, end_s=8.5)[0] == Status.FAILED


@pytest.mark.timeout(60)
@pytest.mark.parametrize("codec", ["mpeg4", "libx264"])
def test_seeks_end_where_a_clock_ticks_once_a_second(tmp_path: Path, codec: str) -> None:
    """AVI's does at one frame a second; it has no times of showing, so that frames are near, not exact."""
    path = write_video(tmp_path / "a.avi", grey_frames(8), tone(8.0), fps=1, codec=codec)
    for start in range(6):
        (shown,) = sample_frames(clip(path, float(start), start + 2.0), 1)
        assert abs(number_of(shown) - start) <= 2


def test_one_picture_lasts_as_long_as_its_file(tmp_path: Path) -> None:
    shown = sample_frames(clip(write_video(tmp_path / "a.mp4", grey_frames(1), tone(2.0))), 4, 1.9)
    assert len(shown) == 1
    still = write_video(tmp_path / "b.mp4", grey_frames(1), fps=1)
    assert len(sample_frames(clip(still), 4, 0.9)) == 1
    assert status_of(write_video(tmp_path / "c.mp4", grey_frames(1)), "video") == (
        Status.TOO_SHORT, "0.040 s long, but at least 0.1 s are needed"
    )  # fmt: skip


def status_of(path: Path | None, kind: str, **span: float) -> tuple[Status, str]:
    with pytest.raises(ClipError) as error:
        if kind == "audio":
            read_audio(clip(path, **span), min_duration_s=0.06)
        else:
            sample_frames(clip(path, **span), 4, min_duration_s=0.1)
    return error.value.status, error.value.message


def test_absent_media_and_absent_tracks(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "silent.mp4", grey_frames(10))
    unseen = write_wav(tmp_path / "unseen.wav", [tone(0.5)])
    assert status_of(None, "audio")[0] == Status.MISSING
    assert status_of(tmp_path / "none.mp4", "video") == (
        Status.NO_FILE,
        "no such file: none.mp4",
    )
    assert status_of(silent, "audio") == (Status.NO_STREAM, "no audio track")
    assert status_of(unseen, "video") == (Status.NO_STREAM, "no video track")


def test_too_short(tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "a.wav", [tone(0.05)])
    assert status_of(sound, "audio") == (
        Status.TOO_SHORT,
        "0.050 s long, but at least 0.06 s are needed",
    )
    assert status_of(write_video(tmp_path / "a.mp4", grey_frames(2)), "video")[0] == (
        Status.TOO_SHORT
    )


def test_empty_and_garbage_files_fail_in_the_decoders_words(tmp_path: Path) -> None:
    for name, data in {"empty.mp4": b"", "garbage.mp4": bytes(range(256)) * 40}.items():
        (tmp_path / name).write_bytes(data)
        for kind in ("audio", "video"):
            status, message = status_of(tmp_path / name, kind)
            assert status == Status.FAILED
            assert message.startswith("cannot be decoded (")


def test_a_download_that_stopped_half_way_is_no_shorter_clip(tmp_path: Path) -> None:
    noise = [np.random.default_rng(i).integers(0, 255, (64, 64, 3), np.uint8) for i in range(75)]
    for faststart in (False, True):
        whole = write_video(tmp_path / "a.mp4", noise, tone(3.0), faststart=faststart).read_bytes()
        part = tmp_path / "part.mp4"
        part.write_bytes(whole[: len(whole) // 2])
        assert status_of(part, "video")[0] == Status.FAILED


@pytest.mark.parametrize(
    ("name", "codec", "muxer"),
    [("a.aac", "aac", {}), ("a.mp3", "libmp3lame", {"write_xing": "0"})],
)
@pytest.mark.parametrize("silent_s", [slice(0, 12), slice(8, 20)])
def test_a_guessed_length_is_not_believed(
    tmp_path: Path, name: str, codec: str, muxer: dict[str, str], silent_s: slice
) -> None:
    signal = np.concatenate([tone(1.0, 200 + 50 * second) for second in range(20)])
    signal = signal + np.random.default_rng(0).normal(0, 0.1, len(signal)).astype(np.float32)
    signal[silent_s.start * RATE : silent_s.stop * RATE] = 0
    path = write_sound(tmp_path / name, signal, codec, **muxer)
    with av.open(str(path)) as container:
        assert container.duration is not None
        assert abs(container.duration / 1e6 - 20) > 5  # FFmpeg's guess
    assert look_at(path).seconds == pytest.approx(20, abs=0.1)
    assert len(read_audio(clip(path))) == pytest.approx(20 * 16000, abs=1600)
    heard = 16 if silent_s.start == 0 else 4
    span = read_audio(clip(path, heard + 0.1, heard + 0.9))
    assert dominant_hertz(span) == pytest.approx(200 + 50 * heard, abs=3)
    assert len(read_audio(clip(path, 18.0, 19.5))) == pytest.approx(24000, abs=16)
    assert past_end(clip(path, 18.0, 19.5), "audio") == ""
    assert past_end(clip(path, 18.0, 25.0), "audio").startswith(PAST_END)
    status, message = status_of(path, "audio", start_s=30.0, end_s=31.0)
    assert status == Status.FAILED
    assert message.startswith("the span starts at 30.00 s, but the file ends at 20.0")


def test_an_mp3_that_counts_its_frames_and_lacks_half_of_them_is_cut_off(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.mp3", tone(4.0), "libmp3lame")
    with av.open(str(path)) as container:
        frames = [packet.pos for packet in container.demux() if packet.size]
    path.write_bytes(path.read_bytes()[: frames[len(frames) // 2]])
    status, message = status_of(path, "audio")
    assert status == Status.FAILED
    assert message.startswith("cut off: only ")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_fail(tmp_path: Path, value: float) -> None:
    signal = tone(1.0)
    path = write_floats(tmp_path / "a.wav", signal)
    assert len(read_audio(clip(path))) == pytest.approx(16000, abs=16)
    signal[5000] = value
    assert status_of(write_floats(path, signal), "audio") == (
        Status.FAILED,
        "its sound has samples that are NaN or infinite",
    )


def test_a_span_behind_the_end_fails(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", grey_frames(50), tone(2.0))
    for kind in ("audio", "video"):
        status, message = status_of(path, kind, start_s=5.0, end_s=6.0)
        assert status == Status.FAILED
        assert "5.00 s" in message


def test_matroska_tells_its_end_for_the_whole_file_alone(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", grey_frames(50), tone(2.0))
    for kind in ("audio", "video"):
        status, message = status_of(path, kind, start_s=5.0, end_s=6.0)
        assert status == Status.FAILED
        assert message.startswith("the span starts at 5.00 s, but the file ends at 2.0")


def test_a_file_that_goes_while_it_is_read_is_no_file(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", [tone(0.1)])
    words = r"removed during the run: a\.wav"
    with pytest.raises(ClipError, match=words) as error, open_stream(clip(path), "audio"):
        path.unlink()
        raise OSError("stale handle")
    assert error.value.status == Status.NO_FILE


def test_a_side_is_half_of_the_picture_and_an_audio_file_is_heard_in_place_of_the_media(
    tmp_path: Path,
) -> None:
    pictures = [np.full((64, 128, 3), 30, np.uint8) for _ in range(30)]
    for picture in pictures:
        picture[:, 64:] = 200
    media = write_video(tmp_path / "both.mp4", pictures, tone(1.2, 300.0))
    sound = write_wav(tmp_path / "turn.wav", [tone(0.4, 500.0)])
    for side, grey in (("left", 30), ("right", 200)):
        seen = Clip("u", None, media, 0.2, 0.8, audio=sound, video_side=side)  # type: ignore[arg-type]
        frames = sample_frames(seen, 2)
        assert [f.shape for f in frames] == [(64, 64, 3)] * 2
        assert abs(float(frames[0].mean()) - grey) < 4
    signal = read_audio(seen)
    assert abs(len(signal) - 6400) <= 16
    assert dominant_hertz(signal) == pytest.approx(500, abs=3)
