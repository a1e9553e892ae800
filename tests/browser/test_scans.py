"""The scanner's pages in a browser: send an archive, choose rows by the keyboard, follow a scan."""

from __future__ import annotations

from playwright.sync_api import expect

from raksha.models import Scan
from tests.browser.conftest import Backstage, Open
from tests.browser.scene import Scene

EMPTY_ZIP = b"PK\5\6" + bytes(18)
ARCHIVE = {"name": "sent.zip", "mimeType": "application/zip", "buffer": EMPTY_ZIP}


def test_an_archive_is_sent_and_its_scan_is_shown_and_called_off(open_window: Open):
    window = open_window()
    page = window.visit("/app/scans/new/")

    page.get_by_label("Archive", exact=True).set_input_files(ARCHIVE)  # type: ignore[arg-type]
    expect(page.locator("#chosen-file")).to_contain_text("sent.zip")
    page.get_by_role("button", name="Start the scan").click()

    page.wait_for_url("**/app/scans/runs/scan_*/")
    expect(page.locator("#scan-live")).to_contain_text("Queued")
    page.get_by_role("button", name="Cancel the scan").click()
    expect(page.locator("#scan-live")).to_contain_text("Cancelled")
    assert window.complaints == []


def test_what_is_wrong_with_a_scan_is_said_beside_the_field(open_window: Open):
    page = open_window().visit("/app/scans/new/")

    page.get_by_label("Archive", exact=True).set_input_files(ARCHIVE)  # type: ignore[arg-type]
    page.get_by_label("Repository URL").fill("https://github.com/a/b")
    page.get_by_role("button", name="Start the scan").click()

    expect(page.locator("#id_url_error")).to_contain_text("not both")


def test_x_chooses_the_row_and_enter_opens_it(open_window: Open):
    page = open_window().visit("/app/scans/findings/")

    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox").first).to_be_checked()
    page.locator("[data-row]").first.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/app/scans/findings/fnd_*/")


def test_a_scan_page_follows_what_the_worker_does(open_window: Open, backstage: Backstage, scene: Scene):
    page = open_window().visit("/app/scans/new/")
    page.get_by_label("Archive", exact=True).set_input_files(ARCHIVE)  # type: ignore[arg-type]
    page.get_by_role("button", name="Start the scan").click()
    page.wait_for_url("**/app/scans/runs/scan_*/")
    scan_id = page.url.rstrip("/").rpartition("/")[2]

    backstage(_advance, scan_id)

    expect(page.locator("#scan-live")).to_contain_text("2 of 7", timeout=2000)


def _advance(scan_id: str) -> None:
    progress = {"rules": {"state": "running", "done": 2, "total": 7, "seconds": 0.1}}
    Scan.objects.filter(pk=scan_id).update(progress=progress)
