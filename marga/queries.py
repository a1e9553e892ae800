"""Reads of the gateway's pages."""

from __future__ import annotations

from django.db.models import F

from avyay_site.accounts.access import Access
from marga.models import Credential, Health, Kind, Model, Policy, Provider

MOST_LISTED = 300
MOST_CHECKED = 50
"""Providers asked in one go; the rest have their turn the next time."""


def get_models(access: Access) -> list[Model]:
    """Return what the workspace may call, own and shared, by provider, each with its provider and how it fares.

    `model.deployment_health` raises DeploymentHealth.DoesNotExist for one that was never called.
    """
    models = Model.objects.usable_by(access).enabled().select_related("provider", "deployment_health")
    return list(models.order_by("provider__name", "name", "id")[:MOST_LISTED])


def get_providers(access: Access) -> list[Provider]:
    """Return the providers that the workspace may call, own and shared."""
    return list(Provider.objects.usable_by(access).order_by("name", "id")[:MOST_LISTED])


def get_credentials(access: Access) -> list[Credential]:
    """Return the credentials of the workspace's own providers, with how they fare."""
    credentials = Credential.objects.visible_to(access).select_related("provider")
    return list(credentials.order_by("provider__name", "name", "id")[:MOST_LISTED])


def get_policies(access: Access) -> list[Policy]:
    """Return the policies that the workspace may name, own and shared."""
    return list(Policy.objects.usable_by(access).order_by("name", "id")[:MOST_LISTED])


def get_stalest_provider_ids() -> list[str]:
    """Return the enabled providers of all workspaces whose latest check is the oldest, those never checked first."""
    found = Provider.objects.filter(is_enabled=True).order_by(
        F("latest_checked_at").asc(nulls_first=True), "id"
    )
    return list(found.values_list("pk", flat=True)[:MOST_CHECKED])


def get_failing(access: Access) -> list[Provider]:
    """Return the workspace's enabled providers whose latest check failed."""
    found = Provider.objects.usable_by(access).filter(is_enabled=True, health=Health.FAILING)
    return list(found.order_by("name", "id")[:MOST_LISTED])


def has_real_model(models: list[Model]) -> bool:
    """Tell whether anything but a sandbox can be called."""
    return any(model.provider.kind != Kind.SANDBOX for model in models)
