"""Store what the blind judge said: it comes with the record of the call that judged, so nothing said is lost.

A verdict that cannot be read costs itself, never the record that it came with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from marga.models import ShadowSample, Verdict
from marga.records import REQUEST_ID, Record
from marga.strict import WrongField, choice, money, text
from marga.traces import TIERS

log = structlog.get_logger(__name__)

LATER = {"task": "", "tier": "", "judge": "", "used_usd": "0", "compared_usd": "0", "judge_usd": "0"}
"""What a sample may leave out."""


def store(records: Iterable[Record]) -> None:
    """Store the verdicts that came with records, in their transaction; one that is stored already stays as it is."""
    found = []
    for record in records:
        if record.trace is None or record.trace.sample is None:
            continue
        try:
            found.append(_sample(record, {**LATER, **record.trace.sample}))
        except (WrongField, KeyError) as exc:
            log.error("sample_refused", usage_request_id=record.request_id, reason=str(exc))
    if found:
        ShadowSample.objects.bulk_create(found, ignore_conflicts=True)


def _sample(record: Record, row: Mapping[str, Any]) -> ShadowSample:
    """Return the row; the workspace is the record's, whatever the sample says."""
    if not REQUEST_ID.fullmatch(text(row, "request_id", 64)):
        raise WrongField("request_id is 8 to 64 letters, digits, '_' or '-'.")
    return ShadowSample(
        workspace_id=record.workspace_id,
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
        occurred_at=record.occurred_at,
    )
