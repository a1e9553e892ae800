"""Answer cheaply first where an answer can be checked, and strongly when the check fails.

All of it happens before the client sees a byte. The samples are paid for with the call that they are for: its record has
the sum, and its tries say what each one cost.
"""

from __future__ import annotations

import asyncio
import time

from marga import cascade
from marga.cascade import VERIFIER, Verdict
from marga.gateway.asking import Question, Reply, ask
from marga.gateway.call import Call
from marga.gateway.extras import Cascade
from marga.gateway.snapshot import Catalogue, Deployment
from marga.protocols.checkable import facts_of, plain
from marga.protocols.turns import user_turns

LABELS = b"x-marga-labels"
UNSEEN = frozenset({"vision", "audio", "files"})
"""What a verifier, who reads text, would not see of the question."""
ACCEPTED, ESCALATED = "cascade:accepted", "cascade:escalated"
LONGEST_EXPLANATION = 480


def plan(call: Call, catalogue: Catalogue) -> None:
    """Set how the call is answered cheaply first, where its policy has that and the answer can be checked."""
    decision, needs = call.decision, call.needs
    if decision is None or needs is None or not decision.cascade:
        return
    labels = call.asked.get(LABELS, b"").decode("latin-1")
    found = cascade.plan(catalogue.policies[decision.policy], needs, facts_of(call.request.payload, labels))
    if found is None or (found.check == VERIFIER and needs.capabilities & UNSEEN):
        return
    cheap = [catalogue.by_id[chosen] for chosen in decision.cheap]
    asked = [cheap[n % len(cheap)] for n in range(found.samples + 1)]
    call.cascade = Cascade(
        found,
        tuple(asked[:-1]),
        asked[-1] if found.check == VERIFIER else None,
        tuple(catalogue.by_id[chosen] for chosen in decision.strong),
    )


async def accepted(call: Call) -> Reply | None:
    """Return the cheap answer that passed its check; without one, leave the call to the strong models."""
    planned = call.cascade
    if planned is None:
        return None
    slowest = max(deployment.provider.timeout_seconds for deployment in planned.asked)
    most = (slowest + call.core.settings.idle_timeout_seconds) * (1 if planned.verifier is None else 2)
    call.watch.begin(most + 1, "upstream_timeout")
    before = time.perf_counter()
    try:
        replies = await _samples(call, planned)
        verdict = await _judged(call, planned, replies)
    finally:
        call.waited += time.perf_counter() - before
    reply = replies[verdict.index] if verdict.accept else None
    if reply is None:
        _pay(call, replies)
        _escalate(call, planned, verdict)
        return None
    _pay(call, [other for other in replies if other is not reply])
    _accept(call, reply, verdict)
    return reply


async def _samples(call: Call, planned: Cascade) -> list[Reply | None]:
    """Ask all at once; a model that is asked again is asked for another answer."""
    seen: set[str] = set()
    asks = []
    try:
        async with asyncio.TaskGroup() as group:
            for deployment in planned.samples:
                question = _question(call, again=deployment.id in seen)
                seen.add(deployment.id)
                asks.append(group.create_task(_ask(call, deployment, question)))
    except asyncio.CancelledError:
        done = [task for task in asks if task.done() and not task.cancelled()]
        _pay(call, [task.result() for task in done if task.exception() is None])
        raise
    return [task.result() for task in asks]


async def _ask(call: Call, deployment: Deployment, question: Question) -> Reply | None:
    reply = await ask(call.core, deployment, question)
    if reply is not None:
        call.attempts.append(reply.attempt)
    return reply


def _question(call: Call, *, again: bool) -> Question:
    request, key = call.request, call.key
    return Question(
        payload=plain(request.payload, again=again),
        protocol=request.protocol,
        part="sample",
        bucket=key.bucket if key else "",
        tokens=call.needs.input_tokens if call.needs else 0,
        characters=call.input_characters,
        asked=call.asked,
    )


async def _judged(call: Call, planned: Cascade, replies: list[Reply | None]) -> Verdict:
    texts = [reply.text if reply else "" for reply in replies]
    if planned.verifier is None:
        return cascade.judge(planned.plan, texts)
    examined = cascade.first_fit(planned.plan, texts)
    if examined is None:
        return cascade.judge(planned.plan, [*texts, ""])
    asked = "\n\n".join(user_turns(call.request.payload, call.request.protocol))
    words = cascade.verification(asked, texts[examined])
    try:
        reply = await _ask(call, planned.verifier, _check(call, words))
    except asyncio.CancelledError:
        _pay(call, replies)
        raise
    _pay(call, [reply])
    return cascade.judge(planned.plan, [*texts, reply.text if reply else ""])


def _check(call: Call, words: str) -> Question:
    return Question(
        payload={"model": "auto", "messages": [{"role": "user", "content": words}]},
        protocol="chat",
        part="verifier",
        bucket=call.key.bucket if call.key else "",
        tokens=call.needs.input_tokens if call.needs else 0,
        characters=len(words),
        asked={},
    )


def _pay(call: Call, replies: list[Reply | None]) -> None:
    for reply in replies:
        if reply is not None:
            call.extras.add(reply.usage, reply.cost, is_estimated=reply.is_estimated)


def _accept(call: Call, reply: Reply, verdict: Verdict) -> None:
    """Make the reply the answer of the call."""
    deployment = reply.attempt.deployment
    call.deployment, call.meter = deployment, reply.meter
    candidate = deployment.candidate
    _explain(call, ACCEPTED, candidate.tier, f"{candidate.label}: cheap answers passed their check", verdict)
    if call.session_mark and call.needs is not None:
        call.core.sessions.note(
            call.session_mark, deployment.id, call.needs.input_tokens, call.core.loop.time()
        )


def _escalate(call: Call, planned: Cascade, verdict: Verdict) -> None:
    call.order = list(planned.strong)
    call.deployment = first = call.order[0]
    candidate = first.candidate
    _explain(call, ESCALATED, candidate.tier, f"{candidate.label}: cheap answers failed their check", verdict)


def _explain(call: Call, reason: str, tier: int, words: str, verdict: Verdict) -> None:
    if call.decision is not None:
        explain = f"{words} ({verdict.why})"[:LONGEST_EXPLANATION]
        call.decision = call.decision._replace(reason=reason, tier=tier, explain=f"{explain}.")
