"""The gateway's work in the background."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints
from marga import checking, discovering
from marga.models import Provider


@hints.task(queue="default")
def discover(**_: object) -> None:
    """Bring the providers of the environment up to date."""
    discovering.discover(now=timezone.now())


@hints.task(queue="default")
def check_provider(*, provider_id: str, **_: object) -> None:
    """Ask one provider whether it answers; one that is gone is left alone."""
    provider = Provider.objects.filter(pk=provider_id, is_enabled=True).first()
    if provider is not None:
        checking.check(provider, now=timezone.now())
