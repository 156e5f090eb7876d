"""What there is to predict: recordings with their transcripts, found by name, as one utterance table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.paths import NOT_UTF8, file_trouble, is_text
from ariigcn.corpora.read.recordings import RECORDINGS
from ariigcn.corpora.read.transcripts import READERS, Transcript, Turn
from ariigcn.corpora.table import COLUMNS, Corpus

# The table's media are relative to a folder; recordings may lie anywhere.
MEDIA_ROOT = Path("/")
ENDINGS = (*RECORDINGS, *READERS)
UNNAMED = "unnamed"  # the speaker of turns that name none: the table needs one


@dataclass(frozen=True)
class Source:
    """A recording, a transcript, or both, of one conversation; a transcript may hold several."""

    recording: Path | None = None
    transcript: Path | None = None

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        path = self.recording or self.transcript
        assert path is not None
        return path.stem

    def __str__(self) -> str:
        return str(self.recording or self.transcript)


def find_sources(paths: Sequence[Path], transcript: Path | None = None) -> list[Source]:
    """Recordings and transcripts, files or folders of them, each with what lies beside it.

    A recording without a transcript of its own takes the one of the same name beside it.

    Raises:
        DataError: a path does not exist, is neither, or a folder holds nothing; all are named.
    """
    if transcript is not None:
        if len(paths) != 1 or paths[0].is_dir():
            raise DataError("a transcript belongs to one recording: name only that file")
        if problem := _trouble(paths[0], RECORDINGS):
            raise DataError(problem)
        return [Source(paths[0], transcript)]
    found: list[Source] = []
    problems: list[str] = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = [there for there in sorted(path.iterdir()) if _is_named_so(there)]
            if not inside:
                problems.append(f"{path}: holds no recording and no transcript")
        elif problem := _trouble(path, ENDINGS):
            problems.append(problem)
        found += _paired(inside)
    if problems:
        raise DataError(problem_list("nothing was started", problems))
    return list(dict.fromkeys(found))


def _is_named_so(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".")


def _trouble(path: Path, endings: Sequence[str]) -> str:
    if trouble := file_trouble(path):
        return f"{path}: {trouble}"
    if path.suffix.lower() not in endings:
        return f"{path}: '{path.suffix}' is none of {', '.join(endings)}"
    return ""


def _paired(paths: Sequence[Path]) -> Iterator[Source]:
    """Each recording with the transcript of its name beside it; transcripts without one alone."""
    recordings = {p: None for p in paths if p.suffix.lower() in RECORDINGS}
    taken: set[Path | None] = set()
    for path in recordings:
        beside = [path.with_suffix(ending) for ending in READERS]
        transcript = next((p for p in beside if p.is_file()), None)
        taken.add(transcript)
        yield Source(path, transcript)
    for path in paths:
        if path not in recordings and path not in taken:
            yield Source(None, path)


def require_content(source: Source, transcript: Transcript) -> None:
    """Refuse a conversation of which nothing can be read, heard or seen.

    Raises:
        DataError: it has no words, and no turn with times in a recording.
    """
    said = any(turn.text for turn in transcript.turns)
    timed = any(turn.start_s is not None for turn in transcript.turns)
    if not said and (source.recording is None or not timed):
        raise DataError(
            f"{source}: it has no words, sound or pictures, so nothing can be predicted"
        )


def table_of_speakers(speakers: Sequence[str], labels: Sequence[str]) -> Corpus:
    """The table of one conversation of which only who speaks is known: what else is told is features."""
    turns = tuple(Turn(None, None, speaker, None) for speaker in speakers)
    return table_of([(Source(), Transcript("", turns))], labels)


def table_of(conversations: Sequence[tuple[Source, Transcript]], labels: Sequence[str]) -> Corpus:
    """The utterance table of conversations to predict: all of it the test split, without labels.

    Args:
        conversations: a source and one transcript of it, each.
        labels: the model's emotions.

    Returns:
        One row a turn, in the order given; media are relative to :data:`MEDIA_ROOT`.

    Raises:
        DataError: a recording's path is not in UTF-8.
    """
    rows = []
    for index, (source, transcript) in enumerate(conversations):
        dialogue = f"{index:06d}"
        media = None if source.recording is None else source.recording.resolve()
        if media and not is_text(str(media)):
            raise DataError(f"{source.recording}: a folder or a link on its way has {NOT_UTF8}")
        for number, turn in enumerate(transcript.turns):
            timed = turn.start_s is not None
            rows.append(
                {
                    "dialogue_id": dialogue,
                    "utterance_id": f"{dialogue}-{number:06d}",
                    "position": number,
                    "speaker": turn.speaker or UNNAMED,
                    "text": turn.text,
                    "emotion": None,
                    "split": "test",
                    "media": str(media.relative_to(MEDIA_ROOT)) if media and timed else None,
                    "start_s": turn.start_s if timed else None,
                    "end_s": turn.end_s if timed else None,
                }
            )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["emotion"] = frame["emotion"].astype(object)
    sources: Mapping[str, str] = {}
    return Corpus("recordings", "1", tuple(labels), "their owners'", sources, frame)
