"""Fixes: each is applied, still parses, and makes its finding vanish."""

from __future__ import annotations

import pytest

from raksha.taint import engine
from raksha.taint.java import fixes
from raksha.taint.java.lowering import lower
from raksha.taint.java.tests.pairs import making

SINKS = [case for case in making.sinks() if case.is_true]
SETTINGS = [case for case in making.settled() if case.is_true]
WITHOUT = {"501", "918", "94", "470", "1336"}  # what to do instead is the owner's choice
HARD = {"601-allowed", "89-order-by", "89-allow-map", "614-helper", "329-vector", "295-host-names"}
FIXED = [
    case
    for case in [*SINKS, *SETTINGS]
    if case.name.partition("-")[0] not in WITHOUT and case.name not in HARD
]


def analyse(files):
    return engine.analyse(files, languages=dict.fromkeys(files, "java")).detections


def applied(text, edits):
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for edit in reversed(edits):
        place = edit.place
        start = starts[place.line - 1] + place.column - 1
        end = starts[place.end_line - 1] + place.end_column - 1
        text = text[:start] + edit.text + text[end:]
    return text


def fix(files, found):
    source = files[found.place.path]
    edits = fixes.suggest(source, lower(source, found.place.path), found)
    return applied(source.decode(), edits) if edits else ""


@pytest.mark.parametrize("case", FIXED, ids=lambda case: case.name)
def test_a_fix_parses_and_makes_the_finding_vanish(case):
    files = {path: text.encode() for path, text in case.files.items()}
    (found, *_) = [one for one in analyse(files) if case.cwe in one.cwe]

    fixed = fix(files, found)

    assert fixed
    assert not lower(fixed.encode(), found.place.path).errors
    assert found.rule not in {one.rule for one in analyse({**files, found.place.path: fixed.encode()})}


HEAD = """import java.sql.*;
class A {
  void go(javax.servlet.http.HttpServletRequest request, Connection c) throws Exception {
    String q = request.getParameter("q");
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('    ResultSet r = c.createStatement().executeQuery("SELECT a FROM t WHERE b = \'" + q + "\'");',
         '    java.sql.PreparedStatement boundStatement = c.prepareStatement("SELECT a FROM t WHERE b = ?");'
         " boundStatement.setObject(1, q); ResultSet r = boundStatement.executeQuery();"),
        ('    PreparedStatement s = c.prepareStatement("SELECT a FROM t WHERE b = \'" + q + "\' AND c = ?");\n'
         "    s.setInt(1, 5);",
         '    PreparedStatement s = c.prepareStatement("SELECT a FROM t WHERE b = ? AND c = ?"); s.setObject(1, q);\n'
         "    s.setInt(2, 5);"),
        ('    Runtime.getRuntime().exec("ls -l " + q);',
         '    Runtime.getRuntime().exec(new String[] {"ls", "-l", q});'),
        ("    new java.io.FileReader(\"/data/\" + q);",
         '    new java.io.FileReader("/data/" + new java.io.File(q).getName());'),
    ],
    ids=["statement", "prepared", "command", "path"],
)  # fmt: skip
def test_a_fix_reads_as_one_would_write_it(body, expected):
    files = {"A.java": f"{HEAD}{body}\n  }}\n}}\n".encode()}

    fixed = fix(files, analyse(files)[0])

    assert fixed == f"{HEAD}{expected}\n  }}\n}}\n"


def test_three_of_five_findings_of_all_kinds_carry_a_fix():
    carried = [
        bool(one.fix)
        for case in [*SINKS, *SETTINGS]
        for one in analyse({path: text.encode() for path, text in case.files.items()})
    ]

    assert sum(carried) >= 0.6 * len(carried)
