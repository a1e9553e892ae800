"""Typed readers for environment variables."""

from __future__ import annotations

import pytest

from avyay_site import env


def test_a_choice_is_one_of_the_words_that_are_known(monkeypatch):
    monkeypatch.setenv("AVYAY_TRIAL", "Require")

    assert env.choice("AVYAY_TRIAL", "auto", ("auto", "require")) == "require"
    monkeypatch.setenv("AVYAY_TRIAL", "sometimes")
    with pytest.raises(env.WrongVariable, match="AVYAY_TRIAL is 'sometimes'; set it to auto or require"):
        env.choice("AVYAY_TRIAL", "auto", ("auto", "require"))


def test_a_choice_that_is_not_set_has_its_default(monkeypatch):
    monkeypatch.delenv("AVYAY_TRIAL", raising=False)

    assert env.choice("AVYAY_TRIAL", "auto", ("auto", "require")) == "auto"
