"""One design language: colours and sizes stand in the palette, and nowhere else."""

import re
import tomllib
from pathlib import Path

import pytest

from viz_app.palette import palette, pixels, tokens_css

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    path
    for ending in ("css", "js", "py")
    for path in (ROOT / "viz_app").rglob(f"*.{ending}")
    if path.parent.name != "palette"
)
COLOUR = re.compile(r"""#[0-9a-fA-F]{6}\b|[:\s"'(]#[0-9a-fA-F]{3,4}(?=[;"'),\s])|\brgba?\(\s*\d""")
CSS_SIZE = re.compile(r"(?:font-size|font):\s*([^;}]+)")
SIZE_ALLOWED = re.compile(r"inherit|var\(--(?:hl-size-[a-z]+|token)\)(?: !important)?")
REM_SPACE = re.compile(r"(?:gap|margin(?:-\w+)?): [^;}]*\drem")
CANVAS_SIZE = re.compile(r"""\bfont(?: =|=)\s*["'`]|\dpx \$\{""")


def test_every_colour_is_the_palette_s() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0].strip()}"
        for path in CODE
        for match in COLOUR.finditer(path.read_text("utf-8"))
    }
    assert found == set()


def test_every_size_of_text_is_one_of_the_scale() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in CODE
        for match in (CSS_SIZE if path.suffix == ".css" else CANVAS_SIZE).finditer(
            path.read_text("utf-8")
        )
        if path.suffix != ".css" or not SIZE_ALLOWED.fullmatch(match[1].strip())
    }
    assert found == set()


def test_every_gap_is_one_of_the_scale() -> None:
    sheets = [path for path in CODE if path.suffix == ".css"]
    found = [match[0] for path in sheets for match in REM_SPACE.finditer(path.read_text("utf-8"))]
    assert found == []


def test_style_sheets_name_only_tokens_that_exist() -> None:
    known = set(re.findall(r"--hl-[a-z-]+(?=:)", tokens_css(":root"))) | {"--hl-least", "--hl-zoom"}
    used = {
        name
        for path in CODE
        for name in re.findall(r"--hl-[a-z-]+(?=[),:])", path.read_text("utf-8"))
    }
    assert used <= known
    spaces = {name for name in known if "-space-" in name}
    assert spaces <= used, "a space that nothing uses"


@pytest.mark.parametrize("variant", ["light", "dark"])
def test_streamlit_s_theme_has_the_same_colours(variant: str) -> None:
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))["theme"][variant]
    own = palette(variant)
    streamlit = ("primaryColor", "backgroundColor", "secondaryBackgroundColor", "textColor")
    assert [theme[name] for name in (*streamlit, "borderColor")] == [
        own[name] for name in ("accent", "background", "panel", "text", "border")
    ]


def test_a_token_takes_the_page_s_colour_where_it_has_one_and_both_themes_otherwise() -> None:
    light, dark = palette("light"), palette("dark")
    css = tokens_css(":root")
    assert css.startswith(":root { ")
    both = f"light-dark({light['panel']}, {dark['panel']})"
    assert f"--hl-panel: var(--st-secondary-background-color, {both});" in css
    assert "--hl-size-note: max(0.8125rem, var(--hl-least, 0px));" in css
    assert pixels("note") == 13
    assert light.keys() == dark.keys()
