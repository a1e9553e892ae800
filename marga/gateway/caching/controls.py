"""What the key allows and the request asks of the caches. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

OFF, SAFE, EXACT, SEMANTIC = "off", "safe", "exact", "semantic"
BY_LEVEL = (OFF, SAFE, EXACT, SEMANTIC)
LEVELS = {mode: level for level, mode in enumerate(BY_LEVEL)}
REFRESH = "refresh"
LONGEST_TTL = 30 * 86_400


class Controls(NamedTuple):
    """mode: off, safe, exact or semantic; may_read: a kept answer will do; ttl_seconds: how old one may be."""

    mode: str
    may_read: bool
    ttl_seconds: int


DISABLED = Controls(OFF, may_read=False, ttl_seconds=0)


def controls(rule: str, ttl_seconds: int, header: Callable[[str], str | None]) -> Controls:
    """Return what applies to one request.

    rule, ttl_seconds: of the key; the request can ask for less (a lower level, a shorter time), never for more.
    header: returns a request header by its lower-case name, or None. A value that is not understood turns the cache
    off: nobody is served a kept answer by mistake.
    """
    allowed = LEVELS.get(rule, 0)
    if not allowed or ttl_seconds <= 0:
        return DISABLED
    asked = (header("x-marga-cache") or "").strip().lower()
    directives = {part.strip().lower() for part in (header("cache-control") or "").split(",")}
    if "no-store" in directives or (asked and asked != REFRESH and asked not in LEVELS):
        return DISABLED
    level = min(allowed, LEVELS.get(asked, allowed))
    seconds = _seconds(header("x-marga-cache-ttl"), min(ttl_seconds, LONGEST_TTL))
    if not level or not seconds:
        return DISABLED
    return Controls(
        BY_LEVEL[level], may_read=asked != REFRESH and "no-cache" not in directives, ttl_seconds=seconds
    )


def _seconds(text: str | None, most: int) -> int:
    if text is None:
        return most
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else 0
