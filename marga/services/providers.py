"""Add, change, remove and check providers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from avyay_site import outbound
from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role
from marga import checking, tasks
from marga.configfile import DEFAULT_BASE_URLS, url_problem
from marga.models import Provider, Source
from marga.services import changing
from marga.services.changing import UnableToChange

PROVIDER_FIELDS = (
    *("name", "kind", "base_url", "api_key", "protocols", "is_shared", "is_enabled", "timeout_seconds"),
)
MOST_PROVIDERS = 100


def create_provider(*, by: Access, **values: Any) -> Provider:
    """Add a provider to the asker's workspace.

    values: of PROVIDER_FIELDS; name and kind at least. Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    if Provider.objects.visible_to(by).count() >= MOST_PROVIDERS:
        raise UnableToChange(f"A workspace has at most {MOST_PROVIDERS} providers; remove one first.")
    if not values.get("base_url"):
        values["base_url"] = DEFAULT_BASE_URLS.get(values.get("kind", ""), "")
    provider = Provider(workspace=by.workspace, source=Source.ADMIN)
    _check_address(by, provider, values)
    with transaction.atomic():
        _apply(by, provider, values)
        changing.save(provider)
        changing.announce(by, provider, "provider.create", kind=provider.kind, base_url=provider.base_url)
        tasks.check_provider.delay_on_commit(provider_id=provider.pk)
    return provider


def change_provider(*, by: Access, provider: Provider, **values: Any) -> Provider:
    """Change what is given.

    A new address needs the key anew: else whoever may change a provider could have its key sent to themselves.
    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _check_address(by, provider, values)
    with transaction.atomic():
        provider = changing.locked(provider)
        _require_ours(provider, set(values))
        if _moves(provider, values) and provider.api_key and not values.get("api_key"):
            raise UnableToChange("Give the API key again together with the new base URL.")
        if _moves(provider, values) and provider.credentials.exists():
            raise UnableToChange(
                "Remove the other credentials first: their keys would go to the new base URL."
            )
        _apply(by, provider, values)
        changing.save(provider)
        changing.announce(by, provider, "provider.change", fields=sorted(values))
        tasks.check_provider.delay_on_commit(provider_id=provider.pk)
    return provider


@transaction.atomic
def delete_provider(*, by: Access, provider: Provider) -> None:
    """Remove a provider with its models; what they were used for stays in the usage.

    Raises UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _require_ours(provider, {"everything"})
    changing.announce(by, provider, "provider.delete")
    provider.delete()


def check_provider(*, by: Access, provider: Provider, now: datetime) -> Provider:
    """Ask the provider whether it answers, and return it with what it said."""
    by.require_role(Role.MEMBER)
    checking.check(provider, now=now)
    provider.refresh_from_db()
    return provider


def _apply(by: Access, provider: Provider, values: Mapping[str, Any]) -> None:
    if values.get("is_shared") and not provider.is_shared and not changing.is_operator(by):
        raise NotAllowed("Sharing a provider with every workspace is for operators, in the admin.")
    if provider._state.adding or _moves(provider, values):
        provider.is_trusted = changing.is_operator(by)
    changing.set_fields(provider, values, PROVIDER_FIELDS)


def _moves(provider: Provider, values: Mapping[str, Any]) -> bool:
    return "base_url" in values and values["base_url"] != provider.base_url


def _check_address(by: Access, provider: Provider, values: Mapping[str, Any]) -> None:
    """Refuse an address that the asker may not name; outside of any transaction, for it asks the DNS."""
    url = values.get("base_url", "")
    if not url or not _moves(provider, values):
        return
    problem = url_problem(url)
    if problem:
        raise UnableToChange(problem)
    if changing.is_operator(by):
        return
    try:
        target = outbound.check_url(url)
        outbound.resolve(target.host, target.port, timeout_seconds=2.0)
    except (outbound.Refused, outbound.Unreachable) as exc:
        raise UnableToChange(str(exc)) from exc


def _require_ours(provider: Provider, changed: set[str]) -> None:
    changing.require_not_of_file(provider, "provider")
    if provider.source == Source.ENVIRONMENT and changed - {"is_enabled"}:
        raise UnableToChange(
            "This provider comes from the environment; change the variables there, or only switch it off here."
        )
