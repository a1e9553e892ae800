"""What one call cost, line by line: tokens of each kind at their price, and electricity. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from marga.pricing import ZERO, Price, Usage, cost_usd


class Line(NamedTuple):
    """One kind of tokens. price_usd: of a million, or of a second for electricity; None where nobody set one."""

    what: str
    amount: Decimal
    unit: str
    price_usd: Decimal | None
    cost_usd: Decimal


def lines(usage: Usage, price: Price, seconds: float = 0.0) -> list[Line]:
    """Return the lines whose sum `pricing.cost_usd` is; kinds that did not occur are left out."""
    cached = min(usage.cached_input_tokens, usage.input_tokens)
    written = min(usage.cache_write_tokens, usage.input_tokens - cached)
    thought = min(usage.reasoning_tokens, usage.output_tokens)
    fresh, output = price.input_usd_per_mtok, price.output_usd_per_mtok
    kinds = (
        ("Input", usage.input_tokens - cached - written, fresh),
        ("Cached input", cached, _either(price.cached_input_usd_per_mtok, fresh)),
        ("Written to the cache", written, _either(price.cache_write_usd_per_mtok, fresh)),
        ("Output", usage.output_tokens - thought, output),
        ("Reasoning", thought, _either(price.reasoning_usd_per_mtok, output)),
    )
    found = [
        Line(what, Decimal(tokens), "tokens", usd, (tokens * (usd or ZERO)).scaleb(-6))
        for what, tokens, usd in kinds
        if tokens
    ]
    if price.usd_per_second and seconds > 0:
        power = Price(usd_per_second=price.usd_per_second)
        worked = Decimal(str(round(seconds, 3)))
        found.append(
            Line("Electricity", worked, "s", price.usd_per_second, cost_usd(Usage(), power, seconds))
        )
    return found


def _either(own: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return a kind's own price, else that of what it is a part of."""
    return whole if own is None else own
