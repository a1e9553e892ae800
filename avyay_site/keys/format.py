"""The form of an API key. Pure, without Django: the gateway checks keys with it too.

`avy_live_` + 30 base62 characters + 6 base62 characters of the CRC32 of all that stands before them:
a mistyped or made-up key is refused by arithmetic, without a look-up.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
import zlib

PREFIX = "avy_live_"
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_LENGTH = 30
CHECK_LENGTH = 6
LENGTH = len(PREFIX) + RANDOM_LENGTH + CHECK_LENGTH


def generate() -> str:
    """Return a fresh key with 178 bits of randomness."""
    body = PREFIX + "".join(secrets.choice(BASE62) for _ in range(RANDOM_LENGTH))
    return body + checksum(body)


def checksum(body: str) -> str:
    """Return the CRC32 of body as 6 base62 digits, most significant first."""
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(CHECK_LENGTH):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits


def is_well_formed(text: str) -> bool:
    """Tell whether text has the form of a key and its checksum holds."""
    if len(text) != LENGTH or not text.startswith(PREFIX) or not text.isascii():
        return False
    body = text[:-CHECK_LENGTH]
    return body[len(PREFIX) :].isalnum() and text[-CHECK_LENGTH:] == checksum(body)


def digest(text: str, pepper: str) -> str:
    """Return the HMAC-SHA256 of the key under the pepper, in hex: what is stored and looked up."""
    return hmac.new(pepper.encode(), text.encode(), hashlib.sha256).hexdigest()


def display(text: str) -> str:
    """Return the part of a key that may be shown: `avy_live_Ab3d…x9Yz`."""
    return f"{text[: len(PREFIX) + 4]}…{text[-4:]}"
