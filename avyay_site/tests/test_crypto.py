from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from avyay_site import crypto

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text())
def test_decrypt_gives_back_what_was_encrypted(text):
    token = crypto.encrypt(text, [NEW])

    assert crypto.decrypt(token, [NEW]) == text
    assert text not in token or len(text) < 4


def test_a_token_of_an_older_key_still_opens_and_is_rotated_to_the_first_key():
    token = crypto.encrypt("upstream secret", [OLD])

    rotated = crypto.rotate(token, [NEW, OLD])

    assert crypto.decrypt(token, [NEW, OLD]) == "upstream secret"
    assert crypto.decrypt(rotated, [NEW]) == "upstream secret"


def test_a_token_of_a_lost_key_or_a_changed_token_is_refused_without_showing_it():
    token = crypto.encrypt("upstream secret", [OLD])

    for wrong in (token, token[:-4] + "AAAA", "not a token"):
        with pytest.raises(crypto.UnableToDecrypt) as caught:
            crypto.decrypt(wrong, [NEW])
        assert wrong not in str(caught.value)


def test_internal_token_depends_on_the_first_key_only_and_does_not_show_it():
    token = crypto.internal_token([NEW, OLD])

    assert token == crypto.internal_token([NEW])
    assert token != crypto.internal_token([OLD])
    assert len(token) == 43
    assert NEW not in token
