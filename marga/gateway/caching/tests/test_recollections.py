"""A worker remembers the bodies that it was asked with lately."""

from __future__ import annotations

from marga.gateway.caching import recollections
from marga.gateway.caching.caches import Plan
from marga.gateway.caching.controls import Controls
from marga.gateway.caching.recollections import Recollection, Recollections
from marga.protocols.request import Request


def recollection(kept_at: float = 0.0) -> Recollection:
    request = Request("chat", "m", False, False, {}, b"")
    plan = Plan("ws", "chat", {}, b"", "", Controls("exact", True, 60), b"identity")
    return Recollection(request, plan, kept_at, (), b"")


def test_the_least_recently_used_goes_first(monkeypatch):
    monkeypatch.setattr(recollections, "MOST", 2)
    known = Recollections()
    known.put(b"a", recollection(1.0))
    known.put(b"b", recollection(2.0))
    assert known.get(b"a") is not None

    known.put(b"c", recollection(3.0))

    assert [known.get(mark) is not None for mark in (b"a", b"b", b"c")] == [True, False, True]
