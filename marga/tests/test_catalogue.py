from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga import catalogue


@pytest.mark.parametrize(
    ("kind", "name", "found"),
    [
        ("openai", "gpt-5-mini", "gpt-5-mini"),
        ("openai", "gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("openai", "openai/gpt-5-mini", "gpt-5-mini"),
        ("anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("anthropic", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("anthropic", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("anthropic", "claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("anthropic", "claude-opus-5", "claude-opus-5"),
    ],
)
def test_a_name_with_a_date_or_a_revision_is_the_longest_that_begins_it(kind, name, found):
    known = catalogue.find(kind, name)

    assert known is not None
    assert known.name == found


@pytest.mark.parametrize(
    ("kind", "name"),
    [("openai", "gpt-5-pro"), ("openai", "gpt-5-minimal"), ("openai", "gpt-55"), ("openai", "claude-opus-5"), ("anthropic", "claude-opus-5-9"), ("sandbox", "gpt-5"), ("ollama", "brand-new:7b")],
)  # fmt: skip
def test_another_model_has_no_price_rather_than_a_wrong_one(kind, name):
    assert catalogue.find(kind, name) is None


def test_open_models_are_known_by_family_and_cost_no_token():
    coder, thinker = catalogue.find("ollama", "qwen2.5-coder:7b"), catalogue.find("ollama", "deepseek-r1:14b")

    assert coder is not None
    assert thinker is not None
    assert (coder.tier, thinker.tier) == ("local", "local")
    assert "tools" in coder.capabilities
    assert "thinking" in thinker.capabilities
    assert coder.input_usd_per_mtok is None
    assert coder.context_window is None


def test_what_only_makes_embeddings_is_told_apart():
    for name in ("text-embedding-3-small", "nomic-embed-text:latest", "all-minilm:22m", "bge-m3"):
        assert catalogue.takes_calls(name)
        assert catalogue.makes_embeddings(name)
    assert not catalogue.makes_embeddings("gpt-5-mini")
    assert not catalogue.takes_calls("whisper-1")


def test_each_list_is_dated_and_its_prices_are_in_order():
    for listed in catalogue.price_lists().values():
        assert dt.date(2026, 1, 1) < listed.as_of
        assert listed.source.startswith("https://")
        assert len({known.name for known in listed.models}) == len(listed.models)
        for known in listed.models:
            fresh, cached, written = (
                known.input_usd_per_mtok,
                known.cached_input_usd_per_mtok,
                known.cache_write_usd_per_mtok,
            )
            assert fresh is not None
            assert cached is None or Decimal(0) < cached < fresh
            assert written is None or written > fresh


@given(kind=st.sampled_from(["openai", "anthropic", "ollama", "other"]), name=st.text(max_size=60))
def test_any_name_is_known_or_not(kind, name):
    known = catalogue.find(kind, name)

    assert known is None or known.name in name.lower()
