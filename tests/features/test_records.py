"""Records of many writers: what is whole is found, and nothing else is."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ariigcn.features.records import ENTRY, KEY, Records, records_of


def digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def content(number: int) -> bytes:
    return str(number).encode() * (number % 50)


def written(folder: Path, *numbers: int) -> None:
    Records(folder).put([(digest(n), content(n)) for n in numbers])


def found(folder: Path, *numbers: int) -> list[bool]:
    """Which are there; what is there has to be right."""
    records = Records(folder)
    records.refresh()
    contents = [records.get(digest(n)) for n in numbers]
    assert all(c in (None, content(n)) for n, c in zip(numbers, contents, strict=True))
    return [c is not None for c in contents]


def test_what_one_process_writes_all_find_once_they_look(tmp_path: Path) -> None:
    reader, writers = Records(tmp_path), [Records(tmp_path) for _ in range(3)]
    for number in range(100):
        assert reader.get(digest(number)) is None
        writers[number % 3].put([(digest(number), content(number))])
        reader.refresh()
        assert reader.get(digest(number)) == content(number)
    assert all(reader.get(digest(n)) == content(n) for n in range(100))
    assert len(list(tmp_path.iterdir())) == 6
    reader.put([])
    assert len(list(tmp_path.iterdir())) == 6


def test_a_digest_that_starts_alike_is_another(tmp_path: Path) -> None:
    alike = [digest(1), digest(1)[:8] + digest(2)[8:]]
    records = Records(tmp_path)
    records.put([(alike[0], b"one")])
    records.refresh()
    assert (records.get(alike[0]), records.get(alike[1])) == (b"one", None)
    records.put([(alike[1], b"two")])
    records.refresh()
    assert [records.get(key) for key in alike] == [b"one", b"two"]


@pytest.mark.parametrize("suffix", [".records", ".index"])
def test_no_cut_and_no_flipped_bit_gives_a_wrong_record(tmp_path: Path, suffix: str) -> None:
    numbers = range(1, 9)
    written(tmp_path, *numbers)
    (path,) = tmp_path.glob(f"*{suffix}")
    whole = path.read_bytes()
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        assert not all(found(tmp_path, *numbers))
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        # A last record that claims to be longer than its file is read to its end: it is right.
        assert sum(found(tmp_path, *numbers)) >= 7
    path.write_bytes(bytes(len(whole)))  # as a network file system may show it for a moment
    assert not any(found(tmp_path, *numbers))
    path.unlink()
    assert not any(found(tmp_path, *numbers))


def test_a_writer_goes_on_after_its_disk_was_full(tmp_path: Path) -> None:
    writer, reader = Records(tmp_path), Records(tmp_path)
    writer.put([(digest(1), content(1))])
    for path, torn in ((p, p.read_bytes() + b"torn") for p in list(tmp_path.iterdir())):
        path.write_bytes(torn)
    reader.refresh()
    writer.put([(digest(2), content(2))])
    reader.refresh()
    assert [reader.get(digest(n)) for n in (1, 2)] == [content(1), content(2)]
    (index,) = tmp_path.glob("*.index")
    assert index.stat().st_size == 2 * ENTRY.itemsize


def test_each_process_keeps_one_view_and_a_fork_has_its_own(tmp_path: Path) -> None:
    own = records_of(tmp_path, os.getpid())
    assert records_of(tmp_path, os.getpid()) is own
    assert records_of(tmp_path, os.getpid() + 1) is not own


WRITER = """
import sys
from pathlib import Path
from ariigcn.features.records import Records
from tests.features.test_records import content, digest

records = Records(Path(sys.argv[1]))
for start in range(int(sys.argv[2]), int(sys.argv[2]) + 1000, 10):
    records.put([(digest(n), content(n)) for n in range(start, start + 10)])
    print(flush=True)
"""


def test_processes_write_at_once_and_a_killed_one_harms_no_other(
    root: Path, tmp_path: Path
) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(1000 * n)],
            cwd=root,
            stdout=subprocess.PIPE,
        )
        for n in range(3)
    ]
    for _ in range(5):
        writers[0].stdout.readline()  # type: ignore[union-attr]
        found(tmp_path, *range(3000))
    writers[0].kill()
    for writer in writers:
        writer.communicate()
    assert all(found(tmp_path, *range(50)))
    assert all(found(tmp_path, *range(1000, 3000)))
    assert len(list(tmp_path.iterdir())) == 6
    assert len(digest(0)) == KEY
