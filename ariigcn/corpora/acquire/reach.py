"""How long a server is waited for: for its name, its answer's head, its bytes, and between attempts."""

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import NameResolutionError

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long an address is tried.

    Args:
        attempts: attempts in a row that bring nothing new, before the next address is tried.
        backoff_s: wait before the second attempt, seconds; doubles with each.
        longest_wait_s: bound of every wait, one that the server asks for (Retry-After) included.
        timeout_s: silence after which a connection counts as cut; three times as long for an answer's
            whole head.
        names_s: time in which a name server has to answer.
        slowest: bytes a second; a connection that brings less over ``window_s`` counts as cut.
        window_s: see ``slowest``.
    """

    attempts: int = 6
    backoff_s: float = 2.0
    longest_wait_s: float = 300.0
    timeout_s: float = 60.0
    names_s: float = 8.0
    slowest: float = 1000.0
    window_s: float = 60.0


class Pace:
    """Holds a connection to the least rate, window after window.

    Args:
        patience: rate and window.
        arrived: bytes at the beginning.
    """

    def __init__(self, patience: Patience, arrived: int) -> None:
        self._patience, self._arrived, self._since = patience, arrived, time.monotonic()

    def crawls(self, arrived: int) -> bool:
        """Whether a window has ended that brought too little."""
        elapsed = time.monotonic() - self._since
        if elapsed < self._patience.window_s:
            return False
        brought, self._arrived, self._since = arrived - self._arrived, arrived, time.monotonic()
        return brought < self._patience.slowest * elapsed


class UnresolvedError(Exception):
    """No computer is known by a name; nothing can be asked of it."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """What a call gives, or raises.

    The system's look-up of names takes no limit, and a server that sends its answer's head a byte at a
    time resets the socket's own. A call that is late is left to end by itself.

    Raises:
        TimeoutError: it took longer.
    """
    done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            done.put((call(), None))
        except BaseException as error:
            done.put((None, error))

    Thread(target=run, daemon=True).start()
    try:
        value, error = done.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]


def check_name(address: str, seconds: float) -> None:
    """Look up the computer that an address names, or the proxy that is asked instead of it.

    Raises:
        UnresolvedError: it has no entry, or no name server answers.
    """
    asked = select_proxy(address, get_environ_proxies(address)) or address
    try:
        host = urlsplit(asked).hostname
    except ValueError:
        return  # no address at all, which is said where it is used
    if host is None:
        return
    try:
        within(seconds, lambda: socket.getaddrinfo(host, None))
    except TimeoutError:
        raise UnresolvedError(f"no name server answers within {seconds:.0f} s") from None
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UnresolvedError(f"the name {host} is not found ({reason})") from error


def is_unresolved(error: Exception) -> bool:
    """Whether a request failed since a name, as of a server that another one points to, is not found."""
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NameResolutionError)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, given as such or as a date after the answer's own."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    with suppress(TypeError, ValueError, OverflowError):
        until, now = (parsedate_tz(v) for v in (value, headers.get("Date", "")))
        if until and now:
            return float(max(0, mktime_tz(until) - mktime_tz(now)))
    return None
