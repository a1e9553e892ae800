"""Functions that only their signature tells: Django's views, WSGI and ASGI programs, functions of a cloud."""

from __future__ import annotations

import re
from dataclasses import dataclass

from raksha.taint import ir
from raksha.taint.library import Context, Entry, Makes, Source
from raksha.taint.python.entries.places import ASKED, NOTHING, PATH
from raksha.taint.python.entries.routes import PAGE, imports, numeric_parts
from raksha.taint.python.walking import walk
from raksha.taint.python.words import words

REQUESTS = ("request", "req", "http_request")
TYPED = ("HttpRequest", "Request", "WSGIRequest", "ASGIRequest", "HTTPServerRequest")
# What frameworks pass to handlers of errors, and helpers to each other.
OWN_NAMES = words(
    "exception exc exc_type exc_value tb template_name status_code reason response extra_context context form user"
    " queryset obj model instance session settings config"
)
EVENT = Source("event from outside")
ROUTERS = words(
    "path re_path url add_url_rule add_route add_api_route add_get add_post add_put add_delete Route add_view"
)
FLASKS = ("flask", "quart")
RESPONDING = frozenset({"django.http", "django.shortcuts", "rest_framework.response", "django.http.response"})
DIGITS = re.compile(r"\(\?P<(\w+)>(?:\\d|\[0-9\])[+*\d{},]*\)")


def plain_entry(context: Context, function: ir.Function) -> Entry | None:
    names = [param.name for param in function.params if param.name not in ("self", "cls")]
    if names[:2] == ["environ", "start_response"] and not context.classes:
        return Entry(params={"environ": Source("request"), "start_response": NOTHING})
    if names[:2] == ["scope", "receive"] and not context.classes:
        return Entry(params={"scope": Source("request")})
    if names[:2] == ["event", "context"] and not context.classes:
        return Entry(params={"event": EVENT, "context": NOTHING})
    return _view(context, function)


def _view(context: Context, function: ir.Function) -> Entry | None:
    """A function that gets a request. When the file never calls it itself, URLs do, and what it takes besides
    comes from the path.
    """
    own = [param for param in function.params if param.name not in ("self", "cls")]
    params: dict[str, Source | Makes] = {param.name: ASKED for param in own if _is_request(param)}
    may_be_view = bool(own) and not params and not context.classes and imports(context.module, ("django",))
    if may_be_view and function.name in routes_of(context.module).numbers:
        params[own[0].name] = ASKED  # the first is the request, whatever it is called
    if not params:
        return _added_route(context, function)
    if own[0].name in params and not context.classes and not function.name.startswith("_"):
        known = routes_of(context.module)
        if function.name not in known.called and (known.is_views or function.name in known.numbers):
            numbers = known.numbers.get(function.name, frozenset())
            for param in own[1:]:
                is_text = param.default is None and not param.kind and param.name not in numbers | OWN_NAMES
                params[param.name] = PATH if is_text and param.type in ("", "str") else NOTHING
    return Entry(params=params)


def _added_route(context: Context, function: ir.Function) -> Entry | None:
    """A function without a request that the file itself adds as a route, as Flask's are."""
    known = routes_of(context.module)
    if context.classes or function.name not in known.numbers or not imports(context.module, FLASKS):
        return None
    numbers = known.numbers[function.name]
    params = {param.name: NOTHING if param.name in numbers else PATH for param in function.params}
    return Entry(params=params, returns=(PAGE,))


def _is_request(param: ir.Param) -> bool:
    return param.name in REQUESTS or param.type.rpartition(".")[2] in TYPED


@dataclass(frozen=True, slots=True)
class Routes:
    """What a file says of its views. called: functions it calls by name. numbers: view -> path parts that are numbers.

    is_views: it makes responses, so that its functions of a request are likely views.
    """

    module: ir.Module
    called: frozenset[str]
    numbers: dict[str, frozenset[str]]
    is_views: bool


LATEST: list[Routes] = []


def routes_of(module: ir.Module) -> Routes:
    """Return the routes of a file; the latest one asked for is kept."""
    latest = LATEST[-1] if LATEST else None
    if latest is None or latest.module is not module:
        latest = _read(module)
        LATEST[:] = [latest]
    return latest


def _read(module: ir.Module) -> Routes:
    called: set[str] = set()
    numbers: dict[str, frozenset[str]] = {}
    for node in walk(module.body):
        if not isinstance(node, ir.Call):
            continue
        if isinstance(node.callee, ir.Name):
            called.add(node.callee.id)
        name = node.callee.id if isinstance(node.callee, ir.Name) else getattr(node.callee, "name", "")
        if name in ROUTERS and len(node.args) > 1:
            _note_route(node, numbers)
    return Routes(module, frozenset(called), numbers, any(map(_makes_responses, module.body)))


def _note_route(node: ir.Call, numbers: dict[str, frozenset[str]]) -> None:
    """Note which function `path("<int:n>", view)` or `add_url_rule("/<n>", view_func=view)` names."""
    rule = next((arg.value.value for arg in node.args if isinstance(arg.value, ir.Const)), None)
    if not isinstance(rule, str):
        return
    found = frozenset(numeric_parts(rule) | set(DIGITS.findall(rule)))
    for arg in node.args:
        if isinstance(arg.value, ir.Name | ir.Attr):
            numbers[arg.value.id if isinstance(arg.value, ir.Name) else arg.value.name] = found


def _makes_responses(stmt: ir.Stmt) -> bool:
    return isinstance(stmt, ir.Import) and stmt.module in RESPONDING
