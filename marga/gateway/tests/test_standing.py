from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from marga.gateway import standing
from marga.gateway.accounts import Credential
from marga.gateway.caching.caches import Caches
from marga.gateway.credentials import CredentialPool
from marga.gateway.health import Breakers
from marga.gateway.metrics import Metrics
from marga.gateway.tests import harness
from marga.gateway.tests.harness import stage
from marga.gateway.tests.test_failover import failing, two

NOW = 1000.0


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return what a scraper reads: name and label values, and the value."""
    return {
        (sample.name.removeprefix("avyay_gateway_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def core() -> Any:
    provider = SimpleNamespace(
        name='the "first"\n',
        credentials=(Credential("cred_1", "sk-secret", name="agents"), Credential("cred_2", "sk-other")),
    )
    pool = CredentialPool()
    pool.pick(provider, "", 0, NOW)
    pool.failed(provider.credentials[0], 401, NOW)
    pool.pick(provider, "", 0, NOW)
    health = Breakers(lambda: NOW)
    for _ in range(5):
        health.begin("mdl_1")
        health.fail("mdl_1")
    return SimpleNamespace(
        credentials=pool,
        health=health,
        caches=Caches(max_bytes=1 << 20, secret="x", store=None, now=time.time()),
        loop=SimpleNamespace(time=lambda: NOW),
        keys=SimpleNamespace(
            snapshot=SimpleNamespace(deployments=[SimpleNamespace(id="mdl_1", name="gpt", provider=provider)])
        ),
    )


def test_credentials_and_deployments_are_shown_in_one_state_each_and_never_with_their_secret(core):
    text = standing.text(core)
    found = samples(text)

    assert found["credential_state", "cred_1", "agents", "dead"] == 1
    assert found["credential_state", "cred_1", "agents", "ok"] == 0
    assert found["credential_state", "cred_2", "", "ok"] == 1
    assert found["deployment_state", "mdl_1", "gpt", 'the "first"\n', "open"] == 1
    assert found["deployment_state", "mdl_1", "gpt", 'the "first"\n', "ok"] == 0
    assert found["deployment_errors_total", "mdl_1", "gpt", 'the "first"\n'] == 5
    assert "sk-secret" not in text


def test_every_counter_of_the_caches_is_shown(core):
    counters = core.caches.counters
    counters.misses, counters.kept, counters.not_kept, counters.purges = 1, 2, 3, 4

    found = samples(standing.text(core))

    names = ("misses_total", "kept_total", "not_kept_total", "purges_total", "evicted_total", "refused_total")
    assert [found[(f"cache_{name}",)] for name in names] == [1, 2, 3, 4, 0, 0]
    assert (found["cache_entries",], found["cache_bytes",]) == (0, 0)


def test_a_deployment_that_is_gone_keeps_its_id(core):
    core.keys.snapshot.deployments = []

    assert samples(standing.text(core))["deployment_state", "mdl_1", "", "", "open"] == 1


def test_further_tries_are_counted_by_reason_and_apart_where_they_go_elsewhere():
    metrics = Metrics()
    metrics.count_retry("server")
    metrics.count_retry("server", is_elsewhere=True)

    found = samples(metrics.text({}))

    assert (found["retry_total", "server"], found["fallback_total", "server"]) == (2, 1)


@pytest.mark.processes
async def test_a_scraper_reads_the_whole_page_of_a_working_gateway(tmp_path):
    async with two(tmp_path, failing("500 X")) as (s, _, _):
        async with s.post() as answer:
            assert answer.status == 200
        async with s.http.get(f"{s.gateway.url}/metrics") as answer:
            found = samples(await answer.text())

    assert (found["retry_total", "server"], found["fallback_total", "server"]) == (1, 1)
    assert found["shared_state_up",] == 0
    assert found["deployment_errors_total", "mdl_1", "m", "one"] == 1
    assert found["deployment_requests_total", "mdl_2", "m", "two"] == 1
    assert [row[-1] for row, value in found.items() if row[0] == "credential_state" and value] == ["ok", "ok"]


@pytest.mark.processes
async def test_a_kept_answer_shows_in_the_figures(tmp_path):
    async with stage(tmp_path) as s:
        rules = {"cache": "exact", "cache_ttl_seconds": 60}
        s.web.change({**s.web.document, "format": 2, "keys": [harness.key_row(s.key, rules=rules)]})
        await s.fetched()
        for _ in range(2):
            async with s.post() as answer:
                assert answer.status == 200
        async with s.http.get(f"{s.gateway.url}/metrics") as answer:
            found = samples(await answer.text())

    assert (found["cache_hits_total", "exact"], found["cache_misses_total",]) == (1, 1)
    assert (found["cache_kept_total",], found["cache_entries",]) == (1, 1)
    assert found["cache_bytes",] > 0
