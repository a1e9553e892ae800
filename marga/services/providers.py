"""Add, change and remove providers and models. REST, page and admin all come through here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from avyay_site import live, outbound
from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from marga import checking, tasks
from marga.configfile import DEFAULT_BASE_URLS, url_problem
from marga.models import Model, Provider, Source

PROVIDER_FIELDS = ("name", "kind", "base_url", "api_key", "is_shared", "is_enabled", "timeout_seconds")
MODEL_FIELDS = (
    "name",
    "upstream_name",
    "tier",
    "context_window",
    "input_usd_per_mtok",
    "output_usd_per_mtok",
    "cached_input_usd_per_mtok",
    "is_enabled",
)
MOST_PROVIDERS = 100
MOST_MODELS = 1000


class UnableToChangeProvider(Exception):
    """The provider or model cannot be changed as asked; the message says why and what to do."""


def create_provider(*, by: Access, **values: Any) -> Provider:
    """Add a provider to the asker's workspace.

    values: of PROVIDER_FIELDS; name and kind at least. Raises UnableToChangeProvider, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    if Provider.objects.visible_to(by).count() >= MOST_PROVIDERS:
        raise UnableToChangeProvider(f"A workspace has at most {MOST_PROVIDERS} providers; remove one first.")
    if not values.get("base_url"):
        values["base_url"] = DEFAULT_BASE_URLS.get(values.get("kind", ""), "")
    provider = Provider(workspace=by.workspace, source=Source.ADMIN)
    _check_address(by, provider, values)
    with transaction.atomic():
        _apply(by, provider, values)
        _save(provider)
        _announce(by, provider, "provider.create", kind=provider.kind, base_url=provider.base_url)
        tasks.check_provider.delay_on_commit(provider_id=provider.pk)
    return provider


def change_provider(*, by: Access, provider: Provider, **values: Any) -> Provider:
    """Change what is given.

    A new address needs the key anew: else whoever may change a provider could have its key sent to themselves.
    Raises UnableToChangeProvider, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _check_address(by, provider, values)
    with transaction.atomic():
        provider = _locked(provider)
        _require_ours(provider, set(values))
        if _moves(provider, values) and provider.api_key and not values.get("api_key"):
            raise UnableToChangeProvider("Give the API key again together with the new base URL.")
        _apply(by, provider, values)
        _save(provider)
        _announce(by, provider, "provider.change", fields=sorted(values))
        tasks.check_provider.delay_on_commit(provider_id=provider.pk)
    return provider


@transaction.atomic
def delete_provider(*, by: Access, provider: Provider) -> None:
    """Remove a provider with its models; what they were used for stays in the usage.

    Raises UnableToChangeProvider, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _require_ours(provider, {"everything"})
    _announce(by, provider, "provider.delete")
    provider.delete()


def check_provider(*, by: Access, provider: Provider, now: datetime) -> Provider:
    """Ask the provider whether it answers, and return it with what it said."""
    by.require_role(Role.MEMBER)
    checking.check(provider, now=now)
    provider.refresh_from_db()
    return provider


@transaction.atomic
def create_model(*, by: Access, provider: Provider, **values: Any) -> Model:
    """Add a model to a provider of the asker's workspace.

    values: of MODEL_FIELDS; name at least. Raises UnableToChangeProvider, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    provider = _locked(provider)
    _require_models_ours(provider)
    if provider.models.count() >= MOST_MODELS:
        raise UnableToChangeProvider(f"A provider has at most {MOST_MODELS} models; remove one first.")
    values["upstream_name"] = values.get("upstream_name") or values.get("name", "")
    model = Model(workspace_id=provider.workspace_id, provider=provider)
    _set(model, values, MODEL_FIELDS)
    _save(model)
    _announce(by, model, "model.create", provider=provider.name)
    return model


@transaction.atomic
def change_model(*, by: Access, model: Model, **values: Any) -> Model:
    """Change what is given, such as a price or the tier.

    Raises UnableToChangeProvider, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _require_models_ours(model.provider)
    _set(model, values, MODEL_FIELDS)
    _save(model)
    _announce(by, model, "model.change", fields=sorted(values))
    return model


@transaction.atomic
def delete_model(*, by: Access, model: Model) -> None:
    """Remove a model.

    Raises UnableToChangeProvider, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    _require_models_ours(model.provider)
    _announce(by, model, "model.delete", provider=model.provider.name)
    model.delete()


def is_operator(access: Access) -> bool:
    """Tell whether the asker runs the platform: then providers may lie in private networks and be shared by all."""
    if access.key is not None:
        return False
    return access.user is None or access.user.is_superuser


def _apply(by: Access, provider: Provider, values: Mapping[str, Any]) -> None:
    if values.get("is_shared") and not provider.is_shared and not is_operator(by):
        raise NotAllowed("Sharing a provider with every workspace is for operators, in the admin.")
    if provider._state.adding or _moves(provider, values):
        provider.is_trusted = is_operator(by)
    _set(provider, values, PROVIDER_FIELDS)


def _moves(provider: Provider, values: Mapping[str, Any]) -> bool:
    return "base_url" in values and values["base_url"] != provider.base_url


def _check_address(by: Access, provider: Provider, values: Mapping[str, Any]) -> None:
    """Refuse an address that the asker may not name; outside of any transaction, for it asks the DNS."""
    url = values.get("base_url", "")
    if not url or not _moves(provider, values):
        return
    problem = url_problem(url)
    if problem:
        raise UnableToChangeProvider(problem)
    if is_operator(by):
        return
    try:
        target = outbound.check_url(url)
        outbound.resolve(target.host, target.port, timeout_seconds=2.0)
    except (outbound.Refused, outbound.Unreachable) as exc:
        raise UnableToChangeProvider(str(exc)) from exc


def _set(row: Provider | Model, values: Mapping[str, Any], known: tuple[str, ...]) -> None:
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UnableToChangeProvider(f"{unknown[0]} cannot be set.")
    for name, value in values.items():
        setattr(row, name, value)


def _save(row: Provider | Model) -> None:
    try:
        row.full_clean()
        with transaction.atomic():
            row.save()
    except ValidationError as exc:
        field, messages = next(iter(exc.message_dict.items()))
        where = "" if field == "__all__" else f"{field}: "
        raise UnableToChangeProvider(f"{where}{messages[0]}") from exc
    except IntegrityError as exc:
        raise UnableToChangeProvider(f"The name {row.name!r} is taken; choose another.") from exc


def _require_ours(provider: Provider, changed: set[str]) -> None:
    if provider.source == Source.CONFIG:
        raise UnableToChangeProvider("This provider comes from the config file; change it there.")
    if provider.source == Source.ENVIRONMENT and changed - {"is_enabled"}:
        raise UnableToChangeProvider(
            "This provider comes from the environment; change the variables there, or only switch it off here."
        )


def _require_models_ours(provider: Provider) -> None:
    if provider.source == Source.CONFIG:
        raise UnableToChangeProvider("This model comes from the config file; change it there.")


def _locked(provider: Provider) -> Provider:
    found: Provider = Provider.objects.select_for_update().get(pk=provider.pk)
    return found


def _announce(by: Access, row: Provider | Model, action: str, **detail: object) -> None:
    record(by=by, action=action, target=row, detail=detail)
    live.ring(row.workspace_id, "gateway")
