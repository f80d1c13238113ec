"""A table of words and numbers that scrolls sideways where the page is narrow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import streamlit as st


def text_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    key: str,
    numbers: Collection[int] = (),
) -> None:
    """Draw a table as Markdown; a cell that holds a reader's text has to be escaped by the caller.

    Args:
        numbers: Indices of the columns that are set flush right.
    """
    rules = ["---:" if index in numbers else ":---" for index in range(len(columns))]
    lines = (f"| {' | '.join(cells)} |" for cells in (columns, rules, *rows))
    name = f"text_table_{key}"
    with st.container(key=name):
        # the table keeps its width and this box moves, so that the page does not
        st.html(f"<style>.st-key-{name} [data-testid=stMarkdown]{{overflow-x:auto}}</style>")
        st.markdown("\n".join(lines))
