"""Set-up of the gateway's tests."""

from __future__ import annotations

import pytest

from marga import configuring, publishing


@pytest.fixture(autouse=True)
def forgetful(settings):
    """Forget what the process kept: the database is rolled back under it after each test, and hash passwords quickly."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    publishing.forget()
    configuring.forget()
