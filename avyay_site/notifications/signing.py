"""Sign outgoing webhooks in the Standard Webhooks form. Pure.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"


def generate_secret() -> str:
    """Return a fresh signing secret of 32 bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` of a body sent at timestamp (Unix seconds).

    Raises ValueError when secret is not `whsec_` and base64.
    """
    if not secret.startswith(PREFIX):
        raise ValueError("A signing secret begins with whsec_.")
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
