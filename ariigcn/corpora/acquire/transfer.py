"""One file over HTTP: resumed where it was cut, retried, never glued from two files.

What has arrived stands in ``NAME.part``; ``NAME.part.json`` says which file of which address it is part
of, so that a killed run goes on and a file that changed on its server is never glued to an older one.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path

import requests
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import HTTPError

from ariigcn.core.errors import DataError
from ariigcn.core.files import atomic_path
from ariigcn.core.logs import ByteCounter, logger, progress
from ariigcn.corpora.acquire.reach import (
    Pace,
    Patience,
    UnresolvedError,
    check_name,
    is_unresolved,
    retry_after,
    within,
)
from ariigcn.corpora.acquire.sources import Source

CHUNK = 1 << 20  # bytes asked of the socket at once, the most that a cut can cost
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
PASSING_ERRORS = (
    requests.RequestException,
    HTTPError,
    HTTPException,
    ConnectionError,
    TimeoutError,
)


class AddressError(Exception):
    """This address does not serve the file; the next one may."""


class UnknownServerError(AddressError):
    """Its server's name is not found."""


class _CutError(Exception):
    """The attempt failed in a way that another may not.

    Args:
        wait_s: what the server asks to wait.
        in_vain: whether what it brought is too little to count.
    """

    def __init__(self, message: str, wait_s: float | None = None, in_vain: bool = False) -> None:
        super().__init__(message)
        self.wait_s, self.in_vain = wait_s, in_vain


def check_space(folder: Path, needed: int, what: str) -> None:
    """Raise a :class:`DataError` where the disk of ``folder`` has less than ``needed`` bytes free."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise DataError(
            f"{folder}: {free / 1e9:.1f} GB free where {what} needs {needed / 1e9:.1f} GB; free "
            "some, or name another disk with --config data_dir=DIR"
        )


@dataclass(frozen=True)
class _State:
    """Which file a part is part of."""

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
    """The part of one file, and what is known of it."""

    def __init__(self, source: Source, folder: Path, patience: Patience) -> None:
        self.source, self.folder, self.patience = source, folder, patience
        self.part = folder / f"{source.name}.part"
        self.state_path = folder / f"{source.name}.part.json"
        self._reached = False

    @property
    def offset(self) -> int:
        """Bytes that have arrived."""
        return self.part.stat().st_size if self.part.is_file() else 0

    def state(self) -> _State | None:
        """What the part is part of; None where nothing is known."""
        try:
            found = _State(**json.loads(self.state_path.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if isinstance(found.size, int) else None

    def forget(self) -> None:
        """Drop what has arrived."""
        self.part.unlink(missing_ok=True)
        self.state_path.unlink(missing_ok=True)

    def begun_first(self, addresses: tuple[str, ...]) -> list[str]:
        """The addresses without repeats, the one that the part came from in front."""
        state = self.state()
        begun = state.address if state and self.offset else None
        return sorted(dict.fromkeys(addresses), key=lambda address: address != begun)

    def run(self, address: str) -> Path:
        """Fetch from one address until the part is whole; the part.

        Raises:
            AddressError: the address does not serve the file, or the patience is over.
            DataError: the disk is too small for it.
        """
        state = self.state()
        if state is not None and self.source.size not in (None, state.size):
            self.forget()
        with requests.Session() as session:
            self._until_whole(session, address)
        return self.part

    def _until_whole(self, session: requests.Session, address: str) -> None:
        failures, furthest = 0, self.offset
        while not self._is_whole():
            try:
                self._attempt(session, address)
            except _CutError as cut:
                # Only bytes beyond all earlier ones count: a server may start over for ever.
                further = self.offset > furthest and not cut.in_vain
                failures = 1 if further else failures + 1
                furthest = max(furthest, self.offset)
                if failures >= self.patience.attempts:
                    raise AddressError(f"{cut} ({failures} attempts in a row)") from cut
                wait = self._wait(cut, failures)
                logger.warning(
                    "%s: %s; next attempt in %.0f s, from byte %d",
                    *(address, cut, wait, self.offset),
                )
                time.sleep(wait)

    def _wait(self, cut: _CutError, failures: int) -> float:
        backoff = self.patience.backoff_s * 2.0 ** (failures - 1)
        return min(max(backoff, cut.wait_s or 0.0), self.patience.longest_wait_s)

    def _is_whole(self) -> bool:
        state = self.state()
        return state is not None and self.part.is_file() and self.offset == state.size

    def _attempt(self, session: requests.Session, address: str) -> None:
        headers, patience = self._headers(address), self.patience
        try:
            check_name(address, patience.names_s)
            ask = partial(session.get, address, headers=headers, stream=True)
            with within(
                3 * patience.timeout_s, partial(ask, timeout=patience.timeout_s)
            ) as response:
                self._reached = True
                self._write(response, self._accept(response, address))
        except UnresolvedError as error:
            raise self._unknown(error) from error
        except (InvalidSchema, InvalidURL, MissingSchema) as error:
            raise AddressError(str(error)) from error
        except PASSING_ERRORS as error:
            if is_unresolved(error):
                raise self._unknown(error) from error
            raise _CutError(f"the connection failed ({error})") from error

    def _unknown(self, error: Exception) -> Exception:
        """A network that fails in the middle may come back; one that is not there does not."""
        return _CutError(str(error)) if self._reached else UnknownServerError(str(error))

    def _headers(self, address: str) -> dict[str, str]:
        """Ask for what is missing, where it can be known to be of the same file.

        The digest at the end vouches for parts from two addresses.
        """
        headers = {"Accept-Encoding": "identity"}
        state, offset = self.state(), self.offset
        if state is None or not 0 < offset < state.size:
            return headers
        if state.address == address and state.validator:
            return headers | {"Range": f"bytes={offset}-", "If-Range": state.validator}
        if self.source.sha256:
            return headers | {"Range": f"bytes={offset}-"}
        return headers

    def _accept(self, response: requests.Response, address: str) -> int:
        """Judge the answer's head; the size of the whole file. The part ends where the body starts."""
        code, headers = response.status_code, response.headers
        if code == HTTPStatus.PARTIAL_CONTENT:
            return self._continue(headers, address)
        if code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise self._another_file(address)
        if code in PASSING or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _CutError(f"HTTP {code}", retry_after(headers))
        if code != HTTPStatus.OK:
            raise AddressError(f"HTTP {code} {response.reason}")
        return self._begin(headers, address)

    def _continue(self, headers: Mapping[str, str], address: str) -> int:
        state = self.state()
        match = re.fullmatch(r"bytes (\d{1,24})-\d+/(\d{1,24})", headers.get("Content-Range", ""))
        if (
            state is None
            or match is None
            or (int(match[1]), int(match[2]))
            != (
                self.offset,
                state.size,
            )
        ):
            raise self._another_file(address)
        # Some servers take no notice of If-Range.
        told = headers.get("ETag", state.etag), headers.get("Last-Modified", state.last_modified)
        if state.address == address and told != (state.etag, state.last_modified):
            raise self._another_file(address)
        return state.size

    def _another_file(self, address: str) -> Exception:
        """A part of this address is worthless now; one of another address is not."""
        state = self.state()
        if state is not None and state.address != address:
            return AddressError("it has another file than the one that has begun to arrive")
        self.forget()
        return _CutError("the file changed on the server")

    def _begin(self, headers: Mapping[str, str], address: str) -> int:
        length = headers.get("Content-Length", "")
        size = int(length) if re.fullmatch(r"\d{1,24}", length) else self.source.size
        if size is None:
            raise AddressError("the server does not say how long the file is")
        if self.source.size not in (None, size):
            raise AddressError(f"{size} bytes are offered where {self.source.size} are due")
        if self.offset:
            logger.warning("%s: the server starts over, for it has no part of this file", address)
        self.forget()
        check_space(self.folder, size, self.source.name)
        state = _State(address, size, headers.get("ETag"), headers.get("Last-Modified"))
        with atomic_path(self.state_path) as temporary:
            temporary.write_text(json.dumps(asdict(state), indent=2) + "\n", "utf-8")
        return size

    def _write(self, response: requests.Response, size: int) -> None:
        arrived = self.offset
        pace = Pace(self.patience, arrived)
        with (
            progress(self.source.name, size, arrived, ByteCounter) as counter,
            open(self.part, "ab") as stream,
        ):
            # read1 hands over what is there: a cut loses nothing that had arrived.
            while data := response.raw.read1(CHUNK, decode_content=False):
                arrived += len(data)
                if arrived > size:
                    self.forget()
                    raise AddressError(f"the body is longer than the {size} bytes announced")
                stream.write(data)
                stream.flush()
                counter.advance(len(data))
                if pace.crawls(arrived):
                    raise _CutError("the connection crawls", in_vain=True)
            os.fsync(stream.fileno())
        if arrived < size:
            raise _CutError(f"the connection ended after {arrived} of {size} bytes")
