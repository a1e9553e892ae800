"""Take secrets out of what is logged, by their form and by their name. No Django, pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REPLACEMENT = "[redacted]"
DEEPEST = 8

SECRET = re.compile(
    r"avy(?:_|%5f)live(?:_|%5f)[0-9a-z_%-]{5,}"  # our keys, mistyped ones too; prefix…last4 may be shown
    r"|\b(?:sk[-_]|pk[-_]|rk[-_]|xox[a-z]-|gh[a-z]_|github_pat_|glpat-|hf_|npm_|AKIA|AIza)[0-9a-z_-]{12,}"  # vendors'
    r"|\bwhsec_[0-9a-z+/=_-]+"  # signing secrets
    r"|\bgAAAAA[0-9a-z_-]{20,}={0,2}"  # Fernet tokens
    r"|\beyJ[0-9a-z_-]{10,}\.[0-9a-z_-]{10,}\.[0-9a-z_-]*"  # JSON Web Tokens
    r"|(?<=\bbearer[ +])[^\s\"'\\,;&]+|(?<=\bbasic[ +])[0-9a-z+/=_-]{8,}"  # Authorization
    r"|(?<=://)[^/\s:@\"'\\]+:[^/\s@\"'\\]+(?=@)"  # user:password in a URL
    r"|(?<=hooks\.slack\.com/services/)[0-9a-z/_-]+"
    r"|(?<=/join/)[0-9a-z_-]{20,}"  # one-time links
    r"|(?<=\bpassword=)[^\s&\"'\\]+|(?<=\btoken=)[^\s&\"'\\]+|(?<=\bsecret=)[^\s&\"'\\]+|(?<=\bapi_key=)[^\s&\"'\\]+",
    re.IGNORECASE,
)

NAMES = frozenset(
    {
        *(
            "password",
            "passwd",
            "new_password",
            "secret",
            "signing_secret",
            "client_secret",
            "token",
            "access_token",
        ),
        *(
            "refresh_token",
            "authorization",
            "proxy-authorization",
            "cookie",
            "set-cookie",
            "api_key",
            "apikey",
        ),
        *("x-api-key", "sessionid", "avyay_session", "csrftoken", "csrfmiddlewaretoken", "private_key"),
    }
)


def redact(text: str) -> str:
    """Replace what looks like a secret."""
    return SECRET.sub(REPLACEMENT, text)


def scrub(value: Any, *, depth: int = 0) -> Any:
    """Return a value as JSON can carry it, without secrets: by name in mappings, by form everywhere."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact(value)
    if depth < DEEPEST and isinstance(value, Mapping):
        return {
            redact(str(name)): REPLACEMENT if _is_secret(name) else scrub(inner, depth=depth + 1)
            for name, inner in value.items()
        }
    if depth < DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [scrub(inner, depth=depth + 1) for inner in value]
    return redact(str(value) if isinstance(value, Exception) else repr(value))


def _is_secret(name: object) -> bool:
    return str(name).lower().replace(" ", "_") in NAMES
