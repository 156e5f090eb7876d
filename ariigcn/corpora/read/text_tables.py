"""Reading the tables that corpora come with: wrong encodings are mended, damage is named."""

import csv
import io
import math
import re
import unicodedata
from datetime import timedelta
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ariigcn.core.errors import DataError
from ariigcn.core.paths import file_trouble

# Bytes 80-9F of cp1252 that were read as latin-1: invisible controls where quotes should be.
_CONTROLS = {
    code: bytes([code]).decode("cp1252", errors="ignore") or None for code in range(0x80, 0xA0)
}
# UTF-8 that was read as cp1252 or latin-1: two bytes for a letter, three for typographic marks.
_MOJIBAKE = re.compile("[\u00c2\u00c3][^\x00-\x7f]|\u00e2[^\x00-\x7f]{2}")
# Putting a run of accents into order takes the square of its length: words are composed piece by piece.
_PIECE = re.compile(r"\S{1,500}")


def composed(text: str) -> str:
    """A text with its accents composed (Unicode's NFC): "é" is one character, however it was typed."""
    if text.isascii():
        return text
    return _PIECE.sub(lambda piece: unicodedata.normalize("NFC", piece[0]), text)


def clean_text(text: str) -> str:
    """Undo wrong decodings, compose accents, make every run of white space one blank."""
    return _on_one_line(_MOJIBAKE.sub(_decode_again, text).translate(_CONTROLS))


def was_mended(text: str) -> bool:
    """Whether :func:`clean_text` changes more than white space: the text was wrongly decoded."""
    return clean_text(text) != _on_one_line(text)


def _on_one_line(text: str) -> str:
    return " ".join(composed(text).split())


def _decode_again(match: re.Match[str]) -> str:
    wrong = match.group()
    try:
        return b"".join(_byte(character) for character in wrong).decode("utf-8")
    except UnicodeError:
        return wrong


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def read_rows(
    path: Path, width: int | None = None, delimiter: str = ","
) -> list[tuple[int, list[str]]]:
    """The records of a CSV file, each with the line it ends on.

    Args:
        path: UTF-8, or anything older, which is read as latin-1 for :func:`clean_text` to mend.
        width: fields a record; None: as many as the first has.
        delimiter: what stands between two fields.

    Raises:
        DataError: the file is absent or empty, a record has another width or a quote is left open.
    """
    text = _read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            width = width or len(cells)
            if len(cells) != width:
                raise DataError(
                    f"{path}, line {reader.line_num}: {len(cells)} field(s), expected {width}; "
                    "the file is damaged or cut short: get it again"
                )
            rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise DataError(
            f"{path}, line {reader.line_num}: {error}; the file is damaged or cut short: "
            "get it again"
        ) from error
    if not rows:
        raise DataError(f"{path}: empty; get it again")
    return rows


def read_lines(path: Path) -> list[str]:
    """A file's lines; what is not UTF-8 is read as latin-1 for :func:`clean_text` to mend.

    Lines end where files end them: other characters that Unicode counts as ends stand within a text,
    among them latin-1's 85, which is cp1252's ellipsis.
    """
    text = _read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n").split("\n") if text else []


def _read_text(path: Path) -> str:
    if trouble := file_trouble(path):
        raise DataError(f"{path}: cannot be read ({trouble})")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def read_list(path: Path) -> dict[str, str | None]:
    """Utterance id -> emotion or None, from a list of utterances.

    Args:
        path: ``.txt`` with one id a line, or ``.csv``, ``.tsv`` or ``.parquet`` with a column
            ``utterance_id`` and, where it labels them, ``emotion``.

    Raises:
        DataError: the file is absent, or has no column ``utterance_id``.
    """
    if path.suffix.lower() == ".parquet":
        frame = read_parquet(path)
        if "emotion" in frame:
            frame = frame[frame["emotion"].notna()]
        rows = [[str(c) for c in frame.columns], *frame.astype(object).values.tolist()]
    elif path.suffix.lower() in (".csv", ".tsv"):
        delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
        rows = [cells for _, cells in read_rows(path, delimiter=delimiter)]
    else:
        rows = [["utterance_id"], *([line.strip()] for line in read_lines(path))]
    header, *body = rows
    if "utterance_id" not in header:
        raise DataError(f"{path}: no column utterance_id; it has {', '.join(map(str, header))}")
    at = header.index("utterance_id")
    label = header.index("emotion") if "emotion" in header else None
    return {
        str(cells[at]).strip(): None if label is None else str(cells[label]).strip() or None
        for cells in body
        if str(cells[at]).strip()
    }


def read_parquet(path: Path) -> pd.DataFrame:
    """The rows of a parquet file, without the notes that pandas may have left in it.

    Raises:
        DataError: it cannot be read as parquet.
    """
    if trouble := file_trouble(path):
        raise DataError(f"{path}: cannot be read ({trouble})")
    try:
        table = pq.read_table(path).replace_schema_metadata(None)
        table.validate(full=True)  # else invalid text would fail where it is first used
        frame: pd.DataFrame = table.to_pandas()
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        # pyarrow raises whatever the damaged part of the file leads it to.
        raise DataError(f"{path}: cannot be read as parquet ({error}); write it again") from error
    return frame


def seconds_of(value: Any) -> float | None:
    """Seconds in a cell, perhaps infinite; None where it is empty. A duration has its own unit.

    Raises:
        ValueError: it holds something else, such as a time of day or a date.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, str):
        words = value.strip().lower()
        if "_" in words or words.endswith("nan"):  # which Python takes for numbers
            raise ValueError(f"{value} is no number")
        return float(words) if words else None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise ValueError(f"{value} is no number")
    try:
        number = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return math.inf
    return None if math.isnan(number) else number


def read_numbers(path: Path, width: int) -> NDArray[np.float64]:
    """A CSV file of finite numbers without a header, [rows, width].

    Raises:
        DataError: as :func:`read_rows`, or a field is not a finite number.
    """
    rows = read_rows(path, width)
    try:
        values = np.array([cells for _, cells in rows], dtype=np.float64)
    except ValueError:
        values = np.array([[_number(cell) for cell in cells] for _, cells in rows])
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        line, cells = rows[row]
        raise DataError(
            f"{path}, line {line}, field {column + 1}: '{cells[column]}' is not a finite number "
            f"({len(bad)} such field(s) in all)"
        )
    return values


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
