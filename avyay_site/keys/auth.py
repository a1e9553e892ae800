"""Who is asking the API: a key in a header, or the browser's session."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from avyay_site import limits
from avyay_site.accounts.access import Access
from avyay_site.accounts.models import Role
from avyay_site.client_ip import client_ip
from avyay_site.keys import format as key_format
from avyay_site.keys.queries import get_access

LONGEST_HEADER = 256
HEADER = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)?")
WRONG_KEYS_PER_MINUTE = 20


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer avy_live_…` or `X-API-Key: avy_live_…`.

    A malformed header is refused without a query. Wrong but well-formed keys are counted by client address:
    made-up ones have no checksum, so more than a few of them a minute are a search.
    """

    def authenticate(self, request: Request) -> tuple[None, Access] | None:
        secret = _secret_in(request)
        if secret is None:
            return None
        if not key_format.is_well_formed(secret):
            raise AuthenticationFailed
        access = get_access(secret, now=timezone.now())
        if access is None:
            decision = limits.allow("wrong-keys", client_ip(request._request), WRONG_KEYS_PER_MINUTE)
            if not decision.allowed:
                raise Throttled(wait=decision.reset_seconds, detail="Too many wrong keys from this address.")
            raise AuthenticationFailed
        _keep_access(request, access)
        return None, access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="avyay"'


class BrowserAuthentication(SessionAuthentication):
    """The dashboard's session, with its CSRF token for anything that changes something."""

    def authenticate(self, request: Request) -> tuple[Any, Access] | None:
        if not (found := super().authenticate(request)):
            return None
        access = request._request.access  # type: ignore[attr-defined] # set by AccessMiddleware
        if not access:
            return None
        _keep_access(request, access)
        return found[0], access


class HasScope(BasePermission):
    """A key needs the scope of the view, a person the role.

    scope_prefix `marga` asks keys for `marga:read` on safe methods, else for `marga:write`; None asks for nothing
    but a valid key. People who are viewers only read; services check the finer rules.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        # Not request.access, which the session alone would fill without a look at the CSRF token.
        access = request.auth
        if not isinstance(access, Access):
            raise NotAuthenticated
        is_reading = request.method in SAFE_METHODS
        if view.scope_prefix is not None:
            access.require_scope(f"{view.scope_prefix}:{'read' if is_reading else 'write'}")
        if not is_reading:
            access.require_role(Role.MEMBER)
        return True


def _secret_in(request: Request) -> str | None:
    """Return the secret in the headers, None without one.

    Raises AuthenticationFailed for a header that no key of ours could be in.
    """
    authorization, own = request.headers.get("Authorization"), request.headers.get("X-API-Key")
    given = own if authorization is None else authorization
    if given is None:
        return None
    if len(given) > LONGEST_HEADER or not HEADER.fullmatch(given):
        raise AuthenticationFailed
    if authorization is None:
        return given
    scheme, _, secret = given.partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationFailed
    return secret


def _keep_access(request: Request, access: Access) -> None:
    """Put the access on both faces of the request: views read the one, logs and middleware the other."""
    request.access = access  # type: ignore[attr-defined]
    request._request.access = access  # type: ignore[attr-defined]
