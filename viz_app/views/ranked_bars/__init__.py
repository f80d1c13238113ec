"""Ranked bars with their digits, in groups side by side; a row can be clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from viz_app.view_models.labs.views import RankedGroup
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import RankedBarsArrays, RankedBarsHeader

Layout = Literal["cards", "wide", "prose"]


def ranked_bars(
    groups: Sequence[RankedGroup],
    *,
    key: str,
    label: str,
    high: float,
    scale: str = "",
    layout: Layout = "cards",
    on_select: Callable[[], None] | None = None,
) -> tuple[int, int] | None:
    """Draw the groups; return (group, row) clicked in this run, else None.

    Args:
        label: What the bars are, for readers who do not see them.
        high: Value of a bar of full length; the scale starts at 0.
        scale: What a full bar stands for, in words.
        layout: Groups side by side; or one under the other, with labels of a few say, or of
            whole sentences.
        on_select: Called before the rerun; `st.session_state[key].select` holds {"group", "row"}.
    """
    header: RankedBarsHeader = {
        "view": key,
        "label": label,
        "scale": scale,
        "high": high,
        "layout": layout,
        "groups": [
            {
                "title": group.title,
                "note": group.note,
                "rows": [
                    {
                        "label": row.label,
                        "digits": row.digits,
                        "tag": row.tag,
                        "marked": row.marked,
                        "action": row.action,
                        "baseline": row.baseline,
                    }
                    for row in group.rows
                ],
            }
            for group in groups
        ],
    }
    values = [row.value for group in groups for row in group.rows]
    arrays: RankedBarsArrays = {"values": np.array(values, dtype=np.float32)}
    fired = mount_view(
        "ranked_bars",
        pack(header, arrays),
        key=key,
        values={},
        triggers={"select": on_select},
    )["select"]
    return None if fired is None else (int(fired["group"]), int(fired["row"]))
