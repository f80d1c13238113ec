"""Two sentences token by token: a bar for each one's score, and the difference beside them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from viz_app.messages import Say
from viz_app.number_text import decimal_text, signed_text
from viz_app.view_models.labs.views import PAIR_DECIMALS, PairTable
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import (
    PairedBarsArrays,
    PairedBarsHeader,
    PairedBarsValues,
    PairedSide,
)


def paired_bars(
    table: PairTable, *, selected: int, key: str, say: Say, on_select: Callable[[], None]
) -> None:
    """Draw the rows with their sums.

    Args:
        selected: Row to outline.
        on_select: Called before the rerun; `st.session_state[key].select` holds {"row"}.
    """
    first, second = table.totals
    header: PairedBarsHeader = {
        "view": key,
        "label": say("masked_words.pairs.table"),
        "scale": say("masked_words.pairs.scale"),
        "columns": {
            "token": say("masked_words.pairs.column.token"),
            "score": "ln p",
            "difference": "A − B",
        },
        "rows": [
            {
                "a": _side(row.first),
                "b": _side(row.second),
                "difference": signed_text(row.difference, PAIR_DECIMALS),
                "shared": row.shared,
            }
            for row in table.rows
        ],
        "total": {
            "label": say("masked_words.pairs.column.sum"),
            "a": decimal_text(first, PAIR_DECIMALS),
            "b": decimal_text(second, PAIR_DECIMALS),
            "difference": signed_text(table.difference, PAIR_DECIMALS),
        },
        "action": say("masked_words.pairs.look"),
    }
    scores = [
        [np.nan if cell is None else cell[1] for cell in (row.first, row.second)]
        for row in table.rows
    ]
    arrays: PairedBarsArrays = {"scores": np.array(scores, dtype=np.float32)}
    mount_view(
        "paired_bars",
        pack(header, arrays),
        key=key,
        values=PairedBarsValues(row=selected),
        triggers={"select": on_select},
    )


def _side(cell: tuple[str, float] | None) -> PairedSide | None:
    return (
        None if cell is None else {"token": cell[0], "digits": decimal_text(cell[1], PAIR_DECIMALS)}
    )
