"""Keep filters of the findings under a name."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from raksha.models import SavedFilter
from raksha.services import changing
from raksha.services.changing import InvalidValue, UnableToChange

MOST_FILTERS = 50


def get_filters(access: Access) -> QuerySet[SavedFilter]:
    """Return the workspace's saved filters by name."""
    found: QuerySet[SavedFilter] = SavedFilter.objects.visible_to(access)
    return found


@transaction.atomic
def save_filter(*, by: Access, name: str, query: str) -> SavedFilter:
    """Keep filters under a name.

    query: as it stands in the address. Raises InvalidValue, UnableToChange, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    if not name.strip() or "\0" in name:
        raise InvalidValue("Give the filter a name.", "name")
    if not query:
        raise InvalidValue("Choose a filter first; without any there is nothing to save.", "query")
    if get_filters(by).count() >= MOST_FILTERS:
        raise UnableToChange(f"A workspace has at most {MOST_FILTERS} saved filters; forget one first.")
    saved = SavedFilter(workspace=by.workspace, name=name.strip(), query=query, made_by=by.actor[:200])
    changing.save(saved)
    record(by=by, action="filter.save", target=saved, detail={"query": query[:500]})
    return saved


@transaction.atomic
def delete_filter(*, by: Access, saved: SavedFilter) -> None:
    """Forget a saved filter.

    Raises NotAllowed.
    """
    by.require_role(Role.MEMBER)
    record(by=by, action="filter.delete", target=saved)
    saved.delete()
