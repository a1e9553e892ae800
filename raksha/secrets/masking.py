"""A secret as it may be shown: its first four characters and a digest, never the rest."""

from __future__ import annotations

import hashlib
import hmac


def mask(secret: str, *, salt: bytes = b"") -> str:
    """Return the first characters and eight digits of a digest, so that equal secrets look equal.

    At most four characters and never more than a quarter are shown. salt: of the installation, so that a
    short password cannot be guessed from its digest.
    """
    shown = "".join(secret.split())[: min(4, len(secret) // 4)]
    return f"{shown}…{hmac.new(salt, secret.encode(), hashlib.sha256).hexdigest()[:8]}"
