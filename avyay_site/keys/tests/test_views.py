"""Key pages: shown once, for whom they are, and nothing of another workspace."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from avyay_site.accounts.models import Membership, Role
from avyay_site.accounts.tests.factories import MembershipFactory
from avyay_site.keys import once, snippets
from avyay_site.keys.models import ApiKey
from avyay_site.keys.tests.factories import issue

pytestmark = pytest.mark.django_db
SCOPES = ["marga:call"]


@pytest.fixture
def member() -> Membership:
    return MembershipFactory.create(role=Role.MEMBER)


@pytest.fixture
def pages(client: Client, member: Membership) -> Client:
    client.force_login(member.user)
    return client


def _asked(**changes: object) -> dict[str, object]:
    return {
        "name": "laptop",
        "bucket": "people",
        "scopes": SCOPES,
        "lifetime": "",
        "once": once.mark(),
    } | changes


def test_issued_key_is_shown_with_commands_that_hold_it(pages: Client, member: Membership):
    html = pages.post(reverse("keys:issue"), _asked(monthly_budget_usd="20")).content.decode()

    key = ApiKey.objects.get(workspace=member.workspace)
    assert html.count(key.latest4) >= 4
    assert "chat/completions" in html
    assert key.monthly_budget_usd == 20
    assert key.created_by == member.user


def test_secret_is_on_no_later_page(pages: Client):
    shown = pages.post(reverse("keys:issue"), _asked()).content.decode()
    secret = shown.split('id="secret">')[1].split("<")[0]
    assert secret.startswith("avy_live_")

    later = [pages.get(reverse(name)).content.decode() for name in ("keys:list", "home", "audit:list")]

    assert not any(secret in html for html in later)


def test_form_sent_twice_makes_one_key(pages: Client, member: Membership):
    asked = _asked()
    pages.post(reverse("keys:issue"), asked)

    again = pages.post(reverse("keys:issue"), asked)

    assert again.status_code == 302
    assert ApiKey.objects.filter(workspace=member.workspace).count() == 1


def test_lifetime_sets_the_expiry(pages: Client, frozen_clock: dt.datetime):
    pages.post(reverse("keys:issue"), _asked(lifetime="30"))

    assert ApiKey.objects.get().expires_at == frozen_clock + dt.timedelta(days=30)


def test_key_without_scope_is_refused_with_a_sentence(pages: Client):
    response = pages.post(reverse("keys:issue"), _asked(scopes=[]))

    assert "Choose at least one scope." in response.content.decode()
    assert not ApiKey.objects.exists()


def test_limits_can_be_changed(pages: Client, member: Membership):
    key = issue(member.workspace).key

    pages.post(reverse("keys:change", args=[key.pk]), _asked(name="renamed", requests_per_minute="60"))

    key.refresh_from_db()
    assert (key.name, key.requests_per_minute, key.tokens_per_minute) == ("renamed", 60, None)


def test_rolled_key_overlaps_with_its_successor(pages: Client, member: Membership, frozen_clock: dt.datetime):
    key = issue(member.workspace, scopes=["marga:call"]).key

    asked = {"overlap_hours": "1", "once": once.mark()}
    html = pages.post(reverse("keys:roll", args=[key.pk]), asked).content.decode()

    key.refresh_from_db()
    assert key.successor is not None
    assert key.successor.latest4 in html
    assert key.expires_at == frozen_clock + dt.timedelta(hours=1)


def test_revoking_asks_first(pages: Client, member: Membership):
    key = issue(member.workspace).key
    pages.get(reverse("keys:revoke", args=[key.pk]))
    key.refresh_from_db()
    assert key.revoked_at is None

    pages.post(reverse("keys:revoke", args=[key.pk]))

    key.refresh_from_db()
    assert key.revoked_at is not None


def test_first_key_may_call_models(pages: Client, member: Membership):
    html = pages.post(reverse("start_key"), {"once": once.mark()}).content.decode()

    assert "Waiting for the first request" in html
    assert "marga:call" in ApiKey.objects.get(workspace=member.workspace).scopes


def test_arrival_stops_asking_once_the_key_was_used(pages: Client, member: Membership):
    key = issue(member.workspace).key
    address = reverse("keys:arrival", args=[key.pk])
    assert "hx-trigger" in pages.get(address).content.decode()
    ApiKey.objects.filter(pk=key.pk).update(latest_used_at=timezone.now())

    html = pages.get(address).content.decode()

    assert "The first request arrived" in html
    assert "hx-trigger" not in html


@pytest.mark.parametrize("name", ["keys:change", "keys:roll", "keys:revoke", "keys:arrival"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_key_of_another_workspace_does_not_exist(pages: Client, name: str, method: str):
    foreign = issue(MembershipFactory.create().workspace).key

    response = getattr(pages, method)(reverse(name, args=[foreign.pk]), {"once": once.mark()})

    assert response.status_code == 404
    foreign.refresh_from_db()
    assert foreign.revoked_at is None


def test_viewer_may_look_but_not_touch(client: Client):
    viewer = MembershipFactory.create(role=Role.VIEWER)
    key = issue(viewer.workspace).key
    client.force_login(viewer.user)

    assert client.get(reverse("keys:list")).status_code == 200
    refused = [
        client.post(reverse("keys:issue"), _asked()),
        client.post(reverse("keys:roll", args=[key.pk]), {"overlap_hours": "1", "once": once.mark()}),
        client.post(reverse("keys:revoke", args=[key.pk])),
        client.post(reverse("keys:change", args=[key.pk]), _asked()),
        client.post(reverse("start_key"), {"once": once.mark()}),
    ]

    assert [response.status_code for response in refused] == [403] * 5
    assert "This needs the role member" in refused[0].content.decode()


def test_list_can_be_searched_and_hides_what_is_over(pages: Client, member: Membership):
    issue(member.workspace, name="laptop")
    blog = issue(member.workspace, name="blog").key
    gone = issue(member.workspace, name="gone").key
    ApiKey.objects.filter(pk=gone.pk).update(revoked_at=timezone.now())

    found = pages.get(reverse("keys:list"), {"q": "BLO"}).content.decode()
    active = pages.get(reverse("keys:list")).content.decode()
    everything = pages.get(reverse("keys:list"), {"show": "all"}).content.decode()

    assert blog.display in found
    assert "laptop" not in found
    assert gone.display not in active
    assert gone.display in everything


def test_name_is_shown_as_text(pages: Client, member: Membership):
    issue(member.workspace, name="<script>alert(1)</script>\u202e")

    html = pages.get(reverse("keys:list")).content.decode()

    assert "<script>alert" not in html
    assert "\u202e" not in html


def test_snippets_hold_the_key_and_the_address():
    shown = snippets.first_request(secret="avy_live_x", gateway_url="http://localhost:8080")

    assert all("avy_live_x" in snippet.text for snippet in shown)
    assert all("http://localhost:8080/v1" in snippet.text for snippet in shown)
