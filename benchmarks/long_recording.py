"""`ariigcn predict` over one long recording, with its transcript or without, against the bare parts.

python -m benchmarks.long_recording --minutes 30
python -m benchmarks.long_recording --minutes 30 --heard   # needs the extra speech
python -m benchmarks.long_recording --minutes 180 --heard --pause 600   # three hours, mostly silent

The recording is the demo's conversations joined and scaled up; the model has the default run's encoders
and weights as they are drawn, since only time is asked for. The bare loops are those of
``benchmarks.bare`` over the same clips, one process each, before and after. Without its
transcript the recording is heard first; the bare part is then faster-whisper over its sound, too.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import psutil
import typer

from ariigcn.features.here import EncoderHere
from ariigcn.graphs.build import COMPACT_RELATIONS
from ariigcn.graphs.config import GraphConfig
from ariigcn.models.bundle import BundleHead, save_bundle, told
from ariigcn.models.config import ModelConfig
from benchmarks.bare import Loop, bare_audio, bare_text, bare_video, spent
from benchmarks.bench_features import FACES, IS10, MINILM
from benchmarks.recordings import Recording, long_recording


def save_model(folder: Path) -> Path:
    """A model over the default encoders, with weights as they are drawn."""
    headers = {config.modality: EncoderHere(config).header for config in (MINILM, IS10, FACES)}
    head = BundleHead(
        "demo",
        ("anger", "joy", "neutral", "sadness"),
        {m: header.dimension for m, header in headers.items()},
        COMPACT_RELATIONS,
        GraphConfig(),
        ModelConfig(),
        {m: told(header) for m, header in headers.items()},
        {"experiment": "speed", "seed": 0, "threads": 1},
    )
    save_bundle(folder, head, head.build())
    return folder


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds that a command takes, and the most memory that its processes hold together, in MB."""
    peak, started = 0.0, time.monotonic()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.2):
            peak = max(peak, _together(process.pid))

    thread = threading.Thread(target=watch)
    thread.start()
    code = process.wait()
    seconds = time.monotonic() - started
    over.set()
    thread.join()
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    return seconds, peak


def _together(pid: int) -> float:
    """Proportional set sizes of a process and its children: what is shared counts once."""
    try:
        whole = psutil.Process(pid)
        processes = [whole, *whole.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    total = 0.0
    for process in processes:
        try:
            total += process.memory_full_info().pss / 1e6
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return total


def bare(recording: Recording) -> float:
    """Processor seconds of bare loops over everything that the recording holds."""
    clips = recording.clips
    spoken = sum(clip.media is not None for clip in clips)
    repeats = recording.utterances / spoken
    loops: list[Loop] = [bare_text(clips, 32), bare_audio(clips), bare_video(clips)]
    return repeats * sum(spent(loop).cpu for loop in loops)


def main(
    minutes: float = 30.0,
    height: Annotated[int, typer.Option(help="Of the pictures, pixels.")] = 720,
    cores: int = 2,
    *,
    heard: Annotated[bool, typer.Option("--heard", help="Without its transcript.")] = False,
    pause: Annotated[int, typer.Option(help="Silence after every 2.5 minutes of talk, s.")] = 0,
) -> None:
    """Print seconds, times real time, the ratio to the bare loops and the peak of memory as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recording = long_recording(folder, minutes, height, cores, pause)
        model, out = save_model(folder / "model"), folder / "out.csv"
        command = [str(Path(sys.executable).with_name("ariigcn")), "predict", str(recording.media)]
        command += ["--model", str(model), "-o", str(out), "--cores", str(cores)]
        if heard:
            recording.transcript.unlink()
        before = bare(recording)
        seconds, peak = measured(command)
        after = bare(recording)
        loops = (before + after) / 2 / cores
        if heard:
            from ariigcn.speech.settings import SpeechSettings
            from ariigcn.speech.transcribe import Listener
            from benchmarks.speech import recognition_alone

            loops += recognition_alone(recording.media, Listener(SpeechSettings(), cores))
    figures = {
        "recording_s": recording.seconds,
        "utterances": recording.utterances,
        "seconds": seconds,
        "times_real_time": recording.seconds / seconds,
        "bare_s_on_all_cores": loops,
        "ratio": loops / seconds,
        "peak_mb": peak,
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    typer.run(main)
