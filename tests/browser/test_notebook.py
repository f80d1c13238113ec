"""The views of a notebook, as a notebook puts them: several into one page, with no network."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from tests.viz_app.toy import toy_bert
from viz_app.notebook import View, attention, heads, neurons


@pytest.fixture
def views() -> list[View]:
    english = toy_bert().trace("the cat saw a dog")
    chinese = toy_bert().trace("我喜欢 cat")
    return [
        heads(english, layer=1, head=2),
        heads(chinese, layer=0, head=1, language="zh"),
        attention(english, layer=1, head=2, pool="mean_heads", scale="log"),
        neurons(english, layer=1, head=2, query=3),
    ]


def test_views_stand_on_one_page_without_disturbing_each_other(
    views: list[View], browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "notebook.html"
    body = "".join(view._repr_html_() for view in views)
    file.write_text(f"<!doctype html><meta charset='utf-8'>{body}", encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.goto(file.as_uri())
    frames = page.locator("iframe")
    first, second, matrix, vectors = (frames.nth(place).content_frame for place in range(4))

    def looks(frame: FrameLocator, place: int, words: str) -> str:
        frame.owner.scroll_into_view_if_needed()  # a frame out of sight may wait
        frame.locator(".token.query").nth(place).hover()
        expect(frame.locator(".readout")).to_contain_text(words)
        return frame.locator(".readout").inner_text()

    english, chinese = looks(first, 2, "“cat” looks at:"), looks(second, 1, "“我”关注：")
    # another layer in the first view: the second keeps its own. Keys go to the frame that was
    # clicked; focus given by script may reach the browser after the key.
    first.locator(".stage").click(position={"x": 1, "y": 1})
    page.keyboard.press("ArrowUp")
    first.locator(".token.query").nth(2).hover()
    expect(first.locator(".readout")).not_to_have_text(english)
    assert looks(second, 1, "“我”关注：") == chinese
    matrix.locator(".grid").click()
    clicked = matrix.locator(".tip").inner_text()
    page.keyboard.press("ArrowDown")
    expect(matrix.locator(".tip")).not_to_have_text(clicked)
    expect(matrix.locator(".tip")).to_contain_text("→")
    expect(matrix.locator("h1")).to_have_text("mean of the heads of L1")
    expect(vectors.locator("tbody tr")).to_have_count(1 + 7)
    # a view cannot reach the notebook around it
    assert frames.first.evaluate("frame => frame.contentDocument") is None
    assert problems == []
    context.close()
