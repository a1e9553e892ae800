"""Licences: one spelling, one class, and what a policy refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha import licences
from raksha.licence_policy import denied
from raksha.packages import Package


@pytest.mark.parametrize(
    ("text", "expression", "kind"),
    [
        ("MIT", "MIT", "permissive"),
        ("mit license", "MIT", "permissive"),
        ("(MIT OR GPL-3.0-only)", "MIT OR GPL-3.0-only", "permissive"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0", "permissive"),
        ("Apache License, Version 2.0", "Apache-2.0", "permissive"),
        ("License :: OSI Approved :: BSD License", "BSD-3-Clause", "permissive"),
        ("MIT AND LGPL-3.0-only", "MIT AND LGPL-3.0-only", "weak copyleft"),
        ("MPL-2.0", "MPL-2.0", "weak copyleft"),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "weak copyleft",
        ),
        ("GPLv3", "GPL-3.0-only", "strong copyleft"),
        ("AGPL-3.0-or-later", "AGPL-3.0-or-later", "strong copyleft"),
        ("SSPL-1.0", "SSPL-1.0", "strong copyleft"),
        ("SEE LICENSE IN LICENSE.md", "", "unknown"),
        ("UNLICENSED", "", "unknown"),
        ("((", "", "unknown"),
        ("", "", "unknown"),
    ],
)
def test_a_licence_has_one_spelling_and_a_class(text, expression, kind):
    assert licences.normalise(text) == expression
    assert licences.classify(text) == kind


def test_where_there_is_a_choice_no_single_licence_is_unavoidable():
    assert licences.identifiers("MIT AND (GPL-3.0-only OR GPL-2.0-only)") == ("MIT",)


@given(st.text(max_size=40) | st.text("()ANDORWITH MITGPL-3.0/+ ", max_size=40))
def test_any_text_has_a_class(text):
    assert licences.classify(text) in licences.CLASSES
    licences.normalise(text)
    licences.identifiers(text)


def package(licence: str) -> Package:
    return Package("npm", "a", "1.0.0", "package-lock.json", 7, licence=licence)


@pytest.mark.parametrize(
    ("licence", "deny", "found"),
    [
        ("GPL-3.0-only", ["GPL-3.0-only"], 1),
        ("GPL-3.0-only", ["Strong Copyleft"], 1),
        ("MIT OR GPL-3.0-only", ["GPL-3.0-only", "strong copyleft"], 0),
        ("MIT AND GPL-3.0-only", ["gpl-3.0-only"], 1),
        ("MIT", ["GPL-3.0-only"], 0),
        ("something own", ["unknown"], 1),
        ("", ["unknown"], 0),
        ("GPL-3.0-only", [], 0),
    ],
)
def test_a_policy_refuses_what_cannot_be_had_otherwise(licence, deny, found):
    assert len(denied([package(licence)], deny)) == found


def test_a_refused_licence_is_a_low_finding_at_its_line():
    [detection] = denied([package("GPLv3")], ["GPL-3.0-only"])

    assert (detection.kind, detection.severity, detection.rule) == ("dependency", "low", "licence.denied")
    assert (detection.place.path, detection.place.line) == ("package-lock.json", 7)
    assert detection.facts["licence"] == "GPL-3.0-only"
