from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from avyay_site import steps
from marga import discovering
from marga.tests.test_configfile import GOOD


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_right_file_is_said_to_be_right(tmp_path, monkeypatch):
    path = tmp_path / "marga.yaml"
    path.write_text(GOOD)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")

    assert "providers 2, models 2" in run("marga_config", "--check", path)


def test_each_fault_of_a_wrong_file_is_printed_with_its_line(tmp_path, settings):
    path = tmp_path / "marga.yaml"
    path.write_text("providers:\n  - name: a\n    kind: nope\n    modells: []\n")
    settings.MARGA_CONFIG = str(path)

    with pytest.raises(CommandError) as raised:
        run("marga_config")

    assert f"{path}: line 3, providers[0].kind: " in str(raised.value)
    assert f"{path}: line 4, providers[0].modells: " in str(raised.value)


def test_without_a_file_the_command_says_how_to_name_one(settings):
    settings.MARGA_CONFIG = ""

    with pytest.raises(CommandError, match="MARGA_CONFIG"):
        run("marga_config")


def test_discovery_runs_by_command_and_at_each_start(monkeypatch, now):
    asked = []

    def discover(*, now):
        asked.append(now)
        return ["openai"]

    monkeypatch.setattr(discovering, "discover", discover)

    assert "openai" in run("marga_discover")
    steps.run(now)

    assert asked[-1] == now
    assert len(asked) == 2
