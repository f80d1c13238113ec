"""Colours and one layout for every plotly figure, right on a light and on a dark page.

Backgrounds are transparent and nothing sets a text colour: Streamlit's own plotly theme gives text
and grid the colours of the page.
"""

from __future__ import annotations

# Streamlit loads pandas when a page first mounts a view, and plotly asks whether pandas is loaded.
# A figure made meanwhile in another visitor's thread would meet half of it; this import waits.
import pandas  # noqa: F401
import plotly.graph_objects as go

BAR = "#4a90c9"  # contrast of 3 or more to both page backgrounds
BAR_SELECTED = "#d9651f"  # apart from BAR with any colour vision
QUIET = "rgba(128, 140, 155, 0.35)"

TEMPLATE = go.layout.Template(
    layout=go.Layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 8, "t": 36, "b": 36},
        colorway=[BAR, BAR_SELECTED, "#2a9d78", "#b5659a", "#8a7a2a", "#7a6ad8"],
        hoverlabel={"align": "left"},
        bargap=0.25,
        xaxis={"gridcolor": QUIET, "zerolinecolor": QUIET, "automargin": True},
        yaxis={"gridcolor": QUIET, "zerolinecolor": QUIET, "automargin": True},
    )
)
