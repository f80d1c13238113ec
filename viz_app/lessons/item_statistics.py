"""What the answers of a class say about the items of a test, and what the class learned.

An answer is 1 where it is right, else 0; one that was not given counts as not right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST = 10
"""Students from whom on correlations are shown at all: with fewer one lucky guess moves them."""


@dataclass(frozen=True)
class ItemStatistics:
    """What is said of each item, and of the test."""

    students: int
    difficulty: tuple[float, ...]
    """Per item: the share that is right, so 1 is easy."""
    discrimination: tuple[float | None, ...]
    """Per item: the corrected item–total correlation; None where it has none."""
    alpha: float | None
    """Cronbach's alpha, for items of 0 and 1 the same as KR-20; None where it has none."""
    mean: float
    """Of the students' shares of right answers."""


def item_statistics(right: ArrayLike) -> ItemStatistics:
    """Statistics of a table of right answers.

    Args:
        right: [student, item], 0 or 1; at least one of each.

    Raises:
        ValueError: the table has no student or no item.
    """
    table = np.asarray(right, dtype=float)
    if table.ndim != 2 or 0 in table.shape:
        raise ValueError(f"expected right answers as [student, item], got shape {table.shape}")
    return ItemStatistics(
        students=len(table),
        difficulty=tuple(table.mean(axis=0).tolist()),
        discrimination=tuple(_item_rest(table, item) for item in range(table.shape[1])),
        alpha=_alpha(table),
        mean=float(table.mean()),
    )


def normalised_gain(before: float, after: float) -> float | None:
    """How much of what was not known before is known after: (after − before) / (1 − before).

    Args:
        before, after: Mean shares of right answers, 0 to 1, of the class.

    Returns:
        At most 1, below 0 where the class does worse; None where all was right before.

    Source: Hake 1998, “Interactive-engagement versus traditional methods”, Am. J. Phys. 66: the
    average normalised gain ⟨g⟩.
    """
    return None if before >= 1 else (after - before) / (1 - before)


def chance_correlation(students: int) -> float:
    """The size that a correlation of two unrelated things stays below in 95 of 100 classes.

    By the standard error 1/√(n − 1) of a correlation of zero.
    """
    return min(1.0, 1.96 / math.sqrt(students - 1)) if students > 1 else 1.0


def _item_rest(table: NDArray[np.float64], item: int) -> float | None:
    """Correlation of an item with the sum of all others; None where one of them does not vary.

    The item itself is left out of the sum, or it would correlate with itself.
    Source: Guilford 1953, “The correlation of an item with a composite of the remaining items in a
    test”.
    """
    own = table[:, item]
    rest = table.sum(axis=1) - own
    if not (np.ptp(own) and np.ptp(rest)):
        return None
    return float(np.corrcoef(own, rest)[0, 1])


def _alpha(table: NDArray[np.float64]) -> float | None:
    """k/(k − 1) · (1 − sum of the items' variances / variance of the sums).

    Source: Cronbach 1951, “Coefficient alpha and the internal structure of tests”; for items of 0
    and 1 Kuder and Richardson 1937, formula 20.
    """
    items = table.shape[1]
    of_sums = float(table.sum(axis=1).var())
    if items < 2 or not of_sums:
        return None
    return items / (items - 1) * (1 - float(table.var(axis=0).sum()) / of_sums)
