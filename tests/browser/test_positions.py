"""The positions page in a real browser: sections, keyboard, saved files, themes, phone."""

import csv
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.driver import wait_until_settled

SECTIONS = ("schemes", "lengths", "sinusoid", "learned", "sum", "order", "heads")


def drawn(page: Page) -> None:
    """Wait until every chart on the page has been painted."""
    wait_until_settled(page)
    page.wait_for_function(
        """() => {
            const charts = [...document.querySelectorAll('[data-testid="stPlotlyChart"]')];
            return charts.length > 0 && charts.every((chart) => chart.querySelector('.main-svg'));
        }"""
    )


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return page.evaluate(
        """() => {
            const main = document.querySelector('[data-testid="stMain"]');
            return main.scrollWidth - main.clientWidth;
        }"""
    )


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize(
    ("theme", "size", "language"),
    [("light", DESKTOP, "en"), ("dark", PHONE, "zh")],
    ids=["desktop", "phone"],
)
def test_every_section_fits_without_an_error(
    open_page: OpenPage,
    section: str,
    theme: Literal["light", "dark"],
    size: tuple[int, int],
    language: str,
) -> None:
    locale = {"en": "en-US", "zh": "zh-CN"}[language]
    page = open_page(f"/positions?pos_section={section}", theme, size, locale)
    drawn(page)
    assert sideways(page) <= 0


def test_a_section_and_a_slider_by_keyboard_are_in_the_link(open_page: OpenPage) -> None:
    page = open_page("/positions")
    page.get_by_role("radio", name="The sinusoid up close").focus()
    page.keyboard.press("Enter")
    drawn(page)
    slider = page.get_by_test_id("stSlider").filter(has_text="Position").get_by_role("slider")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_text("The code of position 7")).to_be_visible()
    drawn(page)
    page.wait_for_url("**pos_position=7**")
    page.reload()
    drawn(page)
    expect(page.get_by_text("The code of position 7")).to_be_visible()


def test_a_link_keeps_its_meaning_in_the_other_language(open_page: OpenPage) -> None:
    page = open_page("/positions?pos_section=sinusoid&pos_view=worked")
    page.get_by_text("简体中文", exact=True).click()
    wait_until_settled(page)
    expect(page.get_by_text("角度（弧度）")).to_be_visible()
    page.reload()
    wait_until_settled(page)
    expect(page.get_by_text("角度（弧度）")).to_be_visible()
    expect(page.get_by_text("sin(3) = 0.1411")).to_be_visible()


def test_a_picture_is_saved_in_the_format_chosen(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/positions?pos_section=learned&pos_learned=norms&pos_image=svg")
    drawn(page)
    page.locator(".js-plotly-plot").hover()
    with page.expect_download() as download:
        page.locator(".modebar-btn").first.click()
    assert download.value.suggested_filename == "positions_norms.svg"
    saved = tmp_path / "picture.svg"
    download.value.save_as(saved)
    assert saved.read_text(encoding="utf-8").startswith("<svg")


def test_the_table_behind_a_picture_is_saved(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/positions?pos_section=sinusoid&pos_view=worked")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    saved = tmp_path / "table.csv"
    download.value.save_as(saved)
    rows = list(csv.reader(saved.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 1 + 128
    assert rows[1][-1] == "sin(3) = 0.1411"


def test_the_shuffle_test_is_live_on_the_sentence(open_page: OpenPage) -> None:
    page = open_page("/positions?pos_section=order&a=The+dog+saw+the+cat.")
    drawn(page)
    before = page.get_by_test_id("stMarkdown").all_inner_texts()
    page.get_by_role("radio", name="Reversed").click()
    wait_until_settled(page)
    expect(page.get_by_text("[CLS] . cat", exact=False)).to_be_visible()
    assert page.get_by_test_id("stMarkdown").all_inner_texts() != before
    on, off = page.get_by_test_id("stMetricValue").all_inner_texts()
    assert float(off) < 0.0001 < 0.2 < float(on)


def test_a_token_chosen_here_is_the_token_of_every_page(open_page: OpenPage) -> None:
    page = open_page("/positions?pos_section=sum&token=1")
    drawn(page)
    page.get_by_role("combobox", name="Token", exact=True).click()
    page.get_by_role("option", name="3 didn").click()
    page.wait_for_url("**token=3**")
    drawn(page)
    expect(page.get_by_text("“didn” at position 3")).to_be_visible()


def test_choices_survive_another_page_and_the_back_button_undoes_one(open_page: OpenPage) -> None:
    page = open_page("/positions?pos_section=sinusoid&pos_position=9")
    drawn(page)
    page.get_by_role("link", name="Attention").click()
    expect(page.get_by_text("The code of position 9")).to_have_count(0)
    wait_until_settled(page)
    assert "pos_" not in page.url
    page.get_by_role("link", name="Positions").click()
    expect(page.get_by_text("The code of position 9")).to_be_visible()
    drawn(page)
    page.get_by_role("radio", name="What BERT learned").click()
    page.wait_for_url("**pos_section=learned**")
    drawn(page)
    page.go_back()
    expect(page.get_by_text("The code of position 9")).to_be_visible()
