"""Tiles in the order of a role, and the line view of a long input, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bert_core import load
from bert_core.studies.heads import ROLES, head_roles
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import wait_until_settled
from tests.browser.test_attention import TEXT, address, lit_pixels, params, ready
from viz_app.export.html import heads_file
from viz_app.messages import say_in
from viz_app.view_models.attention.matrix import layer_lines, overview_map
from viz_app.view_models.attention.tile_order import order_tiles
from viz_app.view_models.tokens import token_labels
from viz_app.views.lines import LineSettings

HEADS = 8  # of mini-en, in each of 4 layers
FIRST_TILE = {"x": 50, "y": 30}


def ranked(role: str) -> list[tuple[int, int]]:
    """(layer, head) of mini-en on TEXT, highest score for the role first."""
    scores = head_roles(load("mini-en").trace(TEXT)).scores[ROLES.index(role)]
    return [divmod(place, HEADS) for place in scores.flatten().argsort(descending=True).tolist()]


def expect_head(page: Page, head: tuple[int, int]) -> None:
    expect(page.get_by_role("heading", name=f"Layer {head[0]}, head {head[1]}")).to_be_visible()


def test_arrow_keys_follow_the_order_of_a_role(open_page: OpenPage) -> None:
    order = ranked("previous")
    page = open_page(address(at_tiles="previous"))
    ready(page, ".stage")
    expect(page.locator(".order")).to_contain_text("“previous token”")
    page.locator(".stage").click(position=FIRST_TILE)  # type: ignore[arg-type]
    expect_head(page, order[0])
    for _ in range(HEADS):  # past the end of the row, which is no layer
        page.keyboard.press("ArrowRight")
    expect_head(page, order[HEADS])
    page.keyboard.press("ArrowDown")
    expect_head(page, order[2 * HEADS])
    expect(page.locator(".caption").first).to_contain_text("rank 17 of 32")
    page.keyboard.press("ArrowLeft")
    expect_head(page, order[2 * HEADS - 1])


CAPTION = ".grid ~ .caption"  # of the heatmap: where the chosen row looks most
PRESS_AND_READ = """(stage, caption) => {
    stage.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    return caption.textContent;
}"""


def strongest(layer: int, head: int, query: int) -> str:
    """What the heatmap says of one row of mini-en on TEXT."""
    trace = load("mini-en").trace(TEXT)
    row = trace.layer(layer).attention_probs[head][query]
    labels = [token.label for token in token_labels(trace.encoding)]
    return f"{labels[query]} → {labels[int(row.argmax())]}: {row.max():.4f}"


def test_a_chosen_head_is_drawn_before_python_answers(open_page: OpenPage) -> None:
    page = open_page(address(layer="1", head="0", token="5"))
    ready(page, ".stage")
    caption = page.locator(CAPTION)
    expect(caption).to_have_text(strongest(1, 0, 5))
    stage, box = page.locator(".stage"), caption.element_handle()
    assert stage.evaluate(PRESS_AND_READ, box) == strongest(1, 1, 5)
    expect_head(page, (1, 1))
    # answers to the earlier presses come while later ones are drawn, and do not undo them
    seen = [stage.evaluate(PRESS_AND_READ, box) for _ in range(5)]
    assert seen == [strongest(1, head, 5) for head in range(2, 7)]
    expect_head(page, (1, 6))
    wait_until_settled(page)
    expect(caption).to_have_text(strongest(1, 6, 5))


def test_a_filtered_head_waits_for_python(open_page: OpenPage) -> None:
    page = open_page(address(layer="1", head="0", token="5", at_plain="1"))
    ready(page, ".stage")
    caption = page.locator(CAPTION)
    before = caption.text_content()
    assert page.locator(".stage").evaluate(PRESS_AND_READ, caption.element_handle()) == before
    expect_head(page, (1, 1))
    expect(caption).not_to_have_text(before or "")


def test_the_order_is_chosen_on_the_page_and_stays_in_the_link(open_page: OpenPage) -> None:
    page = open_page(address())
    ready(page, ".stage")
    expect(page.locator(".order")).to_be_hidden()
    page.get_by_role("combobox", name="Order tiles by").click()
    page.get_by_role("option", name="role: next token").click()
    page.wait_for_url("**at_tiles=next**")
    expect(page.locator(".order")).to_contain_text("“next token”")
    page.reload()
    ready(page, ".stage")
    expect(page.locator(".order")).to_contain_text("“next token”")
    # what was chosen before the tiles moved is still what is outlined
    assert (params(page)["layer"], params(page)["head"]) == ("1", "5")
    expect(page.locator(".caption").first).to_contain_text("L1 H5")
    page.locator(".mark.selected").first.hover(force=True)
    expect(page.locator(".tip:visible")).to_contain_text("L1 H5")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ordered_tiles_fit_a_phone_in_chinese(open_page: OpenPage, theme: str) -> None:
    page = open_page(
        address("我喜欢吃洋葱。", "small-zh", "zh", at_tiles="broad"),
        theme=theme,  # type: ignore[arg-type]
        size=PHONE,
    )
    ready(page, ".stage")
    expect(page.locator(".order")).to_contain_text("“分散”")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    box = page.locator(".stage").bounding_box()
    assert box is not None and box["x"] + box["width"] <= PHONE[0]


LONG = " ".join([TEXT] * 34)


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Overview and lines of a long input, tiles ordered, as one file."""
    trace = load("mini-en").trace(LONG[: LONG.rindex(".", 0, 2000) + 1])
    scores = head_roles(trace).scores[ROLES.index("previous")].numpy()
    file = tmp_path_factory.mktemp("long") / "heads.html"
    file.write_text(
        heads_file(
            overview_map(trace),
            [layer_lines(trace, layer) for layer in (0, 1)],
            selected=(0, 0),
            query=None,
            settings=LineSettings(),
            say=say_in("en"),
            title="long",
            language="en",
            order=order_tiles(scores, "previous"),
        ),
        encoding="utf-8",
    )
    return file


def test_a_long_line_view_is_drawn_where_it_is_seen(browser: Browser, long_file: Path) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    problems: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(long_file.as_uri())
    pieces = page.locator("canvas.resting").count()
    assert pieces > 3  # canvases, one under the other
    # The rest follows without scrolling, when the browser has time.
    page.wait_for_function(
        """count => [...document.querySelectorAll('canvas.resting')]
            .filter(canvas => canvas.width > 300).length === count""",
        arg=pieces,
    )
    assert all(lit_pixels(page, f"canvas.resting >> nth={i}") > 1000 for i in range(pieces))
    # Pointing far below draws there and leaves what is out of sight alone.
    last = page.locator(".token.query").last
    last.scroll_into_view_if_needed()
    last.hover()
    expect(page.locator(".readout")).to_contain_text("“[SEP]” looks at:")
    bottom = (
        pieces
        - 1
        - page.locator("canvas.front").evaluate_all(
            "all => all.toReversed().findIndex(canvas => !canvas.hidden)"
        )
    )
    assert bottom >= pieces - 2
    assert lit_pixels(page, f"canvas.front >> nth={bottom}") > 100
    # A locked token's lines come along when the reader scrolls to them.
    last.dblclick()
    page.mouse.move(720, 5)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("!document.querySelector('canvas.front').hidden")
    # Another layer is taken out of the file when it is asked for.
    count = page.locator(".count").inner_text()
    page.locator(".stage").focus()
    for _ in range(32):
        if page.locator(".count").inner_text() != count:
            break
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(150)
    assert page.locator(".count").inner_text() != count
    assert problems == []
    context.close()
