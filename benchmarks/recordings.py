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


def long_recording(
    folder: Path, minutes: float, height: int, cores: int, pause_s: int = 0
) -> Recording:
    """A recording of many conversations' clips one after another; pictures are scaled to ``height``.

    ``pause_s`` seconds of silence and a still picture follow every 2.5 minutes of talk.
    """
    generate(DemoConfig(dialogues=PIECE_DIALOGUES, broken_clips=False), folder / "demo", cores)
    corpus = load(folder / "demo")
    clips = clips_of(corpus, folder / "demo")
    piece = folder / "piece.mp4"
    ends = np.cumsum([0.0, *_join(clips, piece, height, pause_s)])
    length = float(ends[-1]) + pause_s
    times = max(1, round(60 * minutes / length))
    media, transcript = folder / "long recording.mp4", folder / "long recording.json"
    _repeat(piece, media, times, Fraction(round(length * FPS), FPS))
    turns = tuple(_turns(corpus, ends, [repeat * length for repeat in range(times)]))
    write_transcript(Transcript("long", turns), transcript)
    return Recording(media, transcript, length * times, len(turns), clips)


def _turns(corpus: Corpus, ends: NDArray[np.float64], offsets: Sequence[float]) -> Iterator[Turn]:
    for offset in offsets:
        for row, start, end in zip(
            corpus.utterances.itertuples(), ends[:-1], ends[1:], strict=True
        ):
            yield Turn(offset + float(start), offset + float(end), str(row.speaker), str(row.text))


class _Film:
    """Pictures and sound that are written one after another, as long as each other."""

    def __init__(self, container: Any, width: int, height: int) -> None:
        self.container = container
        self.video: Any = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        self.audio: Any = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        self.video.width, self.video.height, self.video.pix_fmt = width, height, "yuv420p"
        self.shown = self.heard = 0

    def show(self, picture: Any) -> None:
        """One picture more."""
        picture = picture.reformat(self.video.width, self.video.height, "yuv420p")
        picture.pts, picture.time_base = self.shown, Fraction(1, FPS)
        self.shown += 1
        self.container.mux(self.video.encode(picture))

    def say(self, signal: NDArray[np.float32]) -> None:
        """The sound up to the last picture; silence where the signal is shorter."""
        padded = np.zeros(self.shown * RATE_HZ // FPS - self.heard, np.float32)
        padded[: len(signal)] = signal[: len(padded)]
        sound = av.AudioFrame.from_ndarray(padded[None], format="fltp", layout="mono")
        sound.sample_rate, sound.pts = RATE_HZ, self.heard
        self.heard += len(padded)
        self.container.mux(self.audio.encode(sound))

    def end(self) -> None:
        """What the encoders still hold."""
        self.container.mux([*self.video.encode(None), *self.audio.encode(None)])


def _join(clips: Sequence[Clip], path: Path, height: int, pause_s: int) -> list[float]:
    """The clips as one file, each as long as a whole number of pictures, then a pause; seconds of each."""
    seconds, film = [], None
    with av.open(str(path), "w") as container:
        for clip in clips:
            assert clip.media is not None
            with av.open(str(clip.media)) as source:
                stream = source.streams.video[0]
                width = 2 * round(height * stream.width / stream.height / 2)
                film = film or _Film(container, width, height)
                own = list(source.decode(stream))
            count = round(len(own) * FPS / float(stream.average_rate or FPS))
            for number in range(count):
                film.show(own[number * len(own) // count])
            film.say(read_audio(clip))
            seconds.append(count / FPS)
        assert film is not None
        for _ in range(pause_s):
            for _ in range(FPS):
                film.show(own[-1])
            film.say(np.zeros(0, np.float32))
        film.end()
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
