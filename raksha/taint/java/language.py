"""Java as the engine sees it."""

from __future__ import annotations

from raksha.taint.java import entries, semantics
from raksha.taint.java.fixes import suggest
from raksha.taint.java.hierarchy import SUPERS
from raksha.taint.java.lowering import lower
from raksha.taint.java.models import (
    builders,
    collections,
    crypto,
    files,
    injection,
    network,
    properties,
    safety,
    servlet,
    spring,
    streams,
    text,
    xml,
)  # fmt: skip
from raksha.taint.java.models.build import Table, merged
from raksha.taint.java.naming import BUILTINS, JavaResolver, javax
from raksha.taint.java.trees import CHECKS
from raksha.taint.library import Language

# Of several models the first makes the result, so what makes data safe comes first and plain text last.
MODELS: Table = merged(
    part.MODELS
    for part in (
        safety,
        servlet,
        spring,
        injection,
        files,
        network,
        properties,
        xml,
        crypto,
        collections,
        streams,
        builders,
        text,
    )
)
TYPES = {
    "str": "java.lang.String", "bytes": "java.array", "int": "java.lang.Integer", "float": "java.lang.Double",
    "bool": "java.lang.Boolean", "null": "", "list": "java.array", "tuple": "java.util.Map.Entry",
    "set": "java.util.HashSet", "dict": "java.util.HashMap", "function": "java.function", "generator": "java.util.Iterator",
}  # fmt: skip
KNOWN = {name.rpartition(".")[0] for name in MODELS} | set(MODELS) | set(SUPERS) | entries.ANNOTATIONS

JAVA = Language(
    name="java",
    lower=lower,
    models=MODELS,
    resolver=JavaResolver(KNOWN),
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
    supers=SUPERS,
    subtype_of=javax,
    self_first=False,
    this_names=("this",),
    super_names=("super",),
    constructor="<init>",
    catches_all=frozenset({"Exception", "Throwable"}),
    no_taint_types=entries.SAFE,
    implicit_members=True,
    empty_is_false=False,
    ordering_proves_number=False,
    calls_function=semantics.calls_function,
    cast=semantics.cast,
    has_static_types=True,
    foreign=("java.", "javax.", "jakarta."),
    final_types=frozenset(f"java.lang.{name}" for name in ("String", "Integer", "Long", "Boolean", "Double")),
    checks=CHECKS,
    fix=suggest,
)
