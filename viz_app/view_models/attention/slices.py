"""Parts of an attention matrix: sentence to sentence, without special tokens; what that hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.trace import Trace
from viz_app.view_models.attention.matrix import reading_at
from viz_app.view_models.tokens import token_labels
from viz_app.view_models.views import LinesView, MatrixView, TokenLabel

Block = Literal["all", "aa", "ab", "ba", "bb"]
BLOCKS: tuple[Block, ...] = ("all", "aa", "ab", "ba", "bb")


@dataclass(frozen=True)
class Slice:
    """Which pairs to show: from one sentence to one, with or without special tokens."""

    block: Block = "all"
    """`ab`: queries of sentence A, keys of sentence B. A is segment 0, [CLS] A [SEP]."""
    special: bool = True
    """Show [CLS] and [SEP] (and padding)."""
    renormalise: bool = False
    """Divide each row by the weight that is left in it, so that rows sum to 1 again."""

    @property
    def takes_away(self) -> bool:
        """Whether anything is left out."""
        return self.block != "all" or not self.special

    def rows(self, tokens: Sequence[TokenLabel]) -> list[int]:
        """Places of the query tokens shown."""
        return self._side(tokens, 0)

    def columns(self, tokens: Sequence[TokenLabel]) -> list[int]:
        """Places of the key tokens shown."""
        return self._side(tokens, 1)

    def _side(self, tokens: Sequence[TokenLabel], side: int) -> list[int]:
        wanted = None if self.block == "all" else "ab".index(self.block[side])
        return [
            place
            for place, token in enumerate(tokens)
            if (self.special or not token.special) and wanted in (None, token.segment)
        ]


def slice_matrix(view: MatrixView, part: Slice) -> MatrixView | None:
    """The rows and columns of `part`, with the weight taken from each row in `hidden`.

    None where nothing is left (no sentence B, no token that is not special).
    """
    if not part.takes_away:
        return view
    rows, columns = part.rows(view.rows), part.columns(view.columns)
    if not rows or not columns:
        return None
    kept = view.values[np.ix_(rows, columns)]
    left = kept.sum(axis=1, dtype=np.float64)
    before = view.values[rows].sum(axis=1, dtype=np.float64)
    values = _renormalised(kept, left) if part.renormalise else kept
    shown_rows = tuple(view.rows[row] for row in rows)
    shown_columns = tuple(view.columns[column] for column in columns)
    return replace(
        view,
        values=values,
        rows=shown_rows,
        columns=shown_columns,
        masked=None if view.masked is None else view.masked[np.ix_(rows, columns)],
        hidden=np.maximum(before - left, 0).astype(np.float32),
        high=max(view.high, float(values.max())),  # shares of what is left are larger
        legend=_legend(view, part),
        reading=reading_at(view.reading, values, shown_rows, shown_columns),
    )


def _legend(view: MatrixView, part: Slice) -> str:
    """What the numbers of a part mean; lengths of vectors stay such."""
    if part.renormalise:
        return "attention.legend.renormalised"
    weights = view.legend in ("attention.legend.probability", "attention.legend.max")
    return "attention.legend.part" if weights else view.legend


def slice_lines(view: LinesView, part: Slice) -> LinesView:
    """The lines of `part`; the others become 0, and `hidden` says how much weight they had."""
    if not part.takes_away:
        return view
    shown = np.zeros(view.weights.shape[1:], dtype=bool)
    shown[np.ix_(part.rows(view.tokens), part.columns(view.tokens))] = True
    kept = np.where(shown, view.weights, np.float32(0))
    left = kept.sum(axis=2, dtype=np.float64)
    hidden = np.maximum(view.weights.sum(axis=2, dtype=np.float64) - left, 0)
    hidden = np.where(shown.any(axis=1), hidden, 0)  # a row that is not shown hides nothing
    if part.renormalise:
        heads, queries, keys = kept.shape
        kept = _renormalised(kept.reshape(-1, keys), left.reshape(-1)).reshape(heads, queries, keys)
    return replace(view, weights=kept, hidden=hidden.astype(np.float32))


def block_weights(trace: Trace, block: Block, special: bool = True) -> NDArray[np.float32]:
    """One number per layer and head: the mean weight that a query of the block puts on its keys.

    "How much B looks at A" is the block `ba`. A mean over the queries of the block, 0 to 1;
    NaN where the block is empty.

    Returns:
        [layers, heads].
    """
    tokens = token_labels(trace.encoding)
    part = Slice(block, special)
    cells = np.ix_(part.rows(tokens), part.columns(tokens))
    layers = range(trace.config.num_hidden_layers)
    if not cells[0].size or not cells[1].size:
        return np.full((len(layers), trace.config.num_attention_heads), np.nan, np.float32)
    return np.stack(
        [
            trace.attention_probs(layer).numpy()[:, cells[0], cells[1]].sum(axis=2).mean(axis=1)
            for layer in layers
        ]
    )


def _renormalised(kept: NDArray[np.float32], left: NDArray[np.float64]) -> NDArray[np.float32]:
    """Rows divided by what is left in them; a row with nothing left stays 0."""
    safe = np.where(left > 0, left, 1.0)
    return (kept / safe[:, None]).astype(np.float32)
