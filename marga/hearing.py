"""Take in what the gateway found out: how credentials and models fare, and what the judge said of answers.

Reports are for display and change no snapshot. A row that cannot be read, or is of something that is gone, is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import structlog
from django.db import transaction

from avyay_site import live
from avyay_site.accounts.models import Workspace
from marga.models import (
    Credential,
    CredentialState,
    DeploymentHealth,
    DeploymentState,
    Health,
    Model,
    Provider,
    ShadowSample,
    Verdict,
)
from marga.records import REQUEST_ID
from marga.strict import WrongField, choice, count, moment, money, number, text
from marga.traces import TIERS

log = structlog.get_logger(__name__)

MOST_ROWS = 5000
KINDS = ("credentials", "deployments", "samples")
MILLISECONDS_MOST = 3_600_000
REQUESTS_MOST = 2**53
REFUSED = "The provider refuses the API key; enter another one."
LATER = {"task": "", "tier": "", "judge": "", "used_usd": "0", "compared_usd": "0", "judge_usd": "0"}
"""What a sample may leave out."""

T = TypeVar("T")


@transaction.atomic
def take_report(report: Mapping[str, list[Any]], *, now: datetime) -> dict[str, int]:
    """Store a report and return how many rows of each kind were taken."""
    changed: set[str] = set()
    taken = {
        "credentials": _credentials(_read(report, "credentials", _credential), changed, now),
        "deployments": _deployments(_read(report, "deployments", _deployment), changed, now),
        "samples": _samples(_read(report, "samples", _sample)),
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


def _sample(row: Mapping[str, Any]) -> ShadowSample:
    row = {**LATER, **row}
    if not REQUEST_ID.fullmatch(text(row, "request_id", 64)):
        raise WrongField("request_id is 8 to 64 letters, digits, '_' or '-'.")
    return ShadowSample(
        workspace_id=text(row, "workspace_id", 40, least=1),
        request_id=row["request_id"],
        task=text(row, "task", 40),
        tier=choice(row, "tier", TIERS),
        model_used=text(row, "model_used", 200, least=1),
        model_compared=text(row, "model_compared", 200, least=1),
        verdict=choice(row, "verdict", tuple(Verdict.values)),
        judge=text(row, "judge", 200),
        used_usd=money(row, "used_usd"),
        compared_usd=money(row, "compared_usd"),
        judge_usd=money(row, "judge_usd"),
        occurred_at=moment(row, "occurred_at"),
    )


def _samples(rows: Iterable[ShadowSample]) -> int:
    """Store samples that are not stored yet: a report may come twice."""
    found = list(rows)
    present = set(
        Workspace.objects.filter(pk__in={row.workspace_id for row in found}).values_list("pk", flat=True)
    )
    kept = [row for row in found if row.workspace_id in present]
    ShadowSample.objects.bulk_create(kept, ignore_conflicts=True)
    return len(kept)
