"""The formats that conversations with their emotions are written in."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ariigcn.core.errors import ConfigError
from ariigcn.core.files import atomic_path, try_path
from ariigcn.core.paths import file_trouble
from ariigcn.predict.conversation import Conversation

NUMBERS = ("start_s", "end_s", "probability")
EXPLAINED = (".json", ".html")  # formats that hold explanations
# What a file of ours is known by, in its first bytes.
RECOGNISED_BY = 65536
OWN_COLUMNS = {"conversation", "number", "emotion", "probability", "model", "transcript_by"}
OWN_JSON = re.compile(r'\s*\[\s*\{\s*"name":\s*"(?:[^"\\]|\\.)*",\s*"utterances":\s*\[')
CUE = re.compile(r"-->[^\n]*\n([^\n]*)\n")
OWN_CUE = re.compile(r"(?:.*: )?\[[^\[\]]+ \d{1,3}%\]")


def write(conversations: Sequence[Conversation], path: Path, suffix: str = "") -> None:
    """Write conversations to one file, in the format of its ending.

    Args:
        conversations: at least one; SRT takes one alone.
        path: the file; it appears whole or not at all.
        suffix: the format, where it is not the path's ending.

    Raises:
        ConfigError: no format has this ending, or it cannot hold several conversations.
    """
    check_output(path, len(conversations), suffix)
    with atomic_path(path) as temporary:
        WRITERS[suffix or path.suffix.lower()](conversations, temporary)


def write_rows(frames: Sequence[pd.DataFrame], path: Path) -> None:
    """Write the rows of many conversations as Parquet.

    Args:
        frames: of :meth:`~ariigcn.predict.conversation.Conversation.to_pandas`, at least one.
        path: the file; it appears whole or not at all.
    """
    with atomic_path(path) as temporary:
        pd.concat(list(map(_typed, frames)), ignore_index=True).to_parquet(temporary, index=False)


def check_output(
    path: Path,
    count: int = 1,
    suffix: str = "",
    *,
    explained: bool = False,
    inputs: Iterable[Path] = (),
) -> None:
    """Hold a path to the formats, before work starts.

    Args:
        path: as :func:`write`'s.
        count: how many conversations.
        suffix: as :func:`write`'s.
        explained: whether the format must hold explanations.
        inputs: as :func:`check_place`'s.

    Raises:
        ConfigError: as :func:`write` and :func:`check_place`, or the format holds no explanation.
    """
    ending = suffix or path.suffix.lower()
    if ending not in WRITERS:
        raise ConfigError(f"{path}: unknown format '{ending}'; known: {', '.join(WRITERS)}")
    if ending == ".srt" and count > 1:
        raise ConfigError(
            f"{path}: subtitles hold one recording, but there are {count}; name a .csv"
        )
    if explained and ending not in EXPLAINED:
        raise ConfigError(f"{path}: holds no explanations; name one of {', '.join(EXPLAINED)}")
    check_place(path, inputs)


def check_place(path: Path, inputs: Iterable[Path] = ()) -> None:
    """Make sure, before work starts, that a file can be written and replaces nothing that is read.

    Args:
        path: the file; its folder is made.
        inputs: recordings and transcripts, which are a person's.

    Raises:
        ConfigError: it is a folder or one of the inputs, or nothing can be written there.
    """
    if path.is_dir():
        raise ConfigError(f"{path}: is a folder; name a file in it")
    if path.exists() and any(_same(path, given) for given in inputs):
        raise ConfigError(f"{path}: is read, and would be replaced; name another file to write")
    try:
        try_path(path)
    except (FileExistsError, NotADirectoryError):
        raise ConfigError(f"{path}: a file stands where its folder should; name another") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); name another") from None


def wrote(path: Path) -> bool:
    """Whether :func:`write` wrote a file, by its content: such a file is nobody's transcript."""
    ending = path.suffix.lower()
    if ending not in WRITERS or file_trouble(path):
        return False
    try:
        if ending == ".parquet":
            return set(pq.read_schema(path).names) >= OWN_COLUMNS
        with path.open("rb") as stream:
            start = stream.read(RECOGNISED_BY).decode("utf-8-sig", "replace")
    except (OSError, pa.ArrowException):
        return False
    if ending == ".json":
        return OWN_JSON.match(start) is not None
    if ending == ".srt":
        said = CUE.findall(start)
        return bool(said) and all(map(OWN_CUE.match, said))
    header = re.split(r"[,;\t]", start.partition("\n")[0])  # Excel may have saved it again
    return {cell.strip('" \r') for cell in header} >= OWN_COLUMNS


def _same(path: Path, other: Path) -> bool:
    """Whether two paths are one file."""
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there
        return False


def _frame(conversations: Sequence[Conversation]) -> pd.DataFrame:
    return pd.concat([_typed(c.to_pandas()) for c in conversations], ignore_index=True)


def _write_csv(conversations: Sequence[Conversation], path: Path, separator: str = ",") -> None:
    frame = _frame(conversations)
    # Times stay whole: six digits of 10000.12 s are not even its tenths.
    for column in frame.columns:
        if column == "probability" or column.startswith("prob_"):
            frame[column] = frame[column].map("{:.6g}".format, na_action="ignore")
    frame.to_csv(path, index=False, sep=separator, lineterminator="\n")


def _write_parquet(conversations: Sequence[Conversation], path: Path) -> None:
    write_rows([c.to_pandas() for c in conversations], path)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows whose columns have one type each, whatever is absent in them."""
    numbers = [c for c in frame.columns if c in NUMBERS or c.startswith("prob_")]
    texts = [c for c in frame.columns if c not in (*numbers, "number")]
    types = {**dict.fromkeys(numbers, "float64"), **dict.fromkeys(texts, "str"), "number": "Int64"}
    return frame.astype(types)


def _write_json(conversations: Sequence[Conversation], path: Path) -> None:
    plain = [conversation.to_dict() for conversation in conversations]
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _write_srt(conversations: Sequence[Conversation], path: Path) -> None:
    blocks, number = [], 0
    for utterance in conversations[0].utterances:
        if utterance.start_s is None or utterance.end_s is None:
            continue
        number += 1
        who = f"{utterance.speaker}: " if utterance.speaker else ""
        emotion = f"[{utterance.emotion} {utterance.probability:.0%}]"
        times = f"{_clock(utterance.start_s)} --> {_clock(utterance.end_s)}"
        blocks.append(f"{number}\n{times}\n{who}{emotion} {utterance.text or ''}".rstrip() + "\n")
    path.write_text("\n".join(blocks), "utf-8")


def _write_html(conversations: Sequence[Conversation], path: Path) -> None:
    from ariigcn.predict.page import page

    path.write_text(page(conversations), "utf-8")


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"


WRITERS: dict[str, Callable[[Sequence[Conversation], Path], None]] = {
    ".csv": _write_csv,
    ".tsv": partial(_write_csv, separator="\t"),
    ".parquet": _write_parquet,
    ".json": _write_json,
    ".srt": _write_srt,
    ".html": _write_html,
}
