"""Dangerous functions used by code that runs with the file itself, where nothing more can be learned of its values.

Inside functions the same calls are left to the data flow: there nearly all of them are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from raksha.taint import ir, kinds
from raksha.taint.kinds import Kind
from raksha.taint.library import Report
from raksha.taint.python.audits.credentials import is_test
from raksha.taint.python.audits.names import imported, qualified
from raksha.taint.python.walking import walk

COMMANDS = re.compile(
    r"^(?:subprocess\.(?:run|call|check_call|check_output|Popen|getoutput|getstatusoutput)"
    r"|os\.(?:system|popen\d?|exec[lv]p?e?|spawn[lv]p?e?|startfile)|commands\.get\w+|popen2\.\w+|pty\.spawn)$"
)
LOADERS = re.compile(
    r"^(?:c?[pP]ickle|_pickle|dill|marshal|jsonpickle|shelve|cloudpickle|joblib)\.(?:loads?|Unpickler|decode|open|unpickler\.decode|DbfilenameShelf)$"
    r"|^pandas\.read_pickle$"
)
XML = re.compile(
    r"^xml\.(?:etree\.c?ElementTree|sax|dom\.\w+|sax\.\w+)\.(?:parse|parseString|fromstring|iterparse|XMLParser|make_parser|create_parser)$"
)
ADDRESSES = re.compile(
    r"^(?:urllib\d?(?:\.request)?|six\.moves\.urllib\.request)\.(?:urlopen|urlretrieve|URLopener|FancyURLopener)$"
)
MARKS = re.compile(r"(?:\.|^)(?:mark_safe|Markup|SafeString|SafeText|SafeUnicode|SafeBytes)$")
STATEMENT = re.compile(
    r"(?is)^\s*(?:select\b.+\bfrom\b|insert\s+into\b|delete\s+from\b|update\b.+\bset\b|with\b.+\bselect\b)"
)
WILD = re.compile(r"\b(?:chown|chmod|tar|rsync)\b[^|;]*\s\*")
SHARED = ("/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108 - looked for, not used
REVISION = re.compile(r"[0-9a-f]{7,40}")
OUTSIDE = (
    "flask",
    "quart",
    "bottle",
    "sanic",
    "fastapi",
    "starlette",
    "aiohttp",
    "tornado",
    "falcon",
    "pyramid",
    "django.http",
    "django.views",
    "django.shortcuts",
    "rest_framework",
    "socket",
    "http.server",
    "cgi",
    "argparse",
)
HARMLESS = frozenset({"flask", "flask.Markup", "flask.escape"})
TAKEN = frozenset(
    {"flask.request", "flask.Flask", "input", "raw_input", "sys.argv", "sys.stdin", "os.environ", "os.getenv"}
)
FOLLOWED = frozenset(
    {
        "command-audit",
        "code-audit",
        "sql-audit",
        "deserialization-audit",
        "xml-audit",
        "html-audit",
        "url-audit",
    }
)
COMMON = frozenset(
    {"command-audit", "assert-as-check", "error-swallowed"}
)  # in functions nearly always right
DOWNLOADS = ("from_pretrained", "load_dataset", "hf_hub_download", "snapshot_download")
OLD_IMPORTS: dict[str, Kind] = {
    "telnetlib": kinds.CLEARTEXT, "ftplib": kinds.CLEARTEXT, "pyghmi": kinds.CLEARTEXT, "xmlrpc": kinds.AUDIT_XML,
    "xmlrpclib": kinds.AUDIT_XML, "Crypto": kinds.AUDIT_CIPHER, "wsgiref.handlers.CGIHandler": kinds.HTTPOXY,
    "twisted.web.twcgi": kinds.HTTPOXY,
}  # fmt: skip
JUDGED_IMPORTS: dict[str, Kind] = {
    "pickle": kinds.AUDIT_LOADER, "cPickle": kinds.AUDIT_LOADER, "dill": kinds.AUDIT_LOADER,
    "shelve": kinds.AUDIT_LOADER, "subprocess": kinds.AUDIT_COMMAND,
    "xml.etree": kinds.AUDIT_XML, "xml.sax": kinds.AUDIT_XML, "xml.dom": kinds.AUDIT_XML, "marshal": kinds.AUDIT_LOADER,
}  # fmt: skip


def check(module: ir.Module) -> Iterator[Report]:
    if is_test(module.path):
        return
    known = imported(module)
    found = [report for node in walk(module.body, into_functions=False) for report in _look(node, known)]
    found += [
        report for node in _unasked(module) for report in _look(node, known) if report.kind.word not in COMMON
    ]
    is_followed = takes_data(module, known)
    if is_followed:
        found = [report for report in found if report.kind.word not in FOLLOWED]
    yield from found
    yield from _imports(module, None if is_followed else {report.kind.word for report in found})
    yield from _anywhere(module, known)


def takes_data(module: ir.Module, known: dict[str, str]) -> bool:
    """Tell whether data from outside comes in here: then the data flow says which uses are wrong."""
    if any(name.startswith(OUTSIDE) and name not in HARMLESS for name in known.values()):
        return True
    return any(
        isinstance(node, ir.Attr | ir.Name) and qualified(node, known) in TAKEN for node in walk(module.body)
    )


def _unasked(module: ir.Module) -> Iterator[ir.Node]:
    """Yield what stands in functions that nothing is passed to: no more can be learned of its values there."""
    for stmt in module.body:
        if isinstance(stmt, ir.Function) and not stmt.params and not stmt.decorators:
            yield from walk(stmt.body, into_functions=False)


def _look(node: ir.Node, known: dict[str, str]) -> Iterator[Report]:
    match node:
        case ir.Call():
            yield from _call(node, qualified(node.callee, known))
        case ir.Template() | ir.Binary():
            yield from _statement(node)
        case ir.Try():
            yield from _swallowed(node)
        case ir.Assert():
            yield Report(kinds.ASSERTION, node=node)


def _imports(module: ir.Module, found: set[str] | None) -> Iterator[Report]:
    """Report what no program should use any more, and what is imported for a use to look at, or for none.

    found: the uses to look at; None where data flows are followed instead.
    """
    used = {node.id for node in walk(module.body) if isinstance(node, ir.Name)}
    top = {id(stmt) for stmt in module.body}
    for stmt in walk(module.body):
        if not isinstance(stmt, ir.Import) or stmt.level:
            continue
        names = [f"{stmt.module}.{name}" for name, _ in stmt.names] or [stmt.module]
        bound = {alias or name for name, alias in stmt.names} or {stmt.alias or stmt.module.partition(".")[0]}
        kind = _under(names, OLD_IMPORTS)
        if kind is None and found is not None and id(stmt) in top:
            judged = _under(names, JUDGED_IMPORTS)
            kind = judged if judged is not None and (judged.word in found or not bound & used) else None
        if kind is not None:
            yield Report(kind, f"{stmt.module} is imported here", stmt)


def _under(names: list[str], table: dict[str, Kind]) -> Kind | None:
    for name in names:
        for old, kind in table.items():
            if name == old or name.startswith(f"{old}."):
                return kind
    return None


def _call(node: ir.Call, name: str) -> Iterator[Report]:
    first = node.args[0].value if node.args else None
    if _shared(first):
        yield Report(kinds.TEMPORARY, node=node)
    if COMMANDS.match(name) or _has(node, "shell", True):
        yield Report(kinds.AUDIT_COMMAND, node=node)
        if any(WILD.search(text) for text in _texts(first)):
            yield Report(kinds.WILDCARD, node=node)
    elif name in ("eval", "exec", "execfile"):
        yield Report(kinds.AUDIT_CODE, node=node)
    elif name in ("__import__", "importlib.import_module") and isinstance(first, ir.Const):
        named = first.value if isinstance(first.value, str) else ""
        kind = JUDGED_IMPORTS.get(named.partition(".")[0])
        if kind is not None:
            yield Report(kind, f"{named} is imported here", node)
    elif LOADERS.match(name):
        yield Report(kinds.AUDIT_LOADER, node=node)
    elif XML.match(name):
        yield Report(kinds.AUDIT_XML, node=node)
    elif ADDRESSES.match(name):
        yield Report(kinds.AUDIT_URL, node=node)
    elif name == "mako.template.Template":
        yield Report(kinds.AUDIT_HTML, "Mako does not escape unless it is told to", node)
    elif name.startswith(("wsgiref.handlers.CGIHandler", "twisted.web.twcgi.")):
        yield Report(kinds.HTTPOXY, node=node)
    elif MARKS.search(name) and first is not None and not isinstance(first, ir.Const):
        yield Report(kinds.AUDIT_HTML, node=node)
    elif name.endswith((".extra", "RawSQL")) and not _all_constant(node):
        yield Report(kinds.AUDIT_SQL, node=node)
    elif name.endswith(".exec_command"):
        yield Report(kinds.AUDIT_COMMAND, node=node)


def _shared(first: ir.Expr | None) -> bool:
    """Tell a fixed name in a folder where everyone may write."""
    return isinstance(first, ir.Const) and isinstance(first.value, str) and first.value.startswith(SHARED)


def _has(node: ir.Call, name: str, value: object) -> bool:
    return any(
        arg.name == name and isinstance(arg.value, ir.Const) and arg.value.value is value for arg in node.args
    )


def _is_pinned(node: ir.Call) -> bool:
    """Tell a revision that is a hash, or that only the program knows, and folders of one's own."""
    first = node.args[0].value if node.args else None
    if isinstance(first, ir.Const) and str(first.value or "").startswith(("./", "/", "../")):
        return True
    for arg in node.args:
        if arg.name == "local_files_only":
            return True
        if arg.name == "revision":
            is_text = isinstance(arg.value, ir.Const) and isinstance(arg.value.value, str)
            return not is_text or REVISION.fullmatch(str(getattr(arg.value, "value", ""))) is not None
    return False


def _texts(node: ir.Expr | None) -> Iterator[str]:
    """Return a command as one text, also when it is a list of words."""
    match node:
        case ir.Const(value=str() as text):
            yield text
        case ir.Sequence(items=items):
            words = [item.value.value for item in items if isinstance(item.value, ir.Const)]
            yield " ".join(str(word) for word in words)


def _all_constant(node: ir.Call) -> bool:
    return all(isinstance(inner, ir.Const | ir.Arg | ir.Sequence | ir.Mapping) for inner in walk(node.args))


def _statement(node: ir.Template | ir.Binary) -> Iterator[Report]:
    """Report SQL that is put together by %, + or an f-string."""
    if isinstance(node, ir.Binary) and node.op not in ("%", "+"):
        return
    first = node.parts[0] if isinstance(node, ir.Template) and node.parts else getattr(node, "left", None)
    is_built = isinstance(node, ir.Template) or not isinstance(getattr(node, "right", None), ir.Const)
    if (
        isinstance(first, ir.Const)
        and isinstance(first.value, str)
        and STATEMENT.match(first.value)
        and is_built
    ):
        yield Report(kinds.AUDIT_SQL, node=node)


def _swallowed(node: ir.Try) -> Iterator[Report]:
    for handler in node.handlers:
        catches = {kind.id for kind in handler.types if isinstance(kind, ir.Name)}
        is_empty = not handler.body or all(isinstance(stmt, ir.Continue) for stmt in handler.body)
        if is_empty and (not handler.types or catches & {"Exception", "BaseException"}):
            yield Report(kinds.SWALLOWED, node=handler)


def _anywhere(module: ir.Module, known: dict[str, str]) -> Iterator[Report]:
    """Report downloads of models whose revision is left open, wherever they stand."""
    if not any(name.startswith(("transformers", "datasets", "huggingface_hub")) for name in known.values()):
        return
    for node in walk(module.body):
        is_download = isinstance(node, ir.Call) and qualified(node.callee, known).endswith(DOWNLOADS)
        if is_download and isinstance(node, ir.Call) and not _is_pinned(node):
            yield Report(kinds.UNPINNED, node=node)
