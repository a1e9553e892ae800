"""One kept answer, and its form outside this process. Pure.

What comes back from the shared store is outside data: it is believed only with a seal that this installation's secret
made for this very identity, and is never unpickled.
"""

from __future__ import annotations

import hmac
import zlib
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

import orjson

from marga.pricing import Usage

VERSION = b"1"
SEAL_BYTES = 16
SEAL_PERSON = b"marga cache"
PLAIN_BELOW = 512
"""Bytes; smaller values are not worth compressing."""

FRAME_BYTES = 840
"""What an entry costs beside its texts: the objects, their places in two tables. Measured; a test compares."""


@dataclass(frozen=True, slots=True)
class Entry:
    """body: the whole plain answer, as the wire form of the request has it; created_at: seconds since the epoch."""

    body: bytes
    model: str
    provider: str
    deployment_id: str
    usage: Usage
    cost_usd: Decimal
    created_at: float

    @property
    def size(self) -> int:
        """Return the bytes of memory that keeping this costs."""
        return FRAME_BYTES + len(self.body) + len(self.model) + len(self.provider) + len(self.deployment_id)


class NotAnEntry(ValueError):
    """The bytes are not an entry that this installation sealed for this identity."""


def seal_key(secret: str) -> bytes:
    """Return the key by which entries are sealed."""
    return blake2b(secret.encode(), digest_size=32, person=SEAL_PERSON).digest()


def seal(content: bytes, identity: bytes, key: bytes) -> bytes:
    """Return the seal of content for one identity."""
    return blake2b(identity + content, digest_size=SEAL_BYTES, key=key, person=SEAL_PERSON).digest()


def pack(entry: Entry, identity: bytes, key: bytes) -> bytes:
    """Return entry as sealed bytes."""
    head = orjson.dumps(
        {
            "model": entry.model,
            "provider": entry.provider,
            "deployment": entry.deployment_id,
            "usage": list(entry.usage),
            "cost_usd": str(entry.cost_usd),
            "created_at": entry.created_at,
        }
    )
    content = head + b"\n" + entry.body
    small = zlib.compress(content, 1) if len(content) >= PLAIN_BELOW else content
    form = b"z" if len(content) >= PLAIN_BELOW else b"p"
    framed = VERSION + form + small
    return seal(framed, identity, key) + framed


def unpack(data: Any, identity: bytes, key: bytes, *, most_bytes: int) -> Entry:
    """Return the entry that pack made.

    most_bytes: of the unpacked content; a longer one is refused before it is unpacked whole.
    Raises NotAnEntry.
    """
    if not isinstance(data, bytes) or len(data) < SEAL_BYTES + 2:
        raise NotAnEntry("too short")
    stamp, framed = data[:SEAL_BYTES], data[SEAL_BYTES:]
    if not hmac.compare_digest(stamp, seal(framed, identity, key)) or framed[:1] != VERSION:
        raise NotAnEntry("not sealed here, or not for this identity")
    content = framed[2:] if framed[1:2] == b"p" else _unzip(framed[2:], most_bytes)
    head, _, body = content.partition(b"\n")
    try:
        return _read(orjson.loads(head), body)
    except (ValueError, KeyError, TypeError, InvalidOperation) as exc:
        raise NotAnEntry("not of this version's form") from exc


def _unzip(data: bytes, most_bytes: int) -> bytes:
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(data, most_bytes)
    except zlib.error as exc:
        raise NotAnEntry("not compressed as it says") from exc
    if not reader.eof or reader.unconsumed_tail:
        raise NotAnEntry("too long")
    return content


def _read(head: dict[str, Any], body: bytes) -> Entry:
    return Entry(
        body=body,
        model=str(head["model"]),
        provider=str(head["provider"]),
        deployment_id=str(head["deployment"]),
        usage=Usage(*(int(count) for count in head["usage"])),
        cost_usd=Decimal(head["cost_usd"]),
        created_at=float(head["created_at"]),
    )
