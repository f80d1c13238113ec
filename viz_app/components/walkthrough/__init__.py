"""The attention of one head, step by step, as one interactive table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from viz_app.components.headers import Words, token_header
from viz_app.components.mount import mount_view
from viz_app.components.packing import pack
from viz_app.view_models.explanations import explanation
from viz_app.view_models.walkthrough import DECIMALS, STEPS, Step, WalkthroughView

_WORDS = (
    "pick_layer",
    "pick_head",
    "pick_query",
    "key_token",
    "result",
    "back",
    "next",
    "play",
    "pause",
    "table",
    "why",
    "source",
    "one_number",
    "axis_hidden",
    "axis_head_size",
    "axis_key",
)
# What the browser fills is passed through as itself.
_TEMPLATES: dict[str, tuple[str, ...]] = {
    "hidden_columns": ("count",),
    "step_check": ("exact", "rounded", "decimals"),
    "layer_check": ("layer", "difference"),
    "dimension_value": ("dim", "value"),
}


def walkthrough_payload(view: WalkthroughView, *, key: str, words: Words, language: str) -> bytes:
    """What the browser needs to show `view`; also the payload of an exported file."""
    header: dict[str, Any] = {
        "view": key,
        "layers": view.layers,
        "heads": view.heads,
        "layer": view.layer,
        "head_index": view.head_index,
        "query": view.query,
        "decimals": DECIMALS,
        "sizes": view.sizes(),
        "rows": token_header(view.rows),
        "columns": [
            {
                "id": column.id,
                "kind": column.kind,
                "symbol": column.symbol,
                "low": column.low,
                "high": column.high,
            }
            for column in view.columns
        ],
        "head": list(view.head),
        "foot": list(view.foot),
        "steps": [_step_header(step, view, language) for step in STEPS],
        "layer_check": view.layer_check,
        "words": {
            **{name: words(f"walkthrough.{name}") for name in _WORDS},
            **{
                name: words(f"walkthrough.{name}", **{gap: f"{{{gap}}}" for gap in gaps})
                for name, gaps in _TEMPLATES.items()
            },
        },
    }
    arrays = {f"column:{column.id}": column.values for column in view.columns}
    arrays |= {f"head:{name}": values for name, values in view.head.items()}
    arrays |= {f"foot:{name}": values for name, values in view.foot.items()}
    return pack(header, {**arrays, "masked": view.masked.astype("uint8")})


def _step_header(step: Step, view: WalkthroughView, language: str) -> dict[str, Any]:
    text = explanation(language, step.id)
    check = view.checks[step.id]
    return {
        "id": step.id,
        "symbol": step.symbol,
        "formula": step.formula,
        "reveals": step.reveals,
        "operands": list(step.operands),
        "shapes": [[symbol, list(axes)] for symbol, axes in step.shapes],
        "title": text.title,
        "see": text.see,
        "why": list(text.why),
        "source": text.source,
        "exact": check.exact,
        "rounded": check.rounded,
    }


def walkthrough_table(
    view: WalkthroughView,
    *,
    step: str,
    key: str,
    words: Words,
    language: str,
    on_step: Callable[[], None] | None = None,
    on_select: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Show the lesson at `step`; return what happened in this run under "step" and "select".

    Steps change in the browser. Python hears of one only when the student has stayed on it for a
    moment, so that holding an arrow key causes no reruns.

    Args:
        step: Id of the step to show, see `STEP_IDS`.
        words: Looks up a message: `words(key, **values)`.
        on_step: Called before the rerun; `st.session_state[key].step` then holds {"step"}.
        on_select: Likewise with {"layer", "head", "query"}.
    """
    return mount_view(
        "walkthrough",
        walkthrough_payload(view, key=key, words=words, language=language),
        key=key,
        values={"step": step},
        triggers={"step": on_step, "select": on_select},
    )
