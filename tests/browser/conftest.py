"""A real server, a real Chromium, and pages that fail their test on an error or an outside call."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.driver import CHROMIUM_ARGUMENTS, App, Watch, running_app, wait_until_settled
from tools.browser import find_chromium

HERE = Path(__file__).parent
DESKTOP = (1440, 900)
PHONE = (390, 844)
STYLED = "getComputedStyle(document.documentElement).getPropertyValue('--hl-text') !== ''"


class OpenPage(Protocol):
    """Opens the app in a browser context of its own and waits until it has settled."""

    def __call__(
        self,
        path: str = "/",
        theme: Literal["light", "dark"] = "light",
        size: tuple[int, int] = DESKTOP,
        locale: str = "en-US",
    ) -> Page: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and give it the time a browser needs on a busy machine."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        reason = "no Chromium or Chrome on this machine; `make test` installs one"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(CHROMIUM_ARGUMENTS)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("app") / "output.txt") as app:
        yield app


@pytest.fixture
def open_page(browser: Browser, app: App) -> Iterator[OpenPage]:
    """Opener of pages; when the test ends, none may have had an error or asked another host."""
    contexts = []
    watch = Watch()
    log_start = app.log.stat().st_size

    def open_page(
        path: str = "/",
        theme: Literal["light", "dark"] = "light",
        size: tuple[int, int] = DESKTOP,
        locale: str = "en-US",
    ) -> Page:
        context = browser.new_context(
            color_scheme=theme,
            viewport={"width": size[0], "height": size[1]},
            locale=locale,
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        # Also what a test opens by itself: a link in a new tab.
        context.on("page", watch.follow)
        page = context.new_page()
        page.goto(app.address + path)
        wait_until_settled(page, seconds=90)  # the first page waits for torch
        # On a busy machine the style sheet, an element as any other, can come after the page.
        page.wait_for_function(STYLED)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watch.errors == []
    assert watch.hosts <= {urlsplit(app.address).netloc}
    assert app.tracebacks(since=log_start) == ""


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The start page in the light theme, 1440 by 900."""
    return open_page()
