"""Fetch a file over HTTP into a temporary one: streamed, bounded in bytes and time, and only if it changed."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from raksha.feeds.errors import Refused, Unavailable

TIMEOUTS = httpx.Timeout(30.0, connect=10.0)
DEADLINE_SECONDS = 900.0
LEAST_BYTES_A_SECOND = 1_000
"""Below this over a minute the server is not serving: an hour-long trickle holds a worker for nothing."""
MOST_REDIRECTS = 5


@dataclass(frozen=True)
class Download:
    """What came. is_new: false when the source says that nothing changed; then there is no file."""

    is_new: bool
    etag: str
    sha256: str = ""
    size: int = 0


class Line:
    """A connection to feeds' servers; a context manager. Proxies of the environment are used, as operators expect."""

    def __init__(self, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._client = httpx.Client(
            timeout=TIMEOUTS,
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            headers={"User-Agent": "Avyay", "Accept-Encoding": "identity"},
        )
        self._deadline_seconds = deadline_seconds

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch(self, url: str, into: Path, *, etag: str = "", most_bytes: int) -> Download:
        """Write the answer's body to a file.

        Raises Unavailable when the server is away or broken, Refused when it sends too much or another thing.
        """
        headers = {"If-None-Match": etag} if etag else {}
        try:
            with self._client.stream("GET", url, headers=headers) as answer:
                if answer.status_code == httpx.codes.NOT_MODIFIED:
                    return Download(is_new=False, etag=etag)
                _check(url, answer)
                return self._receive(answer, into, most_bytes)
        except httpx.TooManyRedirects as exc:
            raise Refused(f"{url} leads from one address to another without an end.") from exc
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            raise Unavailable(f"{url} could not be fetched: {_words(exc)}") from exc

    def _receive(self, answer: httpx.Response, into: Path, most_bytes: int) -> Download:
        digest, size, began = hashlib.sha256(), 0, time.monotonic()
        with into.open("wb") as file:
            for chunk in answer.iter_raw(1 << 18):
                size += len(chunk)
                if size > most_bytes:
                    raise Refused(f"{answer.url} sends more than {most_bytes // 1024**2} MB.")
                self._check_pace(str(answer.url), size, time.monotonic() - began)
                digest.update(chunk)
                file.write(chunk)
        return Download(True, answer.headers.get("ETag", "")[:200], digest.hexdigest(), size)

    def _check_pace(self, url: str, size: int, seconds: float) -> None:
        if seconds > self._deadline_seconds or (seconds > 60 and size < seconds * LEAST_BYTES_A_SECOND):
            raise Unavailable(f"{url} is too slow: {size:,} bytes in {seconds:.0f} s.")


def _check(url: str, answer: httpx.Response) -> None:
    if url.startswith("https:") and answer.url.scheme != "https":
        raise Refused(f"{url} leads to an address without encryption.")
    if answer.is_server_error or answer.status_code in (408, 425, 429):
        raise Unavailable(f"{url} answers {answer.status_code}.")
    if answer.status_code != httpx.codes.OK:
        raise Refused(f"{url} answers {answer.status_code}; is the address right?")


def _words(exc: Exception) -> str:
    return f"{type(exc).__name__}: {exc}"[:200] if str(exc) else type(exc).__name__
