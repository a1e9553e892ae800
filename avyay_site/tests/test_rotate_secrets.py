"""Changing the key under which secrets are stored."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from avyay_site import crypto
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.management.commands.rotate_secrets import encrypted_columns
from avyay_site.notifications.models import Channel
from avyay_site.notifications.tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def channels():
    by = access_of(MembershipFactory.create())
    return [factories.channel(by, kind) for kind in ("slack", "webhook", "email")]


def tokens():
    return dict(Channel.objects.values_list("pk", "secret"))


def test_after_rotation_the_new_key_alone_opens_every_secret(channels, settings, capsys):
    old, new = settings.ENCRYPTION_KEYS, Fernet.generate_key().decode()
    before = {channel.pk: channel.secret.reveal() for channel in channels}
    settings.ENCRYPTION_KEYS = (new, *old)

    call_command("rotate_secrets")

    settings.ENCRYPTION_KEYS = (new,)
    assert {channel.pk: channel.secret.reveal() for channel in Channel.objects.all()} == before
    said = capsys.readouterr().out
    assert "notifications.Channel.secret: 2 encrypted anew" in said
    assert factories.SLACK not in said


def test_a_dry_run_changes_nothing(channels):
    before = tokens()

    call_command("rotate_secrets", "--dry-run")

    assert tokens() == before


def test_a_secret_whose_key_is_lost_is_counted_and_left_alone(channels, settings):
    lost = channels[0]
    token = crypto.encrypt("gone", [Fernet.generate_key().decode()])
    Channel.objects.filter(pk=lost.pk).update(secret=channels[0].secret.__class__(token))

    with pytest.raises(CommandError, match="1 secrets cannot be opened"):
        call_command("rotate_secrets")

    assert tokens()[lost.pk].token == token


def test_every_column_that_holds_a_secret_is_found():
    found = {f"{model._meta.label}.{name}" for model, name in encrypted_columns()}

    assert "notifications.Channel.secret" in found
    assert "marga.Provider.api_key" in found
