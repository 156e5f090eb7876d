"""What was said in recordings: read where there is a transcript, else heard by a machine."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ariigcn.core.errors import ConfigError, DataError, problem_list
from ariigcn.core.logs import progress
from ariigcn.corpora.read.transcripts import Transcript, read_transcript, write_transcript
from ariigcn.predict.sources import (
    Given,
    Source,
    apart,
    called,
    in_a_line,
    names_of,
    output_trouble,
    require_content,
)
from ariigcn.predict.writers import check_place
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


def transcripts_of(sources: Sequence[Source], speech: SpeechSettings, threads: int) -> list[Given]:
    """The conversations of each source, in their order; no two have one name.

    One of which nothing can be predicted has no turns, and its note says why: a recording that cannot
    be heard, a transcript that cannot be used, a conversation without words.

    Args:
        sources: recordings and transcripts.
        speech: how a recording without a transcript is heard.
        threads: cores for it.

    Raises:
        ConfigError: the recogniser does not fit the settings.
        DataError: a recording has no transcript and cannot be heard here, or no source can be used.
    """
    bare = [source for source in sources if source.transcript is None]
    if bare and (missing := available(speech)):
        raise DataError(
            f"{bare[0]}: there is no transcript; name one, or put it beside the recording as "
            f"{bare[0].name}.srt, .vtt, .csv, .json (Whisper's) or .rttm. Or let a machine "
            f"transcribe it: "
            f"{missing}"
        )
    listener = Listener(speech, threads) if bare else None
    names = names_of(sources)
    found: list[Given] = []
    problems: list[str] = []
    for source, name in zip(sources, names, strict=True):
        for transcript, error in _conversations(source, name, listener):
            if error is None:
                found.append((source, transcript))
            else:
                problems.append(str(error))
                why = in_a_line(error, source)
                found.append((source, replace(transcript, turns=(), notes=(why,))))
    if len(problems) == len(found):
        raise DataError(
            problems[0]
            if len(problems) == 1
            else problem_list("nothing can be predicted", problems)
        )
    return apart(found, dict(zip(sources, names, strict=True)))


def _conversations(
    source: Source, name: str, listener: Listener | None
) -> Iterator[tuple[Transcript, DataError | None]]:
    """The conversations of a source, each with why nothing of it can be predicted."""
    try:
        said = _said(source, name, listener)
    except DataError as error:
        yield Transcript(name, ()), error
        return
    for transcript in said:
        try:
            require_content(source, transcript)
        except DataError as error:
            yield transcript, error
        else:
            yield transcript, None


def _said(source: Source, name: str, listener: Listener | None) -> list[Transcript]:
    """What was said in a source, read or heard."""
    if source.transcript is not None:
        return called(name, read_transcript(source.transcript), source.transcript)
    assert listener is not None
    assert source.recording is not None
    return [replace(hear(listener, source.recording), name=name)]


def hear(listener: Listener, recording: Path, given: Path | None = None) -> Transcript:
    """A machine's transcript of a recording, or what it adds to one that is given; progress is shown.

    Raises:
        DataError: see :meth:`ariigcn.speech.transcribe.Listener.transcribe` and ``complete``; or the given
            transcript cannot be read, holds several conversations, or is what was predicted.
    """
    if given is not None and (trouble := output_trouble(given)):
        raise DataError(trouble)
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


def write_heard(
    out: Path, heard: Callable[[], Transcript], inputs: Sequence[Path] = ()
) -> Transcript:
    """Hear, and write what was heard as Whisper's JSON, for a person to correct.

    Args:
        out: the file.
        heard: what is heard.
        inputs: what it is heard from, which is not replaced.

    Raises:
        ConfigError: the path does not end in ``.json``, is one of the inputs, or cannot be written; said
            before work starts.
    """
    if out.suffix.lower() != ".json":
        raise ConfigError(f"{out}: this command writes JSON; name a file that ends in .json")
    check_place(out, inputs)
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
