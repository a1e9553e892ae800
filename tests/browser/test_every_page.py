"""Every named page, in both themes, wide and narrow: axe finds nothing, the policy is kept, nothing sticks out."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open
from tests.browser.scene import Scene

TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
OPEN = ("/", "/sign-in", "/no-such-page")
PAGES = (
    *("/app/", "/app/start/", "/app/keys/", "/app/keys/?show=all", "/app/keys/new"),
    *("/app/keys/{key_id}/", "/app/keys/{key_id}/roll", "/app/keys/{key_id}/revoke"),
    *("/app/usage/", "/app/usage/?range=24h&group=key", "/app/usage/?range=custom", "/app/usage/?model=none"),
    *("/app/members/", "/app/members/{member_id}/remove", "/app/audit/", "/app/audit/?q=nothing-like-it"),
    *("/app/notifications/", "/app/notifications/new", "/app/notifications/{channel_id}/"),
    *("/app/notifications/{channel_id}/remove", "/app/settings/", "/app/settings/password"),
    *("/app/workspaces/new", "/app/gateway/", "/app/scans/", "/app/ops/", "/app/build/"),
)


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", OPEN)
def test_open_page_is_accessible(open_window: Open, path: str, theme: str, width: int):
    window = open_window(signed_in=False, width=width, color_scheme=theme)

    window.visit(path)

    _check(window, expect_missing=path == "/no-such-page")


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible(open_window: Open, scene: Scene, path: str, theme: str, width: int):
    window = open_window(width=width, color_scheme=theme)

    window.visit(path.format_map(vars(scene)))

    _check(window)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_open_menus_and_help_are_accessible(open_window: Open, theme: str):
    window = open_window(color_scheme=theme)
    page = window.visit("/app/")

    page.locator(".side .menu-box summary").first.click()
    _check(window)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()

    _check(window)


def _check(window, *, expect_missing: bool = False) -> None:
    page = window.page
    page.wait_for_load_state("networkidle")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    told = [text for text in window.complaints if not (expect_missing and "404" in text)]
    assert found.violations_count == 0, found.generate_report()
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
