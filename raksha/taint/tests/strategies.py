"""Random abstract values, objects and programs."""

from __future__ import annotations

from hypothesis import strategies as st

from raksha.taint import ir
from raksha.taint.values import Constant, Flow, Trace, Value

SPAN = ir.Span(1, 1, 1, 2)
TRACES = [Trace("a.py", SPAN, f"source {number}", None, 1) for number in range(6)]

constants: st.SearchStrategy[Constant] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(["", "a", "b", "ab", "1"]),
    st.sampled_from([0.0, 1.0]),
)
flows = st.lists(
    st.builds(Flow, st.integers(1, 7), st.sampled_from(TRACES)),
    max_size=3,
    unique_by=lambda flow: id(flow.trace),
).map(tuple)


def _distinct(values: list[Constant]) -> tuple[Constant, ...]:
    return tuple({(type(value), value): value for value in values}.values())


values = st.builds(
    Value,
    flows,
    st.one_of(st.none(), st.lists(constants, max_size=4).map(_distinct)),
    st.lists(st.integers(1, 3), max_size=2, unique=True).map(tuple),
    st.sampled_from(["", "T", "U"]),
    st.sampled_from(["", "m.f"]),
    head=st.sampled_from(["", "a", "ab"]),
)
