"""How the gateway's parts stand at this moment, as Prometheus text: caches, credentials, deployments."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from marga.gateway.caching.caches import Caches
from marga.gateway.core import Core
from marga.gateway.metrics import PREFIX, labelled

CREDENTIAL_STATES = ("ok", "resting", "dead")
DEPLOYMENT_STATES = ("ok", "trying", "open", "stalled")
Series = Iterable[tuple[Mapping[str, str], float]]


def text(core: Core) -> str:
    """Return the series; credentials and deployments are named by id, and by what people call them."""
    lines = _caches(core.caches)
    lines += _family("credential_state", "gauge", _credentials(core))
    deployments = core.health.states()
    names = {found.id: (found.name, found.provider.name) for found in core.keys.snapshot.deployments}
    told = [(_named(row["id"], names), row) for row in deployments]
    lines += _family(
        "deployment_state",
        "gauge",
        [
            ({**labels, "state": state}, int(row["state"] == state))
            for labels, row in told
            for state in DEPLOYMENT_STATES
        ],
    )
    lines += _family(
        "deployment_requests_total", "counter", [(labels, row["requests"]) for labels, row in told]
    )
    lines += _family("deployment_errors_total", "counter", [(labels, row["errors"]) for labels, row in told])
    return "\n".join(lines) + "\n"


def _caches(caches: Caches) -> list[str]:
    counters = caches.counters
    found: list[str] = []
    for name, kind, value in (
        ("cache_misses_total", "counter", counters.misses),
        ("cache_kept_total", "counter", counters.kept),
        ("cache_not_kept_total", "counter", counters.not_kept),
        ("cache_purges_total", "counter", counters.purges),
        ("cache_evicted_total", "counter", caches.evicted),
        ("cache_refused_total", "counter", caches.refused),
        ("cache_entries", "gauge", caches.entries),
        ("cache_bytes", "gauge", caches.used_bytes),
    ):
        found += _family(name, kind, [({}, value)])
    return found


def _credentials(core: Core) -> Series:
    wall = time.time()
    accounts = core.credentials.accounts
    for row in core.credentials.states(core.loop.time(), wall):
        name = str(row["id"])
        labels = {"credential": name, "name": accounts[name].credential.name}
        for state in CREDENTIAL_STATES:
            yield {**labels, "state": state}, int(row["state"] == state)


def _named(deployment_id: str, names: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    model, provider = names.get(deployment_id, ("", ""))
    return {"deployment": deployment_id, "model": model, "provider": provider}


def _family(name: str, kind: str, series: Series) -> list[str]:
    return [
        f"# TYPE {PREFIX}{name} {kind}",
        *(labelled(name, labels, value) for labels, value in series),
    ]
