"""What the client journeys share."""

from __future__ import annotations

import pytest

from benchmarks.clients.stage import running_stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """Return a gateway in front of the stub provider, which each of its models reaches in one protocol."""
    with running_stage(tmp_path_factory.mktemp("clients")) as stage:
        yield stage
