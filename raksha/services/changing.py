"""What every change of the scanner's rows has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import WorkspaceOwned


class UnableToChange(Exception):
    """The scanner's rows cannot be changed as asked; the message says why and what to do."""


class InvalidValue(UnableToChange):
    """A value means nothing here, whatever rows there are; field names it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class Busy(UnableToChange):
    """Too much was asked at once; the same may be asked later."""


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

    Raises InvalidValue with the first thing that is wrong, UnableToChange for a name that is taken.
    """
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
        with transaction.atomic():
            row.save()
    except ValidationError as exc:
        field, messages = next(iter(exc.message_dict.items()))
        raise InvalidValue(f"{field}: {messages[0]}", field) from exc
    except IntegrityError as exc:
        raise UnableToChange(f"The name {getattr(row, 'name', '')!r} is taken; choose another.") from exc


def require_ours(by: Access, row: WorkspaceOwned | None) -> None:
    """Refuse a row of another workspace as if it did not exist: whoever forgot to look gets no further.

    Raises InvalidValue.
    """
    if row is not None and row.workspace_id != by.workspace_id:
        raise InvalidValue(f"There is no such {row._meta.verbose_name}.", str(row._meta.model_name))
