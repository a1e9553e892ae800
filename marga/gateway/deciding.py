"""Classify a request and choose its deployments: the gateway's side of `marga.classifier` and `marga.routing`."""

from __future__ import annotations

import hashlib

import orjson

from marga.gateway import cascading, sessions, shadow
from marga.gateway.call import Call
from marga.gateway.errors import Refusal
from marga.gateway.scores import NO_SCORE
from marga.learning import shifted
from marga.protocols.leaving import without
from marga.protocols.reading import estimated_tokens, fields, text
from marga.protocols.turns import Shape, shape_of, user_turns
from marga.routing import Needs, NoRoute

LONGEST_SESSION = 200
EMBEDS = Shape(frozenset({"embeddings"}), "", "", 0)
SESSION_HEADERS = (b"x-claude-code-session-id", b"x-session-id", b"x-marga-session")


def decide(call: Call) -> None:
    """Fill needs, decision, order and baseline.

    Raises Refusal when no deployment can take the call.
    """
    core, key, request = call.core, call.key, call.request
    if key is None:
        raise AssertionError("a call is routed before its key is known")
    payload, protocol = request.payload, request.protocol
    if protocol == "embeddings":
        shape, score = EMBEDS, NO_SCORE
    else:
        shape = shape_of(payload, protocol)
        score = core.scores.score(user_turns(payload, protocol))
    call.session = _session(call, shape)
    hint = _task(call)
    call.session_mark = mark = sessions.mark(key.workspace_id, key.id, call.session) if call.session else b""
    now = core.loop.time()
    seen = core.sessions.find(mark, now) if mark else None
    warm, warm_tokens = sessions.warm(seen, now)
    call.need, task = score.need, hint or score.task
    catalogue = core.keys.snapshot.catalogue(key.workspace_id)
    call.needs = needs = Needs(
        model=request.model,
        protocol=protocol,
        need=shifted(score.need, catalogue.learned.get(task, 0.0)),
        doubt=score.doubt,
        task=task,
        input_tokens=estimated_tokens(call.input_characters),
        output_tokens=call.surface.wire.most_output_tokens(payload),
        capabilities=shape.needs,
        lock=shape.lock,
        pinned=seen.deployment_id if seen and shape.lock else "",
        warm=warm,
        warm_tokens=warm_tokens,
        is_hinted=bool(hint),
    )
    try:
        decision = catalogue.router.decide(needs, key.rules, core.health)
    except NoRoute as exc:
        raise Refusal(exc.status, exc.code, exc.message, param="model") from exc
    call.decision = decision
    call.order = [catalogue.by_id[chosen] for chosen in decision.order]
    if protocol == "embeddings":
        # Vectors of two models cannot be compared: only the same model elsewhere may stand in.
        call.order = [found for found in call.order if found.name == call.order[0].name]
    call.baseline = catalogue.by_id.get(decision.baseline)
    call.deployment = call.order[0]
    if decision.drops:
        _leave_out(call, decision.drops)
    cascading.plan(call, catalogue)
    shadow.choose(call, catalogue)


def _leave_out(call: Call, what: str) -> None:
    """Take from the request what only another model can read, and tell the client."""
    request = call.request
    found = without(request.payload, request.protocol, what)
    if found.warnings:
        call.request = request._replace(payload=found.payload, body=orjson.dumps(found.payload))
        call.left_out = call.warnings = found.warnings


def _task(call: Call) -> str:
    """Return the kind of task that the caller names, by header or in the metadata."""
    hint = call.asked.get(b"x-marga-task-type")
    if hint:
        return hint.decode("latin-1")[:40]
    return text(fields(call.request.payload.get("metadata")).get("task_type"))[:40]


def _session(call: Call, shape: Shape) -> str:
    """Return a mark of the conversation that this request belongs to, without a word of it."""
    for name in SESSION_HEADERS:
        if given := call.asked.get(name):
            return _mark(given[:LONGEST_SESSION])
    if given_key := text(call.request.payload.get("prompt_cache_key")):
        return _mark(given_key[:LONGEST_SESSION].encode("utf-8", "replace"))
    return _mark(shape.session_text.encode("utf-8", "replace")) if shape.session_text else ""


def _mark(given: bytes) -> str:
    return hashlib.blake2b(given, digest_size=8).hexdigest()
