"""A real HTTP server on loopback that misbehaves as told; counts what it was asked and what it sent."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

BLOCK = 1 << 16


@dataclass
class Behaviour:
    """What one file's address does.

    Args:
        size: bytes of the file.
        read: (start, end) -> its bytes.
        etag, last_modified: what it says of the file; None says nothing.
        cut_after: body bytes of each of the first answers, None: whole; later ones are whole.
        reset: cut by a reset (RST) instead of an orderly end.
        codes: status codes of the first answers, before the file is served.
        headers: further headers of the answers in ``codes``.
        ranges, if_range: whether it takes notice of Range and If-Range.
        shift: bytes by which a part begins before what was asked for.
        announced: Content-Length instead of the true one; 0: none at all.
        change: called before each answer with the number of answers so far.
    """

    size: int
    read: Callable[[int, int], bytes]
    etag: str | None = '"1"'
    last_modified: str | None = None
    cut_after: list[int | None] = field(default_factory=list)
    reset: bool = False
    codes: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    if_range: bool = True
    shift: int = 0
    announced: int | None = None
    change: Callable[["Behaviour", int], None] = lambda behaviour, answers: None
    requests: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0

    @classmethod
    def of(cls, data: bytes, **changes: Any) -> "Behaviour":
        return cls(len(data), lambda start, end: data[start:end], **changes)

    def become(self, data: bytes, etag: str | None) -> None:
        self.size, self.read, self.etag = len(data), lambda start, end: data[start:end], etag


class _Handler(BaseHTTPRequestHandler):
    files: dict[str, Behaviour]

    def do_GET(self) -> None:
        file = self.files.get(urlsplit(self.path).path)
        if file is None:
            self.send_error(404)
            return
        file.change(file, len(file.requests))
        file.requests.append(dict(self.headers))
        if file.codes:
            self._head(file.codes.pop(0), file.headers | {"Content-Length": "0"})
            return
        start = self._start(file)
        if start is not None and start >= file.size:
            self._head(416, {"Content-Range": f"bytes */{file.size}", "Content-Length": "0"})
            return
        headers = {"ETag": file.etag, "Last-Modified": file.last_modified}
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{file.size - 1}/{file.size}"
        length = file.size - (start or 0) if file.announced is None else file.announced
        headers["Content-Length"] = str(length) if length else None
        self._head(200 if start is None else 206, headers)
        self._body(file, start or 0)

    def _start(self, file: Behaviour) -> int | None:
        asked = self.headers.get("Range")
        condition = self.headers.get("If-Range")
        known = (None, file.etag, file.last_modified)
        if not (file.ranges and asked) or (file.if_range and condition not in known):
            return None
        return int(asked.removeprefix("bytes=").removesuffix("-")) - file.shift

    def _head(self, code: int, headers: dict[str, str | None]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()

    def _body(self, file: Behaviour, start: int) -> None:
        limit = file.cut_after.pop(0) if file.cut_after else None
        end = file.size if limit is None else min(file.size, start + limit)
        while start < end:
            block = file.read(start, min(start + BLOCK, end))
            self.wfile.write(block)
            file.sent += len(block)
            start += len(block)
        if limit is not None and file.reset:
            abort = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, abort)
            self.connection.close()

    def log_message(self, format: str, *args: object) -> None: ...


@contextmanager
def serving(**files: Behaviour) -> Iterator[str]:
    """The address of a server of these files, each at its keyword's name."""
    handler = type("Handler", (_Handler,), {"files": {f"/{n}": f for n, f in files.items()}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
