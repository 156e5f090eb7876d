"""What the page does with what it was given: held to the limits, predicted, written in every format."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ariigcn.app.limits import Limits
from ariigcn.core.errors import DataError
from ariigcn.corpora.read.clips import last_packet_s, look_at
from ariigcn.corpora.read.recordings import RECORDINGS
from ariigcn.corpora.read.subtitles import split_speaker
from ariigcn.corpora.read.transcripts import READERS, read_transcript, write_transcript
from ariigcn.predict.conversation import Conversation
from ariigcn.predict.encode import Work
from ariigcn.predict.sources import Source, output_trouble
from ariigcn.predict.writers import write
from ariigcn.speech.packages import available
from ariigcn.speech.settings import SpeechSettings
from ariigcn.speech.transcribe import Listener

if TYPE_CHECKING:
    from ariigcn.predict.model import EmotionModel

Progress = Callable[[str, float], None]
CORES = 2  # of one request
HEARD = "transcript.json"  # what a machine writes of a recording
# Parquet is left out: a small file can unfold to any size.
TRANSCRIPTS = tuple(ending for ending in READERS if ending != ".parquet")
# Ending -> what the page calls it, and what a browser takes it for.
FORMATS = {
    ".csv": ("CSV", "text/csv"),
    ".json": ("JSON", "application/json"),
    ".srt": ("Subtitles (SRT)", "application/x-subrip"),
    ".html": ("Page (HTML)", "text/html"),
    ".parquet": ("Parquet", "application/vnd.apache.parquet"),
}


@dataclass(frozen=True)
class Given:
    """What a visitor gave.

    Args:
        recording: sound or video.
        transcript: who said what, when.
        words: lines ``Ann: ...``; empty: none.
        speakers: how many speak; None: estimated where there is no transcript.
    """

    recording: Path | None = None
    transcript: Path | None = None
    words: str = ""
    speakers: int | None = None


def analyse(
    given: Given, model: "EmotionModel", limits: Limits, folder: Path, progress: Progress
) -> list[Conversation]:
    """The conversations of what was given, with their emotions.

    Args:
        given: files are uploads, words are pasted.
        model: which one.
        limits: what is allowed.
        folder: where a transcript that a machine writes is put.
        progress: told of each stage and of the share of it that is done.

    Raises:
        DataError: it cannot be used, or is beyond a limit; in words that name no path of the machine.
    """
    try:
        if given.words.strip():
            return [_of_words(given, model, limits)]
        source = _source(given, limits, folder, progress)
        found = model.predict_all([source], Work(CORES, progress=progress))
        (folder / HEARD).unlink(missing_ok=True)  # older than the result, which holds its words
    except DataError as error:
        raise DataError(_without_paths(str(error), given, folder)) from None
    if given.recording is None:
        return found
    found = [replace(c, recording=given.recording.name) for c in found]
    if given.transcript is None:
        found = [replace(c, name=given.recording.stem) for c in found]
    return found


def write_all(conversations: Sequence[Conversation], folder: Path) -> list[Path]:
    """The result as a file of each format that can hold it."""
    timed = any(u.start_s is not None for u in conversations[0].utterances)
    subtitles = len(conversations) == 1 and timed
    paths = [folder / f"emotions{e}" for e in FORMATS if e != ".srt" or subtitles]
    for path in paths:
        write(conversations, path)
    return paths


def _of_words(given: Given, model: "EmotionModel", limits: Limits) -> Conversation:
    if given.recording or given.transcript:
        raise DataError("there are both files and pasted words; remove one of them")
    if len(given.words.encode(errors="surrogatepass")) > limits.transcript_megabytes * 1e6:
        raise DataError(f"the words are more than {limits.transcript_megabytes:g} MB")
    lines = [line for line in given.words.splitlines() if line.strip()]
    _check_count(len(lines), limits)
    return model.predict_turns([(who or "", said) for who, said in map(split_speaker, lines)])


def _source(given: Given, limits: Limits, folder: Path, progress: Progress) -> Source:
    """The files, looked at before work starts; a transcript is written where none was given."""
    if given.recording is not None:
        _check_recording(given.recording, limits)
    if given.transcript is not None:
        _check_transcript(given.transcript, limits)
        return Source(given.recording, given.transcript)
    if given.recording is None:
        raise DataError("the page has no input yet: give a recording, a transcript or words")
    return Source(given.recording, _heard(given, limits, folder, progress))


def _heard(given: Given, limits: Limits, folder: Path, progress: Progress) -> Path:
    """The transcript that a machine writes of the recording."""
    if available():
        raise DataError(
            "the recording needs a transcript: give one, as subtitles (.srt, .vtt) or a table (.csv) of "
            "who said what, when. This page can write one by itself where ariigcn[speech] is installed"
        )
    assert given.recording is not None
    listener = Listener(SpeechSettings(speakers=given.speakers), CORES)
    heard = listener.transcribe(given.recording, progress)
    _check_count(len(heard.turns), limits)
    write_transcript(heard, folder / HEARD)
    return folder / HEARD


def _check_recording(path: Path, limits: Limits) -> None:
    if path.suffix.lower() not in RECORDINGS:
        raise DataError(f"{path.name}: not a recording; expected {', '.join(RECORDINGS)}")
    if path.stat().st_size > limits.megabytes * 1e6:
        raise DataError(f"{path.name}: larger than {limits.megabytes:g} MB")
    if trouble := look_at(path).trouble:
        raise DataError(f"{path.name}: {trouble}")
    minutes = _seconds(path) / 60
    if minutes > limits.minutes:
        raise DataError(
            f"{path.name}: {minutes:.0f} minutes long; this page takes at most {limits.minutes:g}"
        )


def _seconds(path: Path) -> float:
    """How long a recording is by its packets: a header may say nothing, or anything."""
    import av

    with av.open(str(path), metadata_errors="replace") as container:
        return last_packet_s(container)


def _check_transcript(path: Path, limits: Limits) -> None:
    if path.suffix.lower() not in TRANSCRIPTS:
        raise DataError(f"{path.name}: not a transcript; expected {', '.join(TRANSCRIPTS)}")
    if path.stat().st_size > limits.transcript_megabytes * 1e6:
        raise DataError(f"{path.name}: larger than {limits.transcript_megabytes:g} MB")
    if trouble := output_trouble(path):
        raise DataError(trouble)
    _check_count(sum(len(transcript.turns) for transcript in read_transcript(path)), limits)


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.utterances:
        raise DataError(f"{count:,} utterances; this page takes at most {limits.utterances:,}")


def _without_paths(words: str, given: Given, folder: Path) -> str:
    """A message without where the machine keeps its files."""
    for path in (given.recording, given.transcript):
        if path is not None:
            words = words.replace(f"{path.parent}/", "")
    return words.replace(f"{folder}/", "")
