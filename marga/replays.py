"""Read stored calls and decide them again by a policy that is not live yet. Reads only; no prompt is needed for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from avyay_site.usage.models import UsageRecord
from marga import manifest
from marga.gateway import snapshot
from marga.models import RequestTrace, Tier
from marga.policies import Policy
from marga.pricing import Usage
from marga.replaying import Offer, Report, Stored, replay
from marga.routing import ANYTHING, KeyRules
from marga.tracing import EXTRA_ACTION

CALLS_MOST = 200_000
CHUNK = 2_000


def run(
    *,
    policy: Policy,
    since: datetime,
    now: datetime,
    workspace_id: str = "",
    only: str = "",
    most: int = CALLS_MOST,
) -> Report:
    """Decide the latest calls since a moment again.

    workspace_id: empty for all. only: the policy whose calls are meant; empty for all that were routed.
    """
    live = _live(now)
    rules = {key.id: key.rules for key in live.keys.values()}
    calls = _calls(rules, since=since, until=now + timedelta(seconds=1), workspace_id=workspace_id, most=most)

    def offer_of(workspace_id: str) -> Offer:
        visible = live.visible(workspace_id)
        prices = {deployment.id: deployment.price for deployment in visible}
        return Offer(tuple(deployment.candidate for deployment in visible), prices)

    return replay(calls, policy, offer_of, only=only)


def _live(now: datetime) -> snapshot.Snapshot:
    """Return what the gateway would see at this moment, without any secret."""
    content = manifest.content(now)
    for provider in content["providers"]:
        provider["api_key"] = None
        provider["credentials"] = []
    document = json.loads(json.dumps(content)) | {"built_at": now.isoformat()}
    return snapshot.parse(document, etag="", encryption_keys=())


def _calls(
    rules: dict[str, KeyRules], *, since: datetime, until: datetime, workspace_id: str, most: int
) -> Iterator[Stored]:
    """Yield stored calls, newest first, a chunk at a time."""
    traces = RequestTrace.objects.filter(occurred_at__gte=since, occurred_at__lt=until)
    if workspace_id:
        traces = traces.filter(workspace_id=workspace_id)
    rows = traces.order_by("-occurred_at", "-id")[:most].iterator(chunk_size=CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        ids = [trace.request_id for trace in chunk]
        records = UsageRecord.objects.filter(request_id__in=ids, status__lt=400).exclude(action=EXTRA_ACTION)
        by_id = {record.request_id: record for record in records}
        for trace in chunk:
            if record := by_id.get(trace.request_id):
                yield _stored(trace, record, rules.get(record.key_id or "", ANYTHING))


def _stored(trace: RequestTrace, record: UsageRecord, rules: KeyRules) -> Stored:
    return Stored(
        request_id=trace.request_id,
        workspace_id=str(trace.workspace_id),
        session=trace.session,
        protocol=trace.protocol,
        model_requested=record.model_requested,
        model_used=record.model_used,
        provider=record.provider,
        policy=trace.policy,
        tier=Tier(trace.tier or Tier.MID).rank,
        task=trace.task,
        is_hinted=trace.reason.startswith("task:"),
        need=trace.need,
        doubt=trace.doubt,
        is_locked=trace.reason.startswith("locked:"),
        is_cached=bool(trace.cache),
        usage=Usage(
            record.input_tokens,
            record.output_tokens,
            record.cached_input_tokens,
            record.reasoning_tokens,
            record.cache_write_tokens,
        ),
        seconds=record.duration_ms / 1000,
        cost_usd=record.cost_usd,
        capabilities=frozenset(trace.capabilities),
        rules=rules,
    )
