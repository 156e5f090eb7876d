"""Five hundred recordings through the workflow, five of them broken: undisturbed, and killed and resumed.

python -m benchmarks.predictions FOLDER --recordings 500 --model meld-text

Each recording is 6 s of sound with subtitles of six utterances. The results of both ways must be the same
bytes: a row that says why for each broken recording, predictions of all others.
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Annotated

import av
import numpy as np
import pandas as pd
import typer

from ariigcn.core.files import sha256_file
from benchmarks.workflow import command

SAID = (
    "I got the job!", "Leave me alone.", "Well, you know.", "I never thought that.", "What?",
    "That is wonderful news.", "I miss her so much.", "Do not touch it!", "Breakfast is ready.",
)  # fmt: skip
WHERE = "results/folder/predictions"


def make_recordings(folder: Path, count: int) -> None:
    """Recordings with subtitles, of which five are broken, each in a way of its own."""
    folder.mkdir(parents=True)
    drawn = random.Random(0)
    for number in range(count):
        recording = folder / f"call-{number:04d}.wav"
        _write_sound(recording, 110.0 + number)
        cues = [
            f"{i + 1}\n00:00:0{i},000 --> 00:00:0{i + 1},000\n{['Ann', 'Ben'][i % 2]}: "
            f"{drawn.choice(SAID)}\n"
            for i in range(6)
        ]
        recording.with_suffix(".srt").write_text("\n".join(cues))
    names = [folder / f"call-{number:04d}" for number in range(0, 5 * (count // 5), count // 5)]
    names[0].with_suffix(".wav").write_bytes(b"no sound at all")
    names[1].with_suffix(".srt").write_bytes(b"\xff\xfe\x00 not in UTF-8")
    names[2].with_suffix(".srt").write_text("")
    names[3].with_suffix(".srt").write_text("1\n00:00:05,000 --> 00:00:01,000\nAnn: Hello\n")
    names[4].with_suffix(".wav").write_bytes(b"")


def _write_sound(path: Path, hertz: float) -> None:
    times = np.arange(6 * 8000) / 8000
    samples = (8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)[None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])


def start(run: Path, recordings: Path, model: str, *more: str) -> "subprocess.Popen[bytes]":
    """The workflow in a process group of its own."""
    run.mkdir(parents=True, exist_ok=True)
    config = [f"model={model}", "corpus=folder", f"corpus_root={recordings}"]
    config += ["features={cache: null, block: 16}"]
    words = command(run, "predictions", *more, cores=os.cpu_count() or 1, config=config)
    with (run / "said.log").open("ab") as said:
        return subprocess.Popen(words, stdout=said, stderr=said, start_new_session=True)


def finish(run: Path, recordings: Path, model: str) -> float:
    """Run to the end; seconds."""
    began = time.monotonic()
    if start(run, recordings, model).wait():
        raise RuntimeError((run / "said.log").read_text())
    return time.monotonic() - began


def kill_once(run: Path, recordings: Path, model: str, pattern: str) -> None:
    """Start, and SIGKILL the whole process group as soon as there are files of a pattern."""
    process = start(run, recordings, model)
    while not list(run.glob(pattern)):
        if process.poll() is not None:
            raise RuntimeError(f"finished before {pattern}: {(run / 'said.log').read_text()}")
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    start(run, recordings, model, "--unlock").wait()


def bytes_of(run: Path) -> dict[str, str]:
    """Digest of every result: the rows, the list and the pages."""
    found = sorted((run / WHERE).glob("*/predictions.*"))
    found += sorted((run / WHERE).glob("*/conversations/*.html"))
    return {str(p.relative_to(run)): sha256_file(p) for p in found}


def main(
    folder: Annotated[Path, typer.Argument(help="An empty one, for recordings and runs.")],
    count: Annotated[int, typer.Option("--recordings", help="How many; five are broken.")] = 500,
    model: Annotated[str, typer.Option(help="As ariigcn models lists them.")] = "meld-text",
) -> None:
    """Make the recordings, run both ways, compare."""
    folder = folder.resolve()
    recordings, whole, killed = folder / "recordings", folder / "undisturbed", folder / "killed"
    make_recordings(recordings, count)
    print(f"undisturbed: {finish(whole, recordings, model):.0f} s", flush=True)
    for pattern in (
        "data/folder/predictions/utterances.parquet",
        f"{WHERE}/*/features/.*.blocks/*.h5",
    ):
        kill_once(killed, recordings, model, pattern)
        print(f"killed once there was {pattern}", flush=True)
    print(f"resumed: {finish(killed, recordings, model):.0f} s", flush=True)
    (rows,) = (killed / WHERE).glob("*/predictions.parquet")
    frame = pd.read_parquet(rows)
    failed = frame[frame["error"] != ""]
    results = frame.loc[frame["error"] == "", "conversation"].nunique()
    print(f"{results} results of {count} recordings, {len(failed)} rows that say why:")
    for row in failed.itertuples():
        print(f"  {row.conversation}: {row.error}")
    same = bytes_of(whole) == bytes_of(killed)
    print(f"{len(bytes_of(whole))} files, the same bytes: {same}")
    if not (same and results == count - 5 and len(failed) == 5):
        raise SystemExit(1)


if __name__ == "__main__":
    typer.run(main)
