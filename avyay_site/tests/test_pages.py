"""Every page of the dashboard answers, for whom it should, within its number of queries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from avyay_site.accounts.models import Membership, Role
from avyay_site.accounts.services import invite_member
from avyay_site.accounts.tests.factories import MembershipFactory, access_of
from avyay_site.keys.tests.factories import issue
from avyay_site.notifications.services import create_channel, send_test

PAGES = (
    "home",
    "home_live",
    "start",
    "keys:list",
    "keys:live",
    "keys:issue",
    "usage:overview",
    "usage:live",
    "members",
    "members_live",
    "notifications:list",
    "notifications:live",
    "notifications:add",
    "audit:list",
    "settings",
    "password_change",
    "workspace_create",
    "raksha:overview",
    "devops_rag:overview",
    "buildengine:overview",
)
OPEN_TO_ALL = ("front", "sign_in")


@pytest.fixture
def owner(db: None) -> Membership:
    return MembershipFactory.create(role=Role.OWNER)


@pytest.fixture
def signed_in(client: Client, owner: Membership) -> Client:
    client.force_login(owner.user)
    return client


@pytest.mark.parametrize("name", PAGES)
def test_page_answers_a_member(signed_in: Client, name: str):
    response = signed_in.get(reverse(name))

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("name", PAGES)
def test_page_sends_a_stranger_to_the_sign_in_page(client: Client, db: None, name: str):
    response = client.get(reverse(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("sign_in"))


@pytest.mark.parametrize("name", OPEN_TO_ALL)
def test_page_is_open_to_all(client: Client, db: None, name: str):
    assert client.get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_page_holds_no_inline_script_or_style(signed_in: Client, name: str):
    html = signed_in.get(reverse(name)).content.decode()

    assert " style=" not in html
    assert "<style" not in html
    assert "<script>" not in html
    assert " onclick=" not in html


def test_member_without_a_workspace_is_asked_to_make_one(signed_in: Client, owner: Membership):
    owner.delete()

    response = signed_in.get(reverse("home"))

    assert response["Location"] == reverse("workspace_create")


def test_unknown_address_is_explained_with_the_request_id(client: Client, db: None):
    response = client.get("/app/nowhere")

    assert response.status_code == 404
    assert "Nothing is here" in response.content.decode()


def test_key_pages_answer(signed_in: Client, owner: Membership):
    key = issue(owner.workspace).key

    for name in ("keys:change", "keys:roll", "keys:revoke", "keys:arrival"):
        assert signed_in.get(reverse(name, args=[key.pk])).status_code == 200


@pytest.mark.parametrize(
    ("name", "most"),
    [("home", 16), ("keys:list", 8), ("members", 8), ("audit:list", 9), ("notifications:list", 9)],
)
def test_list_page_needs_no_more_queries_for_more_rows(
    signed_in: Client, owner: Membership, name: str, most: int, django_assert_max_num_queries
):
    _fill(owner)

    with django_assert_max_num_queries(most):
        signed_in.get(reverse(name))


def _fill(owner: Membership) -> None:
    by = access_of(owner)
    for number in range(12):
        issue(owner.workspace, name=f"key {number}")
        MembershipFactory.create(workspace=owner.workspace, role=Role.MEMBER)
        invite_member(by=by, email=f"new{number}@example.org", now=timezone.now())
        channel = create_channel(by=by, name=f"mail {number}", kind="email", target="a@example.org").channel
        send_test(by=by, channel=channel, now=timezone.now())
