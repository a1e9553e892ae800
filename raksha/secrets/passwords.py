"""Passwords as people write them: any text may be one, so what stands there for show is told apart."""

from __future__ import annotations

import re

from raksha.secrets.plausible import entropy, is_placeholder, is_random, is_written

SHOWN = re.compile(
    r"(?ix)^[\W_]*(?:(?:my|your|the|some|test|user|admin|root|db|super|old|new|default|current|no)?[\W_]*"
    r"(?:pass|password|passwd|passwort|pwd|pw|passphrase|secret|token|key|api[-_]?key|test|user|username|changeit|changeme|change_me"
    r"|foo|bar|baz|foobar|guest|admin|root|postgres|mysql|example|sample|demo|none|null|hidden|value|string|text|redacted|letmein|hunter2|qwerty|abc|xyz)"
    r"[\W_]*\d{0,4})+[\W_]*$"
)
LETTERS = re.compile(r"[A-Za-z _.!?:-]+")
NAME_LIKE = re.compile(r"^[A-Za-z_][\w]*(?:[.\[(:]|->)")


def is_password(text: str) -> bool:
    """Say whether a text given as a password is one that somebody might use."""
    if len(text) < 6 or SHOWN.match(text) or is_placeholder(text) or NAME_LIKE.match(text) and text.isascii():
        return is_random(text)
    return not _is_spoken(text) and entropy(text) >= 2.0


def names_a_password(argument: str) -> bool:
    """Say whether curl's user argument, quotes and all, holds a password: "user:password"."""
    text = re.sub(r"[\"']", "", argument)
    user, colon, password = text.partition(":")
    if not colon:
        return False
    asked = password or user
    if (
        not asked
        or re.match(r"\$[\w({]|[<\[]|\{\{|%", asked)
        or "${" in asked
        or "{{" in asked
        or "$(" in asked
    ):
        return False
    return is_password(asked) or (entropy(asked) >= 3.0 and not _is_spoken(asked) and not SHOWN.match(asked))


def _is_spoken(text: str) -> bool:
    return bool(LETTERS.fullmatch(text)) and is_written(text)
