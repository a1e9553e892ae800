"""What a call costs. Pure: tokens and prices in, exact decimals out."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class Usage(NamedTuple):
    """Tokens of one call; cached_input and cache_write are parts of input, reasoning a part of output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0


class Price(NamedTuple):
    """USD per million tokens; None where nobody set a price.

    A kind of token without its own price is charged as what it is a part of: cached input and cache writes as fresh
    input, reasoning as output. usd_per_second is for models on one's own machines: watts × tariff.
    """

    input_usd_per_mtok: Decimal | None = None
    output_usd_per_mtok: Decimal | None = None
    cached_input_usd_per_mtok: Decimal | None = None
    cache_write_usd_per_mtok: Decimal | None = None
    reasoning_usd_per_mtok: Decimal | None = None
    usd_per_second: Decimal | None = None


FREE = Price()
SECONDS_PER_HOUR = 3600
WATTS_PER_KILOWATT = 1000


def cost_usd(usage: Usage, price: Price, seconds: float = 0.0) -> Decimal:
    """Return the exact cost of usage.

    seconds: how long the model worked, for one that is paid for by electricity.
    """
    fresh, output = price.input_usd_per_mtok or ZERO, price.output_usd_per_mtok or ZERO
    cached = fresh if price.cached_input_usd_per_mtok is None else price.cached_input_usd_per_mtok
    written = fresh if price.cache_write_usd_per_mtok is None else price.cache_write_usd_per_mtok
    thought = output if price.reasoning_usd_per_mtok is None else price.reasoning_usd_per_mtok
    cost = ZERO
    if fresh or cached or output or written or thought:
        cached_tokens = min(usage.cached_input_tokens, usage.input_tokens)
        written_tokens = min(usage.cache_write_tokens, usage.input_tokens - cached_tokens)
        thought_tokens = min(usage.reasoning_tokens, usage.output_tokens)
        cost = (
            (usage.input_tokens - cached_tokens - written_tokens) * fresh
            + cached_tokens * cached
            + written_tokens * written
            + (usage.output_tokens - thought_tokens) * output
            + thought_tokens * thought
        ).scaleb(-6)
    if price.usd_per_second and seconds > 0:
        cost += price.usd_per_second * Decimal(str(round(seconds, 3)))
    return cost


def electricity_usd_per_second(watts: Decimal, usd_per_kwh: Decimal) -> Decimal:
    """Return what a machine costs while it works on one answer."""
    return watts * usd_per_kwh / (WATTS_PER_KILOWATT * SECONDS_PER_HOUR)
