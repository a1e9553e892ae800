"""Checks after which a value is safe, and functions that make it so."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.javascript.models.tables import MARKUP, Table, merged, names
from raksha.taint.library import RECEIVER, Called, Clean, Container, Guard, NoReturn, Passes, Sanitizer

TEXTS = kinds.mask(kinds.NOSQL, kinds.POLLUTION)
LINES = kinds.mask(kinds.HEADER, kinds.LOG, kinds.EMAIL)
HOSTS = kinds.mask(kinds.REDIRECT, kinds.SSRF)
FIXED_HOST = re.compile(r"https?://[\w.-]+/|/(?![/\\])$")
OPEN_CLASS = re.compile(r"\[\^|\\[SDW]|(?<!\\)\.")
CLASS = re.compile(r"\[((?:\\.|[^\]\\])*)\]")
ENDS = {"..": kinds.PATH.bit, "../": kinds.PATH.bit, "/": kinds.PATH.bit, "<": kinds.XSS.bit, "\n": LINES, "\r": LINES,
        "//": kinds.REDIRECT.bit, "\0": 0, "'": kinds.SQL.bit}  # fmt: skip


def pattern_kinds(pattern: object) -> int:
    """Return the kinds a text is safe for when a pattern matches it from end to end."""
    if not isinstance(pattern, str):
        return 0
    body = re.sub(r"^\(\?[ims]+\)", "", pattern)
    if not (body.startswith("^") and body.endswith("$")) or "|" in body and not body.startswith("^("):
        return 0
    inside = "".join(CLASS.findall(body))
    outside = CLASS.sub("", body[1:-1])
    if OPEN_CLASS.search(outside) or "[^" in body or re.search(r"\\[SDWs]", body):
        return 0
    allowed = re.sub(r"\w-\w|\\[wdbB]|\\(?=.)", "", inside)
    letters = set(allowed) | set(re.sub(r"\\[wd]|[(){}?*+|\w,:]|\\(?=.)", "", outside))
    if not letters - set("-_. @"):
        return kinds.ALL
    return kinds.ALL & ~kinds.mask(kinds.PATH, *_left(letters)) if not letters & set("'\"<>`;&$|\n") else 0


def _left(letters: set[str]) -> tuple[kinds.Kind, ...]:
    return (kinds.REDIRECT, kinds.SSRF) if "/" in letters else ()


def _tested(called: Called) -> int:
    """`/^\\w+$/.test(x)`: the pattern is the receiver."""
    given = called.receiver.consts if called.receiver is not None else None
    return pattern_kinds(given[0]) if given and len(given) == 1 else 0


def _matched(called: Called) -> int:
    given = called.constants(0)
    return pattern_kinds(given[0]) if given and len(given) == 1 else 0


def _listed(called: Called) -> int:
    """A list that carries no taint holds the value."""
    holder = called.receiver
    return kinds.ALL if holder is not None and not called.world.deep(holder).flows else 0


def _absent(called: Called) -> int:
    given = called.constants(0)
    return ENDS.get(str(given[0]), 0) if given and len(given) == 1 else 0


def _started(called: Called) -> int:
    """A text that starts with a fixed host, or a resolved path that starts with anything fixed."""
    start = called.arg(0)
    if start is None or start.flows:
        return 0
    if called.receiver is not None and called.receiver.type == "path.Resolved":
        return kinds.PATH.bit
    return (
        HOSTS if all(isinstance(one, str) and FIXED_HOST.match(one) for one in start.consts or ("",)) else 0
    )


def _is_one_line(called: Called) -> int:
    """What replacing a pattern everywhere makes safe."""
    given = called.constants(0)
    pattern = given[0] if given and len(given) == 1 else None
    if not isinstance(pattern, str):
        return 0
    if re.search(r"\[\^[\w\\ .-]*\]", pattern) or pattern == r"\W":
        return kinds.ALL
    cleared = 0
    if "\\n" in pattern or "\n" in pattern:
        cleared |= LINES
    if "<" in pattern:
        cleared |= MARKUP
    if "'" in pattern:
        cleared |= kinds.SQL.bit
    return cleared | (kinds.PATH.bit if "\\.\\." in pattern or "\\/" in pattern else 0)


TABLE: Table = merged(
    names("Set.has", Container("contains")), names("Map.has", Container("contains_key")),
    names("Array. includes", Container("contains")), names("Array. indexOf", Container("index_of")),
    names("*. includes has", Guard(0, (0,), decide=_listed), Guard(0, (RECEIVER,), on="false", decide=_absent), Clean()),
    names("String.includes", Guard(0, (0,), decide=_listed), Guard(0, (RECEIVER,), on="false", decide=_absent)),
    names("String.startsWith", Guard(0, (RECEIVER,), decide=_started), Guard(0, (RECEIVER,), on="false", decide=_absent)),
    names("*. hasOwnProperty", Guard(0, (0,), decide=_listed), Clean()),
    names("Object. hasOwn", Guard(kinds.ALL, (1,)), Clean()),
    names("*.test String.test RegExp.test", Guard(0, (0,), decide=_tested), Clean()),
    names("String.match *.match", Guard(0, (RECEIVER,), decide=_matched)),
    names("*.startsWith", Guard(0, (RECEIVER,), decide=_started),
          Guard(0, (RECEIVER,), on="false", decide=_absent), Clean()),
    names("Number. isInteger isSafeInteger isFinite", Guard(kinds.ALL), Clean()),
    names("isNaN Number.isNaN", Clean()),
    names("validator|validator.default. isAlphanumeric isAlpha isInt isNumeric isUUID isMongoId isIn isBoolean isIP isHexadecimal",
          Guard(kinds.ALL), Clean()),
    {"typeof string": (Guard(TEXTS), Clean()), "typeof number": (Guard(kinds.ALL), Clean()),
     "typeof boolean": (Guard(kinds.ALL), Clean())},
    names("parseInt parseFloat Number Boolean Number.parseInt Number.parseFloat BigInt", Clean("Number")),
    names("Number. toFixed toString", Clean("String")),
    names("String String.toString *.toString", Sanitizer(TEXTS, (RECEIVER, 0), "String")),
    names("encodeURIComponent", Sanitizer(kinds.mask(kinds.XSS, kinds.XML, kinds.PATH, kinds.HEADER, kinds.LOG, kinds.SSRF,
          kinds.REDIRECT, kinds.SQL, kinds.XPATH), (0,), "String")),
    names("encodeURI", Sanitizer(kinds.mask(kinds.HEADER, kinds.LOG), (0,), "String")),
    names("escape-html he.encode he.escape he.escapeHTML validator.escape lodash.escape _.escape underscore.escape sanitize-html"
          " DOMPurify.sanitize dompurify.sanitize isomorphic-dompurify.sanitize xss xss.filterXSS html-entities.encode"
          " Handlebars.escapeExpression handlebars.escapeExpression lodash.escape entities.escape lodash/escape",
          Sanitizer(MARKUP, (0,), "String")),
    names("mysql|mysql2|sqlstring|mysql2/promise. escape escapeId format", Sanitizer(kinds.SQL.bit, type="String")),
    names("*. escapeId escapeLiteral escapeIdentifier", Sanitizer(kinds.SQL.bit, (0,), "String")),
    names("*.escape", Sanitizer(kinds.mask(kinds.SQL, kinds.XSS), (0,), "String")),
    names("pg-format", Sanitizer(kinds.SQL.bit, type="String")),
    names("shell-quote.quote shell-escape", Sanitizer(kinds.COMMAND.bit, type="String")),
    names("lodash.escapeRegExp escape-string-regexp", Sanitizer(kinds.REGEX.bit, (0,), "String")),
    names("path.basename path.posix.basename", Sanitizer(kinds.PATH.bit, (0,), "String")),
    names("sanitize-filename", Sanitizer(kinds.PATH.bit, (0,), "String")),
    names("path|path.posix. resolve normalize join", Passes(type="path.Resolved")),
    names("fs.realpathSync fs.promises.realpath", Passes((0,), "path.Resolved")),
    names("ldap-escape.filter ldap-escape.dn ldap-escape.filter", Sanitizer(kinds.LDAP.bit, type="String")),
    names("JSON.stringify", Sanitizer(kinds.mask(kinds.NOSQL, kinds.LOG, kinds.HEADER, kinds.XSS), (0,), "String")),
    names("mongoose.Types.ObjectId mongodb.ObjectId ObjectId", Clean("ObjectId")),
    names("String|*. replace replaceAll", Sanitizer(type="String", args=(RECEIVER, 1), clears=kinds.ALL, when=lambda called: _is_one_line(called) == kinds.ALL),
          *(Sanitizer(type="String", args=(RECEIVER, 1), clears=bits, when=lambda called, bits=bits: _is_one_line(called) & bits == bits)  # type: ignore[misc]
            for bits in (MARKUP, LINES, kinds.SQL.bit, kinds.PATH.bit))),
    names("process. exit abort", NoReturn()),
)  # fmt: skip
