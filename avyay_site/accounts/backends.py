"""Sign-in by e-mail address and password, with a bound on guessing. Pages and admin both come through here."""

from __future__ import annotations

from typing import Any

import structlog
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from avyay_site import limits
from avyay_site.accounts.models import User
from avyay_site.client_ip import client_ip

log = structlog.get_logger(__name__)

TRIES = 10
TRIES_OF_ADDRESS = 100
"""More than a team behind one address needs in a morning."""
MINUTES = 15


class ThrottledBackend(ModelBackend):
    """Refuse the eleventh wrong password for an account from one address within 15 minutes.

    `request.sign_in_wait_seconds` then tells the form why. A right password pardons the wrong ones before it.
    One address that tries many accounts is stopped too.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if request is None:
            return super().authenticate(request, username, password, **kwargs)
        name = str(username or kwargs.get(User.USERNAME_FIELD) or "").strip().lower()
        address = client_ip(request)
        _count(request, "sign-in", f"{name}|{address}", TRIES)
        _count(request, "sign-in-address", address, TRIES_OF_ADDRESS)
        user = super().authenticate(request, username, password, **kwargs)
        if user is not None:
            limits.pardon("sign-in", f"{name}|{address}", TRIES, minutes=MINUTES)
        return user


def _count(request: HttpRequest, limit: str, identity: str, tries: int) -> None:
    decision = limits.allow(limit, identity, tries, minutes=MINUTES)
    if not decision.allowed:
        request.sign_in_wait_seconds = decision.reset_seconds  # type: ignore[attr-defined] # read by the form
        log.warning("sign_in_throttled", limit=limit)
        # Ends the search for a backend that would accept, before any password is looked at.
        raise PermissionDenied
