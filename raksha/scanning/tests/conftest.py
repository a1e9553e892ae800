"""Set-up of the tests of scans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from raksha.coverage import Skip
from raksha.models import Project, Scan
from raksha.scanning import claiming, intelligence, running, staging
from raksha.scanning.tests.fakes import ENGINES, FakeRunner, make_tree
from raksha.tests import factories


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    """Keep folders of scans and uploads in a place of the test's own."""
    settings.VAR = tmp_path / "var"
    return settings.VAR


@pytest.fixture
def project(workspace) -> Project:
    return factories.ProjectFactory.create(workspace=workspace)


@pytest.fixture
def known(monkeypatch) -> dict[str, Any]:
    """Say in `known["detections"]` and `known["skipped"]` what the feeds know."""
    says: dict[str, Any] = {"detections": (), "skipped": ()}
    monkeypatch.setattr(intelligence, "find", lambda packages, now: intelligence.Known(**says))
    monkeypatch.setattr(intelligence, "rank", lambda finding_ids, now: None)
    return says


@pytest.fixture
def scan_code(monkeypatch, project, known) -> Callable[..., Scan]:
    """Run one whole scan over files given as texts."""

    def scan_code(
        files: dict[str, str],
        *,
        runner: FakeRunner | None = None,
        skipped: tuple[Skip, ...] = (),
        now: datetime = factories.NOW,
        engines: Any = ENGINES,
        **values: Any,
    ) -> Scan:
        def stage(scan: Scan, folder: Path, progress: Any) -> Any:
            return make_tree(folder, files, skipped)

        monkeypatch.setattr(staging, "stage", stage)
        monkeypatch.setattr(running, "missing", lambda: ())
        scan = factories.ScanFactory.create(**{"project": project, "created_at": now, **values})
        claim = claiming.claim_next(now=now)
        assert claim is not None
        assert claim.scan_id == scan.pk
        running.run(claim, clock=lambda: now, runner=runner or FakeRunner(), engines=engines)
        scan.refresh_from_db()
        return scan

    return scan_code


@pytest.fixture
def later() -> Callable[[float], datetime]:
    return lambda seconds: factories.NOW + timedelta(seconds=seconds)
