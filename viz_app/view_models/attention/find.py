"""The head finder: best heads beside what needs no head, and what a head links in a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bert_core.relations import Looks, RelationScore
from bert_core.studies.head_finder import PLACES, PUBLISHED, WordLink, place_head
from bert_core.studies.heads import ROLES, RoleScores
from bert_core.words import Word
from viz_app.messages import Say
from viz_app.number_text import decimal_text, share_text, signed_text
from viz_app.view_models.labs.views import RankedGroup, RankedRow
from viz_app.view_models.tokens import word_labels

MOST_LINKS = 10
TABLE = (
    *("relation", "pairs", "head", "share", "offset", "offset_share"),
    *("published", "published_offset"),
)
"""Columns of the table of all figures."""


def head_name(layer: int, head: int) -> str:
    """Such as `L2 H5`."""
    return f"L{layer} H{head}"


def link_name(relation: str, looks: Looks, say: Say) -> str:
    """Which word looks at which: `determiner → noun`."""
    dependent, governor = (
        say(f"attention.find.{relation}.{word}") for word in ("dependent", "governor")
    )
    return f"{dependent} → {governor}" if looks == "dependent" else f"{governor} → {dependent}"


def relation_group(scores: Mapping[str, RelationScore], chosen: str, say: Say) -> RankedGroup:
    """The best head of each relation, over the best fixed offset; a row chooses the head."""
    rows = []
    for name, score in scores.items():
        (best,) = score.best()
        rows.append(
            RankedRow(
                label=link_name(name, best.looks, say),
                value=best.share,
                digits=share_text(best.share),
                tag=say(
                    "attention.find.offset_tag",
                    name=head_name(best.layer, best.head),
                    offset=signed_text(score.offset, 0),
                    share=share_text(score.offset_share),
                ),
                marked=name == chosen,
                action=say("attention.find.action"),
                baseline=score.offset_share,
            )
        )
    title, note = say("attention.find.words"), say("attention.find.words_note")
    return RankedGroup(title, tuple(rows), note)


def place_heads(roles: RoleScores) -> Mapping[str, tuple[int, int, float]]:
    """Place → (layer, head, mean weight) of the head that looks there most."""
    found = {place: place_head(roles, place) for place in PLACES}
    return MappingProxyType({place: head for place, head in found.items() if head is not None})


def place_group(roles: RoleScores, chosen: str, say: Say) -> RankedGroup:
    """The head with most weight on each place, over a head that spreads its weight evenly."""
    rows = []
    for place, (layer, head, weight) in place_heads(roles).items():
        even = roles.uniform[ROLES.index(place)].item()
        rows.append(
            RankedRow(
                label=say(f"attention.role.{place}"),
                value=weight,
                digits=share_text(weight),
                tag=say(
                    "attention.find.even_tag",
                    name=head_name(layer, head),
                    share=share_text(even),
                ),
                marked=place == chosen,
                action=say("attention.find.action"),
                baseline=even,
            )
        )
    title, note = say("attention.find.places"), say("attention.find.places_note")
    return RankedGroup(title, tuple(rows), note)


def link_group(links: Sequence[WordLink], words: Sequence[Word]) -> RankedGroup:
    """The strongest links of a head in a text, word → word."""
    labels = dict(zip(words, word_labels(words), strict=True))
    return RankedGroup(
        "",
        tuple(
            RankedRow(
                label=f"{labels[link.source]} → {labels[link.target]}",
                value=link.weight,
                digits=decimal_text(link.weight, 3),
            )
            for link in links[:MOST_LINKS]
        ),
    )


def figures_table(
    scores: Mapping[str, RelationScore], language: str, say: Say
) -> list[list[str | int | float | None]]:
    """A row per relation as `TABLE` names its columns, shares as 0..1; None where none is known.

    What was published is about English: the last two columns are left out for another language.
    """
    rows: list[list[str | int | float | None]] = []
    for name, score in scores.items():
        (best,) = score.best()
        row: list[str | int | float | None] = [
            link_name(name, best.looks, say),
            score.count,
            head_name(best.layer, best.head),
            best.share,
            score.offset,
            score.offset_share,
        ]
        if language == "en":
            known = PUBLISHED.get(name)
            row += [known.head, known.offset] if known else [None, None]
        rows.append(row)
    return rows


def written(row: Sequence[str | int | float | None]) -> list[str]:
    """A row of the table as it stands on the page."""
    relation, pairs, head, share, offset, *others = row
    shares = ["–" if value is None else share_text(float(value)) for value in (share, *others)]
    fixed = signed_text(float(offset or 0), 0)
    return [str(relation), str(pairs), str(head), shares[0], fixed, *shares[1:]]
