"""The layered heap against plain dicts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raksha.taint.heap import Object
from raksha.taint.layers import Heap
from raksha.taint.values import constant

numbers = st.integers(1, 6)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("set"), numbers, st.integers(0, 3)),
        st.tuples(st.just("branch"), st.lists(st.tuples(numbers, st.integers(0, 3)), max_size=3), st.just(0)),
    ),
    max_size=25,
)


def thing(number: int) -> Object:
    return Object("object", "", fields={"n": constant(number)})


def told(heap: Heap) -> dict[int, set[object]]:
    return {
        number: set(held.fields["n"].consts or ())
        for number in range(1, 7)
        if (held := heap.get(number)) is not None
    }


@given(actions)
def test_the_layered_heap_holds_what_plain_dicts_would(steps):
    heap = Heap()
    plain: dict[int, set[object]] = {}

    for kind, what, value in steps:
        if kind == "set":
            heap.set(what, thing(value))
            plain[what] = {value}
            continue
        other, beside = heap.fork(), {number: set(held) for number, held in plain.items()}
        for number, changed in what:
            other.set(number, thing(changed))
            beside[number] = {changed}
        heap.merge(other, {})
        plain = {
            number: plain.get(number, set()) | beside.get(number, set())
            for number in plain.keys() | beside.keys()
        }

    assert told(heap) == plain
    assert {number: set(held.fields["n"].consts or ()) for number, held in heap.entries().items()} == plain


def test_a_fork_does_not_see_later_changes():
    heap = Heap()
    heap.set(1, thing(1))
    other = heap.fork()

    heap.set(1, thing(2))

    assert told(other) == {1: {1}}


def test_an_object_of_a_module_keeps_what_it_was_on_the_other_way():
    base = {1: thing(1)}
    heap = Heap()
    other = heap.fork()
    other.set(1, thing(2))

    heap.merge(other, base)

    assert told(heap) == {1: {1, 2}}
