from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marga import bill
from marga.pricing import FREE, Price, Usage, cost_usd

tokens = st.integers(0, 10**7)
usd = st.none() | st.decimals(0, 1000, places=4)


@given(
    st.builds(Usage, tokens, tokens, tokens, tokens, tokens), st.builds(Price, *[usd] * 6), st.floats(0, 1e5)
)
def test_the_lines_add_up_to_what_the_call_cost(usage, price, seconds):
    found = bill.lines(usage, price, seconds)

    assert sum((line.cost_usd for line in found), Decimal(0)) == cost_usd(usage, price, seconds)
    assert (
        sum(line.amount for line in found if line.unit == "tokens")
        == usage.input_tokens + usage.output_tokens
    )


def test_a_kind_without_its_own_price_shows_the_price_of_what_it_is_a_part_of():
    found = bill.lines(Usage(10, 6, 4, 2), Price(Decimal(3), Decimal(9)))

    assert [(line.what, int(line.amount), line.price_usd) for line in found] == [
        ("Input", 6, Decimal(3)),
        ("Cached input", 4, Decimal(3)),
        ("Output", 4, Decimal(9)),
        ("Reasoning", 2, Decimal(9)),
    ]


def test_a_model_without_prices_has_lines_that_cost_nothing():
    assert [line.price_usd for line in bill.lines(Usage(10, 5), FREE, 2.0)] == [None, None]
