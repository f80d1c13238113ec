"""The step-by-step page in a real browser: the chain by keyboard, and the way back by clicking."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bert_core.stages import LAYER_PARTS
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.driver import wait_until_settled
from viz_app.view_models.walkthrough.explanations import explanation
from viz_app.view_models.walkthrough.steps import BY_ID, STEP_IDS, neighbour

LAYER_STEPS = [step for step in STEP_IDS if BY_ID[step].part in LAYER_PARTS]
TEXTS = {
    "en": ("mini-en", "The dog sleeps."),
    "zh": ("small-zh", "小猫饿了。"),
}
LAYERS = {"en": 4, "zh": 6}


def address(language: str, step: str, **more: object) -> str:
    model, text = TEXTS[language]
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/walkthrough?lang={language}&model={model}&a={text}&token=2&step={step}{rest}"


def walkthrough(page: Page) -> Locator:
    return page.locator(".walkthrough[data-step]")


def expect_step(page: Page, step: str, layer: int | None = None) -> None:
    expect(walkthrough(page)).to_have_attribute("data-step", step, timeout=20_000)
    if layer is not None:
        expect(walkthrough(page)).to_have_attribute("data-layer", str(layer))


def places(page: Page, language: str) -> Iterator[tuple[str, int]]:
    """Each step and layer of the chain, each gone to by a key once the one before is looked at.

    From the second layer it leaps to the last one: the layers between hold the same sheets, and
    their digits are held to the model's without a browser.
    """
    last = LAYERS[language] - 1
    place: tuple[str, int] | None = (STEP_IDS[0], 0)
    while place is not None:
        yield place
        if place == (LAYER_STEPS[0], 1):
            walkthrough(page).locator("select").first.select_option(str(last))
            place = (LAYER_STEPS[0], last)
            yield place
        place = neighbour(*place, LAYERS[language], +1)
        page.keyboard.press("ArrowRight")


def press_at_once(page: Page, *keys: str) -> dict[str, str]:
    """The step, layer and address in the very instant of the keys: no server had a part in it."""
    found: dict[str, str] = walkthrough(page).evaluate(
        """(view, keys) => {
            for (const key of keys) {
                const seen = { key, bubbles: true, composed: true }; // as a real key is
                view.dispatchEvent(new KeyboardEvent("keydown", seen));
            }
            const { step, layer } = view.dataset;
            const named = new URLSearchParams(location.search);
            return { step, layer, address: `${named.get("step")} ${named.get("layer")}` };
        }""",
        list(keys),
    )
    return found


# Whether all that a cell holds is inside of it: a hidden number is no number.
CUT_OFF = """cells => cells.filter(cell =>
    cell.scrollWidth > cell.clientWidth || cell.scrollHeight > cell.clientHeight
).map(cell => cell.textContent)"""


@pytest.mark.parametrize("step", ["softmax_max", "attention_output", "mlm_logits", "mlm_probs"])
def test_no_result_is_cut_off(open_page: OpenPage, step: str) -> None:
    page = open_page(address("en", step))
    expect_step(page, step)
    results = walkthrough(page).locator(".number.total")
    assert results.count() > 0
    assert results.evaluate_all(CUT_OFF) == []


@pytest.mark.parametrize("language", TEXTS)
def test_the_whole_chain_by_keyboard(open_page: OpenPage, language: str) -> None:
    page = open_page(address(language, STEP_IDS[0], layer=0))
    expect_step(page, STEP_IDS[0])
    for step, layer in places(page, language):
        expect_step(page, step, layer)
        title = explanation(language, BY_ID[step].words).title.partition("{")[0]
        expect(walkthrough(page).locator("h3")).to_contain_text(title)
        expect(walkthrough(page).locator("p.check").first).to_contain_text("✓")
        assert float(walkthrough(page).get_attribute("data-difference") or "nan") < 2e-5, step
    page.keyboard.press("ArrowLeft")
    expect_step(page, STEP_IDS[-2] if BY_ID[STEP_IDS[-2]].part == "nsp" else STEP_IDS[-1])


def test_from_a_probability_back_to_the_embedding_table(open_page: OpenPage) -> None:
    page = open_page(address("en", "mlm_probs"))
    expect_step(page, "mlm_probs")
    page.locator(".walkthrough .row .barcell").first.click()
    asked = page.locator(".walkthrough .asked")
    expect(asked).to_contain_text("probability of a word")
    for _ in range(120):
        if "learned in training" in asked.inner_text():
            break
        before = asked.inner_text()
        asked.locator(".operands td").first.click()
        expect(asked).not_to_have_text(before)
        wait_until_settled(page, quiet=50)
    expect(asked).to_contain_text("It was learned in training")
    expect(asked).to_contain_text("bert.embeddings.word_embeddings.weight")
    asked.get_by_role("button", name="back").click()
    expect(asked).to_contain_text("Copied from the embedding table")
    asked.get_by_role("button", name="show its step").click()
    expect_step(page, "word_embeddings")


def test_every_digit_of_a_formula_can_be_asked_about(open_page: OpenPage) -> None:
    """The first and last number of each step's worked-out lines, and a digit of the table below."""
    page = open_page(address("en", STEP_IDS[0], layer=0))
    page.evaluate("localStorage.setItem('headlight.guess', 'off')")
    asked = page.locator(".walkthrough .asked strong")
    digits = page.locator(".walkthrough .filled [data-digit]")
    table = page.locator(".walkthrough .digitbox:not([hidden]) td")
    for step in STEP_IDS:
        if step == "mlm_dense":  # one layer is enough
            page.get_by_role("button", name="Masked word").click()
        expect_step(page, step)
        for digit in (digits.first, digits.last, *([table.nth(1)] if table.count() else [])):
            text = digit.text_content() or ""
            digit.click()
            expect(asked).to_have_text(f"Where does {text} come from?")
        page.get_by_role("button", name="close").click()
        expect(asked, step).to_have_count(0)
        page.keyboard.press("ArrowRight")


def test_operands_light_up_in_the_table(open_page: OpenPage) -> None:
    page = open_page(address("en", "attention_probs", layer=1, head=2))
    expect_step(page, "attention_probs")
    page.get_by_role("button", name="just show me").click()
    page.locator(".walkthrough .row .barcell").nth(1).click()
    expect(page.locator(".walkthrough .row .lit")).to_have_count(1)
    lit = page.locator(".walkthrough .row .lit")
    expect(lit).to_have_attribute("data-column", "exponentials")
    expect(page.locator(".walkthrough .asked .operands td").first).to_have_text(lit.inner_text())
    expect(page.locator(".walkthrough .footrow .lit")).to_have_count(1)


def test_a_step_is_kept_by_a_reload_and_a_head_by_the_other_pages(open_page: OpenPage) -> None:
    page = open_page(address("en", "query", layer=1, head=0))
    expect_step(page, "query")
    for step in ("key", "products", "dot_products"):
        page.keyboard.press("ArrowRight")
        expect_step(page, step)
    page.wait_for_url(re.compile("step=dot_products"))
    page.get_by_label("Head", exact=True).select_option("5")
    page.wait_for_url(re.compile("head=5"))
    wait_until_settled(page)
    page.reload()
    wait_until_settled(page)
    expect_step(page, "dot_products")
    expect(page.get_by_label("Head", exact=True)).to_have_value("5")


def test_the_next_sheet_is_there_before_its_key_is_pressed(open_page: OpenPage) -> None:
    page = open_page(address("en", "ffn_output", layer=0))
    for step, layer in (("ffn_residual", "0"), ("hidden_states", "0"), ("layer_input", "1")):
        expect(walkthrough(page)).to_have_attribute("data-missing", "0", timeout=20_000)
        keys = ["ArrowRight"] * (3 if step == "hidden_states" else 1)
        found = press_at_once(page, *keys)
        assert found == {"step": step, "layer": layer, "address": f"{step} {layer}"}
    expect(walkthrough(page)).to_have_attribute("data-missing", "0", timeout=20_000)
    assert press_at_once(page, "ArrowLeft")["step"] == "hidden_states"


def test_a_step_taken_right_before_a_reload_is_kept(open_page: OpenPage) -> None:
    page = open_page(address("en", "key", layer=1, head=0))
    expect_step(page, "key")
    assert press_at_once(page, "ArrowRight", "ArrowRight")["step"] == "dot_products"
    page.reload()
    wait_until_settled(page)
    expect_step(page, "dot_products", 1)


def test_the_back_button_leads_to_where_the_student_had_rested(open_page: OpenPage) -> None:
    page = open_page(address("en", "key", layer=1, head=0))
    expect_step(page, "key")
    press_at_once(page, "ArrowRight", "ArrowRight", "ArrowRight")
    page.go_back()
    expect_step(page, "key")
    page.go_forward()
    expect_step(page, "attention_scores")
    wait_until_settled(page)
    expect_step(page, "attention_scores")
    page.get_by_role("button", name="Masked word").click()
    expect_step(page, "mlm_dense")
    page.go_back()
    expect_step(page, "attention_scores", 1)


@pytest.mark.parametrize(
    ("step", "label", "name", "value"),
    [
        ("intermediate_input", "Output number", "unit", "7"),
        ("mlm_logits", "Word", "candidate", ""),
        ("context", "Layer", "layer", "2"),
        ("context", "Head", "head", "5"),
        ("context", "Token", "token", "1"),
    ],
)
def test_a_choice_survives_reload_and_back_button(
    open_page: OpenPage, step: str, label: str, name: str, value: str
) -> None:
    page = open_page(address("en", step, layer=1, head=0))
    expect_step(page, step)
    control = page.get_by_label(label, exact=True)
    before = control.input_value()
    if name == "unit":
        control.fill(value)
        control.press("Enter")
    else:
        value = value or control.locator("option").nth(3).get_attribute("value") or ""
        control.select_option(value)
    assert value != before
    page.wait_for_url(re.compile(f"[?&]{name}={value}(&|$)"))
    wait_until_settled(page, quiet=500)
    filled = walkthrough(page).locator(".filled").inner_text()
    page.reload()
    wait_until_settled(page)
    expect_step(page, step)
    expect(control).to_have_value(value)
    expect(walkthrough(page).locator(".filled")).to_have_text(filled, use_inner_text=True)
    page.go_back()
    expect(control).to_have_value(before)
    expect_step(page, step)
    page.go_forward()
    expect(control).to_have_value(value)


def test_the_causal_mask_cuts_what_is_to_the_right(open_page: OpenPage) -> None:
    page = open_page(address("en", "masked_scores", causal="true"))
    expect_step(page, "masked_scores")
    tokens = page.get_by_label("Token", exact=True).locator("option").count()
    assert tokens > 4
    expect(page.locator(".walkthrough .row .cut")).to_have_count(tokens - 3)  # after "dog" (2)
    page.get_by_text("Causal mask", exact=True).click()
    expect(page.locator(".walkthrough .row .cut")).to_have_count(0)


def test_a_guess_comes_before_the_weights(open_page: OpenPage) -> None:
    page = open_page(address("en", "softmax_sum", layer=1, head=2))
    expect_step(page, "softmax_sum")
    page.keyboard.press("ArrowRight")
    expect_step(page, "attention_probs")
    weight = page.locator(".walkthrough .row .barcell").first
    expect(weight).to_be_hidden()
    choices = page.locator(".walkthrough .guess .choice")
    expect(choices).to_have_count(3)
    for _ in range(3):
        page.locator(".walkthrough .guess .choice:not(:disabled)").first.click()
    expect(weight).to_be_visible()
    expect(page.locator(".walkthrough .guess")).to_contain_text("order")
    page.get_by_label("Guess first").uncheck()
    page.wait_for_url(re.compile("step=attention_probs"))
    page.reload()
    wait_until_settled(page)
    expect_step(page, "attention_probs")
    expect(weight).to_be_visible()
    expect(choices).to_have_count(0)


LARGEST = {"en": "Largest weight", "zh": "最大的权重"}


@pytest.mark.parametrize("language", TEXTS)
def test_a_number_can_be_guessed_instead(open_page: OpenPage, language: str) -> None:
    page = open_page(address(language, "attention_probs", layer=1, head=2))
    expect_step(page, "attention_probs")
    weights = page.locator(".walkthrough .row .barcell")
    field = page.get_by_label(LARGEST[language])
    problem = page.locator(".walkthrough .problem")
    for typed in ("", "abc", "0.3.1", "1e-1", "1,5", "-0.1", "30"):
        field.fill(typed)
        field.press("Enter")
        expect(problem).to_contain_text(typed or "0.3")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(weights.first).to_be_hidden()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    address_before = page.url
    field.fill("0,3")
    field.press("Enter")
    expect(weights.first).to_be_visible()
    shown = [float(text) for text in weights.all_inner_texts() if not text.startswith("<")]
    told = page.locator(".walkthrough .guess").inner_text()
    # what it says of even or sharp rows may name more numbers
    guessed, largest, apart = (float(number) for number in re.findall(r"\d\.\d+", told)[:3])
    assert (guessed, largest) == (0.3, max(shown))
    assert apart == pytest.approx(abs(0.3 - max(shown)), abs=0.0011)
    assert sent == []
    assert page.url == address_before
    assert page.evaluate("Object.keys(localStorage).filter(key => key.includes('guess'))") == []


def test_the_laboratory_of_the_divisor(open_page: OpenPage) -> None:
    page = open_page(address("en", "attention_scores", layer=1, head=2))
    expect_step(page, "attention_scores")
    page.get_by_text("Laboratory: why divide by √d?").click()
    expect(page.get_by_text("the largest weight is")).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart]")).to_have_count(4, timeout=20_000)
    before = page.get_by_text("the largest weight is").inner_text()
    expect(page.get_by_text("Divisor (the model's own: 5.66)")).to_be_visible()
    slider = page.locator("[data-testid=stSlider] input").last
    slider.focus()
    slider.press("End")
    expect(page.get_by_text("the largest weight is")).not_to_have_text(before, timeout=20_000)


@pytest.mark.parametrize("step", ["query_projection", "attention_output", "mlm_logits"])
def test_a_click_on_the_weights_chooses_row_and_column(open_page: OpenPage, step: str) -> None:
    page = open_page(address("en", step, layer=1, head=0))
    expect_step(page, step)
    frame = page.locator(".walkthrough .picture .frame")
    box = frame.bounding_box()
    assert box is not None
    expect(walkthrough(page).locator(".row[aria-selected]")).to_have_attribute("data-row", "0")
    frame.click(position={"x": box["width"] * 0.502, "y": box["height"] * 0.77})
    name = "candidate" if step == "mlm_logits" else "unit"
    page.wait_for_url(re.compile(f"[?&]{name}=[1-9]"))
    expect(walkthrough(page).locator(".row[aria-selected]")).to_have_attribute("data-row", "128")
    mark = frame.locator(".mark").first
    expect(mark).to_have_attribute("style", re.compile(r"top: 7[5-7]"))


@pytest.mark.parametrize("step", ["context", "query_projection", "mlm_probs"])
def test_it_fits_a_phone(open_page: OpenPage, step: str) -> None:
    page = open_page(address("en", step), size=PHONE)
    expect_step(page, step)
    page.locator(".walkthrough .row .number, .walkthrough .row .barcell").first.click()
    expect(page.locator(".walkthrough .asked")).to_be_visible()
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    inside = page.locator(".walkthrough").evaluate("node => node.scrollWidth - node.clientWidth")
    assert inside <= 0


@pytest.mark.parametrize("language", TEXTS)
def test_one_html_file_holds_the_whole_chain(
    open_page: OpenPage, tmp_path: Path, language: str
) -> None:
    button = {"en": "One HTML file", "zh": "一个 HTML 文件"}[language]
    page = open_page(address(language, "attention_probs", layer=1, head=2, unit=3))
    expect_step(page, "attention_probs")
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    path = tmp_path / "walkthrough.html"
    download.value.save_as(path)
    alone = page.context.new_page()
    alone.context.set_offline(True)
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(path.as_uri())
    expect_step(alone, "attention_probs", 1)
    walkthrough(alone).locator(".parts button").first.click()
    shown = []
    for step, layer in places(alone, language):
        expect_step(alone, step, layer if BY_ID[step].part in LAYER_PARTS else None)
        expect(
            walkthrough(alone).locator(".row .number, .row .barcell, .row .strip").first
        ).to_be_visible()
        assert float(walkthrough(alone).get_attribute("data-difference") or "nan") < 2e-5, step
        shown.append(walkthrough(alone).locator(".filled").inner_text())
    assert len(set(shown)) > len(shown) // 2  # other layers are other numbers
    alone.get_by_role("button", name={"en": "q, k, v", "zh": "q、k、v"}[language]).click()
    expect_step(alone, "layer_input", LAYERS[language] - 1)
    alone.locator(".walkthrough select").first.select_option("0")
    expect_step(alone, "layer_input", 0)
    assert asked == [path.as_uri()]


def test_the_spreadsheet_and_the_csv_are_saved(open_page: OpenPage) -> None:
    page = open_page(address("en", "query", layer=1, head=2))
    expect_step(page, "query")
    for button, start in (("Spreadsheet with formulas", b"PK"), ("CSV", b"\xef\xbb\xbfstage,")):
        with page.expect_download() as download:
            page.get_by_role("button", name=button, exact=True).click()
        assert Path(download.value.path()).read_bytes().startswith(start)
