"""The gateway's pages: live where they say so, and a playground whose answer comes piece by piece."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Backstage, Open
from tests.browser.scene import Scene, route_latest

PATIENCE_MS = 4000


def test_the_request_log_shows_a_new_call_without_reload(
    open_window: Open, backstage: Backstage, scene: Scene
):
    page = open_window().visit("/app/gateway/requests/")
    expect(page.locator("html")).to_have_attribute("data-bell", "on")

    backstage(route_latest, scene.key_id, "fresh-in-the-log")

    row = page.locator("#requests-live tr", has_text="fresh-in-the-log")
    expect(row).to_contain_text("2 tries", timeout=PATIENCE_MS)
    expect(row.get_by_role("button", name="Copy id")).to_be_visible()


def test_a_row_of_the_log_opens_by_the_keyboard(open_window: Open):
    page = open_window().visit("/app/gateway/requests/?tier=mid")

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    page.wait_for_url("**/app/gateway/requests/req_*/")
    expect(page.get_by_role("heading", name="Why this model?")).to_be_visible()


def test_the_playground_shows_the_answer_why_it_came_and_what_it_cost(open_window: Open, scene: Scene):
    page = open_window().visit("/app/gateway/playground/")
    lines: list[dict[str, object]] = [
        {"headers": [["x-marga-model", "gpt-5-mini"]], "request_id": scene.request_id},
        {"text": "Ganga <b>"},
        {"text": "Yamuna"},
    ]
    sent = _answer_with(page, lines)

    page.get_by_role("textbox", name="Message").fill("Name rivers.")
    page.get_by_role("button", name="Send").click()

    expect(page.locator("#answer")).to_have_text("Ganga <b>Yamuna")
    expect(page.locator("#explained")).to_contain_text("gpt-5-mini")
    expect(page.locator("#cost")).to_contain_text("12 in, 34 out", timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="Open the request")).to_have_attribute(
        "href", f"/app/gateway/requests/{scene.request_id}/"
    )
    assert "Name rivers." in sent[0]


def test_the_playground_says_when_an_answer_breaks_off(open_window: Open):
    page = open_window().visit("/app/gateway/playground/")
    _answer_with(page, [{"text": "Gan"}, {"error": "The answer broke off before its end; try again."}])

    page.get_by_role("button", name="Send").click()

    expect(page.get_by_role("alert").filter(has_text="broke off")).to_be_visible()
    expect(page.locator("#answer")).to_have_text("Gan")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()


def test_the_code_follows_the_message(open_window: Open):
    page = open_window().visit("/app/gateway/playground/")

    page.get_by_role("textbox", name="Message").fill("It's new.")
    page.get_by_role("textbox", name="Message").blur()

    expect(page.locator("#curl")).to_contain_text("s new.")
    expect(page.get_by_role("button", name="Copy curl")).to_be_visible()


def _answer_with(page: Page, lines: list[dict[str, object]]) -> list[str]:
    """Answer in place of the gateway; return what the page sends."""
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.post_data or "")
        body = "".join(f"{json.dumps(line)}\n" for line in lines)
        route.fulfill(content_type="application/x-ndjson", body=body)

    page.route("**/playground/stream", answer)
    return sent
