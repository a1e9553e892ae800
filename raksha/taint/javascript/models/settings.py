"""Settings that are wrong whatever the data: weak algorithms, open checks, cookies without flags."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint import ir, kinds
from raksha.taint.javascript.models.tables import Table, merged, names, sink
from raksha.taint.library import Called, Check, Report
from raksha.taint.values import Value

WEAK_HASHES = frozenset({"md5", "md4", "sha1", "sha-1", "ripemd160"})
WEAK_CIPHERS = ("des", "rc4", "rc2", "bf", "3des")


def _hash(called: Called) -> Report | None:
    given = called.constants(0) or ()
    return (
        Report(kinds.WEAK_HASH) if given and all(str(one).lower() in WEAK_HASHES for one in given) else None
    )


def _cipher(called: Called) -> Report | None:
    given = called.constants(0) or ()
    is_weak = given and all(
        str(one).lower().startswith(WEAK_CIPHERS) or "-ecb" in str(one).lower() for one in given
    )
    return Report(kinds.WEAK_CIPHER) if is_weak else None


def _option(called: Called, place: int, name: str) -> Value | None:
    options = called.arg(place)
    return called.world.known(options, name) if options is not None and options.refs else None


def _cookie(called: Called) -> Iterator[Report]:
    """A cookie needs its flags; options that are not known are left alone."""
    options = called.arg(2)
    if options is not None and (not options.refs or called.world.entries(options) is None):
        return
    for name, kind in (("secure", kinds.INSECURE_COOKIE), ("httpOnly", kinds.COOKIE_SCRIPT)):
        told = _option(called, 2, name)
        if told is None or told.consts == (False,):
            yield Report(kind)


def _token(called: Called) -> Report | None:
    told = _option(called, 2, "algorithms") or _option(called, 2, "algorithm")
    if told is None:
        return None
    found = (called.world.items(told) or []) if told.refs else [told]
    return Report(kinds.UNSIGNED_TOKEN) if any(one.consts == ("none",) for one in found) else None


def _secret(called: Called) -> Report | None:
    given = called.arg(1)
    is_text = given is not None and given.is_known and isinstance(given.only, str) and bool(given.only)
    return Report(kinds.HARD_CODED) if is_text else None


def open_tls(module: ir.Module) -> Iterator[Report]:
    """Report `rejectUnauthorized: false`, wherever it stands."""
    waiting: list[object] = [module.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting.extend(node)
        elif isinstance(node, ir.Node):
            if isinstance(node, ir.Mapping):
                yield from _unchecked(node)
            waiting.extend(getattr(node, name) for name in node.__slots__ if name != "span")


def _unchecked(node: ir.Mapping) -> Iterator[Report]:
    for key, value in node.entries:
        is_named = isinstance(key, ir.Const) and key.value == "rejectUnauthorized"
        if is_named and isinstance(value, ir.Const) and value.value is False:
            yield Report(kinds.CERTIFICATE, node=value)


TABLE: Table = merged(
    names("crypto. createHash", Check(_hash)),
    names("crypto. createCipher createCipheriv createDecipher createDecipheriv", Check(_cipher)),
    names("web.Response. cookie setCookie", Check(_cookie)),
    names("jsonwebtoken. sign verify", Check(_token), Check(_secret)),
    names(
        "js-yaml.load",
        sink(kinds.DESERIALIZATION, "is turned into objects", when=lambda called: called.has(1)),
    ),
)
CHECKS = (open_tls,)
