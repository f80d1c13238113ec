"""A lesson as the app holds it: stops, questions, and the quantities that answer them.

The right answer of a question is never part of a lesson. It names a quantity, which is worked out
from the model when the lesson runs (`viz_app.lessons.answers`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bert_core.claims import Claim
from viz_app.lessons.places import page_parameters

Given = int | tuple[int, ...] | float | str
"""A reader's answer: the option's number, the items' numbers in order, a number, words."""
SUPERLATIVES = ("largest", "smallest")
"""Of all that a quantity compares, or of the options' own values."""
OFFERED = ("largest option", "smallest option")
"""Of what a quantity compares, among the options alone."""
DIRECTIONS = ("ascending", "descending")


@dataclass(frozen=True)
class Where:
    """What a stop shows; what a file leaves out is carried on from the stop before."""

    page: str
    section: str
    """As in the address; empty: the page's first one, or it has none."""
    settings: Mapping[str, str | int]
    """The page's own parameters in the address."""
    text_a: str
    text_b: str
    """Empty: no second sentence."""
    layer: int
    head: int
    token: str | int
    """As it is labelled on the pages, `bank (13)` where there are several, or its position."""
    step: str
    """Of the walkthrough; empty: the first."""

    @property
    def parameters(self) -> dict[str, str]:
        """The page's own part of the address."""
        return page_parameters(self.page, self.section, self.settings)


@dataclass(frozen=True)
class Quantity:
    """A number or a name that is worked out from the model: an entry of `bert_core.quantities`."""

    name: str
    arguments: Mapping[str, Any]
    """Those given; layer, head and the token that looks are else those of the stop."""
    of: str = ""
    """Of a quantity that compares things: one of SUPERLATIVES or OFFERED, or the name of one."""
    label: bool = False
    """Where a text writes it: the name of what was found, not its number."""
    text_a: str | None = None
    """None: both texts of the stop."""
    text_b: str = ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Premise:
    """Something that a lesson takes for granted, of the stop's texts."""

    claim: Claim
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Option:
    """One answer to choose from, or one thing to put in order."""

    text: str
    equals: str = ""
    """It is right where the quantity's answer has this name; empty: the name is the text."""
    at_least: float | None = None
    below: float | None = None
    """It is right where the quantity is from `at_least` on and below this."""
    value: Quantity | None = None
    """What it is compared by with the others."""


@dataclass(frozen=True)
class Question:
    """What every kind of question has."""

    ask: str
    hints: tuple[str, ...]
    explain: str
    """Shown after the answer; names the figures in double braces."""
    teacher: str
    """For the teacher's page: what to expect, what is often misunderstood."""
    guess: bool = False
    """The page is not shown until it is answered."""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Choose(Question):
    """One of several answers."""

    options: tuple[Option, ...] = ()
    answer: Quantity | str = ""
    """What decides, or one of SUPERLATIVES: the option whose own value is that."""


@dataclass(frozen=True)
class Order(Question):
    """Things to put in the order of their values."""

    items: tuple[Option, ...] = ()
    answer: Quantity | None = None
    """What compares them by name; None: each has a value of its own."""
    direction: str = "descending"
    """One of DIRECTIONS."""


@dataclass(frozen=True)
class Number(Question):
    """A number to read or to work out."""

    answer: Quantity = field(default=Quantity("", {}))
    tolerance: float = 0.0
    """An answer this far off is right."""


@dataclass(frozen=True)
class Free(Question):
    """Words for the teacher to read."""


@dataclass(frozen=True)
class Misconception:
    """What is often misunderstood, for the teacher's page."""

    says: str
    reply: str


@dataclass(frozen=True)
class Stop:
    """One place to go to, what to look at there, and what is asked."""

    title: str
    where: Where
    look: str
    values: Mapping[str, Quantity]
    """Name → figure that the texts of this stop write as `{{name}}`."""
    premises: tuple[Premise, ...]
    questions: tuple[Question, ...]
    minutes: int
    """That a class stays here; 0: it is not said."""
    teacher: str
    misconceptions: tuple[Misconception, ...]
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Lesson:
    """One file."""

    title: str
    language: str
    model: str
    revision: str
    """The beginning of the SHA-256 of the model's weights; empty: any."""
    minutes: int
    goals: tuple[str, ...]
    about: str
    teacher: str
    stops: tuple[Stop, ...]
    test: bool
    """A test: nobody is told what is right before the class page tells it."""
    source: str = field(repr=False)
    """The text of the file."""


def question_id(stop: int, question: int) -> str:
    """How answers and reports name a question: `2.1`, both counted from 1, of numbers from 0."""
    return f"{stop + 1}.{question + 1}"
