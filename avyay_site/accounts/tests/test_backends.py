"""Signing in, and guessing passwords."""

from __future__ import annotations

import pytest
from django.urls import reverse

from avyay_site import limits
from avyay_site.accounts import backends
from avyay_site.accounts.backends import TRIES
from avyay_site.accounts.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fast_and_fresh(settings, tmp_path, frozen_clock):
    """Count in this process alone, where no other test counts; hash cheaply."""
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    limits.forget()


@pytest.fixture
def user():
    return UserFactory.create(is_staff=True)


@pytest.fixture(params=["sign_in", "admin:login"])
def sign_in(request, client):
    """Try to sign in; True when it worked."""

    def attempt(user, password, **more):
        email = user if isinstance(user, str) else user.email
        client.post(reverse(request.param), {"username": email, "password": password}, **more)
        is_in = "_auth_user_id" in client.session
        client.logout()
        return is_in

    return attempt


def test_the_right_password_opens_and_a_wrong_one_does_not(sign_in, user):
    assert sign_in(user, PASSWORD)
    assert not sign_in(user, "wrong")


def test_after_ten_wrong_passwords_even_the_right_one_is_refused(sign_in, user):
    for _ in range(TRIES):
        assert not sign_in(user, "wrong")

    assert not sign_in(user, PASSWORD)
    assert not sign_in(user.email.upper(), PASSWORD)


def test_another_address_and_another_account_are_not_locked_out(sign_in, user):
    for _ in range(TRIES + 1):
        sign_in(user, "wrong")

    assert sign_in(user, PASSWORD, REMOTE_ADDR="192.0.2.9")
    assert sign_in(UserFactory.create(is_staff=True), PASSWORD)


def test_a_right_password_pardons_the_wrong_ones_before_it(sign_in, user):
    for _ in range(2):
        for _ in range(TRIES - 1):
            sign_in(user, "wrong")
        assert sign_in(user, PASSWORD)


def test_an_address_that_tries_many_accounts_is_stopped(sign_in, user, monkeypatch):
    monkeypatch.setattr(backends, "TRIES_OF_ADDRESS", 12)
    for number in range(12):
        sign_in(f"guess{number}@example.org", "wrong")

    assert not sign_in(user, PASSWORD)


def test_signing_in_changes_the_session(client, user):
    """Session fixation: what was known before is worth nothing after."""
    session = client.session
    session["seen"] = True
    session.save()
    before = client.session.session_key

    client.post(reverse("sign_in"), {"username": user.email, "password": PASSWORD})

    assert client.session.session_key != before
