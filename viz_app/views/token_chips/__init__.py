"""The tokens of the text as chips that can be clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from viz_app.view_models.labs.views import Chip, ChipState
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import TokenChipsHeader, TokenChipsValues


def token_chips(
    chips: Sequence[Chip],
    *,
    key: str,
    label: str,
    selected: int | None = None,
    legend: Mapping[ChipState, str] | None = None,
    on_select: Callable[[], None] | None = None,
) -> int | None:
    """Draw the chips; return the position of the one clicked in this run, else None.

    Args:
        label: What the row of chips is, for readers who do not see it.
        selected: Position of the chip to outline.
        legend: State → what its colour means.
        on_select: Called before the rerun; `st.session_state[key].select` holds {"position"}.
    """
    header: TokenChipsHeader = {
        "view": key,
        "label": label,
        "chips": [
            {
                "text": chip.text,
                "state": chip.state,
                "group": chip.group,
                "note": chip.note,
                "action": chip.action,
                "segment": chip.segment,
            }
            for chip in chips
        ],
        "legend": [{"state": state, "text": text} for state, text in (legend or {}).items()],
    }
    fired = mount_view(
        "token_chips",
        pack(header, {}),
        key=key,
        values=TokenChipsValues(position=selected),
        triggers={"select": on_select},
    )["select"]
    return None if fired is None else int(fired["position"])
