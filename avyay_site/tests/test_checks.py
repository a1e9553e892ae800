"""Checks that explain a wrong environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings as real

from avyay_site.checks import check_environment

SANE = {
    "SECRET_KEY": "k3J-8sd_fjk3498fjk3498fjk34f98jk3f4jkfl3",
    "DEBUG": False,
    "BIND": "127.0.0.1",
    "PUBLIC_URL": "http://localhost:8000",
    "IS_HTTPS": False,
    "ALLOWED_HOSTS": ["localhost"],
    "TRUSTED_PROXY_COUNT": 0,
    "MARGA_CONFIG": "",
}
PROXIED = {
    "PUBLIC_URL": "https://avyay.example.org",
    "IS_HTTPS": True,
    "ALLOWED_HOSTS": ["avyay.example.org"],
}


def ids(settings, changes):
    for name, value in (SANE | changes).items():
        setattr(settings, name, value)
    return [message.id for message in check_environment()]


SERVER = {**PROXIED, "TRUSTED_PROXY_COUNT": 1, "BIND": "192.168.1.5"}


@pytest.mark.parametrize("changes", [{}, {"BIND": "::1"}, SERVER])
def test_a_laptop_and_a_server_behind_a_proxy_are_fine(settings, changes):
    assert ids(settings, changes) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"SECRET_KEY": "short"}, "avyay.E001"),
        ({"SECRET_KEY": "a" * 60}, "avyay.E001"),
        (SERVER | {"DEBUG": True}, "avyay.E002"),
        ({"BIND": "0.0.0.0"}, "avyay.W003"),  # noqa: S104 - not bound
        ({"MARGA_CONFIG": "/nonexistent/marga.yaml"}, "avyay.E004"),
        ({"PUBLIC_URL": "http://other.example.org"}, "avyay.E005"),
        (PROXIED, "avyay.W006"),
    ],
)
def test_a_wrong_environment_is_named_with_a_hint(settings, changes, expected):
    assert ids(settings, changes) == [expected]
    assert all(message.hint for message in check_environment())


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {
            "AVYAY_PUBLIC_URL": "https://avyay.example.org",
            "AVYAY_ALLOWED_HOSTS": "avyay.example.org",
            "AVYAY_TRUSTED_PROXIES": "1",
            "AVYAY_BIND": "0.0.0.0",  # noqa: S104 - not bound
        },
    ],
)
def test_the_deployment_check_is_clean_on_a_laptop_and_on_a_server(environment, tmp_path):
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]

    result = subprocess.run(
        command,
        cwd=real.BASE_DIR,
        env=os.environ | {"AVYAY_VAR": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
