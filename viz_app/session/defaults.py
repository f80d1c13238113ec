"""What a new visitor sees first: per language a model, and the example that shows its point.

A test holds every entry to its model, so that the head shown first is one that shows something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from viz_app.session.examples import Example, example


@dataclass(frozen=True)
class Default:
    """The default model of a language, and what pages begin with while its example is the text."""

    model: str
    example_id: str
    """Brings the text and its place: layer, head and query token."""
    hidden: str
    """A word of the text that Masked words hides first: the model has a good guess for it."""
    text_b: str
    """A second sentence for Next sentence, which follows the text."""
    compared: str
    """A text for Compare in which the head does something else."""
    word: str
    """A word of the shelf for Words in context, whose senses the model tells apart."""

    @property
    def example(self) -> Example:
        """The entry of the menu."""
        return example(self.example_id)[1]


DEFAULTS: Mapping[str, Default] = {
    "en": Default(
        "small-en",
        "animal-tired",
        hidden="it",
        text_b="It lay down and fell asleep.",
        compared="The animal didn't cross the street because it was too wide.",
        word="bank",
    ),
    "zh": Default(
        "small-zh",
        "zh-pronoun",
        hidden="歌",
        text_b="她每天都唱给妈妈听。",
        compared="小明有一个弟弟，他喜欢唱歌。",
        word="长",
    ),
}


def default_of(model: str) -> Default | None:
    """The entry of a model; None for one that is no language's default."""
    return next((default for default in DEFAULTS.values() if default.model == model), None)


def default_at(model: str, text_a: str, text_b: str) -> Default | None:
    """The entry whose model and text these are; None for any others."""
    default = default_of(model)
    if default is None:
        return None
    entry = default.example
    return default if (entry.text_a, entry.text_b) == (text_a, text_b) else None
