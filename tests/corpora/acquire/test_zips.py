"""A zip of zips: what belongs is written in its place, and nothing else is."""

import zipfile
from pathlib import Path, PurePosixPath

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.acquire import zips
from ariigcn.corpora.acquire.zips import unpack_zip
from tests.corpora.text_releases import zipped


def place(path: PurePosixPath) -> PurePosixPath | None:
    return PurePosixPath("kept", path.name) if path.name.endswith("_a.txt") else None


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_nested_members_land_at_their_place_anew_each_time(tmp_path: Path) -> None:
    inner = zipped({"in/": b"", "in/1_a.txt": b"one", "in/1_b.txt": b"other"})
    archive = tmp_path / "outer.zip"
    archive.write_bytes(zipped({"out/in.zip": inner, "out/2_a.txt": b"two", "._in.zip": b"Mac"}))
    (tmp_path / "raw" / "kept").mkdir(parents=True)
    (tmp_path / "raw" / "kept" / "1_a.txt").write_bytes(b"eno")  # of the same size
    found = unpack_zip(archive, tmp_path / "raw", place)
    assert files(tmp_path / "raw") == {"kept/1_a.txt": b"one", "kept/2_a.txt": b"two"}
    assert found.summary() == {"unpacked": 2, "left_out": {"other": 2}}


def test_a_third_level_and_what_is_too_large_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zips, "LARGEST", 1 << 20)
    third = zipped({"3_a.txt": b"three"})
    second = zipped({"third.zip": third, "2_a.txt": bytes((1 << 20) + 1)})
    (tmp_path / "outer.zip").write_bytes(zipped({"second.zip": second}))
    found = unpack_zip(tmp_path / "outer.zip", tmp_path / "raw", place)
    assert found.summary()["left_out"] == {"file(s) above 1 MiB": 1, "other": 1}
    assert not files(tmp_path / "raw")


@pytest.mark.parametrize("name", ["/{outside}/1_a.txt", "../../1_a.txt", "..\\..\\1_a.txt"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    name = name.format(outside=tmp_path.as_posix().strip("/"))
    (tmp_path / "outer.zip").write_bytes(zipped({name: b"evil"}))
    unpack_zip(tmp_path / "outer.zip", tmp_path / "in" / "raw", place)
    assert {path.name for path in tmp_path.iterdir()} <= {"outer.zip", "in"}
    written = [path for path in (tmp_path / "in").rglob("*") if path.is_file()]
    assert all(path.parent == tmp_path / "in" / "raw" / "kept" for path in written)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_an_archive_cut_anywhere_is_an_error(tmp_path: Path, share: float) -> None:
    whole = zipped({"inner.zip": zipped({"1_a.txt": b"one" * 999})})
    (tmp_path / "outer.zip").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DataError, match=r"cut short or damaged .* download it again"):
        unpack_zip(tmp_path / "outer.zip", tmp_path / "raw", place)


def test_a_wrong_bit_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "outer.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("1_a.txt", b"one" * 999)
    data = bytearray(archive.read_bytes())
    data[500] ^= 1
    archive.write_bytes(data)
    with pytest.raises(DataError, match="CRC"):
        unpack_zip(archive, tmp_path / "raw", place)
    assert not files(tmp_path / "raw")
