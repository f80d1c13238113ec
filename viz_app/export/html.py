"""One HTML file with the interactive views: opens from disk, asks no network for anything."""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz_app.components.headers import Words
from viz_app.components.lines import LineSettings, lines_payload, settings_values
from viz_app.components.mount import view_css, view_js
from viz_app.components.overview import overview_payload
from viz_app.palette import palette
from viz_app.view_models.views import LinesView, OverviewView

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
{payloads}
<script type="module">
{script}
</script>
</body>
</html>
"""

_START = """
const unzip = async (id) => {
  const text = atob(document.getElementById(id).textContent);
  const packed = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
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
    payloads, sections, code = [], [], [_START]
    for index, part in enumerate(parts):
        sections.append(f'<section id="view{index}"></section>')
        for name, payload in part.payloads.items():
            data = base64.b64encode(gzip.compress(payload, 6, mtime=0)).decode()
            payloads.append(
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
        {"folder": part.folder, "first": part.first, "values": dict(part.values)} for part in parts
    ]
    code.append(f"const parts = {_script_json(setup)};")
    code.append(_RUN + link)
    return _PAGE.format(
        language=html.escape(language, quote=True),
        title=html.escape(title),
        note=html.escape(note),
        light=_variables("light"),
        dark=_variables("dark"),
        css="\n".join(view_css(folder) for folder in folders),
        sections="\n".join(sections),
        payloads="\n".join(payloads),
        script="\n".join(code),
    )


_RUN = """
const handlers = parts.map(() => ({}));
const cached = {};
const show = async (index, name) => {
  const id = `data${index}-${name}`;
  cached[id] ??= await unzip(id);
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
  if (!document.getElementById(`data1-${name}`)) return;
  parts[1].first = name;
  show(1, name);
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
    words: Words,
    title: str,
    language: str,
) -> str:
    """The overview over the line view; choosing a head brings up its layer.

    Args:
        layers: The layers to take along, the selected one among them.
    """
    line_views = {
        f"layer{view.layer}": lines_payload(view, key="view1", words=words) for view in layers
    }
    parts = [
        Part(
            "overview",
            {"all": overview_payload(overview, key="view0", words=words)},
            "all",
            {"layer": selected[0], "head": selected[1]},
        ),
        Part("lines", line_views, f"layer{selected[0]}", settings_values(settings, query)),
    ]
    note = words("attention.save.file_note", layers=len(layers), all=overview.layers)
    return html_file(parts, title=title, note=note, language=language, link=_HEADS_LINK)


def _script_json(value: object) -> str:
    """JSON that cannot end a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _variables(variant: str) -> str:
    colours = palette("dark" if variant == "dark" else "light")
    panel, border = ("#171f2b", "#35445a") if variant == "dark" else ("#f2f5f9", "#cfd8e3")
    values = {
        "background-color": colours["background"],
        "text-color": colours["text"],
        "primary-color": colours["mark"],
        "secondary-background-color": panel,
        "border-color": border,
        "font": "'Source Sans 3', 'Noto Sans CJK SC', 'PingFang SC', sans-serif",
    }
    return " ".join(f"--st-{name}: {value};" for name, value in values.items())
