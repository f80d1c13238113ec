"""How long a run lasts and what learning rate it has reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Budget:
    """The end of a run: a number of steps, or seconds of training (pauses are not counted)."""

    steps: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        given = [limit for limit in (self.steps, self.seconds) if limit is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError(
                f"Give a positive number of steps or of seconds, not both: got {self.steps} steps, "
                f"{self.seconds} seconds."
            )

    def spent(self, steps: int, seconds: float) -> float:
        """Share of the budget that is spent, 0..1."""
        if self.steps is not None:
            return min(1.0, steps / self.steps)
        assert self.seconds is not None
        return min(1.0, seconds / self.seconds)


def learning_rate_factor(spent: float, warmup: float) -> float:
    """Linear warm-up from 0 to 1 over the first `warmup` of the budget, then linear decay to 0.

    Args:
        spent, warmup: shares of the budget, 0..1; `warmup` below 1.
    """
    if spent < warmup:
        return spent / warmup
    return (1.0 - spent) / (1.0 - warmup)
