"""What a visitor names is compared with what is there; what is not held any longer is gone."""

import os
import stat
import subprocess
import sys
import time

import pytest

from ariigcn.app.files import Files, Kept, sweep_forever
from ariigcn.core.errors import DataError
from tests.app.serving import wait_until


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = Files(kept_s=60, most_bytes=100)
    yield made
    made.close()


def uploaded(files, digest="a" * 64, name="talk.srt"):
    path = files.uploads / digest / name
    path.parent.mkdir()
    path.write_text("x")
    return path


def test_the_folder_is_private(files):
    for folder in (files.root, files.uploads, files.folder("ann")):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_only_an_upload_is_found(files, tmp_path):
    path = uploaded(files)
    assert files.upload(str(path), "ann") == path
    secret = tmp_path / "secret.srt"
    secret.write_text("secret")
    link = files.uploads / ("b" * 64) / "link.srt"
    link.parent.mkdir()
    link.symlink_to(secret)
    result = files.folder("ann") / "emotions.csv"
    result.write_text("secret")
    for said in (
        "/etc/passwd", str(secret), str(link), str(result), f"{path.parent}/../../{secret.name}",
        f"{path.parent}/./{path.name}", str(path.parent), str(files.uploads), "", "*", "https://a.b/c.srt",
    ):  # fmt: skip
        with pytest.raises(DataError, match="no longer here"):
            files.upload(said, "ben")


def test_what_a_session_held_goes_with_it_but_what_another_holds(files):
    own, shared = uploaded(files), uploaded(files, "b" * 64)
    for session, path in (("ann", own), ("ann", shared), ("ben", shared)):
        files.upload(str(path), session)
    result = files.folder("ann") / "emotions.csv"
    result.write_text("x")
    token = files.offer(Kept(result, "talk.csv", "text/csv"), "ann")
    assert files.find(token).path == result
    assert files.find("x") is None
    files.end("ann")
    files.end("ann")
    assert files.find(token) is None
    assert not own.exists() and not result.parent.exists()
    assert shared.exists()
    files.end("ben")
    assert not shared.exists()


def test_the_same_recording_under_two_names_stays_for_the_one_who_is_still_there(files):
    first = uploaded(files)
    second = first.with_name("other.srt")
    second.write_text("x")
    files.upload(str(first), "ann"), files.upload(str(second), "ben")
    files.end("ann")
    assert second.exists()
    files.end("ben")
    assert not second.exists()


def make_old(folder):
    long_ago = time.time() - 61
    os.utime(folder, (long_ago, long_ago))


def test_everything_goes_after_its_own_time(files):
    early, late, dropped = (uploaded(files, digit * 64) for digit in "abc")
    files.upload(str(early), "ann")
    made = files.folder("ann")
    result = made / "emotions.csv"
    result.write_text("x")
    token = files.offer(Kept(result, "talk.csv", "text/csv"), "ann")
    files.upload(str(late), "ann")
    for folder in (early.parent, dropped.parent):
        make_old(folder)
    files.sweep()
    assert not early.exists() and not dropped.exists()
    assert late.exists() and files.find(token)
    make_old(made)
    files.sweep()
    assert not made.exists() and late.exists()
    assert files.find(token) is None
    files.close()
    assert not files.root.exists()


def test_what_work_writes_after_its_session_has_ended_is_not_offered_and_goes(files):
    folder, kept = files.folder("ann"), Kept(uploaded(files), "talk.srt", "text/plain")
    files.upload(str(kept.path), "ann"), files.upload(str(kept.path), "ben")
    files.end("ann")
    folder.mkdir()
    result = folder / "emotions.csv"
    result.write_text("x")
    for late in (Kept(result, "talk.csv", "text/csv"), kept):
        with pytest.raises(DataError, match="were removed before the result was there"):
            files.offer(late, "ann")
    files.sweep()
    assert not folder.exists()
    assert kept.path.exists()  # ben's, too


def test_sweeping_goes_on_after_it_failed(files, monkeypatch):
    swept = []

    def fail():
        swept.append(1)
        raise OSError("no such disk")

    monkeypatch.setattr(files, "sweep", fail)
    sweep_forever(files, every_s=0.01)
    wait_until(lambda: len(swept) > 2)


def test_what_a_killed_process_left_is_removed(tmp_path, monkeypatch):
    code = (
        "import os, tempfile; tempfile.tempdir = os.sys.argv[1]; from ariigcn.app.files import Files;"
        "Files(60, 1); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    [left] = tmp_path.iterdir()
    # In a container that is started again, this process has the number of the one before.
    left = left.rename(tmp_path / f"ariigcn-app-{os.getpid()}-left")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = Files(60, 1), Files(60, 1)
    assert not left.exists()
    assert first.root.exists() and second.root.exists()
    first.close(), second.close()


def test_room_is_kept_for_what_comes_and_what_broke_off_is_removed(files):
    path = uploaded(files)  # a byte
    broken = files.uploads / "tmp1"
    with files.receiving(60) as first, files.receiving(40) as second, files.receiving(39) as third:
        assert (first, second, third) == (True, False, True)
        broken.write_bytes(bytes(30))
    assert path.is_file()
    assert not broken.exists()
    with files.receiving(99) as fits:
        assert fits
