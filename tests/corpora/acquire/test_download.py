"""A file arrives whole and right, whatever the server does; what has arrived is not fetched again."""

import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from threading import Thread

import pytest

from ariigcn.core.errors import DataError
from ariigcn.corpora.acquire import request, transfer
from ariigcn.corpora.acquire.download import (
    DIGESTS,
    RemoteFile,
    at_mirror,
    download,
    local_path,
)
from ariigcn.corpora.acquire.request import Patience
from ariigcn.corpora.acquire.transfer import CHUNK
from ariigcn.corpora.config import DownloadConfig
from tests.corpora.unreliable_server import Behaviour, serving

DATA = random.Random(0).randbytes(700_000)
OTHER = random.Random(1).randbytes(len(DATA))
QUICK = Patience(attempts=4, backoff_s=0.0, timeout_s=5.0)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def source(*addresses: str, **known: object) -> RemoteFile:
    return RemoteFile("a.bin", addresses, **known)


def pinned(*addresses: str, data: bytes = DATA) -> RemoteFile:
    return source(*addresses, size=len(data), sha256=sha256(data))


def fetch(file, folder, patience=QUICK, **config):
    return download(file, folder, DownloadConfig(**config), patience=patience)


def test_200_mb_over_20_cuts_arrive_intact_and_nothing_is_fetched_twice(tmp_path):
    size, cuts = 200_000_000, 20
    pattern = random.Random(2).randbytes((1 << 20) + 7)
    whole = pattern * (size // len(pattern) + 2)

    file = Behaviour(size, lambda start, end: whole[start:end], cut_after=[size // 21] * cuts)
    due = hashlib.sha256(memoryview(whole)[:size]).hexdigest()
    with serving(big=file) as server:
        path = fetch(source(f"{server}/big", size=size, sha256=due), tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == due
    assert len(file.requests) == cuts + 1
    assert file.sent <= size + cuts * CHUNK
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bin"]


def test_connections_that_are_reset_are_taken_up_again(tmp_path):
    file = Behaviour.of(DATA, cut_after=[100_000] * 5, reset=True)
    with serving(a=file) as server:
        path = fetch(pinned(f"{server}/a"), tmp_path)
    assert path.read_bytes() == DATA


def test_a_part_is_asked_for_only_if_the_file_is_the_same(tmp_path):
    file = Behaviour.of(DATA, cut_after=[300_000])
    with serving(a=file) as server:
        fetch(source(f"{server}/a"), tmp_path)
    first, second = file.requests
    assert "Range" not in first
    assert (second["Range"], second["If-Range"]) == ("bytes=300000-", '"1"')


@pytest.mark.parametrize("if_range", [True, False], ids=["If-Range heeded", "If-Range ignored"])
def test_a_file_that_changes_midway_is_fetched_anew_and_never_glued(tmp_path, if_range):
    def change(file, answers):
        if answers == 1:
            file.become(OTHER, '"2"')

    file = Behaviour.of(DATA, cut_after=[300_000], if_range=if_range, change=change)
    with serving(a=file) as server:
        path = fetch(source(f"{server}/a"), tmp_path)
    assert path.read_bytes() == OTHER


def test_the_date_tells_a_changed_file_where_the_etag_is_weak(tmp_path):
    def change(file, answers):
        if answers == 1:
            file.become(OTHER, 'W/"1"')
            file.last_modified = "Tue, 02 Jan 2024 00:00:00 GMT"

    date = "Mon, 01 Jan 2024 00:00:00 GMT"
    file = Behaviour.of(DATA, cut_after=[300_000], etag='W/"1"', last_modified=date, change=change)
    with serving(a=file) as server:
        path = fetch(source(f"{server}/a"), tmp_path)
    assert file.requests[1]["If-Range"] == date
    assert path.read_bytes() == OTHER


def test_without_any_validator_a_part_is_dropped_unless_a_digest_vouches_for_it(tmp_path):
    for known, asked in (({}, None), ({"sha256": sha256(DATA)}, "bytes=300000-")):
        file = Behaviour.of(DATA, cut_after=[300_000], etag=None)
        with serving(a=file) as server:
            path = fetch(source(f"{server}/a", **known), tmp_path / str(asked))
        assert file.requests[1].get("Range") == asked
        assert path.read_bytes() == DATA


def test_a_part_that_begins_elsewhere_is_never_glued(tmp_path):
    file = Behaviour.of(DATA, cut_after=[300_000], shift=10)
    with serving(a=file) as server:
        path = fetch(source(f"{server}/a"), tmp_path)
    assert path.read_bytes() == DATA


def test_a_server_that_ignores_range_starts_over_without_damage(tmp_path):
    file = Behaviour.of(DATA, ranges=False, cut_after=[300_000, 200_000])
    with serving(a=file) as server:
        path = fetch(pinned(f"{server}/a"), tmp_path)
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("announced", [None, 0], ids=["with length", "without length"])
def test_a_server_that_never_gets_further_is_given_up(tmp_path, announced):
    file = Behaviour.of(DATA, ranges=False, cut_after=[300_000] * 99, announced=announced)
    with serving(a=file) as server, pytest.raises(DataError, match=r"4 attempts in a row"):
        fetch(pinned(f"{server}/a"), tmp_path)
    assert len(file.requests) == QUICK.attempts


def test_a_file_that_became_shorter_than_its_part_is_fetched_anew(tmp_path):
    short = DATA[:1000]

    def change(file, answers):
        if answers == 1:
            file.become(short, '"1"')

    file = Behaviour.of(DATA, cut_after=[300_000], change=change)
    with serving(a=file) as server:
        path = fetch(source(f"{server}/a"), tmp_path)
    assert path.read_bytes() == short
    assert len(file.requests) == 3  # cut, 416, whole


@pytest.mark.parametrize("announced", [len(DATA) + 5, len(DATA) - 5])
def test_a_wrong_announced_length_sends_us_to_the_mirror(tmp_path, announced):
    liar, honest = Behaviour.of(DATA, announced=announced), Behaviour.of(DATA)
    with serving(liar=liar, honest=honest) as server:
        path = fetch(pinned(f"{server}/liar", f"{server}/honest"), tmp_path)
    assert path.read_bytes() == DATA
    assert len(liar.requests) == 1


def test_a_body_shorter_than_announced_is_a_cut_and_never_a_file(tmp_path):
    file = Behaviour.of(DATA, announced=len(DATA) + 5)
    with serving(a=file) as server, pytest.raises(DataError, match=r"\d+ of 700005|attempts"):
        fetch(source(f"{server}/a"), tmp_path)
    assert not (tmp_path / "a.bin").exists()


def test_a_body_longer_than_due_is_refused(tmp_path):
    file = Behaviour.of(DATA, announced=0)
    with serving(a=file) as server, pytest.raises(DataError, match="longer than the 699999 bytes"):
        fetch(pinned(f"{server}/a", data=OTHER[:-1]), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_any_length_nothing_could_tell_a_cut(tmp_path):
    file = Behaviour.of(DATA, announced=0)
    with serving(a=file) as server, pytest.raises(DataError, match="does not say how long"):
        fetch(source(f"{server}/a"), tmp_path)


def test_404_goes_to_the_mirror_at_once_and_503_is_tried_again(tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(transfer.time, "sleep", waits.append)
    patience = Patience(backoff_s=2.0, longest_wait_s=30.0)
    busy = Behaviour.of(DATA, codes=[503, 503, 429], headers={"Retry-After": "7"})
    with serving(busy=busy) as server:
        path = fetch(pinned(f"{server}/gone", f"{server}/busy"), tmp_path, patience=patience)
    assert path.read_bytes() == DATA
    assert waits == [7.0, 7.0, 8.0]  # at least what the server asks for, and doubling


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, 2.0),
        ({"Retry-After": "86400"}, 30.0),
        ({"Retry-After": "soon"}, 2.0),
        ({"Retry-After": "Fri, 31 Dec 2399 23:59:59 GMT"}, 30.0),
    ],
)
def test_the_wait_that_a_server_asks_for_is_bounded(tmp_path, monkeypatch, headers, wait):
    waits = []
    monkeypatch.setattr(transfer.time, "sleep", waits.append)
    busy = Behaviour.of(DATA, codes=[503], headers=headers)
    with serving(busy=busy) as server:
        fetch(pinned(f"{server}/busy"), tmp_path, patience=Patience(longest_wait_s=30.0))
    assert waits == [wait]


def test_every_address_and_reason_is_named_where_none_works(tmp_path):
    busy = Behaviour.of(DATA, codes=[503] * 9)
    with serving(busy=busy) as server, pytest.raises(DataError) as caught:
        fetch(pinned(f"{server}/gone", f"{server}/busy"), tmp_path)
    assert "/gone: HTTP 404" in str(caught.value)
    assert "/busy: HTTP 503 (4 attempts in a row)" in str(caught.value)
    assert "download={offline: DIR}" in str(caught.value)


def test_a_mirror_goes_on_where_the_primary_stopped(tmp_path):
    primary = Behaviour.of(DATA, cut_after=[300_000])
    primary.change = lambda file, answers: file.codes.extend([503] * answers)
    mirror = Behaviour.of(DATA, etag='"else"')
    with serving(primary=primary, mirror=mirror) as server:
        both = pinned(f"{server}/primary", f"{server}/mirror")
        path = fetch(both, tmp_path)
    assert path.read_bytes() == DATA
    assert mirror.requests[0]["Range"] == "bytes=300000-"
    assert primary.sent + mirror.sent == len(DATA)


def begin(folder, address, data=DATA, arrived=300_000):
    """What a run that was cut leaves behind."""
    (folder / "a.bin.part").write_bytes(data[:arrived])
    state = {"address": address, "size": len(data), "etag": '"1"', "last_modified": None}
    (folder / "a.bin.part.json").write_text(json.dumps(state))


def test_the_address_that_a_part_came_from_is_asked_first(tmp_path):
    primary, mirror = Behaviour.of(DATA), Behaviour.of(DATA)
    with serving(primary=primary, mirror=mirror) as server:
        begin(tmp_path, f"{server}/mirror")
        fetch(source(f"{server}/primary", f"{server}/mirror"), tmp_path)
    assert (primary.sent, mirror.sent) == (0, len(DATA) - 300_000)


def test_a_mirror_with_another_file_costs_nothing_that_had_arrived(tmp_path):
    with serving(mirror=Behaviour.of(OTHER[:-9])) as server:
        begin(tmp_path, f"{server}/gone")
        known = source(f"{server}/gone", f"{server}/mirror", sha256=sha256(DATA))
        with pytest.raises(DataError, match="mirror: the server has another file than the one"):
            fetch(known, tmp_path)
    assert (tmp_path / "a.bin.part").read_bytes() == DATA[:300_000]


def test_a_part_of_a_file_of_another_size_is_dropped(tmp_path):
    file = Behaviour.of(DATA)
    with serving(a=file) as server:
        begin(tmp_path, f"{server}/a", OTHER[:-9], len(OTHER) - 9)
        path = fetch(pinned(f"{server}/a"), tmp_path)
    assert path.read_bytes() == DATA


def test_a_wrong_file_is_dropped_and_the_error_names_both_digests(tmp_path):
    with serving(a=Behaviour.of(DATA[::-1])) as server, pytest.raises(DataError) as caught:
        fetch(pinned(f"{server}/a"), tmp_path)
    assert sha256(DATA) in str(caught.value)
    assert sha256(DATA[::-1]) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_without_a_published_digest_the_first_use_decides(tmp_path):
    file = Behaviour.of(DATA)
    with serving(a=file) as server:
        fetch(source(f"{server}/a"), tmp_path)
        assert json.loads((tmp_path / DIGESTS).read_text()) == {"a.bin": sha256(DATA)}
        assert fetch(source(f"{server}/a"), tmp_path).read_bytes() == DATA
        assert len(file.requests) == 1  # what stands and is right is not fetched again

        (tmp_path / "a.bin").unlink()
        file.become(OTHER, '"2"')
        with pytest.raises(DataError) as caught:
            fetch(source(f"{server}/a"), tmp_path)
    for part in (sha256(DATA), sha256(OTHER), f"remove its line from {tmp_path / DIGESTS}"):
        assert part in str(caught.value)
    assert not (tmp_path / "a.bin").exists()


KILLED = """
import sys
from pathlib import Path
from ariigcn.corpora.acquire.download import RemoteFile, download
from ariigcn.corpora.config import DownloadConfig
download(RemoteFile("a.bin", (sys.argv[1],)), Path(sys.argv[2]), DownloadConfig())
"""


def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    release = [False]

    def read(start, end):
        while start >= 400_000 and not release[0]:
            time.sleep(0.01)
        return DATA[start:end]

    file = Behaviour(len(DATA), read)
    with serving(a=file) as server:
        child = subprocess.Popen([sys.executable, "-c", KILLED, f"{server}/a", str(tmp_path)])
        part = tmp_path / "a.bin.part"
        while not (part.exists() and part.stat().st_size >= 400_000):
            assert child.poll() is None
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        release[0] = True
        arrived = part.stat().st_size
        path = fetch(source(f"{server}/a"), tmp_path)
    assert path.read_bytes() == DATA
    assert file.requests[1]["Range"] == f"bytes={arrived}-"


def test_a_part_that_is_whole_needs_no_connection(tmp_path):
    """The run was killed between the last byte and the digest."""
    with serving(a=Behaviour.of(DATA)) as server:
        address = f"{server}/a"
    begin(tmp_path, address, arrived=len(DATA))
    assert fetch(pinned(address), tmp_path).read_bytes() == DATA


def test_a_disk_that_is_too_small_is_said_before_the_first_byte(tmp_path):
    file = Behaviour.of(DATA, announced=10**18)
    with serving(a=file) as server, pytest.raises(DataError, match=r"GB free where .* needs"):
        fetch(source(f"{server}/a"), tmp_path)
    assert not (tmp_path / "a.bin.part").exists()


@pytest.mark.parametrize("form", ["folder", "file address"])
def test_a_local_mirror_is_used_where_it_lies(tmp_path, form):
    copies = tmp_path / "my copies"
    copies.mkdir()
    (copies / "a.bin").write_bytes(DATA)
    mirror = str(copies) if form == "folder" else copies.as_uri()
    path = fetch(pinned("http://127.0.0.1:9/a"), tmp_path / "downloads", mirror=mirror)
    assert path == copies / "a.bin"


def test_a_mirror_on_the_network_is_asked_first_and_the_source_after_it(tmp_path):
    own = Behaviour.of(DATA)
    with serving(**{"own/a.bin": own}) as server:
        for mirror in (f"{server}/own", f"{server}/empty/"):
            folder = tmp_path / mirror[-4:].strip("/")
            path = fetch(pinned(f"{server}/own/a.bin"), folder, mirror=mirror)
            assert path.read_bytes() == DATA


def test_offline_opens_no_connection(tmp_path):
    copies = tmp_path / "copies"
    copies.mkdir()
    file = Behaviour.of(DATA)
    with serving(a=file) as server:
        with pytest.raises(DataError, match=r"download.offline forbids"):
            fetch(pinned(f"{server}/a"), tmp_path, offline=copies)
        (copies / "a.bin").write_bytes(DATA)
        assert fetch(pinned(f"{server}/a"), tmp_path, offline=copies) == copies / "a.bin"
        (copies / "a.bin").write_bytes(DATA[:-1])
        with pytest.raises(DataError, match="699999 bytes, expected 700000"):
            fetch(pinned(f"{server}/a"), tmp_path, offline=copies)
    assert file.requests == []


def test_the_proxy_of_the_environment_is_asked(tmp_path, monkeypatch):
    proxy = Behaviour.of(DATA)
    with serving(a=proxy) as server:
        monkeypatch.setenv("http_proxy", server)
        path = fetch(pinned("http://corpus.invalid/a"), tmp_path)
    assert path.read_bytes() == DATA
    assert proxy.requests[0]["Host"] == "corpus.invalid"


def crawling(begin: int = 0) -> Behaviour:
    """A byte at a time, from a place on."""

    def read(start, end):
        time.sleep(0.01 if start >= begin else 0.0)
        return DATA[start : start + 1 if start >= begin else begin]

    return Behaviour(len(DATA), read)


def test_a_connection_that_crawls_is_given_up_and_a_mirror_goes_on(tmp_path):
    slow, mirror = crawling(300_000), Behaviour.of(DATA)
    patience = Patience(attempts=3, backoff_s=0.0, slowest=10_000.0, window_s=0.1)
    begun = time.monotonic()
    with serving(slow=slow, mirror=mirror) as server:
        path = fetch(pinned(f"{server}/slow", f"{server}/mirror"), tmp_path, patience=patience)
    assert path.read_bytes() == DATA
    # The first brought enough to count; the crawling ones in a row do not, though each brought some.
    assert len(slow.requests) in (patience.attempts, patience.attempts + 1)
    assert mirror.sent < len(DATA) - 300_000
    assert time.monotonic() - begun < 5


def test_what_crawls_everywhere_is_an_error_that_says_so(tmp_path):
    patience = Patience(attempts=2, backoff_s=0.0, window_s=0.05)
    with (
        serving(a=crawling()) as server,
        pytest.raises(DataError, match=r"connection is too slow \(2 at"),
    ):
        fetch(source(f"{server}/a"), tmp_path, patience=patience)


def test_a_slow_line_is_not_a_crawling_one(tmp_path):
    file = Behaviour(len(DATA), lambda start, end: (time.sleep(0.02), DATA[start:end])[1])
    patience = Patience(attempts=1, slowest=1000.0, window_s=0.02)
    with serving(a=file) as server:
        assert fetch(source(f"{server}/a"), tmp_path, patience=patience).read_bytes() == DATA


def test_a_head_that_crawls_is_given_up(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))

    def dribble():
        connection, _ = listener.accept()
        try:
            while True:
                connection.sendall(b"H")
                time.sleep(0.02)
        except OSError:
            pass

    Thread(target=dribble, daemon=True).start()
    patience = Patience(attempts=1, timeout_s=0.1)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/a"
    with listener, pytest.raises(DataError, match="the server did not answer within"):
        fetch(source(address), tmp_path, patience=patience)


ADDRESSES = tuple(f"http://{host}.invalid/a" for host in ("one", "two", "one"))


def no_name(*_):
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def no_answer(*_):
    time.sleep(3)


@pytest.mark.parametrize(
    ("look_up", "said"),
    [
        (no_name, "the name one.invalid is not found (Temporary failure"),
        (no_answer, "no name server answered within"),
    ],
)
def test_without_a_name_server_one_line_says_so_at_once(
    tmp_path, monkeypatch, caplog, look_up, said
):
    monkeypatch.setattr(request.socket, "getaddrinfo", look_up)
    begun = time.monotonic()
    with pytest.raises(DataError) as caught:
        fetch(source(*ADDRESSES), tmp_path, patience=Patience(names_s=0.1))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caplog.records == []
    assert time.monotonic() - begun < 1


def test_a_name_that_fails_midway_may_come_back(tmp_path, monkeypatch):
    real, calls = socket.getaddrinfo, []

    def fails_once(*arguments, **others):
        calls.append(arguments)
        # Once to check and once to connect for the first attempt.
        return no_name() if len(calls) == 3 else real(*arguments, **others)

    monkeypatch.setattr(request.socket, "getaddrinfo", fails_once)
    file = Behaviour.of(DATA, cut_after=[300_000])
    with serving(a=file) as server:
        path = fetch(pinned(f"{server}/a"), tmp_path)
    assert path.read_bytes() == DATA
    assert len(calls) > 3


def test_a_server_that_points_to_an_unknown_one_is_not_asked_again(tmp_path):
    file = Behaviour.of(DATA, codes=[302] * 9, headers={"Location": "http://nobody.invalid/a"})
    with serving(a=file) as server, pytest.raises(DataError, match=r"nobody\.invalid"):
        fetch(source(f"{server}/a"), tmp_path)
    assert len(file.requests) == 1


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/a", "http://[::1/a"])
def test_a_server_that_points_to_what_is_no_address_is_not_asked_again(tmp_path, target):
    file = Behaviour.of(DATA, codes=[302] * 9, headers={"Location": target})
    with serving(a=file) as server, pytest.raises(DataError, match="this is no address"):
        fetch(source(f"{server}/a"), tmp_path)
    assert len(file.requests) == 1


@pytest.mark.parametrize("host", ["", "[::1", "a" * 70 + ".invalid", "xn--\u0660.invalid"])
def test_addresses_that_are_none_are_an_error_in_words(tmp_path, host):
    with pytest.raises(DataError, match=r"a\.bin cannot be downloaded"):
        fetch(source(f"http://{host}/a"), tmp_path)


def test_a_mirror_that_is_no_address_is_refused_by_the_configuration():
    with pytest.raises(ValueError, match="mirror"):
        DownloadConfig(mirror="http://[::1/")


@pytest.mark.parametrize("record", ["{", "[]", "\udcff"])
def test_a_damaged_record_of_digests_is_an_error_in_words(tmp_path, record):
    (tmp_path / "a.bin").write_bytes(DATA)
    (tmp_path / DIGESTS).write_text(record, errors="surrogateescape")
    with pytest.raises(DataError, match=f"{DIGESTS}: .* remove it and run again"):
        fetch(source("http://127.0.0.1:9/a"), tmp_path)


@pytest.mark.parametrize("size", ['"x"', "null", "[]"])
def test_a_damaged_note_beside_a_part_costs_the_part_alone(tmp_path, size):
    file = Behaviour.of(DATA)
    with serving(a=file) as server:
        begin(tmp_path, f"{server}/a")
        note = tmp_path / "a.bin.part.json"
        note.write_text(note.read_text().replace(str(len(DATA)), size))
        assert fetch(source(f"{server}/a"), tmp_path).read_bytes() == DATA


def test_a_length_of_thousands_of_digits_is_none(tmp_path):
    file = Behaviour.of(DATA, announced=int("9" * 4000))
    with serving(a=file) as server, pytest.raises(DataError, match="does not say how long"):
        fetch(source(f"{server}/a"), tmp_path)


@pytest.mark.parametrize(
    ("mirror", "address"),
    [
        ("https://a.b/c", "https://a.b/c/dev_sent_emo.csv"),
        ("https://a.b/c/", "https://a.b/c/dev_sent_emo.csv"),
        ("https://a.b/c/MELD.Raw.tar.gz?download=true", "https://a.b/c/dev_sent_emo.csv"),
        ("file:///c/MELD.Raw.tar.gz", "file:///c/dev_sent_emo.csv"),
        ("/c/MELD.Raw.tar.gz", "/c/dev_sent_emo.csv"),
        ("/c/ijcnlp_dailydialog.zip", "/c/dev_sent_emo.csv"),
        ("/c/MELD.Raw", "/c/MELD.Raw/dev_sent_emo.csv"),
    ],
)
def test_a_mirror_is_a_folder_or_any_file_in_it(mirror, address):
    assert at_mirror(mirror, "dev_sent_emo.csv") == address


def test_only_http_needs_a_network():
    assert str(local_path("file:///my%20copies/a")) == "/my copies/a"
    assert str(local_path("copies/a")) == "copies/a"
    assert local_path("http://a/b") is local_path("https://a/b") is None
