"""Text that others wrote is shown as text, on every page that shows it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog

from tests.browser.conftest import Backstage, Open
from tests.browser.scene import Scene, set_hostile_scene

PAGES = (
    *("/app/", "/app/keys/", "/app/usage/", "/app/usage/?group=key", "/app/members/", "/app/notifications/"),
    *(
        "/app/audit/",
        "/app/settings/",
        "/app/gateway/",
        "/app/gateway/requests/",
        "/app/gateway/keys/",
        "/app/start/",
        "/app/scans/",
        "/app/scans/findings/",
        "/app/scans/findings/?group=path",
        "/app/scans/dependencies/",
        "/admin/keys/apikey/",
        "/admin/usage/usagerecord/",
    ),
)


@pytest.fixture(scope="module")
def hostile(backstage: Backstage, scene: Scene) -> None:
    """Spoil the names in the full workspace; this file comes after those that read them."""
    backstage(set_hostile_scene, scene)


@pytest.mark.parametrize("path", PAGES)
def test_hostile_text_runs_nothing(open_window: Open, hostile: None, path: str):
    window = open_window()
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    window.page.on("dialog", note)

    page = window.visit(path)
    page.wait_for_timeout(150)

    assert dialogs == []
    assert window.complaints == []
    assert page.locator("img[src='x']").count() == 0
    assert "onerror" in page.content()
