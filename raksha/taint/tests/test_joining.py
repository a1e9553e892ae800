from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from raksha.taint.heap import Object, join_all, join_objects
from raksha.taint.joining import add_facts, head_of, join, keyed, meet_facts, same
from raksha.taint.tests.strategies import constants, values
from raksha.taint.values import MOST_CONSTANTS, NOTHING, Fact, Value, constant, of_constants, without

facts = st.dictionaries(st.integers(1, 3), st.builds(Fact, st.integers(0, 7), st.none()), max_size=3)


def covers(whole: Value, part: Value) -> bool:
    """Whether all that the part can be, the whole can be too."""
    consts = whole.consts is None or (
        part.consts is not None and set(map(keyed, part.consts)) <= set(map(keyed, whole.consts))
    )
    return consts and part.bits & ~whole.bits == 0 and set(part.refs) <= set(whole.refs)


@given(values)
def test_join_with_itself_changes_nothing(value):
    assert same(join(value, value.but()), value)


@given(values, values)
def test_join_covers_both_sides(one, other):
    joined = join(one, other)

    assert covers(joined, one)
    assert covers(joined, other)


@given(values, values)
def test_join_says_the_same_in_either_order(one, other):
    there, back = join(one, other), join(other, one)

    assert covers(there, back)
    assert covers(back, there)
    assert there.type == back.type


@given(values, values)
def test_joining_again_teaches_nothing_new(one, other):
    joined = join(one, other)

    assert same(join(joined, other), joined) or join(joined, other).consts is None


@given(values)
def test_nothing_is_the_identity_of_joining(value):
    assert join(NOTHING, value) is value
    assert join(value, NOTHING) is value


@given(values, values)
def test_a_joined_value_starts_as_both_do(one, other):
    head = head_of(join(one, other))

    assert head_of(one).startswith(head)
    assert head_of(other).startswith(head)


@given(values, st.integers(0, 7))
def test_clearing_kinds_leaves_only_the_others(value, cleared):
    assert without(value, cleared).bits == value.bits & ~cleared


@given(facts, facts)
def test_facts_that_hold_either_way_hold_on_both(one, other):
    for symbol, fact in meet_facts(one, other).items():
        assert fact.cleared & ~one[symbol].cleared == 0
        assert fact.cleared & ~other[symbol].cleared == 0


@given(facts, facts)
def test_facts_that_hold_together_include_each(one, other):
    together = add_facts(one, other)

    for symbol, fact in [*one.items(), *other.items()]:
        assert fact.cleared & ~together[symbol].cleared == 0


@given(st.lists(constants, min_size=1, max_size=12))
def test_constants_are_told_apart_by_type_and_given_up_when_too_many(given_constants):
    value = of_constants(given_constants)
    different = {keyed(one) for one in given_constants}

    if len(different) > MOST_CONSTANTS:
        assert value.consts is None
    else:
        assert set(map(keyed, value.consts or ())) == different


def objects() -> st.SearchStrategy[Object]:
    items = st.one_of(st.none(), st.lists(values, max_size=3).map(tuple))
    fields = st.dictionaries(st.sampled_from(["a", "b"]), values, max_size=2)
    return st.builds(
        lambda items, fields, rest: Object("list", "list", items=items, fields=fields, rest=rest),
        items,
        fields,
        st.one_of(st.none(), values),
    )


@given(objects(), objects())
def test_joined_objects_hold_the_taint_of_both(one, other):
    joined = join_all(join_objects(one, other).inside())

    for part in (one, other):
        inside = part.items if part.items is not None else part.fields.values()
        assert join_all(inside).bits & ~joined.bits == 0


@given(objects(), values)
def test_a_value_put_at_an_unknown_place_is_inside(thing, value):
    assert value.bits & ~join_all(thing.with_some(value).inside()).bits == 0


def test_a_known_constant_is_shared():
    assert constant(3) is constant(3)
    assert constant(None) is constant(None)
