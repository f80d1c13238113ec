"""What is wrong with a lesson, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from viz_app.messages import Say


@dataclass(frozen=True)
class Fault:
    """One thing wrong. The words are the messages `lessons.fault.<kind>`."""

    kind: str
    line: int
    """From 1; 0: it is about the whole."""
    values: Mapping[str, object] = field(default_factory=dict)

    def told(self, say: Say) -> str:
        """What is wrong and what to do, with its line."""
        said = say(f"lessons.fault.{self.kind}", **self.values)
        return say("lessons.fault.line", line=self.line, fault=said) if self.line else said


class LessonError(ValueError):
    """A lesson that cannot be run, with everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__(", ".join(f"line {fault.line}: {fault.kind}" for fault in self.faults))
