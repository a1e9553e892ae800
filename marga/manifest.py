"""What the gateway's snapshot holds, as JSON values: keys with their rules, providers, models, policies, purges.

Provider keys stay as they are stored: encrypted.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from avyay_site.keys.models import ApiKey
from avyay_site.usage.queries import get_month_spend
from marga.models import (
    LONGEST_TTL_SECONDS,
    CachePurge,
    Credential,
    Defaults,
    KeyRules,
    Model,
    NeedShift,
    Policy,
    PriceVersion,
    Provider,
    Tier,
)
from marga.pricing import electricity_usd_per_second

FORMAT = 2
PLACES_PER_SECOND = 15


def content(now: datetime) -> dict[str, Any]:
    """Return all that the gateway needs to answer without a database."""
    defaults = Defaults.current()
    models = _models(defaults.tariff)
    return {
        "format": FORMAT,
        "baseline": defaults.baseline or None,
        "keys": _keys(now),
        "providers": _providers({model["provider_id"] for model in models}),
        "models": models,
        "policies": _policies(),
        "purges": _purges(now),
        "learned": _learned(),
        "sampling": {},
    }


def _keys(now: datetime) -> list[dict[str, Any]]:
    rows = list(ApiKey.objects.active(now).order_by("id"))
    spent = _spent([row for row in rows if row.monthly_budget_usd is not None], now.date())
    rules = _rules(rows)
    return [
        {
            "id": row.pk,
            "digest": row.digest,
            "workspace_id": row.workspace_id,
            "name": row.name,
            "scopes": sorted(row.scopes),
            "bucket": row.bucket,
            "requests_per_minute": row.requests_per_minute,
            "tokens_per_minute": row.tokens_per_minute,
            "concurrency": row.concurrency,
            "monthly_budget_usd": _money(row.monthly_budget_usd),
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
            "spent_usd": _money(spent.get(row.pk, Decimal(0))),
            "rules": rules[row.pk],
        }
        for row in rows
    ]


def _spent(limited: list[ApiKey], today: date) -> dict[str, Decimal]:
    return get_month_spend([row.pk for row in limited], today=today) if limited else {}


def _rules(keys: list[ApiKey]) -> dict[str, dict[str, Any]]:
    """Return each key's rules; where it names no policy, its workspace's default one stands."""
    stated = get_rules(keys)
    own = dict(Policy.objects.filter(is_default=True).values_list("workspace_id", "name"))
    shared = Policy.objects.filter(is_default=True, is_shared=True).order_by("created_at", "id").first()
    fallback = shared.name if shared else ""
    return {
        key.pk: _rule(stated.get(key.pk) or KeyRules(key=key), own.get(key.workspace_id, fallback))
        for key in keys
    }


def get_rules(keys: list[ApiKey]) -> dict[str, KeyRules]:
    """Return the rules of each key that has any. A rolled key's successor keeps them until it has its own."""
    stated = {rules.key_id: rules for rules in KeyRules.objects.all()}
    predecessors = dict(ApiKey.objects.exclude(successor=None).values_list("successor_id", "pk"))
    found = {}
    for key in keys:
        # Made in the order of time, so that the chain has an end.
        key_id: str | None = key.pk
        while key_id is not None and key_id not in stated:
            key_id = predecessors.get(key_id)
        if key_id is not None:
            found[key.pk] = stated[key_id]
    return found


def _rule(rules: KeyRules, default_policy: str) -> dict[str, Any]:
    return {
        "policy": rules.policy or default_policy,
        "allowed_models": rules.allowed_models,
        "lowest_tier": Tier(rules.lowest_tier).rank,
        "highest_tier": Tier(rules.highest_tier).rank,
        "quality_target": rules.quality_target,
        "fallbacks": rules.fallbacks,
        "cache": rules.cache,
        "cache_ttl_seconds": rules.cache_ttl_seconds,
        "keeps_content": rules.keeps_content,
    }


def _models(usd_per_kwh: Decimal) -> list[dict[str, Any]]:
    rows = list(Model.objects.enabled().select_related("provider").order_by("id"))
    versions = PriceVersion.objects.latest_of([row.pk for row in rows])
    return [
        {
            "id": row.pk,
            "name": row.name,
            "provider_id": row.provider_id,
            "upstream_name": row.upstream_name,
            "tier": row.tier,
            "capabilities": sorted(row.capabilities),
            "context_window": row.context_window,
            "max_output_tokens": row.max_output_tokens,
            "input_usd_per_mtok": _money(row.input_usd_per_mtok),
            "output_usd_per_mtok": _money(row.output_usd_per_mtok),
            "cached_input_usd_per_mtok": _money(row.cached_input_usd_per_mtok),
            "cache_write_usd_per_mtok": _money(row.cache_write_usd_per_mtok),
            "reasoning_usd_per_mtok": _money(row.reasoning_usd_per_mtok),
            "usd_per_second": _per_second(row.watts, usd_per_kwh),
            "is_local": row.is_local,
            "quality": row.quality,
            "price_id": versions[row.pk].pk if row.pk in versions else "",
        }
        for row in rows
    ]


def _per_second(watts: Decimal | None, usd_per_kwh: Decimal) -> str | None:
    if watts is None:
        return None
    return _money(round(electricity_usd_per_second(watts, usd_per_kwh), PLACES_PER_SECOND))


def _providers(ids: set[str]) -> list[dict[str, Any]]:
    credentials: dict[str, list[dict[str, Any]]] = {}
    for row in Credential.objects.filter(is_enabled=True, provider_id__in=ids).order_by("id"):
        credentials.setdefault(row.provider_id, []).append(
            {
                "id": row.pk,
                "name": row.name,
                "api_key": row.api_key.token,
                "bucket": row.bucket,
                "requests_per_minute": row.requests_per_minute,
                "tokens_per_minute": row.tokens_per_minute,
            }
        )
    return [
        {
            "id": row.pk,
            "name": row.name,
            "kind": row.kind,
            "base_url": row.base_url,
            "protocols": row.protocols,
            "api_key": row.api_key.token or None,
            "credentials": credentials.get(row.pk, []),
            "workspace_id": row.workspace_id,
            "is_shared": row.is_shared,
            "is_trusted": row.is_trusted,
            "timeout_seconds": row.timeout_seconds,
        }
        for row in Provider.objects.filter(is_enabled=True, pk__in=ids).order_by("id")
    ]


def _policies() -> list[dict[str, Any]]:
    return [
        {
            "id": row.pk,
            "name": row.name,
            "workspace_id": None if row.is_shared else row.workspace_id,
            "document": row.document,
        }
        for row in Policy.objects.order_by("id")
    ]


def _purges(now: datetime) -> list[dict[str, Any]]:
    # Rounded to the hour, so that the passing of time alone does not change the snapshot all the time.
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(seconds=LONGEST_TTL_SECONDS)
    rows = CachePurge.objects.filter(purged_at__gte=since).order_by("-purged_at", "-id")
    return [
        {
            "workspace_id": row.workspace_id,
            "identity": row.identity or None,
            "at": row.purged_at.isoformat(),
        }
        for row in rows
    ]


def _learned() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in NeedShift.objects.order_by("workspace_id", "task"):
        found.setdefault(row.workspace_id, {})[row.task] = row.log_odds
    return found


def _money(value: Decimal | None) -> str | None:
    return None if value is None else format(value.normalize(), "f")
