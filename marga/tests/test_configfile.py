from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.configfile import Document, WrongConfig, parse, url_problem

GOOD = """\
providers:
  - name: openai
    kind: openai
    api_key_env: OPENAI_API_KEY
    timeout_seconds: 30
    models:
      - name: gpt-5-mini
        tier: mid
        context_window: 400000
        input_usd_per_mtok: 0.25
        output_usd_per_mtok: 2
        cached_input_usd_per_mtok: ~
      - name: plain
        upstream_name: plain-2026
        enabled: no
  - name: laptop
    kind: ollama
    shared: false
    models: []
"""


def faults(text):
    with pytest.raises(WrongConfig) as raised:
        parse(text)
    return [(fault.line, fault.path, fault.message) for fault in raised.value.faults]


def test_a_right_file_is_read_with_exact_prices_and_defaults():
    openai, laptop = parse(GOOD).providers

    assert (openai.name, openai.base_url, openai.timeout_seconds) == (
        "openai",
        "https://api.openai.com/v1",
        30.0,
    )
    assert openai.credential == ("api_key_env", "OPENAI_API_KEY")
    first, second = openai.models
    assert (first.input_usd_per_mtok, first.output_usd_per_mtok) == (Decimal("0.25"), Decimal(2))
    assert first.cached_input_usd_per_mtok is None
    assert first.upstream_name == "gpt-5-mini"
    assert (second.upstream_name, second.is_enabled, second.tier) == ("plain-2026", False, "mid")
    assert (laptop.base_url, laptop.is_shared, laptop.models) == ("http://127.0.0.1:11434", False, ())


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "providers: []\n"])
def test_an_empty_file_means_no_providers(text):
    assert parse(text) == Document()


@pytest.mark.parametrize(
    ("text", "line", "path", "words"),
    [
        ("provider: []\n", 1, "provider", "unknown"),
        ("- name: x\n", 1, "", "providers"),
        ("providers: {}\n", 1, "providers", "list"),
        ("providers:\n  - kind: openai\n    models: []\n", 2, "providers[0]", "name is missing"),
        ("providers:\n  - name: a b\n    kind: openai\n    models: []\n", 2, "providers[0].name", "letters"),
        ("providers:\n  - name: a\n    kind: openia\n    models: []\n", 3, "providers[0].kind", "'openia'"),
        ("providers:\n  - name: a\n    kind: openai\n    base_url: ftp://x\n    models: []\n", 4, "providers[0].base_url", "https"),
        ("providers:\n  - name: a\n    kind: openai\n    api_key: x\n    api_key_env: Y\n    models: []\n", 2, "providers[0]", "only one"),
        ("providers:\n  - name: a\n    kind: openai\n    models:\n      - name: m\n        price: 1\n", 6, "providers[0].models[0].price", "unknown"),
        ("providers:\n  - name: a\n    kind: openai\n    models:\n      - name: m\n        tier: huge\n", 6, "providers[0].models[0].tier", "local, mid, frontier"),
        ("providers:\n  - name: a\n    kind: openai\n    models:\n      - name: m\n        input_usd_per_mtok: -1\n", 6, "providers[0].models[0].input_usd_per_mtok", "number"),
        ("providers:\n  - name: a\n    kind: openai\n    models:\n      - name: m\n        context_window: 1.5\n", 6, "providers[0].models[0].context_window", "whole"),
        ("providers:\n  - name: a\n    kind: openai\n    models:\n      - name: m\n      - name: m\n", 6, "providers[0].models[1].name", "twice"),
        ("providers:\n  - name: a\n    name: b\n    kind: openai\n    models: []\n", 3, "providers[0].name", "twice"),
        ("providers:\n  - name: a\n    kind: openai\n    enabled: maybe\n    models: []\n", 4, "providers[0].enabled", "true or false"),
        ("providers:\n  - name: a\n    kind: openai\n    models: []\n    protocols: [chat, telex]\n", 5, "providers[0].protocols[1]", "'telex'"),
        ("providers:\n  - name: a\n    kind: openai\n    models: []\n    credentials:\n      - name: b\n", 6, "providers[0].credentials[0]", "Give one of"),
        ("providers:\n  - name: a\n    kind: openai\n    models:\n      - name: m\n        capabilities: [tools, tools]\n", 6, "providers[0].models[0].capabilities[1]", "twice"),
        ("providers:\n  - name: a\n    kind: openai\n    models:\n      - name: m\n        quality: 1.5\n", 6, "providers[0].models[0].quality", "from 0 to 1"),
        ("providers: []\ntariff_usd_per_kwh: dear\n", 2, "tariff_usd_per_kwh", "number"),
        ("providers: []\npolicies:\n  - name: x\n    order: cost\n    tiers:\n      mid: 7\n", 6, "policies[0].tiers.mid", "from 0 to 1"),
        ("providers: []\npolicies:\n  - name: x\n    surprise: 1\n", 4, "policies[0].surprise", "unknown"),
        ("providers: []\npolicies:\n  - tiers: {}\n", 3, "policies[0].name", "letters"),
        ("providers: []\npolicies:\n  - name: x\n    default: true\n  - name: y\n    default: true\n", 5, "policies[1].default", "Only one"),
        ("providers: []\npolicies:\n  - name: x\n  - name: x\n", 4, "policies[1].name", "twice"),
        ("providers: []\npolicies:\n  - hello\n", 3, "policies[0]", "name"),
        ("providers: [\n", 2, "", "not YAML"),
        ("providers: \x07\n", 1, "", "not YAML"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_path(text, line, path, words):
    found = faults(text)

    assert any(words in message for where, which, message in found if (where, which) == (line, path)), found


def test_credentials_abilities_prices_and_policies_are_read():
    document = parse(
        """
baseline: opus
tariff_usd_per_kwh: 0.28
providers:
  - name: openai
    kind: openai
    protocols: [chat, responses]
    api_key: sk-1
    credentials:
      - name: agents
        bucket: agents
        api_key_env: AGENTS_KEY
        tokens_per_minute: 100000
    models:
      - name: m
        capabilities: [tools, vision]
        max_output_tokens: 1000
        cache_write_usd_per_mtok: 1.25
        reasoning_usd_per_mtok: 3
        watts: 90.5
        quality: 0.8
policies:
  - name: thrifty
    default: true
    shared: false
    tiers: {mid: 0.5, frontier: 0.9}
    tasks:
      review: {tier: local, models: ["deepseek-r1*"]}
"""
    )

    [provider], [policy] = document.providers, document.policies
    [credential], [model] = provider.credentials, provider.models
    assert (document.baseline, document.tariff_usd_per_kwh) == ("opus", Decimal("0.28"))
    assert (provider.protocols, credential.bucket, credential.tokens_per_minute) == (
        ["chat", "responses"],
        "agents",
        100_000,
    )
    assert (model.capabilities, model.max_output_tokens, model.quality) == (["tools", "vision"], 1000, 0.8)
    assert (model.cache_write_usd_per_mtok, model.watts) == (Decimal("1.25"), Decimal("90.5"))
    assert (policy.is_default, policy.is_shared) == (True, False)
    assert policy.document == {
        "tiers": {"mid": 0.5, "frontier": 0.9},
        "tasks": {"review": {"tier": "local", "models": ["deepseek-r1*"]}},
    }


def test_a_policy_that_repeats_itself_without_end_is_refused():
    text = "providers: []\npolicies:\n  - name: x\n    a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    for letter, before in zip("bcdefg", "abcdef", strict=True):
        text += f"    {letter}: &{letter} [{', '.join([f'*{before}'] * 10)}]\n"

    assert any("at most 2000" in message for _, _, message in faults(text))


def test_all_faults_are_named_at_once_in_the_order_of_their_lines():
    text = "providers:\n  - name: a\n    kind: nope\n    models:\n      - nam: m\n"

    assert [line for line, _, _ in faults(text)] == [3, 5, 5]


@given(text=st.text(alphabet="provides:-[]{}&*!|>' \"\nnamekidul0123.", max_size=200))
def test_no_text_makes_the_reader_stumble(text):
    with suppress(WrongConfig):
        parse(text)


@pytest.mark.parametrize(
    "text", ["&a [*a]", "providers: &a [*a]", "providers: &a\n  - name: x\n    models: *a\n"]
)
def test_a_text_that_contains_itself_is_refused(text):
    assert faults(text)


@pytest.mark.parametrize(
    "url",
    ["", "openai", "ftp://h/v1", "http://", "https://user:pw@h/v1", "https://h/v1?x=1", "https://h/#a", "http://[::1", "http://h:99999/", "http://h h/"],
)  # fmt: skip
def test_an_address_that_cannot_be_a_providers_is_explained(url):
    assert url_problem(url)


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "http://127.0.0.1:11434", "http://[::1]:8000/v1"]
)
def test_a_right_address_is_fine(url):
    assert url_problem(url) == ""
