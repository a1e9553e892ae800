"""A request may ask for less caching than its key allows, never for more."""

from __future__ import annotations

import pytest

from marga.gateway.caching.controls import DISABLED, LONGEST_TTL, controls


def ask(rule: str, ttl: int = 600, **headers: str):
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return controls(rule, ttl, given.get)


def test_without_headers_the_key_decides():
    assert ask("semantic") == ("semantic", True, 600)
    assert ask("exact") == ("exact", True, 600)
    assert ask("off") == DISABLED
    assert ask("invented") == DISABLED
    assert ask("exact", ttl=0) == DISABLED


@pytest.mark.parametrize(
    ("rule", "asked", "mode"),
    [
        ("semantic", "exact", "exact"),
        ("semantic", "off", "off"),
        ("semantic", "safe", "safe"),
        ("safe", "exact", "safe"),
        ("semantic", "SEMANTIC", "semantic"),
        ("exact", "semantic", "exact"),
        ("off", "semantic", "off"),
        ("exact", "sometimes", "off"),
        ("exact", "", "exact"),
    ],
)
def test_the_lower_of_key_and_request_applies(rule, asked, mode):
    assert ask(rule, x_marga_cache=asked).mode == mode


def test_refresh_and_no_cache_ask_anew_and_keep_what_comes():
    assert ask("semantic", x_marga_cache="refresh") == ("semantic", False, 600)
    assert ask("exact", cache_control="max-age=0, no-cache") == ("exact", False, 600)


def test_no_store_turns_everything_off():
    assert ask("semantic", cache_control="No-Store") == DISABLED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60", 60), ("6000", 600), ("0", 0), ("-5", 0), ("1e3", 0), ("٣", 0), ("9" * 5000, 0), (" 60", 0)],
    ids=["shorter", "longer", "zero", "negative", "float", "other_digits", "huge", "space"],
)
def test_a_request_can_shorten_the_time_and_one_not_understood_turns_the_cache_off(text, seconds):
    found = ask("exact", x_marga_cache_ttl=text)

    assert found.ttl_seconds == seconds
    assert (found.mode == "exact") == (seconds > 0)


def test_no_key_keeps_answers_longer_than_a_month():
    assert ask("exact", ttl=10**9).ttl_seconds == LONGEST_TTL
