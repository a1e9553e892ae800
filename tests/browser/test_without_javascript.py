"""Reading and writing work without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

READ = {
    "/app/": "Latest requests",
    "/app/keys/": "laptop",
    "/app/usage/": "claude-sonnet",
    "/app/members/": "member@example.org",
    "/app/audit/": "key.issue",
    "/app/notifications/": "ops@example.org",
}


@pytest.mark.parametrize("path", READ)
def test_page_can_be_read_without_javascript(open_window: Open, path: str):
    page = open_window(java_script_enabled=False).visit(path)

    expect(page.locator("#main")).to_contain_text(READ[path])


def test_narrow_navigation_unfolds_without_javascript(open_window: Open):
    page = open_window(java_script_enabled=False, width=375).visit("/app/")

    page.locator(".bar summary").first.click()
    page.locator(".bar").get_by_role("link", name="Usage").click()

    page.wait_for_url("**/app/usage/")


def test_usage_can_be_filtered_without_javascript(open_window: Open):
    page = open_window(java_script_enabled=False).visit("/app/usage/")

    page.get_by_label("Model", exact=True).select_option("claude-sonnet")
    page.get_by_role("button", name="Filter").click()

    assert "model=claude-sonnet" in page.url
    expect(page.locator("#main")).to_contain_text("claude-sonnet")


def test_key_can_be_issued_without_javascript(open_window: Open):
    page = open_window(java_script_enabled=False).visit("/app/keys/new")

    page.get_by_label("Name").fill("no script")
    page.get_by_role("button", name="Issue key").click()

    expect(page.locator("#secret")).to_contain_text("avy_live_")
