"""What belongs is unpacked in one pass, goes on after a cut, and nothing lands outside."""

import gzip
import io
import tarfile
from pathlib import PurePosixPath

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.acquire.archives import unpack

CLIPS = {f"splits/dia{d}_utt{u}.mp4": bytes([d, u]) * 40_000 for d in range(3) for u in range(4)}


def place(path: PurePosixPath) -> PurePosixPath | None:
    belongs = path.name.startswith("dia") and path.suffix == ".mp4"
    return PurePosixPath("splits", path.name) if belongs else None


def entry(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def packed(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    form = tarfile.PAX_FORMAT
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1, format=form) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def files(folder):
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture
def archive(tmp_path):
    inner = packed(*(entry(name, data) for name, data in CLIPS.items()))
    path = tmp_path / "outer.tar.gz"
    path.write_bytes(packed(entry("Raw/README.txt", b"hello"), entry("Raw/train.tar.gz", inner)))
    return path


def test_nested_members_land_at_their_place_and_nothing_else_does(tmp_path, archive):
    found = unpack(archive, tmp_path / "raw", place)
    assert files(tmp_path / "raw") == CLIPS
    assert (found.written, found.standing, found.left_out) == (len(CLIPS), 0, {"other": 1})


def test_what_stands_with_the_right_size_is_not_written_again(tmp_path, archive):
    unpack(archive, tmp_path / "raw", place)
    kept, lost, short = (tmp_path / "raw" / name for name in list(CLIPS)[:3])
    before = kept.stat().st_mtime_ns
    lost.unlink()
    short.write_bytes(b"half")
    (kept.parent / ".dia9_utt9.123.tmp.mp4").write_bytes(b"left by a killed run")
    found = unpack(archive, tmp_path / "raw", place)
    assert (found.written, found.standing) == (2, len(CLIPS) - 2)
    assert files(tmp_path / "raw") == CLIPS
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_an_archive_cut_anywhere_is_an_error_and_what_came_out_stays(tmp_path, archive, share):
    whole = archive.read_bytes()
    archive.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match=r"cut short or damaged .* download it again"):
        unpack(archive, tmp_path / "raw", place)
    unpacked = files(tmp_path / "raw")
    assert unpacked.items() <= CLIPS.items()  # whole files only
    archive.write_bytes(whole)
    found = unpack(archive, tmp_path / "raw", place)
    assert found.standing == len(unpacked)
    assert files(tmp_path / "raw") == CLIPS


def test_a_nested_archive_that_is_cut_is_an_error_too(tmp_path):
    inner = packed(*(entry(name, data) for name, data in CLIPS.items()))
    path = tmp_path / "outer.tar.gz"
    path.write_bytes(packed(entry("Raw/train.tar.gz", inner[: len(inner) // 2])))
    with pytest.raises(DataError, match="cut short or damaged"):
        unpack(path, tmp_path / "raw", place)


def test_damage_that_only_the_checksum_shows_is_an_error(tmp_path):
    data = bytearray(gzip.decompress(packed(entry("dia0_utt0.mp4", b"x" * 5000))))
    good = gzip.compress(bytes(data), mtime=0)
    data[600] ^= 1
    bad = gzip.compress(bytes(data), mtime=0)
    path = tmp_path / "bad.tar.gz"
    path.write_bytes(bad[:-8] + good[-8:])
    with pytest.raises(DataError, match="CRC check failed"):
        unpack(path, tmp_path / "raw", place)


def test_something_else_than_an_archive_is_an_error(tmp_path):
    path = tmp_path / "page.tar.gz"
    path.write_bytes(b"<html>please log in</html>")
    with pytest.raises(DataError, match="cut short or damaged"):
        unpack(path, tmp_path / "raw", place)


HOSTILE = {
    "absolute": entry("/{outside}/dia0_utt0.mp4", b"evil"),
    "upwards": entry("splits/../../dia0_utt0.mp4", b"evil"),
    "upwards, Windows": entry("splits\\..\\..\\dia0_utt0.mp4", b"evil"),
    "drive": entry("C:/dia0_utt0.mp4", b"evil"),
    "symbolic link": entry("dia0_utt0.mp4", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
    "hard link": entry("dia0_utt0.mp4", type=tarfile.LNKTYPE, linkname="../secret"),
    "device": entry("dia0_utt0.mp4", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
    "pipe": entry("dia0_utt0.mp4", type=tarfile.FIFOTYPE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_members_write_nothing_and_are_counted(tmp_path, name):
    info, data = HOSTILE[name]
    info.name = info.name.format(outside=tmp_path.as_posix().strip("/"))
    path = tmp_path / "hostile.tar.gz"
    path.write_bytes(packed((info, data), entry("dia1_utt1.mp4", b"fine")))
    found = unpack(path, tmp_path / "in" / "raw", place)
    assert files(tmp_path / "in") == {"raw/splits/dia1_utt1.mp4": b"fine"}
    assert {p.name for p in tmp_path.iterdir()} == {"hostile.tar.gz", "in"}
    assert not any(p.is_symlink() for p in tmp_path.rglob("*"))
    assert sum(found.left_out.values()) == 1
    assert "other" not in found.left_out  # named as what it is


PAX = {
    "NUL": {"path": "dia0\0_utt0.mp4"},
    "NUL before an archive's ending": {"path": "dia0\0.tar.gz"},
    "a terminal's escapes": {"path": "dia0\x1b[2J.mp4"},
    "half a character": {"path": "dia0\udcff.mp4"},
    "a very long name": {"path": f"dia{'0' * 300}.mp4"},
    "sparse": {"path": "dia0_utt0.mp4", "GNU.sparse.map": "0,1", "GNU.sparse.size": "1"},
}


@pytest.mark.parametrize("name", PAX)
def test_names_that_no_file_should_have_are_left_out(tmp_path, caplog, name):
    path = tmp_path / "hostile.tar.gz"
    path.write_bytes(
        packed(entry("x.mp4", b"evil", pax_headers=PAX[name]), entry("dia1_utt1.mp4", b"fine"))
    )
    found = unpack(path, tmp_path / "raw", place)
    assert files(tmp_path / "raw") == {"splits/dia1_utt1.mp4": b"fine"}
    assert sum(found.left_out.values()) == 1
    assert "\x1b" not in caplog.text


NONSENSE = {
    "no number in a sparse map": {"GNU.sparse.map": "0,1,a"},
    "no number as a sparse size": {"GNU.sparse.size": "x"},
    "a sparse map that is not there": {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"},
    "less than nothing": {"size": "-5"},
    "more than there is": {"size": "9" * 20},
}


@pytest.mark.parametrize("name", NONSENSE)
def test_headers_that_make_no_sense_are_an_error_in_words(tmp_path, name):
    path = tmp_path / "hostile.tar.gz"
    path.write_bytes(packed(entry("dia0_utt0.mp4", b"evil", pax_headers=NONSENSE[name])))
    with pytest.raises(DataError, match="cut short or damaged"):
        unpack(path, tmp_path / "raw", place)
    assert files(tmp_path / "raw") == {}


def test_headers_larger_than_any_or_without_end_are_an_error_in_words(tmp_path):
    """tarfile reads a header in one piece, and the headers before a member one within another."""
    large = entry("x", b"0" * (2 << 20), type=tarfile.XHDTYPE)
    deep = [entry("x", b"12 a=bcdefg\n", type=tarfile.XHDTYPE)] * 2000
    path = tmp_path / "hostile.tar.gz"
    for members, said in (([large], "a header of 2097152 bytes"), (deep, "recursion")):
        path.write_bytes(packed(*members, entry("dia0_utt0.mp4", b"evil")))
        with pytest.raises(DataError, match=f"cut short or damaged .*{said}"):
            unpack(path, tmp_path / "raw", place)


def test_a_folder_that_the_archive_makes_a_link_is_never_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    link = entry("splits", type=tarfile.SYMTYPE, linkname=str(tmp_path / "outside"))
    path = tmp_path / "hostile.tar.gz"
    path.write_bytes(packed(link, entry("splits/dia0_utt0.mp4", b"data")))
    unpack(path, tmp_path / "raw", place)
    assert files(tmp_path / "raw") == {"splits/dia0_utt0.mp4": b"data"}
    assert files(tmp_path / "outside") == {}


def test_a_third_level_of_archives_is_left_out(tmp_path):
    third = packed(entry("dia0_utt0.mp4", b"deep"))
    second = packed(entry("third.tar.gz", third))
    path = tmp_path / "first.tar.gz"
    path.write_bytes(packed(entry("second.tar.gz", second)))
    found = unpack(path, tmp_path / "raw", place)
    assert (found.written, found.left_out) == (0, {"other": 1})
