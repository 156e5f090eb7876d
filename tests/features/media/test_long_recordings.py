"""Two hours of sound and picture: spans are reached by seeking, and no worker holds the recording."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
HOURS_S, PIECE_S, FPS, RATE = 7200, 20, 5, 8000
# What a worker may hold, MB.
LIMIT = 700
SPANS = [(2.0, 5.0), (3601.0, 3604.0), (7190.0, 7193.0)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds, encoded once and stored 360 times: 2 hours at 5 frames a second."""
    folder = tmp_path_factory.mktemp("long")
    piece, out = folder / "piece.mp4", folder / "long.mp4"
    rng = np.random.default_rng(0)
    with av.open(str(piece), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        video.width = video.height = 64
        video.pix_fmt, video.codec_context.max_b_frames = "yuv420p", 0
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        noise = (0.1 * rng.standard_normal((1, PIECE_S * RATE))).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux([*sound.encode(frame), *sound.encode(None)])
        for _ in range(PIECE_S * FPS):
            picture = rng.integers(0, 255, (64, 64, 3), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode(None))
    with av.open(str(piece)) as source, av.open(str(out), "w") as target:
        streams = [target.add_stream_from_template(s) for s in source.streams]
        for start in range(0, HOURS_S, PIECE_S):
            source.seek(0)
            for packet in source.demux():
                at, kind = packet.dts, packet.stream.index
                if at is None or not 0 <= at * packet.time_base < PIECE_S:
                    continue
                shift = round(start / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, at + shift
                packet.stream = streams[kind]
                target.mux(packet)
    return out


# A process of its own, for its own peak. Not getrusage: a child's begins with its parent's.
WORKER = """
import json, re, sys
from pathlib import Path
from ariigcn.features.media import containers, frames, sound
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import make_encoder

modality, encoder, parameters, path, spans = json.loads(sys.argv[1])
opened, read = containers.open_stream, [0]

class Counted:
    def __init__(self, container):
        self.container = container

    def __getattr__(self, name):
        return getattr(self.container, name)

    def demux(self, stream):
        for packet in self.container.demux(stream):
            read[0] += 1
            yield packet

    def decode(self, stream):
        for frame in self.container.decode(stream):
            read[0] += 1
            yield frame

class Opened:
    def __init__(self, *arguments):
        self.inner = opened(*arguments)

    def __enter__(self):
        container, stream = self.inner.__enter__()
        return Counted(container), stream

    def __exit__(self, *error):
        return self.inner.__exit__(*error)

frames.open_stream = sound.open_stream = Opened
made = make_encoder(modality, encoder, parameters)
rows = []
for start, end in spans:
    read[0] = 0
    [row] = made.encode([Clip("u", None, Path(path), start, end)])
    rows.append([str(row.status), row.message, read[0]])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(json.dumps([int(peak[1]) / 1000, rows]))
"""
AUDIO = ("audio", "opensmile", {"feature_set": "IS10"})
VIDEO = ("video", "efficientnet-lite0", {"face": "whole-frame"})


def worker(
    recording: Path, encoder: tuple[str, str, dict[str, Any]], spans: list[Any]
) -> tuple[float, list[list[Any]]]:
    """Peak memory in MB; each span's status, message, and packets or frames that were read."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, json.dumps([*encoder, str(recording), spans])],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    peak, rows = json.loads(done.stdout)
    return peak, rows


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_sound_of_a_span_is_reached_by_seeking_and_a_whole_recording_is_too_long(
    recording: Path,
) -> None:
    whole = [[None, None], [0.5, 119.0]]
    peak, rows = worker(recording, AUDIO, [*SPANS, *whole])
    print(f"audio, IS10: {peak:.0f} MB")
    assert peak < LIMIT
    assert [status for status, _, _ in rows] == ["ok"] * 3 + ["too long", "ok"]
    # 8 frames a second: three seconds, the run-up to them, and the frame that ends them.
    assert all(read < 40 for _, _, read in rows[:3])
    assert rows[3][1] == (
        "longer than max_duration_s, 120 s; give its start_s and end_s in the table"
    )
    assert rows[3][2] < 140 * RATE / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_pictures_of_a_span_are_reached_by_seeking_and_of_two_hours_four_are_held(
    recording: Path,
) -> None:
    peak, rows = worker(recording, VIDEO, [*SPANS, [None, None]])
    print(f"video: {peak:.0f} MB")
    assert peak < LIMIT
    assert {status for status, _, _ in rows} == {"ok"}
    # A keyframe every 20 s: each of a span's packets, and the way from the keyframe before it.
    assert all(read < 250 for _, _, read in rows[:3])
