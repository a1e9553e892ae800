from __future__ import annotations

import stat
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from avyay_site import secrets
from avyay_site.env import WrongVariable

NAMES = ("SECRET_KEY", "AVYAY_ENCRYPTION_KEYS", "AVYAY_KEY_PEPPER")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_secrets_are_made_once_and_kept_for_the_owner_only(tmp_path):
    folder = tmp_path / "secrets"

    first, second = secrets.load(folder), secrets.load(folder)

    assert first == second
    assert len(first.secret_key) >= 50
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == sorted(name.lower() for name in NAMES)


def test_two_platforms_have_different_secrets(tmp_path):
    assert secrets.load(tmp_path / "a").secret_key != secrets.load(tmp_path / "b").secret_key


def test_a_variable_wins_and_nothing_is_written_for_it(tmp_path, monkeypatch):
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("SECRET_KEY", "given")
    monkeypatch.setenv("AVYAY_ENCRYPTION_KEYS", f"{key}, {Fernet.generate_key().decode()}")
    (tmp_path / "pepper").write_text("from a file\n")
    monkeypatch.setenv("AVYAY_KEY_PEPPER_FILE", str(tmp_path / "pepper"))

    loaded = secrets.load(tmp_path / "secrets")

    assert (loaded.secret_key, loaded.encryption_keys[0], loaded.key_pepper) == ("given", key, "from a file")
    assert len(loaded.encryption_keys) == 2
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("value", ["short", ",", f"{'A' * 43}=,oops"])
def test_a_wrong_encryption_key_is_refused_without_showing_it(tmp_path, monkeypatch, value):
    monkeypatch.setenv("AVYAY_ENCRYPTION_KEYS", value)

    with pytest.raises(WrongVariable, match="AVYAY_ENCRYPTION_KEYS") as caught:
        secrets.load(tmp_path)
    assert value not in str(caught.value) or value == ","


def test_secrets_are_not_shown_by_repr(tmp_path):
    loaded = secrets.load(tmp_path)

    assert loaded.secret_key not in repr(loaded)


def let_begin(process):
    process.stdin.close()
    process.stdin = None


@pytest.mark.processes
def test_processes_that_start_at_once_agree(tmp_path):
    code = (
        "import sys, pathlib; from avyay_site import secrets;"
        "sys.stdin.read(); print(secrets.load(pathlib.Path(sys.argv[1])).__dict__)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "secrets")]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]

    for process in started:
        let_begin(process)
    seen = {process.communicate()[0] for process in started}

    assert len(seen) == 1
    assert "secret_key" in seen.pop()
