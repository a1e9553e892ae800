"""Fields shared by all apps."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.db import models
from django.test.utils import isolate_apps

from avyay_site import crypto
from avyay_site.fields import MASK, EncryptedTextField, Secret

with isolate_apps("avyay_site"):  # a model of the tests alone: no migration is expected for it

    class Vault(models.Model):
        """A row that is never stored: these tests need only the attribute and the conversions."""

        key = EncryptedTextField(blank=True, default="")

        class Meta:
            app_label = "avyay_site"

        def __str__(self) -> str:
            return "vault"


def test_an_assigned_text_is_sealed_at_once():
    vault = Vault(key="sk-clear")

    assert "sk-clear" not in repr(vars(vault))
    assert vault.key.reveal() == "sk-clear"


def test_a_secret_shows_only_a_mask():
    secret = Secret.seal("sk-clear")

    assert [str(secret), f"{secret}", repr(secret), repr([secret])] == [
        MASK,
        MASK,
        f"Secret({MASK!r})",
        f"[Secret({MASK!r})]",
    ]


def test_the_stored_value_is_a_token_and_comes_back():
    field = Vault._meta.get_field("key")

    token = field.get_prep_value("sk-clear")

    assert "sk-clear" not in token
    back = field.from_db_value(token, None, None)
    assert back is not None
    assert back.reveal() == "sk-clear"


def test_empty_stays_empty_and_none_stays_none():
    field = Vault._meta.get_field("key")

    assert [field.get_prep_value(""), field.get_prep_value(None)] == ["", None]
    assert not Vault().key
    assert Vault().key.reveal() == ""


def test_a_secret_of_a_lost_key_can_be_listed_but_not_revealed(settings):
    vault = Vault(key="sk-clear")

    settings.ENCRYPTION_KEYS = (Fernet.generate_key().decode(),)

    assert str(vault.key) == MASK
    with pytest.raises(crypto.UnableToDecrypt):
        vault.key.reveal()


def test_it_stands_in_no_form_and_in_no_dump():
    field = Vault._meta.get_field("key")

    assert field.editable is False
    assert field.value_to_string(Vault(key="sk-clear")) == ""
