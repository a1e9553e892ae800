"""How good answers were, with the interval that so few samples leave. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Quality:
    """A share of good answers. share, low, high: from 0 to 1; None without samples. unclear: not counted in samples."""

    good: int
    samples: int
    share: float | None
    low: float | None
    high: float | None
    unclear: int = 0


def quality(good: int, samples: int, *, unclear: int = 0) -> Quality:
    """Return the share of good answers with its 95 % interval.

    Source: E. B. Wilson, Probable inference, JASA 1927: unlike the usual one it holds for few samples and near 0 and 1.
    """
    if not samples:
        return Quality(good, samples, None, None, None, unclear)
    share = good / samples
    weight = Z95**2 / samples
    middle = (share + weight / 2) / (1 + weight)
    half = Z95 * sqrt(share * (1 - share) / samples + weight / (4 * samples)) / (1 + weight)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    # At the ends the formula is exact, and only rounding keeps it from saying so.
    return Quality(good, samples, share, min(low, share), max(high, share), unclear)
