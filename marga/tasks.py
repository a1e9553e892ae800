"""The gateway's work in the background."""

from __future__ import annotations

from django.utils import timezone

from avyay_site import hints
from marga import checking
from marga.models import Provider


@hints.task(queue="default")
def check_provider(*, provider_id: str, **_: object) -> None:
    """Ask one provider whether it answers; one that is gone or switched off is left alone."""
    provider = Provider.objects.filter(pk=provider_id, is_enabled=True).first()
    if provider is not None:
        checking.check(provider, now=timezone.now())
