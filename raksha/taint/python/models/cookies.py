"""Flags of cookies."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint import kinds
from raksha.taint.library import Called, Check, Report
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import Value


def _is_off(value: Value | None) -> bool:
    """A flag that is left out, or surely false. What a setting decides is not for us to tell."""
    return value is None or (value.consts is not None and bool(value.consts) and not any(value.consts))


def _flags(called: Called) -> Iterator[Report]:
    if called.more:
        return
    if _is_off(called.arg("secure")):
        yield Report(kinds.INSECURE_COOKIE)
    httponly = called.arg("httponly")
    if httponly is not None and _is_off(httponly):
        yield Report(kinds.COOKIE_SCRIPT)
    if called.is_only("None", "samesite") and _is_off(called.arg("secure")):
        yield Report(kinds.COOKIE_SITE)


def _handler_flags(called: Called) -> Iterator[Report]:
    """Tornado hands other names on to the cookie."""
    if _is_off(called.arg("secure")) and not called.more:
        yield Report(kinds.INSECURE_COOKIE)


TABLE: Table = merged(
    names(Check(_flags), "web.Response. set_cookie set_signed_cookie", "*. set_cookie set_signed_cookie"),
    names(Check(_handler_flags), "web.View. set_cookie set_secure_cookie set_signed_cookie"),
)
