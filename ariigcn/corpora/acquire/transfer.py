"""One file over HTTP: resumed where it was cut, retried, never glued from two files.

What has arrived is in ``NAME.part``. ``NAME.part.json`` says which file of which address it belongs to: a
killed run continues there, and a file that changed on its server is never appended to an older one.
"""

import os
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import requests
from pydantic import BaseModel

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.logs import ByteCounter, logger, progress
from ariigcn.corpora.acquire.request import (
    CONNECTION_ERRORS,
    AddressError,
    Patience,
    UnresolvedError,
    ask,
    retry_after,
)

CHUNK = 1 << 20  # bytes read from the socket at once, the most that a cut can cost
TEMPORARY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class _CutError(Exception):
    """The attempt failed; another one at the same address may succeed."""

    def __init__(self, message: str, wait_s: float = 0.0, slow: bool = False) -> None:
        super().__init__(message)
        self.wait_s = wait_s  # what the server asks for
        self.slow = slow  # too slow for its bytes to count as progress


class _Origin(BaseModel, strict=True):
    """Which file of which address a part belongs to."""

    address: str
    size: int
    etag: str | None
    last_modified: str | None

    @property
    def validator(self) -> str | None:
        """What If-Range takes; a weak ETag does not promise equal bytes."""
        weak = self.etag is None or self.etag.startswith("W/")
        return self.last_modified if weak else self.etag


class Transfer:
    """What has arrived of one file, and how the rest is fetched.

    Args:
        path: where the whole file will stand; its part stands beside it.
        size: bytes; None: what the server says.
        verified: a published digest is checked afterwards, so that parts of two addresses may be joined.
        patience: when to give up.
    """

    def __init__(self, path: Path, size: int | None, verified: bool, patience: Patience) -> None:
        self._name, self._size, self._verified, self._patience = path.name, size, verified, patience
        self.part = path.with_name(f"{path.name}.part")
        self._note = path.with_name(f"{path.name}.part.json")
        self._origin: _Origin | None = None
        self._reached = False  # whether any server has answered
        with suppress(OSError, ValueError):
            self._origin = _Origin.model_validate_json(self._note.read_bytes())
        if self._origin and size not in (None, self._origin.size):
            self.forget()

    def begun_first(self, addresses: tuple[str, ...]) -> list[str]:
        """The addresses without repeats, the one that the part came from in front."""
        begun = self._origin.address if self._origin and self._arrived else None
        return sorted(dict.fromkeys(addresses), key=lambda address: address != begun)

    def forget(self) -> None:
        """Delete what has arrived."""
        self.part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self._origin = None

    def run(self, address: str) -> Path:
        """Fetch from one address until the part is whole; the part.

        Raises:
            AddressError: the address does not serve the file, or not within the patience.
            DataError: the disk is too small for it.
        """
        failures, furthest = 0, self._arrived
        with requests.Session() as session:
            while not (self._origin and self.part.is_file() and self._arrived == self._origin.size):
                try:
                    self._attempt(session, address)
                except _CutError as cut:
                    # Only bytes beyond all earlier ones count: a server may start over for ever.
                    further = self._arrived > furthest and not cut.slow
                    failures = 1 if further else failures + 1
                    furthest = max(furthest, self._arrived)
                    self._pause(address, cut, failures)
        return self.part

    @property
    def _arrived(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _pause(self, address: str, cut: _CutError, failures: int) -> None:
        if failures >= self._patience.attempts:
            raise AddressError(f"{cut} ({failures} attempts in a row)") from cut
        wait = max(self._patience.backoff_s * 2.0 ** (failures - 1), cut.wait_s)
        wait = min(wait, self._patience.longest_wait_s)
        words = "%s: %s; next attempt in %.0f s, from byte %d"
        logger.warning(words, address, cut, wait, self._arrived)
        time.sleep(wait)

    def _attempt(self, session: requests.Session, address: str) -> None:
        try:
            with ask(session, address, self._headers(address), self._patience) as response:
                self._reached = True
                self._accept(response, address)
                self._append(response)
        except UnresolvedError as error:
            if not self._reached:
                raise
            raise _CutError(str(error)) from error  # the network was there and may come back
        except CONNECTION_ERRORS as error:
            raise _CutError(f"the connection failed ({error})") from error

    def _headers(self, address: str) -> dict[str, str]:
        """Ask for what is missing where it is known to be of the same file, else for everything."""
        headers = {"Accept-Encoding": "identity"}
        origin, arrived = self._origin, self._arrived
        if origin and 0 < arrived < origin.size:
            validator = origin.validator if origin.address == address else None
            if validator:
                headers["If-Range"] = validator
            if validator or self._verified:
                headers["Range"] = f"bytes={arrived}-"
        return headers

    def _accept(self, response: requests.Response, address: str) -> None:
        """Judge the answer's head. Afterwards the part ends where the body begins."""
        code = response.status_code
        if code in (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE):
            self._continue(response, address)
        elif code in TEMPORARY or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _CutError(f"HTTP {code}", retry_after(response.headers))
        elif code == HTTPStatus.OK:
            self._begin(response.headers, address)
        else:
            raise AddressError(f"HTTP {code} {response.reason}")

    def _continue(self, response: requests.Response, address: str) -> None:
        origin, headers = self._origin, response.headers
        if origin and response.status_code == HTTPStatus.PARTIAL_CONTENT:
            span = rf"bytes {self._arrived}-\d+/{origin.size}"
            fits = re.fullmatch(span, headers.get("Content-Range", ""))
            # Some servers ignore If-Range.
            same = (
                headers.get("ETag", origin.etag) == origin.etag
                and headers.get("Last-Modified", origin.last_modified) == origin.last_modified
            )
            if fits and (same or origin.address != address):
                return
        if origin and origin.address != address:  # what came from there is still good
            raise AddressError(
                f"the server has another file than the one that {self.part.name} began"
            )
        self.forget()
        raise _CutError("the file changed on the server")

    def _begin(self, headers: Mapping[str, str], address: str) -> None:
        length = headers.get("Content-Length", "")
        size = int(length) if re.fullmatch(r"\d{1,24}", length) else self._size
        if size is None:
            raise AddressError("the server does not say how long the file is")
        if self._size not in (None, size):
            raise AddressError(f"it offers {size} bytes, expected {self._size}")
        if self._arrived:
            logger.warning("%s: starts over; the server sends the whole file again", address)
        self.forget()
        check_space(self.part.parent, size, self._name)
        etag, modified = headers.get("ETag"), headers.get("Last-Modified")
        self._origin = _Origin(address=address, size=size, etag=etag, last_modified=modified)
        with atomic_path(self._note) as temporary:
            temporary.write_text(self._origin.model_dump_json(indent=2) + "\n", "utf-8")

    def _append(self, response: requests.Response) -> None:
        size = self._origin.size if self._origin else 0
        arrived, since, before = self._arrived, time.monotonic(), self._arrived
        bar = progress(self._name, size, arrived, ByteCounter)
        with bar as counter, open(self.part, "ab") as stream:
            # read1 hands over what is there: a cut loses nothing that had arrived.
            while data := response.raw.read1(CHUNK, decode_content=False):
                arrived += len(data)
                if arrived > size:
                    self.forget()
                    raise AddressError(f"the body is longer than the {size} bytes announced")
                stream.write(data)
                stream.flush()
                counter.advance(len(data))
                elapsed = time.monotonic() - since
                if elapsed >= self._patience.window_s:
                    if arrived - before < self._patience.slowest * elapsed:
                        raise _CutError("the connection is too slow", slow=True)
                    since, before = time.monotonic(), arrived
            os.fsync(stream.fileno())
        if arrived < size:
            raise _CutError(f"the connection ended after {arrived} of {size} bytes")


def check_space(folder: Path, needed: int, what: str) -> None:
    """Make a folder whose disk has at least ``needed`` bytes free; ``what`` names what needs them.

    Raises:
        DataError: the disk has less.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(
            f"{folder}: {free / 1e9:.1f} GB free where {what} needs {needed / 1e9:.1f} GB; free "
            "some, or name another disk with --config data_dir=DIR"
        )
