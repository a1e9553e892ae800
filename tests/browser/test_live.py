"""Pages follow what happens, and a newcomer's first request is few clicks away."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import Backstage, Open
from tests.browser.scene import Scene, invite, use_key, use_latest_key

PATIENCE_MS = 2000
MOST_CLICKS = 4


def test_usage_page_shows_a_new_request_within_two_seconds_without_reload(
    open_window: Open, backstage: Backstage, scene: Scene
):
    page = open_window().visit("/app/usage/")
    _wait_for_bell(page)
    page.evaluate("window.wasNotReloaded = true")

    backstage(use_key, scene.key_id, "a-fresh-model")

    expect(page.locator("#usage-live")).to_contain_text("a-fresh-model", timeout=PATIENCE_MS)
    assert page.evaluate("window.wasNotReloaded")


def test_refreshed_page_keeps_the_focus_and_what_was_unfolded(
    open_window: Open, backstage: Backstage, scene: Scene
):
    page = open_window().visit("/app/usage/")
    _wait_for_bell(page)
    page.get_by_text("Show as a table").click()
    page.get_by_role("link", name="Download CSV").focus()

    backstage(use_key, scene.key_id, "while-reading")

    expect(page.locator("#usage-live")).to_contain_text("while-reading", timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="Download CSV")).to_be_focused()
    expect(page.locator("#chart-table")).to_have_attribute("open", "")


def test_refreshed_list_keeps_the_row_that_was_walked_to(
    open_window: Open, backstage: Backstage, scene: Scene
):
    page = open_window().visit(f"/app/usage/?key={scene.key_id}")
    _wait_for_bell(page)
    page.keyboard.press("j")
    walked_to = page.evaluate("document.activeElement.id")

    backstage(use_key, scene.key_id, "above-the-row")

    expect(page.locator("#usage-live")).to_contain_text("above-the-row", timeout=PATIENCE_MS)
    assert page.evaluate("document.activeElement.id") == walked_to


def test_page_polls_when_there_is_no_socket(open_window: Open, backstage: Backstage, scene: Scene):
    window = open_window()
    window.page.route_web_socket("**/live", lambda socket: socket.close())
    window.page.clock.install()
    page = window.visit("/app/usage/")

    backstage(use_key, scene.key_id, "found-by-polling")
    page.clock.fast_forward(6_000)

    expect(page.locator("#usage-live")).to_contain_text("found-by-polling")
    expect(page.get_by_text("Live updates are interrupted")).to_be_visible()


def test_socket_that_breaks_comes_back_and_the_page_catches_up(
    open_window: Open, backstage: Backstage, scene: Scene
):
    window = open_window()
    sockets = []
    window.page.route_web_socket(
        "**/live", lambda socket: sockets.append((socket, socket.connect_to_server()))
    )
    page = window.visit("/app/usage/")
    _wait_for_bell(page)

    sockets[0][0].close()
    backstage(use_key, scene.key_id, "while-it-was-away")

    expect(page.locator("#usage-live")).to_contain_text("while-it-was-away", timeout=5000)


def test_invitation_leads_to_the_first_request_in_four_clicks(
    open_window: Open, backstage: Backstage, scene: Scene
):
    link = backstage(invite, scene, "ada@example.org")
    began = time.monotonic()
    page = open_window(signed_in=False).visit(link)
    clicks = 1

    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Password").fill("a long and winding password")
    page.get_by_role("button", name="Create account and join").click()
    clicks += 1
    page.get_by_role("button", name="Make my key").click()
    clicks += 1
    secret = page.locator("#secret").inner_text()
    assert f"Bearer {secret}" in page.locator("#curl").inner_text()
    assert secret in page.locator("#python").inner_text()
    expect(page.locator("#arrival")).to_contain_text("Waiting for the first request")
    _wait_for_bell(page)
    backstage(use_latest_key, scene)

    expect(page.locator("#arrival")).to_contain_text("The first request arrived", timeout=PATIENCE_MS)
    expect(page.locator("#arrival")).not_to_have_attribute("hx-trigger", "every 3s")
    expect(page.get_by_role("status").filter(has_text="The first request arrived.")).to_have_count(1)
    assert clicks <= MOST_CLICKS
    assert time.monotonic() - began < 60


def test_reloading_the_page_of_a_new_key_makes_no_second_one(open_window: Open):
    page = open_window().visit("/app/start/")
    page.get_by_role("button", name="Make my key").click()
    expect(page.locator("#secret")).to_be_visible()

    page.reload()

    expect(page.locator("#main")).to_contain_text("That form was sent already")


def _wait_for_bell(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-bell", "on")
