"""Why a call went where it went, as the gateway sends it with the usage record. Pure: no Django, no clock.

A trace is an explanation, not a bill: what cannot be read costs the trace, never the record that it came with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marga.strict import COST_MOST, WrongField, choice, count, money, number, text

TIERS = ("", "local", "mid", "frontier")
CACHES = ("", "exact", "semantic")
ATTEMPTS_MOST, WARNINGS_MOST, CAPABILITIES_MOST = 16, 40, 16
MILLISECONDS_MOST = 2**31 - 1
TOKENS_MOST = 10**12
NO_MONEY = "0"
DIGEST = re.compile(r"([0-9a-f]{2})*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """As in marga.models.RequestTrace; attempts, capabilities and warnings are JSON values.

    sample: what a judge said of two answers, with the call that judged them; marga.shadowing reads it.
    """

    protocol: str
    policy: str
    tier: str
    task: str
    need: float
    doubt: float
    reason: str
    explain: str
    cache: str
    cache_identity: str
    attempts: list[dict[str, Any]]
    baseline_model: str
    baseline_usd: Decimal
    saved_usd: Decimal
    overhead_ms: float
    first_byte_ms: int | None
    input_tokens_estimated: int
    capabilities: list[str]
    session: str
    warnings: list[str]
    bucket: str
    price_id: str
    sample: dict[str, Any] | None


DEFAULTS: dict[str, Any] = {
    "protocol": "",
    "policy": "",
    "tier": "",
    "task": "",
    "need": 0.0,
    "doubt": 0.0,
    "reason": "",
    "explain": "",
    "cache": "",
    "cache_identity": "",
    "attempts": (),
    "baseline_model": "",
    "baseline_usd": NO_MONEY,
    "saved_usd": NO_MONEY,
    "overhead_ms": 0.0,
    "first_byte_ms": None,
    "input_tokens_estimated": 0,
    "capabilities": (),
    "session": "",
    "warnings": (),
    "bucket": "",
    "price_id": "",
    "sample": None,
}
"""What a field means that is left out; unknown fields are passed over, so that a newer gateway may say more."""


def parse_trace(given: object) -> Trace:
    """Return the trace that a JSON value holds.

    Raises WrongField.
    """
    if not isinstance(given, dict):
        raise WrongField("trace is a JSON object or null.")
    value = DEFAULTS | given
    first_byte = value["first_byte_ms"]
    return Trace(
        protocol=text(value, "protocol", 20),
        policy=text(value, "policy", 60),
        tier=choice(value, "tier", TIERS),
        task=text(value, "task", 40),
        need=number(value, "need", 1),
        doubt=number(value, "doubt", 1),
        reason=text(value, "reason", 60),
        explain=text(value, "explain", 500),
        cache=choice(value, "cache", CACHES),
        cache_identity=_digest(value, "cache_identity"),
        attempts=_attempts(value["attempts"]),
        baseline_model=text(value, "baseline_model", 200),
        baseline_usd=money(value, "baseline_usd"),
        saved_usd=money(value, "saved_usd", least=-COST_MOST),
        overhead_ms=number(value, "overhead_ms", MILLISECONDS_MOST),
        first_byte_ms=None if first_byte is None else count(value, "first_byte_ms", MILLISECONDS_MOST),
        input_tokens_estimated=count(value, "input_tokens_estimated", TOKENS_MOST),
        capabilities=_words(value, "capabilities", CAPABILITIES_MOST, 40),
        session=text(value, "session", 64),
        warnings=_words(value, "warnings", WARNINGS_MOST, 300),
        bucket=text(value, "bucket", 40),
        price_id=text(value, "price_id", 40),
        sample=_sample(value["sample"]),
    )


def _digest(value: Mapping[str, Any], name: str) -> str:
    found = text(value, name, 64)
    if not DIGEST.fullmatch(found):
        raise WrongField(f"{name} is a digest of at most 64 hexadecimal digits.")
    return found


def _sample(found: object) -> dict[str, Any] | None:
    if found is None or isinstance(found, dict):
        return found
    raise WrongField("sample is a JSON object or null.")


def _attempts(found: object) -> list[dict[str, Any]]:
    if not isinstance(found, list | tuple) or len(found) > ATTEMPTS_MOST:
        raise WrongField(f"attempts is a list of at most {ATTEMPTS_MOST}.")
    return [_attempt(one) for one in found]


def _attempt(found: object) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise WrongField("attempts holds JSON objects.")
    value = {
        "model": "",
        "provider": "",
        "credential": "",
        "error": "",
        "status": 0,
        "started_ms": 0,
        "ms": 0,
    }
    value |= {name: part for name, part in found.items() if name in value and part is not None}
    shown = {
        "model": text(value, "model", 200),
        "provider": text(value, "provider", 80),
        "credential": text(value, "credential", 80),
        "status": count(value, "status", 599),
        "error": text(value, "error", 200),
        "started_ms": round(number(value, "started_ms", MILLISECONDS_MOST), 1),
        "ms": round(number(value, "ms", MILLISECONDS_MOST), 1),
    }
    if found.get("part"):
        shown["part"] = text(found, "part", 20)
        shown["cost_usd"] = str(money({"cost_usd": NO_MONEY, **found}, "cost_usd"))
    return shown


def _words(value: Mapping[str, Any], name: str, most: int, longest: int) -> list[str]:
    found = value[name]
    if not isinstance(found, list | tuple) or len(found) > most:
        raise WrongField(f"{name} is a list of at most {most} texts.")
    return [text({name: word}, name, longest) for word in found]
