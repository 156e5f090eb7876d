"""`ariigcn app` as people start it, and what its page sends, sent by hand."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import requests


@dataclass(frozen=True)
class Server:
    """A running page."""

    address: str
    process: subprocess.Popen
    temporary: Path
    looked_up: Path

    @property
    def names(self) -> list[str]:
        """The names and addresses that its process has asked for, but its own."""
        return self.looked_up.read_text().split()

    @property
    def folder(self) -> Path:
        """Its private folder."""
        [folder] = self.temporary.glob(f"ariigcn-app-{self.process.pid}-*")
        return folder

    def get(self, path: str, **options) -> requests.Response:
        """What is answered to a GET."""
        return requests.get(self.address + path, timeout=60, **options)

    def is_gone(self, path: str) -> bool:
        """Whether it says that something is no longer here.

        An answer that breaks off is none yet: what was being read was removed meanwhile.
        """
        try:
            return self.get(path).status_code == 404
        except requests.exceptions.ChunkedEncodingError:
            return False

    def upload(self, name: str, content: bytes, **options) -> requests.Response:
        """What is answered to an upload: where it lies."""
        address = f"{self.address}gradio_api/upload"
        return requests.post(address, files={"files": (name, content)}, timeout=60, **options)

    def join(
        self, session, recording=None, transcript=None, words="", model="meld-text"
    ) -> requests.Response:
        """What is answered when the button is pressed; arguments as :meth:`ask`'s."""
        files = [path and _file(path) for path in (recording, transcript)]
        return self._press(session, [*files, words, model, None], lambda d: len(d["inputs"]) == 5)

    def ask(self, session, recording=None, transcript=None, words="", model="meld-text") -> str:
        """Press the button as a page would; files are an upload's answers. Gives the outcome's HTML."""
        self.join(session, recording, transcript, words, model).raise_for_status()
        return self._outcome(session)

    def drop(self, session, upload) -> None:
        """Drop a recording on the page, as it tells of it after the upload."""
        dropped = self._press(
            session, [_file(upload)], lambda d: "upload" in dict(d["targets"]).values()
        )
        dropped.raise_for_status()
        self._outcome(session)

    def _press(self, session, data, which) -> requests.Response:
        """What is answered to an event of the page: the first that is the one asked for."""
        number = next(d["id"] for d in self.get("config").json()["dependencies"] if which(d))
        sent = {"data": data, "fn_index": number, "session_hash": session}
        return requests.post(f"{self.address}gradio_api/queue/join", json=sent, timeout=60)

    def _outcome(self, session) -> str:
        """What comes of the last event of a session, as soon as it is there."""
        last = ""
        for line in self.get(
            f"gradio_api/queue/data?session_hash={session}", stream=True
        ).iter_lines():
            told = json.loads(line[5:]) if line.startswith(b"data:") else {}
            if told.get("msg") == "process_completed":
                return last or json.dumps(told["output"])
            if told.get("msg") == "process_generating":
                last = _patched(last, told["output"]["data"][0])
        raise AssertionError("the outcome never came")


def _file(path) -> dict:
    """What Gradio's page says of an uploaded file."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _patched(last: str, data) -> str:
    """Gradio sends the first value whole, and then what changed: here always all of it."""
    if isinstance(data, str):
        return data
    for action, _, value in data:
        assert action in ("replace", "append")
        last = value if action == "replace" else last + value
    return last


def tokens(outcome: str) -> list[str]:
    """Of the files that an outcome offers."""
    return re.findall(r"kept/([\w-]+)", outcome)


# What a process asks for, into a file: nothing leaves a machine before its name is looked up.
LISTENED = """
import socket
look_up = socket.getaddrinfo
def getaddrinfo(host, *given, **options):
    if host not in (None, "127.0.0.1", "localhost"):
        with open({path!r}, "a") as file:
            print(host if isinstance(host, str) else host.decode(), file=file)
    return look_up(host, *given, **options)
socket.getaddrinfo = getaddrinfo
"""


@contextmanager
def serving(*options: str, **environment: str) -> Iterator[Server]:
    """Start `ariigcn app` on a free port, and end it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    temporary = Path(environment.get("TMPDIR") or os.environ.get("TMPDIR") or "/tmp")
    with NamedTemporaryFile() as looked_up:
        code = LISTENED.format(path=looked_up.name)
        code += "from ariigcn.cli import app; app(prog_name='ariigcn')"
        process = subprocess.Popen(
            [sys.executable, "-c", code, "app", "--port", str(port), *options],
            env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if line.startswith("The page: "):
                    break
            else:
                raise AssertionError("".join(lines))
            yield Server(f"http://127.0.0.1:{port}/", process, temporary, Path(looked_up.name))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def wait_until(condition, seconds: float = 20.0) -> None:
    """Wait for something to come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)
