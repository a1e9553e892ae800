"""Methods of classes that frameworks call: Django's and DRF's views, Tornado, Falcon, Flask's MethodView, aiohttp."""

from __future__ import annotations

from raksha.taint import ir
from raksha.taint.library import Context, Entry, Makes, Source
from raksha.taint.python.entries.places import ASKED, NOTHING, PATH
from raksha.taint.python.entries.routes import PAGE, imports
from raksha.taint.python.words import words

VERBS = words("get post put delete patch head options trace")
ACTIONS = words(
    "list retrieve create update partial_update destroy dispatch get_queryset get_context_data form_valid get_object"
    " perform_create perform_update get_redirect_url http_method_not_allowed render_to_response get_success_url"
    " form_invalid get_serializer_context prepare initialize has_permission"
)
RESPONDERS = frozenset(f"on_{verb}" for verb in VERBS)
SERVED = frozenset(f"do_{verb.upper()}" for verb in VERBS)
VIEW_ENDINGS = ("View", "ViewSet", "ViewSetMixin", "APIView", "RequestHandler", "Resource", "HTTPEndpoint", "Handler",
                "Mixin", "MethodView", "Endpoint", "Controller")  # fmt: skip
RETURNS_TEXT = ("MethodView", "View")
VALIDATED = Source("data of a validated form")


def class_entry(context: Context, function: ir.Function) -> Entry | None:
    if not context.classes:
        return None
    owner = context.classes[-1]
    names = [param.name for param in function.params if param.name not in ("self", "cls")]
    if function.name in RESPONDERS and len(names) >= 2:
        others = {name: PATH for name in names[2:]}
        return Entry(params={names[0]: ASKED, names[1]: Makes("web.Response", args=()), **others})
    if function.name in SERVED:
        return Entry()
    if not is_view(owner):
        return None
    if function.name in VERBS or function.name in ACTIONS or _is_action(function):
        return _of_view(context, owner, function)
    return None


def is_view(owner: ir.Class) -> bool:
    """Tell a class of handlers by what it inherits from."""
    return any(name.endswith(VIEW_ENDINGS) for name in map(_last, owner.bases))


def _of_view(context: Context, owner: ir.Class, function: ir.Function) -> Entry:
    params: dict[str, Source | Makes] = {}
    for param in function.params:
        if param.name in ("request", "req"):
            params[param.name] = ASKED
        elif param.type in ("int", "float", "bool", "UUID", "uuid.UUID") or param.name in ("pk", "format", "form",
                "queryset", "serializer", "context", "obj"):  # fmt: skip
            params[param.name] = NOTHING
    own = [param.name for param in function.params if param.name != "self"]
    if function.name in VERBS and own and imports(context.module, ("django", "rest_framework", "starlette")):
        params[own[0]] = ASKED
    is_flask = any(_last(base) in RETURNS_TEXT for base in owner.bases) and imports(
        context.module, ("flask",)
    )
    others = PATH if function.name in VERBS or _is_action(function) else None
    return Entry(params=params, others=others, returns=(PAGE,) if is_flask else ())


def _is_action(function: ir.Function) -> bool:
    """DRF's extra actions are marked."""
    marks = [mark.callee if isinstance(mark, ir.Call) else mark for mark in function.decorators]
    return any(_last(mark) in ("action", "detail_route", "list_route") for mark in marks)


def _last(node: ir.Expr) -> str:
    match node:
        case ir.Name(id=name) | ir.Attr(name=name):
            return name
        case ir.Index(value=value):
            return _last(value)
    return ""
