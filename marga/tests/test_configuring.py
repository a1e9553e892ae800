from __future__ import annotations

import json
import os
from decimal import Decimal

import pytest

from avyay_site.accounts.tests.factories import WorkspaceFactory
from marga import configuring, publishing
from marga.checks import check_config
from marga.configfile import WrongConfig
from marga.models import Credential, Defaults, Model, Policy, Provider, Source
from marga.tests.factories import PolicyFactory, ProviderFactory

pytestmark = pytest.mark.django_db

TEXT = """\
providers:
  - name: upstream
    kind: openai
    base_url: http://127.0.0.1:9/v1
    api_key: sk-config-canary
    models:
      - name: one
        input_usd_per_mtok: 1
      - name: two
"""


@pytest.fixture
def workspace():
    return WorkspaceFactory.create(slug="default")


@pytest.fixture
def config(tmp_path, settings, workspace, monkeypatch):
    """Return a function that writes the file and looks at it, as the next poll but one would."""
    path = tmp_path / "marga.yaml"
    settings.MARGA_CONFIG = str(path)
    monkeypatch.setattr(configuring, "LOOK_SECONDS", 0)

    def write(text):
        draft = path.with_suffix(".new")
        draft.write_text(text)
        os.replace(draft, path)
        return configuring.follow_file()

    return write


def test_the_file_becomes_rows_that_every_workspace_may_call(config, workspace):
    status = config(TEXT)

    provider = Provider.objects.get()
    assert status.problem == ""
    assert (provider.workspace, provider.source, provider.is_shared, provider.is_trusted) == (
        workspace, Source.CONFIG, True, True,
    )  # fmt: skip
    assert provider.api_key.reveal() == "sk-config-canary"
    assert list(Model.objects.values_list("name", flat=True)) == ["one", "two"]


def test_a_change_of_the_file_changes_only_what_differs(config, now):
    config(TEXT)
    before = {row.name: row.updated_at for row in Model.objects.all()}
    token = Provider.objects.get().api_key.token

    config(TEXT.replace("input_usd_per_mtok: 1", "input_usd_per_mtok: 2"))

    after = {row.name: row.updated_at for row in Model.objects.all()}
    assert after["one"] > before["one"]
    assert after["two"] == before["two"]
    assert Provider.objects.get().api_key.token == token


def test_what_leaves_the_file_leaves_the_rows(config):
    config(TEXT)
    config(TEXT.replace("      - name: two\n", ""))
    assert list(Model.objects.values_list("name", flat=True)) == ["one"]

    config("providers: []\n")
    assert not Provider.objects.exists()


def test_a_broken_file_keeps_the_rows_and_is_explained(config):
    config(TEXT)

    status = config(TEXT.replace("kind: openai", "kind: opneai"))

    assert "line 3, providers[0].kind" in status.problem
    assert Model.objects.count() == 2
    assert config(TEXT).problem == ""


def test_a_broken_file_is_said_to_whoever_asks_how_the_platform_is(config, client):
    config(TEXT)
    assert "notes" not in client.get("/readyz").json()
    assert check_config() == []

    config(TEXT.replace("kind: openai", "kind: opneai"))

    assert "config file" in client.get("/readyz").json()["notes"][0]
    (warning,) = check_config()
    assert "line 3" in warning.msg
    assert "sk-config-canary" not in warning.msg


def test_a_file_that_is_not_there_is_explained(config, settings, tmp_path):
    settings.MARGA_CONFIG = str(tmp_path / "absent.yaml")

    assert "cannot be read" in configuring.follow_file().problem


def test_a_file_that_is_no_longer_named_leaves_no_rows(config, settings):
    config(TEXT)

    settings.MARGA_CONFIG = ""
    configuring.forget()
    configuring.follow_file()

    assert not Provider.objects.exists()


def test_a_file_that_was_there_before_the_first_workspace_is_used_once_there_is_one(config, workspace):
    workspace.delete()
    config(TEXT)
    assert not Provider.objects.exists()

    WorkspaceFactory.create()
    configuring.follow_file()

    assert Provider.objects.count() == 1


def test_an_unchanged_file_costs_no_query(config, django_assert_num_queries):
    config(TEXT)

    with django_assert_num_queries(0):
        configuring.follow_file()


def test_a_name_that_was_given_by_hand_is_not_taken_over(config, workspace):
    theirs = ProviderFactory.create(workspace=workspace, name="upstream")

    status = config(TEXT)

    assert "rename one of them" in status.problem
    assert Provider.objects.get() == theirs


def test_the_file_wins_over_what_was_found_in_the_environment(config, workspace):
    ProviderFactory.create(workspace=workspace, name="upstream", source=Source.ENVIRONMENT)

    config(TEXT)

    assert Provider.objects.get().source == Source.CONFIG


def test_a_key_may_come_from_a_variable_or_a_file(config, monkeypatch, tmp_path):
    monkeypatch.setenv("UPSTREAM_KEY", "from-variable")
    config(TEXT.replace("api_key: sk-config-canary", "api_key_env: UPSTREAM_KEY"))
    assert Provider.objects.get().api_key.reveal() == "from-variable"

    (tmp_path / "key.txt").write_text("from-file\n")
    config(TEXT.replace("api_key: sk-config-canary", "api_key_file: key.txt"))
    assert Provider.objects.get().api_key.reveal() == "from-file"


@pytest.mark.parametrize("given", ["api_key_env: NOT_SET_ANYWHERE", "api_key_file: absent.txt"])
def test_a_key_that_is_not_there_is_named_with_its_line(tmp_path, given):
    path = tmp_path / "marga.yaml"
    path.write_text(TEXT.replace("api_key: sk-config-canary", given))

    with pytest.raises(WrongConfig, match=r"line 2, providers\[0\]\.api_key_"):
        configuring.check(path)


MORE = (
    TEXT.replace("      - name: two", "      - name: two\n        watts: 100").replace(
        "    models:",
        "    credentials:\n      - name: agents\n        bucket: agents\n        api_key: sk-agents-canary\n    models:",
    )
    + """\
policies:
  - name: thrifty
    default: true
    tiers: {mid: 0.5}
baseline: one
tariff_usd_per_kwh: 0.30
"""
)


def sent(now):
    found = publishing.current_snapshot(None, now=now)
    assert found is not None
    return json.loads(found.body)


def test_credentials_policies_baseline_and_tariff_reach_the_snapshot(config, now):
    assert config(MORE).problem == ""

    found = sent(now)

    assert found["baseline"] == "one"
    assert [(row["name"], row["workspace_id"]) for row in found["policies"]] == [("thrifty", None)]
    assert [row["bucket"] for row in found["providers"][0]["credentials"]] == ["agents"]
    per_second = {row["name"]: row["usd_per_second"] for row in found["models"]}
    assert Decimal(per_second["two"]) == pytest.approx(Decimal("0.03") / 3600)
    assert per_second["one"] is None
    assert "canary" not in json.dumps(found)


def test_an_unchanged_part_of_the_file_changes_no_row(config):
    config(MORE)
    before = [row.updated_at for rows in (Credential, Policy, Defaults) for row in rows.objects.all()]

    config(MORE + "# a remark\n")

    assert [row.updated_at for rows in (Credential, Policy, Defaults) for row in rows.objects.all()] == before


def test_what_leaves_the_file_leaves_all_rows(config):
    config(MORE)
    config(TEXT)

    assert not Credential.objects.exists()
    assert not Policy.objects.exists()
    assert not Defaults.objects.exists()


def test_a_policy_made_by_hand_is_not_taken_over(config, workspace):
    theirs = PolicyFactory.create(workspace=workspace, name="thrifty")

    status = config(MORE)

    assert "policies[0].name" in status.problem
    assert "rename one of them" in status.problem
    assert Policy.objects.get() == theirs


def test_the_files_default_policy_takes_the_place_of_another(config, workspace):
    theirs = PolicyFactory.create(workspace=workspace, name="other", is_default=True)

    assert config(MORE).problem == ""

    theirs.refresh_from_db()
    assert not theirs.is_default


def test_a_new_tariff_leaves_a_version_of_the_prices(config):
    config(MORE)
    config(MORE.replace("0.30", "0.40"))

    versions = Model.objects.get(name="two").price_versions.order_by("effective_at", "pk")
    assert [version.usd_per_kwh for version in versions] == [Decimal("0.30"), Decimal("0.40")]


def test_a_credential_that_is_not_there_is_named_with_its_line(config):
    status = config(MORE.replace("api_key: sk-agents-canary", "api_key_env: NOT_SET_ANYWHERE"))

    assert "line 7, providers[0].credentials[0].api_key_env" in status.problem


def test_a_change_reaches_the_snapshot(config, now):
    config(TEXT)
    before = publishing.current_snapshot(None, now=now)
    assert before is not None

    config(TEXT.replace("name: two", "name: three"))

    after = publishing.current_snapshot(before.etag, now=now)
    assert after is not None
    assert b'"three"' in after.body
