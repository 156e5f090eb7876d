"""The table of sources is sound, and says what is official."""

import hashlib

import pytest

from ariigcn.corpora.acquire.sources import MELD_ARCHIVE, MELD_TABLES, at_mirror, local_path

ALL = (MELD_ARCHIVE, *MELD_TABLES)


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.name)
def test_every_address_ends_in_the_name_and_an_encrypted_one_comes_first(source):
    assert all(address.endswith(f"/{source.name}") for address in source.addresses)
    assert source.addresses[0].startswith("https://")
    assert len(source.addresses) == len(set(source.addresses)) >= 2


def test_the_tables_at_hand_have_the_published_digests(shared):
    for table in MELD_TABLES:
        data = (shared / "meld" / table.name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (table.size, table.sha256)


@pytest.mark.parametrize(
    ("mirror", "address"),
    [
        ("https://a.b/c", "https://a.b/c/dev_sent_emo.csv"),
        ("https://a.b/c/", "https://a.b/c/dev_sent_emo.csv"),
        ("file:///c/MELD.Raw.tar.gz", "file:///c/dev_sent_emo.csv"),
        ("/c/MELD.Raw.tar.gz", "/c/dev_sent_emo.csv"),
        ("/c/MELD.Raw", "/c/MELD.Raw/dev_sent_emo.csv"),
    ],
)
def test_a_mirror_is_a_folder_or_any_file_in_it(mirror, address):
    assert at_mirror(mirror, "dev_sent_emo.csv") == address


def test_only_http_needs_a_network():
    assert str(local_path("file:///my%20copies/a")) == "/my copies/a"
    assert str(local_path("copies/a")) == "copies/a"
    assert local_path("http://a/b") is local_path("https://a/b") is None
