"""Let the parts of an answer follow one another, whatever the provider mixes. Pure.

A chat provider may write at two tool calls at once; a messages client must see one block begin, grow and end before
the next. Parts that come out of turn are kept until theirs.
"""

from __future__ import annotations

from collections.abc import Iterable

from marga.protocols.answers.neutral import (
    NO_ARGUMENTS,
    Closed,
    Ended,
    Event,
    Grew,
    Opened,
    Signed,
    Started,
    ToolCall,
)
from marga.protocols.sse import MalformedStream

LONGEST_ANSWER = 16 << 20
"""Characters of one answer: the bound on what a translator keeps for each stream."""

_PART = 256
"""What an empty part counts towards that."""


class Ordering:
    """Events in, in any mixture; out, each part from its opening to its close, one after the other.

    created: seconds since the epoch, where the provider does not say.
    """

    __slots__ = ("_created", "_current", "_has_started", "_is_bare", "_length", "_waiting")

    def __init__(self, created: int = 0) -> None:
        self._created = created
        self._current: int | None = None
        self._is_bare = False
        self._has_started = False
        self._length = 0
        self._waiting: dict[int, list[Opened | Grew | Signed | Closed]] = {}

    def take(self, event: Event) -> Iterable[Event]:
        """Return what may go on now.

        Raises MalformedStream when the answer grows past LONGEST_ANSWER.
        """
        if type(event) is Grew:
            self._count(len(event.text))
            if event.key == self._current:
                self._is_bare = False
                return (event,)
        elif isinstance(event, Started | Ended):
            return self._frame(event)
        elif isinstance(event, Opened):
            self._count(_PART)
        passed = self._begun()
        if self._current is None or event.key == self._current:
            self._pass(event, passed)
            self._go_on(passed)
        else:
            self._waiting.setdefault(event.key, []).append(event)
        return passed

    def _count(self, characters: int) -> None:
        self._length += characters
        if self._length > LONGEST_ANSWER:
            raise MalformedStream(f"an answer is longer than {LONGEST_ANSWER} characters")

    def _begun(self) -> list[Event]:
        if self._has_started:
            return []
        self._has_started = True
        return [Started("", "", self._created)]

    def _frame(self, event: Started | Ended) -> list[Event]:
        if isinstance(event, Started):
            is_first, self._has_started = not self._has_started, True
            return [event if event.created else event._replace(created=self._created)] if is_first else []
        passed = self._begun()
        while self._current is not None:
            self._pass(Closed(self._current), passed)
            self._go_on(passed)
        passed.append(event)
        return passed

    def _pass(self, event: Opened | Grew | Signed | Closed, passed: list[Event]) -> None:
        if isinstance(event, Opened):
            self._current = event.key
            self._is_bare = isinstance(event.part, ToolCall) and event.part.kind == "function"
        elif isinstance(event, Grew):
            self._is_bare = False
        elif isinstance(event, Closed):
            if self._is_bare:
                passed.append(Grew(event.key, NO_ARGUMENTS))
            self._current, self._is_bare = None, False
        passed.append(event)

    def _go_on(self, passed: list[Event]) -> None:
        """Let those follow whose turn it is now."""
        while self._current is None and self._waiting:
            for event in self._waiting.pop(next(iter(self._waiting))):
                self._pass(event, passed)
