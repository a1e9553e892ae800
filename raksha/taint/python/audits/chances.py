"""Easy random numbers that become secrets, told by the names of variables and functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from raksha.taint import ir, kinds
from raksha.taint.library import Report
from raksha.taint.python.audits.names import imported, qualified
from raksha.taint.python.walking import walk

SECRET = re.compile(
    r"(?i)pass(?:word|wd|code|phrase)|secret|token|session|nonce|salt|otp|csrf|auth|cookie|remember|captcha|api_?key"
    r"|crypt|(?:^|_)(?:key|pin|iv|sid|pwd|uid|guid)s?(?:_|$)|[a-z](?:Key|Pin|Sid)(?:[A-Z]|$)|verification|reset_?code|invite|coupon"
)
EASY = re.compile(
    r"^random\.(?:Random\(\)\.)?(?:rand\w+|choices?|sample|uniform|getrandbits|shuffle)$|^numpy\.random\.\w+$"
)


def check(module: ir.Module) -> Iterator[Report]:
    known = imported(module)
    if not any(name.partition(".")[0] in ("random", "numpy") for name in known.values()):
        return
    for node in walk(module.body):
        secret: tuple[object, ...] = ()
        if isinstance(node, ir.Assign) and any(SECRET.search(_named(target)) for target in node.targets):
            secret = (node.value,)
        elif isinstance(node, ir.Function | ir.Class) and SECRET.search(node.name):
            secret = (node.body,)
        elif isinstance(node, ir.Arg) and node.name and SECRET.search(node.name):
            secret = (node.value,)
        for inner in walk(*secret):
            if isinstance(inner, ir.Call) and EASY.match(qualified(inner.callee, known)):
                yield Report(kinds.WEAK_RANDOM, node=inner)


def _named(target: ir.Expr) -> str:
    match target:
        case ir.Name(id=name) | ir.Attr(name=name):
            return name
        case ir.Index(index=ir.Const(value=str() as key)):
            return key
    return ""
