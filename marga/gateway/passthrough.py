"""Images, audio, moderations and files: carried as they are to a provider that has them, limited and counted like calls.

Files belong to whoever holds the provider's account, so they go only to a provider of the caller's own workspace:
through a shared one, one workspace would see another's.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace

import orjson

from marga.gateway import accepting
from marga.gateway.call import SLOW_READER_SECONDS, Attempt, Call
from marga.gateway.credentials import Wait
from marga.gateway.errors import Refusal
from marga.gateway.metering import Meter
from marga.gateway.providers import Endpoint
from marga.gateway.refused import failure_of, passed_headers
from marga.gateway.relay import read
from marga.gateway.requests import header
from marga.gateway.snapshot import Deployment, Key
from marga.gateway.surfaces import Surface
from marga.gateway.trying import cut, resting, unreachable
from marga.gateway.upstream import FAILURES, Answer
from marga.pricing import FREE
from marga.protocols import raw
from marga.protocols.reading import object_in
from marga.routing import Needs, NoRoute

FAMILIES = ("images", "audio", "moderations", "files")
_SAFE_PATH = re.compile(r"/v1/[A-Za-z0-9_/.-]{1,200}")
_SAFE_QUERY = re.compile(rb"[A-Za-z0-9_=&.,%-]{0,500}")
_SAFE_KIND = re.compile(rb"[A-Za-z0-9_/;=.\" +-]{1,200}")
PRICED = frozenset({"images", "audio"})
"""Families whose calls cost money and name a model; moderations cost nothing, and files have no model."""
METHODS = {"files": frozenset({"GET", "POST", "DELETE"})}
POST_ONLY = frozenset({"POST"})


def surface_of(path: str) -> Surface | None:
    """Return the surface of a path that is carried as it is."""
    parts = path.removeprefix("/v1").split("/")
    family = parts[1] if len(parts) > 1 else ""
    if family not in FAMILIES or not _SAFE_PATH.fullmatch(f"/v1/{path.removeprefix('/v1').lstrip('/')}"):
        return None
    return None if ".." in path else Surface(f"/v1/{family}", family, family)


def methods_of(surface: Surface) -> frozenset[str]:
    """Return the methods that a family takes."""
    return METHODS.get(surface.protocol, POST_ONLY)


async def carry(call: Call) -> None:
    """Carry one request.

    Raises Refusal, TryFailed, ClientLeft.
    """
    key = await accepting.authenticate(call)
    body = await accepting.body_of(call)
    call.asks(body)
    kind = header(call.scope["headers"], b"content-type")
    call.request = request = raw.read_raw(call.surface.protocol, kind, body)
    call.input_characters = raw.read_characters(request.payload)
    call.order = [_deployment(call, key)]
    call.deployment = deployment = call.order[0]
    await accepting.admit(call)
    found = await call.core.credentials.find(deployment.provider, key.bucket, 0, call.core.loop.time())
    if isinstance(found, Wait):
        raise resting(deployment.provider, found)
    attempt = Attempt(deployment, found, call.surface.protocol)
    call.attempts.append(attempt)
    call.meter = Meter(raw)
    response = await _open(call, attempt, _body(call, deployment), kind)
    try:
        if response.status >= 400:
            raise failure_of(call, attempt, response, await read(call, response))
        await _pass(call, attempt, response)
    finally:
        response.close()
        call.core.metrics.upstream_open -= 1


def _deployment(call: Call, key: Key) -> Deployment:
    """Return where the request goes: the model's provider, or the first one that has this family."""
    catalogue = call.core.keys.snapshot.catalogue(key.workspace_id)
    family = call.surface.protocol
    # Files have no model: a name in such a request must not lead to a provider of others.
    name = "" if family == "files" else call.request.model
    if name and name in catalogue.listed and family in catalogue.listed[name].provider.protocols:
        needs = Needs(model=name, protocol=family)
        try:
            return catalogue.by_id[catalogue.router.decide(needs, key.rules, call.core.health).order[0]]
        except NoRoute as exc:
            raise Refusal(exc.status, exc.code, exc.message, param="model") from exc
    for deployment in catalogue.by_id.values():
        provider = deployment.provider
        is_own = provider.workspace_id == key.workspace_id
        if family in provider.protocols and not provider.problem and (is_own or family != "files"):
            _check_unlisted(key, name, family)
            unknown = call.request.model or family
            return replace(deployment, id="", name=unknown, upstream_name=unknown, price=FREE, headers=())
    said = "a provider of this workspace's own" if family == "files" else "a provider"
    raise Refusal(
        404,
        "not_supported",
        f"No provider here takes {family}; it needs {said} whose protocols hold '{family}', such as OpenAI's.",
    )


def _check_unlisted(key: Key, name: str, family: str) -> None:
    """Refuse a model without a row to keys whose rules need one: its price and its name are unknown here.

    Where none is named the provider takes one of its own, so that such a key has to name it.
    """
    if key.monthly_budget_usd is None and not key.rules.allowed_models:
        return
    if name:
        said = f"The model '{name[:100]}' is not set up here, and this key has a budget or a list of allowed models; "
        said += "an operator adds the model with its price."
    elif family in PRICED:
        said = "Name a model that is set up here: this key has a budget or a list of allowed models."
    else:
        return
    raise Refusal(403, "model_not_allowed", said, param="model")


def _body(call: Call, deployment: Deployment) -> bytes:
    request = call.request
    if not request.payload or not request.model or deployment.upstream_name == request.model:
        return request.body
    return orjson.dumps({**request.payload, "model": deployment.upstream_name})


async def _open(call: Call, attempt: Attempt, body: bytes, kind: bytes) -> Answer:
    provider, scope = attempt.deployment.provider, call.scope
    query = scope.get("query_string", b"")
    if not _SAFE_QUERY.fullmatch(query):
        raise Refusal(400, "invalid_request", "The query holds characters that are not passed on.")
    path = scope["path"].removeprefix("/v1").strip("/")
    endpoint = provider.at(path, attempt.credential, method=scope["method"], query=query.decode("ascii"))
    headers = {**endpoint.headers}
    if kind and _SAFE_KIND.fullmatch(kind):
        headers["Content-Type"] = kind.decode("ascii")
    call.watch.begin(provider.timeout_seconds, "upstream_timeout")
    call.core.metrics.upstream_open += 1
    before = time.perf_counter()
    try:
        return await call.core.upstream.send(
            Endpoint(provider, endpoint.url, headers, endpoint.method), body, is_kept=False
        )
    except BaseException as exc:
        call.core.metrics.upstream_open -= 1
        if isinstance(exc, FAILURES):
            raise unreachable(provider, exc) from exc
        raise
    finally:
        call.waited += time.perf_counter() - before


async def _pass(call: Call, attempt: Attempt, response: Answer) -> None:
    headers = [*passed_headers(response, "chat", attempt.credential), (b"content-type", _kind_of(response))]
    if response.kind == "application/json":
        body = await read(call, response)
        if call.meter is not None:
            call.meter.see_whole(object_in(body) or {})
        if call.content is not None:
            call.content.answered(body)
        call.is_committed = True
        call.book(response.status)
        await call.answer(response.status, headers, body)
        return
    await _stream(call, response, headers)


async def _stream(call: Call, response: Answer, headers: list[tuple[bytes, bytes]]) -> None:
    """Pass bytes on as they come; a provider that breaks off leaves the client with a broken connection."""
    idle, watch, content = call.core.settings.idle_timeout_seconds, call.watch, response.content
    call.started = call.is_committed = call.has_raw_body = True
    await call.send(
        {"type": "http.response.start", "status": response.status, "headers": [*headers, *call.headers()]}
    )
    while True:
        watch.begin(idle, "upstream_stalled")
        try:
            data = await content.readany()
        except FAILURES as exc:
            raise cut() from exc
        watch.begin(SLOW_READER_SECONDS, "slow_reader")
        call.first_token()
        if not data:
            break
        call.bytes_out += len(data)
        await call.send({"type": "http.response.body", "body": data, "more_body": True})
    call.book(response.status)
    await call.send({"type": "http.response.body", "body": b"", "more_body": False})


def _kind_of(response: Answer) -> bytes:
    given = response.headers.get("content-type", "")
    is_plain = given.isascii() and given.isprintable() and 0 < len(given) < 200
    return given.encode("ascii") if is_plain else b"application/octet-stream"
