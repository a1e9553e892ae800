"""Properties: what is set in code, what a file of the project says, and the default that stands in the call."""

from __future__ import annotations

import re

from raksha.taint import kinds
from raksha.taint.java import literals
from raksha.taint.java.models.build import STRING, Table, merged, methods, sink
from raksha.taint.library import Called, Hook
from raksha.taint.values import NULL, Value, constant

LINE = re.compile(r"\s*((?:[^\\\s:=]|\\.)+)\s*[:=\s]?\s*(.*)")
RESOURCE = "resource"
MOST_ENTRIES, LONGEST = 500, 1000


def parse(source: bytes) -> dict[str, str]:
    """Return the entries of a .properties file, without the rarer escapes."""
    text = source.decode("utf-8", "replace").replace("\\\r\n", "").replace("\\\n", "")
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match is None or line.lstrip().startswith(("#", "!")) or len(found) >= MOST_ENTRIES:
            continue
        key, value = (literals.unescape(part) for part in match.groups())
        found[key] = value.rstrip()[:LONGEST]
    return found


def opened(called: Called) -> Value | None:
    """Return a stream that remembers which resource of the project it reads."""
    name = called.constants(0)
    made = called.world.new("java.io.InputStream")
    if name and len(name) == 1 and isinstance(name[0], str):
        called.world.set(made, RESOURCE, constant(name[0]))
    return made


def load(called: Called) -> Value | None:
    """Fill the map from the file, when it is part of the project."""
    given, holder = called.arg(0), called.receiver
    if given is None or holder is None:
        return NULL
    name = called.world.known(given, RESOURCE)
    source = called.world.resource(str(name.only)) if name is not None and name.is_known else None
    for key, value in parse(source).items() if source is not None else ():
        called.world.set(holder, key, constant(value))
    return NULL


def get(called: Called) -> Value | None:
    """Return the entry, else the default; an entry that only the running system knows is a clean text."""
    key = called.arg(0)
    if called.receiver is not None and key is not None and key.is_known:
        held = called.world.known(called.receiver, key.only)
        if held is not None:
            return held
    given = called.arg(1)
    return given if given is not None else Value(type=STRING)


PROPERTIES = "java.util.Properties"
LOADERS = "java.lang.ClassLoader", "java.lang.Class"
MODELS: Table = merged([
    methods(PROPERTIES, "<init>", Hook(lambda called: called.world.new(PROPERTIES))),
    methods(PROPERTIES, "load loadFromXML", Hook(load)),
    methods(PROPERTIES, "getProperty", Hook(get)),
    *(methods(loader, "getResourceAsStream", Hook(opened)) for loader in LOADERS),
    methods("java.lang.Class", "getClassLoader", Hook(lambda called: Value(type="java.lang.ClassLoader"))),
    methods("java.lang.Thread", "getContextClassLoader", Hook(lambda called: Value(type="java.lang.ClassLoader"))),
    methods("java.lang.Thread", "currentThread", Hook(lambda called: Value(type="java.lang.Thread"))),
    {
        "*.getClass": Hook(lambda called: Value(type="java.lang.Class")),
        "*.getResourceAsStream": (sink(kinds.PATH, "path of a resource"), Hook(opened)),
    },
])  # fmt: skip
