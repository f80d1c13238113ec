"""One layout for every plotly figure, right on a light and on a dark page.

Backgrounds are transparent and nothing sets a text colour: Streamlit's own plotly theme gives text
and grid the colours of the page.
"""

from __future__ import annotations

# Streamlit loads pandas when a page first mounts a view, and plotly asks whether pandas is loaded.
# A figure made meanwhile in another visitor's thread would meet half of it; this import waits.
import pandas  # noqa: F401
import plotly.graph_objects as go

from viz_app.palette import CLEAR, COLOURWAY, QUIET

TEMPLATE = go.layout.Template(
    layout=go.Layout(
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        margin={"l": 8, "r": 8, "t": 36, "b": 36},
        colorway=COLOURWAY,
        hoverlabel={"align": "left"},
        bargap=0.25,
        xaxis={"gridcolor": QUIET, "zerolinecolor": QUIET, "automargin": True},
        yaxis={"gridcolor": QUIET, "zerolinecolor": QUIET, "automargin": True},
    )
)


def plain_text(text: str) -> str:
    """`text` with the few characters that plotly reads as mark-up written out."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
