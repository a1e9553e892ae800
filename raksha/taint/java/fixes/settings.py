"""Fixes of settings: a weak name is replaced by a strong one, a flag is set, a feature is switched off."""

from __future__ import annotations

import re

from raksha.taint import ir
from raksha.taint.java.fixes.draft import Draft, walk
from raksha.taint.java.fixes.operands import callee_name

NO_DOCTYPE = '"http://apache.org/xml/features/disallow-doctype-decl", true'
SWITCHES = {
    "DocumentBuilderFactory": f"setFeature({NO_DOCTYPE})",
    "SAXParserFactory": f"setFeature({NO_DOCTYPE})",
    "XMLReader": f"setFeature({NO_DOCTYPE})",
    "SAXReader": f"setFeature({NO_DOCTYPE})",
    "SAXBuilder": f"setFeature({NO_DOCTYPE})",
    "XMLInputFactory": "setProperty(javax.xml.stream.XMLInputFactory.SUPPORT_DTD, false)",
    "TransformerFactory": 'setAttribute(javax.xml.XMLConstants.ACCESS_EXTERNAL_DTD, "")',
    "SchemaFactory": 'setProperty(javax.xml.XMLConstants.ACCESS_EXTERNAL_DTD, "")',
}
STRONG = "SHA-256"
HASHES = re.compile(r"(?i)md2|md4|md5|sha-?1|sha|ripemd128")
DIGESTS = re.compile(r"(?i)(?:md5|md2|sha1|sha)(Hex)?$")
NAME = "closedFactory"
SECURE = "new java.security.SecureRandom()"


def _texts(draft: Draft, call: ir.Call) -> list[ir.Const]:
    """Return the literal texts of a call, and of the variables and fields it is given."""
    found: list[ir.Const] = []
    for arg in call.args:
        value: ir.Expr | None = arg.value
        if isinstance(value, ir.Name):
            stmt = draft.assigned(value.id) or draft.field(value.id)
            value = stmt.value if stmt is not None else None
        found.extend(
            node for node in walk(value) if isinstance(node, ir.Const) and isinstance(node.value, str)
        )
    return found


def strong_hash(draft: Draft) -> None:
    call = draft.call()
    if call is None:
        return
    weak = [text for text in _texts(draft, call) if HASHES.fullmatch(str(text.value))]
    for text in weak:
        draft.replace(text, f'"{STRONG}"')
    if weak:
        return
    if isinstance(call.callee, ir.Attr) and (match := DIGESTS.match(call.callee.name)):
        draft.replace(call.callee, f"{draft.text(call.callee.value)}.sha256{match[1] or ''}")
    elif call.args:
        is_mac = "Mac" in draft.text(call.callee)
        draft.replace(call.args[0].value, '"HmacSHA256"' if is_mac else f'"{STRONG}"')


def strong_cipher(draft: Draft) -> None:
    call = draft.call()
    if call is not None and call.args:
        is_cipher = "Cipher" in draft.text(call.callee)
        draft.replace(call.args[0].value, '"AES/GCM/NoPadding"' if is_cipher else '"AES"')


def strong_protocol(draft: Draft) -> None:
    call = draft.call()
    for text in _texts(draft, call)[:1] if call is not None else []:
        draft.replace(text, '"TLSv1.3"')


def strong_random(draft: Draft) -> None:
    call = draft.call()
    if call is None:
        return
    if call.new or callee_name(call.callee) == "current":
        draft.replace(call, SECURE)
    elif callee_name(call.callee) == "random":
        draft.replace(call, f"{SECURE}.nextDouble()")


def long_key(draft: Draft) -> None:
    call = draft.call()
    if call is not None and call.args and isinstance(call.args[0].value, ir.Const):
        size = call.args[0].value.value
        draft.replace(call.args[0].value, "256" if isinstance(size, int) and size < 256 else "3072")


def secure_cookie(draft: Draft) -> None:
    """Set the flag right before the cookie is added."""
    call, stmt = draft.call(), draft.statement()
    given = call.args[0].value if call is not None and call.args else None
    if isinstance(given, ir.Name) and stmt is not None:
        draft.before(stmt, f"{given.id}.setSecure(true); ")
    elif call is not None and callee_name(call.callee) == "build":
        draft.replace(call, f"{draft.text(call.callee).rpartition('.')[0]}.secure(true).build()")


def hidden_cookie(draft: Draft) -> None:
    call = draft.call()
    if call is not None and call.args:
        draft.replace(call.args[0].value, "true")


def closed_parser(draft: Draft) -> None:
    """Switch document types off before the factory is used."""
    call, user = draft.call(), draft.statement()
    for _ in range(3):  # parser, reader, factory
        holder = call.callee.value if call is not None and isinstance(call.callee, ir.Attr) else None
        if isinstance(holder, ir.Call):
            call = _switched_inside(draft, holder, user)
        elif isinstance(holder, ir.Name) and user is not None:
            stmt = draft.assigned(holder.id)
            made = stmt.value if stmt is not None and isinstance(stmt.value, ir.Call) else None
            switch = SWITCHES.get(_factory(draft, made))
            if switch is not None:
                draft.before(user, f"{holder.id}.{switch}; ")
                return
            call, user = made, stmt
        else:
            return


def _switched_inside(draft: Draft, made: ir.Call, user: ir.Stmt | None) -> ir.Call | None:
    """Give a factory that is made inside an expression a name, and switch document types off."""
    factory = _factory(draft, made)
    if factory not in SWITCHES or user is None:
        return made
    type_ = draft.text(made.callee).rpartition(".")[0]
    draft.before(user, f"{type_} {NAME} = {draft.text(made)}; {NAME}.{SWITCHES[factory]}; ")
    draft.replace(made, NAME)
    return None


def _factory(draft: Draft, made: ir.Call | None) -> str:
    """Return the simple name of the class whose newInstance or constructor is called."""
    if made is None:
        return ""
    text = draft.text(made.callee)
    return (text if made.new else text.rpartition(".")[0]).rpartition(".")[2]


def from_environment(draft: Draft) -> None:
    call = draft.call()
    texts = _texts(draft, call) if call is not None else []
    for text in texts[-1:] if call is not None and callee_name(call.callee) == "getConnection" else texts[:1]:
        draft.replace(text, 'System.getenv("APP_SECRET")')
