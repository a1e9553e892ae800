"""Routes told by a decorator: Flask, Quart, Bottle, Sanic, FastAPI, Starlette, aiohttp, DRF's api_view."""

from __future__ import annotations

import re

from raksha.taint import ir, kinds
from raksha.taint.library import Called, Context, Entry, Makes, Sink, Source
from raksha.taint.python.entries.places import ASKED, NOTHING, PATH, injected
from raksha.taint.python.words import words

VERBS = words("get post put delete patch options head trace route api_route websocket view add_route")
FILLERS = ("fastapi", "litestar", "starlite", "ninja")
CONVERTED = re.compile(r"<(?:(\w+)(?:\([^>]*\))?:)?(\w+)>")
BRACED = re.compile(r"\{(\w+)(?::(\w+))?[^}]*\}")
NUMBERS = ("int", "float", "uuid", "number", "bool", "date")
HTML_CLASSES = ("HTMLResponse",)


def _is_page(called: Called) -> bool:
    """A text that a route returns is HTML, alone or first of a tuple; lists and mappings become JSON."""
    value = called.arg(0)
    if value is None or value.type.startswith("web.Response"):
        return False
    if value.type == "tuple":
        items = called.world.items(value)
        return not items or (bool(items[0].bits & kinds.XSS.bit) and not items[0].refs)
    return bool(value.bits & kinds.XSS.bit)


PAGE = Sink(kinds.XSS, (0,), "is sent as HTML", when=_is_page)


def route_entry(context: Context, function: ir.Function) -> Entry | None:
    for mark in function.decorators:
        rule = _rule(mark)
        if rule is not None:
            return _of_route(context, function, mark, rule)
        name = _name(mark)
        if name in ("api_view", "require_http_methods", "require_GET", "require_POST", "csrf_exempt", "login_required",
                    "view_config", "require_safe", "never_cache", "cache_page", "permission_required"):  # fmt: skip
            return _first_is_request(function)
    return None


def _rule(mark: ir.Expr) -> str | None:
    """Return the route's path when the decorator is one."""
    if not isinstance(mark, ir.Call) or _name(mark) not in VERBS:
        return None
    if not isinstance(mark.callee, ir.Attr):
        return _first_text(mark) if _name(mark) in ("route", "get", "post") else None
    text = _first_text(mark)
    return text if text is None or text == "" or text[:1] in "/<{^" else None


def _first_text(mark: ir.Call) -> str | None:
    for arg in mark.args:
        if arg.name in (None, "rule", "path", "uri") and not arg.spread:
            is_text = isinstance(arg.value, ir.Const) and isinstance(arg.value.value, str)
            return str(arg.value.value) if is_text and isinstance(arg.value, ir.Const) else ""
    return None


def _of_route(context: Context, function: ir.Function, mark: ir.Expr, rule: str) -> Entry:
    if imports(context.module, FILLERS):
        params = {
            param.name: injected(context, param)
            for param in function.params
            if param.name not in ("self", "cls")
        }
        return Entry(params=params, returns=(PAGE,) if _answers_html(mark) else ())
    numbers = numeric_parts(rule)
    params = {}
    for param in function.params:
        if param.name in ("self", "cls"):
            continue
        params[param.name] = _flask_param(param, numbers)
    asked = imports(context.module, ("aiohttp", "sanic", "starlette"))
    own = [param.name for param in function.params if param.name not in ("self", "cls")]
    if asked and own:
        params[own[0]] = ASKED
    returns = () if asked else (PAGE,)
    return Entry(params=params, others=PATH, returns=returns)


def _flask_param(param: ir.Param, numbers: set[str]) -> Source | Makes:
    if param.name in ("request", "req") or param.type.rpartition(".")[2] == "Request":
        return ASKED
    return NOTHING if param.name in numbers else PATH


def numeric_parts(rule: str) -> set[str]:
    """Return the names in a route's path that can only be numbers or the like."""
    found = {name for kind, name in CONVERTED.findall(rule) if kind in NUMBERS}
    return found | {name for name, kind in BRACED.findall(rule) if kind in NUMBERS}


def _answers_html(mark: ir.Expr) -> bool:
    if not isinstance(mark, ir.Call):
        return False
    return any(arg.name in ("response_class", "default_response_class") and _last(arg.value) in HTML_CLASSES
               for arg in mark.args)  # fmt: skip


def _first_is_request(function: ir.Function) -> Entry | None:
    names = [param.name for param in function.params if param.name not in ("self", "cls")]
    if not names:
        return None
    return Entry(params={names[0]: ASKED}, others=PATH)


def imports(module: ir.Module, libraries: tuple[str, ...]) -> bool:
    return any(isinstance(stmt, ir.Import) and stmt.module.startswith(libraries) for stmt in module.body)


def _name(mark: ir.Expr) -> str:
    return _last(mark.callee) if isinstance(mark, ir.Call) else _last(mark)


def _last(node: ir.Expr) -> str:
    match node:
        case ir.Name(id=name) | ir.Attr(name=name):
            return name
    return ""
