"""Text: its methods folded on constants, encoders that carry taint on, and rewriting that makes it safe."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

from raksha.taint import kinds
from raksha.taint.library import EVERY, RECEIVER, Called, Fold, Hook, Makes, Passes
from raksha.taint.python.arithmetic import LONG_WIDTH, TooMuch, binary
from raksha.taint.python.models.patterns import cleaned
from raksha.taint.python.models.tables import Table, merged, names
from raksha.taint.values import LONGEST_TEXT, Constant, Value, constant, without

SAME = "lower casefold swapcase capitalize title"  # text that may change its letters
ENDS = "strip lstrip rstrip removeprefix removesuffix"
LISTS = "split rsplit splitlines partition rpartition"
TESTS = "isdigit isnumeric isdecimal isalpha isalnum isidentifier isascii islower isupper isspace istitle"
BRACES = re.compile(r"\{\{|\}\}|\{(\w*)(?:[.\[][^{}]*)?(?:![rsa])?(?::[^{}]*)?\}")
PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*[\d.]*([a-zA-Z%])")
# What stays possible for text in which a certain character was replaced.
REPLACED = {
    "\n": kinds.mask(kinds.LOG, kinds.HEADER, kinds.EMAIL), "\r": kinds.mask(kinds.LOG, kinds.HEADER, kinds.EMAIL),
    "\r\n": kinds.mask(kinds.LOG, kinds.HEADER, kinds.EMAIL), "<": kinds.mask(kinds.XSS, kinds.XML),
    "'": kinds.mask(kinds.XPATH, kinds.SQL), "/": kinds.PATH.bit,
}  # fmt: skip


def bounded(function: Callable[..., Any]) -> Callable[..., Constant]:
    """Refuse numbers that would make text long, before it is made."""

    def fold(*values: Any, **more: Any) -> Constant:
        for value in (*values[1:], *more.values()):
            if isinstance(value, int) and not isinstance(value, bool) and abs(value) > LONGEST_TEXT:
                raise TooMuch(function.__name__)
        result = function(*values, **more)
        if result is not None and not isinstance(result, str | bytes | int | float):
            raise TooMuch(function.__name__)
        return result

    return fold


def _format(form: str, *values: Constant, **more: Constant) -> Constant:
    if LONG_WIDTH.search(form.replace("{", "%").replace(":", "")) or any(
        part in form for part in (".__", "[__")
    ):
        raise TooMuch("format")
    return form.format(*values, **more)


CODINGS = frozenset({"utf-8", "utf8", "ascii", "latin-1", "iso-8859-1", "utf-16", "UTF-8", "UTF8"})


def _encoded(value: Any, coding: str) -> bytes:
    if not isinstance(value, str | bytes) or coding not in CODINGS:
        raise TooMuch("encode")
    return value if isinstance(value, bytes) else value.encode(coding)


def _decoded(data: bytes, coding: str) -> str:
    if coding not in CODINGS:
        raise TooMuch("decode")
    return data.decode(coding)


def _shown(value: Constant) -> str:
    return repr(value) if isinstance(value, bytes) else str(value)


def _replaced(called: Called) -> Value | None:
    """`text.replace("\\n", "")` makes a log safe, and the like."""
    old, receiver = called.arg(0), called.receiver
    if (
        receiver is None
        or not receiver.flows
        or old is None
        or not old.is_known
        or not isinstance(old.only, str)
    ):
        return None
    cleared = REPLACED.get(old.only, 0)
    new = called.arg(1)
    made = called.world.join(receiver, *(value for value in (new,) if value is not None))
    return without(made.but(consts=None, head="", symbol=0), cleared)


def _filled(called: Called) -> Value | None:
    """`"{1}".format(a, b)` carries only what it shows."""
    form = called.receiver
    if form is None or not form.is_known or not isinstance(form.only, str) or called.more:
        return None
    shown: list[Value] = []
    count = 0
    for hole in BRACES.finditer(form.only):
        if hole.group() in ("{{", "}}"):
            continue
        key = hole.group(1) or str(count)
        count += not hole.group(1)
        value = called.arg(int(key) if key.isdigit() else key)
        if value is None:
            return None
        shown.append(value)
    text = form.only
    return _joined(
        called,
        text.partition("{")[0],
        shown,
        lambda: _format(
            text, *map(_known, called.args), **{key: _known(one) for key, one in called.keywords.items()}
        ),
    )


def _interpolated(called: Called) -> Value | None:
    """`"%s %d" % (a, b)` carries what it shows; a number is no text."""
    form, given = called.receiver, called.arg(0)
    if form is None or given is None or not form.is_known or not isinstance(form.only, str):
        return None
    world = called.world
    holes = [hole for hole in PERCENT.finditer(form.only) if hole.group(2) != "%"]
    items = world.items(given) if given.type == "tuple" else [given]
    if any(hole.group(1) for hole in holes):
        values = [world.known(given, hole.group(1)) if given.refs else None for hole in holes]
    else:
        values = list(items) if items is not None and len(items) == len(holes) else [None]
    shown = [
        value
        for value, hole in zip(values, holes, strict=False)
        if value is not None and hole.group(2) in "sra"
    ]
    text = form.only
    if None in values:
        return None
    named = {
        hole.group(1): _known(value) for hole, value in zip(holes, values, strict=True) if value is not None
    }
    plain = tuple(_known(value) for value in values if value is not None)
    return _joined(
        called,
        text.partition("%")[0],
        shown,
        lambda: binary("%", text, named if None not in named else plain),
    )


def _joined(called: Called, head: str, shown: list[Value], compute: Callable[[], Constant]) -> Value | None:
    if all(value.is_known for value in shown):
        try:
            return constant(compute())
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
            return None
    deep = [called.world.deep(value) for value in shown]
    made = Value(flows=called.world.join(*deep).flows, type="str", head=head)
    return called.world.step(made, "becomes part of a string", called.node) if made.flows else made


def _known(value: Value) -> Constant:
    return value.only if value.is_known else ""


def _path_text(called: Called) -> Value | None:
    """The text of a path is checked like the path itself."""
    path = called.arg(0)
    if path is None or path.type not in ("pathlib.Path", "path.Resolved") or not path.flows:
        return None
    kind = "path.Real" if path.type == "path.Resolved" else "str"
    return Value(flows=path.flows, type=kind, symbol=path.symbol)


def _methods(words: str, *types: type) -> Table:
    return {
        f"{kind.__name__}.{word}": Fold(bounded(getattr(kind, word)))
        for kind in types
        for word in words.split()
        if hasattr(kind, word)
    }


def _b64(function: Callable[..., bytes]) -> Fold:
    return Fold(lambda data, *_: function(data))


TABLE: Table = merged(
    _methods(f"upper {SAME} {ENDS} center ljust rjust zfill expandtabs", str, bytes),
    {f"{kind}.{word}": Fold(bounded(getattr(str if kind == "str" else bytes, word)), clears=-1)
     for kind in ("str", "bytes") for word in ("find", "rfind", "index", "rindex", "count", "startswith", "endswith")},
    {f"str.{word}": Fold(bounded(getattr(str, word)), clears=-1) for word in TESTS.split()},
    names((Hook(_replaced), Fold(bounded(str.replace))), "str.replace"),
    names(Fold(bounded(bytes.replace)), "bytes.replace"),
    names(Hook(_replaced), "*.replace"),
    names(Fold(lambda text, coding="utf-8", errors="strict": _encoded(text, coding), type="bytes"), "str.encode"),
    names(Fold(lambda data, coding="utf-8", errors="strict": _decoded(data, coding), type="str"), "bytes.decode"),
    names((Hook(_filled), Fold(_format)), "str.format"),
    names(Hook(_interpolated), "str.%"),
    names(Passes(), "str. format_map translate", f"str. {LISTS}", f"bytes. {LISTS}", "str.maketrans"),
    names(Passes(type="str"), "*. decode strip lstrip rstrip lower upper title capitalize hex"),
    names(Fold(format), "format"),
    names(Fold(repr, clears=kinds.mask(kinds.LOG, kinds.HEADER)), "repr ascii"),
    names((Hook(_path_text), Fold(lambda value="", *_: _shown(value), clears=kinds.NOSQL.bit, type="str")), "str"),
    names(Fold(lambda value=b"", coding="utf-8", *_: _encoded(value, coding), type="bytes"), "bytes bytearray"),
    # Encoders: the taint comes back when it is decoded, so it never leaves.
    names(_b64(base64.b64encode), "base64. b64encode standard_b64encode encodebytes encodestring"),
    names(_b64(base64.urlsafe_b64encode), "base64.urlsafe_b64encode"),
    names(_b64(base64.b64decode), "base64. b64decode standard_b64decode decodebytes decodestring"),
    names(_b64(base64.urlsafe_b64decode), "base64.urlsafe_b64decode"),
    names(_b64(base64.b32encode), "base64.b32encode"), names(_b64(base64.b32decode), "base64.b32decode"),
    names(_b64(base64.b16encode), "base64.b16encode"), names(_b64(base64.b85encode), "base64.b85encode"),
    names(Fold(lambda data: binascii.hexlify(data)), "binascii.hexlify"),
    names(Fold(lambda data: binascii.unhexlify(data)), "binascii.unhexlify bytes.fromhex"),
    names(Fold(lambda text: html.unescape(text)), "html.unescape"),
    names(Fold(lambda text, *_: urllib.parse.unquote(text)), "urllib.parse.unquote"),
    names(Fold(lambda text, *_: urllib.parse.unquote_plus(text)), "urllib.parse.unquote_plus"),
    names(Fold(json.dumps), "json.dumps"),
    names(Passes(), "json. loads load dump", "simplejson. loads dumps", "orjson. loads dumps", "ujson. loads dumps",
          "ast.literal_eval yaml.safe_load yaml.safe_load_all csv.reader csv.DictReader tomllib.loads", "copy. copy deepcopy",
          "textwrap. dedent indent fill shorten wrap", "codecs. encode decode", "string.Template", "html.parser.HTMLParser",
          "unicodedata.normalize zlib.compress zlib.decompress gzip.compress gzip.decompress struct.pack struct.unpack",
          "pprint.pformat collections.Counter types.SimpleNamespace"),
    names(Makes("io.Buffer"), "io. StringIO BytesIO TextIOWrapper BufferedReader", "StringIO.StringIO cStringIO.StringIO"),
    names(Passes(args=(RECEIVER,)), "io.Buffer. getvalue read readline readlines getbuffer"),
    names(Passes(into=(RECEIVER,)), "io.Buffer. write writelines"),
    names(Passes(args=(RECEIVER, EVERY)), "string.Template. substitute safe_substitute"),
    names((Hook(cleaned), Passes(args=(1, 2, "string", "repl"))), "re. sub subn"),
    names((Hook(cleaned), Passes(args=(0, 1))), "re.Pattern. sub subn"),
    names(Passes(args=(1, "string")), "re. match fullmatch search findall finditer split"),
    names(Passes(args=(0,)), "re.Pattern. match fullmatch search findall finditer split"),
    names(Passes(args=(RECEIVER,)), "*. group groups groupdict"),
)  # fmt: skip
