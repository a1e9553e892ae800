"""Encryption of secrets at rest, and the token between gateway and web. No Django here."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class UnableToDecrypt(Exception):
    """No key of ours opens the token: it was made with a key that is gone, or it was changed."""


def encrypt(text: str, keys: Sequence[str]) -> str:
    """Return a Fernet token of text, made with the first key."""
    return _cipher(keys).encrypt(text.encode()).decode()


def decrypt(token: str, keys: Sequence[str]) -> str:
    """Return the text in a token made with any of keys.

    Raises UnableToDecrypt.
    """
    try:
        return _cipher(keys).decrypt(token.encode()).decode()
    except InvalidToken as exc:
        raise UnableToDecrypt(
            "A stored secret cannot be decrypted; put the key it was made with back into AVYAY_ENCRYPTION_KEYS, "
            "or enter the secret again."
        ) from exc


def rotate(token: str, keys: Sequence[str]) -> str:
    """Return the same text encrypted anew with the first key.

    Raises UnableToDecrypt.
    """
    return encrypt(decrypt(token, keys), keys)


def internal_token(keys: Sequence[str]) -> str:
    """Return the bearer token between gateway and web, derived from the first key.

    Source: RFC 5869 (HKDF); `info` keeps it apart from every other use of the key.
    """
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"avyay control link 1")
    return base64.urlsafe_b64encode(derive.derive(keys[0].encode())).decode().rstrip("=")


def _cipher(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
