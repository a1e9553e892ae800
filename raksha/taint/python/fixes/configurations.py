"""Fixes of settings: one word is put in another's place."""

from __future__ import annotations

import re
from collections.abc import Callable

from raksha.taint import ir
from raksha.taint.python.fixes.draft import Draft

BROKEN = re.compile(r"(?i)\b(md2|md4|md5|sha1|sha)\b")
CURVES = re.compile(r"\b(?:SECP192R1|SECT163\w+|SECP160R1|SECT113R1)\b")
PUBLIC_EXPONENT = 65537
Fix = Callable[[Draft], None]
OLD_NAMES = {
    "AutoAddPolicy": "RejectPolicy", "WarningPolicy": "RejectPolicy", "CERT_NONE": "CERT_REQUIRED",
    "_create_unverified_context": "create_default_context", "MODE_ECB": "MODE_GCM", "FTP": "FTP_TLS",
    "SSLv2_METHOD": "TLS_METHOD", "SSLv3_METHOD": "TLS_METHOD", "TLSv1_METHOD": "TLS_METHOD",
    "TLSv1_1_METHOD": "TLS_METHOD", "PROTOCOL_SSLv2": "PROTOCOL_TLS_CLIENT", "PROTOCOL_SSLv3": "PROTOCOL_TLS_CLIENT",
    "PROTOCOL_TLSv1": "PROTOCOL_TLS_CLIENT", "PROTOCOL_TLSv1_1": "PROTOCOL_TLS_CLIENT",
}  # fmt: skip


def argument(name: str, value: str) -> Fix:
    """Return a fix that sets a keyword argument of the call, or changes the one there is."""

    def fix(draft: Draft) -> None:
        call = draft.call()
        if call is not None:
            set_argument(draft, call, name, value)

    return fix


def set_argument(draft: Draft, call: ir.Call, name: str, value: str) -> None:
    given = next((arg for arg in call.args if arg.name == name), None)
    if given is not None:
        draft.replace(given.value, value)
    else:
        draft.add_argument(call, f"{name}={value}")


def strong_hash(draft: Draft) -> None:
    call = draft.call()
    if call is None:
        return
    callee = draft.text(call.callee)
    first = call.args[0].value if call.args else None
    if (
        callee.endswith("new")
        and isinstance(first, ir.Const)
        and isinstance(first.value, str)
        and BROKEN.fullmatch(first.value)
    ):
        draft.replace(first, '"sha256"')
    elif draft.known.get(callee, callee).startswith("hashlib."):
        draft.replace(call.callee, f"{draft.need('hashlib')}.sha256")
    elif callee.endswith(("hashes.MD5", "hashes.SHA1")):
        draft.replace(call.callee, callee.rpartition(".")[0] + ".SHA256")


def strong_random(draft: Draft) -> None:
    call = draft.call()
    if call is not None:
        function = draft.known.get(draft.text(call.callee), draft.text(call.callee)).rpartition(".")[2]
        draft.replace(call.callee, f"{draft.need('secrets')}.SystemRandom().{function}")


def new_name(draft: Draft) -> None:
    """Write the safe name where the old one stands, in the call or assignment at the finding."""
    node = draft.node(ir.Call, ir.Assign, ir.Attr)
    if node is None:
        return
    for old, new in OLD_NAMES.items():
        text = draft.text(node)
        changed = re.sub(rf"\b{old}\b", new, text)
        if changed != text:
            draft.replace(node, changed)
            return


def truth(value: bool) -> Fix:
    """Return a fix that turns the switch of the assignment at the finding."""

    def fix(draft: Draft) -> None:
        node = draft.node(ir.Assign)
        if isinstance(node, ir.Assign) and isinstance(node.value, ir.Const):
            draft.replace(node.value, str(value))

    return fix


def no_debug(draft: Draft) -> None:
    truth(False)(draft)
    call = draft.call()
    if call is not None and not draft.edits:
        set_argument(draft, call, "debug", "False")


def checked_certificate(draft: Draft) -> None:
    node = draft.node(ir.Call, ir.Assign, ir.Attr)
    if isinstance(node, ir.Call):
        for arg in node.args:
            if arg.name in ("verify", "verify_ssl", "ssl") and isinstance(arg.value, ir.Const):
                draft.replace(arg.value, "True")
    elif isinstance(node, ir.Assign) and isinstance(node.value, ir.Const):
        draft.replace(node.value, "True")
    if not draft.edits:
        new_name(draft)


def checked_token(draft: Draft) -> None:
    call = draft.call()
    for arg in call.args if call is not None else ():
        match arg:
            case ir.Arg(value=ir.Mapping(entries=entries)):
                for key, value in entries:
                    if isinstance(key, ir.Const) and key.value == "verify_signature":
                        draft.replace(value, "True")
            case ir.Arg(name="verify", value=value):
                draft.replace(value, "True")


def own_temporary(draft: Draft) -> None:
    call = draft.call()
    if call is not None and draft.text(call.callee).endswith("mktemp"):
        args = ", ".join(draft.text(arg) for arg in call.args)
        draft.replace(call, f"{draft.need('tempfile')}.mkstemp({args})[1]")


def tight_mode(draft: Draft) -> None:
    call = draft.call()
    for arg in call.args if call is not None else ():
        if isinstance(arg.value, ir.Const) and isinstance(arg.value.value, int):
            draft.replace(arg.value, oct(arg.value.value & 0o700))


def own_address(draft: Draft) -> None:
    call = draft.call()
    for arg in call.args if call is not None else ():
        holder = (
            arg.value.items[0].value if isinstance(arg.value, ir.Sequence) and arg.value.items else arg.value
        )
        if isinstance(holder, ir.Const) and holder.value in ("0.0.0.0", "::", ""):  # noqa: S104 - replaced here
            draft.replace(holder, '"127.0.0.1"')


def long_key(draft: Draft) -> None:
    node = draft.node(ir.Call, ir.Attr)
    if isinstance(node, ir.Call):
        for arg in node.args:
            size = arg.value.value if isinstance(arg.value, ir.Const) else None
            if isinstance(size, int) and size != PUBLIC_EXPONENT and arg.name in ("key_size", "bits", None):
                draft.replace(arg.value, "3072")
    elif isinstance(node, ir.Attr) and CURVES.search(node.name):
        draft.replace(node, CURVES.sub("SECP256R1", draft.text(node)))


def fresh_vector(draft: Draft) -> None:
    call = draft.call()
    for arg in call.args if call is not None else ():
        if isinstance(arg.value, ir.Const) and isinstance(arg.value.value, bytes):
            draft.replace(arg.value, f"{draft.need('os')}.urandom({len(arg.value.value)})")


def from_environment(draft: Draft) -> None:
    """Read the secret from the environment, under the name it has here."""
    node = draft.node(ir.Const)
    name = draft.found.message.partition(" is set to a constant")[0].rpartition(" ")[2]
    call = draft.call()
    if node is None and call is not None:
        given = next((arg for arg in call.args if arg.name in ("password", "passwd", "key")), None)
        node, name = (given.value, given.name or "") if given is not None else (None, "")
    if node is not None and name.isidentifier():
        draft.replace(node, f'{draft.need("os")}.environ["{name.upper()}"]')
