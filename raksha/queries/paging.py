"""Lists by cursor: the next page begins after the last row of this one, however many rows came in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

SALT = "raksha.paging"


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows. cursor: where the next page begins; empty on the last one. is_first: nothing comes before."""

    rows: list[Any]
    cursor: str
    is_first: bool


def cut(rows: QuerySet[Any], order: Sequence[str], *, cursor: str, limit: int) -> Page:
    """Return the page that begins after the cursor; one that is not ours begins at the first row.

    order: names of columns that are never empty, "-" before those that fall; together they are unique.
    """
    after = _read(cursor, order)
    if after is not None:
        rows = rows.filter(_beyond(order, after))
    found = list(rows.order_by(*order)[: limit + 1])
    page = found[:limit]
    more = len(found) > limit
    return Page(page, _write(page[-1], order) if more else "", is_first=after is None)


def _beyond(order: Sequence[str], after: Sequence[Any]) -> Q:
    """Return the condition for rows after that one: later in the first column, or equal there and later in the next."""
    names = [name.lstrip("-") for name in order]
    parts = []
    for at, name in enumerate(order):
        same = {names[i]: after[i] for i in range(at)}
        way = "lt" if name.startswith("-") else "gt"
        parts.append(Q(**same, **{f"{names[at]}__{way}": after[at]}))
    return reduce(Q.__or__, parts)


def _write(row: Any, order: Sequence[str]) -> str:
    values = [_value(row, name.lstrip("-")) for name in order]
    return signing.dumps([",".join(order), *values], salt=SALT)


def _value(row: Any, name: str) -> Any:
    value = row[name] if isinstance(row, Mapping) else getattr(row, name)
    return value.isoformat() if isinstance(value, date) else value


def _read(cursor: str, order: Sequence[str]) -> list[Any] | None:
    if not cursor:
        return None
    try:
        whose, *values = signing.loads(cursor, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return values if whose == ",".join(order) else None
