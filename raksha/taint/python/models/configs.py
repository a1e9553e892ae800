"""configparser, entry by entry: what is read back is what was set under the same section and key."""

from __future__ import annotations

from raksha.taint.library import Called, Clean, Hook, Makes
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import Constant, Value

PARSER = "configparser.ConfigParser"


def _key(called: Called) -> str | None:
    """Return one name for section and option; options do not tell letters' case."""
    section, option = called.arg(0, "section"), called.arg(1, "option")
    if section is None or option is None or not section.is_known or not option.is_known:
        return None
    return f"{section.only!r}\0{str(option.only).lower()!r}"


def _set(called: Called) -> Value | None:
    value = called.arg(2, "value")
    if called.receiver is None or value is None:
        return None
    key: Constant = _key(called)
    if key is None:
        called.world.add(called.receiver, value)
    else:
        called.world.set(called.receiver, key, value)
    return Value(consts=(None,))


def _get(called: Called) -> Value | None:
    if called.receiver is None:
        return None
    key = _key(called)
    if key is None:
        return called.world.element(called.receiver)
    known = called.world.known(called.receiver, key)
    if known is not None:
        return known
    fallback = called.arg("fallback")
    return called.world.join(
        called.world.get(called.receiver, key), *([fallback] if fallback is not None else [])
    )


TABLE: Table = merged(
    names(Makes(PARSER, args=()), "configparser. ConfigParser RawConfigParser SafeConfigParser",
          "ConfigParser. ConfigParser RawConfigParser SafeConfigParser"),
    names(Hook(_set), f"{PARSER}.set"),
    names(Hook(_get), f"{PARSER}.get"),
    names(Clean(), f"{PARSER}. getint getfloat getboolean has_section has_option add_section"),
)  # fmt: skip
