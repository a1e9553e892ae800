"""Filled workspaces for trials and tests. Each product adds its rows: `seeding.register(seed_my_rows)`.

Seeding again changes nothing: rows are found by slug, passwords and keys are derived from the platform's own pepper,
so that the same ones can be printed again without being stored anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from avyay_site.accounts.access import Access, for_system
from avyay_site.accounts.models import Invitation, Membership, Role, User, Workspace
from avyay_site.accounts.services import INVITATION_LIFETIME, create_workspace
from avyay_site.audit.models import AuditEntry
from avyay_site.keys import format as key_format
from avyay_site.keys.models import ApiKey, Scope
from avyay_site.keys.services import Limits, issue_key
from avyay_site.notifications.models import Channel, Delivery, Kind, Status
from avyay_site.usage.models import UsageRecord
from avyay_site.usage.services import record_usage

RECORDS = 60


@dataclass(frozen=True)
class Plot:
    """One seeded workspace, ready for a product's rows. key: may do everything."""

    workspace: Workspace
    users: Mapping[Role, User]
    key: ApiKey
    access: Access
    now: datetime


Seeder = Callable[[Plot], Mapping[str, str]]
"""Adds rows, safe to repeat; returns one sample id by the path of its list below /api/v1/, such as `marga/providers`."""

_seeders: list[Seeder] = []


def register(seeder: Seeder) -> None:
    """Have seeder fill each seeded workspace; called from a product's `AppConfig.ready`."""
    if seeder not in _seeders:
        _seeders.append(seeder)


def seed(*, workspaces: int, now: datetime) -> list[dict[str, Any]]:
    """Make sure that so many filled workspaces exist, and return what is needed to use them."""
    return [_seed_one(f"seed-{number}", now) for number in range(1, workspaces + 1)]


@transaction.atomic
def _seed_one(slug: str, now: datetime) -> dict[str, Any]:
    users = {role: _user(slug, role) for role in Role}
    workspace = Workspace.objects.filter(slug=slug).first()
    if workspace is None:
        workspace = create_workspace(owner=users[Role.OWNER], name=f"Seed {slug[5:]}", slug=slug).workspace
    for role, user in users.items():
        Membership.objects.get_or_create(workspace=workspace, user=user, defaults={"role": role})
    access = for_system(workspace)
    keys = {
        "full": _key(access, "full", Scope.values, now),
        "narrow": _key(access, "narrow", [Scope.MARGA_CALL], now),
    }
    plot = Plot(workspace=workspace, users=users, key=keys["full"], access=access, now=now)
    ids = _shared_rows(plot)
    for seeder in _seeders:
        ids |= seeder(plot)
    return {
        "id": workspace.pk,
        "slug": slug,
        "name": workspace.name,
        "users": [
            {"email": u.email, "password": _derived(slug, r)[:20], "role": r} for r, u in users.items()
        ],
        "keys": {name: _secret(slug, name) for name in keys},
        "ids": ids,
    }


def _user(slug: str, role: Role) -> User:
    email = f"{role}@{slug}.example.org"
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, _derived(slug, role)[:20], name=f"{role.label} of {slug}")


def _key(access: Access, name: str, scopes: list[str], now: datetime) -> ApiKey:
    secret = _secret(access.workspace.slug, name)
    digest = key_format.digest(secret, settings.KEY_PEPPER)
    found: ApiKey | None = ApiKey.objects.visible_to(access).filter(digest=digest).first()
    limits = Limits(monthly_budget_usd=Decimal(100))
    return found or issue_key(by=access, name=name, scopes=scopes, limits=limits, now=now, secret=secret).key


def _shared_rows(plot: Plot) -> dict[str, str]:
    record_usage([_record(plot, number) for number in range(RECORDS)])
    digest = hashlib.sha256(_derived(plot.workspace.slug, "invitation").encode()).hexdigest()
    invitation, _ = Invitation.objects.get_or_create(
        digest=digest,
        defaults={
            "workspace": plot.workspace,
            "email": f"invited@{plot.workspace.slug}.example.org",
            "expires_at": plot.now + INVITATION_LIFETIME,
        },
    )
    channel, delivery = _notifications(plot)
    return {
        "notifications/channels": channel.pk,
        "notifications/deliveries": delivery.pk,
        "keys": plot.key.pk,
        "members": Membership.objects.get(workspace=plot.workspace, user=plot.users[Role.VIEWER]).pk,
        "invitations": invitation.pk,
        "usage": _record(plot, 0).request_id,
        "audit": AuditEntry.objects.visible_to(plot.access).earliest("happened_at", "pk").pk,
    }


def _notifications(plot: Plot) -> tuple[Channel, Delivery]:
    """Make a channel with a message that was given up: switched off, so that nothing leaves the platform."""
    channel, _ = Channel.objects.get_or_create(
        workspace=plot.workspace,
        name="seeded",
        defaults={
            "kind": Kind.WEBHOOK,
            "target": "https://hooks.example.org/avyay",
            "secret": f"whsec_{_derived(plot.workspace.slug, 'webhook')}",
            "event_types": ["key.issued"],
            "is_enabled": False,
        },
    )
    delivery, _ = Delivery.objects.get_or_create(
        workspace=plot.workspace,
        channel=channel,
        event_type="key.issued",
        defaults={
            "subject": "A key was issued",
            "status": Status.FAILED,
            "attempts": 1,
            "next_attempt_at": None,
            "error": "The channel is switched off.",
        },
    )
    return channel, delivery


def _record(plot: Plot, number: int) -> UsageRecord:
    is_error = number % 20 == 19
    return UsageRecord(
        request_id=f"req_{plot.workspace.slug}-{number:04d}",
        workspace=plot.workspace,
        key=plot.key,
        occurred_at=plot.now - timedelta(hours=11 * number),
        product="marga",
        action="chat.completions",
        model_requested="auto",
        model_used=("small", "medium", "large")[number % 3],
        provider="sandbox",
        status=502 if is_error else 200,
        error_type="upstream" if is_error else "",
        input_tokens=200 + 7 * number,
        output_tokens=0 if is_error else 40 + number,
        cost_usd=Decimal(number) / 10_000,
        duration_ms=300 + 5 * number,
    )


def _secret(slug: str, name: str) -> str:
    body = key_format.PREFIX + _derived(slug, f"key {name}")[: key_format.RANDOM_LENGTH]
    return body + key_format.checksum(body)


def _derived(slug: str, purpose: str) -> str:
    """Return 40 characters that only this platform can know, the same ones each time."""
    digest = hashlib.shake_256(f"{settings.KEY_PEPPER} seed {slug} {purpose}".encode()).digest(40)
    return "".join(key_format.BASE62[byte % 62] for byte in digest)
