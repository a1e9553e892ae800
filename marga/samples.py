"""The gateway's rows of a seeded workspace: a provider that answers from the gateway itself, and one row of each list."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from avyay_site.seeding import Plot
from avyay_site.usage.models import UsageRecord
from marga import services
from marga.models import (
    Credential,
    Feedback,
    Kind,
    Model,
    Policy,
    Provider,
    RequestTrace,
    ShadowSample,
    Tier,
    Verdict,
)

NAME = "seeded"
PRICES = {
    "small": (Tier.LOCAL, None, None),
    "medium": (Tier.MID, Decimal("0.25"), Decimal(2)),
    "large": (Tier.FRONTIER, Decimal(2), Decimal(10)),
}


def seed(plot: Plot) -> Mapping[str, str]:
    """Add the rows once; return a sample id of each list."""
    provider = Provider.objects.visible_to(plot.access).filter(name=NAME).first() or _provider(plot)
    large = Model.objects.visible_to(plot.access).filter(name="large").latest("pk")
    records = UsageRecord.objects.visible_to(plot.access).filter(product="marga")
    request = records.latest("occurred_at", "pk")
    return {
        "marga/providers": provider.pk,
        "marga/credentials": _credential(plot, provider).pk,
        "marga/models": large.pk,
        "marga/prices": large.price_versions.latest("effective_at", "pk").pk,
        "marga/policies": _policy(plot).pk,
        "marga/rules": services.set_rules(by=plot.access, key=plot.key, allowed_models=["*"]).key_id,
        "marga/requests": request.request_id,
        "marga/feedback": _feedback(plot, request).pk,
        "marga/samples": _sample(plot, request).pk,
    }


def _provider(plot: Plot) -> Provider:
    provider = services.create_provider(by=plot.access, name=NAME, kind=Kind.SANDBOX)
    for name, (tier, price, price_out) in PRICES.items():
        services.create_model(
            by=plot.access,
            provider=provider,
            name=name,
            tier=tier,
            input_usd_per_mtok=price,
            output_usd_per_mtok=price_out,
        )
    return provider


def _credential(plot: Plot, provider: Provider) -> Credential:
    found: Credential | None = provider.credentials.filter(name=NAME).first()
    return found or services.create_credential(
        by=plot.access, provider=provider, name=NAME, api_key="sk-seeded", bucket="agents"
    )


def _policy(plot: Plot) -> Policy:
    found: Policy | None = Policy.objects.visible_to(plot.access).filter(name=NAME).first()
    return found or services.create_policy(by=plot.access, name=NAME, document={"tiers": {"mid": 0.5}})


def _feedback(plot: Plot, request: UsageRecord) -> Feedback:
    RequestTrace.objects.get_or_create(
        request_id=request.request_id,
        defaults={
            "workspace": plot.workspace,
            "occurred_at": request.occurred_at,
            "protocol": "chat",
            "policy": "auto",
            "tier": Tier.MID,
            "task": "writing",
            "need": 0.4,
            "reason": "need",
            "explain": "A middle model will do.",
            "baseline_model": "large",
        },
    )
    return services.give_feedback(by=plot.access, request=request, rating=1, now=plot.now)


def _sample(plot: Plot, request: UsageRecord) -> ShadowSample:
    sample: ShadowSample = ShadowSample.objects.get_or_create(
        workspace=plot.workspace,
        request_id=request.request_id,
        model_compared="large",
        defaults={
            "model_used": request.model_used or "medium",
            "tier": Tier.MID,
            "verdict": Verdict.TIE,
            "occurred_at": request.occurred_at,
        },
    )[0]
    return sample
