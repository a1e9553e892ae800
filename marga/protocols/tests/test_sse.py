from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.protocols import sse

EVENTS = [
    b"data: {}\n\n",
    b"event: x\r\ndata: 1\r\ndata: 2\r\n\r\n",
    b": comment\n\n",
    b"data:x\r\r",
    b"id: 7\n\n",
]
streams = st.lists(st.sampled_from(EVENTS), max_size=12)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    marks = sorted({0, len(data), *(n % (len(data) + 1) for n in at)})
    return [data[a:b] for a, b in zip(marks, marks[1:], strict=False)]


def split(pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    splitter = sse.EventSplitter()
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return events + splitter.finish(), splitter.held


@given(streams, st.lists(st.integers(min_value=0), max_size=20))
def test_events_are_the_same_wherever_the_stream_is_cut(events, at):
    found, held = split(cut(b"".join(events), at))

    assert found == events
    assert held == b""


@given(
    st.lists(
        st.one_of(st.binary(max_size=30), st.sampled_from([b"\r", b"\n", b"\r\n", b"data: "])), max_size=30
    )
)
def test_no_byte_is_lost_or_changed_whatever_comes(pieces):
    events, held = split(pieces)

    assert b"".join(events) + held == b"".join(pieces).removeprefix(sse.BOM)
    for event in events:
        sse.data_of(event)


@given(streams, st.data())
def test_half_an_event_is_never_given_out(events, data):
    stream = b"".join(events)
    length = data.draw(st.integers(min_value=0, max_value=len(stream)))

    found, _ = split([stream[:length]])

    # CR alone ends a line too: where the stream breaks off between CR and LF, the event was whole without the LF.
    assert all(got in (whole, whole.removesuffix(b"\n")) for got, whole in zip(found, events, strict=False))
    assert len(found) <= len(events)


def test_a_byte_order_mark_is_left_out_even_in_pieces():
    found, _ = split([b"\xef", b"\xbb", b"\xbfdata: 1\n\n"])

    assert found == [b"data: 1\n\n"]


def test_a_line_without_end_is_refused_and_not_kept():
    splitter = sse.EventSplitter()
    for _ in range(10):
        splitter.feed(b"x" * 100_000)

    with pytest.raises(sse.MalformedStream):
        splitter.feed(b"x" * 100_000)

    assert splitter.held == b""


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: {}\n\n", b"{}"),
        (b"data:{}\n\n", b"{}"),
        (b"data:  {}\n\n", b" {}"),
        (b"event: x\ndata: 1\ndata: 2\n\n", b"1\n2"),
        (b"data\n\n", b""),
        (b": note\n\n", None),
        (b"event: ping\n\n", None),
        (b"data: 1\r\n\r\n", b"1"),
    ],
)
def test_data_of_reads_fields_as_the_standard_says(event, data):
    assert sse.data_of(event) == data
