"""What changed in a corpus's folder is noticed by names, sizes and times; tables by their bytes."""

import os

import pytest

from ariigcn.corpora.fingerprints import (
    AS_MADE,
    RECORD,
    changed,
    media_digest,
    names_digest,
    record_made,
    tables_digest,
)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "clips").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "clips" / name).write_bytes(b"clip " + name.encode())
    (tmp_path / "conversations.csv").write_text("dialogue_id,utterance_id,speaker\nd,u,s\n")
    return tmp_path


def replaced(root):
    clip = root / "clips" / "a.mp4"
    before = clip.stat()
    clip.write_bytes(b"another clip")
    os.utime(clip, ns=(before.st_atime_ns, before.st_mtime_ns))


def edited(root):
    table = root / "conversations.csv"
    before = table.stat()
    table.write_text("dialogue_id,utterance_id,speaker\nd,u,t\n")
    os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "removed": lambda root: (root / "clips" / "a.mp4").unlink(),
    "added": lambda root: (root / "clips" / "c.mp4").touch(),
    "renamed": lambda root: (root / "clips" / "a.mp4").rename(root / "clips" / "c.mp4"),
    "touched": lambda root: os.utime(root / "clips" / "a.mp4", ns=(1, 1)),
    "replaced by another length, its time kept": replaced,
    "all gone": lambda root: [path.unlink() for path in (root / "clips").iterdir()],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_clip_changes_the_media_and_no_table(root, change):
    media, tables = media_digest(root), tables_digest(root)
    assert media_digest(root) == media
    change(root)
    assert media_digest(root) != media
    assert tables_digest(root) == tables


@pytest.mark.parametrize(
    ("change", "noticed"),
    [("removed", True), ("added", True), ("renamed", True), ("touched", False)],
)
def test_names_alone_tell_what_came_and_went(root, change, noticed):
    before = names_digest(root)
    CHANGES[change](root)
    assert (names_digest(root) != before) == noticed


def test_a_table_edited_with_its_time_kept_changes_the_tables_and_no_media(root):
    media, tables = media_digest(root), tables_digest(root)
    edited(root)
    assert tables_digest(root) != tables
    assert media_digest(root) == media


def test_a_folder_that_moves_with_its_times_is_the_same(root):
    media, tables = media_digest(root), tables_digest(root)
    moved = root.with_name("moved")
    root.rename(moved)
    assert (media_digest(moved), tables_digest(moved)) == (media, tables)


def test_what_was_made_counts_as_made_until_somebody_changes_it(root):
    assert changed(root / "absent", "media") == AS_MADE
    record_made(root)
    assert changed(root, "media") == changed(root, "tables") == AS_MADE
    edited(root)
    assert changed(root, "media") == AS_MADE != changed(root, "tables")
    replaced(root)
    assert changed(root, "media") != AS_MADE
    (root / RECORD).write_text("{")
    assert changed(root, "tables") == tables_digest(root)


def test_links_in_a_circle_and_links_to_nothing_end(root):
    (root / "clips" / "circle").symlink_to(root / "clips")
    (root / "clips" / "self").symlink_to("self")
    (root / "clips" / "nothing").symlink_to("absent")
    assert media_digest(root) == media_digest(root)


def test_names_that_are_not_in_utf8_count_as_any(tmp_path):
    digests = []
    for name in (b"caf\xe9", b"caf\xe8"):
        folder = tmp_path / os.fsdecode(name + b".d")
        folder.mkdir()
        for ending in (b".srt", b".mp4"):
            (folder / os.fsdecode(name + ending)).write_bytes(b"x")
        digests.append((tables_digest(folder), names_digest(folder)))
    assert len({*digests[0], *digests[1]}) == 4
