"""Reading and writing work without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.scene import Scene

READ = {
    "/app/": "Latest requests",
    "/app/keys/": "laptop",
    "/app/usage/": "claude-sonnet",
    "/app/members/": "member@example.org",
    "/app/audit/": "key.issue",
    "/app/notifications/": "ops@example.org",
    "/app/gateway/": "Show as a table",
    "/app/gateway/requests/": "gpt-5-mini",
    "/app/gateway/models/": "nights",
    "/app/gateway/keys/": "of $20.00",
    "/app/gateway/playground/": "The same in code",
    "/app/scans/": "does not pass",
    "/app/scans/runs/": "does not pass",
    "/app/scans/findings/": "The container runs as root",
    "/app/scans/dependencies/": "0.4.4",
    "/app/scans/rules/": "tests/*",
    "/app/scans/intelligence/": "Fetch now",
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


def test_rules_of_a_key_can_be_changed_without_javascript(open_window: Open, scene: Scene):
    page = open_window(java_script_enabled=False).visit(f"/app/gateway/keys/{scene.key_id}/")

    page.get_by_label("Allowed models").fill("gpt-5*, claude-*")
    page.get_by_role("button", name="Save rules").click()

    expect(page.locator(".toasts")).to_contain_text("were saved")
    expect(page.locator(f"#{scene.key_id}")).to_contain_text("2 names")


def test_key_can_be_issued_without_javascript(open_window: Open):
    page = open_window(java_script_enabled=False).visit("/app/keys/new")

    page.get_by_label("Name").fill("no script")
    page.get_by_role("button", name="Issue key").click()

    expect(page.locator("#secret")).to_contain_text("avy_live_")
