"""Each fix is put into the program, which must parse again and be free of the finding."""

from __future__ import annotations

import pytest

from raksha.detections import Detection
from raksha.taint import engine
from raksha.taint.javascript.language import JAVASCRIPT

WEB = "exports.h = (req, res) => {{ {} }};"
PROGRAMS = {
    "weak-hash": "require('crypto').createHash('md5');",
    "xss": "document.getElementById('é').innerHTML = location.hash;",
    "certificate-check-off": "const o = { rejectUnauthorized: false };",
    "insecure-cookie": WEB.format("res.cookie('a', 'b', { httpOnly: true });"),
    "cookie-without-httponly": WEB.format("res.cookie('a', 'b', { httpOnly: false, secure: true });"),
}


def _found(text: str, rule: str) -> list[Detection]:
    analysis = engine.analyse(
        {"a.js": text.encode()}, languages={"a.js": "javascript"}, libraries={"javascript": JAVASCRIPT}
    )
    assert dict(analysis.unparsed) == {}
    return [one for one in analysis.detections if one.rule == f"javascript.{rule}"]


@pytest.mark.parametrize(
    ("rule", "text"),
    [*PROGRAMS.items(), ("insecure-cookie", WEB.format("res.cookie('a', 'b');"))],
    ids=[*PROGRAMS, "no options"],
)
def test_the_fix_makes_the_finding_vanish(rule: str, text: str) -> None:
    (one,) = _found(text, rule)
    (edit,) = one.fix

    start, end = edit.place.column - 1, edit.place.end_column - 1

    assert _found(text[:start] + edit.text + text[end:], rule) == []


def test_no_fix_is_given_where_none_is_simple() -> None:
    (one,) = _found(WEB.format("eval(req.query.a);"), "code-injection")

    assert one.fix == ()
