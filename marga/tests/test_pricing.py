from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from marga.pricing import FREE, Price, Usage, cost_usd

prices = st.decimals(min_value=0, max_value=1000, places=4)
tokens = st.integers(min_value=0, max_value=10**9)


@given(tokens, tokens, tokens, prices, prices, prices)
def test_cost_equals_the_formula_in_exact_fractions(input_tokens, output_tokens, cached, fresh, out, cheap):
    usage = Usage(input_tokens, output_tokens, cached)

    cost = cost_usd(usage, Price(fresh, out, cheap))

    counted = min(cached, input_tokens)
    expected = (
        Fraction(input_tokens - counted) * Fraction(fresh)
        + Fraction(counted) * Fraction(cheap)
        + Fraction(output_tokens) * Fraction(out)
    ) / 10**6
    assert Fraction(cost) == expected


def test_cached_input_without_its_own_price_costs_as_much_as_fresh():
    assert cost_usd(Usage(1_000_000, 0, 400_000), Price(Decimal("2.5"), Decimal(10), None)) == Decimal("2.5")


def test_cached_input_may_be_free():
    assert cost_usd(Usage(1_000_000, 0, 400_000), Price(Decimal(2), None, Decimal(0))) == Decimal("1.2")


def test_a_model_without_prices_costs_nothing():
    assert cost_usd(Usage(10**9, 10**9), FREE) == 0
