"""The frame of the app as a reader meets it: typing, links, reload, language, theme, phone."""

import re
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import ROOT, wait_until_settled
from viz_app.messages import text
from viz_app.session.state import default_selection

DEFAULT = default_selection("en-US").text_a


def pages() -> list[str]:
    return [path.parent.name for path in (ROOT / "viz_app/app_pages").glob("*/page.py")]


def shell_is_here(page: Page) -> None:
    """Wait for the module that follows keys; a busy machine draws the page before it."""
    page.locator(".fold").wait_for(state="attached", timeout=30_000)


def parameters(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_a_typed_sentence_is_in_the_address_and_survives_a_reload(page: Page) -> None:
    page.get_by_label("Sentence A").fill("A small <b>dog</b> barks & runs.")
    page.get_by_label("Sentence A").press("Enter")
    wait_until_settled(page)
    assert parameters(page)["a"] == "A small <b>dog</b> barks & runs."
    page.reload()
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).to_have_value("A small <b>dog</b> barks & runs.")


def test_the_bar_is_one_line_and_a_long_text_grows_over_the_page(open_page: OpenPage) -> None:
    page = open_page("/?a=A+dog.&lang=zh", size=(1366, 768))
    box = page.get_by_label("句子 A")
    expect(box).to_be_visible(timeout=30_000)
    shell_is_here(page)

    def height(selector: str) -> float:
        found = page.locator(selector).bounding_box()
        assert found is not None
        return found["height"]

    bar, rest = height(".st-key-sentence_bar"), height(".st-key-text_a textarea")
    assert bar <= 72
    box.fill("a long sentence " * 20)
    assert height(".st-key-text_a textarea") > 2 * rest
    assert height(".st-key-sentence_bar") == bar
    box.press("Enter")
    wait_until_settled(page)
    assert parameters(page)["a"] == "a long sentence " * 20
    box.press("Tab")
    assert height(".st-key-text_a textarea") == rest
    box.fill("")  # on purpose
    box.press("Enter")
    wait_until_settled(page)
    assert parameters(page).get("a", "") == ""
    # nothing of Streamlit's own in English over the text
    assert page.get_by_text("Press").count() == 0 or not page.get_by_text("Press").is_visible()
    header = page.locator("[data-testid=stHeader]").bounding_box()
    language = page.get_by_role("radiogroup").first.bounding_box()
    assert header and language and language["y"] + language["height"] <= header["height"]


def test_a_text_is_taken_by_whatever_the_reader_does_next(page: Page) -> None:
    box = page.get_by_label("Sentence A")
    box.fill("Dogs bark at night.")
    page.get_by_role("link", name="Attention").click()
    wait_until_settled(page)
    expect(box).to_have_value("Dogs bark at night.")
    assert parameters(page)["a"] == "Dogs bark at night."
    box.fill("Cats sleep.")
    page.get_by_role("radio", name="Lines").click()
    wait_until_settled(page)
    assert parameters(page)["a"] == "Cats sleep."
    assert parameters(page)["at_view"] == "lines"
    expect(page.get_by_title("sleep").first).to_be_visible()


def test_a_head_clicked_in_the_overview_is_the_head_of_every_page(open_page: OpenPage) -> None:
    page = open_page("/attention?model=mini-en&layer=1&head=0")
    overview = page.get_by_role("application").first
    # from L1 H0 down and to the left again and again: the end of the grid, L3 H0, then right
    overview.focus()
    for key in ("ArrowDown", "ArrowDown", *["ArrowRight"] * 7):
        page.keyboard.press(key)
    expect(page.get_by_text("Layer 3, head 7")).to_be_visible()
    wait_until_settled(page)
    assert (parameters(page)["layer"], parameters(page)["head"]) == ("3", "7")
    page.reload()
    wait_until_settled(page)
    expect(page.get_by_text("Layer 3, head 7")).to_be_visible()


def test_a_link_brings_back_everything(open_page: OpenPage) -> None:
    page = open_page("/?lang=en&model=mini-en&a=One.&b=Two.&layer=2&head=6&token=1")
    expect(page.get_by_label("Sentence B")).to_have_value("Two.")
    found = parameters(page)
    assert (found["layer"], found["head"], found["token"]) == ("2", "6", "1")


def test_the_back_button_brings_back_the_sentence_before(page: Page) -> None:
    expect(page.get_by_label("Sentence A")).to_have_value(DEFAULT)
    page.get_by_label("Sentence A").fill("Something else.")
    page.get_by_label("Sentence A").press("Enter")
    wait_until_settled(page)
    page.go_back()
    wait_until_settled(page)
    expect(page.get_by_label("Sentence A")).to_have_value(DEFAULT)


def test_a_visit_is_one_entry_and_back_and_forward_restore_it(open_page: OpenPage) -> None:
    page = open_page("/models?lang=en&model=mini-en&a=Two+dogs+bark.&layer=0&head=0&token=0")
    entries = [page.evaluate("history.length")]

    def seen() -> tuple[str, ...]:
        found = parameters(page)
        return urlsplit(page.url).path, found["layer"], found.get("at_view", "")

    def go(click: Locator, address: str) -> None:
        click.click()
        expect(page).to_have_url(re.compile(address), timeout=60_000)
        wait_until_settled(page, quiet=1000)
        expect(page.get_by_label("Sentence A")).to_have_value("Two dogs bark.")
        entries.append(page.evaluate("history.length"))

    go(page.get_by_role("link", name="Attention"), "/attention")
    go(page.get_by_role("radio", name="Lines"), "at_view=lines")
    go(page.get_by_role("radio", name="L2"), "layer=2")
    go(page.get_by_role("link", name="Positions"), "/positions")
    assert [after - before for before, after in pairwise(entries)] == [1, 1, 1, 1]

    places = [("/models", "0", ""), ("/attention", "0", ""), ("/attention", "0", "lines")]
    places += [("/attention", "2", "lines"), ("/positions", "2", "")]
    for place in reversed(places[:-1]):
        page.go_back()
        wait_until_settled(page)
        assert seen() == place
        if place[0] == "/attention":
            name = "Lines" if place[2] else "One head"
            expect(page.get_by_role("radio", name=name)).to_be_checked()
    for _ in range(3):  # quicker than the server
        page.go_forward()
    expect(page.get_by_role("radio", name="L2")).to_be_checked(timeout=60_000)
    wait_until_settled(page)
    assert seen() == places[3]
    expect(page.get_by_role("radio", name="Lines")).to_be_checked()
    assert page.evaluate("history.length") == entries[-1]


def test_the_language_switch_keeps_the_sentence(page: Page) -> None:
    expect(page.get_by_label("Sentence A")).to_have_value(DEFAULT)
    page.get_by_text("简体中文", exact=True).click()
    wait_until_settled(page)
    expect(page.get_by_label("句子 A")).to_have_value(DEFAULT)
    assert parameters(page)["lang"] == "zh"


def test_the_language_switch_rewords_what_select_boxes_show(open_page: OpenPage) -> None:
    page = open_page("/attention?a=A+dog.&at_tiles=next&at_pool=mean_all")
    order = page.get_by_role("combobox", name="Order tiles by")
    expect(order).to_have_value(re.compile("next token"))
    page.get_by_text("简体中文", exact=True).click()
    wait_until_settled(page)
    for label, option in (("overview.order_by", "role.next"), ("pool.label", "pool.mean_all")):
        box = page.get_by_role("combobox", name=text("zh", f"attention.{label}"))
        expect(box).to_have_value(re.compile(text("zh", f"attention.{option}")))
    assert parameters(page)["at_tiles"] == "next"


def test_a_page_says_its_language_and_its_name(page: Page) -> None:
    root = page.locator("html")
    expect(root).to_have_attribute("lang", "en")
    titles = [page.title()]
    page.get_by_role("link", name="Positions").click()
    wait_until_settled(page)
    titles.append(page.title())
    page.get_by_text("简体中文", exact=True).click()
    wait_until_settled(page)
    expect(root).to_have_attribute("lang", "zh")
    assert [*titles, page.title()] == [
        text("en", "app.title"),
        "Positions · Headlight",
        "位置 · Headlight",
    ]


def test_a_chinese_browser_is_met_in_chinese(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    expect(page.get_by_label("句子 A")).to_be_visible()
    assert parameters(page)["model"] == "small-zh"


def test_two_tabs_keep_their_own_sentences(open_page: OpenPage) -> None:
    first = open_page("/?a=First+tab.")
    second = open_page("/?a=Second+tab.")
    first.get_by_label("Sentence A").press("Enter")
    wait_until_settled(first)
    expect(first.get_by_label("Sentence A")).to_have_value("First tab.")
    expect(second.get_by_label("Sentence A")).to_have_value("Second tab.")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(open_page: OpenPage, theme: str) -> None:
    page = open_page("/?a=A+short+sentence.", theme=theme, size=PHONE)  # type: ignore[arg-type]
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= PHONE[0]
    # every page is in sight, and the bar is one line that opens on a tap
    fold = page.get_by_role("button", name="A short sentence.")
    expect(fold).to_have_attribute("aria-expanded", "false", timeout=30_000)
    for name in pages():
        row = page.locator(".st-key-page_row")
        link = row.get_by_role("link", name=text("en", f"app.page.{name}"), exact=True)
        expect(link).to_be_in_viewport()
    expect(page.get_by_label("Sentence A")).to_be_hidden()
    fold.click()
    page.get_by_label("Sentence A").fill("Another one.")
    page.get_by_label("Sentence A").press("Enter")
    expect(page.get_by_label("Sentence A")).to_be_hidden()
    expect(page.get_by_role("button", name="Another one.")).to_be_visible()
    assert parameters(page)["a"] == "Another one."


TOO_SMALL = """() => {
    const small = [];
    const look = root => {
        for (const node of root.querySelectorAll('*')) {
            if (node.shadowRoot) look(node.shadowRoot);
            const own = [...node.childNodes].some(n => n.nodeType === 3 && n.data.trim());
            if (!own || !node.checkVisibility() || node.closest('.modebar')) continue;
            const box = node.getBoundingClientRect();
            if (box.width < 2 || box.height < 2) continue;  // for screen readers only
            const size = parseFloat(getComputedStyle(node).fontSize) * (node.currentCSSZoom ?? 1);
            if (size < 15.9) small.push(`${size} ${node.tagName} ${node.textContent.slice(0, 40)}`);
        }
    };
    look(document.querySelector('[data-testid=stMain]'));
    return small;
}"""


def test_the_projectors_view_is_large_and_follows_a_presenters_keys(open_page: OpenPage) -> None:
    page = open_page("/attention?lang=en&model=mini-en&a=Two+dogs+bark.&layer=0&head=0")
    header, box = page.locator("[data-testid=stHeader]"), page.get_by_label("Sentence A")
    expect(box).to_be_visible(timeout=30_000)
    shell_is_here(page)
    page.keyboard.press("p")
    expect(header).to_be_hidden(timeout=30_000)
    expect(box).to_be_hidden(timeout=30_000)
    assert parameters(page)["projector"] == "1"
    assert page.evaluate(TOO_SMALL) == []
    # what is pointed at is what is under the pointer: the last of 4 × 8 tiles
    bounds = page.locator(".stage").bounding_box()
    assert bounds
    page.mouse.click(bounds["x"] + bounds["width"] - 9, bounds["y"] + bounds["height"] - 9)
    expect(page.get_by_text("Layer 3, head 7")).to_be_visible(timeout=30_000)

    page.keyboard.press("PageDown")
    expect(page).to_have_url(re.compile("at_view=lines"), timeout=30_000)
    wait_until_settled(page)
    assert parameters(page)["projector"] == "1"
    page.reload()
    wait_until_settled(page)
    expect(header).to_be_hidden(timeout=30_000)
    expect(page.get_by_title("bark").first).to_be_visible(timeout=30_000)
    page.keyboard.press("PageUp")
    expect(page.locator(".stage")).to_be_visible(timeout=30_000)

    # while one types, P is a letter
    page.get_by_role("button", name="Two dogs bark.").click()
    box.press("End")
    box.press("p")
    expect(box).to_have_value("Two dogs bark.p")
    box.press("Enter")
    wait_until_settled(page)
    page.locator("body").press("Escape")
    expect(header).to_be_visible(timeout=30_000)
    assert "projector" not in parameters(page)

    page.get_by_role("link", name="Step by step").click()
    wait_until_settled(page)
    page.keyboard.press("P")
    chosen = page.locator(".pills [aria-current=step], .pills [aria-current=true]")
    before = chosen.get_attribute("aria-label", timeout=30_000)
    page.keyboard.press("PageDown")
    expect(chosen).not_to_have_attribute("aria-label", before or "")
    assert parameters(page)["projector"] == "1"
