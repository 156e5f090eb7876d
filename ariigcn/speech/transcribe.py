"""A recording's transcript, written by a machine: where somebody speaks, what, and who."""

from dataclasses import replace
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
from ariigcn.speech.turns import turns_of, with_speakers, with_words


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

    def complete(
        self, recording: Path, given: Transcript, progress: Progress | None = None
    ) -> Transcript:
        """A given transcript with what it lacks: words where no turn has any, or speakers likewise.

        Args:
            recording: the file that the transcript is of.
            given: turns with times; they stay as they are.
            progress: as :meth:`transcribe`'s.

        Raises:
            DataError: the transcript lacks nothing that a machine can add, or does not fit the recording,
                or the recording has no sound that can be decoded.
        """
        tell = progress or _silent
        wordless = not any(turn.text for turn in given.turns)
        nameless = not any(turn.speaker for turn in given.turns)
        if not (wordless or nameless):
            raise DataError(
                f"{given.name}: its turns have words and speakers; there is nothing to add"
            )
        tell("sound", 0.0)
        sound = read_sound(recording)
        tell("sound", 1.0)
        spans = _spans(given, sound, recording)
        turns, made_by = given.turns, []
        if wordless:
            words = self._recogniser.words(sound, spans, lambda share: tell("recognition", share))
            turns = with_words(turns, words)
            made_by.append(f"words: {self._recogniser.made_by}")
        if nameless:
            turns = with_speakers(turns, self._speakers(sound, spans, tell))
            made_by.append(f"speakers: {self._voices()}")
        notes = (*given.notes, *filter(None, (sound.note,)))
        return replace(given, turns=turns, notes=notes, made_by=", ".join(made_by))

    def _speakers(self, sound: Sound, spans: list[Span], tell: Progress) -> list[Segment]:
        import torch

        torch.set_num_threads(self._threads)
        number = self.settings.speakers
        return speaker_segments(
            sound, spans, self._encoder, number, lambda share: tell("speakers", share)
        )

    def _made_by(self) -> str:
        return f"silero-vad in {self._recogniser.made_by}, {self._voices()}"

    def _voices(self) -> str:
        number = self.settings.speakers
        how = "estimated" if number is None else f"{number} given"
        return f"resemblyzer {version('resemblyzer')} (speakers: {how})"


def _spans(given: Transcript, sound: Sound, recording: Path) -> list[Span]:
    """Where a transcript's turns are in a recording's sound."""
    spans = []
    for turn in given.turns:
        if turn.start_s is None or turn.end_s is None:
            raise DataError(
                f"{given.name}: a turn has no times; a machine cannot find it in the sound"
            )
        if turn.start_s >= sound.seconds:
            raise DataError(
                f"{given.name}: a turn begins at {turn.start_s:g} s, but the sound of {recording} ends at "
                f"{sound.seconds:.1f} s; is it another recording's transcript?"
            )
        spans.append(Span(turn.start_s, min(turn.end_s, sound.seconds)))
    return spans


def _silent(stage: str, share: float) -> None:
    """Progress that nobody asked for."""
