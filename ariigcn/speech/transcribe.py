"""A recording's transcript, written by a machine: where somebody speaks, what, and who."""

from importlib.metadata import version
from pathlib import Path

from ariigcn.core.errors import ConfigError, DataError
from ariigcn.corpora.read.transcripts import Transcript
from ariigcn.speech.activity import speech_spans
from ariigcn.speech.packages import available
from ariigcn.speech.recognition import Recogniser
from ariigcn.speech.settings import SpeechSettings
from ariigcn.speech.sound import Progress, Sound, Span, read_sound
from ariigcn.speech.speakers import Segment, VoiceEncoder, speaker_segments
from ariigcn.speech.turns import turns_of


class Listener:
    """What transcribes recordings; its models are loaded once.

    Args:
        settings: recogniser, language, number of speakers.
        threads: cores that it may use.

    Raises:
        ConfigError: a package is missing, or the recogniser does not fit the settings.
        DataError: a model's files are damaged.
    """

    def __init__(self, settings: SpeechSettings | None = None, threads: int = 1) -> None:
        self.settings = settings or SpeechSettings()
        if missing := available(self.settings):
            raise ConfigError(f"a recording cannot be transcribed here: {missing}")
        self._threads = threads
        self._recogniser = Recogniser(self.settings, threads)
        self._encoder = VoiceEncoder()

    def transcribe(self, recording: Path, progress: Progress | None = None) -> Transcript:
        """Who said what, when, as far as a machine can tell.

        Args:
            recording: a file with sound.
            progress: called with a stage's name and the share of it that is done.

        Returns:
            Turns by their start, speakers named ``speaker 1``, ... by first appearance; where no word
            was recognised, a turn has no text.

        Raises:
            DataError: the recording cannot be decoded, has no sound, or nobody speaks in it.
        """
        tell = progress or _silent
        tell("sound", 0.0)
        sound = read_sound(recording)
        tell("sound", 1.0)
        spans = speech_spans(sound, lambda share: tell("voice activity", share))
        if not spans:
            raise DataError(
                f"{recording}: the machine heard nobody speak in its {sound.seconds:,.1f} s "
                f"of sound; give a transcript"
            )
        words = self._recogniser.words(sound, spans, lambda share: tell("recognition", share))
        segments = self._speakers(sound, spans, tell)
        turns = turns_of(segments, words)
        if not turns:
            raise DataError(f"{recording}: no words and no turns were found; give a transcript")
        notes = tuple(note for note in (sound.note,) if note)
        return Transcript(recording.stem, tuple(turns), notes, self._made_by())

    def _speakers(self, sound: Sound, spans: list[Span], tell: Progress) -> list[Segment]:
        import torch

        torch.set_num_threads(self._threads)
        number = self.settings.speakers
        return speaker_segments(
            sound, spans, self._encoder, number, lambda share: tell("speakers", share)
        )

    def _made_by(self) -> str:
        number = self.settings.speakers
        how = "estimated" if number is None else f"{number} given"
        voices = f"resemblyzer {version('resemblyzer')} (speakers: {how})"
        return f"silero-vad in {self._recogniser.made_by}, {voices}"


def _silent(stage: str, share: float) -> None:
    """Progress that nobody asked for."""
