"""The gateway's rows of a seeded workspace: a provider that answers from the gateway itself, with priced models."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from avyay_site.seeding import Plot
from avyay_site.usage.models import UsageRecord
from marga.models import Kind, Model, Provider, Tier
from marga.services import create_model, create_provider

NAME = "seeded"
PRICES = {
    "small": (Tier.LOCAL, None, None),
    "medium": (Tier.MID, Decimal("0.25"), Decimal(2)),
    "large": (Tier.FRONTIER, Decimal(2), Decimal(10)),
}


def seed(plot: Plot) -> Mapping[str, str]:
    """Add the provider and its models once; return a sample id of each list."""
    provider = Provider.objects.visible_to(plot.access).filter(name=NAME).first()
    if provider is None:
        provider = create_provider(by=plot.access, name=NAME, kind=Kind.SANDBOX)
        for name, (tier, price, price_out) in PRICES.items():
            create_model(
                by=plot.access,
                provider=provider,
                name=name,
                tier=tier,
                input_usd_per_mtok=price,
                output_usd_per_mtok=price_out,
            )
    request = UsageRecord.objects.visible_to(plot.access).filter(product="marga").latest("occurred_at", "pk")
    return {
        "marga/providers": provider.pk,
        "marga/models": Model.objects.visible_to(plot.access).filter(name="large").latest("pk").pk,
        "marga/requests": request.request_id,
    }
