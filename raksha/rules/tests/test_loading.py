"""Reading packs: what is refused, what a language set gets, and that the hash follows the content."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml

from raksha.rules import catalogue, loading

RULE: dict[str, Any] = {
    "id": "python.one",
    "languages": ["python"],
    "severity": "ERROR",
    "message": "It lets strangers in.",
    "metadata": {
        "title": "One",
        "kind": "code",
        "cwe": [1],
        "owasp": ["A01:2021"],
        "confidence": "high",
        "fix_advice": "Do not.",
        "references": ["https://example.org/"],
    },
    "pattern": "one()",
}


@pytest.fixture
def write(tmp_path):
    def write(*rules, name="topic.yaml", text=None):
        folder = tmp_path / "python"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text or yaml.safe_dump({"rules": list(rules)}))
        return tmp_path

    return write


def changed(**changes):
    rule = copy.deepcopy(RULE)
    for key, value in changes.items():
        place = rule["metadata"] if key in rule["metadata"] else rule
        if value is None:
            del place[key]
        else:
            place[key] = value
    return rule


def test_a_good_rule_is_read(write):
    assert [rule["id"] for rule in loading.all_rules(write(RULE))] == ["python.one"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "java.one"}, "python.<words-with-hyphens>"),
        ({"id": "python.One_Two"}, "python.<words-with-hyphens>"),
        ({"message": None}, "message is missing"),
        ({"severity": "HIGH"}, "severity must be"),
        ({"confidence": "sure"}, "confidence must be"),
        ({"kind": "secret"}, "kind must be"),
        ({"cwe": ["CWE-1"]}, "cwe must be"),
        ({"cwe": []}, "cwe must be"),
        ({"owasp": ["A1"]}, "metadata.owasp"),
        ({"references": ["see the book"]}, "metadata.references"),
        ({"fix_advice": None}, "metadata.fix_advice is missing"),
    ],
)
def test_a_rule_that_lacks_something_is_refused_with_its_name(write, changes, says):
    with pytest.raises(loading.BadPack, match=r"topic\.yaml") as refusal:
        loading.all_rules(write(changed(**changes)))

    assert says in str(refusal.value)


def test_an_id_that_is_used_twice_is_refused(write):
    write(RULE)

    with pytest.raises(loading.BadPack, match="twice"):
        loading.all_rules(write(RULE, name="other.yaml"))


def test_anchors_are_refused(write):
    with pytest.raises(loading.BadPack, match="anchors"):
        loading.all_rules(write(text="rules: &all []\nother: *all\n"))


@pytest.mark.parametrize("text", ["[]", "rules: {}", "other: []"])
def test_a_file_without_a_list_of_rules_is_refused(write, text):
    with pytest.raises(loading.BadPack, match="one list called rules"):
        loading.all_rules(write(text=text))


def test_a_pack_holds_the_rules_of_its_languages_only(write):
    folder = write(RULE, changed(id="python.two", languages=["bash"]))

    assert loading.pack(["python"], folder=folder).ids == ("python.one",)
    assert loading.pack(["shell"], folder=folder).ids == ("python.two",)
    assert loading.pack(["go"], folder=folder).ids == ()


def test_the_hash_of_a_pack_follows_its_content_and_not_the_order_of_languages(write, tmp_path_factory):
    folder = write(RULE, changed(id="python.two", languages=["bash"]))
    other = tmp_path_factory.mktemp("other")
    (other / "python").mkdir()
    (other / "python" / "a.yaml").write_text(yaml.safe_dump({"rules": [changed(pattern="two()")]}))

    one, same = (
        loading.pack(["python", "bash"], folder=folder),
        loading.pack(["bash", "python"], folder=folder),
    )

    assert one == same
    assert json.loads(one.content)["rules"][0]["pattern"] == "one()"
    digests = {
        pack.digest
        for pack in (one, loading.pack(["python"], folder=folder), loading.pack(["python"], folder=other))
    }
    assert len(digests) == 3


def test_the_catalogue_tells_every_rule_in_words():
    told = catalogue.all_facts()

    assert set(told) == {rule["id"] for rule in loading.all_rules()}
    assert [facts.id for facts in told.values() if not (facts.title and facts.message and facts.advice)] == []
    assert [facts.id for facts in told.values() if len(facts.title) > 80 or facts.title.endswith(".")] == []
    assert [facts.id for facts in told.values() if not facts.message.endswith(".")] == []


def test_the_catalogue_knows_a_rule_by_its_id():
    found = catalogue.facts("python.flask-debug")

    assert found is not None
    assert (found.severity, found.confidence, found.kind) == ("high", "high", "code")
    assert found.cwe == (489, 94)
    assert found.has_fix
    assert catalogue.facts("python.unknown") is None


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/settings.py", True),
        ("app/test_views.py", True),
        ("src/test/java/AppTest.java", True),
        ("web/button.spec.ts", True),
        ("pkg/server_test.go", True),
        ("conftest.py", True),
        ("app/views.py", False),
        ("app/contest.py", False),
        ("latest/app.py", False),
        ("app/attestation.py", False),
    ],
)
def test_test_code_is_rated_one_step_milder(path, is_test):
    found = catalogue.facts("python.flask-debug")
    assert found is not None

    rated = catalogue.rated(found, path)

    assert catalogue.is_test_path(path) is is_test
    assert (rated.severity, rated.confidence) == (("medium", "low") if is_test else ("high", "high"))


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        ("static/vendor/jquery/jquery.js", "low"),
        ("static/app.min.js", "low"),
        ("node_modules/a/index.js", "low"),
        ("static/vendors.js", "medium"),
    ],
)
def test_a_copy_of_foreign_code_is_rated_one_step_milder(path, severity):
    found = catalogue.facts("javascript.inner-html")
    assert found is not None

    assert catalogue.rated(found, path).severity == severity


def test_a_rule_that_says_so_is_rated_the_same_in_tests():
    found = catalogue.facts("python.bidirectional-text")

    assert found is not None
    assert catalogue.rated(found, "tests/test_a.py") == found
