"""The start page's picture as a reader uses it: it paints, explains, and leads on."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core import Trace
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import wait_until_settled
from viz_app.session.state import default_selection

PAIR = f"/?lang=en&model=mini-en&a={quote('the man went to [MASK] store')}&b=he+bought+milk"


def default_trace() -> Trace:
    """What the page's digits must be for the sentence that it opens with."""
    from bert_core import load

    return load("small-en").trace("The animal didn't cross the street because it was too tired.")


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def board(page: Page) -> Locator:
    """The picture, once it has been painted."""
    found = page.locator(".architecture[data-painted]")
    expect(found).to_be_visible()
    return found


def middle_of_head(page: Page, layer: int, head: int, heads: int = 12) -> tuple[float, float]:
    """A point inside a tile, in the page's pixels."""
    box = board(page).locator(".tiles").nth(layer).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] * (head + 0.45) / heads


def test_a_tile_tells_its_head_and_leads_to_it(page: Page) -> None:
    page.mouse.move(*middle_of_head(page, layer=2, head=6))
    # the rows of a tile are the tokens; the point lies in that of token 8
    exact = default_trace().layer(2).attention_probs[6, 8].max().item()
    expect(board(page).locator(".tip")).to_contain_text("L2 H6: “street”")
    expect(board(page).locator(".tip")).to_contain_text(f"weight {exact:.3f}")
    page.mouse.click(*middle_of_head(page, layer=2, head=6))
    page.wait_for_url("**/attention*")
    wait_until_settled(page)
    assert (parameters(page)["layer"], parameters(page)["head"]) == ("2", "6")


def test_a_token_leads_to_its_steps(page: Page) -> None:
    board(page).get_by_role("button", name="street").click()
    page.wait_for_url("**/walkthrough*")
    wait_until_settled(page)
    assert parameters(page)["token"] == "8"


def test_the_keyboard_reaches_every_part(page: Page) -> None:
    tokens = board(page).get_by_role("group", name="Word pieces")
    # one tab stop for all tokens, on the one that is selected
    stop = tokens.locator("button[tabindex='0']")
    expect(stop).to_have_count(1)
    expect(stop).to_have_attribute("data-row", parameters(page)["token"])
    stop.focus()
    page.keyboard.press("ArrowUp")
    expect(board(page).locator(".tip")).to_contain_text("because: position 9")
    heads = board(page).get_by_role("application")
    heads.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    expect(board(page).locator(".tip")).to_contain_text("L4 H2")
    page.keyboard.press("Enter")
    page.wait_for_url("**/attention*")
    wait_until_settled(page)
    assert (parameters(page)["layer"], parameters(page)["head"]) == ("4", "2")


def test_digits_of_a_vector_are_the_models(page: Page) -> None:
    trace = default_trace()
    exact = trace.embeddings.position_embeddings[3, 0].item()
    strip = board(page).locator(".strip canvas").nth(1)
    box = strip.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] * 3.5 / len(trace.tokens))
    tip = board(page).locator(".tip")
    expect(tip).to_contain_text("didn, position embedding")
    expect(tip).to_contain_text(f"dimension 0: {exact:.4f}".replace("-", "−"))


def test_masks_and_pairs_come_out_on_the_right(open_page: OpenPage) -> None:
    page = open_page(PAIR)
    output = board(page).locator(".guesses")
    mask = output.locator("button.mask")
    expect(mask).to_have_count(1)
    expect(mask.locator(".chip")).to_have_count(3)
    expect(output.locator("button.next")).to_contain_text("B follows A")


@pytest.mark.parametrize(
    ("part", "path", "chosen"),
    [
        (".guesses button.mask", "masked-words", {}),
        (".guesses button.next", "next-sentence", {}),
        (".input .strip >> nth=0", "positions", {}),
        # the strip after layer 2 stands for what that layer made of a token
        (".encoder .strip >> nth=2", "walkthrough", {"layer": "2"}),
    ],
)
def test_each_part_leads_to_its_page(
    open_page: OpenPage, part: str, path: str, chosen: dict[str, str]
) -> None:
    page = open_page(PAIR)
    board(page).locator(part).click()
    page.wait_for_url(f"**/{path}*")
    wait_until_settled(page)
    found = parameters(page)
    assert found["b"] == "he bought milk"
    assert {name: found[name] for name in chosen} == chosen


def test_the_tour_goes_through_five_steps_and_stays_away(page: Page) -> None:
    page.get_by_role("button", name="Start the tour").click()
    for step in range(1, 5):
        expect(board(page)).to_contain_text(f"{step}/5")
        page.get_by_role("button", name="Next").click()
    expect(board(page)).to_contain_text("5/5")
    page.get_by_role("button", name="Done").click()
    page.reload()
    wait_until_settled(page)
    expect(board(page).get_by_role("button", name="Tour", exact=True)).to_be_visible()
    expect(page.get_by_text("New here?")).to_have_count(0)


def test_a_new_sentence_is_drawn_and_marks_stay_inside_it(page: Page) -> None:
    page.get_by_label("Sentence A").fill("Short.")
    page.get_by_label("Sentence A").press("Enter")
    wait_until_settled(page)
    expect(board(page)).to_have_attribute("data-painted", "4")
    expect(board(page).locator(".labels button")).to_have_text(["A[CLS]", "short", ".", "[SEP]"])


def test_tokens_are_text_whatever_they_hold(open_page: OpenPage) -> None:
    page = open_page("/?lang=en&model=mini-en&a=" + quote("<img src=x onerror=alert(1)> 😀"))
    assert board(page).locator("img").count() == 0
    expect(board(page).locator(".labels")).to_contain_text("<")


@pytest.mark.parametrize("size", [PHONE, (820, 1100)])
def test_a_narrow_page_stacks_the_parts(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(PAIR, size=size, theme="dark")
    boxes = [one.bounding_box() for one in board(page).locator(".panel").all()]
    assert len(boxes) == 3
    left = [box["x"] for box in boxes if box]
    tops = [box["y"] for box in boxes if box]
    assert max(left) - min(left) < 1
    assert tops == sorted(tops)
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= size[0]


def test_a_long_text_scrolls_in_its_own_box(open_page: OpenPage) -> None:
    page = open_page("/?lang=en&model=mini-en&a=" + quote("word " * 200))
    expect(board(page)).to_have_attribute("data-painted", "128")
    expect(board(page).locator(".more")).to_contain_text("of 128 tokens are in view")
    box = board(page).locator(".board").bounding_box()
    assert box is not None
    assert box["height"] < 900
    # the heads stay in sight while the rows pass by
    board(page).locator(".labels button").last.scroll_into_view_if_needed()
    expect(board(page).locator(".tiles").first).to_be_in_viewport()


def test_a_chinese_reader_gets_chinese(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    expect(board(page)).to_contain_text("BERT 怎样处理这句话")
    second = default_selection("zh").text_a[1]
    expect(board(page).locator(".labels button").nth(2)).to_have_text(second)
