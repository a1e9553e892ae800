"""What a call costs. Pure: tokens and prices in, exact decimals out."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)


class Usage(NamedTuple):
    """Tokens of one call; cached_input is a part of input, reasoning a part of output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0


class Price(NamedTuple):
    """USD per million tokens; None where nobody set a price (local models)."""

    input_usd_per_mtok: Decimal | None = None
    output_usd_per_mtok: Decimal | None = None
    cached_input_usd_per_mtok: Decimal | None = None


FREE = Price()


def cost_usd(usage: Usage, price: Price) -> Decimal:
    """Return the exact cost of usage; cached input without its own price is charged as fresh input."""
    fresh = price.input_usd_per_mtok or ZERO
    cached = fresh if price.cached_input_usd_per_mtok is None else price.cached_input_usd_per_mtok
    output = price.output_usd_per_mtok or ZERO
    if not (fresh or cached or output):
        return ZERO
    cached_tokens = min(usage.cached_input_tokens, usage.input_tokens)
    per_million = (
        (usage.input_tokens - cached_tokens) * fresh + cached_tokens * cached + usage.output_tokens * output
    )
    return per_million.scaleb(-6)
