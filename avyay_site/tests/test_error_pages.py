"""Error pages say what happened, also when the database is what broke."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse

from avyay_site import pages
from avyay_site.accounts.tests.factories import PASSWORD


def test_page_for_our_failure_needs_no_database(rf: RequestFactory):
    request = rf.get("/app/")
    request.user = AnonymousUser()
    request.request_id = "req_quoted"  # type: ignore[attr-defined]

    response = pages.server_error(request)

    assert response.status_code == 500
    assert "req_quoted" in response.content.decode()


@pytest.mark.django_db
def test_form_without_its_token_is_explained():
    client = Client(enforce_csrf_checks=True)

    response = client.post(reverse("sign_in"), {"username": "a@example.org", "password": PASSWORD})

    assert response.status_code == 403
    assert "This form has expired" in response.content.decode()


@pytest.mark.django_db
def test_refusal_is_explained(rf: RequestFactory):
    request = rf.get("/app/")
    request.user = AnonymousUser()

    response = pages.forbidden(request)

    assert response.status_code == 403
    assert "This is not allowed" in response.content.decode()


@pytest.mark.django_db
def test_error_page_keeps_the_content_security_policy(client: Client):
    response = client.get("/app/nowhere")

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
