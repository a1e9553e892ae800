"""One request through everything: a real client, with only its address and key changed, and what becomes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

import httpx
import openai
import pytest

from avyay_site import llm
from avyay_site.keys.format import generate
from tests.platform import Platform, wait_until
from tests.upstream import WORDS, running_upstream

pytestmark = pytest.mark.processes

SOON = 2.0
WRONG_KEYS_APART = 0.25
"""Seconds: an address that tries more than 20 wrong keys a minute is turned away."""

"""Within so many seconds a change anywhere is in force everywhere."""
TEXT = "".join(WORDS)
QUESTION = [{"role": "user", "content": "Name a river."}]
CONFIG = """\
providers:
  - name: rivers
    kind: openai
    base_url: {url}
    api_key: sk-config-canary
    models:
      - name: river
        upstream_name: river-1
        tier: mid
        input_usd_per_mtok: {price}
        output_usd_per_mtok: 2
"""


@pytest.fixture(scope="module")
def upstream():
    with running_upstream() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return tmp_path_factory.mktemp("thread") / "marga.yaml"


@pytest.fixture(scope="module")
def platform(tmp_path_factory, upstream, config):
    """A platform whose models come from a config file, in a folder that the database's user may enter."""
    import shutil
    import tempfile
    from pathlib import Path

    folder = Path(tempfile.mkdtemp(prefix="avyay-test-"))
    write(config, CONFIG.format(url=upstream.url, price=1))
    environment = {"MARGA_CONFIG": str(config), "AVYAY_OUTBOUND_ALLOW": "127.0.0.0/8"}
    platform = Platform(folder, environment=environment)
    try:
        platform.start()
        wait_until(lambda: answers(platform, "river"), 10)
        yield platform
    finally:
        platform.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def client(platform, monkeypatch):
    """OpenAI's own client, told of the platform by its two variables alone."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{platform.gateway}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", platform.api_key)
    with openai.OpenAI(max_retries=0) as client:
        yield client


@pytest.fixture
def api(platform):
    """Return a client of the platform's REST API."""
    headers = {"Authorization": f"Bearer {platform.api_key}"}
    with httpx.Client(base_url=f"{platform.web}/api/v1", headers=headers, timeout=10) as api:
        yield api


def write(path, text):
    draft = path.with_suffix(".new")
    draft.write_text(text)
    os.replace(draft, path)


def answers(platform, model, **more):
    return platform.ask(model=model, **more).status_code == 200


def usage_of(platform, request_id):
    return next((row for row in platform.usage() if row["request_id"] == request_id), None)


def test_a_plain_answer_reaches_the_client_and_its_cost_the_usage(platform, client, upstream):
    answer = client.chat.completions.with_raw_response.create(model="river", messages=QUESTION)

    assert answer.parse().choices[0].message.content == TEXT
    assert answer.parse().usage.total_tokens == 1500
    assert upstream.asked[-1] == {"model": "river-1", "messages": QUESTION}
    assert upstream.credentials[-1] == "Bearer sk-config-canary"
    request_id = answer.headers["x-marga-request-id"]
    wait_until(lambda: usage_of(platform, request_id), SOON)
    record = usage_of(platform, request_id)
    assert (record["model_requested"], record["model_used"], record["provider"]) == (
        "river",
        "river",
        "rivers",
    )
    assert (record["input_tokens"], record["output_tokens"], record["status"]) == (1000, 500, 200)
    assert Decimal(record["cost_usd"]) == Decimal("0.002")
    assert not record["is_estimated"]


def test_a_streamed_answer_comes_in_pieces_and_is_counted_though_nobody_asked_for_usage(platform, client):
    with client.chat.completions.with_streaming_response.create(
        model="auto", messages=QUESTION, stream=True
    ) as answer:
        request_id = answer.headers["x-marga-request-id"]
        chunks = list(answer.parse())

    assert [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content] == list(
        WORDS
    )
    assert all(chunk.usage is None for chunk in chunks)
    wait_until(lambda: usage_of(platform, request_id), SOON)
    record = usage_of(platform, request_id)
    assert (record["is_stream"], record["input_tokens"], record["output_tokens"]) == (True, 1000, 500)
    assert record["ttft_ms"] is not None


def test_a_request_is_on_the_dashboard_within_two_seconds(platform, client):
    with httpx.Client(base_url=platform.web, follow_redirects=True, timeout=10) as browser:
        sign_in(browser, platform)
        assert "river-1" in browser.get("/app/gateway/models/").text
        raw = client.chat.completions.with_raw_response.create(model="river", messages=QUESTION)
        request_id = raw.headers["x-marga-request-id"]

        wait_until(lambda: request_id in browser.get("/app/gateway/requests/live").text, SOON)
        assert "river" in browser.get("/app/usage/").text


def sign_in(browser, platform):
    page = browser.get("/app/")
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {
        "username": platform.started["admin_email"],
        "password": platform.password,
        "csrfmiddlewaretoken": token,
    }
    answer = browser.post(page.url, data=form, headers={"Referer": str(page.url)})
    assert answer.status_code == 200
    assert "Sign out" in answer.text


def test_a_key_that_is_issued_works_and_one_that_is_revoked_is_refused_within_two_seconds(platform, api):
    issued = (
        api.post("/keys", json={"name": "short-lived", "scopes": ["marga:call"]}).raise_for_status().json()
    )
    wait_until(lambda: answers(platform, "river", api_key=issued["secret"]), SOON, every=WRONG_KEYS_APART)

    api.post(f"/keys/{issued['id']}/revoke", json={}).raise_for_status()

    wait_until(lambda: platform.ask(model="river", api_key=issued["secret"]).status_code == 401, SOON)


def test_a_provider_that_is_added_by_the_api_is_callable_within_two_seconds(platform, api, upstream):
    body = {"name": "added", "kind": "openai", "base_url": upstream.url, "api_key": "sk-api-canary"}
    provider = api.post("/marga/providers", json=body).raise_for_status().json()
    assert api.post(f"/marga/providers/{provider['id']}/check", json={}).json()["health"] == "ok"
    model = {"provider_id": provider["id"], "name": "added-model", "upstream_name": "river-1"}
    api.post("/marga/models", json=model).raise_for_status()

    wait_until(lambda: answers(platform, "added-model"), SOON, every=WRONG_KEYS_APART)
    assert upstream.credentials[-1] == "Bearer sk-api-canary"

    api.delete(f"/marga/providers/{provider['id']}").raise_for_status()
    wait_until(lambda: platform.ask(model="added-model").status_code == 404, SOON)


def test_a_change_of_the_config_file_is_in_force_within_two_seconds_and_a_broken_file_changes_nothing(
    platform, api, upstream, config
):
    text = CONFIG.format(url=upstream.url, price=1)
    write(config, text.replace("name: river\n", "name: renamed\n"))
    wait_until(lambda: answers(platform, "renamed"), SOON, every=WRONG_KEYS_APART)
    assert platform.ask(model="river").status_code == 404

    write(config, text.replace("kind:", "knid:"))
    problem_shown = lambda: "is not used" in page(platform)  # noqa: E731 - read where it is waited for
    wait_until(problem_shown, SOON)
    assert answers(platform, "renamed")

    write(config, CONFIG.format(url=upstream.url, price=3))
    wait_until(lambda: answers(platform, "river"), SOON, every=WRONG_KEYS_APART)
    prices = {row["name"]: row["input_usd_per_mtok"] for row in api.get("/marga/models").json()["data"]}
    assert prices["river"] == "3.000000"


def page(platform):
    with httpx.Client(base_url=platform.web, follow_redirects=True, timeout=10) as browser:
        sign_in(browser, platform)
        return browser.get("/app/gateway/models").text


def test_a_budget_that_is_spent_is_refused_and_announced(platform, api):
    body = {"name": "poor", "scopes": ["marga:call"], "monthly_budget_usd": "0.003"}
    key = api.post("/keys", json=body).raise_for_status().json()
    wait_until(lambda: answers(platform, "river", api_key=key["secret"]), SOON, every=WRONG_KEYS_APART)

    wait_until(lambda: platform.ask(model="river", api_key=key["secret"]).status_code == 402, 5)
    refused = platform.ask(model="river", api_key=key["secret"])
    assert refused.headers["x-should-retry"] == "false"
    assert "budget" in refused.json()["error"]["message"].lower()


def test_a_prompt_is_in_no_file_of_the_platform_even_where_a_keys_rules_have_it_kept(platform, api):
    ordinary = platform.ask("canary-in-a-prompt by default", model="river").headers["x-marga-request-id"]
    issued = api.post("/keys", json={"name": "keeper", "scopes": ["marga:call"]}).raise_for_status().json()
    wait_until(lambda: answers(platform, "river", api_key=issued["secret"]), SOON, every=WRONG_KEYS_APART)
    api.put(f"/marga/rules/{issued['id']}", json={"keeps_content": True}).raise_for_status()

    def kept():
        answer = platform.ask("canary-in-a-prompt for keeps", model="river", api_key=issued["secret"])
        path = f"/marga/requests/{answer.headers['x-marga-request-id']}"
        wait_until(lambda: api.get(path).status_code == 200, SOON)
        return api.get(path).json()["content"]

    wait_until(kept, 5)
    content = kept()
    assert "canary-in-a-prompt for keeps" in content["request"]
    assert TEXT in content["answer"]
    wait_until(lambda: usage_of(platform, ordinary), SOON)
    assert api.get(f"/marga/requests/{ordinary}").json()["content"] is None
    # The files of the database, with what it writes ahead, say more than its tables.
    assert files_that_hold(platform.layout.var, ordinary)
    assert files_that_hold(platform.layout.var, "canary-in-a-prompt") == []


def files_that_hold(folder, words):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if words.encode() in path.read_bytes()]


def test_the_platforms_own_client_speaks_with_the_gateway(platform):
    gateway = llm.Gateway(platform.api_key, base_url=platform.gateway)

    answer = gateway.complete(QUESTION, model="river", task_type="research")

    assert (answer.text, answer.model, answer.finish_reason) == (TEXT, "river", "stop")
    assert (answer.input_tokens, answer.output_tokens) == (1000, 500)
    assert answer.cost_usd
    assert list(gateway.stream(QUESTION, model="river")) == list(WORDS)
    with pytest.raises(llm.Refused, match="nowhere"):
        gateway.complete(QUESTION, model="nowhere")
    with pytest.raises(llm.NoAccess):
        llm.Gateway(generate(), base_url=platform.gateway).complete(QUESTION)


def test_a_product_calls_models_with_a_key_that_is_issued_on_first_use(platform, api):
    code = (
        "from avyay_site import llm; from avyay_site.accounts.models import Workspace; "
        "gateway = llm.for_workspace(Workspace.objects.get(slug='default').pk); "
        "print(gateway.complete([{'role': 'user', 'content': 'Hi'}], model='river').text)"
    )

    said = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=platform.root,
        env=platform.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert TEXT in said.stdout, said.stderr
    keys = {key["name"]: key for key in api.get("/keys").json()["data"]}
    assert keys["Platform"]["bucket"] == "platform"
    wait_until(lambda: any(row["key_id"] == keys["Platform"]["id"] for row in platform.usage()), SOON)


def test_secrets_are_in_no_log(platform):
    logs = "".join(
        path.read_text(errors="replace") for path in platform.layout.logs.iterdir() if path.is_file()
    )

    for secret in ("sk-config-canary", "sk-api-canary", platform.api_key, platform.password, "Name a river"):
        assert secret not in logs
