"""Files are whole or absent."""

import pytest

from ariigcn.core.files import atomic_path


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_files_and_folders_are_replaced(tmp_path):
    for _ in range(2):
        with atomic_path(tmp_path / "deep" / "model") as temporary:
            temporary.mkdir()
            (temporary / "weights").write_text("new")
        with atomic_path(tmp_path / "one.csv") as temporary:
            assert temporary.suffix == ".csv"
            temporary.write_text("new")
    assert (tmp_path / "deep" / "model" / "weights").read_text() == "new"
    assert {p.name for p in tmp_path.iterdir()} == {"deep", "one.csv"}
