"""How fast the app answers: a new sentence, another head, another step, in a real Chromium."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

from bert_core import load
from bert_core.shelves import sentences
from tests.browser.driver import CHROMIUM_ARGUMENTS, running_app, wait_until_settled
from tools.browser import find_chromium
from viz_app.view_models.walkthrough.steps import STEP_IDS

TITLE = "The app"
NOTE = (
    "Median and slowest of the tries, in milliseconds, from the key press to the frame after the "
    "new content is on the page; `small-en`, headless Chromium without a GPU."
)
TRIES = 12
STEPS_OF_A_LAYER = STEP_IDS.index("hidden_states") - STEP_IDS.index("layer_input") + 1


def run() -> list[dict[str, object]]:
    """Rows of what was measured."""
    rows = [_row("trace of 32 tokens (no page)", _trace_times())]
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder) / "log") as app:
        with sync_playwright() as playwright:
            chromium = find_chromium()
            if chromium is None:
                raise SystemExit("no Chromium or Chrome on this machine; `make test` installs one")
            browser = playwright.chromium.launch(
                executable_path=chromium, args=list(CHROMIUM_ARGUMENTS)
            )
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            text = quote(_sentence(32))
            # the reading is about this token, so that it changes with the sentence
            address = f"{app.address}/attention?lang=en&model=small-en&a={text}"
            page.goto(f"{address}&layer=1&head=0&token=3")
            wait_until_settled(page, 120)
            page.get_by_role("application").first.wait_for()
            maps, headings = _head_times(page)
            rows.append(_row("another head on Attention: its heatmap", maps))
            rows.append(_row("another head on Attention: its heading", headings))
            rows.append(_row("a new 32-token sentence on Attention", _sentence_times(page)))
            page.goto(
                f"{app.address}/walkthrough?lang=en&model=small-en&a={text}"
                f"&layer=1&head=0&token=3&step=layer_input"
            )
            within, across = _step_times(page)
            rows.append(_row("a step on Step by step, within a table", within))
            rows.append(_row("a step on Step by step, across tables", across))
            browser.close()
    return rows


def _row(what: str, times: list[float]) -> dict[str, object]:
    return {
        "what": what,
        "median ms": round(statistics.median(times), 1),
        "slowest ms": round(max(times), 1),
        "tries": len(times),
    }


def _sentence(tokens: int, seed: int = 0) -> str:
    """Shelf sentences joined and cut to about this many words and marks."""
    words = " ".join(random.Random(seed).sample(sentences("en"), 12)).split()
    return " ".join(words[: tokens - 4])


def _trace_times() -> list[float]:
    bert = load("small-en")
    times = []
    for seed in range(TRIES):
        begin = time.perf_counter()
        trace = bert.trace(_sentence(32, seed))
        trace.attention_overview()
        times.append(1000 * (time.perf_counter() - begin))
    return times[1:]


_PAINTED = """([selector, text]) => new Promise(resolve => {
    const seen = () => [...document.querySelectorAll(selector)]
        .some(node => node.textContent.includes(text));
    const look = () => seen()
        ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look);
    look();
})"""


_CHOSEN = """(stage, [key, caption]) => new Promise(resolve => {
    const [begin, before] = [performance.now(), caption.textContent];
    stage.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    const painted = () => requestAnimationFrame(() => resolve([begin, performance.now()]));
    const look = () => requestAnimationFrame(caption.textContent === before ? look : painted);
    look();
})"""


def _head_times(page: Page) -> tuple[list[float], list[float]]:
    """From the arrow key on the overview to the next head's heatmap, and to its heading."""
    maps: list[float] = []
    headings: list[float] = []
    stage = page.get_by_role("application").first
    caption = page.locator(".grid ~ .caption").element_handle()
    for head in [1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1][: TRIES + 1]:
        right = head > len(maps) and len(maps) < 7
        begin, end = stage.evaluate(_CHOSEN, ["ArrowRight" if right else "ArrowLeft", caption])
        maps.append(end - begin)
        headings.append(page.evaluate(_PAINTED, ["h3", f"Layer 1, head {head}"]) - begin)
        wait_until_settled(page)
    return maps, headings


_STEPPED = """view => new Promise(resolve => {
    const { step, sheet, layer } = view.dataset;
    const begin = performance.now();
    view.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    const painted = () => requestAnimationFrame(() => resolve({
        ms: performance.now() - begin,
        across: view.dataset.sheet !== sheet || view.dataset.layer !== layer,
    }));
    const look = () => requestAnimationFrame(view.dataset.step === step ? look : painted);
    look();
})"""


def _step_times(page: Page) -> tuple[list[float], list[float]]:
    """From the arrow key to the next step, through two layers, at a pace of two steps a second.

    First the steps that stay in their table, then those that lead into another one.
    """
    wait_until_settled(page, 120)
    page.evaluate("localStorage.setItem('headlight.guess', 'off')")  # the guess would hide digits
    view = page.locator(".walkthrough[data-step]")
    times: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(2 * STEPS_OF_A_LAYER):
        page.wait_for_timeout(500)
        taken = view.evaluate(_STEPPED)
        times[taken["across"]].append(taken["ms"])
    return times[False], times[True]


_READING = """() => [...document.querySelectorAll('[data-testid=stCaptionContainer]')]
    .map(node => node.textContent).find(text => text.includes('looks most at'))"""


def _sentence_times(page: Page) -> list[float]:
    """From Enter in the sentence bar to the reading below the new sentence's heatmap."""
    times = []
    for seed in range(1, TRIES + 1):
        text = _sentence(32, seed)
        box = page.get_by_label("Sentence A")
        box.fill(text)
        reading = page.evaluate(_READING)
        now = page.evaluate("performance.now()")
        box.press("Enter")
        end = page.evaluate(
            f"""old => new Promise(resolve => {{
                const now = {_READING};
                const look = () => now() && now() !== old
                    ? requestAnimationFrame(() => resolve(performance.now()))
                    : requestAnimationFrame(look);
                look();
            }})""",
            reading,
        )
        times.append(end - now)
        wait_until_settled(page)
    return times
