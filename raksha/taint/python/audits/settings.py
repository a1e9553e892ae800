"""Settings of web frameworks, as they are assigned."""

from __future__ import annotations

from collections.abc import Iterator

from raksha.taint import ir, kinds
from raksha.taint.kinds import Kind
from raksha.taint.library import Report
from raksha.taint.python.audits.credentials import is_test
from raksha.taint.python.walking import walk
from raksha.taint.python.words import words

OFF: dict[str, Kind] = {
    "SESSION_COOKIE_SECURE": kinds.INSECURE_COOKIE, "CSRF_COOKIE_SECURE": kinds.INSECURE_COOKIE,
    "REMEMBER_COOKIE_SECURE": kinds.INSECURE_COOKIE, "SESSION_COOKIE_HTTPONLY": kinds.COOKIE_SCRIPT,
    "WTF_CSRF_ENABLED": kinds.CSRF, "WTF_CSRF_CHECK_DEFAULT": kinds.CSRF,
    "check_hostname": kinds.CERTIFICATE,
}  # fmt: skip
ON: dict[str, Kind] = {
    "DEBUG": kinds.DEBUG, "TESTING_DEBUG": kinds.DEBUG, "CORS_ALLOW_ALL_ORIGINS": kinds.CORS,
    "CORS_ORIGIN_ALLOW_ALL": kinds.CORS,
}  # fmt: skip
OLD_TLS = words(
    "PROTOCOL_SSLv2 PROTOCOL_SSLv3 PROTOCOL_TLSv1 PROTOCOL_TLSv1_1 SSLv2_METHOD SSLv3_METHOD TLSv1_METHOD TLSv1_1_METHOD"
)


def check(module: ir.Module) -> Iterator[Report]:
    """Look at settings, not at the defaults that a framework gives them."""
    if is_test(module.path):
        return
    has_settings = _is_settings(module)
    for node in walk(module.body):
        if isinstance(node, ir.Assign):
            yield from _assigned(node, has_settings)
        elif isinstance(node, ir.Call):
            yield from _middleware(node)
        elif isinstance(node, ir.Attr) and node.name in OLD_TLS:
            yield Report(kinds.WEAK_TLS, node=node)


def _is_settings(module: ir.Module) -> bool:
    """Django's settings name the applications or the root of the URLs."""
    named = {
        target.id
        for stmt in module.body
        if isinstance(stmt, ir.Assign)
        for target in stmt.targets
        if isinstance(target, ir.Name)
    }
    return (
        bool(named & {"INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE"})
        and "ABSOLUTE_URL_OVERRIDES" not in named
    )


def _assigned(node: ir.Assign, has_settings: bool) -> Iterator[Report]:
    for target in node.targets:
        name = _setting(target, has_settings)
        if not name:
            continue
        if isinstance(node.value, ir.Const) and isinstance(node.value.value, bool):
            kind = ON.get(name.upper()) if node.value.value else OFF.get(name)
            if kind is not None:
                yield Report(kind, node=node)
        elif name == "verify_mode" and isinstance(node.value, ir.Attr) and node.value.name == "CERT_NONE":
            yield Report(kinds.CERTIFICATE, node=node)


def _setting(target: ir.Expr, has_settings: bool) -> str:
    """Return the setting's name: a variable of a settings file, app.config["X"], app.debug or context.verify_mode."""
    match target:
        case ir.Name(id=name):
            return name if has_settings else ""
        case ir.Index(value=ir.Attr(name="config"), index=ir.Const(value=str() as key)):
            return key
        case ir.Attr(value=ir.Name(id=holder), name=name):
            if name == "debug":
                return name if holder in ("app", "application") else ""
            return name if name in ("check_hostname", "verify_mode") else ""
    return ""


def _middleware(node: ir.Call) -> Iterator[Report]:
    """FastAPI's app.add_middleware(CORSMiddleware, allow_origins=["*"])."""
    named = (
        node.callee.name
        if isinstance(node.callee, ir.Attr | ir.Name) and hasattr(node.callee, "name")
        else ""
    )
    if named != "add_middleware" or not node.args:
        return
    for arg in node.args:
        if arg.name == "allow_origins" and isinstance(arg.value, ir.Sequence):
            stars = [
                item
                for item in arg.value.items
                if isinstance(item.value, ir.Const) and item.value.value == "*"
            ]
            if stars:
                yield Report(kinds.CORS, node=node)
