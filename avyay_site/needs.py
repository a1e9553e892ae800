"""What needs a person in a workspace, on the platform's own side; products say theirs through `shell.Part`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.urls import reverse

from avyay_site.accounts.access import Access
from avyay_site.keys.models import ApiKey
from avyay_site.notifications.models import Channel
from avyay_site.shell import Attention
from avyay_site.usage.queries import get_month_spend

NEAR = Decimal("0.8")
SOON = timedelta(days=7)
MOST = 20


def get_needs(access: Access, *, now: datetime) -> list[Attention]:
    """Return budgets that are nearly used up, keys that end soon, and channels that were switched off by failures."""
    return [*_budgets(access, now), *_ending_keys(access, now), *_silent_channels(access)]


def _budgets(access: Access, now: datetime) -> Iterator[Attention]:
    keys = ApiKey.objects.visible_to(access).active(now).filter(monthly_budget_usd__gt=0)
    budgets = {key.pk: key for key in keys}
    for key_id, spent in get_month_spend(budgets, today=now.date()).items():
        key = budgets[key_id]
        share = spent / key.monthly_budget_usd
        if share >= NEAR:
            tone = "bad" if share >= 1 else "warn"
            text = f"The key {key.name} has used {share * 100:.0f} % of its budget for this month"
            yield Attention(tone, text, reverse("keys:change", args=[key_id]))


def _ending_keys(access: Access, now: datetime) -> Iterator[Attention]:
    ending = ApiKey.objects.visible_to(access).active(now).filter(expires_at__lte=now + SOON, successor=None)
    for key in ending.order_by("expires_at", "id")[:MOST]:
        text = f"The key {key.name} stops working on {key.expires_at:%d %B}"
        yield Attention("warn", text, reverse("keys:roll", args=[key.pk]))


def _silent_channels(access: Access) -> Iterator[Attention]:
    silent = Channel.objects.visible_to(access).filter(is_enabled=False).exclude(disabled_reason="")
    for channel in silent[:MOST]:
        text = f"The channel {channel.name} was switched off: {channel.disabled_reason}"
        yield Attention("bad", text, reverse("notifications:change", args=[channel.pk]))
