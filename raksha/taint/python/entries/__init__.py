"""How the outside calls a Python function: routes by decorator, views by signature, handlers by class."""

from __future__ import annotations

from raksha.taint import ir
from raksha.taint.library import Context, Entry
from raksha.taint.python.entries.handlers import class_entry
from raksha.taint.python.entries.plain import plain_entry
from raksha.taint.python.entries.routes import route_entry


def entry(context: Context, function: ir.Function) -> Entry | None:
    """Return what the function's parameters hold when a request calls it; None when none does."""
    return route_entry(context, function) or class_entry(context, function) or plain_entry(context, function)
