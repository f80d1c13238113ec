"""One HTML file with the interactive views: opens from disk, asks no network for anything."""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz_app.messages import Say
from viz_app.palette import palette, tokens_css
from viz_app.view_models.attention.tile_order import TileOrder
from viz_app.view_models.views import LinesView, OverviewView
from viz_app.views.lines import LineSettings, lines_payload, settings_values
from viz_app.views.modules import bundle
from viz_app.views.mount import view_css, view_module
from viz_app.views.overview import overview_payload

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';
  script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; {light} }}
{tokens}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ margin: 1.5rem auto; max-width: 62rem; padding: 0 1rem; font-family: var(--st-font);
  background: var(--st-background-color); color: var(--st-text-color); }}
h1 {{ font-size: var(--hl-size-heading); }}
section {{ margin: 1.5rem 0; }}
{css}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{note}</p>
{sections}
{shown}
<script>
{{
{script}
}}
</script>
{waiting}
</body>
</html>
"""
# The script stands behind the payloads shown first and in front of the others, and runs at once:
# the first picture waits neither for what is shown later nor for a turn of the event loop.

HAN = "'Noto Sans CJK SC', 'PingFang SC'"
"""Fonts for Chinese; their “ ” are as wide as a character, so in English another comes before."""


@dataclass(frozen=True)
class Part:
    """One view of the file: its folder, payloads by name, the first to show, its selection."""

    folder: str
    payloads: Mapping[str, bytes]
    first: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """What makes the views of a file answer each other: a module that exports `link(page, facts)`.

    `page` is what `openPage` of page.js returns.
    """

    module: str
    """Its path below viz_app."""
    facts: Mapping[str, Any]


def html_file(
    parts: Sequence[Part], *, title: str, note: str, language: str, link: Link | None = None
) -> str:
    """The whole file."""
    shown: list[str] = []
    waiting: list[str] = []
    sections = []
    for index, part in enumerate(parts):
        sections.append(f'<section id="view{index}"></section>')
        for name, payload in part.payloads.items():
            data = base64.b64encode(gzip.compress(payload, 6, mtime=0)).decode()
            (shown if name == part.first else waiting).append(
                f'<script type="application/octet-stream" id="data{index}-{name}">{data}</script>'
            )
    folders = list(dict.fromkeys(part.folder for part in parts))
    setup = [
        {
            "folder": part.folder,
            "names": list(part.payloads),
            "first": part.first,
            "values": dict(part.values),
        }
        for part in parts
    ]
    views = [view_module(folder) for folder in folders]
    mounts = [
        f"{json.dumps(folder)}: modules[{json.dumps(module)}].mount"
        for folder, module in zip(folders, views, strict=True)
    ]
    code = [
        bundle("export/page.js", *views, *([link.module] if link else [])),
        f'const page = modules["export/page.js"].openPage({_script_json(setup)}, '
        f"{{ {', '.join(mounts)} }});",
    ]
    if link:
        code.append(f"modules[{json.dumps(link.module)}].link(page, {_script_json(link.facts)});")
    return _PAGE.format(
        language=html.escape(language, quote=True),
        title=html.escape(title),
        note=html.escape(note),
        light=_variables("light", language),
        dark=_variables("dark", language),
        tokens=tokens_css(":root"),
        css="\n".join(view_css(folder) for folder in folders),
        sections="\n".join(sections),
        shown="\n".join(shown),
        waiting="\n".join(waiting),
        script="\n".join(code),
    )


def heads_file(
    overview: OverviewView,
    layers: Sequence[LinesView],
    *,
    selected: tuple[int, int],
    query: int | None,
    settings: LineSettings,
    say: Say,
    title: str,
    language: str,
    order: TileOrder | None = None,
) -> str:
    """The overview over the line view; choosing a head brings up its layer.

    Args:
        layers: The layers to take along, the selected one among them.
        order: Of the overview's tiles; None for a row per layer.
    """
    line_views = {
        f"layer{view.layer}": lines_payload(view, key="view1", say=say) for view in layers
    }
    parts = [
        Part(
            "overview",
            {"all": overview_payload(overview, key="view0", say=say, order=order)},
            "all",
            {"layer": selected[0], "head": selected[1]},
        ),
        Part("lines", line_views, f"layer{selected[0]}", settings_values(settings, query)),
    ]
    note = say("attention.save.file_note", layers=len(layers), all=overview.layers)
    return html_file(
        parts, title=title, note=note, language=language, link=Link("export/heads_link.js", {})
    )


def _script_json(value: object) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _variables(variant: str, language: str) -> str:
    colours = palette("dark" if variant == "dark" else "light")
    values = {
        "background-color": colours["background"],
        "text-color": colours["text"],
        "primary-color": colours["mark"],
        "secondary-background-color": colours["panel"],
        "border-color": colours["border"],
        "font": f"'Source Sans 3', {'' if language == 'zh' else 'system-ui, '}{HAN}, sans-serif",
    }
    return " ".join(f"--st-{name}: {value};" for name, value in values.items())
