"""A changed file is told from a whole one, whatever its format, before anything reads it."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from safetensors.numpy import load_file, save_file

from ariigcn.core.code import PACKAGE_ROOT
from ariigcn.core.errors import DataError
from ariigcn.core.seals import BLANK, MARK, beside, sealed_path, verify
from ariigcn.core.storage import (
    SEAL,
    create_h5,
    open_h5,
    read_json,
    read_table,
    write_json,
    write_table,
)


def make_h5(path):
    with create_h5(path) as file:
        file["values"] = np.arange(300, dtype=np.float32)


def make_safetensors(path):
    with sealed_path(path) as temporary:
        save_file({"w": np.arange(90, dtype=np.float32)}, temporary, {SEAL: BLANK.decode()})


def make_csv(path):
    with sealed_path(path) as temporary:
        pd.DataFrame({"a": range(30)}).to_csv(temporary)


MAKERS = {
    "h5": make_h5,
    "parquet": lambda path: write_table(pa.table({"text": ["one", "two"] * 20}), {"a": 1}, path),
    "json": lambda path: write_json({"a": list(range(20)), "b": "ä"}, path),
    "safetensors": make_safetensors,
    "csv": make_csv,
}


@pytest.fixture(params=MAKERS)
def path(request, tmp_path):
    found = tmp_path / f"a.{request.param}"
    MAKERS[request.param](found)
    return found


def test_what_was_written_is_whole_and_its_seal_is_in_it_where_the_format_allows(path):
    assert verify(path) == path
    assert (MARK in path.read_bytes()) == (path.suffix != ".csv") != beside(path).exists()


def test_a_flip_of_any_bit_is_told_by_the_files_name(path):
    whole = path.read_bytes()
    for place in range(0, 8 * len(whole), 61):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(DataError, match=path.name):
            verify(path)
    path.write_bytes(whole)
    verify(path)


def test_a_cut_a_longer_and_an_empty_file_are_told(path):
    whole = path.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], whole + b"\0", whole[1:], b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match=path.name):
            verify(path)


def test_a_file_that_is_taken_away_takes_its_seal_with_it(path):
    taken = path.with_name(f"taken{path.suffix}")
    path.rename(taken)
    if path.suffix == ".csv":
        with pytest.raises(DataError, match="has no checksum"):
            verify(taken)
    else:
        verify(taken)


def test_what_was_put_in_comes_out_without_the_seal(tmp_path):
    for name, make in MAKERS.items():
        make(tmp_path / f"a.{name}")
    with open_h5(tmp_path / "a.h5", "numbers") as file:
        assert file["values"][:].tolist() == list(range(300))
    table, head = read_table(tmp_path / "a.parquet", "a table")
    assert (table.num_rows, head, table.schema.metadata) == (40, {"a": 1}, None)
    assert read_json(tmp_path / "a.json", "a list") == {"a": list(range(20)), "b": "ä"}
    assert load_file(tmp_path / "a.safetensors")["w"].tolist() == list(range(90))
    assert len(pd.read_csv(verify(tmp_path / "a.csv"))) == 30


def test_a_text_may_hold_another_files_seal_but_no_blank_one(tmp_path):
    foreign = (MARK + b"0123456789abcdef" * 2).decode()
    write_json({"text": foreign}, tmp_path / "a.json")
    assert read_json(tmp_path / "a.json", "a text") == {"text": foreign}
    with pytest.raises(DataError, match="holds the words of a checksum"):
        write_json({"text": BLANK.decode()}, tmp_path / "b.json")
    assert not (tmp_path / "b.json").exists()


def test_absent_foreign_and_wrong_files_are_told_apart(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        verify(tmp_path / "absent.h5")
    with pytest.raises(DataError, match="cannot be read"):
        verify(tmp_path)
    (tmp_path / "foreign.json").write_text(json.dumps({"a": 1}))
    with pytest.raises(DataError, match="has no checksum"):
        read_json(tmp_path / "foreign.json", "a list")
    write_json({"a": 1}, tmp_path / "a.json")
    for read, what in ((read_table, "a table"), (read_json, "a list")):
        if read is read_table:
            with pytest.raises(DataError, match=f"a.json: not {what}"):
                read(tmp_path / "a.json", what)
    with pytest.raises(DataError, match="not numbers"), open_h5(tmp_path / "a.json", "numbers"):
        pass


OPENERS = re.compile(
    r"h5py\.File\(|read_parquet\(|pq\.read|ParquetFile\(|safe_open\(|load_file\(|load_model\(|ElementTree\.parse\("
    r"|json\.load\(|read_csv\("
)
# Who may open a file without a look at its seal, or looks at it in the same line's neighbourhood.
ALLOWED = {
    "core/storage.py": "behind the seal",
    "models/bundle.py": "behind the seal",
    "training/checkpoint.py": "a checkpoint's name is its digest",
    "corpora/read/recordings.py": "a user's own table",
    "corpora/read/text_tables.py": "a corpus's own tables",
    "features/encoders/mini_xception.py": "weights of others, told by their sha256",
    "features/encoders/text_glove.py": "word vectors, told by their sha256",
    "evaluation/tables/literature.py": "figures that ship, or a user's own",
    "predict/writers.py": "whether a user's file is one of ours",
    "report/stages.py": "Snakemake's own benchmark files",
}


def test_no_stage_believes_a_file_unseen():
    for path in sorted(PACKAGE_ROOT.rglob("*.py")):
        name = path.relative_to(PACKAGE_ROOT).as_posix()
        for line in path.read_text().splitlines():
            if OPENERS.search(line) and name not in ALLOWED:
                assert "verify(" in line, f"{name}: {line.strip()}"
