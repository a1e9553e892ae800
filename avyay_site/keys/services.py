"""Issue, roll and revoke API keys. REST, pages, admin and commands all come through here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from avyay_site import events, live
from avyay_site.accounts.access import Access, NotAllowed
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from avyay_site.keys import format as key_format
from avyay_site.keys.models import ApiKey, Scope, State

DEFAULT_OVERLAP = timedelta(hours=24)


class UnableToChangeKey(Exception):
    """The key cannot be issued, rolled or revoked as asked; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class KeyChanged(events.Event):
    """A key was issued, changed, rolled or revoked. action: as in the audit log, such as `key.issue`."""

    key_id: str
    action: str


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a key may use; None means no limit."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None
    monthly_budget_usd: Decimal | None = None


@dataclass(frozen=True)
class Issued:
    """A new key with its secret: the only moment at which the secret exists in clear."""

    key: ApiKey
    secret: str


@transaction.atomic
def issue_key(
    *,
    by: Access,
    name: str,
    scopes: Iterable[str],
    limits: Limits | None = None,
    bucket: str = "people",
    expires_at: datetime | None = None,
    now: datetime,
    secret: str | None = None,
) -> Issued:
    """Issue a key in the asker's workspace.

    secret: only at the first start, when the operator brings a key of their own.
    Raises UnableToChangeKey for an unknown scope or a past expiry, NotAllowed for more than the asker has.
    """
    by.require_role(Role.MEMBER)
    wanted = _checked_scopes(by, scopes)
    if expires_at is not None and expires_at <= now:
        raise UnableToChangeKey("The expiry lies in the past; choose a later time or none.")
    secret = secret or key_format.generate()
    if not key_format.is_well_formed(secret):
        raise UnableToChangeKey(
            "The given key does not have the form of an Avyay key; leave it out to have one made."
        )
    key = ApiKey(workspace=by.workspace, name=name, bucket=bucket, scopes=wanted, expires_at=expires_at)
    _set_limits(key, limits or Limits())
    _keep_secret(key, secret)
    key.created_by = by.user
    key.save()
    _announce(by, key, "key.issue", scopes=wanted)
    return Issued(key=key, secret=secret)


@transaction.atomic
def change_key(*, by: Access, key: ApiKey, name: str, limits: Limits, bucket: str) -> ApiKey:
    """Rename a key or give it other limits; scopes and secret stay."""
    by.require_role(Role.MEMBER)
    key.name, key.bucket = name, bucket
    _set_limits(key, limits)
    key.save(update_fields=["name", "bucket", *Limits.__dataclass_fields__, "updated_at"])
    _announce(by, key, "key.change")
    return key


@transaction.atomic
def roll_key(*, by: Access, key: ApiKey, overlap: timedelta = DEFAULT_OVERLAP, now: datetime) -> Issued:
    """Issue a successor with the same settings; the old key goes on working for the overlap.

    Raises UnableToChangeKey if the key is not active or was rolled before.
    """
    by.require_role(Role.MEMBER)
    key = ApiKey.objects.select_for_update().get(pk=key.pk)
    if key.state(now) is not State.ACTIVE:
        raise UnableToChangeKey(f"The key is {key.state(now).label.lower()}; issue a new one instead.")
    if key.successor_id is not None:
        raise UnableToChangeKey("The key was rolled already; roll its successor, or revoke this one.")
    if overlap < timedelta(0):
        raise UnableToChangeKey("The overlap is negative; use zero to stop the old key at once.")
    limits = Limits(**{name: getattr(key, name) for name in Limits.__dataclass_fields__})
    issued = issue_key(
        by=by,
        name=key.name,
        scopes=key.scopes,
        limits=limits,
        bucket=key.bucket,
        expires_at=key.expires_at,
        now=now,
    )
    key.successor = issued.key
    ends_at = now + overlap
    key.expires_at = min(key.expires_at, ends_at) if key.expires_at else ends_at
    key.save(update_fields=["successor", "expires_at", "updated_at"])
    _announce(by, key, "key.roll", successor=issued.key.pk, ends_at=key.expires_at.isoformat())
    return issued


@transaction.atomic
def revoke_key(*, by: Access, key: ApiKey, now: datetime) -> bool:
    """Revoke a key for good; False if it was revoked before."""
    by.require_role(Role.MEMBER)
    revoked = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now, updated_at=now)
    if not revoked:
        return False
    key.revoked_at = now
    _announce(by, key, "key.revoke")
    return True


def _checked_scopes(by: Access, scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in Scope.values]
    if unknown:
        raise UnableToChangeKey(f"Unknown scope {unknown[0]!r}; choose among {', '.join(Scope.values)}.")
    if not wanted:
        raise UnableToChangeKey("A key needs at least one scope.")
    if Scope.PLATFORM_WRITE in wanted:
        # Such a key manages members as an owner does; else a member could make an owner of themselves with one.
        by.require_role(Role.OWNER)
    if by.key is not None and not by.scopes.issuperset(wanted):
        raise NotAllowed("A key can only hand on scopes that it has itself.")
    return wanted


def _set_limits(key: ApiKey, limits: Limits) -> None:
    for name in Limits.__dataclass_fields__:
        setattr(key, name, getattr(limits, name))


def _keep_secret(key: ApiKey, secret: str) -> None:
    key.shown_prefix = secret[: len(key_format.PREFIX) + 4]
    key.latest4 = secret[-4:]
    key.digest = key_format.digest(secret, settings.KEY_PEPPER)


def _announce(by: Access, key: ApiKey, action: str, **detail: object) -> None:
    record(by=by, action=action, target=key, detail=detail)
    events.publish(KeyChanged(workspace_id=key.workspace_id, key_id=key.pk, action=action))
    live.ring(key.workspace_id, "keys")
