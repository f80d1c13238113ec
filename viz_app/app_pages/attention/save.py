"""Take it away: pictures, tables, one HTML file, a link, and the code for a notebook."""

from __future__ import annotations

import streamlit as st

from viz_app.app_pages.attention.roles import tile_order
from viz_app.app_pages.attention.section import POOLS, SCALES, AttentionPage
from viz_app.export.csv_rows import lines_rows, matrix_rows, neuron_rows
from viz_app.export.html import heads_file
from viz_app.export.svg import lines_svg, matrix_svg, neurons_svg, overview_svg
from viz_app.palette import Scale
from viz_app.session import address
from viz_app.view_models.attention.matrix import Pool, attention_map, layer_lines, overview_map
from viz_app.view_models.attention.neurons import neuron_view
from viz_app.view_models.attention.slices import slice_lines, slice_matrix
from viz_app.view_models.attention.tile_order import TileOrder
from viz_app.view_models.views import LinesView
from viz_app.views.lines import LONGEST_SETTINGS, POINTED, LineSettings
from viz_app.views.neurons import neuron_headings
from viz_app.views.picture import picture
from viz_app.widgets.chart import download
from viz_app.widgets.prose import paragraph

FILE_WEIGHTS = 4_000_000
"""Weights (layers × heads × tokens²) up to which all layers go into the HTML file: 16 MB."""
LINE_COLUMNS = ("layer", "head", "query", "query_token", "key", "key_token", "weight")


def take_away(page: AttentionPage) -> None:
    """Everything that can be taken along, for what is chosen."""
    say, chosen = page.say, page.chosen
    settings = LineSettings.from_text(
        st.session_state[page.choices.text("lines", LONGEST_SETTINGS)]
    )
    lines = slice_lines(layer_lines(page.trace, chosen.layer), page.part)
    order = tile_order(page, page.trace)  # here: the file is made where the session is out of reach
    save_matrix(page)
    st.markdown(f"#### {say('attention.save.lines', layer=chosen.layer)}")
    name = f"lines_L{chosen.layer}"
    with st.container(horizontal=True):
        picture(layer_picture(page, lines, settings), name=name, key="save_lines", say=say)
        download(name, lambda: (LINE_COLUMNS, lines_rows(lines, POINTED)), say)
    st.caption(say("attention.save.lines_note"))
    save_neurons(page)
    paragraph(f"#### {say('attention.save.overview')}")
    picture(
        overview_svg(overview_map(page.trace), page.bert.name, order),
        name="attention_overview",
        key="save_overview",
        say=say,
    )
    paragraph(f"#### {say('attention.save.file')}")
    paragraph(say("attention.save.file_means"))
    st.download_button(
        say("attention.save.file_button"),
        data=lambda: stand_alone(page, settings, order).encode(),
        file_name="headlight_attention.html",
        mime="text/html",
        on_click="ignore",
        key="save_file",
    )
    paragraph(f"#### {say('attention.save.link')}")
    st.code(address.link(), language=None)
    paragraph(f"#### {say('attention.save.code')}")
    st.code(notebook_code(page), language="python")


def matrix_choice(page: AttentionPage) -> tuple[Pool, Scale]:
    """Which weights the heatmap shows, and on what scale, as chosen beside it."""
    pool = st.session_state[page.choices.one_of("pool", POOLS, "head")]
    return pool, st.session_state[page.choices.one_of("scale", SCALES, "linear")]


def save_matrix(page: AttentionPage) -> None:
    """The heatmap of one head, or of the heads pooled: its picture and table."""
    say, chosen = page.say, page.chosen
    pool, scale = matrix_choice(page)
    matrix = slice_matrix(attention_map(page.trace, chosen.layer, chosen.head, pool), page.part)
    if matrix is None:
        return
    what = say(f"attention.pool.{pool}", layer=chosen.layer, head=chosen.head)
    st.markdown(f"#### {say('attention.save.head', name=what)}")
    name = f"attention_L{chosen.layer}_" + (f"H{chosen.head}" if pool == "head" else pool)
    svg = matrix_svg(matrix, f"{page.bert.name} · {what}", say=say, scale=scale)
    with st.container(horizontal=True):
        picture(svg, name=name, key="save_head", say=say)
        hidden = say("attention.heatmap.hidden")
        download(name, lambda: matrix_rows(matrix, hidden), say)


def save_neurons(page: AttentionPage) -> None:
    """The query against its keys: the picture as on the page, the table with all keys."""
    say, chosen = page.say, page.chosen
    place = (page.trace, chosen.layer, chosen.head, chosen.query)
    view = neuron_view(*place)
    headings = neuron_headings(view, say)
    st.markdown(f"#### {say('attention.heading.neurons', layer=chosen.layer, head=chosen.head)}")
    name = f"neurons_L{chosen.layer}_H{chosen.head}_token{chosen.query}"
    title = f"{page.bert.name} · {page.head_name()} · {headings['query']}"
    legend = say("attention.legend.signed")
    with st.container(horizontal=True):
        svg = neurons_svg(view, title, headings, legend)
        picture(svg, name=name, key="save_neurons", say=say)
        every = len(page.trace.tokens)
        download(name, lambda: neuron_rows(neuron_view(*place, most=every), headings), say)
    if view.left_out:
        st.caption(say("attention.save.neurons_note", shown=len(view.tokens)))


def layer_picture(page: AttentionPage, lines: LinesView, settings: LineSettings) -> str:
    """The line view as it is set: heads, cut, locked token."""
    heads = range(lines.weights.shape[0])
    shown = [head for head in heads if settings.heads is None or head in settings.heads]
    locked = settings.locked
    return lines_svg(
        lines,
        shown,
        f"{page.bert.name} · L{lines.layer}",
        least=settings.threshold if settings.cut == "weight" else 0.0,
        most=settings.count if settings.cut == "count" else 6000,
        locked=locked if locked is not None and locked[1] < len(lines.tokens) else None,
    )


def stand_alone(page: AttentionPage, settings: LineSettings, order: TileOrder | None) -> str:
    """The HTML file; of a long input it holds the chosen layer only."""
    config, chosen = page.trace.config, page.chosen
    weights = config.num_hidden_layers * config.num_attention_heads * len(page.trace.tokens) ** 2
    layers = range(config.num_hidden_layers) if weights <= FILE_WEIGHTS else [chosen.layer]
    return heads_file(
        overview_map(page.trace),
        [slice_lines(layer_lines(page.trace, layer), page.part) for layer in layers],
        selected=(chosen.layer, chosen.head),
        query=chosen.query,
        settings=settings,
        say=page.say,
        order=order,
        title=" / ".join(filter(None, chosen.pair)),
        language=chosen.language,
    )


def notebook_code(page: AttentionPage) -> str:
    """Python that makes these pictures in a notebook."""
    chosen = page.chosen
    pool, scale = matrix_choice(page)
    looks = "".join(
        f", {name}={value!r}"
        for name, value, usual in (("pool", pool, "head"), ("scale", scale, "linear"))
        if value != usual
    )
    texts = ", ".join(map(repr, filter(None, chosen.pair)))
    place = f"layer={chosen.layer}, head={chosen.head}"
    return (
        "from bert_core import load\n"
        "from viz_app.notebook import attention, heads, neurons\n\n"
        f"trace = load({chosen.model!r}).trace({texts})\n"
        f"display(heads(trace, {place}, query={chosen.query}))\n"
        f"display(attention(trace, {place}{looks}))\n"
        f"display(neurons(trace, {place}, query={chosen.query}))\n"
        f"trace.layer({chosen.layer}).attention_probs[{chosen.head}]  # the numbers themselves\n"
    )
