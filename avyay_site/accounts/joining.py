"""Make the account of somebody who joins by an invitation."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from avyay_site.accounts.models import User


class UnableToJoin(Exception):
    """The invitation was not accepted; the message says why and what to do."""


def make_user(*, email: str, name: str, password: str) -> User:
    """Make the user of an invited address.

    Raises UnableToJoin for a weak password, or when the address has an account: its owner must sign in,
    because holding a link does not prove who one is.
    """
    if User.objects.filter(email=email).exists():
        raise UnableToJoin(f"{email} has an account already; sign in, then open the link again.")
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as exc:
        raise UnableToJoin(" ".join(exc.messages)) from exc
    return User.objects.create_user(email=email, password=password, name=name.strip()[:150])
