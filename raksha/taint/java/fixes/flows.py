"""Fixes of data flows: what comes from outside is made safe where it becomes part of something."""

from __future__ import annotations

from collections.abc import Callable

from raksha.taint import ir
from raksha.taint.java.fixes.draft import Draft
from raksha.taint.java.fixes.operands import callee_name, operands

Fix = Callable[[Draft], None]
PLAIN = '.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\\"", "&quot;")'
HTML = (
    ("org.owasp.encoder", "org.owasp.encoder.Encode.forHtml("),
    ("org.owasp.esapi", "org.owasp.esapi.ESAPI.encoder().encodeForHTML("),
    ("org.springframework", "org.springframework.web.util.HtmlUtils.htmlEscape("),
    ("org.apache.commons.text", "org.apache.commons.text.StringEscapeUtils.escapeHtml4("),
)
LDAP = (
    ("org.springframework.ldap", "org.springframework.ldap.support.LdapEncoder.filterEncode("),
    ("org.owasp.esapi", "org.owasp.esapi.ESAPI.encoder().encodeForLDAP("),
)
XPATH = (("org.owasp.esapi", "org.owasp.esapi.ESAPI.encoder().encodeForXPath("),)
ONLY_WORDS = '.replaceAll("[^A-Za-z0-9 @._-]", "")'


def encoded(choices: tuple[tuple[str, str], ...], otherwise: str) -> Fix:
    """Return a fix that wraps each part in the encoder whose library the file uses, else changes it by methods."""

    def fix(draft: Draft) -> None:
        made = next((text for package, text in choices if draft.uses(package)), "")
        for part in _parts(draft):
            if made:
                draft.wrap(part, made, ")")
            else:
                draft.wrap(part, "String.valueOf(", f"){otherwise}")

    return fix


def wrapped(before: str, after: str) -> Fix:
    """Return a fix that wraps each part."""

    def fix(draft: Draft) -> None:
        for part in _parts(draft):
            draft.wrap(part, before, after)

    return fix


def _parts(draft: Draft) -> list[ir.Expr]:
    call = draft.call()
    if call is None:
        return []
    parts = [part for arg in call.args for part in operands(draft, arg.value)]
    if not call.args and isinstance(call.callee, ir.Attr):
        parts = operands(draft, call.callee.value)
    told = [part for part in parts if _is_told(draft, part)]
    first = operands(draft, call.args[0].value) if call.args else parts
    return told or _variables(first) or _variables(parts)


def _variables(parts: list[ir.Expr]) -> list[ir.Expr]:
    return [part for part in parts if isinstance(part, ir.Name | ir.Call)]


def _is_told(draft: Draft, part: ir.Expr) -> bool:
    """Return whether the finding's trace names the part, by itself or inside a longer text."""
    text = draft.text(part)
    return bool(text) and any(text in step.text for step in draft.found.trace[:-1])


def base_name(draft: Draft) -> None:
    """Keep only the last part of the path that comes from outside."""
    call = draft.call()
    if call is None:
        return
    held: list[ir.Expr] = [arg.value for arg in call.args]
    if isinstance(call.callee, ir.Attr) and not call.new and callee_name(call.callee) not in ("get", "of"):
        held.insert(0, call.callee.value)
    parts = [part for value in held for part in operands(draft, value)]
    for part in [part for part in parts if _is_told(draft, part)]:
        draft.wrap(part, "new java.io.File(", ").getName()")


def fixed_program(draft: Draft) -> None:
    """Pass the one argument of a fixed program by itself; in a command for a shell keep only harmless characters."""
    call = draft.call()
    if call is None:
        return
    first = call.args[0].value if call.args else None
    if (
        isinstance(first, ir.Binary)
        and isinstance(first.left, ir.Const)
        and callee_name(call.callee) == "exec"
    ):
        words = str(first.left.value).split()
        if words and str(first.left.value).endswith(" ") and not isinstance(first.right, ir.Const):
            program = ", ".join(f'"{word}"' for word in words)
            draft.replace(first, f"new String[] {{{program}, {draft.text(first.right)}}}")
            return
    for part in _parts(draft):
        draft.wrap(part, "String.valueOf(", ').replaceAll("[^A-Za-z0-9._-]", "")')


def own_pages(draft: Draft) -> None:
    """Follow only paths of this site."""
    call = draft.call()
    target = call.args[0].value if call is not None and call.args else None
    if isinstance(target, ir.Name):
        text = target.id
        draft.replace(target, f'{text}.startsWith("/") && !{text}.startsWith("//") ? {text} : "/"')


def filtered(draft: Draft) -> None:
    """Let a stream of objects make only the platform's own classes, and YAML only plain data."""
    call = draft.call()
    if call is None or not isinstance(call.callee, ir.Attr):
        return
    holder, stmt = call.callee.value, draft.statement()
    if (
        callee_name(call.callee) in ("readObject", "readUnshared")
        and isinstance(holder, ir.Name)
        and stmt is not None
    ):
        made = 'java.io.ObjectInputFilter.Config.createFilter("java.base/*;!*")'
        draft.before(stmt, f"{holder.id}.setObjectInputFilter({made}); ")
    elif callee_name(call.callee).startswith("load"):
        _plain_yaml(draft, holder)


def _plain_yaml(draft: Draft, holder: ir.Expr) -> None:
    if isinstance(holder, ir.Name):
        stmt = draft.assigned(holder.id)
        holder = stmt.value if stmt is not None and stmt.value is not None else holder
    if isinstance(holder, ir.Call) and holder.new and not holder.args and draft.text(holder).endswith("()"):
        options = "new org.yaml.snakeyaml.LoaderOptions()"
        made = f"new org.yaml.snakeyaml.constructor.SafeConstructor({options})"
        draft.replace(holder, f"{draft.text(holder)[:-1]}{made})")
