"""Edits that make a finding vanish, where the cure is simple."""

from __future__ import annotations

from collections.abc import Callable

from raksha.detections import Detection, Edit
from raksha.taint import ir
from raksha.taint.python.fixes import configurations, flows, queries
from raksha.taint.python.fixes.draft import Draft
from raksha.taint.python.syntax.source import decode

FIXES: dict[str, Callable[[Draft], None]] = {
    "sql-injection": queries.bind_values,
    "sql-audit": queries.bind_values,
    "command-injection": flows.quote_command,
    "code-injection": flows.evaluate_literal,
    "code-audit": flows.evaluate_literal,
    "path-traversal": flows.base_name,
    "xss": flows.escape_html,
    "html-audit": flows.escape_html,
    "ldap-injection": flows.escape_filter,
    "xpath-injection": flows.bind_variables,
    "header-injection": flows.one_line,
    "log-injection": flows.one_line,
    "regex-injection": flows.escape_pattern,
    "nosql-injection": flows.as_text,
    "template-injection": flows.pass_variables,
    "open-redirect": flows.own_pages,
    "deserialization": flows.plain_data,
    "deserialization-audit": flows.plain_data,
    "unsafe-loader": flows.plain_data,
    "xxe": flows.closed_parser,
    "unsafe-xml-parser": flows.closed_parser,
    "xml-bomb": flows.defused,
    "xml-audit": flows.defused,
    "weak-hash": configurations.strong_hash,
    "weak-random": configurations.strong_random,
    "weak-cipher": configurations.new_name,
    "weak-tls": configurations.new_name,
    "weak-key": configurations.long_key,
    "static-iv": configurations.fresh_vector,
    "host-key-check-off": configurations.new_name,
    "cleartext-transport": configurations.new_name,
    "certificate-check-off": configurations.checked_certificate,
    "unverified-token": configurations.checked_token,
    "insecure-cookie": configurations.argument("secure", "True"),
    "cookie-without-httponly": configurations.argument("httponly", "True"),
    "debug-on": configurations.no_debug,
    "bind-all": configurations.own_address,
    "csrf-off": configurations.truth(True),
    "loose-permissions": configurations.tight_mode,
    "insecure-temporary-file": configurations.own_temporary,
    "autoescape-off": configurations.argument("autoescape", "True"),
    "archive-extraction": configurations.argument("filter", '"data"'),
    "no-timeout": configurations.argument("timeout", "10"),
    "hard-coded-credential": configurations.from_environment,
}


def suggest(source: bytes, module: ir.Module, found: Detection) -> tuple[Edit, ...]:
    """Return the edits for a finding, in the order of the file; none when no simple cure is known."""
    fix = FIXES.get(found.rule.partition(".")[2])
    if fix is None:
        return ()
    text, is_whole = decode(source)
    draft = Draft(text, module, found)
    fix(draft)
    return draft.done() if is_whole else ()
