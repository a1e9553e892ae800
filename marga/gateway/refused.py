"""What a provider's refusal means for the next try, and what of it the client sees."""

from __future__ import annotations

import re

import orjson

from marga.gateway.accounts import Credential
from marga.gateway.call import Attempt, Call
from marga.gateway.errors import Headers, Refusal
from marga.gateway.providers import Provider
from marga.gateway.surfaces import WIRES
from marga.gateway.trying import TryFailed
from marga.gateway.upstream import Answer
from marga.protocols.reading import object_in, text

PASSED = ("retry-after", "retry-after-ms", "x-should-retry", "openai-processing-ms", "openai-version")
"""What a client sees of a provider's headers; rate limits and cookies are between the provider and us."""

PASSED_MESSAGES = "anthropic-ratelimit-unified-"
"""Claude Code shows its subscriber these."""

DEAD = frozenset({401, 402, 403})
AGAIN = frozenset({408, 409, 425})
NO_MONEY = frozenset({"insufficient_quota", "billing_error", "billing_hard_limit_reached"})
TOO_LONG = re.compile(
    r"context.?length|context.?window|maximum context|too many tokens|prompt is too long", re.I
)
HIDDEN = b"***"
_ORGANISATION = re.compile(rb"\borg-[A-Za-z0-9]{6,}")


def failure_of(call: Call, attempt: Attempt, response: Answer, body: bytes) -> TryFailed:
    """Return the failure that a provider's answer is: one with an error status, or with an error inside 200."""
    provider, status = attempt.deployment.provider, response.status
    payload = object_in(body)
    error = WIRES[attempt.protocol].error_of(payload) if payload else None
    code = text((error or {}).get("code")) or text((error or {}).get("type"))
    if status in DEAD or code in NO_MONEY:
        return _dead_credential(provider, status)
    headers = passed_headers(response, attempt.protocol, attempt.credential)
    if error is None:
        said = f"The provider '{provider.name}' answered {status} without a readable error."
        refusal = Refusal(status if status >= 400 else 502, "upstream_error", said, headers=headers)
        return TryFailed(_kind(status, "", ""), refusal, status=status, wait_seconds=_wait(response))
    message = text(error.get("message")) or f"The provider '{provider.name}' answered {status}."
    clean = _clean(message, attempt.credential)
    told = status if status >= 400 else 502
    refusal = Refusal(
        told,
        "upstream_error",
        clean,
        param=_clean(text(error.get("param")), attempt.credential) or None,
        headers=headers,
    )
    same_form = (attempt.protocol == "messages") == (call.surface.protocol == "messages") and status >= 400
    return TryFailed(
        _kind(status, code, message),
        refusal,
        status=status,
        wait_seconds=_wait(response),
        body=scrubbed(body, attempt.credential) if same_form else b"",
    )


def _dead_credential(provider: Provider, status: int) -> TryFailed:
    text_ = (
        f"The provider '{provider.name}' refused the credentials that the operator gave ({status}). "
        "Your own key is fine."
    )
    return TryFailed("credential", Refusal(502, "upstream_credentials", text_), status=status)


def _kind(status: int, code: str, message: str) -> str:
    if status == 429:
        return "rate_limit"
    if status >= 500 or status in AGAIN or status < 400:
        return "server"
    if status in (400, 413, 422) and (TOO_LONG.search(code) or TOO_LONG.search(message)):
        return "context"
    return "missing" if status == 404 else "client"


def _clean(words: str, credential: Credential) -> str:
    return scrubbed(words.encode("utf-8", "replace"), credential).decode("utf-8", "replace")


def _wait(response: Answer) -> float:
    """Return the seconds that the provider asks to wait, 0 when it does not say."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        given = response.headers.get(name, "")
        try:
            return max(0.0, min(float(given) * unit, 3_600.0))
        except ValueError:
            continue
    return 0.0


def passed_headers(response: Answer, protocol: str, credential: Credential) -> Headers:
    """Return the headers of a provider that a client may see, without those that hold our credential."""
    found = response.headers
    names = [name for name in PASSED if name in found]
    if protocol == "messages":
        names += [name for name in found if name.lower().startswith(PASSED_MESSAGES)]
    values = [(name.lower().encode(), found[name].encode("latin-1", "replace")) for name in names]
    return [(name, value) for name, value in values if _may_pass(value, credential)]


def _may_pass(value: bytes, credential: Credential) -> bool:
    is_plain = value.isascii() and value.decode("latin-1").isprintable() and len(value) < 200
    return is_plain and scrubbed(value, credential) == value


def scrubbed(body: bytes, credential: Credential) -> bytes:
    """Return body without our credential and without organisation ids."""
    if credential.api_key:
        body = body.replace(credential.api_key.encode(), HIDDEN)
        body = body.replace(orjson.dumps(credential.api_key)[1:-1], HIDDEN)
    return _ORGANISATION.sub(HIDDEN, body)
