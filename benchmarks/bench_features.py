"""Feature extraction against bare loops, reading against numpy, and a run with nothing to do.

python -m benchmarks.bench_features --utterances 1000

Clips are the demo corpus's; texts are its texts again and again, to MELD's number. Bare loops, one a
core, run before and after the extraction that they are compared with, so that a machine's moods touch
both. Extraction is measured from its call to its file, and once more without its start: by what the
clips beyond a first few cost. The ratio of processor seconds stands beside that of the clock, for
where the machine has other work to do.
"""

import json
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import psutil
import typer

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.generate import generate, load
from ariigcn.corpora.table import Corpus, write_corpus
from ariigcn.features.clips import clips_of
from ariigcn.features.config import EncoderConfig, FeaturesConfig
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import make_encoder
from ariigcn.features.extract import extract
from benchmarks.bare import Loop, Spent, bare_audio, bare_text, bare_video, side_by_side, spent
from benchmarks.reading import ROWS, candidates, random_dialogues
from benchmarks.rerun import nothing_to_do

IS10 = EncoderConfig(modality="audio", encoder="opensmile", parameters={"feature_set": "IS10"})
FACES = EncoderConfig(modality="video", encoder="efficientnet-lite0")
MINILM = EncoderConfig(modality="text", encoder="minilm")
# Of the ratio to bare loops; and clips that the slow ones run over.
TARGETS, BARE = {"audio": 0.92, "video": 0.9, "text": 0.9}, 250
BATCHES = 8, 16, 32, 64  # of the bare loop over texts; the fastest counts
HEAD = (
    "| | bare, a second | ours, a second | ratio | without start | of CPU seconds | target | "
    "MB a worker |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


@contextmanager
def worker_memory() -> Iterator[list[float]]:
    """The largest resident set of any child so far, MB, looked at five times a second."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            for child in psutil.Process().children(recursive=True):
                try:
                    peak[0] = max(peak[0], child.memory_info().rss / 1e6)
                except psutil.NoSuchProcess:
                    continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def encoder_alone(features: EncoderConfig, clips: Sequence[Clip], block: int) -> Spent:
    """The encoder over the same clips in this process: decoding and statuses, no pool, no files."""
    encoder = make_encoder(features.modality, features.encoder, features.parameters)
    blocks = [clips[start : start + block] for start in range(0, len(clips), block)]
    return spent(lambda: [encoder.encode(part) for part in blocks])


def against(
    corpus: Corpus,
    root: Path,
    features: EncoderConfig,
    sample: Sequence[Clip],
    bare: Callable[[Sequence[Clip]], Loop],
    cores: int,
) -> dict[str, float]:
    """Extraction's rate as a share of that of bare loops over a sample, one a core."""

    block = FeaturesConfig().block_of(features.modality)

    def run(rows: int, cache: Path | None = None) -> Spent:
        table, out = root / "part.parquet", root / "out.h5"
        write_corpus(replace(corpus, utterances=corpus.utterances[:rows]), table)
        return spent(
            lambda: extract(table, root, out, features, block=block, workers=cores, cache=cache)
        )

    count = len(corpus.utterances)
    few = min(block * cores, count // 2)
    scale = count / len(sample)
    before = side_by_side(bare, sample, cores)
    start = run(few)
    with worker_memory() as peak:
        whole = run(count)
    inside = encoder_alone(features, sample, block)
    after = side_by_side(bare, sample, cores)
    clock, cpu = (scale * (a + b) / 2 for a, b in zip(before, after, strict=True))
    more, share = whole - start, (count - few) / count
    filling = run(count, root / "cache")
    kept = run(count, root / "cache")
    return {
        "bare_a_second": count / clock,
        "extracted_a_second": (count - few) / more.clock,
        "ratio": clock / whole.clock,
        "ratio_without_start": clock * share / more.clock,
        "cpu_ratio_without_start": cpu * share / more.cpu,
        "encoder_cpu_ratio": cpu / scale / inside.cpu,
        "start_s": start.clock - more.clock * few / (count - few),
        "worker_mb": peak[0],
        "filling_cache_cpu": filling.cpu / whole.cpu,
        "from_cache_cpu": kept.cpu / whole.cpu,
    }


def repeated(corpus: Corpus, rows: int) -> Corpus:
    """The corpus again and again, under other names, to so many utterances."""
    once = corpus.utterances
    copies = [
        once.assign(**{of: f"{copy}-" + once[of] for of in ("dialogue_id", "utterance_id")})
        for copy in range(-(-rows // len(once)))
    ]
    return replace(corpus, utterances=pd.concat(copies, ignore_index=True)[:rows])


def decoded(clips: Sequence[Clip]) -> dict[str, float]:
    """How many frames four frames a clip cost: those decoded for one used, and of all there are."""
    from ariigcn.features.media import frames

    real, count = frames._frames, [0]

    def counted(*arguments: Any) -> Iterator[Any]:
        for frame in real(*arguments):
            count[0] += 1
            yield frame

    frames._frames = counted
    used = sum(len(frames.sample_frames(clip, 4)) for clip in clips)
    frames._frames = real
    whole = sum(len(frames.sample_frames(clip, 10**6)) for clip in clips)
    return {"decoded_for_one_used": count[0] / used, "decoded_of_all": count[0] / whole}


def row(part: str, figures: dict[str, float]) -> str:
    """A part's figures as a row of the table in docs/performance.md."""
    ratio, target = figures["ratio_without_start"], TARGETS[part]
    verdict = "met" if ratio >= target else f"**missed** by {target - ratio:.2f}"
    cells = [
        part,
        *(f"{figures[name]:.1f}" for name in ("bare_a_second", "extracted_a_second")),
        *(f"{figures[name]:.2f}" for name in ("ratio", "ratio_without_start")),
        f"{figures['cpu_ratio_without_start']:.2f}",
        f"{target}: {verdict}",
        f"{figures['worker_mb']:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def main(
    utterances: Annotated[int, typer.Option(help="Clips of 2 to 4 s.")] = 1000,
    cores: Annotated[int, typer.Option(help="0: all.")] = 0,
    parts: str = "audio,video,text,reading,rerun",
) -> None:
    """Print one line of JSON a part, and the ratios as a table for docs/performance.md."""
    cores = cores or psutil.cpu_count() or 1
    asked, rows = parts.split(","), []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)

        def show(part: str, figures: dict[str, float]) -> None:
            rounded = {name: round(value, 3) for name, value in figures.items()}
            typer.echo(json.dumps({"part": part, "cores": cores, **rounded}))
            if part in TARGETS:
                rows.append(row(part, figures))

        if {"audio", "video", "text"} & set(asked):
            dialogues = max(3, -(-utterances // 8))
            generate(DemoConfig(dialogues=dialogues, broken_clips=False), root, cores)
            corpus = load(root)
            corpus = replace(corpus, utterances=corpus.utterances[:utterances])
            clips = clips_of(corpus, root)
            # Bare loops are steady: a part of the clips, from all over the corpus, is enough.
            some = clips[:: max(1, len(clips) // BARE)]
            if "audio" in asked:
                show("audio", against(corpus, root, IS10, some, bare_audio, cores))
            if "video" in asked:
                figures = against(corpus, root, FACES, some, bare_video, cores)
                show("video", {**figures, **decoded(some)})
            if "text" in asked:
                seconds = {b: spent(bare_text(clips, b)).cpu for b in BATCHES}
                best = min(seconds, key=seconds.__getitem__)
                many = repeated(corpus, ROWS)
                texts, loop = clips_of(many, root), partial(bare_text, batch=best)
                show(
                    "text", {"best_batch": best, **against(many, root, MINILM, texts, loop, cores)}
                )
        if "reading" in asked:
            show("reading", random_dialogues(root))
            for name, figures in candidates(root):
                show(f"layout {name}", figures)
        if "rerun" in asked:
            show("rerun", nothing_to_do(root / "workflow", cores))
    if rows:
        typer.echo("\n".join(["", *HEAD, *rows]))


if __name__ == "__main__":
    typer.run(main)
