from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from marga.protocols.answers.neutral import (
    Closed,
    Ended,
    Event,
    Grew,
    Opened,
    Started,
    Text,
    ToolCall,
)
from marga.protocols.streams.ordering import Ordering


@st.composite
def mixtures(draw: st.DrawFn) -> list[Event]:
    """Parts whose events come in any mixture, each part's own in order; not every part is closed."""
    lines: list[list[Event]] = []
    for key in range(draw(st.integers(0, 4))):
        part = ToolCall(f"c{key}", "f") if draw(st.booleans()) else Text()
        grown = [Grew(key, words) for words in draw(st.lists(st.text(min_size=1, max_size=3), max_size=3))]
        closing = [Closed(key)] if draw(st.booleans()) else []
        lines.append([Opened(key, part), *grown, *closing])
    mixed: list[Event] = []
    while any(lines):
        line = draw(st.sampled_from([line for line in lines if line]))
        mixed.append(line.pop(0))
    return mixed


def told(events: list[Event]) -> dict[int, str]:
    words: dict[int, str] = {event.key: "" for event in events if isinstance(event, Opened)}
    for event in events:
        if isinstance(event, Grew):
            words[event.key] += event.text
    return words


def ordered(mixed: list[Event]) -> list[Event]:
    ordering = Ordering()
    return [passed for event in [*mixed, Ended("end")] for passed in ordering.take(event)]


@given(mixtures())
def test_parts_follow_one_another_and_lose_nothing(mixed):
    passed = ordered(mixed)

    assert isinstance(passed[0], Started)
    assert passed[-1] == Ended("end")
    current = None
    for event in passed[1:-1]:
        if isinstance(event, Opened):
            assert current is None
            current = event.key
        else:
            assert not isinstance(event, Started | Ended)
            assert event.key == current
            current = None if isinstance(event, Closed) else current
    assert current is None
    bare = {event.key for event in mixed if isinstance(event, Opened) and isinstance(event.part, ToolCall)}
    expected = {key: words or ("{}" if key in bare else "") for key, words in told(mixed).items()}
    assert told(passed) == expected


@given(mixtures())
def test_a_stream_that_breaks_off_is_not_closed(mixed):
    ordering = Ordering()

    passed = [given for event in mixed for given in ordering.take(event)]

    assert not any(isinstance(event, Ended) for event in passed)
    assert sum(isinstance(event, Closed) for event in passed) <= sum(
        isinstance(event, Closed) for event in mixed
    )


def test_what_can_go_on_at_once_is_not_kept():
    ordering = Ordering(created=5)

    assert list(ordering.take(Started("a", "m", 0))) == [Started("a", "m", 5)]
    assert list(ordering.take(Started("b", "m", 0))) == []
    assert list(ordering.take(Opened(1, Text()))) == [Opened(1, Text())]
    assert list(ordering.take(Grew(1, "x"))) == [Grew(1, "x")]
