"""Clips of the demo corpus: H.264 and AAC in mp4, the same bytes every time, some broken on purpose."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ariigcn.corpora.demo.faces import FACES, Image
from ariigcn.corpora.demo.film import FPS, scenery, talking_head
from ariigcn.corpora.demo.script import Utterance
from ariigcn.corpora.demo.texts import babble
from ariigcn.corpora.demo.voices import RATE_HZ, VOICES, Engine, energy

TOO_SHORT_S = 0.05
_AAC_FRAME = 1024


def make_clip(utterance: Utterance, path: Path, engine: Engine, rng: np.random.Generator) -> None:
    """Speak, draw and write one utterance, broken the way it says."""
    voice, face = VOICES[utterance.speaker], FACES[utterance.speaker]
    speech = engine.speak(babble(rng), voice, utterance.cues["audio"], rng)
    count = -(-len(speech) * FPS // RATE_HZ)
    if utterance.broken == "no face":
        frames = scenery(count, rng)
    else:
        frames = talking_head(face, utterance.cues["video"], energy(speech, count), rng)
    if utterance.broken == "too short":
        middle = len(speech) // 2
        speech, frames = speech[middle : middle + round(TOO_SHORT_S * RATE_HZ)], frames[:1]
    write_mp4(path, frames, None if utterance.broken == "no audio" else speech)
    if utterance.broken == "truncated":
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])


def write_mp4(path: Path, frames: list[Image], speech: NDArray[np.float32] | None) -> None:
    """Write BGR frames at :data:`FPS` and, unless None, speech [samples, channels].

    One thread an encoder and bit-exact muxing: nothing depends on the machine's load or the clock.
    """
    import av

    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        video: Any = container.add_stream("libx264", rate=FPS)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.options = {"preset": "superfast", "crf": "23", "threads": "1", "flags": "+bitexact"}
        audio: Any = None
        if speech is not None:
            layout = "mono" if speech.shape[1] == 1 else "stereo"
            audio = container.add_stream("aac", rate=RATE_HZ, layout=layout)
            audio.bit_rate = 48_000
            audio.options = {"aac_coder": "fast", "threads": "1", "flags": "+bitexact"}
        for i, image in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(image, format="bgr24")
            picture.pts = i
            container.mux(video.encode(picture))
            if speech is not None:
                _encode_audio(container, audio, speech, i, last=i == len(frames) - 1)
        container.mux(video.encode(None))
        if audio is not None:
            container.mux(audio.encode(None))


def _encode_audio(
    container: Any, stream: Any, speech: NDArray[np.float32], frame: int, last: bool
) -> None:
    """Encode the speech heard during one video frame, so that the two interleave."""
    import av

    def blocks(seconds: float) -> int:
        return round(seconds * RATE_HZ) // _AAC_FRAME * _AAC_FRAME

    start, stop = blocks(frame / FPS), len(speech) if last else blocks((frame + 1) / FPS)
    bounds = [*range(start, min(stop, len(speech)), _AAC_FRAME), min(stop, len(speech))]
    for begin, end in itertools.pairwise(bounds):
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(speech[begin:end].T),
            format="fltp",
            layout=stream.layout.name,
        )
        block.sample_rate, block.pts = RATE_HZ, begin
        container.mux(stream.encode(block))
