"""Carry one protocol's sealed reasoning through another protocol's field for it, and know it again. Pure.

A provider takes its own sealed reasoning back only as it gave it: a Messages thinking block by its signature, a
Responses reasoning item by its id and encrypted content. A client of another protocol must hand it back in the next
turn of a tool loop, so the answer's writer puts it, sealed, into the field which that client returns untouched
(`signature` or `data`, `encrypted_content`) and the request's reader opens it again.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import orjson

_MARK = "marga1."


class Sealed(NamedTuple):
    """Reasoning that only one protocol's providers can read.

    protocol: `messages` or `responses`.
    signature: of a thinking block. data: of a redacted block, or an item's encrypted content. item_id: of an item.
    """

    protocol: str
    signature: str = ""
    data: str = ""
    item_id: str = ""


def seal(sealed: Sealed) -> str:
    """Return one printable text that holds sealed."""
    return _MARK + base64.urlsafe_b64encode(orjson.dumps(list(sealed))).decode()


def unseal(value: str) -> Sealed | None:
    """Return what seal put into value, or None if value is something else."""
    if not value.startswith(_MARK):
        return None
    try:
        held = orjson.loads(base64.urlsafe_b64decode(value[len(_MARK) :].encode()))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(held, list) or len(held) != len(Sealed._fields):
        return None
    return Sealed(*held) if all(isinstance(field, str) for field in held) else None
