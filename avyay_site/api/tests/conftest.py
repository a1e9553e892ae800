"""A workspace, a client that calls with its key, and fresh rate limits."""

from __future__ import annotations

import pytest
from django.test import Client

from avyay_site import limits
from avyay_site.accounts.models import Workspace
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.tests.factories import issue


@pytest.fixture(autouse=True)
def _fresh_limits(settings, redis_server):
    settings.REDIS_URL = redis_server
    limits.forget()


@pytest.fixture
def workspace(db) -> Workspace:
    return WorkspaceFactory.create()


@pytest.fixture
def caller(workspace) -> Client:
    """A client with a key of the workspace that may do everything."""
    return Client(headers={"Authorization": f"Bearer {issue(workspace).secret}"})
