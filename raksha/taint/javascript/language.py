"""JavaScript and TypeScript as the engine sees them."""

from __future__ import annotations

from raksha.taint.javascript import entries, semantics
from raksha.taint.javascript.fixes import suggest
from raksha.taint.javascript.lowering import lower
from raksha.taint.javascript.models import guards, settings, sinks, sources, values
from raksha.taint.javascript.models.tables import Table, merged
from raksha.taint.javascript.naming import BUILTINS, Imports
from raksha.taint.library import Language

# Of several models the first makes the result, so what makes data safe comes before plain texts.
MODELS: Table = merged(sources.TABLE, guards.TABLE, sinks.TABLE, settings.TABLE, values.TABLE)
TYPES = {
    "str": "String", "bytes": "Buffer", "int": "Number", "float": "Number", "bool": "Boolean", "null": "",
    "list": "Array", "tuple": "Array", "set": "Set", "dict": "Object", "function": "Function", "generator": "Array",
}  # fmt: skip

JAVASCRIPT = Language(
    name="javascript",
    lower=lower,
    models=MODELS,
    resolver=Imports(),
    entry=entries.entry,
    binary=semantics.binary,
    compare=semantics.compare,
    unary=semantics.unary,
    truth=semantics.truth,
    text=semantics.text,
    index=semantics.index,
    slice=semantics.slice_,
    types=TYPES,
    builtins=BUILTINS,
    supers={"path.Resolved": ("String",)},
    self_first=False,
    this_names=("this",),
    super_names=("super",),
    constructor="constructor",
    catches_all=frozenset(),
    no_taint_types=frozenset({"number", "boolean", "Number", "Boolean", "Date", "ObjectId"}),
    empty_is_false=False,
    ordering_proves_number=False,
    enters_lambdas=True,
    whole="module.exports",
    checks=settings.CHECKS,
    fix=suggest,
)
