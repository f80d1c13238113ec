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
from viz_app.palette import palette
from viz_app.view_models.attention.tile_order import TileOrder
from viz_app.view_models.views import LinesView, OverviewView
from viz_app.views.lines import LineSettings, lines_payload, settings_values
from viz_app.views.mount import view_css, view_js
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
:root {{ {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
body {{ margin: 1.5rem auto; max-width: 62rem; padding: 0 1rem; font-family: var(--st-font);
  background: var(--st-background-color); color: var(--st-text-color); }}
h1 {{ font-size: 1.15rem; }}
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
"use strict";
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

_START = """
const fromBase64 = (text) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = characters.charCodeAt(index);
  return bytes;
};
// Written to directly, the stream answers before the next task; a Blob's would take a trip.
const unzip = async (packed) => {
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  const written = Promise.all([writer.write(packed), writer.close()]);
  const size = new DataView(packed.buffer).getUint32(packed.length - 4, true); // gzip's last field
  const bytes = new Uint8Array(size);
  let filled = 0;
  const reader = stream.readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes.set(next.value, filled);
    filled += next.value.length;
  }
  await written;
  return bytes;
};
const starts = {};
"""


@dataclass(frozen=True)
class Part:
    """One view of the file: its folder, payloads by name, the first to show, its selection."""

    folder: str
    payloads: Mapping[str, bytes]
    first: str
    values: Mapping[str, Any]


def html_file(
    parts: Sequence[Part], *, title: str, note: str, language: str, link: str = ""
) -> str:
    """The whole file.

    Args:
        link: JavaScript that runs last, with `show(part, name)`, `send(part, values)` and
            `on(part, trigger, handler)`.
    """
    shown: list[str] = []
    waiting: list[str] = []
    sections, code = [], [_START]
    for index, part in enumerate(parts):
        sections.append(f'<section id="view{index}"></section>')
        for name, payload in part.payloads.items():
            data = base64.b64encode(gzip.compress(payload, 6, mtime=0)).decode()
            (shown if name == part.first else waiting).append(
                f'<script type="application/octet-stream" id="data{index}-{name}">{data}</script>'
            )
    folders = list(dict.fromkeys(part.folder for part in parts))
    # Each view's source is a module of its own; a block keeps its names apart from the others'.
    code += [
        "{\n"
        + view_js(folder).replace("export default ", f"starts[{json.dumps(folder)}] = ")
        + "\nglobalThis.deliverTo = deliver;\n}"
        for folder in folders
    ]
    setup = [
        {
            "folder": part.folder,
            "names": list(part.payloads),
            "first": part.first,
            "values": dict(part.values),
        }
        for part in parts
    ]
    code.append(f"const parts = {_script_json(setup)};")
    code.append(_RUN + link)
    return _PAGE.format(
        language=html.escape(language, quote=True),
        title=html.escape(title),
        note=html.escape(note),
        light=_variables("light", language),
        dark=_variables("dark", language),
        css="\n".join(view_css(folder) for folder in folders),
        sections="\n".join(sections),
        shown="\n".join(shown),
        waiting="\n".join(waiting),
        script="\n".join(code),
    )


_RUN = """
const handlers = parts.map(() => ({}));
const cached = {};
const loaded = () => new Promise((go) => {
  document.addEventListener("DOMContentLoaded", go, { once: true });
});
const show = async (index, name) => {
  parts[index].first = name;
  const id = `data${index}-${name}`;
  if (!document.getElementById(id)) await loaded();
  cached[id] ??= await unzip(fromBase64(document.getElementById(id).textContent));
  if (parts[index].first !== name) return; // another was asked for meanwhile
  starts[parts[index].folder]({
    data: cached[id],
    parentElement: document.getElementById(`view${index}`),
    setTriggerValue: (trigger, value) => handlers[index][trigger]?.(value),
  });
};
const send = (index, values) => {
  Object.assign(parts[index].values, values);
  deliverTo(`view${index}`, parts[index].values);
};
const on = (index, trigger, handler) => { handlers[index][trigger] = handler; };
for (const [index, part] of parts.entries()) {
  deliverTo(`view${index}`, part.values);
  show(index, part.first);
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const [index, part] of parts.entries()) show(index, part.first);
});
"""

# A head chosen in the overview brings up its layer below; a token chosen there is marked.
_HEADS_LINK = """
on(0, "select", ({ layer }) => {
  const name = `layer${layer}`;
  if (parts[1].names.includes(name)) show(1, name);
});
on(1, "select", ({ query }) => send(1, { query }));
"""


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
    return html_file(parts, title=title, note=note, language=language, link=_HEADS_LINK)


def _script_json(value: object) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _variables(variant: str, language: str) -> str:
    colours = palette("dark" if variant == "dark" else "light")
    panel, border = ("#171f2b", "#35445a") if variant == "dark" else ("#f2f5f9", "#cfd8e3")
    values = {
        "background-color": colours["background"],
        "text-color": colours["text"],
        "primary-color": colours["mark"],
        "secondary-background-color": panel,
        "border-color": border,
        "font": f"'Source Sans 3', {'' if language == 'zh' else 'system-ui, '}{HAN}, sans-serif",
    }
    return " ".join(f"--st-{name}: {value};" for name, value in values.items())
