"""What is remembered of a body that the cache answered."""

from __future__ import annotations

import gc
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

from marga.gateway import recalling
from marga.gateway.caching.caches import Plan
from marga.gateway.caching.controls import Controls
from marga.gateway.caching.entry import Entry
from marga.gateway.caching.recollections import Recollections
from marga.pricing import Usage
from marga.protocols.request import Request


def held_by(thing: object) -> set[int]:
    """Return the ids of everything that thing keeps alive, classes aside."""
    seen, found = [thing], {id(thing)}
    while seen:
        for held in gc.get_referents(seen.pop()):
            if id(held) not in found and not isinstance(held, type):
                found.add(id(held))
                seen.append(held)
    return found


def test_neither_question_nor_answer_is_kept_alive_by_being_remembered():
    body, payload = bytes(200), {"messages": [{"role": "user", "content": "long"}]}
    entry = Entry(bytes(300), "m", "p", "d", Usage(), Decimal(0), 5.0)
    known = Recollections()
    call = SimpleNamespace(
        body_mark=b"mark",
        plan=Plan("ws", "chat", payload, body, "", Controls("exact", True, 60), b"identity"),
        hit=entry,
        request=Request("chat", "m", False, False, payload, body),
        cached="exact",
        served_by=(),
        core=SimpleNamespace(recollections=known),
    )

    recalling.remember(cast(Any, call), b"rest")

    kept = held_by(known._known)
    assert known.get(b"mark") is not None
    assert not kept & {id(entry), id(entry.body), id(body), id(payload)}
