"""Code that is made to be hard to analyse: the fault is found all the same, or it is said what was left out."""

from __future__ import annotations

import pytest

from raksha.taint import engine

HEAD = 'class T { void m(javax.servlet.http.HttpServletRequest r, java.sql.Statement s) throws Exception { String q = r.getParameter("q"); '
CHAIN = "".join(f"String f{at}(String a) {{ return f{at + 1}(a); }} " for at in range(300))
CASES = {
    "long concatenation": ('s.execute("a"' + ' + "b"' * 5000 + " + q);", ""),
    "long chain": ("s.execute(new StringBuilder(q)" + '.append("x")' * 5000 + ".toString());", ""),
    "many appends": ("StringBuilder b = new StringBuilder();" + "b.append(q);" * 500 + "s.execute(b.toString());", ""),
    "many branches": ("if (q == null) {}" + ' else if (q.equals("a")) { q = "b"; }' * 3000 + " s.execute(q);", ""),
    "many cases": ("switch (q) {" + "".join(f'case "{n}": q = "v"; break;' for n in range(500)) + "} s.execute(q);", ""),
    "deep blocks": ("{" * 500 + "s.execute(q);" + "}" * 500, ""),
    "many forks": ('String x = "";' + 'if (r.isSecure()) { x += "a"; } else { x += q; }' * 200 + " s.execute(x);", ""),
    "nested loops": ("String x = q; " + "for (int i = 0; i < 9; i++) {" * 12 + "x += i;" + "}" * 12 + " s.execute(x);", ""),
    "many methods": ("s.execute(f0(q));", CHAIN),
    "mutual recursion": ("s.execute(a(q));", "String a(String x) { return b(x); } String b(String x) { return a(x) + b(x); }"),
    "growing text": ('String x = q; for (int i = 0; i < 60; i++) x = x + x + "aaaaaaaa"; s.execute(x);', ""),
    "slow pattern": ('if ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a|aa)+$") || r.isSecure()) s.execute(q);', ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_hard_code_is_judged_or_said_to_be_left_out(name):
    body, members = CASES[name]
    files = {"T.java": f"{HEAD}{body} }} {members} }}".encode()}

    made = engine.analyse(files, languages={"T.java": "java"})

    assert [one.rule for one in made.detections] == ["java.sql-injection"] or made.unfinished or made.unparsed
