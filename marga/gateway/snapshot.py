"""The gateway's view of keys, models and policies: parsed once, then only read.

A new snapshot replaces the old one by a single assignment, so a request sees the one it began with to its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from marga import policies
from marga.gateway import providers
from marga.gateway.caching.purges import Purge
from marga.gateway.providers import CONVERSATIONS, Provider
from marga.pricing import FREE, Price
from marga.routing import Candidate, KeyRules, Router

FORMATS = frozenset({1, 2})
CALL_SCOPE = "marga:call"
EMBEDDINGS_ALONE = frozenset({"embeddings"})
"""Of a model that makes embeddings and cannot talk."""
TIERS = {"local": 0, "mid": 1, "frontier": 2}


class UnusableSnapshot(ValueError):
    """The text is not a snapshot of a format that this program reads."""


@dataclass(frozen=True, slots=True)
class Key:
    """cache: off, exact or semantic; cache_mark: the rules in words, so that other rules mean other answers;
    cache_scope: all that decides what a cache may answer, in bytes. keeps_content: prompts and answers may be stored.
    """

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
    rules: KeyRules = KeyRules()
    cache: str = "off"
    cache_ttl_seconds: int = 0
    cache_mark: str = ""
    cache_scope: bytes = b""
    keeps_content: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Deployment:
    """One model at one provider. candidate: what the router knows of it; headers: what every answer of it says."""

    id: str
    name: str
    provider: Provider
    upstream_name: str
    tier: str
    price: Price
    candidate: Candidate
    headers: tuple[tuple[bytes, bytes], ...] = ()
    price_id: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """What one workspace may call. by_id: every deployment; router: chooses among them; listed: names to show.

    learned: how far need is shifted for each type of task, in log-odds.
    """

    by_id: dict[str, Deployment]
    router: Router
    listed: dict[str, Deployment]
    policies: Mapping[str, policies.Policy]
    learned: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    etag: str
    built_at: float
    keys: dict[str, Key]
    deployments: tuple[Deployment, ...]
    policies: tuple[tuple[str | None, policies.Policy], ...] = ()
    baseline: str = ""
    purges: tuple[Purge, ...] = ()
    learned: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """By workspace and type of task: how far its own verdicts shift need."""
    _catalogues: dict[str, Catalogue] = field(default_factory=dict)

    def catalogue(self, workspace_id: str) -> Catalogue:
        """Return what a workspace may call."""
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

    def _build(self, workspace_id: str) -> Catalogue:
        visible = self.visible(workspace_id)
        known = {**policies.BUILT_IN}
        for owner, policy in self.policies:
            if owner in (None, workspace_id):
                known[policy.name] = policy
        listed: dict[str, Deployment] = {}
        for deployment in visible:
            taken = deployment.name in listed
            listed[f"{deployment.provider.name}/{deployment.name}" if taken else deployment.name] = deployment
        return Catalogue(
            by_id={d.id: d for d in visible},
            router=Router(
                [d.candidate for d in visible if not d.provider.problem], known, baseline=self.baseline
            ),
            listed=listed,
            policies=known,
            learned=self.learned.get(workspace_id, {}),
        )


EMPTY = Snapshot(etag="", built_at=0.0, keys={}, deployments=())


def parse(document: Any, *, etag: str, encryption_keys: Sequence[str]) -> Snapshot:
    """Turn the parsed JSON into a snapshot.

    Raises UnusableSnapshot.
    """
    if not isinstance(document, dict) or document.get("format") not in FORMATS:
        raise UnusableSnapshot("the snapshot is of another format; update gateway and web together")
    try:
        found = {row["id"]: providers.parse_provider(row, encryption_keys) for row in document["providers"]}
        return Snapshot(
            etag=etag,
            built_at=_timestamp(document["built_at"]) or 0.0,
            keys={row["digest"]: _key(row) for row in document["keys"]},
            deployments=tuple(
                _deployment(row, found[row["provider_id"]])
                for row in document["models"]
                if row["provider_id"] in found
            ),
            policies=tuple(
                (row["workspace_id"], policies.parse_policy(row["name"], row["document"]))
                for row in document.get("policies") or ()
            ),
            baseline=document.get("baseline") or "",
            purges=tuple(_purge(row) for row in document.get("purges") or ()),
            learned={
                workspace_id: {task: float(by) for task, by in tasks.items()}
                for workspace_id, tasks in (document.get("learned") or {}).items()
            },
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as exc:
        raise UnusableSnapshot(
            f"the snapshot cannot be read ({exc!r}); update gateway and web together"
        ) from exc


def _purge(row: dict[str, Any]) -> Purge:
    identity = row.get("identity")
    return Purge(
        row["workspace_id"], bytes.fromhex(identity) if identity else None, _timestamp(row["at"]) or 0.0
    )


def _key(row: dict[str, Any]) -> Key:
    rules = row.get("rules") or {}
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
        rules=_rules(rules),
        cache_mark=repr(_rules(rules)),
        cache_scope=orjson.dumps([row["workspace_id"], rules], option=orjson.OPT_SORT_KEYS),
        cache=rules.get("cache") or "off",
        cache_ttl_seconds=rules.get("cache_ttl_seconds") or 0,
        keeps_content=rules.get("keeps_content") is True,
    )


def _rules(row: dict[str, Any]) -> KeyRules:
    return KeyRules(
        policy=row.get("policy") or "",
        allowed_models=tuple(row.get("allowed_models") or ()),
        lowest_tier=_tier(row.get("lowest_tier"), 0),
        highest_tier=_tier(row.get("highest_tier"), 2),
        quality_target=row.get("quality_target"),
        fallbacks=tuple(row.get("fallbacks") or ()),
    )


def _tier(value: str | int | None, default: int) -> int:
    return value if isinstance(value, int) else TIERS.get(value or "", default)


def _deployment(row: dict[str, Any], provider: Provider) -> Deployment:
    price = Price(
        _decimal(row.get("input_usd_per_mtok")),
        _decimal(row.get("output_usd_per_mtok")),
        _decimal(row.get("cached_input_usd_per_mtok")),
        _decimal(row.get("cache_write_usd_per_mtok")),
        _decimal(row.get("reasoning_usd_per_mtok")),
        _decimal(row.get("usd_per_second")),
    )
    name, tier = row["name"], row.get("tier") or "mid"
    return Deployment(
        id=row["id"],
        name=name,
        provider=provider,
        upstream_name=row.get("upstream_name") or name,
        tier=tier,
        price=price,
        candidate=_candidate(row, provider, price),
        headers=_answer_headers(name, provider.name, tier),
        price_id=row.get("price_id") or "",
    )


def _candidate(row: dict[str, Any], provider: Provider, price: Price) -> Candidate:
    spoken = {known for known in (*provider.protocols,) if known not in CONVERSATIONS}
    spoken |= {known for known in CONVERSATIONS if provider.protocol_for(known)}
    capabilities = frozenset(row.get("capabilities") or ())
    if capabilities == EMBEDDINGS_ALONE:
        spoken &= EMBEDDINGS_ALONE
    return Candidate(
        id=row["id"],
        name=row["name"],
        tier=TIERS.get(row.get("tier") or "mid", 1),
        provider_id=provider.id,
        provider=provider.name,
        protocols=tuple(sorted(spoken)),
        capabilities=capabilities,
        context_window=row.get("context_window"),
        max_output_tokens=row.get("max_output_tokens"),
        input_usd=_float(price.input_usd_per_mtok),
        output_usd=_float(price.output_usd_per_mtok),
        cached_usd=_float(price.cached_input_usd_per_mtok),
        is_local=bool(row.get("is_local")) or provider.kind == "ollama",
    )


def _answer_headers(model: str, provider: str, tier: str) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"x-marga-model", header_value(model)),
        (b"x-marga-provider", header_value(provider)),
        (b"x-marga-tier", header_value(tier)),
    )


def header_value(text: str) -> bytes:
    """Return text as a header may carry it."""
    return "".join(c if " " <= c <= "~" else "?" for c in text).encode("ascii")


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _timestamp(value: Any) -> float | None:
    return None if value is None else datetime.fromisoformat(value).timestamp()


_SANDBOX_ROW = {"id": "sandbox", "name": "sandbox", "tier": "local", "capabilities": ["tools", "json_schema"]}
SANDBOX = Deployment(
    id="sandbox",
    name="sandbox",
    provider=providers.SANDBOX,
    upstream_name="sandbox",
    tier="local",
    price=FREE,
    candidate=_candidate(_SANDBOX_ROW, providers.SANDBOX, FREE),
    headers=_answer_headers("sandbox", "sandbox", "local"),
)
"""Answers when a workspace has no model at all, so that the first request works."""
