from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from avyay_site import seeding
from avyay_site.accounts.models import User, Workspace
from avyay_site.accounts.tests.factories import WorkspaceFactory
from avyay_site.keys.models import ApiKey
from avyay_site.keys.queries import get_access
from avyay_site.usage.models import UsageDay, UsageRecord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_seed_makes_workspaces_with_users_keys_and_usage_that_work(now):
    made = json.loads(run("seed", "--workspaces", "2", "--json"))["workspaces"]

    assert [workspace["slug"] for workspace in made] == ["seed-1", "seed-2"]
    for workspace in made:
        for user in workspace["users"]:
            assert User.objects.get(email=user["email"]).check_password(user["password"])
        access = get_access(workspace["keys"]["full"], now=now)
        assert access is not None
        assert access.workspace_id == workspace["id"]
        assert UsageRecord.objects.filter(workspace=workspace["id"]).count() == seeding.RECORDS


def test_seeding_again_changes_nothing_and_prints_the_same():
    first = run("seed", "--json")
    counts = [model.objects.count() for model in (Workspace, User, ApiKey, UsageRecord, UsageDay)]

    assert run("seed", "--json") == first
    assert [model.objects.count() for model in (Workspace, User, ApiKey, UsageRecord, UsageDay)] == counts


def test_a_product_adds_its_rows_and_sample_ids(monkeypatch, now):
    monkeypatch.setattr(seeding, "_seeders", [])
    seen = []

    def seeder(plot: seeding.Plot) -> dict[str, str]:
        seen.append(plot.workspace.slug)
        return {"marga/things": "thing_1"}

    seeding.register(seeder)
    seeding.register(seeder)
    made = seeding.seed(workspaces=2, now=now)

    assert seen == ["seed-1", "seed-2"]
    assert all(workspace["ids"]["marga/things"] == "thing_1" for workspace in made)


def test_create_key_prints_a_working_key(now):
    workspace = WorkspaceFactory.create(slug="crew")

    made = json.loads(
        run("create_key", "--workspace", "crew", "--scope", "marga:call", "--name", "ci", "--json")
    )

    access = get_access(made["secret"], now=now)
    assert access is not None
    assert access.workspace == workspace
    assert access.scopes == {"marga:call"}


def test_create_key_names_the_workspaces_when_the_wanted_one_is_missing():
    WorkspaceFactory.create(slug="crew")

    with pytest.raises(CommandError, match="There is no workspace 'crow'; choose among: crew"):
        run("create_key", "--workspace", "crow", "--scope", "marga:call")
