"""Ask a provider whether it answers, and which models it has.

Only addresses given by whoever runs the platform may lie in a private network; all others go through the checked
sender. What a provider says in an error is not repeated: it may echo the key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from avyay_site import live, outbound
from avyay_site.crypto import UnableToDecrypt
from marga.models import Health, Kind, Provider

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
MOST_BYTES = 8 * 1024 * 1024
MOST_MODELS = 1000
ANTHROPIC_VERSION = "2023-06-01"


@dataclass(frozen=True)
class Verdict:
    """What a provider said. models: names as it lists them; empty when it failed or lists none."""

    health: Health
    detail: str = ""
    models: tuple[str, ...] = ()


class _Fault(Exception):
    """The provider does not answer as it should; the message may be shown."""


def check(provider: Provider, *, now: datetime, timeout: httpx.Timeout = TIMEOUT) -> Verdict:
    """Ask the provider for its models, and note on its row what came of it."""
    try:
        verdict = Verdict(Health.OK, models=_names(provider, timeout))
    except _Fault as exc:
        verdict = Verdict(Health.FAILING, str(exc)[:300])
    Provider.objects.filter(pk=provider.pk).note_health(verdict.health, verdict.detail, now=now)
    if verdict.health != provider.health:
        live.ring(provider.workspace_id, "gateway")
    return verdict


def _names(provider: Provider, timeout: httpx.Timeout) -> tuple[str, ...]:
    if provider.kind == Kind.SANDBOX:
        return ("sandbox",)
    url, headers = _question(provider)
    status, body = _ask_trusted(url, headers, timeout) if provider.is_trusted else _ask_checked(url, headers)
    if status in (401, 403):
        raise _Fault(f"The provider refuses the API key (HTTP {status}); enter another one.")
    if status != 200:
        raise _Fault(f"The list of models was answered with HTTP {status}; check the base URL.")
    return _read_names(body, "models" if provider.kind == Kind.OLLAMA else "data")


def _question(provider: Provider) -> tuple[str, dict[str, str]]:
    """Return the address of the list of models, and the headers that go with it."""
    base = provider.base_url.rstrip("/")
    try:
        key = provider.api_key.reveal()
    except UnableToDecrypt as exc:
        raise _Fault(str(exc)) from exc
    if provider.kind == Kind.ANTHROPIC:
        headers = {"anthropic-version": ANTHROPIC_VERSION} | ({"x-api-key": key} if key else {})
        return f"{base.removesuffix('/v1')}/v1/models?limit=1000", headers
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if provider.kind == Kind.OLLAMA:
        return f"{base.removesuffix('/v1')}/api/tags", headers
    return f"{base}/models", headers


def _ask_trusted(url: str, headers: dict[str, str], timeout: httpx.Timeout) -> tuple[int, bytes]:
    try:
        with (
            httpx.Client(timeout=timeout, follow_redirects=False) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            body = b""
            for chunk in answer.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise _Fault("The list of models is larger than 8 MiB.")
            return answer.status_code, body
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise _Fault(f"The provider does not answer ({type(exc).__name__}); check the base URL.") from exc


def _ask_checked(url: str, headers: dict[str, str]) -> tuple[int, bytes]:
    try:
        answer = outbound.get(url, headers=headers, most_bytes=MOST_BYTES)
    except (outbound.Refused, outbound.Unreachable) as exc:
        raise _Fault(str(exc)) from exc
    return answer.status, answer.body


def _read_names(body: bytes, field: str) -> tuple[str, ...]:
    try:
        rows: Any = json.loads(body)[field]
        names = [row.get("id") or row.get("name") for row in rows]
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise _Fault("The answer is not a list of models; check the kind and the base URL.") from exc
    fitting = [
        name for name in names if isinstance(name, str) and 0 < len(name) <= 200 and name.isprintable()
    ]
    return tuple(dict.fromkeys(fitting))[:MOST_MODELS]
