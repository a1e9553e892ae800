"""The gateway's view of keys, providers and models: parsed once, then only read.

A new snapshot replaces the old one by a single assignment, so a request sees the one it began with to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from yarl import URL

from avyay_site.crypto import UnableToDecrypt, decrypt
from marga.pricing import FREE, Price

FORMATS = frozenset({1, 2})
CALL_SCOPE = "marga:call"
TIERS = {"local": 0, "mid": 1, "frontier": 2}
CHAT_KINDS = frozenset({"openai", "ollama", "sandbox"})
"""Kinds of provider that take chat completions as they are."""


class UnusableSnapshot(ValueError):
    """The text is not a snapshot of a format that this program reads."""


@dataclass(frozen=True, slots=True)
class Key:
    id: str
    workspace_id: str
    name: str
    bucket: str
    may_call: bool
    requests_per_minute: int | None
    tokens_per_minute: int | None
    concurrency: int | None
    monthly_budget_usd: Decimal | None
    spent_usd: Decimal
    expires_at: float | None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Provider:
    """repr is left out because api_key is secret; problem says why the provider cannot be called.

    Equal only to itself, so that what is remembered about one is found fast and never outlives a change.
    """

    id: str
    name: str
    kind: str
    api_key: str | None
    workspace_id: str | None
    is_shared: bool
    timeout_seconds: float
    chat_url: URL
    headers: dict[str, str] = field(default_factory=dict)
    is_trusted: bool = True
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One model at one provider."""

    name: str
    provider: Provider
    upstream_name: str
    tier: str
    price: Price
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @property
    def takes_chat(self) -> bool:
        return self.provider.kind in CHAT_KINDS


SANDBOX = Deployment(
    name="sandbox",
    provider=Provider(
        id="sandbox",
        name="sandbox",
        kind="sandbox",
        api_key=None,
        workspace_id=None,
        is_shared=True,
        timeout_seconds=60,
        chat_url=URL("http://sandbox.invalid/"),
    ),
    upstream_name="sandbox",
    tier="local",
    price=FREE,
    headers=((b"x-marga-model", b"sandbox"), (b"x-marga-provider", b"sandbox")),
)
"""Answers when a workspace has no model at all, so that the first request works."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    etag: str
    built_at: float
    keys: dict[str, Key]
    deployments: tuple[Deployment, ...]
    _catalogues: dict[str, dict[str, Deployment]] = field(default_factory=dict)

    def catalogue(self, workspace_id: str) -> dict[str, Deployment]:
        """Return what a workspace may call, by every name it answers to: name, provider/name and auto."""
        found = self._catalogues.get(workspace_id)
        if found is None:
            found = self._catalogues[workspace_id] = self._build(workspace_id)
        return found

    def visible(self, workspace_id: str) -> list[Deployment]:
        """Return what a workspace may call: its own models first, then what is shared."""
        own = [d for d in self.deployments if d.provider.workspace_id == workspace_id]
        shared = [
            d for d in self.deployments if d.provider.is_shared and d.provider.workspace_id != workspace_id
        ]
        return own + shared or [SANDBOX]

    def _build(self, workspace_id: str) -> dict[str, Deployment]:
        names: dict[str, Deployment] = {}
        visible = self.visible(workspace_id)
        for deployment in visible:
            names.setdefault(deployment.name, deployment)
        for deployment in visible:
            names.setdefault(f"{deployment.provider.name}/{deployment.name}", deployment)
        callable_ones = [d for d in visible if d.takes_chat and not d.provider.problem]
        if callable_ones:
            real = [d for d in callable_ones if d.provider.kind != "sandbox"] or callable_ones
            names.setdefault("auto", min(real, key=lambda deployment: TIERS.get(deployment.tier, 1)))
        return names


EMPTY = Snapshot(etag="", built_at=0.0, keys={}, deployments=())


def parse(document: Any, *, etag: str, encryption_keys: Sequence[str]) -> Snapshot:
    """Turn the parsed JSON into a snapshot.

    Raises UnusableSnapshot.
    """
    if not isinstance(document, dict) or document.get("format") not in FORMATS:
        raise UnusableSnapshot("the snapshot is of an unknown format; update gateway and web together")
    try:
        providers = {row["id"]: _provider(row, encryption_keys) for row in document["providers"]}
        return Snapshot(
            etag=etag,
            built_at=_timestamp(document["built_at"]) or 0.0,
            keys={row["digest"]: _key(row) for row in document["keys"]},
            deployments=tuple(
                _deployment(row, providers[row["provider_id"]])
                for row in document["models"]
                if row["provider_id"] in providers
            ),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as exc:
        raise UnusableSnapshot(
            f"the snapshot cannot be read ({exc!r}); update gateway and web together"
        ) from exc


def _key(row: dict[str, Any]) -> Key:
    return Key(
        id=row["id"],
        workspace_id=row["workspace_id"],
        name=row["name"],
        bucket=row.get("bucket") or "",
        may_call=CALL_SCOPE in row["scopes"],
        requests_per_minute=row.get("requests_per_minute"),
        tokens_per_minute=row.get("tokens_per_minute"),
        concurrency=row.get("concurrency"),
        monthly_budget_usd=_decimal(row.get("monthly_budget_usd")),
        spent_usd=_decimal(row.get("spent_usd")) or Decimal(0),
        expires_at=_timestamp(row.get("expires_at")),
    )


def _provider(row: dict[str, Any], encryption_keys: Sequence[str]) -> Provider:
    api_key, problem = None, ""
    if row.get("api_key"):
        try:
            api_key = decrypt(row["api_key"], encryption_keys)
        except UnableToDecrypt as exc:
            problem = str(exc)
    if api_key and not (api_key.isascii() and api_key.isprintable()):
        api_key, problem = None, "its API key holds characters that no header can carry; enter it again"
    base = (row.get("base_url") or "").rstrip("/")
    if row["kind"] == "ollama" and not base.endswith("/v1"):
        base += "/v1"
    return Provider(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        api_key=api_key,
        workspace_id=row.get("workspace_id"),
        is_shared=bool(row.get("is_shared")),
        timeout_seconds=float(row.get("timeout_seconds") or 60),
        chat_url=URL(f"{base}/chat/completions"),
        headers=_upstream_headers(api_key),
        is_trusted=bool(row.get("is_trusted")),
        problem=problem,
    )


def _deployment(row: dict[str, Any], provider: Provider) -> Deployment:
    price = Price(
        _decimal(row.get("input_usd_per_mtok")),
        _decimal(row.get("output_usd_per_mtok")),
        _decimal(row.get("cached_input_usd_per_mtok")),
    )
    return Deployment(
        name=row["name"],
        provider=provider,
        upstream_name=row.get("upstream_name") or row["name"],
        tier=row.get("tier") or "mid",
        price=price,
        headers=_answer_headers(row["name"], provider.name),
    )


def _upstream_headers(api_key: str | None) -> dict[str, str]:
    """Return all that a provider sees besides the body: nothing of the client's own headers is forwarded."""
    headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "avyay-marga"}
    if api_key:
        headers["Authorization"] = f"Bearer {api_key}"
    return headers


def _answer_headers(model: str, provider: str) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"x-marga-model", _header_value(model)), (b"x-marga-provider", _header_value(provider)))


def _header_value(text: str) -> bytes:
    return "".join(c if " " <= c <= "~" else "?" for c in text).encode("ascii")


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _timestamp(value: Any) -> float | None:
    return None if value is None else datetime.fromisoformat(value).timestamp()
