from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.quality import quality


def test_without_samples_nothing_is_claimed():
    found = quality(0, 0, unclear=3)

    assert (found.share, found.low, found.high, found.unclear) == (None, None, None, 3)


def test_a_known_interval():
    """81 of 263, as worked in Newcombe, Statistics in Medicine 1998: .2553 to .3662."""
    found = quality(81, 263)

    assert found.low == pytest.approx(0.2553, abs=5e-5)
    assert found.high == pytest.approx(0.3662, abs=5e-5)


@given(samples=st.integers(1, 10**6), part=st.floats(0, 1))
def test_the_interval_holds_the_share_and_stays_between_0_and_1(samples, part):
    found = quality(round(samples * part), samples)

    assert found.share is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert found.high - found.low > 0


@given(part=st.integers(0, 10), times=st.integers(2, 1000))
def test_more_samples_make_it_narrower(part, times):
    few, many = quality(part, 10), quality(part * times, 10 * times)

    assert few.high is not None
    assert few.low is not None
    assert many.high is not None
    assert many.low is not None
    assert many.high - many.low < few.high - few.low
