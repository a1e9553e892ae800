"""Python as the engine sees it."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint import kinds
from raksha.taint.library import Clean, Language, Model
from raksha.taint.python import arithmetic
from raksha.taint.python.audits import AUDITS
from raksha.taint.python.entries import entry
from raksha.taint.python.fixes import suggest
from raksha.taint.python.lowering import lower
from raksha.taint.python.models import MODELS
from raksha.taint.python.resolving import Imports
from raksha.taint.values import Constant

TYPES = {
    name: name
    for name in ("str", "bytes", "int", "float", "bool", "list", "tuple", "set", "dict", "generator")
}
BUILTINS = (
    "open eval exec compile input raw_input getattr setattr hasattr len int float str bytes bytearray bool repr ascii"
    " format list dict set tuple frozenset sorted reversed enumerate zip map filter min max sum abs round chr ord"
    " hash id isinstance issubclass callable iter next range vars any all exit quit execfile unicode basestring"
    " __import__ print complex divmod oct hex bin type object file reload"
)
SUPERS: dict[str, tuple[str, ...]] = {
    "path.Real": ("str",), "path.Resolved": ("pathlib.Path",), "sax.Reader": (),
    "web.Form": (), "ssh.Client": (), "django.http.HttpRequest": ("web.Request",),
}  # fmt: skip
VIEWS = ("View", "ViewSet", "APIView", "RequestHandler", "Resource", "HTTPEndpoint", "MethodView", "Endpoint",
         "WebSocketHandler", "Mixin")  # fmt: skip
REQUESTS = ("HttpRequest", "Request", "WSGIRequest", "ASGIRequest", "HTTPServerRequest", "HTTPConnection")
FORMS = ("Form", "ModelForm", "FlaskForm", "Serializer", "ModelSerializer")
HANDLERS = ("BaseHTTPRequestHandler", "SimpleHTTPRequestHandler", "CGIHTTPRequestHandler")
MODEL = "web.Model<"


class Library(dict[str, Model | tuple[Model, ...]]):
    """The models by name; fields of a request's model that hold no text are told by the model's type itself."""

    def get(self, name: str, default: object = None) -> Model | tuple[Model, ...] | None:  # type: ignore[override]
        if name.startswith(MODEL):
            clean, _, field = name[len(MODEL) :].partition(">.")
            return CLEAN if field and field in clean.split(",") else None
        return super().get(name)


CLEAN = Clean()


def lineage(type: str) -> tuple[str, ...]:
    """Return what a class outside the project is, told by how its name ends."""
    last = type.rpartition(".")[2]
    if type.startswith("web."):
        return ()
    if last in HANDLERS:
        return ("http.server.BaseHTTPRequestHandler",) if type != "http.server.BaseHTTPRequestHandler" else ()
    return tuple(_families(last))


def _families(last: str) -> Iterator[str]:
    if last in REQUESTS:
        yield "web.Request"
    if last.endswith(VIEWS):
        yield "web.View"
    if last.endswith(FORMS):
        yield "web.Form"
    if last.endswith("Response"):
        yield "web.Response"


TEXT_GUARDS: dict[str, int] = {
    "..": kinds.PATH.bit, "../": kinds.PATH.bit, "/": kinds.mask(kinds.PATH, kinds.REDIRECT), "'": kinds.mask(kinds.XPATH, kinds.SQL),
    "\n": kinds.mask(kinds.HEADER, kinds.LOG, kinds.EMAIL), "\r": kinds.mask(kinds.HEADER, kinds.LOG, kinds.EMAIL),
    "<": kinds.mask(kinds.XSS, kinds.XML), "://": kinds.SSRF.bit, "\r\n": kinds.mask(kinds.HEADER, kinds.LOG),
}  # fmt: skip


def text_guard(needle: Constant, found: bool) -> int:
    """Return the kinds a text is safe for when the needle is not in it."""
    return 0 if found or not isinstance(needle, str) else TEXT_GUARDS.get(needle, 0)


PYTHON = Language(
    name="python",
    lower=lower,
    models=Library(MODELS),
    resolver=Imports(),
    entry=entry,
    binary=arithmetic.binary,
    compare=arithmetic.compare,
    unary=arithmetic.unary,
    truth=arithmetic.truth,
    text=arithmetic.text,
    index=arithmetic.index,
    slice=arithmetic.sliced,
    types=TYPES,
    builtins={name: name for name in BUILTINS.split()},
    supers=SUPERS,
    subtype_of=lineage,
    text_guard=text_guard,
    this_names=("self", "cls"),
    no_taint_types=frozenset(
        {"int", "float", "bool", "complex", "UUID", "uuid.UUID", "datetime", "date", "Decimal"}
    ),
    checks=AUDITS,
    fix=suggest,
)
