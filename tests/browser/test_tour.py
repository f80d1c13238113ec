"""The tour from its first stop to the last, by keyboard on a phone, in one visit."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import wait_until_settled
from tests.browser.test_shell import parameters
from viz_app.messages import text
from viz_app.session.tour import STOPS, marks

CARD, GO = ".st-key-tour_card", ".st-key-tour_go"
SLOW = 30_000
"""Milliseconds that a stop may take on a busy machine."""
OPTIONS = f"{CARD} [role=radiogroup]"


def tab_to(page: Page, target: str, *, key: str = "Tab") -> None:
    """Press Tab until the focus is in `target`."""
    for _ in range(60):
        if page.evaluate("target => document.activeElement.closest(target) !== null", target):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} was not reached by {key}")


def lead_on(page: Page, head: str) -> None:
    """Press Enter on the button that leads on, once more where a busy page did not take it."""
    page.keyboard.press("Enter")
    try:
        expect(page.locator(CARD)).not_to_contain_text(head, timeout=SLOW / 2)
    except AssertionError:
        tab_to(page, GO)
        page.keyboard.press("Enter")


def test_all_stops_by_keyboard_on_a_phone(open_page: OpenPage) -> None:
    page = open_page("/", size=PHONE)
    tab_to(page, ".st-key-tour_begin")
    page.keyboard.press("Enter")
    card = page.locator(CARD)
    for number, stop in enumerate(STOPS, start=1):
        there = text("en", f"app.page.{stop.place.page}")
        head = text("en", "tour.head", number=number, total=len(STOPS), page=there)
        expect(card).to_contain_text(head, timeout=SLOW)
        # the page would show the answer, so that it waits
        expect(card).to_contain_text(text("en", "tour.covered", page=there))
        wait_until_settled(page)
        assert page.locator("[data-testid=stMainBlockContainer] canvas").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        tab_to(page, OPTIONS, key="Tab" if number == 1 else "Shift+Tab")
        page.keyboard.press("Space")
        tab_to(page, GO)
        page.keyboard.press("Enter")
        expect(card.locator(GO)).to_contain_text(
            text("en", "tour.next" if number < len(STOPS) else "tour.finish"), timeout=SLOW
        )
        expect(card).not_to_contain_text(text("en", "tour.covered", page=there))
        wait_until_settled(page, seconds=90)
        # the button that answered now leads on, and has kept the focus
        tab_to(page, GO)
        if number == 5:
            the_address_brings_it_back(page)
        lead_on(page, head)
    found = marks(parameters(page)["tour_told"])
    right = sum(told.right for told in found.values())
    assert len(found) == len(STOPS)
    done = text("en", "tour.done", answered=len(STOPS), total=len(STOPS), right=right)
    expect(card).to_contain_text(done)
    page.go_back()
    expect(card).to_contain_text("16 of 16")


def the_address_brings_it_back(page: Page) -> None:
    """A reload, and so a copied link, shows the same stop with what was answered."""
    card = page.locator(CARD)
    said = card.inner_text()
    page.reload()
    wait_until_settled(page, seconds=90)
    expect(card.locator(GO)).to_contain_text(text("en", "tour.next"))
    expect(card.get_by_role("button")).to_have_count(4)
    assert card.inner_text() == said
    tab_to(page, GO)
