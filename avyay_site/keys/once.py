"""Let a form that shows a secret be sent once: a reload must not make a second key."""

from __future__ import annotations

import secrets

from django.http import HttpRequest

KEPT = 20
SESSION_NAME = "sent_forms"


def mark() -> str:
    """Return a mark for a fresh copy of the form."""
    return secrets.token_urlsafe(9)


def is_first_use(request: HttpRequest, sent: str) -> bool:
    """Note that the form with this mark was sent; False if it was before."""
    marks: list[str] = request.session.get(SESSION_NAME, [])
    if sent in marks:
        return False
    request.session[SESSION_NAME] = [*marks, sent][-KEPT:]
    return True
