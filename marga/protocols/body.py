"""Change one name in a client's body and leave every other byte as it was. Pure."""

from __future__ import annotations

import re

import orjson

_MODEL = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')


def renamed(body: bytes, old: str, new: str) -> bytes | None:
    """Return body with its model called new, or None where the place cannot be found for certain.

    A repeated or escaped key, or the word in a message, makes it uncertain; the caller then writes the body anew.
    """
    found = _MODEL.findall(body)
    if len(found) != 1 or b"\\u" in body or orjson.loads(found[0]) != old:
        return None
    match = _MODEL.search(body)
    if match is None:
        return None
    return body[: match.start(1)] + orjson.dumps(new) + body[match.end(1) :]
