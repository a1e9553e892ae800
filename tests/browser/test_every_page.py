"""Every named page, in both themes, wide and narrow: axe finds nothing, the policy is kept, nothing sticks out."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Open, Visitor
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
    *("/app/workspaces/new", "/app/scans/", "/app/ops/", "/app/build/"),
    *("/app/gateway/", "/app/gateway/?range=24h&group=tier", "/app/gateway/?range=custom&group=key"),
    *("/app/gateway/requests/", "/app/gateway/requests/?tier=mid", "/app/gateway/requests/?task=none"),
    *("/app/gateway/requests/{request_id}/", "/app/gateway/models/", "/app/gateway/policies/new"),
    *("/app/gateway/policies/{policy_id}/", "/app/gateway/keys/", "/app/gateway/keys/{key_id}/"),
    "/app/gateway/playground/",
    *("/app/scans/new/", "/app/scans/runs/", "/app/scans/runs/{scan_id}/", "/app/scans/findings/"),
    *("/app/scans/findings/?group=rule", "/app/scans/findings/?kev=yes", "/app/scans/findings/{finding_id}/"),
    *("/app/scans/dependencies/", "/app/scans/rules/", "/app/scans/rules/gates/new"),
    *("/app/scans/rules/gates/{gate_id}/", "/app/scans/rules/exclusions/new", "/app/scans/intelligence/"),
    *("/app/scans/compare/", "/app/scans/projects/{project_id}/", "/app/scans/projects/{project_id}/delete"),
)


CONSOLE = (
    *("/admin/", "/admin/keys/apikey/", "/admin/usage/usagerecord/", "/admin/audit/auditentry/"),
    *("/admin/accounts/user/", "/admin/accounts/workspace/", "/admin/notifications/channel/"),
)
LOOKS: list[tuple[Literal["light", "dark"], int]] = [
    ("light", 1280),
    ("light", 375),
    ("dark", 1280),
    ("dark", 375),
]


@pytest.mark.parametrize("path", OPEN)
def test_open_page_is_accessible_in_every_look(open_window: Open, path: str):
    window = open_window(signed_in=False)

    window.visit(path)

    _check_every_look(window, expect_missing=path == "/no-such-page")


@pytest.mark.parametrize("path", PAGES)
def test_page_is_accessible_in_every_look(open_window: Open, scene: Scene, path: str):
    window = open_window()

    window.visit(path.format_map(vars(scene)))

    _check_every_look(window)


@pytest.mark.parametrize("path", CONSOLE)
def test_console_is_accessible_in_both_themes(open_window: Open, path: str):
    # Without motion, so that no colour is measured halfway through its change.
    window = open_window(reduced_motion="reduce")
    window.visit(path)

    for theme in ("light", "dark"):
        window.page.emulate_media(color_scheme=theme)
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


@pytest.mark.parametrize(
    "path",
    [
        *("/app/", "/app/keys/", "/app/usage/", "/app/members/", "/app/notifications/", "/app/gateway/"),
        *("/app/gateway/requests/", "/app/gateway/models/", "/app/gateway/keys/", "/app/gateway/playground/"),
        *("/app/scans/", "/app/scans/findings/", "/app/scans/dependencies/", "/app/scans/intelligence/"),
    ],
)
def test_page_of_an_empty_workspace_is_accessible(open_window: Open, scene: Scene, path: str):
    window = open_window(signed_in=False)
    page = window.visit("/sign-in")
    page.get_by_label("E-mail address").fill(scene.newcomer_email)
    page.get_by_label("Password").fill(scene.password)
    page.get_by_role("button", name="Sign in").click()

    window.visit(path)

    _check_every_look(window)


def _check_every_look(window: Visitor, *, expect_missing: bool = False) -> None:
    page = window.page
    page.wait_for_load_state("load")
    for theme, width in LOOKS:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 800})
        try:
            _check(window, expect_missing=expect_missing)
        except AssertionError as exc:
            raise AssertionError(f"{page.url}, {theme}, {width} px: {exc}") from exc


def _check(window: Visitor, *, expect_missing: bool = False) -> None:
    page = window.page
    found = Axe().run(
        page, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    )
    told = [text for text in window.complaints if not (expect_missing and "404" in text)]
    assert found.violations_count == 0, found.generate_report()
    assert told == [], "the browser complained"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
