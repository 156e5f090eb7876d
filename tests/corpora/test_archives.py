"""What belongs is unpacked in one pass, goes on after a cut, and nothing lands outside."""

import gzip
import io
import tarfile
from pathlib import PurePosixPath

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.archives import unpack

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
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
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
    with pytest.raises(DataError, match=r"cut short or damaged .* fetch it again"):
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
