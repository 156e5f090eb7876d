"""What stands at a path, without opening it."""

import os
import socket
from pathlib import Path

import pytest

from ariigcn.core.paths import (
    ABSENT,
    NOT_UTF8,
    file_trouble,
    leads_out,
    may_be_of_hub,
    printable,
)


def hostile(folder: Path) -> dict[str, str]:
    """Names below a folder that are no files, each with what is to be said of it."""
    (folder / "folder.wav").mkdir()
    os.mkfifo(folder / "pipe.wav")
    (folder / "linked_pipe.wav").symlink_to(folder / "pipe.wav")
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    (folder / "dangling.wav").symlink_to(folder / "nowhere.wav")
    (folder / "file").write_bytes(b"1")
    return {
        ".": "a folder",
        "folder.wav": "a folder",
        "pipe.wav": "a pipe",
        "linked_pipe.wav": "a pipe",
        "loop.wav": "a link that leads back to itself",
        "dangling.wav": ABSENT,
        "absent.wav": ABSENT,
        "file/within.wav": ABSENT,
        "a" * 300 + ".wav": "a name longer than the file system allows",
        "nul\0.wav": "a name with a NUL",
    }


def test_what_is_no_file_is_told_in_words_and_never_opened(tmp_path: Path) -> None:
    for name, words in hostile(tmp_path).items():
        assert file_trouble(tmp_path / name).startswith(words), name
    assert file_trouble(tmp_path / "file") == ""
    old = tmp_path / os.fsdecode(b"caf\xe9.wav")  # as an archive of an older system unpacks it
    old.write_bytes(b"1")
    assert file_trouble(old) == NOT_UTF8
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert file_trouble(tmp_path / "link") == ""
    assert file_trouble(Path("/dev/null")) == "a device, not a file"


def test_a_socket_and_what_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.wav")
        assert file_trouble(Path("socket.wav")) == "a socket, not a file"
    (tmp_path / "secret.wav").write_bytes(b"1")
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read all
    assert file_trouble(tmp_path / "secret.wav") == "Permission denied"


def test_a_foreign_text_is_one_line() -> None:
    assert printable("größer\n\0\x1b[31m\ud800") == r"größer\n\x00\x1b[31m\ud800"
    assert printable("a" * 400) == "a" * 297 + "..."
    assert printable("a" * 300) == "a" * 300


def test_a_mistyped_path_is_no_name_of_a_hub(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").mkdir()
    (tmp_path / "results" / "demo").mkdir(parents=True)
    for name in ("roberta-large", "microsoft/wavlm-large", "demo/ar-iigcn"):
        assert may_be_of_hub(name), name
    assert not may_be_of_hub("demo/ar-iigcn", tmp_path / "results")
    for name in ("weights/robertta", "./a", "../a", "~/a", "/a/b", "a/b/c", "a/", "", "weights"):
        assert not may_be_of_hub(name), name


def test_what_leads_out_of_a_folder_is_told_with_where_to(tmp_path):
    root, other = tmp_path / "corpus", tmp_path / "corpus-of-others"
    for folder in (root / "clips", other):
        folder.mkdir(parents=True)
        (folder / "a.wav").touch()
    (root / "far").symlink_to(other)
    (root / "clips" / "b.wav").symlink_to(other / "a.wav")
    (root / "clips" / "c.wav").symlink_to("a.wav")
    (root / "loop").symlink_to("loop")
    (tmp_path / "link").symlink_to(root)
    inside = [
        "clips/a.wav",
        "clips/c.wav",
        "clips/absent.wav",
        "loop",
        "./clips/../clips/a.wav",
        "",
    ]
    out = {
        "far/a.wav": "a.wav",
        "clips/b.wav": "a.wav",
        "../corpus-of-others/a.wav": "a.wav",
        "..": "",
    }
    for place in (root, tmp_path / "link"):
        found = leads_out(place, [*inside, *out, "/etc/passwd"])
        assert found.pop("/etc/passwd") == "/etc/passwd"
        assert found.pop("..") == str(tmp_path)
        assert found == {name: str(other / last) for name, last in out.items() if last}
