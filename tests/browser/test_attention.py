"""The Attention page in a real browser: pointer, keyboard, links, themes, files offline."""

import re
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from bert_core import load
from bert_core.studies.head_finder import shelf_relations, word_links
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import wait_until_settled

TEXT = "The animal didn't cross the street because it was too tired."
PAIR = "?lang=en&model=mini-en&a=The+man+went+home.&b=He+was+tired.&layer=1&head=5&token=3"


# Streamlit marks its root element while the script runs.
COUNT_RUNS = """() => {
    window.runs = 0;
    new MutationObserver(() => { window.runs += 1; }).observe(
        document.querySelector('[data-testid="stApp"]'),
        { attributeFilter: ['data-test-script-state'] },
    );
}"""


def address(text: str = TEXT, model: str = "mini-en", language: str = "en", **more: str) -> str:
    params = {"lang": language, "model": model, "a": text, "layer": "1", "head": "5", "token": "3"}
    return "/attention?" + "&".join(f"{k}={quote(v)}" for k, v in (params | more).items())


def params(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def ready(page: Page, selector: str) -> None:
    wait_until_settled(page, 120)
    page.locator(selector).first.wait_for(timeout=60_000)


def lit_pixels(page: Page, selector: str) -> int:
    """Pixels of a canvas that are not transparent."""
    return page.locator(selector).first.evaluate(
        """canvas => {
            const context = canvas.getContext('2d');
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            let lit = 0;
            for (let i = 0; i < data.length; i += 4) lit += data[i + 3] > 8;
            return lit;
        }"""
    )


def test_a_click_and_the_arrow_keys_choose_a_head(open_page: OpenPage) -> None:
    page = open_page(address())
    ready(page, ".stage")
    page.locator(".stage").click(position={"x": 60, "y": 45})
    expect(page.get_by_role("heading", name="Layer 0, head 0")).to_be_visible()
    wait_until_settled(page)
    assert (params(page)["layer"], params(page)["head"]) == ("0", "0")
    # an option that is called by the head follows it
    expect(page.get_by_role("combobox", name="Which weights")).to_have_value("L0 H0")
    page.locator(".stage").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("heading", name="Layer 1, head 1")).to_be_visible()
    wait_until_settled(page)
    assert (params(page)["layer"], params(page)["head"]) == ("1", "1")


def test_a_relation_leads_to_its_head_and_to_what_it_links_here(open_page: OpenPage) -> None:
    bert = load("small-en", device="cpu")
    found = shelf_relations(bert).relations["dobj"].best()[0]
    page = open_page(address(model="small-en", at_view="find", layer="5", head="11"))
    ready(page, ".row.compared")
    row = page.get_by_role("button", name=re.compile("object → verb|verb → object")).first
    expect(row).to_contain_text(f"L{found.layer} H{found.head}; fixed −2:")
    row.click()
    name = f"L{found.layer} H{found.head}"
    expect(
        page.get_by_role("heading", name=f"In this sentence: the links of {name}")
    ).to_be_visible()
    page.wait_for_url("**at_relation=dobj**")
    wait_until_settled(page)
    assert (params(page)["layer"], params(page)["head"]) == (str(found.layer), str(found.head))
    links = word_links(bert.trace(TEXT), found.layer, found.head, found.looks)[:3]
    shown = page.locator(".row:not(.compared)")
    for place, link in enumerate(links):
        expect(shown.nth(place)).to_contain_text(f"{link.weight:.3f}")
        expect(shown.nth(place)).to_contain_text(link.source.text)
    page.reload()
    ready(page, ".row.compared.marked")
    expect(page.locator(".row.compared.marked")).to_contain_text("object")


def test_pointing_at_a_tile_names_its_strongest_pair(open_page: OpenPage) -> None:
    page = open_page(address())
    ready(page, ".stage")
    page.locator(".stage").hover(position={"x": 60, "y": 45})
    tip = page.locator(".tip:visible")
    expect(tip).to_have_text(re.compile(r"L0 H0: [01]\.\d\d .* → .*"))


def test_rows_of_the_heatmap_choose_the_query_by_keyboard(open_page: OpenPage) -> None:
    page = open_page(address())
    ready(page, ".grid")
    page.locator(".grid").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**token=4**")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip:visible")).to_contain_text("→")


def test_a_part_without_the_chosen_query_is_drawn_too(open_page: OpenPage) -> None:
    """The query lies in B, past the last row of A → A."""
    page = open_page(address(b="It wanted to rest in the shade of a tree.", token="22"))
    ready(page, ".grid")
    for part in ("A → A", "B → A", "A → A"):
        page.get_by_role("radiogroup").get_by_text(part, exact=True).click()
        wait_until_settled(page)
    page.locator(".grid").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tip:visible")).to_contain_text("→")


def test_lines_answer_without_the_server_and_keep_their_settings(open_page: OpenPage) -> None:
    page = open_page(address(at_view="lines"))
    ready(page, ".token.query")
    page.evaluate(COUNT_RUNS)
    before = lit_pixels(page, "canvas.front")
    page.locator(".token.query").nth(10).hover()
    expect(page.locator(".readout")).to_contain_text("“it” looks at:")
    assert lit_pixels(page, "canvas.front") > before
    page.locator(".token.key").nth(2).hover()
    expect(page.locator(".readout")).to_contain_text("“animal” is looked at by:")
    assert page.evaluate("window.runs") == 0
    page.locator(".token.query").nth(10).dblclick()
    page.wait_for_url("**at_lines=q10**")
    assert page.evaluate("window.runs") > 0  # locking does reach the server, once
    page.mouse.move(5, 5)
    expect(page.locator(".readout")).to_contain_text("“it” looks at:")
    page.locator(".chip").nth(5).dblclick()
    page.wait_for_url("**at_lines=h5_q10**")
    page.reload()
    ready(page, ".token.query")
    expect(page.locator(".token.locked")).to_have_text("it")
    expect(page.locator(".chip[aria-pressed=true]")).to_have_text("H5")


def test_at_rest_the_lines_are_those_of_the_chosen_token(open_page: OpenPage) -> None:
    page = open_page(address(at_view="lines"))
    ready(page, ".token.query")
    page.mouse.move(5, 5)
    expect(page.locator(".count")).to_contain_text("Lines of “didn”")
    one = lit_pixels(page, "canvas.resting")
    page.get_by_role("button", name="lines of all tokens").click()
    expect(page.locator(".count")).to_contain_text("Lines while no token")
    assert lit_pixels(page, "canvas.resting") > 3 * one
    page.wait_for_url("**at_lines=a**")
    page.reload()
    ready(page, ".token.query")
    everything = page.get_by_role("button", name="lines of all tokens")
    expect(everything).to_have_attribute("aria-pressed", "true")


def test_lines_by_keyboard_only(open_page: OpenPage) -> None:
    page = open_page(address(at_view="lines"))
    ready(page, ".token.query")
    page.locator(".token.query").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".readout")).to_contain_text("“animal” looks at:")
    page.keyboard.press("l")
    page.wait_for_url("**at_lines=q2**")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).to_contain_text("is looked at by:")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('at_lines')")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chinese_stands_in_rows(open_page: OpenPage, theme: str) -> None:
    page = open_page(
        address("我喜欢吃洋葱。", "small-zh", "zh", at_view="lines"),
        theme=theme,  # type: ignore[arg-type]
    )
    ready(page, ".token.query")
    first, second = (page.locator(".token.query").nth(i).bounding_box() for i in (1, 2))
    assert first is not None and second is not None
    assert abs(first["y"] - second["y"]) < 2 and second["x"] > first["x"]
    page.locator(".token.query").nth(1).hover()
    expect(page.locator(".readout")).to_contain_text("“我”关注：")


def test_one_token_and_a_pair_work_everywhere(open_page: OpenPage) -> None:
    page = open_page(address("a", at_view="lines"))
    ready(page, ".token.query")
    assert page.locator(".token.query").count() == 3
    page = open_page("/attention" + PAIR + "&at_part=ba&at_plain=1")
    ready(page, ".grid")
    expect(page.locator(".legend").first).to_contain_text("counted on the right")


def test_two_heatmaps_stand_side_by_side(open_page: OpenPage) -> None:
    wide = "The animal didn't cross the street because it was too wide."
    page = open_page(address(at_view="compare", at_text=wide))
    ready(page, ".grid")
    expect(page.locator(".grid")).to_have_count(3)
    assert all(lit_pixels(page, f".grid >> nth={i} >> canvas") > 1000 for i in range(3))


def test_the_page_fits_a_phone(open_page: OpenPage) -> None:
    page = open_page(address(), size=PHONE)
    ready(page, ".grid")
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    box = page.locator(".stage").bounding_box()
    assert box is not None and box["x"] + box["width"] <= PHONE[0]
    # The bars are about a row of the picture: below it here, beside it where there is room.
    places = {"bars": ".groups", "picture": ".st-key-attention_head"}
    at = {name: page.locator(selector).bounding_box() for name, selector in places.items()}
    assert at["bars"]["y"] > at["picture"]["y"]  # type: ignore[index]
    page.set_viewport_size({"width": 1440, "height": 900})
    wait_until_settled(page)
    at = {name: page.locator(selector).bounding_box() for name, selector in places.items()}
    assert at["bars"]["x"] < at["picture"]["x"]  # type: ignore[index]


def test_files_open_without_a_network(
    open_page: OpenPage, browser: Browser, tmp_path: Path
) -> None:
    page = open_page(address(at_view="save"))
    ready(page, "[class*=st-key-save_file] button")
    with page.expect_download() as download:
        page.locator("[class*=st-key-save_file] button").click()
    file = tmp_path / "heads.html"
    download.value.save_as(file)
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").first.click()
    picture = tmp_path / "head.png"
    download.value.save_as(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")

    context = browser.new_context(offline=True)
    problems: list[str] = []
    alone = context.new_page()
    alone.on("pageerror", lambda error: problems.append(str(error)))
    alone.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    alone.goto(file.as_uri())
    alone.locator(".token.query").nth(10).hover()
    expect(alone.locator(".readout")).to_contain_text("“it” looks at:")
    first = alone.locator(".readout").inner_text()
    alone.locator(".stage").click(position={"x": 60, "y": 45})
    alone.wait_for_timeout(300)
    alone.locator(".token.query").nth(10).hover()
    assert alone.locator(".readout").inner_text() != first  # another layer's lines
    assert problems == []
    context.close()


def test_a_term_says_its_name_in_the_other_language(open_page: OpenPage) -> None:
    page = open_page(address(at_view="neurons"))
    ready(page, ".weight")
    expect(page.locator("h3 abbr", has_text="heads")).to_have_attribute(
        "title", re.compile("^头: ")
    )
    expect(page.locator("th abbr", has_text="key vector")).to_have_attribute("title", "键向量")
    page = open_page(address("我喜欢吃洋葱。", "small-zh", "zh"))
    ready(page, ".grid")
    expect(page.locator(".axis abbr", has_text="查询")).to_have_attribute("title", "query")
    expect(page.locator("h3 abbr", has_text="层").first).to_have_attribute(
        "title", re.compile("^layer: ")
    )


def test_neurons_are_read_by_keyboard(open_page: OpenPage) -> None:
    page = open_page(address(at_view="neurons"))
    ready(page, ".weight")
    table, readout = page.get_by_role("table"), page.locator(".readout")
    table.press("ArrowRight")
    expect(readout).to_contain_text("q[0] = ")
    table.press("ArrowDown")
    expect(readout).to_contain_text("dimension 0: ")
    table.press("ArrowRight")
    expect(readout).to_contain_text("dimension 1: ")
    number = r"−?\d+\.\d{3}"
    found = re.search(rf"({number}) × ({number}) = ({number})", readout.inner_text())
    assert found is not None
    q, k, product = (float(text.replace("−", "-")) for text in found.groups())
    assert abs(q * k - product) < 0.0006 * (1 + abs(q) + abs(k))  # from digits that are rounded


MEAN_COLOUR = """canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    let opaque = 0;
    for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] < 250) continue;
        sum += data[i] + data[i + 1] + data[i + 2];
        opaque += 3;
    }
    return opaque ? sum / opaque : NaN;
}"""


@pytest.mark.parametrize(
    ("section", "selector"), [("head", ".grid canvas"), ("neurons", "td canvas")]
)
def test_a_change_of_theme_repaints_the_view(
    open_page: OpenPage, section: str, selector: str
) -> None:
    page = open_page(address(at_view=section))
    ready(page, selector)
    canvas = page.locator(selector).first.element_handle()
    darker = f"([canvas, light]) => ({MEAN_COLOUR})(canvas) < light - 60"
    light = canvas.evaluate(MEAN_COLOUR)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(darker, arg=[canvas, light])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_section_opens_in_both_themes(open_page: OpenPage, theme: str) -> None:
    page = open_page("/attention" + PAIR, theme=theme)  # type: ignore[arg-type]
    ready(page, ".grid")
    for name, heading in (
        ("Lines", "its heads as lines"),
        ("Neurons", "dimension by dimension"),
        ("A and B", "How much one sentence"),
        ("Flow", "What reaches a position"),
        ("Switch off", "The model without some heads"),
        ("Compare", "beside another"),
        ("Take it away", "Pictures, tables"),
        ("One head", "Layer 1, head 5"),
    ):
        page.get_by_role("radio", name=name, exact=True).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible(timeout=60_000)
        wait_until_settled(page, 60)


def test_a_heatmap_that_does_not_show_all_says_so(open_page: OpenPage) -> None:
    page = open_page("/attention?model=mini-en&a=" + "the+dog+barks+" * 39)
    line = page.get_by_text(re.compile(r"In view at a time: rows \d+ of 128, columns \d+ of 128"))
    expect(line).to_be_visible(timeout=60_000)
    short = open_page("/attention?model=mini-en&a=the+dog+barks")
    ready(short, ".grid")
    expect(short.get_by_text("In view at a time")).to_have_count(0)
