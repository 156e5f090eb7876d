"""The page's server as a process, asked what no page would ask."""

import html
import re
import signal
import socket
from pathlib import Path

import pytest
import requests

from tests.app.conftest import SAID
from tests.app.serving import serving, tokens, wait_until

HOSTILE = """1
00:00:00,000 --> 00:00:01,000
<v Ann "x" onload=alert(1)>&lt;script&gt;alert("words")&lt;/script&gt; ${alert(1)} {{ 7*7 }} </iframe>
"""


@pytest.fixture(scope="module")
def asked(server, talk):
    """A session with a result."""
    recording = server.upload("talk.mp4", talk.read_bytes()).json()[0]
    transcript = server.upload("../../talk.srt", SAID.encode()).json()[0]
    return recording, transcript, server.ask("first", recording, transcript)


def test_a_result_offers_its_files(server, asked):
    _, _, outcome = asked
    player, *downloads = tokens(outcome)
    assert len(downloads) == 5
    film = server.get(f"kept/{player}", headers={"Range": "bytes=0-9"})
    assert (film.status_code, film.headers["content-type"]) == (206, "video/mp4")
    csv = server.get(f"kept/{downloads[0]}")
    assert csv.text.startswith("conversation,number,speaker")
    assert csv.headers["content-disposition"] == 'attachment; filename="talk.csv"'


def test_no_path_of_the_machine_can_be_asked_for(server, asked):
    recording, _, _ = asked
    for path in (
        "gradio_api/file=/etc/passwd", f"gradio_api/file={recording}", "file=/etc/passwd",
        f"gradio_api/file={server.folder}", "gradio_api/file/etc/passwd", "gradio_api/proxy=http://a.b/",
        "gradio_api/info", "gradio_api/openapi.json", "gradio_api/runs", "monitoring",
        "gradio_api/deep_link", "gradio_api/stream/a/b/c/playlist.m3u8", "docs",
        "kept/..%2f..%2fetc%2fpasswd",
    ):  # fmt: skip
        answer = server.get(path)
        assert answer.status_code in (403, 404), path
        assert "root:" not in answer.text
    for path in (
        "gradio_api/component_server",
        "gradio_api/process_recording",
        "gradio_api/vibe-edit",
    ):
        assert requests.post(server.address + path, json={}, timeout=60).status_code == 403
    assert server.get("kept/guessed").status_code == 404


def test_a_request_that_names_what_it_has_not_uploaded_is_refused(server, asked):
    upload = asked[1]
    for said in (
        "/etc/passwd",
        "/proc/self/environ",
        f"{upload}/../../../b.srt",
        7,
        ["http://93.184.216.34/a.srt"],
        {"path": upload, "meta": {"path": "/etc/passwd"}},
        *map(str, server.folder.glob("results/*/emotions.csv")),
    ):
        for refused in (server.join("paths", said), server.join("paths", None, said)):
            assert (refused.status_code, refused.text) == (403, "not an upload")
    inside = str(server.folder / "uploads" / "a" / "b.srt")
    assert "An uploaded file is no longer here" in server.ask("paths", None, inside)


def test_nothing_is_fetched(server):
    """Gradio would download an address, of any size, from wherever a request says."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(1)
        here = f"http://127.0.0.1:{listening.getsockname()[1]}/a.srt"
        for address in ("http://somewhere.invalid/a.srt", "https://93.184.216.34/a.srt", here):
            for refused in (server.join("paths", address), server.join("paths", None, address)):
                assert (refused.status_code, refused.text) == (403, "not an upload")
        with pytest.raises(TimeoutError):
            listening.accept()
    assert server.names == []


def test_a_request_has_a_size(server):
    assert "<iframe" not in server.ask("long", words="Ann: " + "\u4e00" * 1_000_000)
    assert server.join("long", words="x" * 13_000_000).status_code == 413
    sent = requests.post(f"{server.address}gradio_api/queue/join", data=b"[" * 100_000, timeout=60)
    assert sent.status_code == 403
    for way in ("cancel", "reset"):
        for data in (
            b"x" * 13_000_000,
            (b"x" * 1_000_000 for _ in range(13)),
        ):  # told, and in chunks
            sent = requests.post(f"{server.address}gradio_api/{way}", data=data, timeout=60)
            assert (sent.status_code, sent.text) == (413, "too long")


def test_a_model_that_is_not_of_the_list_is_refused(server):
    assert "demo/cut" not in server.get("config").text  # it is damaged
    for name in ("/etc", "user/name", "../../meld-text", "demo/cut"):
        outcome = server.ask("model", words="Ann: Hi", model=name)
        assert "<iframe" not in outcome
        assert "Traceback" not in outcome


def test_other_sites_cannot_use_it(server):
    assert server.get("", headers={"Host": "evil.example"}).status_code == 403
    sent = server.upload("a.srt", b"x", headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 403
    policy = server.get("").headers["content-security-policy"]
    assert "default-src 'self'" in policy and "http" not in policy


def test_too_large_is_refused_before_it_is_stored(server):
    before = {*server.folder.rglob("*")}
    assert server.upload("a.mp4", bytes(1_200_000)).status_code == 413
    assert {p for p in server.folder.rglob("*") if p.is_file() and p.stat().st_size > 1e6} <= before


def test_an_upload_holds_files_alone(server):
    """Gradio would hold other fields in memory, however long they are."""
    sent = server.upload("a.srt", b"x", data={"field": "x"})
    assert (sent.status_code, sent.text) == (400, "an upload has files alone")


def test_an_upload_is_as_long_as_it_says(server):
    """A request that says its size and comes in chunks would be as long as its chunks."""
    before = {*server.folder.rglob("*")}
    host, port = server.address.removeprefix("http://").strip("/").split(":")
    body = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\nx\r\n--b--'
    )
    with socket.create_connection((host, int(port))) as page:
        page.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
            b"Transfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        )
        assert page.recv(4096).startswith(b"HTTP/1.1 411 ")
    assert {*server.folder.rglob("*")} == before


def test_hostile_words_stay_words(server):
    outcome = server.ask("hostile", None, server.upload('a"<b>.srt', HOSTILE.encode()).json()[0])
    [frame] = re.findall(r'<iframe[^>]* srcdoc="([^"]*)"', outcome)
    page = html.unescape(frame)
    assert "&lt;script&gt;alert(&#34;words&#34;)" in page
    assert page.count("<script") == 1
    assert "{{ 7*7 }}" in page


def test_half_a_character_is_told(server):
    outcome = server.ask("half", words="Ann: Hi \ud800")
    assert "its text holds half a character" in html.unescape(outcome)


def test_a_session_that_ends_takes_its_files_along(server):
    transcript = server.upload("bye.srt", SAID.replace("happy", "glad").encode()).json()[0]
    host, port = server.address.removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port))) as page:
        page.sendall(b"GET /gradio_api/heartbeat/leaving HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in page.recv(4096)
        token = tokens(server.ask("leaving", None, transcript))[0]
        assert server.get(f"kept/{token}").ok
        dropped = server.upload("never pressed.srt", b"x").json()[0]
        server.drop("leaving", dropped)
    wait_until(lambda: server.is_gone(f"kept/{token}"))
    wait_until(lambda: not Path(dropped).exists())
    assert "no longer here" in server.ask("other", None, transcript)


def test_an_upload_that_breaks_off_leaves_nothing(server):
    before = {*server.folder.rglob("*")}
    host, port = server.address.removeprefix("http://").strip("/").split(":")
    with socket.create_connection((host, int(port))) as page:
        page.sendall(
            b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\nContent-Disposition: "
            b'form-data; name="files"; filename="a.mp4"\r\n\r\n' + bytes(300_000)
        )
        wait_until(lambda: {*server.folder.rglob("*")} > before)
    wait_until(lambda: {*server.folder.rglob("*")} == before)


def test_a_full_folder_takes_no_more(server):
    """The last of this server: it stays full."""
    sent = [server.upload(f"{n}.mp4", bytes([n]) * 990_000) for n in range(24)]
    codes = [answer.status_code for answer in sent]
    assert codes == sorted(codes)
    assert {*codes} == {200, 507}
    assert "try again later" in sent[-1].text
    size = sum(p.stat().st_size for p in server.folder.rglob("*") if p.is_file())
    assert 18e6 < size <= 20e6
    told = requests.post(f"{server.address}gradio_api/upload", data=iter([b"x"]), timeout=60)
    assert told.status_code == 411


def test_ended_it_leaves_nothing(tmp_path):
    pytest.importorskip("gradio")
    with serving(TMPDIR=str(tmp_path)) as running:
        running.upload("a.srt", SAID.encode())
        assert running.folder.is_dir()
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)
    assert [p for p in tmp_path.iterdir() if p.name.startswith("ariigcn-app")] == []


def test_a_warning_where_others_can_reach_it():
    pytest.importorskip("gradio")
    from typer.testing import CliRunner

    from ariigcn.cli import app

    shown = CliRunner().invoke(app, ["app", "--host", "0.0.0.0", "--model", "nothing"])
    assert shown.exit_code == 1
    assert "everybody who can reach 0.0.0.0 can use this page" in shown.output
    assert "nothing" in shown.output


def test_a_port_that_is_taken_is_said_in_words(tmp_path):
    pytest.importorskip("gradio")
    from typer.testing import CliRunner

    from ariigcn.cli import app

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shown = CliRunner().invoke(app, ["app", "--port", str(port), "--results", str(tmp_path)])
    assert shown.exit_code == 1
    words = (
        f"the page cannot listen on port {port} of 127.0.0.1: Address already in use; name another"
    )
    assert shown.output.startswith(words)
    assert len(shown.output.splitlines()) == 1
