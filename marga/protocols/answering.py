"""Say a provider's answer in the client's protocol, whole or as it comes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from marga.protocols import chat, messages, responses, sse
from marga.protocols.answers import chat as chat_answer
from marga.protocols.answers import messages as messages_answer
from marga.protocols.answers import responses as responses_answer
from marga.protocols.answers.neutral import Answer, Event
from marga.protocols.answers.tools import Tools
from marga.protocols.client_tools import client_tools
from marga.protocols.failures import Failure, error_event, error_object, read_error
from marga.protocols.playing import chat as playing_chat
from marga.protocols.playing import messages as playing_messages
from marga.protocols.playing import responses as playing_responses
from marga.protocols.reading import fields, text
from marga.protocols.request import Unreadable
from marga.protocols.streams.chat_reader import ChatReader
from marga.protocols.streams.chat_writer import ChatWriter
from marga.protocols.streams.messages_reader import MessagesReader
from marga.protocols.streams.messages_writer import MessagesWriter
from marga.protocols.streams.ordering import Ordering
from marga.protocols.streams.responses_reader import ResponsesReader
from marga.protocols.streams.responses_writer import ResponsesWriter

LONGEST_COLLECTED = 1 << 20
"""Characters of output that are worth keeping for a cache; each open stream may hold as many."""


class Reader(Protocol):
    """Makes neutral events of a provider's stream."""

    @property
    def has_finished(self) -> bool:
        """Tell whether the provider has said why it ended."""

    def read(self, payload: dict[str, Any]) -> list[Event]:
        """Return what one event says."""

    def end(self, *, is_done: bool) -> list[Event]:
        """Return what the end of the stream says; is_done: the provider said that nothing follows."""


class Writer(Protocol):
    """Makes a client's stream of neutral events."""

    def write(self, event: Event) -> list[bytes]:
        """Return event as the client's events."""


class Collector(Protocol):
    """Puts a stream together."""

    def feed(self, payload: dict[str, Any]) -> None:
        """Take one event."""

    def answer(self) -> dict[str, Any] | None:
        """Return the whole answer, or None while it has not ended."""


_READ: dict[str, Callable[[dict[str, Any]], Answer]] = {
    "chat": chat_answer.read_answer,
    "messages": messages_answer.read_answer,
    "responses": responses_answer.read_answer,
}
_ERROR_OF = {"chat": chat.error_of, "messages": messages.error_of, "responses": responses.error_of}
_READERS: dict[str, Callable[[], Reader]] = {
    "chat": ChatReader,
    "messages": MessagesReader,
    "responses": ResponsesReader,
}
_WRITERS: dict[str, Callable[[Tools, dict[str, Any]], Writer]] = {
    "chat": ChatWriter,
    "messages": MessagesWriter,
    "responses": ResponsesWriter,
}
_WRITTEN = {
    "chat": chat.written_characters,
    "messages": messages.written_characters,
    "responses": responses.written_characters,
}
_FINISHED = {
    "chat": chat.has_finished,
    "messages": messages.has_finished,
    "responses": responses.has_finished,
}
_PLAYERS = {"chat": playing_chat.play, "messages": playing_messages.play, "responses": playing_responses.play}
_COLLECTORS: dict[str, Callable[[], Collector]] = {
    "chat": playing_chat.ChatCollector,
    "messages": playing_messages.MessagesCollector,
    "responses": playing_responses.ResponsesCollector,
}


def translate_answer(
    payload: dict[str, Any], source: str, target: str, *, request: dict[str, Any], created: int = 0
) -> dict[str, Any]:
    """Return a provider's whole answer as the client's protocol says it; an error inside it stays an error.

    request: the client's own payload, which says what its tools are.
    created: seconds since the epoch, for a client that wants them from a provider that does not say.
    Raises Unreadable.
    """
    failure = failure_in(payload, source)
    if failure is not None:
        return error_object(target, **failure._asdict(), request_id="")
    if source == target:
        return payload
    answer = _READ[source](payload)
    if not answer.created:
        answer = answer._replace(created=created)
    tools = client_tools(request)
    if target == "messages":
        return messages_answer.write_answer(answer, tools)
    if target == "responses":
        return responses_answer.write_answer(answer, tools, request)
    return chat_answer.write_answer(answer, tools, request)


def failure_in(payload: dict[str, Any], protocol: str) -> Failure | None:
    """Return the error inside a provider's 200 answer or an event of its stream, or None."""
    error = _ERROR_OF[protocol](payload)
    return None if error is None else read_error(fields(error))


def stream_answer(payload: dict[str, Any], protocol: str, *, wants_usage: bool) -> list[bytes]:
    """Return a whole answer as the events of its own protocol.

    wants_usage: whether the client asked to be told the usage; only chat lets it choose.
    Raises Unreadable.
    """
    return _PLAYERS[protocol](payload, wants_usage=wants_usage)


class AnswerCollector:
    """Put a stream of one protocol together to the answer that the plain call would have given."""

    def __init__(self, protocol: str) -> None:
        self._protocol = protocol
        self._collector: Collector | None = _COLLECTORS[protocol]()
        self._length = 0

    def feed(self, payload: dict[str, Any]) -> None:
        """Take one event; an answer that grows past LONGEST_COLLECTED is given up."""
        if self._collector is None:
            return
        self._length += _WRITTEN[self._protocol](payload)
        if self._length > LONGEST_COLLECTED or failure_in(payload, self._protocol) is not None:
            self._collector = None
            return
        self._collector.feed(payload)

    def answer(self) -> dict[str, Any] | None:
        """Return the whole answer, or None where the stream failed, was given up or has not ended."""
        return None if self._collector is None else self._collector.answer()


class StreamTranslator:
    """Turn a provider's stream into the client's, event by event.

    The end is never invented: a stream that breaks off gives no terminal event.
    request: the client's own payload; created: as for translate_answer.
    """

    def __init__(self, source: str, target: str, *, request: dict[str, Any], created: int = 0) -> None:
        self._source, self._target = source, target
        self._reader = _READERS[source]()
        self._writer = _WRITERS[target](client_tools(request), request)
        self._ordering = Ordering(created)
        self._wants_usage = bool(fields(request.get("stream_options")).get("include_usage"))
        self._saw_finish = False
        self.has_failed = False

    @property
    def is_finished(self) -> bool:
        """Tell whether the provider has said why its answer ended: `end` then gives what the client still needs."""
        return self._saw_finish or self._reader.has_finished

    @property
    def place(self) -> tuple[str, int]:
        """The id of the client's response and the number of its next event, which an error event must carry."""
        return self._writer.place if isinstance(self._writer, ResponsesWriter) else ("", 0)

    def feed(self, payload: dict[str, Any]) -> list[bytes]:
        """Return the client's events for one of the provider's; an error inside it becomes the client's last one.

        Raises sse.MalformedStream.
        """
        if self.has_failed:
            return []
        failure = failure_in(payload, self._source)
        if failure is not None:
            return [self.fail(**failure._asdict())]
        if self._source == self._target:
            return self._passed(payload)
        try:
            return self._written(self._reader.read(payload))
        except Unreadable as exc:
            raise sse.MalformedStream(str(exc)) from exc

    def end(self, *, is_done: bool = False) -> list[bytes]:
        """Return the client's last events, once the provider's stream has ended; none if it broke off.

        is_done: the stream ended with [DONE]; some servers say only this, and not why.
        """
        if self.has_failed:
            return []
        if self._source == self._target:
            return [sse.DONE_EVENT] if self._source == "chat" and (is_done or self._saw_finish) else []
        return self._written(self._reader.end(is_done=is_done))

    def fail(
        self,
        *,
        status: int,
        code: str,
        message: str,
        param: str | None = None,
        request_id: str = "",
        retry_after_seconds: float | None = None,
    ) -> bytes:
        """Return the event that tells the client of a failure, and take nothing more."""
        self.has_failed = True
        response_id, number = self.place
        return error_event(
            self._target,
            status=status,
            code=code,
            message=message,
            param=param,
            request_id=request_id,
            retry_after_seconds=retry_after_seconds,
            response_id=response_id,
            sequence_number=number,
        )

    def _passed(self, payload: dict[str, Any]) -> list[bytes]:
        self._saw_finish = self._saw_finish or _FINISHED[self._source](payload)
        if self._source != "chat":
            return [sse.written(payload, text(payload.get("type")))]
        if chat.is_usage_only(payload) and not self._wants_usage:
            return []
        return [sse.written(payload)]

    def _written(self, events: list[Event]) -> list[bytes]:
        written: list[bytes] = []
        for event in events:
            for ordered in self._ordering.take(event):
                written += self._writer.write(ordered)
        return written
