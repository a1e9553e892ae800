"""Nothing is left of what was killed."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from raksha.models import Upload
from raksha.scanning import claiming, folders, recovering
from raksha.scanning.staging import upload_path
from raksha.tests import factories
from raksha.tests.factories import NOW

pytestmark = pytest.mark.django_db
HOUR = 3600


def make_file(name: str, *, age_seconds: float = 0) -> None:
    path = upload_path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    stamp = path.stat().st_mtime - age_seconds
    os.utime(path, (stamp, stamp))


def make_upload(**values) -> Upload:
    upload = factories.UploadFactory.create(**values)
    make_file(upload.pk, age_seconds=2 * HOUR)
    return upload


def test_folders_of_attempts_that_do_not_run_are_removed():
    scan = factories.ScanFactory.create()
    claiming.claim_next(now=NOW)
    for name in (f"{scan.pk}-1", f"{scan.pk}-0", "scan_gone-1"):
        (folders.root() / name / "deep").mkdir(parents=True)

    assert recovering.sweep(now=NOW)["folders"] == 2
    assert [folder.name for folder in folders.root().iterdir()] == [f"{scan.pk}-1"]


def test_a_link_in_a_folder_is_removed_and_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    folder = folders.root() / "scan_gone-1"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to(outside)

    recovering.sweep(now=NOW)

    assert not folder.exists()
    assert (outside / "kept").exists()


def test_an_upload_that_broke_off_is_removed_after_an_hour():
    make_file("upl_x.part", age_seconds=HOUR + 1)
    make_file("upl_y.part", age_seconds=HOUR - 60)

    assert recovering.sweep(now=NOW)["strays"] == 1
    assert [path.name for path in upload_path("x").parent.iterdir()] == ["upl_y.part"]


def test_an_upload_goes_with_its_file_when_its_time_is_over():
    upload = make_upload()

    assert recovering.forget_uploads(now=NOW) == 0
    assert recovering.forget_uploads(now=NOW + timedelta(hours=1)) == 1
    assert not upload_path(upload.pk).exists()
    assert not Upload.objects.exists()


@pytest.mark.parametrize(("state", "stays"), [("queued", True), ("finished", False)])
def test_an_upload_stays_while_a_scan_waits_for_it(state, stays):
    upload = make_upload()
    ended = {} if state == "queued" else {"finished_at": NOW}
    scan = factories.ScanFactory.create(
        project__workspace=upload.workspace, upload=upload, state=state, **ended
    )

    recovering.sweep(now=NOW + timedelta(days=1))

    assert upload_path(upload.pk).exists() is stays
    scan.refresh_from_db()
    assert (scan.upload is not None) is stays


def test_an_uploads_file_is_no_stray_while_its_row_is_there():
    make_upload(expires_at=NOW + timedelta(days=9))

    assert recovering.sweep(now=NOW)["strays"] == 0


def test_with_nothing_there_a_sweep_does_nothing():
    assert not any(recovering.sweep(now=NOW).values())
