from __future__ import annotations

import json

import pytest
from django.core.management import call_command

from avyay_site import doctor, embedded
from avyay_site.checkup import Finding, State
from avyay_site.embedded import Layout


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path / "var")
    embedded.make_folders(layout)
    return layout


def test_packages_are_compared_with_the_lock(tmp_path):
    lock = tmp_path / "requirements.txt"
    lock.write_text("pytest==0.0.1 \\\n    --hash=sha256:00\nno-such-package==1.0\n")

    finding = doctor.packages(lock)

    assert finding.state is State.FAIL
    assert "2 differ from requirements.txt: pytest, no-such-package" in finding.detail


def test_our_own_packages_are_as_locked(settings):
    assert doctor.packages(settings.BASE_DIR / "requirements.txt").state is State.OK


def test_a_secret_that_others_may_read_is_named_with_the_remedy(layout):
    path = layout.secrets / "secret_key"
    path.write_text("x")
    path.chmod(0o600)
    assert doctor.secrets(layout).state is State.OK

    path.chmod(0o640)

    finding = doctor.secrets(layout)
    assert (finding.state, finding.mend) == (State.FAIL, f"chmod 600 {path}")


def test_a_full_disk_is_noticed_before_it_hurts(layout, monkeypatch):
    monkeypatch.setattr(doctor, "ENOUGH_FREE_BYTES", 2**62)
    assert doctor.disk(layout.var).state is State.WARN

    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 2**62)
    assert doctor.disk(layout.var).state is State.FAIL


def test_a_missing_tool_has_its_own_weight():
    assert doctor.tool("git", "no-such-program", State.FAIL, "install git").state is State.FAIL
    assert doctor.tool("python", "python", State.FAIL, "").state is State.OK


@pytest.mark.django_db
def test_a_database_is_asked_for_version_vectors_clock_and_migrations(settings):
    found = {finding.name: finding for finding in doctor.database(settings.LAYOUT)}

    assert list(found) == ["postgres", "pgvector", "clock", "migrations"]
    assert {finding.state for finding in found.values()} == {State.OK}


def test_a_redis_is_asked_for_its_version(settings, servers):
    assert doctor.redis(settings.LAYOUT).state is State.OK


def test_a_redis_that_does_not_answer_is_a_failure(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    finding = doctor.redis(settings.LAYOUT)

    assert (finding.state, finding.mend) == (State.FAIL, "check REDIS_URL and the server")


def test_with_nothing_running_nothing_fails_for_that_reason(layout, settings):
    assert [finding.state for finding in doctor.database(layout)] == [State.WARN]
    assert [finding.state for finding in doctor.programs(None, layout)] == [State.WARN]


def test_a_failure_is_the_exit_code(monkeypatch, capsys):
    findings = [
        Finding("git", State.OK, "found"),
        Finding("disk", State.FAIL, "full", "free some"),
    ]
    monkeypatch.setattr(doctor, "examine", lambda: iter(findings))

    with pytest.raises(SystemExit, match="1"):
        call_command("doctor")
    assert capsys.readouterr().out.splitlines() == [
        "ok    git   found",
        "fail  disk  full",
        "            -> free some",
    ]

    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", "--json")
    assert json.loads(capsys.readouterr().out)[1]["mend"] == "free some"


@pytest.mark.django_db
def test_all_checks_together_tell_something_of_each_part():
    names = [finding.name for finding in doctor.examine()]

    assert {
        "python",
        "packages",
        "AVYAY_VAR",
        "disk",
        "secrets",
        "postgres",
        "redis",
        "git",
        "semgrep",
    } <= set(names)
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_products_are_asked_only_while_there_is_a_database(settings, layout):
    settings.DATABASE_URL = ""
    assert list(doctor.products(layout)) == []

    settings.DATABASE_URL = "postgres://here"
    assert "intelligence" in [line.name for line in doctor.products(layout)]
