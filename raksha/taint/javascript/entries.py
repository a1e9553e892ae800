"""Functions that a server calls: told by their parameters' names, types and decorators."""

from __future__ import annotations

from raksha.taint import ir
from raksha.taint.library import Context, Entry, Makes, Source

REQUESTS = frozenset({"req", "request", "_req"})
RESPONSES = frozenset({"res", "response", "resp", "reply", "_res", "rep", "h"})
REQUEST, RESPONSE, CONTEXT = (
    Makes("web.Request", args=()),
    Makes("web.Response", args=()),
    Makes("koa.Context", args=()),
)
INJECTED = frozenset({"Query", "Param", "Body", "Headers", "Cookies", "UploadedFile", "Ip", "HostParam"})
EVENT = Source("event from outside")
PARAMETER = Source("parameter of the request")
NUMBERS = frozenset({"number", "boolean", "Date"})
PIPES = frozenset({"ParseIntPipe", "ParseFloatPipe", "ParseBoolPipe", "ParseUUIDPipe"})


def entry(context: Context, function: ir.Function) -> Entry | None:
    names = [param.name for param in function.params]
    if len(names) == 4 and names[0] in ("err", "error", "_err", "e"):
        names = names[1:]
    injected = {param.name: told for param in function.params if (told := _injected(param)) is not None}
    if injected:
        return Entry(params=injected)
    if not names:
        return None
    if names[0] in REQUESTS and (
        len(names) == 1 or names[1] in RESPONSES or names[1] in ("next", "_", "context")
    ):
        return Entry(params={names[0]: REQUEST, **({names[1]: RESPONSE} if len(names) > 1 else {})})
    if names[0] == "ctx" and not context.classes:
        return Entry(params={"ctx": CONTEXT})
    if names[:2] == ["event", "context"]:
        return Entry(params={"event": EVENT})
    return None


def _injected(param: ir.Param) -> Source | Makes | None:
    """Return what NestJS puts into a parameter."""
    for mark in param.decorators:
        head = mark.callee if isinstance(mark, ir.Call) else mark
        word = head.id if isinstance(head, ir.Name) else ""
        if word in ("Req", "Request"):
            return REQUEST
        if word in ("Res", "Response"):
            return RESPONSE
        if word in INJECTED:
            given = mark.args if isinstance(mark, ir.Call) else ()
            is_number = any(isinstance(arg.value, ir.Name) and arg.value.id in PIPES for arg in given)
            return Makes("Number", args=()) if is_number or param.type in NUMBERS else PARAMETER
    return None
