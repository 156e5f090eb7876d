"""A long recording of the demo corpus's conversations, with its transcript."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ariigcn.corpora.config import DemoConfig
from ariigcn.corpora.demo.generate import generate, load
from ariigcn.corpora.read.transcripts import Transcript, Turn, write_transcript
from ariigcn.corpora.table import Corpus
from ariigcn.features.clips import clips_of
from ariigcn.features.encoders.base import Clip
from ariigcn.features.media.sound import read_audio

FPS, RATE_HZ = 25, 16000
PIECE_DIALOGUES = 12  # about 2.5 minutes, made once; a recording repeats it


@dataclass(frozen=True)
class Recording:
    """A file, its transcript beside it, and the corpus's clips that it was made of."""

    media: Path
    transcript: Path
    seconds: float
    utterances: int
    clips: Sequence[Clip]


def long_recording(folder: Path, minutes: float, height: int, cores: int) -> Recording:
    """A recording of many conversations' clips one after another; pictures are scaled to ``height``."""
    generate(DemoConfig(dialogues=PIECE_DIALOGUES, broken_clips=False), folder / "demo", cores)
    corpus = load(folder / "demo")
    clips = clips_of(corpus, folder / "demo")
    piece = folder / "piece.mp4"
    ends = np.cumsum([0.0, *_join(clips, piece, height)])
    times = max(1, round(60 * minutes / ends[-1]))
    media, transcript = folder / "long recording.mp4", folder / "long recording.json"
    _repeat(piece, media, times, Fraction(round(float(ends[-1]) * FPS), FPS))
    turns = tuple(_turns(corpus, ends, times))
    write_transcript(Transcript("long", turns), transcript)
    return Recording(media, transcript, float(ends[-1]) * times, len(turns), clips)


def _turns(corpus: Corpus, ends: NDArray[np.float64], times: int) -> Iterator[Turn]:
    for repeat in range(times):
        offset = repeat * float(ends[-1])
        for row, start, end in zip(
            corpus.utterances.itertuples(), ends[:-1], ends[1:], strict=True
        ):
            yield Turn(offset + float(start), offset + float(end), str(row.speaker), str(row.text))


def _join(clips: Sequence[Clip], path: Path, height: int) -> list[float]:
    """The clips as one file, each as long as a whole number of pictures; seconds of each."""
    seconds = []
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        audio: Any = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        video.pix_fmt, shown, heard = "yuv420p", 0, 0
        for clip in clips:
            assert clip.media is not None
            with av.open(str(clip.media)) as source:
                stream = source.streams.video[0]
                if not shown:
                    video.height = height
                    video.width = 2 * round(height * stream.width / stream.height / 2)
                own = list(source.decode(stream))
            count = round(len(own) * FPS / float(stream.average_rate or FPS))
            for number in range(count):
                picture = own[number * len(own) // count].reformat(
                    video.width, video.height, "yuv420p"
                )
                picture.pts, picture.time_base = shown, Fraction(1, FPS)
                shown += 1
                container.mux(video.encode(picture))
            signal = np.zeros(count * RATE_HZ // FPS, np.float32)
            said = read_audio(clip)[: len(signal)]
            signal[: len(said)] = said
            sound = av.AudioFrame.from_ndarray(signal[None], format="fltp", layout="mono")
            sound.sample_rate, sound.pts = RATE_HZ, heard
            heard += len(signal)
            container.mux(audio.encode(sound))
            seconds.append(count / FPS)
        container.mux([*video.encode(None), *audio.encode(None)])
    return seconds


def _repeat(piece: Path, path: Path, times: int, length: Fraction) -> None:
    """A file's packets again and again, each time later by its length."""
    with av.open(str(path), "w") as out:
        own: dict[int, Any] = {}
        last: dict[int, int] = {}
        for repeat in range(times):
            with av.open(str(piece)) as source:
                if not own:
                    own = {s.index: out.add_stream_from_template(s) for s in source.streams}
                for packet in source.demux():
                    if packet.dts is None:
                        continue
                    base = packet.time_base
                    offset = round(repeat * length / base)
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    # An encoder's last packet of sound reaches beyond the piece, into the next one.
                    if packet.dts <= last.get(packet.stream.index, packet.dts - 1):
                        continue
                    last[packet.stream.index] = packet.dts
                    packet.stream = own[packet.stream.index]
                    out.mux(packet)
