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

TITLE = "The app"
NOTE = (
    "Median and slowest of the tries, in milliseconds, from the key press to the frame after the "
    "new content is on the page; `mini-en`, headless Chromium without a GPU."
)
TRIES = 12


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
            page.goto(f"{app.address}/attention?lang=en&model=mini-en&a={text}&layer=1&head=0")
            wait_until_settled(page, 120)
            page.get_by_role("application").first.wait_for()
            rows.append(_row("another head on Attention", _head_times(page)))
            rows.append(_row("a new 32-token sentence on Attention", _sentence_times(page)))
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
    bert = load("mini-en")
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


def _head_times(page: Page) -> list[float]:
    """From the arrow key on the overview to the heading of the next head."""
    times: list[float] = []
    page.get_by_role("application").first.focus()
    for head in [1, 2, 3, 4, 5, 6, 7, 6, 5, 4, 3, 2, 1][: TRIES + 1]:
        now = page.evaluate("performance.now()")
        shown = page.get_by_role("application").first
        shown.press("ArrowRight" if head > len(times) and len(times) < 7 else "ArrowLeft")
        end = page.evaluate(_PAINTED, ["h3", f"Layer 1, head {head}"])
        times.append(end - now)
        wait_until_settled(page)
    return times


def _sentence_times(page: Page) -> list[float]:
    """From Enter in the sentence bar to the heatmap of the new sentence."""
    times = []
    for seed in range(1, TRIES + 1):
        text = _sentence(32, seed)
        box = page.get_by_label("Sentence A")
        box.fill(text)
        caption = page.locator("[data-testid=stCaptionContainer]").first.text_content()
        now = page.evaluate("performance.now()")
        box.press("Enter")
        end = page.evaluate(
            """old => new Promise(resolve => {
                const now = () => document.querySelector(
                    '[data-testid=stCaptionContainer]')?.textContent;
                const look = () => now() && now() !== old
                    ? requestAnimationFrame(() => resolve(performance.now()))
                    : requestAnimationFrame(look);
                look();
            })""",
            caption,
        )
        times.append(end - now)
        wait_until_settled(page)
    return times
