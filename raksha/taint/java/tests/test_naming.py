"""Names of Java lead to files of the project, however they are written."""

from __future__ import annotations

import pytest

from raksha.taint import engine
from raksha.taint.java.lowering import lower
from raksha.taint.java.naming import JavaResolver, roots

MAIN = "shop/src/main/java/org/shop/web/A.java"
HELP = {
    "shop/src/main/java/org/shop/help/H.java": b"""package org.shop.help; public class H {
  public static String pass(String s) { return s; }  public static String drop(String s) { return "/z"; }
  public static class In { public String drop(String s) { return "/z"; } } }"""
}


def found(imports, value):
    code = (
        f"package org.shop.web; {imports} public class A extends javax.servlet.http.HttpServlet {{"
        " public void doGet(javax.servlet.http.HttpServletRequest request, javax.servlet.http.HttpServletResponse r)"
        f' throws Exception {{ String q = request.getParameter("q"); r.sendRedirect({value}); }} }}'
    )
    files = {MAIN: code.encode(), **HELP}
    return [
        one.rule
        for one in engine.analyse(files, languages=dict.fromkeys(files, "java"), only=[MAIN]).detections
    ]


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("import org.shop.help.H;", "H.{}(q)"),
        ("import org.shop.help.*;", "H.{}(q)"),
        ("", "org.shop.help.H.{}(q)"),
        ("", "new org.shop.help.H().{}(q)"),
        ("import static org.shop.help.H.pass; import static org.shop.help.H.drop;", "{}(q)"),
        ("import static org.shop.help.H.*;", "{}(q)"),
    ],
    ids=["class", "package", "dotted", "dotted new", "static", "all static"],
)
def test_a_class_of_another_package_is_found(imports, call):
    assert found(imports, call.format("pass")) == ["java.open-redirect"]
    assert found(imports, call.format("drop")) == []


def test_a_nested_class_is_imported_by_itself():
    assert found("import org.shop.help.H.In;", "new In().drop(q)") == []


def test_the_source_root_is_what_is_above_the_package():
    assert roots(lower(b"package org.shop.web;", MAIN)) == ("shop/src/main/java/",)
    assert roots(lower(b"package org.shop;", "src/test/java/org/shop/T.java")) == (
        "src/test/java/",
        "src/main/java/",
    )
    assert roots(lower(b"", "T.java")) == ("",)


def test_a_package_imported_whole_gives_the_types_that_are_known():
    resolver = JavaResolver({"java.io.File"})
    module = lower(b"package a; import java.io.*; import java.util.*;", "a/T.java")

    made, other = resolver.implicit(module, "File"), resolver.implicit(module, "Thing")

    assert made is not None
    assert made.name == "java.io.File"
    assert other is not None
    assert other.name == "a.Thing"
    assert "a/Thing.java" in other.files
