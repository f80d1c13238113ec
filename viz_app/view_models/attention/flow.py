"""Attention carried through the layers, and weighed by what stands behind it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.studies import heads as interpret
from bert_core.trace import Trace
from viz_app.view_models.attention.matrix import reading_at
from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import MatrixView, Reading

Flow = Literal["rollout", "norm_head", "norm_layer"]
_NORMS = ("attention.axis.receives", "attention.axis.key")
AXES: dict[Flow, tuple[str, str]] = {
    "rollout": ("attention.axis.position", "attention.axis.input"),
    "norm_head": _NORMS,
    "norm_layer": _NORMS,
}
"""What a row and a column are."""
FLOWS: tuple[Flow, ...] = ("rollout", "norm_head", "norm_layer")


def flow_map(trace: Trace, flow: Flow, layer: int, head: int) -> MatrixView:
    """Rollout up to a layer (rows sum to 1), or ‖α·f(x)‖ of a head or of a whole layer.

    The scale ends at the largest value: shares of many tokens are small, and norms have their own
    unit, that of the hidden vectors.

    Raises:
        ValueError: no such layer.
    """
    tokens = token_labels(trace.encoding)
    if flow == "rollout":
        if not 0 <= layer < trace.num_layers:
            raise ValueError(f"layer {layer} is not one of 0 to {trace.num_layers - 1}")
        values = interpret.rollout(trace)[layer].numpy()
    elif flow == "norm_head":
        values = interpret.value_norms(trace, layer, head).numpy()
    else:
        values = interpret.layer_value_norms(trace, layer).numpy()
    said = Reading(f"attention.reading.{flow}", {"layer": layer, "head": head})
    return MatrixView(
        values=values,
        rows=tokens,
        columns=tokens,
        low=0.0,
        high=_top(values),
        kind="probability",
        reading=reading_at(said, values, tokens, tokens),
        axes=AXES[flow],
        legend=f"attention.legend.{flow}",
    )


def _top(values: NDArray[np.float32]) -> float:
    """The end of the scale: the largest value, or 1 where there is nothing (a head that is off)."""
    return float(values.max(initial=0.0)) or 1.0
