"""Everything works from the keyboard."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

FOCUSED = "document.activeElement.innerText || document.activeElement.name || document.activeElement.tagName"


def test_tab_begins_with_the_skip_link_which_leads_past_the_navigation(open_window: Open):
    page = open_window().visit("/app/keys/")

    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Skip to content"
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_tab_reaches_every_control_of_a_page(open_window: Open):
    page = open_window().visit("/app/keys/")
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], button, input, select, summary')]"
        ".filter(e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})"
        " && e.type !== 'hidden').length"
    )

    reached = _walk(page)

    assert len(reached) >= wanted


def _walk(page: Page) -> set[str]:
    """Press Tab until the focus leaves the page or comes round; return the stops."""
    page.evaluate("window.stops = []")
    for _ in range(200):
        page.keyboard.press("Tab")
        again = page.evaluate(
            "(() => { const e = document.activeElement; if (e === document.body) return 'end';"
            " const known = window.stops.indexOf(e); if (known >= 0) return 'again';"
            " window.stops.push(e); return 'new'; })()"
        )
        if again != "new":
            break
    return set(map(str, range(page.evaluate("window.stops.length"))))


def test_escape_closes_a_menu_and_gives_the_focus_back(open_window: Open):
    page = open_window().visit("/app/")
    menu = page.locator(".side .menu-box").first
    menu.locator("summary").press("Enter")
    expect(menu).to_have_attribute("open", "")

    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_question_mark_opens_the_help_and_escape_closes_it(open_window: Open):
    page = open_window().visit("/app/")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("#help")).not_to_be_visible()


def test_g_and_a_letter_go_to_a_page(open_window: Open):
    page = open_window().visit("/app/")

    page.keyboard.press("g")
    page.keyboard.press("u")

    page.wait_for_url("**/app/usage/")


def test_slash_goes_to_the_search_and_letters_are_text_there(open_window: Open):
    page = open_window().visit("/app/audit/")

    page.keyboard.press("/")
    page.keyboard.type("gu")

    expect(page.get_by_label("Search actor or target")).to_have_value("gu")


def test_j_and_k_walk_through_rows(open_window: Open):
    page = open_window().visit("/app/keys/?show=all")
    rows = page.locator("[data-row]")

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")

    expect(rows.nth(0)).to_be_focused()


def test_enter_opens_the_row(open_window: Open):
    page = open_window().visit("/app/keys/?show=all")

    page.keyboard.press("j")
    page.keyboard.press("Enter")

    page.wait_for_url("**/app/keys/key_*/")


def test_single_keys_can_be_switched_off(open_window: Open):
    page = open_window().visit("/app/")
    page.keyboard.press("?")
    page.get_by_label("Use single-key shortcuts").uncheck()
    page.keyboard.press("Escape")

    page.keyboard.press("?")

    expect(page.locator("#help")).not_to_be_visible()


def test_theme_switch_is_kept_and_applied_before_paint(open_window: Open):
    page = open_window(color_scheme="light").visit("/app/")
    page.locator(".side .menu-box summary").last.click()

    page.locator(".side").get_by_role("button", name="Dark").click()
    page.goto(page.url)

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
