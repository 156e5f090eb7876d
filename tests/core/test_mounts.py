"""A job elsewhere sees the folders of the command, or says that it does not."""

import os

import pytest

from ariigcn.core import mounts
from ariigcn.core.errors import DataError
from ariigcn.core.mounts import MARK, VARIABLE, check_mounts, mark_mounts


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(mounts, "WAIT_S", 0.0)
    monkeypatch.setenv(VARIABLE, "{}")


def test_the_same_folders_pass_and_keep_their_marks(tmp_path):
    folders = [tmp_path / "data", tmp_path / "results"]
    mark_mounts(folders)
    first = os.environ[VARIABLE]
    check_mounts()
    mark_mounts(folders)
    assert os.environ[VARIABLE] == first
    assert all((folder / MARK).is_file() for folder in folders)


@pytest.mark.parametrize("there", ["nothing", "another"])
def test_another_disk_under_the_same_path_is_told(tmp_path, there):
    mark_mounts([tmp_path / "results"])
    told = os.environ[VARIABLE]
    (tmp_path / "results" / MARK).unlink()
    if there == "another":
        mark_mounts([tmp_path / "results"])  # that of another machine's command
    os.environ[VARIABLE] = told
    with pytest.raises(DataError, match=rf"does not see {tmp_path / 'results'} of the machine"):
        check_mounts()


def test_nothing_is_checked_where_nothing_was_told(monkeypatch):
    check_mounts()
    monkeypatch.delenv(VARIABLE)
    check_mounts()


def test_a_folder_that_cannot_be_written_to_is_not_told(tmp_path):
    (tmp_path / "file").write_text("")
    mark_mounts([tmp_path / "file" / "below"])
    assert os.environ[VARIABLE] == "{}"
    check_mounts()
