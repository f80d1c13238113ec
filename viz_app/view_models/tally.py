"""How often each answer to a question was given."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TallyView:
    """Answers with their counts, in the order in which they are shown."""

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    right: tuple[bool, ...]
    """Whether an answer is right; all False where none is."""

    def in_words(self) -> str:
        """The same for readers who do not see the picture."""
        return "; ".join(
            f"{'✓ ' if right else ''}{label}: {count}"
            for label, count, right in zip(self.labels, self.counts, self.right, strict=True)
        )
