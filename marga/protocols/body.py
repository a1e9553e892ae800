"""Change one name in a client's body and leave every other byte as it was. Pure."""

from __future__ import annotations

import re

import orjson

MOST_PLACES = 8
"""Places that are tried; a body that says "model" more often is written anew."""

_MODEL = re.compile(rb'"model"\s*:\s*("(?:[^"\\]|\\.)*")')


def renamed(body: bytes, old: str, new: str) -> bytes | None:
    """Return body with its model called new, or None where the place cannot be found for certain.

    The only place in a body without escapes is the right one. Where the word stands in a tool's arguments too, or where
    a key might be written with escapes, each place is tried and the whole body read again: one change and no other.
    """
    places = list(_MODEL.finditer(body))
    if len(places) == 1 and b"\\u" not in body:
        return _spliced(body, places[0], new) if orjson.loads(places[0][1]) == old else None
    if not places or len(places) > MOST_PLACES:
        return None
    payload = orjson.loads(body)
    wanted, found = {**payload, "model": new}, None
    for place in places:
        spliced = _spliced(body, place, new)
        said = orjson.loads(spliced)
        if said == payload:
            return None  # a later key hides this one from us, and perhaps not from the provider
        if said == wanted and orjson.loads(place[1]) == old:
            found = spliced
    return found


def _spliced(body: bytes, place: re.Match[bytes], new: str) -> bytes:
    return body[: place.start(1)] + orjson.dumps(new) + body[place.end(1) :]
