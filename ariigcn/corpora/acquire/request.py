"""One HTTP request whose every wait is bounded, and what its answer's head asks for."""

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from pebble import concurrent
from requests.utils import get_environ_proxies, select_proxy
from urllib3 import Retry
from urllib3.exceptions import HTTPError, InvalidHeader, NameResolutionError

CONNECTION_ERRORS = (
    *(requests.RequestException, HTTPError, HTTPException),
    *(ConnectionError, TimeoutError),
)
T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """How long an address is tried."""

    attempts: int = 6  # in a row that bring nothing new
    backoff_s: float = 2.0  # before the second attempt; doubles with each
    longest_wait_s: float = 300.0  # between attempts, whatever the server asks for (Retry-After)
    timeout_s: float = 60.0  # of silence; three times as long for an answer's whole head
    names_s: float = 8.0  # for a name server's answer
    slowest: float = 1000.0  # bytes a second, on average over window_s
    window_s: float = 60.0


class AddressError(Exception):
    """This address does not serve the file; another one may."""


class UnresolvedError(AddressError):
    """The name of the server, or of the proxy before it, is not found."""


def ask(
    session: requests.Session, address: str, headers: dict[str, str], patience: Patience
) -> requests.Response:
    """The answer's head; its body waits.

    Raises:
        AddressError: this is no address.
        UnresolvedError: its server's name is not found, or no name server answers.
        TimeoutError: the head takes too long. The socket's own timeout starts anew with each byte.
    """
    timeout = patience.timeout_s
    try:
        _look_up(address, patience.names_s)
        get = partial(session.get, address, headers=headers, stream=True, timeout=timeout)
        return _within(3 * timeout, get)
    except ValueError as error:
        raise AddressError(f"this is no address ({error})") from error
    except requests.ConnectionError as error:
        # The name of a server that this one redirects to.
        reason = getattr(error.args[0] if error.args else None, "reason", None)
        if isinstance(reason, NameResolutionError):
            raise UnresolvedError(str(reason)) from error
        raise


def _look_up(address: str, seconds: float) -> None:
    """Look up the server that an address names, or its proxy: the system's look-up has no timeout."""
    host = urlsplit(select_proxy(address, get_environ_proxies(address)) or address).hostname
    if host is None:
        raise ValueError("it names no server")
    try:
        _within(seconds, partial(socket.getaddrinfo, host, None))
    except TimeoutError:
        raise UnresolvedError(f"no name server answered within {seconds:.0f} s") from None
    except OSError as error:
        raise UnresolvedError(f"the name {host} is not found ({error.strerror})") from error


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What a call gives or raises; one that is late goes on in a thread of its own, unheeded."""
    try:
        return concurrent.thread(call)().result(seconds)
    except TimeoutError:
        raise TimeoutError(f"the server did not answer within {seconds:.0f} s") from None


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the server asks to wait; 0 where it does not say."""
    with suppress(InvalidHeader, TypeError, ValueError, OverflowError):
        return Retry().parse_retry_after(headers.get("Retry-After", ""))
    return 0.0
