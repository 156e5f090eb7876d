"""What was said in recordings: read where there is a transcript, else heard by a machine."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.logs import progress
from ariigcn.corpora.read.transcripts import Transcript, read_transcript, write_transcript
from ariigcn.predict.sources import Source
from ariigcn.speech.language import not_english
from ariigcn.speech.packages import available
from ariigcn.speech.settings import SpeechSettings
from ariigcn.speech.transcribe import Listener

# Of 100: where a stage begins, and what it takes.
STAGES = {
    "sound": (0, 5),
    "voice activity": (5, 10),
    "recognition": (15, 60),
    "speakers": (75, 25),
}


def transcripts_of(
    sources: Sequence[Source], speech: SpeechSettings, threads: int
) -> list[tuple[Source, Transcript]]:
    """The conversations of each source, in their order.

    A recording that cannot be heard, one of several, has a transcript without turns, whose note says why.

    Args:
        sources: recordings and transcripts.
        speech: how a recording without a transcript is heard.
        threads: cores for it.

    Raises:
        ConfigError: the recogniser does not fit the settings.
        DataError: a transcript is defective, a recording has none and cannot be heard here, or no
            recording could be heard.
    """
    bare = [source for source in sources if source.transcript is None]
    if bare and (missing := available(speech)):
        raise DataError(
            f"{bare[0]}: there is no transcript; name one, or put it beside the recording as "
            f"{bare[0].name}.srt, .vtt, .csv, .json (Whisper's) or .rttm. Or let a machine "
            f"transcribe it: "
            f"{missing}"
        )
    given = {s: read_transcript(s.transcript) for s in sources if s.transcript is not None}
    listener = Listener(speech, threads) if bare else None
    found: list[tuple[Source, Transcript]] = []
    problems = []
    for source in sources:
        if listener is None or source.recording is None or source in given:
            found += [(source, transcript) for transcript in given[source]]
            continue
        try:
            found.append((source, hear(listener, source.recording)))
        except DataError as error:
            problems.append(str(error))
            found.append((source, Transcript(source.name, (), (str(error),))))
    if len(problems) == len(sources):
        raise DataError(
            problems[0]
            if len(problems) == 1
            else problem_list("nothing can be predicted", problems)
        )
    return found


def hear(listener: Listener, recording: Path, given: Path | None = None) -> Transcript:
    """A machine's transcript of a recording, or what it adds to one that is given; progress is shown.

    Raises:
        DataError: see :meth:`ariigcn.speech.transcribe.Listener.transcribe` and ``complete``; or the given
            transcript cannot be read, or holds several conversations.
    """
    known = [] if given is None else read_transcript(given)
    if len(known) > 1:
        raise DataError(
            f"{given}: holds {len(known)} conversations; give one of this recording alone"
        )
    with progress(f"{recording.name}: listening, percent", 100) as counter:

        def tell(stage: str, share: float) -> None:
            begin, length = STAGES[stage]
            counter.advance(max(round(begin + share * length) - counter.done, 0))

        if known:
            return listener.complete(recording, known[0], tell)
        return listener.transcribe(recording, tell)


def write_heard(out: Path, heard: Callable[[], Transcript]) -> Transcript:
    """Hear, and write what was heard as Whisper's JSON, for a person to correct.

    Raises:
        ConfigError: the path does not end in ``.json``; said before work starts.
    """
    if out.suffix.lower() != ".json" or out.is_dir():
        raise ConfigError(f"{out}: this command writes JSON; name a file that ends in .json")
    transcript = heard()
    write_transcript(transcript, out)
    return transcript


def with_language_notice(transcript: Transcript) -> Transcript:
    """The transcript, with a note where its words are probably not English."""
    why = not_english(turn.text or "" for turn in transcript.turns)
    if not why:
        return transcript
    note = f"the words are probably not English, but the text encoder knows only English ({why})"
    return replace(transcript, notes=(*transcript.notes, note))
