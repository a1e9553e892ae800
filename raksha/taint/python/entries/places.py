"""What a parameter that a web framework fills holds, told by its name, annotation and default."""

from __future__ import annotations

from raksha.taint import ir
from raksha.taint.library import Context, Makes, Source
from raksha.taint.python.models.requests import REQUEST
from raksha.taint.python.words import words

PATH = Source("path parameter")
PARAMETER = Source("request parameter")
BODY = Source("content of the request")
UPLOADED = Source("uploaded file", type="web.Upload")
ASKED = Makes(REQUEST, args=())
DECLARED = Makes(args=())  # an object of the class that the parameter declares
NOTHING = Makes("web.Injected", args=())

CLEAN_TYPES = words(
    "int float bool complex UUID uuid.UUID date datetime datetime.date datetime.datetime time timedelta Decimal"
    " decimal.Decimal Enum IPv4Address IPv6Address PositiveInt NonNegativeInt NegativeInt conint confloat None"
    " UUID4 ObjectId PydanticObjectId"
)
REQUEST_TYPES = ("Request", "HttpRequest", "HTTPConnection")
FRAMEWORK_TYPES = words("Response BackgroundTasks WebSocket Session AsyncSession Depends SecurityScopes")
FILLED = {"Query": PARAMETER, "Path": PATH, "Body": BODY, "Header": PARAMETER, "Cookie": PARAMETER, "Form": PARAMETER,
          "File": UPLOADED}  # fmt: skip


def injected(context: Context, param: ir.Param) -> Source | Makes:
    """Return what a FastAPI-like framework puts into a parameter of a route."""
    last = param.type.rpartition(".")[2]
    if last in REQUEST_TYPES:
        return ASKED
    if last == "UploadFile":
        return UPLOADED
    if last == "WebSocket":
        return Makes("web.WebSocket", args=())
    if _is_clean(context, param):
        return NOTHING
    called = _marker(param)
    if called in ("Depends", "Security") and class_named(context.module, last) is not None:
        return DECLARED
    if called in ("Depends", "Security"):
        return _dependency(context, param)
    if last in FRAMEWORK_TYPES:
        return NOTHING
    model = class_named(context.module, last)
    if model is not None:
        return Source("content of the request", type=model_type(context.module, model))
    if called in FILLED:
        return FILLED[called]
    return PARAMETER


def _is_clean(context: Context, param: ir.Param) -> bool:
    if param.type in CLEAN_TYPES or param.type.rpartition(".")[2] in CLEAN_TYPES:
        return True
    if param.type.rpartition(".")[2] == "Literal":
        return True
    if isinstance(param.annotation, ir.Index) and param.type in ("list", "List", "set", "Set"):
        return isinstance(param.annotation.index, ir.Name) and param.annotation.index.id in CLEAN_TYPES
    found = class_named(context.module, param.type)
    return found is not None and any(
        _last_name(base) in ("Enum", "StrEnum", "IntEnum") for base in found.bases
    )


def _marker(param: ir.Param) -> str:
    """Return the function of `= Query(...)` or of `Annotated[str, Query(...)]`."""
    if isinstance(param.default, ir.Call):
        return _last_name(param.default.callee)
    match param.annotation:
        case ir.Index(index=ir.Sequence(items=items)):
            for item in items[1:]:
                if isinstance(item.value, ir.Call):
                    return _last_name(item.value.callee)
    return ""


def _dependency(context: Context, param: ir.Param) -> Source | Makes:
    """A dependency of the same file that takes texts from the request hands them on."""
    call = param.default if isinstance(param.default, ir.Call) else None
    if call is None and isinstance(param.annotation, ir.Index):
        index = param.annotation.index
        marks = index.items if isinstance(index, ir.Sequence) else ()
        call = next((mark.value for mark in marks if isinstance(mark.value, ir.Call)), None)
    given = call.args[0].value if call is not None and call.args else None
    if not isinstance(given, ir.Name):
        return NOTHING
    for stmt in context.module.body:
        if isinstance(stmt, ir.Function) and stmt.name == given.id:
            takes = [injected(context, inner) for inner in stmt.params if _marker(inner) != "Depends"]
            is_text = any(isinstance(place, Source) for place in takes) and not stmt.is_generator
            return PARAMETER if is_text else NOTHING
    return NOTHING


def _last_name(node: ir.Expr) -> str:
    match node:
        case ir.Name(id=name) | ir.Attr(name=name):
            return name
    return ""


def class_named(module: ir.Module, name: str) -> ir.Class | None:
    """Return the class of that name at the top of the file."""
    return next((stmt for stmt in module.body if isinstance(stmt, ir.Class) and stmt.name == name), None)


def model_type(module: ir.Module, model: ir.Class) -> str:
    """Return a type that says which fields of a model hold no text: "web.Model<age,price>"."""
    clean: set[str] = set()
    waiting, seen = [model], {model.name}
    while waiting:
        at = waiting.pop()
        for stmt in at.body:
            if isinstance(stmt, ir.Assign) and stmt.type in CLEAN_TYPES:
                clean.update(target.id for target in stmt.targets if isinstance(target, ir.Name))
        for base in at.bases:
            found = class_named(module, _last_name(base))
            if found is not None and found.name not in seen:
                seen.add(found.name)
                waiting.append(found)
    return f"web.Model<{','.join(sorted(clean))}>"
