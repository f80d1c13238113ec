"""The concept cards as a reader meets them: searched, opened from a term, followed to a page."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.driver import wait_until_settled
from tests.browser.test_shell import parameters
from viz_app.messages import text
from viz_app.session.concepts import concepts


def test_a_search_is_in_the_address_and_survives_a_reload(open_page: OpenPage) -> None:
    page = open_page("/concepts?a=The+cat+slept+because+it+was+tired.&token=2")
    cards = page.locator("[class*=st-key-concept_]")
    expect(cards).to_have_count(len(concepts()))
    page.get_by_label("Search").fill("joint loss")
    page.get_by_label("Search").press("Enter")
    expect(cards.first).to_contain_text(text("en", "concepts.joint_loss.name"))
    wait_until_settled(page)
    assert parameters(page)["con_search"] == "joint loss"
    page.reload()
    wait_until_settled(page)
    expect(page.get_by_label("Search")).to_have_value("joint loss")
    expect(cards.first).to_contain_text(text("en", "concepts.joint_loss.name"))
    expect(cards.first).to_contain_text(text("en", "concepts.needs.pair"))
    page.get_by_label("Search").fill("zzz")
    page.get_by_label("Search").press("Enter")
    expect(page.get_by_text(text("en", "concepts.nothing", search="zzz"))).to_be_visible()


def test_a_card_leads_to_its_page_with_the_sentence(open_page: OpenPage) -> None:
    page = open_page("/concepts?a=The+cat+slept.&layer=2&head=3&token=2&con_search=softmax")
    page.locator(".st-key-concept_softmax").get_by_role("link", name="See it").click()
    page.wait_for_url(re.compile("/walkthrough"))
    wait_until_settled(page)
    found = parameters(page)
    assert (found["a"], found["step"], found["layer"]) == ("The cat slept.", "attention_probs", "2")


@pytest.mark.parametrize(("language", "name"), [("en", "token"), ("zh", "词元")])
def test_a_term_on_another_page_leads_to_its_card(
    language: str, name: str, open_page: OpenPage
) -> None:
    page = open_page(
        f"/masked-words?lang={language}&model=small-{language}&a=BERT&mw_section=training"
    )
    term = page.locator("a", has=page.locator("abbr")).filter(has_text=name).first
    with page.context.expect_page() as opened:
        term.click()
    card = opened.value
    wait_until_settled(card)
    assert parameters(card)["a"] == "BERT"
    first = card.locator("[class*=st-key-concept_]").first
    expect(first).to_contain_text(text(language, "concepts.token.text")[:12])


@pytest.mark.parametrize(("size", "side_by_side"), [(DESKTOP, True), (PHONE, False)])
def test_cards_stand_side_by_side_where_there_is_room(
    size: tuple[int, int], side_by_side: bool, open_page: OpenPage
) -> None:
    page = open_page("/concepts?a=A+dog.&con_search=attention", size=size)
    tops = "cards => cards.map(card => card.getBoundingClientRect().top)"
    first, second, *_ = page.locator("[class*=st-key-concept_]").evaluate_all(tops)
    assert (first == second) is side_by_side
    overflow = "e => e.scrollWidth - e.clientWidth"
    assert page.locator("[data-testid=stMain]").evaluate(overflow) == 0
