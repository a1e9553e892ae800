"""Edits that make a finding vanish, where the cure is simple."""

from __future__ import annotations

from collections.abc import Callable

from raksha.detections import Detection, Edit
from raksha.taint import ir
from raksha.taint.java.fixes import flows, queries, settings
from raksha.taint.java.fixes.draft import Draft

ONE_LINE = ').replaceAll("[\\\\r\\\\n]", "_")'
FIXES: dict[str, Callable[[Draft], None]] = {
    "sql-injection": queries.bind_values,
    "command-injection": flows.fixed_program,
    "path-traversal": flows.base_name,
    "xss": flows.encoded(flows.HTML, flows.PLAIN),
    "ldap-injection": flows.encoded(flows.LDAP, flows.ONLY_WORDS),
    "xpath-injection": flows.encoded(flows.XPATH, flows.ONLY_WORDS),
    "header-injection": flows.wrapped("String.valueOf(", ONE_LINE),
    "log-injection": flows.wrapped("String.valueOf(", ONE_LINE),
    "regex-injection": flows.wrapped("java.util.regex.Pattern.quote(", ")"),
    "open-redirect": flows.own_pages,
    "deserialization": flows.filtered,
    "xxe": settings.closed_parser,
    "unsafe-xml-parser": settings.closed_parser,
    "weak-hash": settings.strong_hash,
    "weak-cipher": settings.strong_cipher,
    "weak-tls": settings.strong_protocol,
    "weak-random": settings.strong_random,
    "weak-key": settings.long_key,
    "insecure-cookie": settings.secure_cookie,
    "cookie-without-httponly": settings.hidden_cookie,
    "hard-coded-credential": settings.from_environment,
}


def suggest(source: bytes, module: ir.Module, found: Detection) -> tuple[Edit, ...]:
    """Return the edits for a finding, in the order of the file; none when no simple cure is known."""
    fix = FIXES.get(found.rule.partition(".")[2])
    if fix is None:
        return ()
    try:
        draft = Draft(source.removeprefix(b"\xef\xbb\xbf").decode(), module, found)
    except UnicodeDecodeError:
        return ()
    fix(draft)
    return draft.done()
