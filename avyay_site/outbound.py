"""Send HTTP requests to addresses that users name, without being led into our own network (SSRF).

The name is resolved once, every answer is checked, and the connection goes to a checked address, so that a
second answer of the DNS cannot lead elsewhere. Host header and TLS name stay those of the URL. Redirects are
not followed, no proxy is used, the whole exchange has one deadline, and only the start of the answer is read.
AVYAY_OUTBOUND_ALLOW names hosts and networks of one's own that may be reached all the same.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore
import httpx
from django.conf import settings

from avyay_site import addresses

DEADLINE_SECONDS = 10.0
MOST_ANSWER_BYTES = 64 * 1024
PORTS_BELOW_1024 = frozenset({80, 443})
_HOST = re.compile(
    r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?", re.I
)
_NUMERIC_END = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)\.?$", re.I)


class Refused(Exception):
    """The address is not one that we connect to; the message says why. Trying again does not help."""


class Unreachable(Exception):
    """The receiver did not answer in time or broke off; trying again later may help."""


@dataclass(frozen=True)
class Target:
    """A checked URL, in parts."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> httpcore.URL:
        return httpcore.URL(scheme=self.scheme, host=self.host, port=self.port, target=self.path)

    @property
    def host_header(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == {"http": 80, "https": 443}[self.scheme]
        return name if is_usual else f"{name}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """What came back; the body is cut at 64 kB, or where the asker says."""

    status: int
    body: bytes


def check_url(url: str) -> Target:
    """Return the parts of a URL that may be connected to, as far as its spelling tells.

    Raises Refused.
    """
    if re.search(r"[\x00-\x20\x7f\\]", url) or len(url) > 2000:
        raise Refused(
            "The URL holds spaces, control characters or backslashes, or is longer than 2,000 characters."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as exc:
        raise Refused("This is not a URL.") from exc
    if parts.scheme not in ("http", "https"):
        raise Refused("The URL must begin with https:// or http://.")
    if "@" in parts.netloc:
        raise Refused("The URL must not hold a user name or password.")
    host = _checked_host(parts)
    port = port if port is not None else {"http": 80, "https": 443}[parts.scheme]
    _check_port(host, port)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, httpx.URL(path).raw_path.decode("ascii"))


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send body to url and return the answer, whatever its status.

    Raises Refused, Unreachable.
    """
    return _exchange("POST", url, body, {**headers, "Content-Length": str(len(body))}, MOST_ANSWER_BYTES)


def get(url: str, *, headers: Mapping[str, str], most_bytes: int = MOST_ANSWER_BYTES) -> Answer:
    """Ask for url and return the answer, whatever its status, its body cut at most_bytes.

    Raises Refused, Unreachable.
    """
    return _exchange("GET", url, None, headers, most_bytes)


def _exchange(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str], most_bytes: int
) -> Answer:
    target = check_url(url)
    deadline = _Deadline(DEADLINE_SECONDS)
    sent: dict[str | bytes, str | bytes] = {
        "Host": target.host_header,
        "User-Agent": "Avyay",
        "Accept-Encoding": "identity",
    }
    sent.update(headers)
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), DEADLINE_SECONDS)
    try:
        with (
            httpcore.ConnectionPool(_tls(), max_connections=1, network_backend=_Backend(deadline)) as pool,
            pool.stream(
                method, target.url, headers=sent, content=body, extensions={"timeout": timeouts}
            ) as response,
        ):
            return Answer(response.status, _start_of(response.iter_stream(), most_bytes))
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, ssl.SSLError) as exc:
        raise Unreachable(f"{target.host} did not answer: {_words(exc)}") from exc


def resolve(host: str, port: int, *, timeout_seconds: float = DEADLINE_SECONDS) -> list[addresses.Address]:
    """Return every address of a name, all of them checked.

    Raises Refused when any of them may not be reached, Unreachable when there is none.
    """
    allowance = addresses.Allowance.parse(settings.OUTBOUND_ALLOW)
    found = [address for text in _look_up(host, port, timeout_seconds) if (address := addresses.parse(text))]
    if not found:
        raise Unreachable(f"The name {host} is not known.")
    for address in found:
        if not addresses.is_public(address) and not allowance.covers(host, address):
            raise Refused(
                f"{host} leads to {address}, which is not a public address; "
                "the operator can allow it with AVYAY_OUTBOUND_ALLOW."
            )
    return found


def _checked_host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if addresses.parse(host) is not None and "%" not in host:
        return host
    try:
        host = httpx.URL(scheme=parts.scheme, host=host).raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError) as exc:
        raise Refused("The URL's host is not a host name.") from exc
    # Other spellings of IPv4 (decimal, octal, hex, short) are read differently by different programs.
    if not _HOST.fullmatch(host) or _NUMERIC_END.search(host):
        raise Refused("The URL's host is neither a host name nor an address in its usual spelling.")
    return host


def _check_port(host: str, port: int) -> None:
    if port not in PORTS_BELOW_1024 and port < 1024 and host not in settings.OUTBOUND_ALLOW:
        raise Refused("The port must be 80, 443, or 1024 and above.")


def _look_up(host: str, port: int, timeout_seconds: float) -> list[str]:
    """Ask the resolver, in a thread of its own: getaddrinfo knows no timeout."""
    answers: list[str] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            return
        answers.extend(dict.fromkeys(str(item[4][0]) for item in found))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout_seconds)
    return list(answers)


def _start_of(chunks: Iterable[bytes], most_bytes: int) -> bytes:
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= most_bytes:
            break
    return start[:most_bytes]


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"[:200] if str(exc) else type(exc).__name__


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Deadline:
    """The moment at which the whole exchange must be over."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds

    def left(self) -> float:
        seconds = self._ends_at - time.monotonic()
        if seconds <= 0:
            raise httpcore.ReadTimeout(f"the exchange took more than {DEADLINE_SECONDS:.0f} seconds")
        return seconds


class _Backend(httpcore.NetworkBackend):
    """Connects to checked addresses only."""

    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._plain = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        found = resolve(host, port, timeout_seconds=self._deadline.left())
        for address in found[:-1]:
            try:
                return self._connect(address, port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(found[-1], port)

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.NetworkStream:
        raise Refused("Unix sockets are not reached.")

    def _connect(self, address: addresses.Address, port: int) -> httpcore.NetworkStream:
        # A fair share for each address, so that one dead address leaves time for the next.
        seconds = min(self._deadline.left(), DEADLINE_SECONDS / 2)
        return _Stream(self._plain.connect_tcp(str(address), port, timeout=seconds), self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends with the deadline of the whole exchange."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout=self._deadline.left())
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
