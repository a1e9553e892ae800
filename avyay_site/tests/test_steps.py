from __future__ import annotations

from avyay_site import steps


def test_a_step_that_fails_stops_neither_the_others_nor_the_start(now, monkeypatch):
    monkeypatch.setattr(steps, "_steps", {})
    ran: list[object] = []
    steps.register("broken", lambda _: 1 / 0)
    steps.register("fine", ran.append)

    steps.run(now)

    assert ran == [now]
