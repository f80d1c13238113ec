"""What a text promises of a model, as data: which word is guessed, where a head looks, and so on.

A text that says what a reader should see carries such claims beside it, so that a test, or
`python -m tools.check_claims` for other weights, can hold it to the model (`bert_core.findings`).
Reading them needs no torch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, get_args, get_type_hints


@dataclass(frozen=True)
class InTop:
    """`token` is among the `k` best guesses for the text's [MASK] number `mask`, from zero."""

    token: str
    k: int
    mask: int = 0


@dataclass(frozen=True)
class NoFavourite:
    """No guess for a [MASK] has more than `at_most`, a probability."""

    at_most: float
    mask: int = 0


@dataclass(frozen=True)
class GuessChanges:
    """The first guess is `token`, and `other_token` for the same [MASK] of another text."""

    token: str
    other_a: str
    other_token: str
    mask: int = 0
    other_b: str = ""


@dataclass(frozen=True)
class GuessRises:
    """`token` has at least `by` more probability than for the same [MASK] of another text."""

    token: str
    other_a: str
    by: float
    mask: int = 0
    other_b: str = ""


@dataclass(frozen=True)
class WeightAtLeast:
    """A head gives `key`, several tokens together, at least `weight` of the row of `query`.

    A token that occurs more than once is named with its position, as on the pages: `bank (13)`.
    """

    layer: int
    head: int
    query: str
    key: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Prefers:
    """A head gives `key` more of the row of `query` than it gives `than`."""

    layer: int
    head: int
    query: str
    key: tuple[str, ...]
    than: tuple[str, ...]


@dataclass(frozen=True)
class WeightRises:
    """A head gives `key` at least `by` more of the row of `query` than in another text."""

    layer: int
    head: int
    query: str
    key: tuple[str, ...]
    other_a: str
    by: float
    other_b: str = ""


@dataclass(frozen=True)
class NextSentence:
    """The model finds that B follows A, or that it does not, with this probability or more."""

    is_next: bool
    at_least: float


@dataclass(frozen=True)
class Pieces:
    """A word of the text is read as these tokens, one after the other."""

    word: str
    pieces: tuple[str, ...]


HeadClaim = WeightAtLeast | Prefers | WeightRises
"""What is said of one head's row."""
Claim = InTop | NoFavourite | GuessChanges | GuessRises | HeadClaim | NextSentence | Pieces
KINDS: Mapping[str, type[Claim]] = {
    "in_top": InTop,
    "no_favourite": NoFavourite,
    "guess_changes": GuessChanges,
    "guess_rises": GuessRises,
    "weight_at_least": WeightAtLeast,
    "prefers": Prefers,
    "weight_rises": WeightRises,
    "next_sentence": NextSentence,
    "pieces": Pieces,
}
"""Name in a file → record."""


def read_claim(entry: Mapping[str, Any]) -> Claim:
    """A claim from its entry in a file: its kind and the fields of that kind.

    Raises:
        ValueError: no such kind; a field is missing, unknown or of another type.
    """
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"a claim has a kind out of {', '.join(KINDS)}, not {kind!r}")
    record, given = KINDS[kind], {name: entry[name] for name in entry if name != "kind"}
    return read_record(record, given, f"the claim {kind!r}")


def read_record(record: type[Any], given: Mapping[str, Any], what: str) -> Any:
    """A frozen record of plain fields from an entry in a file.

    Args:
        record: A dataclass whose fields are `int`, `float`, `str`, `bool` or `tuple[str, ...]`.
        given: Field → value; a list for a tuple.
        what: What the entry is, for the message.

    Raises:
        ValueError: a field is missing, unknown or of another type.
    """
    types, known = get_type_hints(record), fields(record)
    required = {field.name for field in known if field.default is MISSING}
    return record(**read_values({f.name: types[f.name] for f in known}, required, given, what))


def read_values(
    types: Mapping[str, Any], required: Collection[str], given: Mapping[str, Any], what: str
) -> dict[str, Any]:
    """Values out of a file as code takes them: a tuple for a list, a float for a whole number.

    Args:
        types: Name → `int`, `float`, `str`, `bool`, `tuple[str, ...]` or `tuple[float, ...]`.
        required: Names that must be given.
        given: Name → value.
        what: What the entry is, for the message.

    Raises:
        ValueError: one is missing, unknown or of another type.
    """
    unknown, missing = sorted(set(given) - set(types)), sorted(set(required) - set(given))
    if unknown or missing:
        raise ValueError(f"{what}: missing {missing}, unknown {unknown}; it has {list(types)}")
    values = {name: _typed(value, types[name]) for name, value in given.items()}
    wrong = {name: given[name] for name, value in values.items() if value is None}
    if wrong:
        wanted = {name: getattr(types[name], "__name__", types[name]) for name in wrong}
        raise ValueError(f"{what}: {wrong} should be of the types {wanted}")
    return values


def _typed(value: Any, wanted: Any) -> Any:
    """The value as a field holds it; None if it is of another type."""
    if get_args(wanted):
        if not (isinstance(value, list) and value):
            return None
        each = [_typed(one, get_args(wanted)[0]) for one in value]
        return None if None in each else tuple(each)
    if wanted is float:
        return float(value) if type(value) in (int, float) else None
    return value if type(value) is wanted else None
