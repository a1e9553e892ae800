from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marga.configfile import WrongConfig, parse, url_problem

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
    openai, laptop = parse(GOOD)

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
    assert parse(text) == ()


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
        ("providers: [\n", 2, "", "not YAML"),
        ("providers: \x07\n", 1, "", "not YAML"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_line_and_path(text, line, path, words):
    found = faults(text)

    assert any(words in message for where, which, message in found if (where, which) == (line, path)), found


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
