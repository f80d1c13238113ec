"""The interactive views in a notebook: a trace in, an object out that Jupyter shows.

from bert_core import load
from viz_app.notebook import attention, heads, neurons

trace = load("small-en").trace("The animal didn't cross the street because it was too tired.")
heads(trace, layer=1, head=5)          # all heads, and one layer as lines
attention(trace, layer=1, head=5)      # one head with its digits
neurons(trace, layer=1, head=5, query=3)  # one query against its keys, dimension by dimension

A cell shows what stands in its last line; `display(…)` shows several views.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from pathlib import Path

from bert_core.trace import Trace
from viz_app import messages
from viz_app.export.html import Part, heads_file, html_file
from viz_app.palette import Scale
from viz_app.view_models.attention.matrix import Pool, attention_map, layer_lines, overview_map
from viz_app.view_models.attention.neurons import neuron_view
from viz_app.views.heatmap import heatmap_payload
from viz_app.views.lines import LineSettings
from viz_app.views.neurons import neurons_payload


@dataclass(frozen=True)
class View:
    """A page of its own, shown in a frame; `save` writes it as a file that needs no network."""

    page: str = field(repr=False)
    height: int
    """Of the frame, in CSS pixels."""

    def _repr_html_(self) -> str:
        source = html.escape(self.page, quote=True)
        return (
            f'<iframe srcdoc="{source}" style="width:100%;height:{self.height}px;border:0" '
            'sandbox="allow-scripts"></iframe>'
        )

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path."""
        target = Path(path)
        target.write_text(self.page, encoding="utf-8")
        return target


def heads(
    trace: Trace,
    layer: int = 0,
    head: int = 0,
    *,
    query: int | None = None,
    settings: LineSettings | None = None,
    language: str = "en",
) -> View:
    """All layers and heads, and below them the lines of one layer; a click brings up another."""
    layers = range(trace.config.num_hidden_layers)
    tiles = len(layers) * min(99, 980 // trace.config.num_attention_heads)
    lines = max(620, 170 + 24 * len(trace.tokens))
    if layer not in layers:
        raise ValueError(f"layer {layer} is not one of 0 to {len(layers) - 1}")
    page = heads_file(
        overview_map(trace),
        [layer_lines(trace, index) for index in layers],
        selected=(layer, head),
        query=query,
        settings=settings or LineSettings(),
        say=messages.say_in(language),
        title=" ".join(trace.tokens),
        language=language,
    )
    return View(page, height=230 + tiles + lines)


def attention(
    trace: Trace,
    layer: int,
    head: int,
    *,
    pool: Pool = "head",
    scale: Scale = "linear",
    language: str = "en",
) -> View:
    """The attention weights of one head, or of the heads pooled, with their digits."""
    say = messages.say_in(language)
    view = attention_map(trace, layer, head, pool)
    payload = heatmap_payload(view, key="view0", say=say, scale=scale)
    part = Part("heatmap", {"all": payload}, "all", {"query": None, "key": None})
    title = say(f"attention.pool.{pool}", layer=layer, head=head)
    # the heatmap scrolls from 680 pixels on
    return _single(part, trace, title, language, height=min(680, 100 + 44 * len(view.rows)) + 220)


def neurons(trace: Trace, layer: int, head: int, query: int, *, language: str = "en") -> View:
    """The vector of one query against that of each key, dimension by dimension."""
    say = messages.say_in(language)
    view = neuron_view(trace, layer, head, query)
    part = Part("neurons", {"all": neurons_payload(view, key="view0", say=say)}, "all", {})
    title = say("attention.heading.neurons", layer=layer, head=head)
    return _single(part, trace, title, language, height=230 + 24 * len(view.tokens))


def _single(part: Part, trace: Trace, title: str, language: str, *, height: int) -> View:
    note = " ".join(trace.tokens)
    return View(html_file([part], title=title, note=note, language=language), height)
