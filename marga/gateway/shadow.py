"""Have a few answers compared with what the baseline would have said, so that a saving is never without its quality.

After the answer went out, a stronger model is asked the same, and a judge who knows no names compares the two. Both are
paid for under the caller's key, within its budget, and count against none of its other limits. No word of it is kept.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from marga import judging
from marga.gateway.asking import Question, Reply, ask
from marga.gateway.booking import most_usd
from marga.gateway.call import Call
from marga.gateway.core import Core
from marga.gateway.snapshot import Catalogue, Deployment, Key
from marga.gateway.spool import SpoolFull
from marga.pricing import Usage
from marga.protocols.checkable import plain, said
from marga.protocols.reading import estimated_tokens
from marga.protocols.turns import user_turns
from marga.routing import Needs, NoRoute

LARGEST_BODY = 256 << 10
UNSEEN = frozenset({"tools", "vision", "audio", "files"})
"""What a judge would not see, or what must not be done twice."""
NEEDY = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer to compare. It lives in memory until it is judged."""

    request_id: str
    key: Key
    policy: str
    task: str
    question: Question
    asked: str
    given: str
    used: Deployment
    used_usd: Decimal
    baseline: Deployment
    judge: Deployment


def choose(call: Call, catalogue: Catalogue) -> None:
    """Decide whether the call is one of the few that are compared."""
    decision, needs = call.decision, call.needs
    if decision is None or needs is None:
        return
    policy = catalogue.policies.get(decision.policy)
    if policy is None or not policy.shadow_percent:
        return
    if needs.lock or needs.capabilities & UNSEEN or call.request.protocol == "embeddings":
        return
    call.is_sampled = judging.is_chosen(call.id, policy.shadow_percent)


def offer(call: Call) -> None:
    """Take a sampled call's answer for comparison, if it came from a weaker model than the baseline and is whole."""
    if not call.is_sampled or call.whole is None:
        return
    sample = _sample(call)
    if sample is not None and not call.core.backlog.offer(functools.partial(_compare, call.core, sample)):
        _count(call.core, "dropped")


def _sample(call: Call) -> Sample | None:
    core, key, used, baseline, needs = call.core, call.key, call.deployment, call.baseline, call.needs
    if key is None or used is None or baseline is None or needs is None or call.whole is None:
        return None
    if used.candidate.tier >= baseline.candidate.tier or len(call.request.body) > LARGEST_BODY:
        return None
    protocol, payload = call.whole
    given = said(payload, protocol)
    judge = _judge(core, key, used, baseline)
    if not given or judge is None or not core.health.is_usable(baseline.id):
        return None
    question = Question(
        payload=plain(call.request.payload),
        protocol=call.request.protocol,
        part="shadow",
        bucket=key.bucket,
        tokens=needs.input_tokens,
        characters=call.input_characters,
        asked=call.asked,
    )
    return Sample(
        request_id=call.id,
        key=key,
        policy=call.decision.policy if call.decision else "",
        task=needs.task,
        question=question,
        asked="\n\n".join(user_turns(call.request.payload, call.request.protocol)),
        given=given,
        used=used,
        used_usd=call.cost or Decimal(0),
        baseline=baseline,
        judge=judge,
    )


def _judge(core: Core, key: Key, used: Deployment, baseline: Deployment) -> Deployment | None:
    """Return a strongest model that the key may use; one that is neither side's own, where there is one."""
    catalogue = core.keys.snapshot.catalogue(key.workspace_id)
    try:
        order = catalogue.router.decide(Needs("auto:best", need=NEEDY), key.rules, core.health).order
    except NoRoute:
        return None
    found = [catalogue.by_id[chosen] for chosen in order]
    able = [one for one in found if one.candidate.tier == found[0].candidate.tier]
    return next((one for one in able if one.name not in (used.name, baseline.name)), able[0])


async def _compare(core: Core, sample: Sample) -> None:
    key = sample.key
    state = core.limits.state(key, core.loop.time())
    most = _most_usd(sample)
    reserve = core.limits.set_aside(key, state, most)
    if reserve is None:
        _count(core, "no_budget")
        return
    try:
        _count(core, await _verdict(core, sample))
    finally:
        reserve.close()


def _most_usd(sample: Sample) -> Decimal:
    quoted = 3 * estimated_tokens(judging.QUOTED_MOST)
    return most_usd(Usage(sample.question.tokens), sample.baseline) + most_usd(Usage(quoted), sample.judge)


async def _verdict(core: Core, sample: Sample) -> str:
    """Return how the answer fared, with everything booked."""
    compared = await ask(core, sample.baseline, sample.question)
    if compared is None:
        return "not_asked"
    if not compared.text:
        _book(core, sample, compared, None)
        return "no_answer"
    if judging.are_alike(sample.given, compared.text):
        _book(core, sample, compared, _row(sample, compared, None, judging.TIE))
        return judging.TIE
    _book(core, sample, compared, None)
    words = judging.question(sample.asked, sample.given, compared.text, request_id=sample.request_id)
    judged = await ask(core, sample.judge, _asked_of_judge(sample, words))
    if judged is None:
        return "not_asked"
    verdict = judging.read(judged.text, request_id=sample.request_id)
    _book(core, sample, judged, _row(sample, compared, judged, verdict))
    return verdict


def _asked_of_judge(sample: Sample, words: str) -> Question:
    return Question(
        payload={"model": "auto", "messages": [{"role": "user", "content": words}]},
        protocol="chat",
        part="judge",
        bucket=sample.key.bucket,
        tokens=estimated_tokens(len(words)),
        characters=len(words),
        asked={},
    )


def _row(sample: Sample, compared: Reply, judged: Reply | None, verdict: str) -> dict[str, Any]:
    return {
        "request_id": sample.request_id,
        "task": sample.task,
        "tier": sample.used.tier,
        "model_used": sample.used.name,
        "model_compared": sample.baseline.name,
        "verdict": verdict,
        "judge": judged.attempt.deployment.name if judged else "",
        "used_usd": format(sample.used_usd, "f"),
        "compared_usd": format(compared.cost, "f"),
        "judge_usd": format(judged.cost, "f") if judged else "0",
    }


def _book(core: Core, sample: Sample, reply: Reply, row: dict[str, Any] | None) -> None:
    """Write the usage record of a call of our own; row: the verdict that it brings."""
    text = orjson.dumps(_record(core, sample, reply, row))
    try:
        position = core.spool.append(text)
    except SpoolFull as exc:
        core.metrics.usage_lost += 1
        core.log.event("usage_not_spooled", level="error", reason=str(exc), record=text.decode())
        return
    state = core.limits.state(sample.key, core.loop.time())
    core.limits.book(sample.key, state, reply.cost, position)
    core.metrics.cost_usd += reply.cost


def _record(core: Core, sample: Sample, reply: Reply, row: dict[str, Any] | None) -> dict[str, Any]:
    attempt, usage, key = reply.attempt, reply.usage, sample.key
    deployment = attempt.deployment
    return {
        "request_id": core.ids.new(),
        "occurred_at": datetime.now(UTC).isoformat(),
        "workspace_id": key.workspace_id,
        "key_id": key.id,
        "product": "marga",
        "action": "shadow",
        "model_requested": deployment.name,
        "model_used": deployment.name,
        "provider": deployment.provider.name,
        "status": attempt.status,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cost_usd": format(reply.cost, "f"),
        "is_estimated": reply.is_estimated,
        "is_stream": False,
        "is_cancelled": False,
        "duration_ms": int(attempt.seconds * 1000),
        "ttft_ms": None,
        "error_type": attempt.error,
        "trace": {
            "protocol": attempt.protocol,
            "policy": sample.policy,
            "tier": deployment.tier,
            "task": sample.task,
            "reason": attempt.part,
            "explain": f"To see how good the answer of {sample.request_id} was.",
            "attempts": [attempt.shown(attempt.began)],
            "saved_usd": format(-reply.cost, "f"),
            "bucket": key.bucket,
            "sample": row,
        },
    }


def _count(core: Core, outcome: str) -> None:
    core.metrics.shadows[outcome] = core.metrics.shadows.get(outcome, 0) + 1
