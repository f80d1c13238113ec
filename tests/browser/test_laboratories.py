"""The laboratories in a real browser: chips, bars and cells by click and key, both languages."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import wait_until_settled


def opened(open_page: OpenPage, page: str, a: str, b: str = "") -> Page:
    return open_page(f"/{page}?lang=en&model=mini-en&a={quote(a)}&b={quote(b)}")


def section(page: Page, name: str) -> None:
    page.get_by_role("radiogroup").get_by_text(name, exact=True).click()
    wait_until_settled(page)


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_a_word_is_hidden_put_back_and_guessed(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "The animals were unbelievably tired.")
    sentence = page.get_by_label("Sentence A")
    page.locator(".chip", has_text="animals").click()
    wait_until_settled(page)
    expect(sentence).to_have_value("The [MASK] were unbelievably tired.")
    expect(page.locator(".chip.masked .note")).to_have_text("animals")
    # a word of several pieces goes as a whole, and the reload still knows both
    page.locator(".chip", has_text="##").first.click()
    wait_until_settled(page)
    masks = page.locator(".chip.masked").count()
    assert masks > 2
    page.reload()
    wait_until_settled(page)
    expect(page.locator(".chip.masked")).to_have_count(masks)
    page.locator(".chip.masked").last.click()
    wait_until_settled(page)
    expect(sentence).to_have_value("The [MASK] were unbelievably tired.")
    guess = page.locator("button.row").first
    word = guess.locator(".label").inner_text()
    guess.click()
    wait_until_settled(page)
    expect(sentence).to_have_value(f"The {word} were unbelievably tired.")


def test_chips_work_by_keyboard(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "One two three.")
    page.locator(".chip", has_text="one").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).to_have_value("One [MASK] three.")
    # the focus stays on the chip, so the same key undoes it
    page.keyboard.press("Enter")
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).to_have_value("One two three.")


def test_a_sentence_tried_as_b_is_taken_by_its_bar(open_page: OpenPage) -> None:
    page = opened(open_page, "next-sentence", "He opened the fridge.")
    second = page.locator("button.row").nth(1)
    text = second.locator(".label").inner_text()
    second.click()
    wait_until_settled(page)
    expect(page.get_by_label("Sentence B")).to_have_value(text)


def test_a_word_guessed_in_turn_is_hidden_by_its_bar(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "One two three.")
    expect(page.locator("button.row .label")).to_have_text(["One", "two", "three", "."])
    page.locator("button.row", has_text="three").click()
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).to_have_value("One two [MASK].")
    expect(page.locator(".chip.masked .note")).to_have_text("three")


def test_a_double_click_on_a_bar_or_a_chip_acts_once(open_page: OpenPage) -> None:
    """The view under the pointer changes with the first click; the second was not meant for it."""
    page = opened(open_page, "masked-words", "One two three.")
    sentence = page.get_by_label("Sentence A")
    page.locator("button.row", has_text="three").dblclick()
    wait_until_settled(page)
    expect(sentence).to_have_value("One two [MASK].")
    page.locator(".chip", has_text="one").dblclick()
    wait_until_settled(page)
    expect(sentence).to_have_value("[MASK] two [MASK].")
    guess = page.locator("button.row").first
    word = guess.locator(".label").inner_text()
    guess.dblclick()
    wait_until_settled(page)
    expect(sentence).to_have_value(f"{word} two [MASK].")


@pytest.mark.parametrize("text", ["One two three.", "One two [MASK]."])
@pytest.mark.parametrize("wait", [0, 60, 250])
def test_a_click_that_comes_too_late_does_nothing(
    open_page: OpenPage, text: str, wait: int
) -> None:
    """Two single clicks on a bar, the second while the page answers the first; no error is shown.

    The first one hides a word, or fills the only gap, and with that the bars go.
    """
    page = opened(open_page, "masked-words", text)
    page.locator("button.row").first.evaluate(
        """async (bar, wait) => {
            bar.click();
            await new Promise((resolve) => setTimeout(resolve, wait));
            bar.click();
        }""",
        wait,
    )
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).not_to_have_value(text)
    assert page.get_by_label("Sentence A").input_value().count("[MASK]") == 1 - text.count("[MASK]")
    expect(page.locator('[data-testid="stAlertContentError"]')).to_have_count(0)


def test_a_cell_of_the_lens_chooses_token_and_layer(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "The man went to the [MASK].")
    section(page, "Layer by layer")
    page.locator("td[data-row='2'][data-column='1']").click()
    wait_until_settled(page)
    expect(page.get_by_text("man (token 2) over the layers")).to_be_visible()
    assert parameters(page)["token"] == "2"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_until_settled(page)
    expect(page.get_by_text("went (token 3) over the layers")).to_be_visible()
    page.reload()
    wait_until_settled(page)
    expect(page.locator("td.selected")).to_have_attribute("data-row", "3")
    expect(page.locator("td.selected")).to_have_attribute("data-column", "1")


def test_drawing_again_changes_what_the_model_reads(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "The old king gave the young farmer a golden ring.")
    section(page, "The training task")
    before = page.locator(".chip").all_inner_texts()
    for _ in range(2):
        page.get_by_role("button", name="Draw again").click()
        wait_until_settled(page)
    assert page.locator(".chip").all_inner_texts() != before
    page.locator(".chip", has_text="king").first.click()
    wait_until_settled(page)
    expect(page.get_by_text("“king” (token 3) in three ways")).to_be_visible()


def test_the_words_that_mattered_are_drawn(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "The man went to the [MASK] to buy milk.")
    section(page, "Which words mattered")
    expect(page.locator(".js-plotly-plot .barlayer .trace")).to_have_count(
        3,
        timeout=30_000,  # the chart library comes after the page has settled
    )
    expect(page.locator("td[data-row]")).to_have_count(9)


def test_a_pair_is_judged_swapped_and_kept(open_page: OpenPage) -> None:
    page = opened(open_page, "next-sentence", "He opened the fridge.", "There was no milk left.")
    expect(page.get_by_text("Pairs tried in this session: 1")).to_be_visible()
    page.get_by_role("button", name="Swap A and B", exact=True).last.click()
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).to_have_value("There was no milk left.")
    expect(page.get_by_text("Pairs tried in this session: 2")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV next_sentence", exact=True).click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("mini-en,He opened the fridge.,There was no milk left.,0.")


def test_a_head_found_here_is_the_head_everywhere(open_page: OpenPage) -> None:
    page = opened(open_page, "next-sentence", "He opened the fridge.", "There was no milk left.")
    section(page, "Where it looks")
    page.locator("td[data-row='2'][data-column='5']").first.click()
    wait_until_settled(page)
    assert (parameters(page)["layer"], parameters(page)["head"]) == ("2", "5")
    expect(page.get_by_text("All blocks, layer 2, head 5")).to_be_visible()


def test_a_miss_opens_as_a_pair(open_page: OpenPage) -> None:
    page = opened(open_page, "next-sentence", "One.", "Two.")
    section(page, "How often it is right")
    miss = page.locator("button.row").first
    first, second = miss.locator(".label").inner_text().split(" → ")
    miss.click()
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).to_have_value(first)
    expect(page.get_by_label("Sentence B")).to_have_value(second)
    expect(page.get_by_text("What if the pair were changed?")).to_be_visible()


def test_playing_a_round(open_page: OpenPage) -> None:
    page = opened(open_page, "next-sentence", "One.", "Two.")
    section(page, "Play against BERT")
    page.get_by_role("button", name="B follows A", exact=True).click()
    wait_until_settled(page)
    expect(page.get_by_text("BERT is", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Next pair").click()
    wait_until_settled(page)
    expect(page.get_by_role("button", name="B is random")).to_be_visible()


def test_the_layer_slider_moves_the_map(open_page: OpenPage) -> None:
    page = opened(open_page, "words-in-context", "x")
    slider = page.locator("[data-testid=stSlider] input")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowLeft")
    wait_until_settled(page)
    expect(page.get_by_text("one and the same point")).to_be_visible()
    page.locator("td[data-row='3'][data-column='0']").click()
    wait_until_settled(page)
    expect(page.get_by_text("in sentence 4")).to_be_visible()


def chosen_token(page: Page) -> str:
    return page.locator("button.row.selected .token").first.inner_text()


def test_the_reader_guesses_before_the_model_answers(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "x")
    section(page, "Which sentence does it prefer?")
    expect(page.locator("button.row")).to_have_count(0)
    page.get_by_role("button", name="A is right", exact=True).click()
    wait_until_settled(page)
    expect(page.get_by_text("You chose A: that is what a speaker would say.")).to_be_visible()
    expect(page.locator("button.row.differs")).to_have_count(1)
    # the place where they differ is open, and a click or a key opens another one
    assert chosen_token(page) == "are"
    expect(page.get_by_text("where “are | is” is hidden")).to_be_visible()
    page.locator("button.row", has_text="keys").first.click()
    wait_until_settled(page)
    expect(page.get_by_text("where “keys” is hidden")).to_be_visible()
    assert chosen_token(page) == "keys"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_until_settled(page)
    assert chosen_token(page) == "to"
    page.reload()
    wait_until_settled(page)
    expect(page.get_by_text("You chose A: that is what a speaker would say.")).to_be_visible()
    assert chosen_token(page) == "to"
    page.get_by_role("button", name="Next pair").click()
    wait_until_settled(page)
    expect(page.get_by_role("button", name="B is right", exact=True)).to_be_visible()
    expect(page.locator("button.row")).to_have_count(0)


def test_two_sentences_of_ones_own_are_compared(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "x")
    page.goto(page.url + "&mw_section=pairs&mw_pair=own")
    wait_until_settled(page)
    page.get_by_label("Your sentence A").fill("He has a red car.")
    page.get_by_label("Your sentence B").fill("He have a red car.")
    page.get_by_label("Your sentence B").press("Enter")
    wait_until_settled(page)
    page.get_by_role("button", name="It prefers A", exact=True).click()
    wait_until_settled(page)
    expect(page.get_by_text("You chose A, and so does the model.")).to_be_visible()
    assert parameters(page)["mw_own_b"] == "He have a red car."
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV minimal_pair", exact=True).click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 1 + 6
    assert lines[2].startswith("1,0,has,-") and ",have,-" in lines[2]
    # what is typed is taken by whatever comes next, and is a new question
    page.get_by_label("Your sentence A").fill("He had a red car.")
    section(page, "Guess")
    section(page, "Which sentence does it prefer?")
    expect(page.get_by_label("Your sentence A")).to_have_value("He had a red car.")
    expect(page.get_by_role("button", name="It prefers B", exact=True)).to_be_visible()


def test_a_pair_of_the_shelf_opens_by_its_bar(open_page: OpenPage) -> None:
    page = opened(open_page, "masked-words", "x")
    page.goto(page.url + "&mw_section=pairs&mw_pair_shelf=1")
    wait_until_settled(page)
    page.locator("button.row", has_text="tea in the morning").click()
    wait_until_settled(page)
    assert parameters(page)["mw_pair"] == "order-1"
    expect(page.get_by_role("button", name="B is right", exact=True)).to_be_visible()


def test_long_sentences_fit_a_phone_token_by_token(open_page: OpenPage) -> None:
    start = "the unbelievably long sentence goes on and on " * 7
    texts = quote(start + "is here."), quote(start + "are here.")
    page = open_page(
        "/masked-words?lang=en&model=mini-en&a=x&mw_section=pairs&mw_pair=own&mw_own_guess=A"
        f"&mw_own_a={texts[0]}&mw_own_b={texts[1]}",
        theme="dark",
        size=PHONE,
    )
    assert page.locator("button.row").count() > 60
    for part in (".token", ".digits", ".difference"):
        boxes = page.locator(f"button.row {part}").evaluate_all(
            "all => all.map(one => one.scrollWidth - one.clientWidth)"
        )
        assert max(boxes) <= 0, part
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= PHONE[0]


CHINESE = {
    "masked-words": (
        "逐层来看",
        "训练任务",
        "哪些词起了作用",
        "模型更喜欢哪一句？",
        "猜词",
    ),
    "next-sentence": ("它看哪里", "答对多少", "和 BERT 比一比", "这一对"),
    "words-in-context": (),
}


@pytest.mark.parametrize("path", CHINESE)
def test_every_laboratory_in_chinese_on_a_dark_phone(open_page: OpenPage, path: str) -> None:
    a, b = quote("我喜欢吃洋[MASK]。"), quote("它很好吃。")
    page = open_page(f"/{path}?lang=zh&model=small-zh&a={a}&b={b}", theme="dark", size=PHONE)
    for name in CHINESE[path] or ("",):
        if name:
            section(page, name)
        width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert width <= PHONE[0], name
        assert page.locator("[data-testid=stException]").count() == 0


@pytest.mark.parametrize("path", ["masked-words?mw_section=training", "next-sentence?"])
def test_tables_scroll_within_a_phone(open_page: OpenPage, path: str) -> None:
    texts = quote("A rather long sentence stands here, [MASK] and all."), quote("So does B.")
    page = open_page(f"/{path}&lang=en&model=mini-en&a={texts[0]}&b={texts[1]}", size=PHONE)
    expect(page.locator("table").last).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= PHONE[0]


@pytest.mark.parametrize("path", ["masked-words", "next-sentence"])
def test_hostile_text_is_shown_as_text(open_page: OpenPage, path: str) -> None:
    hostile = "<img src=x onerror=alert(1)> **b** [MASK]"
    page = open_page(f"/{path}?lang=en&model=mini-en&a={quote(hostile)}&b={quote(hostile)}")
    page.on("dialog", lambda dialog: pytest.fail("markup in the text was run"))
    assert page.locator("img[src=x]").count() == 0


def test_a_mask_far_down_is_in_sight_in_the_lens(open_page: OpenPage) -> None:
    text = "The old king gave the young farmer a ring. " * 6 + "He was [MASK]."
    page = open_page(f"/masked-words?mw_section=layers&lang=en&model=mini-en&a={quote(text)}")
    cell = page.locator("td.selected")
    expect(cell).to_be_visible()
    table, box = page.locator(".cells").first.bounding_box(), cell.bounding_box()
    assert table is not None and box is not None
    assert table["y"] < box["y"] < box["y"] + box["height"] < table["y"] + table["height"]
