"""Answers in memory stay within their bytes, their time and their workspace."""

from __future__ import annotations

import gc
import os
import tracemalloc
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marga.gateway.caching.entry import Entry
from marga.gateway.caching.identity import workspace_mark
from marga.gateway.caching.memory import LARGEST_SHARE, Memory, Pointers
from marga.gateway.caching.purges import Purge, Purges
from marga.pricing import Usage

HOUR = 3600.0


def entry(size: int = 100, created_at: float = 0.0) -> Entry:
    return Entry(bytes(size), "m", "p", "d", Usage(1, 1), Decimal(1), created_at)


def test_an_entry_ends_with_its_own_time_or_the_readers_whichever_is_sooner():
    memory = Memory(1 << 20)
    memory.put(b"a", entry(), expires_at=100)

    assert memory.get(b"a", 99, HOUR) is not None
    assert memory.get(b"a", 50, 50) is None
    assert memory.get(b"a", 99, HOUR) is not None
    assert memory.get(b"a", 100, HOUR) is None
    assert (len(memory), memory.used_bytes) == (0, 0)


def test_the_least_recently_used_entry_makes_room():
    one = entry().size
    memory = Memory(one * LARGEST_SHARE)
    for i in range(LARGEST_SHARE):
        memory.put(bytes([i]), entry(), HOUR)
    memory.get(b"\0", 1, HOUR)

    memory.put(b"new", entry(), HOUR)

    assert memory.get(b"\0", 1, HOUR) is not None
    assert memory.get(b"\1", 1, HOUR) is None
    assert memory.evicted == 1


def test_an_entry_too_large_for_its_share_is_not_kept_and_pushes_nothing_out():
    memory = Memory(80_000)
    memory.put(b"a", entry(), HOUR)

    assert not memory.put(b"b", entry(10_000), HOUR)
    assert memory.get(b"a", 1, HOUR) is not None


def test_without_room_nothing_is_kept():
    assert not Memory(0).put(b"a", entry(), HOUR)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 3000), st.booleans()), max_size=60))
def test_the_count_of_bytes_is_the_sum_of_what_is_kept_and_within_the_bound(steps):
    memory = Memory(20_000)
    kept: dict[bytes, Entry] = {}
    for name, size, drops in steps:
        identity = name.encode()
        if drops:
            memory.drop(identity)
        else:
            memory.put(identity, entry(size), HOUR)
        kept[identity] = entry(size)

        alive = [memory.get(i, 1, HOUR) for i in kept]
        assert memory.used_bytes == sum(e.size for e in alive if e) <= 20_000


def test_the_accounted_bytes_are_at_least_what_the_process_really_needs():
    memory = Memory(8 << 20)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for i in range(3000):
        made = Entry(
            os.urandom(500 + i % 1500), f"model-{i}", f"provider-{i}", f"deployment-{i}", Usage(i + 1000, i + 2000, i + 3000),
            Decimal(i) / 7, i + 0.5,
        )  # fmt: skip
        memory.put(os.urandom(28), made, i + HOUR)
    del made
    gc.collect()
    real = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert 0.8 * memory.used_bytes <= real <= 1.05 * memory.used_bytes


def test_a_purge_takes_what_was_made_before_it_and_leaves_other_workspaces_alone():
    memory = Memory(1 << 20)
    mine, other = workspace_mark("mine"), workspace_mark("other")
    for identity, made in ((mine + b"1", 10), (mine + b"2", 20), (mine + b"3", 30), (other + b"1", 10)):
        memory.put(identity, entry(created_at=made), HOUR)

    memory.forget(Purges([Purge("mine", None, 15), Purge("mine", mine + b"2", 25)]), {"mine"})

    alive = [
        memory.get(i, 31, HOUR) is not None for i in (mine + b"1", mine + b"2", mine + b"3", other + b"1")
    ]
    assert alive == [False, False, True, True]


def test_pointers_stay_within_their_number_and_forget_the_least_used():
    pointers = Pointers(2)
    pointers.put(b"a", b"1")
    pointers.put(b"b", b"2")
    pointers.get(b"a")

    pointers.put(b"c", b"3")

    assert (pointers.get(b"a"), pointers.get(b"b"), pointers.get(b"c"), len(pointers)) == (
        b"1",
        None,
        b"3",
        2,
    )
