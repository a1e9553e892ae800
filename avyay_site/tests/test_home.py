"""The front page shows measured numbers only; home shows what needs a person."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from avyay_site import home, shell
from avyay_site.accounts.models import Membership
from avyay_site.accounts.tests.factories import MembershipFactory
from avyay_site.keys.tests.factories import issue


@pytest.fixture
def owner(db: None) -> Membership:
    return MembershipFactory.create()


def test_figure_of_a_benchmark_is_read(tmp_path: Path):
    shown = {"front_page": {"product": "marga", "figure": "1.6 ms", "caption": "added, p99"}}
    (tmp_path / "overhead.json").write_text(json.dumps(shown))
    (tmp_path / "other.json").write_text('{"rps": 4000}')

    found = home.read_measured(tmp_path)

    assert found == {"marga": home.Measured(figure="1.6 ms", caption="added, p99")}


@pytest.mark.parametrize("text", ["", "[]", "not json", '{"front_page": {"product": "marga"}}'])
def test_unreadable_result_shows_no_figure(tmp_path: Path, text: str):
    (tmp_path / "broken.json").write_text(text)

    assert home.read_measured(tmp_path) == {}


def test_without_results_the_front_page_has_no_figure(
    client: Client, db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(home, "RESULTS", tmp_path)

    html = client.get(reverse("front")).content.decode()

    assert "<small>" not in html
    assert "Rakṣā" in html


def test_home_names_what_needs_a_person(client: Client, owner: Membership, monkeypatch: pytest.MonkeyPatch):
    alert = shell.Attention("bad", "2 critical findings", "/app/scans/")
    part = shell.Part(
        name="Scans", slug="scans", initial="र", url_name="home", summary="", attention=lambda access: [alert]
    )
    monkeypatch.setattr(shell, "_parts", {"scans": part})
    client.force_login(owner.user)

    assert "2 critical findings" in client.get(reverse("home")).content.decode()


def test_home_offers_the_first_key_until_there_is_one(client: Client, owner: Membership):
    client.force_login(owner.user)
    assert reverse("start") in client.get(reverse("home")).content.decode()

    issue(owner.workspace)

    assert "make the first one" not in client.get(reverse("home")).content.decode()


def test_style_guide_is_hidden_outside_of_development(client: Client, db: None):
    assert client.get(reverse("styleguide")).status_code == 404


def test_style_guide_shows_every_component_while_developing(client: Client, db: None, settings):
    settings.DEBUG = True

    html = client.get(reverse("styleguide")).content.decode()

    for part in ("badge", "button", "figures", "share", "snippet", "empty", "note"):
        assert f'class="{part}' in html
