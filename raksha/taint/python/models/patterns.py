"""Regular expressions as checks: what text that matches, or from which matches were taken, is safe for."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.library import Called
from raksha.taint.values import Value, without

CLASS = re.compile(r"\[(?!\^)(?:\\.|[^\]])*\]")
REFUSED = re.compile(r"(?:\[\^((?:\\.|[^\]])+)\]|(\\W))[+*]?")
HARMFUL = re.compile(r"(?<!\\)\.|\\[SWD]|\[\^|[<>'\"`;&$]|\\s")
# ^https://own\.example/ leaves only the path open
FIXED_HOST = re.compile(r"(?:\^|\\A)https?\??:\\?/\\?/(?:[\w-]|\\\.)+\\?/")
SLASHED = kinds.mask(kinds.PATH, kinds.SSRF, kinds.REDIRECT)


def pattern_of(called: Called) -> str | None:
    """Return the pattern of re.match(pattern, …) and of compiled.match(…), when it is known."""
    if called.name.startswith("re.Pattern."):
        pattern = called.world.known(called.receiver, "pattern") if called.receiver is not None else None
    else:
        pattern = called.arg(0, "pattern")
    known = pattern.only if pattern is not None and pattern.is_known else None
    return known if isinstance(known, str) else None


def matched_kinds(called: Called) -> int:
    """Tell what a value is safe for when it matches."""
    pattern = pattern_of(called)
    if pattern is not None and FIXED_HOST.match(pattern) and not called.name.endswith("fullmatch"):
        return kinds.mask(kinds.REDIRECT, kinds.SSRF)
    if pattern is None or (called.name.endswith("search") and not pattern.startswith(("^", "\\A"))):
        return 0
    return safe_kinds(pattern, is_whole=called.name.endswith("fullmatch"))


def unmatched_kinds(called: Called) -> int:
    """Tell what a value is safe for when nothing outside a class was found in it."""
    return _kept_kinds(pattern_of(called))


def safe_kinds(pattern: str, *, is_whole: bool) -> int:
    """Return the kinds that text matching the pattern is safe for: none unless it binds the text to its end."""
    inner = pattern.removeprefix("^").removeprefix("\\A")
    bound = inner.removesuffix("$").removesuffix("\\Z").removesuffix("\\z")
    if not is_whole and bound == inner:
        return 0
    if HARMFUL.search(CLASS.sub(_class_body, bound)):
        return 0
    return kinds.ALL & ~(SLASHED if "/" in bound else 0)


def cleaned(called: Called) -> Value | None:
    """`re.sub("[^a-z]", "", text)` leaves only what the class names."""
    at = 0 if called.name.startswith("re.Pattern.") else 1
    new, text = called.arg(at, "repl"), called.arg(at + 1, "string")
    cleared = _kept_kinds(pattern_of(called))
    if not cleared or new is None or text is None or not new.is_known:
        return None
    if not isinstance(new.only, str) or HARMFUL.search(new.only):
        return None
    return without(Value(flows=text.flows, type="str"), cleared)


def _kept_kinds(pattern: str | None) -> int:
    found = REFUSED.fullmatch(pattern) if pattern is not None else None
    if found is None:
        return 0
    kept = found.group(1) or r"\w"
    return safe_kinds(f"[{kept}]*", is_whole=True)


def _class_body(found: re.Match[str]) -> str:
    """Inside [] a dot is only a dot."""
    return found.group().replace(".", "")
