"""What there is to predict: recordings with their transcripts, found by name, as one utterance table."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ariigcn.core.errors import DataError, problem_list
from ariigcn.core.paths import NOT_UTF8, file_trouble, is_text, printable
from ariigcn.corpora.read.recordings import RECORDINGS, by_recording, recordings_of, stem_of
from ariigcn.corpora.read.transcripts import READERS, Transcript, Turn
from ariigcn.corpora.table import COLUMNS, Corpus
from ariigcn.predict.writers import wrote

logger = logging.getLogger(__name__)
# The table's media are relative to a folder; recordings may lie anywhere.
MEDIA_ROOT = Path("/")
ENDINGS = (*RECORDINGS, *READERS)
PASSED_OVER = "%s: passed over; `ariigcn predict` wrote it"
UNNAMED = "unnamed"  # the speaker of turns that name none: the table needs one


@dataclass(frozen=True)
class Source:
    """A recording, a transcript, or both, of one conversation; a transcript may hold several."""

    recording: Path | None = None
    transcript: Path | None = None

    @property
    def file(self) -> Path:
        """What it is called by: the recording, or else the transcript."""
        path = self.recording or self.transcript
        assert path is not None
        return path

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.file.stem

    def __str__(self) -> str:
        return str(self.recording or self.transcript)


Given = tuple[Source, Transcript]  # one conversation: where it is from, and what was said


def find_sources(paths: Sequence[Path], transcript: Path | None = None) -> list[Source]:
    """Recordings and transcripts, files or folders of them, each with what lies beside it.

    A recording without a transcript of its own takes the one of the same name beside it, or of that
    name with a language (``talk.en.srt``), whether it is named too or not. What ``ariigcn predict`` wrote
    is no transcript: among several it is passed over, so that the same command can run again.

    Raises:
        DataError: a path does not exist, is neither, or a folder holds nothing; a recording has
            transcripts in several languages; or what was predicted is named alone. All are told.
    """
    if transcript is not None:
        if len(paths) != 1 or paths[0].is_dir():
            raise DataError("a transcript belongs to one recording: name only that file")
        if problem := _trouble(paths[0], RECORDINGS) or output_trouble(transcript):
            raise DataError(problem)
        return [Source(paths[0], transcript)]
    found: list[Path] = []
    problems: list[str] = []
    for path in paths:
        inside = [path]
        if path.is_dir():
            inside = _inside(path)
            if not inside:
                problems.append(f"{path}: holds no recording and no transcript")
        elif problem := _trouble(path, ENDINGS):
            problems.append(problem)
        elif problem := output_trouble(path):
            inside = []
            if len(paths) > 1:  # rec/* names results, too
                logger.info(PASSED_OVER, path)
            else:
                problems.append(problem)
        found += inside
    beside = _beside([path for path in found if path.suffix.lower() in RECORDINGS])
    problems += _in_several_languages(beside)
    if not (found or problems):
        problems.append("what is named is results alone, no recording and no transcript")
    if problems:
        raise DataError(problem_list("nothing was started", problems))
    return list(_paired(found, beside))


def files_of(sources: Sequence[Source]) -> Iterator[Path]:
    """What people gave: recordings, transcripts, and other transcripts of the recordings' names."""
    for source in sources:
        yield source.file
        if source.transcript is not None:
            yield source.transcript
    for others in _beside([s.recording for s in sources if s.recording is not None]).values():
        yield from (path for path in others if not wrote(path))


def output_trouble(transcript: Path) -> str:
    """Why a file is no transcript, where ``ariigcn predict`` wrote it; else empty."""
    if not wrote(transcript):
        return ""
    return (
        f"{transcript}: this is what `ariigcn predict` wrote, not a transcript; name the transcript"
    )


def names_of(sources: Sequence[Source]) -> list[str]:
    """What each conversation is called: the shortest of its file's names that no other source has.

    ``talk``; with its ending where ``talk.mp4`` and ``talk.wav`` are both there; as it was given where
    two folders have it. What cannot be printed stands as an escape.
    """
    names = [source.name for source in sources]
    for longer in ([source.file.name for source in sources], [str(source) for source in sources]):
        count = Counter(names)
        names = [
            long if count[name] > 1 else name for name, long in zip(names, longer, strict=True)
        ]
    return [printable(name) for name in names]


def apart(given: Sequence[Given], names: Mapping[Source, str]) -> list[Given]:
    """Conversations of which no two have one name: those of tables may, and then tell their file's.

    Args:
        given: the conversations.
        names: source -> its name, of :func:`names_of`.
    """
    count = Counter(transcript.name for _, transcript in given)
    return [
        (s, t if count[t.name] == 1 else replace(t, name=f"{names[s]}: {t.name}")) for s, t in given
    ]


def called(name: str, transcripts: Sequence[Transcript], path: Path) -> list[Transcript]:
    """The conversations of a transcript; the one that has its file's name gets ``name``."""
    return [replace(t, name=name) if t.name == path.stem else t for t in transcripts]


def _inside(folder: Path) -> list[Path]:
    """The recordings of a folder, then its transcripts."""
    named = [
        p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and not p.name.startswith(".")
    ]
    outputs = [path for path in named if wrote(path)]
    for path in outputs:
        logger.info(PASSED_OVER, path)
    return sorted({*named} - {*outputs}, key=lambda p: (p.suffix.lower() not in RECORDINGS, p))


def _trouble(path: Path, endings: Sequence[str]) -> str:
    if trouble := file_trouble(path):
        return f"{path}: {trouble}"
    if path.suffix.lower() not in endings:
        return f"{path}: '{path.suffix}' is none of {', '.join(endings)}"
    return ""


def _paired(paths: Sequence[Path], beside: Mapping[Path, Sequence[Path]]) -> Iterator[Source]:
    """Each recording with the transcript beside it, of :func:`_beside`; transcripts without one alone."""
    once: dict[Path, Path] = {}
    for path in paths:
        once.setdefault(path.absolute(), path)
    recordings = {path: _transcript_among(beside[path]) for path in once.values() if path in beside}
    taken = {path.absolute() for path in recordings.values() if path is not None}
    for place, path in once.items():
        if path in recordings:
            yield Source(path, recordings[path])
        elif place not in taken:
            yield Source(None, path)


def _transcript_among(beside: Sequence[Path]) -> Path | None:
    """The transcript of a recording; what was predicted before is passed over."""
    for path in beside:
        if not wrote(path):
            return path
        logger.info(PASSED_OVER, path)
    return None


def _beside(recordings: Sequence[Path]) -> dict[Path, list[Path]]:
    """Recordings -> the files beside them that may be their transcripts, the first kind first.

    They have the recording's name or, where none does, that name with a language. Each folder is read
    once.
    """
    folders = {folder: _by_recording(folder) for folder in {path.parent for path in recordings}}
    return {path: folders[path.parent].get(path.name, []) for path in recordings}


def _by_recording(folder: Path) -> dict[str, list[Path]]:
    """The names of a folder's recordings -> its files that may be their transcripts."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    recordings = [name for name in names if name.lower().endswith(RECORDINGS)]
    transcripts = [
        name
        for name in names
        if name.lower().endswith(tuple(READERS)) and name[0] != "." and (folder / name).is_file()
    ]
    kinds = list(READERS)
    found = {}
    for recording, own in by_recording(recordings_of(transcripts, recordings)).items():
        alike = [name for name in own if stem_of(name) == stem_of(recording)]
        paths = [folder / name for name in alike or own]
        found[recording] = sorted(paths, key=lambda path: kinds.index(path.suffix.lower()))
    return found


def _in_several_languages(beside: Mapping[Path, Sequence[Path]]) -> Iterator[str]:
    """Recordings whose transcript cannot be told among those beside them."""
    for recording, paths in beside.items():
        if len({stem_of(path.name) for path in paths}) == 1:
            continue
        names = [path.name for path in paths if not wrote(path)]
        if len({stem_of(name) for name in names}) > 1:
            yield f"{recording}: {' and '.join(names)} are beside it; name one with --transcript"


def require_content(source: Source, transcript: Transcript) -> None:
    """Refuse a conversation of which nothing can be read, heard or seen.

    Raises:
        DataError: it has no words, and no turn with times in a recording; or the recording's path is not
            in UTF-8, which no table can hold.
    """
    said = any(turn.text for turn in transcript.turns)
    timed = any(turn.start_s is not None for turn in transcript.turns)
    if not said and (source.recording is None or not timed):
        raise DataError(
            f"{source}: it has no words, sound or pictures, so nothing can be predicted"
        )
    if source.recording and not is_text(str(source.recording.resolve())):
        raise DataError(f"{source.recording}: a folder or a link on its way has {NOT_UTF8}")


def in_a_line(error: DataError, source: Source) -> str:
    """What is wrong with a source, without its folder."""
    folder = source.file.parent
    said = str(error) if folder == Path() else str(error).replace(f"{folder}/", "")
    said = said.replace(":\n  - ", ": ").replace("\n  - ", "; ")
    return printable(" ".join(said.split()))


def table_of_speakers(speakers: Sequence[str], labels: Sequence[str]) -> Corpus:
    """The table of one conversation of which only who speaks is known: what else is told is features."""
    turns = tuple(Turn(None, None, speaker, None) for speaker in speakers)
    return table_of([(Source(), Transcript("", turns))], labels)


def table_of(conversations: Sequence[Given], labels: Sequence[str]) -> Corpus:
    """The utterance table of conversations to predict: all of it the test split, without labels.

    Args:
        conversations: a source and one transcript of it, each; :func:`require_content` takes them.
        labels: the model's emotions.

    Returns:
        One row a turn, in the order given; media are relative to :data:`MEDIA_ROOT`.
    """
    rows = []
    for index, (source, transcript) in enumerate(conversations):
        dialogue = f"{index:06d}"
        media = None if source.recording is None else source.recording.resolve()
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
