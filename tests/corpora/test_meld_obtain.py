"""MELD is downloaded into the layout that its module reads."""

import hashlib
import io
import tarfile

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora import meld
from ariigcn.corpora.acquire import download
from ariigcn.corpora.meld import ARCHIVE, PARTS, TABLES
from tests.corpora.text_releases import obtained

CLIP = b"not a real clip" * 1000
PACKED_ANEW = {"digests": "recorded"}


def packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def small_archive() -> bytes:
    """MELD.Raw.tar.gz in small: nested archives, tables, and what does not belong."""
    outer = {"MELD.Raw/README.txt": b"read me"}
    for part in PARTS:
        clips = {f"{part.clips}/dia{d}_utt0.mp4": CLIP for d in range(3)}
        extras = {f"{part.clips}/._dia{d}_utt0.mp4": b"Mac" for d in range(2)}
        if part.name == "test":
            extras[f"{part.clips}/final_videos_testdia0_utt0.mp4"] = CLIP
        outer[f"MELD.Raw/{part.name}.tar.gz"] = packed(clips | extras)
        outer[f"MELD.Raw/{part.name}_sent_emo.csv"] = f"{part.name}\n".encode()
    return packed(outer)


@pytest.fixture
def copies(tmp_path):
    """A folder that holds the small archive, and nothing else."""
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / "MELD.Raw.tar.gz").write_bytes(small_archive())
    return folder


@pytest.fixture
def obtain(tmp_path):
    """Obtain MELD under ``tmp_path``; what the manifest says."""

    def run(clips: bool = True, **config: object) -> dict[str, object]:
        return obtained(meld, tmp_path, clips, **config)

    return run


@pytest.mark.parametrize("way", ["mirror", "offline"])
def test_clips_and_tables_lie_where_the_corpus_is_read(tmp_path, copies, obtain, way):
    said = obtain(**{way: str(copies)}, **PACKED_ANEW)
    raw = tmp_path / "raw"
    for part in PARTS:
        clips = sorted(path.name for path in (raw / part.clips).iterdir())
        assert clips == [f"dia{d}_utt0.mp4" for d in range(3)]
        assert (raw / f"{part.name}_sent_emo.csv").read_text() == f"{part.name}\n"
    assert said["members"] == {
        "unpacked": 12,
        "left_out": {
            "other file(s)": 1,
            "resource fork(s) of a Mac (._*)": 6,
            "unlabelled clip(s) (final_videos_test*)": 1,
        },
    }
    assert not (tmp_path / "download" / "MELD.Raw.tar.gz").exists()  # used where it lies


def test_the_same_again_says_the_same_and_writes_no_clip(tmp_path, copies, obtain):
    first = obtain(offline=str(copies), **PACKED_ANEW)
    clip = tmp_path / "raw" / PARTS[0].clips / "dia0_utt0.mp4"
    before = clip.stat().st_mtime_ns
    assert obtain(offline=str(copies), **PACKED_ANEW) == first
    assert clip.stat().st_mtime_ns == before


def test_a_copy_packed_anew_is_refused_unless_it_is_declared(copies, obtain):
    with pytest.raises(DataError, match=r"bytes, expected 10878146150"):
        obtain(offline=str(copies))


def test_a_copy_that_changed_since_the_first_use_is_refused(copies, obtain):
    obtain(offline=str(copies), **PACKED_ANEW)
    archive = copies / "MELD.Raw.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}"):
        obtain(offline=str(copies), **PACKED_ANEW)


def test_a_text_model_needs_the_tables_alone(shared, tmp_path, obtain):
    said = obtain(clips=False, offline=str(shared / "meld"))
    assert sorted(path.name for path in (tmp_path / "raw").glob("[!.]*")) == [
        "dev_sent_emo.csv",
        "downloaded.json",
        "test_sent_emo.csv",
        "train_sent_emo.csv",
    ]
    assert said.keys() == {"corpus", "version", "tables"}


def test_a_wrong_table_out_of_the_archive_is_replaced_by_the_official_one(shared, tmp_path, obtain):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "dev_sent_emo.csv").write_text("another")
    obtain(clips=False, offline=str(shared / "meld"))
    official = (shared / "meld" / "dev_sent_emo.csv").read_bytes()
    assert (tmp_path / "raw" / "dev_sent_emo.csv").read_bytes() == official


def test_room_for_archive_and_clips_is_checked_before_anything_is_fetched(
    tmp_path, obtain, monkeypatch
):
    asked = []
    monkeypatch.setattr(download, "check_space", lambda folder, needed, what: asked.append(needed))
    (tmp_path / "download").mkdir()
    (tmp_path / "download" / "MELD.Raw.tar.gz.part").write_bytes(b"x" * 1000)
    monkeypatch.setattr(download, "Transfer", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        obtain()
    assert asked == [10_878_146_150 - 1000 + int(1.1 * 10_878_146_150)]


@pytest.mark.parametrize("file", (ARCHIVE, *TABLES), ids=lambda file: file.name)
def test_every_address_ends_in_the_name_and_an_encrypted_one_comes_first(file):
    assert all(address.endswith(f"/{file.name}") for address in file.addresses)
    assert file.addresses[0].startswith("https://")
    assert len(file.addresses) == len(set(file.addresses)) >= 2


def test_the_tables_at_hand_have_the_published_digests(shared):
    assert [table.name for table in TABLES] == [f"{part.name}_sent_emo.csv" for part in PARTS]
    for table in TABLES:
        data = (shared / "meld" / table.name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (table.size, table.sha256)
