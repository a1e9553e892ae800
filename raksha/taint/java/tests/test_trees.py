from __future__ import annotations

import pytest

from raksha.taint import engine

MANAGER = "new javax.net.ssl.X509TrustManager() {{ public void checkServerTrusted(X509Certificate[] c, String t) {{ {} }} }}"


def rules(code):
    return [
        one.rule for one in engine.analyse({"A.java": code.encode()}, languages={"A.java": "java"}).detections
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("class A { Object o = " + MANAGER.format("") + "; }", ["java.certificate-check-off"]),
        ("class A { Object o = " + MANAGER.format("check(c);") + "; }", []),
        ("class A implements HostnameVerifier { public boolean verify(String h, S s) { return true; } }",
         ["java.certificate-check-off"]),
        ("class A implements HostnameVerifier { public boolean verify(String h, S s) { return ok(h); } }", []),
        ('interface A { @Select("select * from t order by ${by}") List<T> all(String by); }', ["java.sql-injection"]),
        ('interface A { @Select("select * from t where a = #{a}") List<T> all(String a); }', []),
        ("@CrossOrigin class A { }", ["java.cors-open"]),
        ('@CrossOrigin(origins = "https://a.example.org") class A { }', []),
    ],
    ids=range(8),
)  # fmt: skip
def test_classes_are_judged_by_what_they_say(code, expected):
    assert rules(code) == expected
