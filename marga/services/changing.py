"""What every change has in common: known fields only, checks of the row, the audit log and the bell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from avyay_site import live
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import WorkspaceOwned
from avyay_site.audit.services import record
from marga.models import Provider, Source


class UnableToChange(Exception):
    """The gateway's rows cannot be changed as asked; the message says why and what to do."""


class InvalidValue(UnableToChange):
    """A value means nothing here, whatever rows there are; field names it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def is_operator(access: Access) -> bool:
    """Tell whether the asker runs the platform: then providers may lie in private networks and be shared by all."""
    if access.key is not None:
        return False
    return access.user is None or access.user.is_superuser


def set_fields(row: WorkspaceOwned, values: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Set what is given.

    Raises UnableToChange for a field that is not known.
    """
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise UnableToChange(f"{unknown[0]} cannot be set.")
    for name, value in values.items():
        setattr(row, name, value)


def save(row: WorkspaceOwned) -> None:
    """Check the row and save it.

    Raises UnableToChange with the first thing that is wrong.
    """
    try:
        row.full_clean()
        with transaction.atomic():
            row.save()
    except ValidationError as exc:
        field, messages = next(iter(exc.message_dict.items()))
        where = "" if field == "__all__" else f"{field}: "
        raise UnableToChange(f"{where}{messages[0]}") from exc
    except IntegrityError as exc:
        raise UnableToChange(f"The name {getattr(row, 'name', '')!r} is taken; choose another.") from exc


def announce(by: Access, row: WorkspaceOwned, action: str, **detail: object) -> None:
    """Write the audit log and ring the gateway's bell."""
    record(by=by, action=action, target=row, detail=detail)
    live.ring(str(row.workspace_id), "gateway")


def require_not_of_file(provider: Provider, thing: str) -> None:
    """Raise UnableToChange when the config file keeps the provider's rows."""
    if provider.source == Source.CONFIG:
        raise UnableToChange(f"This {thing} comes from the config file; change it there.")


def locked(provider: Provider) -> Provider:
    """Return the provider as it is now, for this transaction alone."""
    found: Provider = Provider.objects.select_for_update().get(pk=provider.pk)
    return found
