"""Plotly charts with the same toolbar everywhere, tables as text, and a button that saves a CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import plotly.graph_objects as go
import streamlit as st

from viz_app.messages import Say
from viz_app.number_text import decimal_text
from viz_app.view_models.csv_file import csv_bytes
from viz_app.view_models.views import BarView

IMAGE_FORMATS = ("png", "svg")
Table = tuple[Sequence[str], Iterable[Sequence[object]]]
"""Names of the columns, and rows."""
_TABLE_STYLE = """<style>
[class*=st-key-table_] [data-testid=stMarkdownContainer] { overflow-x: auto; }
[class*=st-key-table_] table { white-space: nowrap; width: max-content; }
[class*=st-key-table_] td { font-variant-numeric: tabular-nums; }
</style>"""


def chart(figure: go.Figure, key: str, *, alt: str, image: str = "png") -> None:
    """Draw a figure; its toolbar saves it as `image`, made in the browser.

    Args:
        alt: What the picture shows, for readers who do not see it; also the name of a saved file.
        image: One of IMAGE_FORMATS.
    """
    st.plotly_chart(
        figure,
        key=key,
        alt=alt,
        config={
            "displaylogo": False,
            "responsive": True,
            # each button is a stop of the tab key; dragging zooms, a double click shows all again
            "modeBarButtons": [["toImage"]],
            "toImageButtonOptions": {"format": image, "filename": key, "scale": 2},
        },
    )


def bars_in_words(view: BarView) -> str:
    """The bars of a chart as text, for `alt`."""
    pairs = zip(view.labels, view.values, strict=True)
    return ", ".join(f"{label} {decimal_text(float(value), 3)}" for label, value in pairs)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], key: str) -> None:
    """A small table as text, which a reader can select; it scrolls sideways where it is too wide.

    Cells are Markdown: one that holds a reader's text has to be escaped by the caller.
    """
    with st.container(key=f"table_{key}"):
        st.html(_TABLE_STYLE)
        st.markdown(markdown_table(columns, rows))


def markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The Markdown of a table, all columns flush right."""
    lines = [_line(columns), _line(["---:"] * len(columns)), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def download(name: str, numbers: Callable[[], Table], say: Say) -> None:
    """A button that saves a table as `name`.csv; `numbers` is called when it is pressed.

    It is called by the file: a page may have several, and "CSV" alone does not say of what.
    """
    st.download_button(
        f"{say('positions.export.csv')} :small[{name}]",
        data=lambda: csv_bytes(*numbers()),
        file_name=f"{name}.csv",
        mime="text/csv",
        on_click="ignore",
        key=f"download_{name}",
        help=say("positions.export.help"),
    )
