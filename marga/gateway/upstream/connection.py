"""One kept connection to a provider: writes a request, reads its answer with llhttp's parser, and says when it is free.

Most answers come whole in one packet. Then everything, from the bytes to a free connection, happens in one call of
`buffer_updated`, before the one who asked runs again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from marga.gateway.upstream.answer import Answer
from marga.gateway.upstream.failures import Broken, StaleConnection
from marga.gateway.upstream.inflating import answer_for

MOST_UNREAD_BYTES = 1 << 14
READ_BYTES = 1 << 15
MOST_HEAD_BYTES = 1 << 16
"""So much may come without a byte of content: heads, informational answers, extensions of chunks, trailers."""

JOINED_BYTES = 1 << 16
STALE_SECONDS = 1.0
"""A kept connection that the provider gave up says so within a round trip; later than that, it may have been at work."""


class Connection(asyncio.BufferedProtocol):
    """Carries one call at a time. freed is called once after each call, whether it can carry another one or not.

    buffer is read into by all connections of a thread: what comes is dealt with before another one reads.
    """

    __slots__ = (
        "_answer",
        "_buffer",
        "_freed",
        "_headers",
        "_is_done",
        "_is_head",
        "_is_held",
        "_keeps_alive",
        "_loop",
        "_parser",
        "_quiet_bytes",
        "asked",
        "asked_at",
        "calls",
        "idle_since",
        "transport",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, buffer: memoryview, freed: Callable[[Connection], None]
    ) -> None:
        self._loop = loop
        self._buffer = buffer
        self._freed = freed
        self._parser: HttpResponseParser | None = None
        self.transport: asyncio.Transport | None = None
        self.asked: asyncio.Future[Answer] | None = None
        """Who waits for the head of the answer; None while the connection is free."""
        self.asked_at = 0.0
        self.calls = 0
        self.idle_since = 0.0
        self._answer: Answer | None = None
        self._headers: dict[str, str] = {}
        self._is_done = False
        self._is_head = False
        self._is_held = False
        self._keeps_alive = False
        self._quiet_bytes = 0

    # What the pool and the callers do.

    def is_usable(self) -> bool:
        """Tell whether another call can be sent."""
        return self.transport is not None and not self.transport.is_closing()

    def ask(self, head: bytes, body: bytes, *, is_head: bool = False) -> asyncio.Future[Answer]:
        """Send a request; the future gets the answer once its head is there, or fails."""
        assert self.transport is not None  # noqa: S101 - a pool gives out connected ones only
        self.asked = asked = self._loop.create_future()
        self.asked_at = self._loop.time()
        self.calls += 1
        self._is_done = False
        self._is_head = is_head
        self._quiet_bytes = 0
        if len(body) <= JOINED_BYTES:
            self.transport.write(head + body)
        else:
            self.transport.writelines((head, body))
        return asked

    def leave(self, asked: asyncio.Future[Answer]) -> None:
        """Close if the call is still on; the one who asked does not wait any more."""
        if self.asked is asked:
            self._fail(Broken("nobody waits for this answer any more"))
        if asked.done() and not asked.cancelled():
            asked.exception()  # seen: else the loop would complain that nobody looked at it

    def drop(self, answer: Answer) -> None:
        """Close if this answer is still on its way."""
        if self._answer is answer:
            self._fail(Broken("this answer was closed before its end"))

    def read_on(self) -> None:
        """Let the provider go on if it was held back."""
        if self._is_held and self.transport is not None and not self.transport.is_closing():
            self._is_held = False
            self.transport.resume_reading()

    def close(self) -> None:
        """Close at once; a call that is on fails."""
        if self.asked is not None:
            self._fail(Broken("the connection was closed"))
        elif self.transport is not None:
            self.transport.abort()

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._parser = HttpResponseParser(self)
        # RFC 9112, 2.2: a line feed alone may end a line. Small servers on one's own machine do that.
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.asked is None or self._parser is None:
            self.close()  # nobody asked: whatever this is, the next call must not get it
            return
        self._quiet_bytes += nbytes
        try:
            self._parser.feed_data(self._buffer[:nbytes])
        except (HttpParserError, HttpParserUpgrade) as exc:
            self._keeps_alive = False
            if not self._is_done:
                self._fail(Broken("the answer is not HTTP as it is read here"), exc)
                return
        if self._is_done:
            self._finish()
        elif self._quiet_bytes > MOST_HEAD_BYTES:
            self._fail(Broken("the head of the answer is too long"))
        elif self._answer is not None:
            self._hand_on(self._answer)

    def eof_received(self) -> None:
        if self._answer is not None and not self._is_done and _ends_with_connection(self._answer.headers):
            self._keeps_alive = False
            self._finish()
        elif self.asked is not None:
            self._fail(self._cut())

    def connection_lost(self, exc: Exception | None) -> None:
        if self.asked is not None:
            self._fail(self._cut(), exc)
        self._parser = None  # it holds us, and we hold it
        self.transport = None

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._is_done:
            raise Broken("more came than was asked for")
        self._headers = {}

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._answer is None:  # else a trailer
            self._headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        assert self._parser is not None  # noqa: S101 - it calls
        status = self._parser.get_status_code()
        if status == 101:
            raise Broken("the provider wants another protocol")
        if status < 200:
            return
        self._answer = answer_for(self, status, self._headers)
        if self._is_head:
            self._is_done = True
            raise Broken("an answer to HEAD has no content, whatever its head says")

    def on_body(self, body: bytes) -> None:
        assert self._answer is not None  # noqa: S101 - content comes after a head
        self._quiet_bytes = 0
        self._answer.add(body)

    def on_message_complete(self) -> None:
        if self._answer is not None and self._parser is not None:
            self._is_done = True
            self._keeps_alive = self._parser.should_keep_alive()

    def _hand_on(self, answer: Answer) -> None:
        """Give the one who asked what has come so far."""
        if self.asked is not None and not self.asked.done():
            self.asked.set_result(answer)
        if answer.unread:
            answer.wake()
        if answer.unread > MOST_UNREAD_BYTES and not self._is_held and self.transport is not None:
            self._is_held = True
            self.transport.pause_reading()

    def _finish(self) -> None:
        """The answer is whole: hand it over, and be free."""
        asked, answer, transport = self.asked, self._answer, self.transport
        self.asked = self._answer = None
        if answer is not None:
            answer.end()
            if asked is not None and not asked.done():
                asked.set_result(answer)
        if transport is not None:
            # An answer that came before the request was all sent leaves a rest that would look like the next request.
            if not self._keeps_alive or transport.get_write_buffer_size():
                transport.abort()
            else:
                self.read_on()
        self._freed(self)

    def _fail(self, failure: Exception, cause: BaseException | None = None) -> None:
        """Close, tell the one who asked or reads, and be free of the call."""
        failure.__cause__ = cause
        asked, answer = self.asked, self._answer
        self.asked = self._answer = None
        if answer is not None:
            answer.end(failure)
        if asked is not None and not asked.done():
            if answer is not None:
                asked.set_result(answer)
            else:
                asked.set_exception(failure)
        if self.transport is not None:
            self.transport.abort()
        self._freed(self)

    def _cut(self) -> Exception:
        """Return what a connection that ended before the answer did means."""
        is_silent = self._answer is None and not self._quiet_bytes
        if is_silent and self.calls > 1 and self._loop.time() - self.asked_at < STALE_SECONDS:
            return StaleConnection("a kept connection had been closed")
        return Broken("the connection ended before the answer did")


def _ends_with_connection(headers: dict[str, str]) -> bool:
    """Tell whether the content has no other end than the connection's (RFC 9112, 6.3)."""
    return "content-length" not in headers and "transfer-encoding" not in headers
