"""The command line, with the real engines behind their walls."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.management import CommandError, call_command

from raksha.models import Project, Scan
from raksha.reports import terminal
from raksha.reports.tests.test_reports import report, reported

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

CODE = """import os

from flask import Flask, request

app = Flask(__name__)


@app.route("/")
def ping():
    os.system("ping " + request.args["host"])
    return "done"
"""


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.VAR = tmp_path / "var"


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(CODE)
    return folder


def run(capfdbinary, *words: str) -> tuple[int, bytes, str]:
    try:
        call_command("raksha_scan", *words)
        code = 0
    except SystemExit as exc:
        code = int(exc.code or 0)
    out, err = capfdbinary.readouterr()
    return code, out, err.decode()


def test_a_folder_is_scanned_and_the_gate_decides_the_exit_code(shop, capfdbinary):
    code, out, err = run(capfdbinary, str(shop), "--fail-on", "high")

    assert code == 3
    assert b"Command injection  CWE-78" in out
    assert "runs in a shell" in out.decode()
    assert "taint: done, 1 of 1" in err

    (shop / "app.py").write_text("answer = 42\n")
    code, out, err = run(capfdbinary, str(shop), "--fail-on", "high", "--quiet")

    assert code == 0
    assert b"Command injection" not in out
    assert Project.objects.count() == 1, "the same folder is the same project"
    assert Scan.objects.first().changes["fixed"]


def test_data_goes_to_stdout_alone(shop, capfdbinary, tmp_path):
    code, out, _ = run(capfdbinary, str(shop), "--format", "sarif")
    document = json.loads(out)
    written = tmp_path / "report.json"
    run(capfdbinary, str(shop), "--format", "json", "--out", str(written))

    assert code == 0
    assert "python.command-injection" in {result["ruleId"] for result in document["runs"][0]["results"]}
    assert json.loads(written.read_text())["counts"]["critical"] == 1


def test_an_archive_is_scanned(shop, capfdbinary, tmp_path):
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        archive.write(shop / "app.py", "src/app.py")

    _, out, _ = run(capfdbinary, str(tmp_path / "shop.zip"), "--format", "csv", "--quiet")

    assert b"src/app.py" in out
    assert Project.objects.get().name == "shop"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["/nowhere/at/all"], "is no folder, no archive"),
        (["ftp://example.org/a"], "https"),
        ([".", "--fail-on", "bad"], "--fail-on does not know 'bad'; use critical"),
        ([".", "--workspace", "missing"], "no workspace 'missing'"),
    ],
)
def test_wrong_use_says_what_to_do(words, says):
    with pytest.raises(CommandError, match=says) as raised:
        call_command("raksha_scan", *words)

    assert raised.value.returncode == 2


def test_the_terminal_gets_no_control_characters():
    evil = reported()
    text = terminal.write(report(evil, skipped=()), colour=False)

    assert "\x1b" not in text
    assert "Why: high severity (+23)" in text
    assert text.endswith("Nothing was left out.\n")
    assert terminal.write(report(evil), colour=True).count("\x1b[0m") == 1
    assert io.StringIO(text).readline().startswith("  1  HIGH")
