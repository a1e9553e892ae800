"""Take in what the gateway found out: how credentials and models fare.

Reports are for display and change no snapshot. A row that cannot be read, or is of something that is gone, is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import structlog
from django.db import transaction

from avyay_site import live
from marga.models import (
    Credential,
    CredentialState,
    DeploymentHealth,
    DeploymentState,
    Health,
    Model,
    Provider,
)
from marga.strict import WrongField, choice, count, moment, number, text

log = structlog.get_logger(__name__)

MOST_ROWS = 5000
KINDS = ("credentials", "deployments")
MILLISECONDS_MOST = 3_600_000
REQUESTS_MOST = 2**53
REFUSED = "The provider refuses the API key; enter another one."

T = TypeVar("T")


@transaction.atomic
def take_report(report: Mapping[str, list[Any]], *, now: datetime) -> dict[str, int]:
    """Store a report and return how many rows of each kind were taken."""
    changed: set[str] = set()
    taken = {
        "credentials": _credentials(_read(report, "credentials", _credential), changed, now),
        "deployments": _deployments(_read(report, "deployments", _deployment), changed, now),
    }
    for workspace_id in sorted(changed):
        live.ring(workspace_id, "gateway")
    return taken


def _read(report: Mapping[str, list[Any]], kind: str, reader: Callable[[Mapping[str, Any]], T]) -> list[T]:
    found = []
    for row in report.get(kind, []):
        try:
            if not isinstance(row, dict):
                raise WrongField("a row is a JSON object.")
            found.append(reader(row))
        except (WrongField, KeyError) as exc:
            log.error("report_row_refused", kind=kind, reason=str(exc))
    return found


def _credential(row: Mapping[str, Any]) -> tuple[str, str, datetime | None]:
    until = None if row.get("until") is None else moment(row, "until")
    return text(row, "id", 40), choice(row, "state", tuple(CredentialState.values)), until


def _credentials(rows: Iterable[tuple[str, str, datetime | None]], changed: set[str], now: datetime) -> int:
    reported = {row[0]: row for row in rows}
    present = Credential.objects.filter(pk__in=reported)
    for credential in present:
        _, state, until = reported[credential.pk]
        if (credential.state, credential.state_until) != (state, until):
            changed.add(credential.workspace_id)
        Credential.objects.filter(pk=credential.pk).note_state(state, until=until, now=now)
    # A provider's own key is reported under the provider's id.
    dead = [name for name, state, _ in reported.values() if state == CredentialState.DEAD]
    refused = Provider.objects.filter(pk__in=dead).exclude(health=Health.FAILING)
    changed.update(refused.values_list("workspace_id", flat=True))
    noted: int = refused.note_health(Health.FAILING, REFUSED, now=now)
    return len(present) + noted


def _deployment(row: Mapping[str, Any]) -> DeploymentHealth:
    return DeploymentHealth(
        model_id=text(row, "id", 40),
        state=choice(row, "state", tuple(DeploymentState.values)),
        latency_ms=None if row.get("latency_ms") is None else number(row, "latency_ms", MILLISECONDS_MOST),
        ttft_ms=None if row.get("ttft_ms") is None else number(row, "ttft_ms", MILLISECONDS_MOST),
        requests=count(row, "requests", REQUESTS_MOST),
        errors=count(row, "errors", REQUESTS_MOST),
    )


def _deployments(rows: Iterable[DeploymentHealth], changed: set[str], now: datetime) -> int:
    reported = {row.model_id: row for row in rows}
    owners = dict(Model.objects.filter(pk__in=reported).values_list("pk", "workspace_id"))
    before = dict(DeploymentHealth.objects.filter(model_id__in=owners).values_list("model_id", "state"))
    known = [row for model_id, row in reported.items() if model_id in owners]
    for row in known:
        row.workspace_id, row.reported_at = owners[row.model_id], now
        if before.get(row.model_id, DeploymentState.OK) != row.state:
            changed.add(row.workspace_id)
    DeploymentHealth.objects.note(known)
    return len(known)
