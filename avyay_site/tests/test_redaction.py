"""Secrets are taken out of what is logged."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avyay_site.fields import Secret
from avyay_site.keys import format as key_format
from avyay_site.keys.tests.factories import sample_key
from avyay_site.redaction import REPLACEMENT, redact, scrub

KEY = sample_key()
SECRETS = [
    KEY,
    KEY[:-1] + "!",
    KEY[:30],
    KEY.replace("_", "%5F"),
    KEY.upper(),
    "sk-proj-abcdefghijklmnop1234",
    "sk-ant-api03-abcdefghijklmnop",
    "ghp_abcdefghijklmnopqrst",
    "xoxb-123456789012-abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "gAAAAABnQ0abcdefghijklmnopqrstuv==",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("shape", ["{}", "GET /x?k={}&y=1", '{{"a": "{}"}}', "Key {} is wrong", "<b>{}</b>"])
def test_a_secret_is_found_by_its_form(secret, shape):
    hidden = redact(shape.format(secret))

    assert secret not in hidden
    assert secret[12:25] not in hidden
    assert REPLACEMENT in hidden


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer opaque-value", "opaque-value"),
        ("authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("postgres://avyay:hunter2@db/avyay", "hunter2"),
        ("https://hooks.slack.com/services/T0/B0/abc", "T0/B0/abc"),
        ("GET /join/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6", "Zm9vYmFy"),
        ("/x?token=abc123&a=1", "abc123"),
        ("password=hunter2", "hunter2"),
    ],
)
def test_a_secret_is_found_by_what_stands_before_it(text, secret):
    assert secret not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        f"key {key_format.display(KEY)} revoked",
        "skipped_files_total",
        "risk-based-approach-to-things",
        "max_tokens=100 input_tokens=5",
        "req_01JD0000000000000000000000",
        "https://example.org/path?a=b",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_names_and_nested_values_are_scrubbed():
    event = {
        "headers": [("X-API-Key", KEY), {"Authorization": "anything", "Accept": "text/html"}],
        "error": ValueError(f"bad key {KEY}"),
        "deep": {"a": {"b": {"password": "hunter2", "n": 1}}},
        KEY: "as a name",
        "sealed": Secret.seal("hunter2"),
    }

    text = json.dumps(scrub(event))

    assert KEY not in text
    assert "anything" not in text
    assert "hunter2" not in text
    assert '"n": 1' in text
    assert "text/html" in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
    )
)
def test_whatever_is_scrubbed_can_be_written_as_json(value):
    json.dumps(scrub(value))


def test_a_value_that_contains_itself_ends():
    loop: list[object] = []
    loop.append(loop)

    assert "..." in json.dumps(scrub(loop))
