"""WCAG 2.2 AA: what axe-core finds, and what it cannot see: stops of the tab key, languages."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.driver import wait_until_settled

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
FIND = """async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const {violations} = await axe.run(document, {
        resultTypes: ['violations'], preload: false, runOnly: {type: 'tag', values: tags},
        rules: {'label-content-name-mismatch': {enabled: true}}});
    return violations.flatMap(({id, impact, nodes}) => nodes.map(node => [
        id, impact, node.target.flat(9).join(' '), node.html.slice(0, 200), node.failureSummary]));
}"""
# Names of the buttons that save something, and how often the tab key stops on the way through.
WALK = """() => {
    const saving = [];
    let stops = 0;
    const walk = root => {
        for (const each of root.querySelectorAll('*')) {
            if (each.shadowRoot) walk(each.shadowRoot);
            if (each.tabIndex < 0 || each.disabled || !each.checkVisibility()) continue;
            stops += 1;
            const name = each.ariaLabel ?? each.innerText ?? '';
            if (/^(CSV|SVG|PNG)/.test(name) && each.role !== 'radio') saving.push(name.trim());
        }
    };
    walk(document);
    return {saving, stops};
}"""
MOST_STOPS = 65
# Pages with sections, and the choice that picks one.
SECTIONS = {
    "attention": "at_view",
    "masked-words": "mw_section",
    "next-sentence": "ns_section",
    "positions": "pos_section",
}
VARIANTS: tuple[tuple[Literal["light", "dark"], tuple[int, int]], ...] = (
    ("light", DESKTOP),
    ("dark", PHONE),
    ("dark", DESKTOP),
    ("light", PHONE),
)
LOCALES = {"en": "en-US", "zh": "zh-CN"}


def pages(page: Page) -> list[str]:
    """The addresses of all pages, from the navigation."""
    links = page.locator("[data-testid=stTopNavLink]").all()
    return [str(link.get_attribute("href")).rpartition("/")[2] for link in links]


def sections(page: Page, path: str, language: str) -> Iterator[str]:
    """Choose, one after the other, the sections of a page that are this language's turn."""
    if path not in SECTIONS:
        yield path
        return
    buttons = page.locator(f".st-key-{SECTIONS[path]} [role=radio]")
    for place in range(list(LOCALES).index(language), buttons.count(), len(LOCALES)):
        buttons.nth(place).click()
        wait_until_settled(page, seconds=120)
        yield f"{path}, {buttons.nth(place).inner_text()}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("language", LOCALES)
def test_axe_finds_nothing_serious_on_any_page(open_page: OpenPage, language: str) -> None:
    """Every section of every page, half of them in each language.

    All combinations of section, language, theme and size would take minutes. The sections of a page
    take turns with themes and sizes; a page without sections is seen in all four, two in each
    language. The tab key's stops are counted on a desktop.
    """
    page = open_page("/", locale=LOCALES[language])
    start = page.url.partition("?")[0].rstrip("/")
    own = list(LOCALES).index(language) * 2
    turns = cycle(VARIANTS[own:] + VARIANTS[:own])
    found: dict[str, Any] = {}
    for path in pages(page):
        page.goto(f"{start}/{path}")
        wait_until_settled(page, seconds=120)
        page.evaluate(AXE)
        for name in sections(page, path, language):
            met = page.evaluate(WALK)
            assert len(set(met["saving"])) == len(met["saving"]), name
            # the cards of concepts are a text with its links
            assert met["stops"] <= MOST_STOPS or path == "concepts", name
            for theme, size in [next(turns)] if path in SECTIONS else VARIANTS[own:][:2]:
                page.emulate_media(color_scheme=theme)
                page.set_viewport_size({"width": size[0], "height": size[1]})
                # the shell looks a moment after a change of size which boxes scroll now
                wait_until_settled(page, quiet=400)
                for rule, impact, *node in page.evaluate(FIND):
                    # a formula is no label that one could say; its name says what it stands for
                    formula = rule == "label-content-name-mismatch" and "<math" in node[1]
                    if impact in ("critical", "serious") and not formula:
                        found[f"{name}, {theme}, {size[0]}: {rule} {node[0]}"] = node[1:]
            page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    assert found == {}
