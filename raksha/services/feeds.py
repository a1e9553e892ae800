"""Ask for threat intelligence before its time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.audit.services import record
from raksha.models import Feed
from raksha.services.changing import Busy, UnableToChange

NOT_AGAIN_BEFORE = timedelta(minutes=5)


@transaction.atomic
def request_fetch(*, by: Access, feed: Feed, now: datetime) -> None:
    """Have a feed fetched at the next turn of the clock, within a minute.

    Raises UnableToChange where it is not fetched at all, Busy when it was asked for just now, NotAllowed.
    """
    by.require_role(Role.MEMBER)
    if not settings.RAKSHA_FEEDS or not feed.url:
        raise UnableToChange(
            f"{feed.name} is not fetched here: import a file with manage.py raksha_feed import."
        )
    if feed.claimed_until is not None and feed.claimed_until > now:
        raise Busy(f"{feed.name} is being fetched at this moment.")
    if feed.checked_at is not None and now - feed.checked_at < NOT_AGAIN_BEFORE:
        raise Busy(f"{feed.name} was asked for less than five minutes ago; wait a little.")
    Feed.objects.filter(pk=feed.pk).update(next_at=None)
    record(by=by, action="feed.fetch", target=feed)
