"""What `doctor` says about the walls around scanned code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from avyay_site import checkup
from avyay_site.checkup import State
from raksha.sandbox import WALLS, Isolation
from raksha.sandbox.walls import Plan

pytestmark = pytest.mark.processes
WHOLE = Isolation(**dict.fromkeys(WALLS, True), plan=Plan())


def examine():
    (found,) = dict(checkup.checks())["walls"]()
    return found


@pytest.mark.parametrize(
    ("stands", "state"), [(WHOLE, State.OK), (replace(WHOLE, files=False), State.WARN)], ids=["all", "some"]
)
def test_doctor_names_the_walls_that_are_missing(monkeypatch, stands, state):
    monkeypatch.setattr(Isolation, "from_json", lambda _: stands)

    found = examine()

    assert (found.state, found.detail) == (state, stands.says)
    assert bool(found.mend) == (state is State.WARN)


def test_doctor_fails_where_a_required_wall_is_missing(monkeypatch, settings):
    settings.RAKSHA_SANDBOX = "require"
    monkeypatch.setattr(Isolation, "from_json", lambda _: replace(WHOLE, network=False))

    assert examine().state is State.FAIL
