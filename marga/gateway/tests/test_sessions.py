from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.sessions import BOUND_SECONDS, ENTRY_BYTES, WARM_SECONDS, Session, Sessions, mark, warm


def test_a_conversation_is_found_again_until_it_is_too_old():
    sessions = Sessions()
    sessions.note(b"a", "d1", 900, 10.0)

    assert sessions.find(b"a", 20.0) == Session("d1", 900, 10.0)
    assert sessions.find(b"b", 20.0) is None
    assert sessions.find(b"a", 11.0 + BOUND_SECONDS) is None
    assert len(sessions) == 0


def test_the_least_recently_used_conversation_goes_first():
    sessions = Sessions(max_entries=2)
    for name in (b"a", b"b"):
        sessions.note(name, "d", 1, 0.0)
    sessions.find(b"a", 1.0)
    sessions.note(b"c", "d", 1, 1.0)

    assert sessions.find(b"a", 1.0)
    assert sessions.find(b"b", 1.0) is None


@given(st.lists(st.binary(min_size=1, max_size=2), max_size=60), st.integers(1, 10))
def test_it_never_holds_more_than_it_may(names, most):
    sessions = Sessions(max_entries=most)
    for name in names:
        sessions.note(name, "d", 1, 0.0)

    assert len(sessions) <= most


def test_an_entry_takes_no_more_memory_than_counted():
    deployments = [f"deployment-{n}" for n in range(10)]
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        sessions = Sessions()
        for n in range(20_000):
            sessions.note(mark("workspace", "key", str(n)), deployments[n % 10], 1_000 + n, n / 7)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (after - before) / 20_000 <= ENTRY_BYTES


def test_bytes_bound_it_too():
    sessions = Sessions(max_entries=1_000_000, max_bytes=10 * ENTRY_BYTES)
    for n in range(50):
        sessions.note(bytes([n]), "d", 1, 0.0)

    assert len(sessions) == 10


def test_conversations_with_a_deployment_that_is_gone_are_forgotten():
    sessions = Sessions()
    sessions.note(b"a", "kept", 1, 0.0)
    sessions.note(b"b", "gone", 1, 0.0)
    sessions.forget({"kept"})

    assert sessions.find(b"a", 0.0)
    assert len(sessions) == 1


def test_a_prompt_cache_is_warm_for_minutes():
    session = Session("d1", 900, 100.0)

    assert warm(session, 100.0 + WARM_SECONDS) == ("d1", 900)
    assert warm(session, 101.0 + WARM_SECONDS) == ("", 0)
    assert warm(None, 0.0) == ("", 0)


@given(st.text(max_size=9), st.text(max_size=9), st.text(max_size=9), st.integers(1, 8))
def test_marks_of_different_owners_differ_even_where_their_texts_run_together(workspace, key, session, cut):
    joined = workspace + key
    other = (joined[:cut], joined[cut:])

    assert mark(workspace, key, session) == mark(workspace, key, session)
    if other != (workspace, key):
        assert mark(workspace, key, session) != mark(*other, session)


def test_any_text_can_name_a_session():
    assert len(mark("w", "k", "half of a pair \ud800")) == 16
