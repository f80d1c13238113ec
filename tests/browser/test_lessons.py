"""A lesson as a reader meets it: opened, asked before the page shows, answered, found again."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import wait_until_settled
from tests.browser.test_shell import parameters
from viz_app.lessons.link import packed
from viz_app.lessons.schema import FILE
from viz_app.messages import text

SOURCE = (FILE.parent / "en" / "what-it-looks-at.yaml").read_text(encoding="utf-8")


def click(page: Page, key: str) -> None:
    """Press a button by the key of its element, and wait for what follows."""
    page.locator(f".st-key-{key} button").last.click()  # one with a tooltip is there twice
    wait_until_settled(page)


def fits(page: Page) -> bool:
    """Whether nothing is wider than the window."""
    return bool(page.evaluate("document.body.scrollWidth <= window.innerWidth"))


def test_a_lesson_runs_from_a_link_to_its_end_on_a_phone(open_page: OpenPage) -> None:
    page = open_page("/?a=My+own+sentence.", size=PHONE)
    page.goto(f"{page.url.split('?')[0]}lessons?a=My+own+sentence.&lesson={packed(SOURCE)}")
    wait_until_settled(page)
    card = page.locator(".st-key-lesson_card")
    expect(page.locator(".st-key-lesson_cover")).to_contain_text("Premises checked: 2")
    click(page, "lesson_begin")
    page.wait_for_url(re.compile("/attention"))
    expect(card).to_contain_text("One row of one head")
    assert fits(page)
    # the page would show the answer, and the second question is about the page
    expect(page.locator(".st-key-at_view")).to_have_count(0)
    expect(card.get_by_role("textbox")).to_have_count(0)
    click(page, "lesson_hint_1-1")
    expect(card).to_contain_text("Somebody is too tired")
    card.get_by_text("street", exact=True).click()
    wait_until_settled(page)
    click(page, "lesson_answer_1-1")
    expect(card).to_contain_text("Right is: animal")
    expect(page.locator(".st-key-at_view")).to_be_visible()
    card.get_by_role("textbox").fill("29 %")
    card.get_by_role("textbox").press("Enter")
    wait_until_settled(page)
    click(page, "lesson_answer_1-2")
    expect(card).to_contain_text("Right: 0.29.")

    page.reload()
    wait_until_settled(page)
    expect(card).to_contain_text("Right: 0.29.")
    assert parameters(page)["stop"] == "1"
    click(page, "lesson_next")
    expect(card).to_contain_text("One word changed")
    assert parameters(page)["a"].endswith("too wide.")
    page.go_back()
    wait_until_settled(page)
    expect(card).to_contain_text("One row of one head")
    click(page, "lesson_next")
    click(page, "lesson_next")
    page.wait_for_url(re.compile("/lessons"))
    cover = page.locator(".st-key-lesson_cover")
    expect(cover).to_contain_text(text("en", "lessons.so_far", answered=2, asked=4, right=1))
    click(page, "cover_leave")
    expect(cover).to_have_count(0)
    assert "lesson" not in parameters(page)
