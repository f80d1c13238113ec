"""Finding a head: which one links the words of a relation, and what it links in a text."""

from dataclasses import dataclass
from types import MappingProxyType

from bert_core import shelves
from bert_core.batched import Report
from bert_core.bert import Bert
from bert_core.relations import (
    Looks,
    RelationScores,
    most_attended,
    score_relations,
    word_weights,
)
from bert_core.studies.heads import ROLES, RoleScores
from bert_core.trace import Trace
from bert_core.words import Word, words_of

PLACES = ("previous", "next", "cls", "sep")
"""The roles of `studies.heads` that are about a place and not about words."""


@dataclass(frozen=True)
class Published:
    """The best head of BERT-base (uncased) and the best fixed offset, as shares 0..1."""

    head: float
    offset: float


PUBLISHED = MappingProxyType(
    {
        "prep": Published(0.667, 0.618),
        "pobj": Published(0.763, 0.346),
        "det": Published(0.943, 0.517),
        "nsubj": Published(0.585, 0.455),
        "amod": Published(0.756, 0.683),
        "dobj": Published(0.868, 0.400),
        "poss": Published(0.805, 0.477),
        "aux": Published(0.811, 0.715),
        "auxpass": Published(0.941, 0.825),
    }
)
"""On the development part of the Penn Treebank, English news text. Source: Clark et al. 2019,
table 1; `prep` and `aux` from the longer table in their `Syntax_Analysis.ipynb`."""


@dataclass(frozen=True)
class WordLink:
    """One word attends to another with this weight, 0..1."""

    source: Word
    target: Word
    weight: float


def shelf_relations(bert: Bert, report: Report | None = None) -> RelationScores:
    """Every head's scores on the annotated sentences in the model's language."""
    return score_relations(bert, shelves.annotated(bert.language), report)


def first_subject_share(language: str) -> float:
    """Share of the shelf's pronouns, 0..1, that stand for the first subject of their sentence.

    For a pronoun a fixed offset is a weak rival; the first subject is the strongest simple one.
    """
    answers = [
        governor == min((subject for subject, _ in sentence.relations.get("nsubj", ())), default=-1)
        for sentence in shelves.annotated(language)
        for _, governor in sentence.relations.get("antecedent", ())
    ]
    return sum(answers) / len(answers)


def word_links(trace: Trace, layer: int, head: int, looks: Looks) -> tuple[WordLink, ...]:
    """What a head answers for every word of a text, the largest weight first.

    With `looks="dependent"` each word is linked to the word it attends to most, with `governor` to
    the word that attends to it most. Empty for a text of fewer than two words.
    """
    words = words_of(trace.encoding)
    if len(words) < 2:
        return ()
    weights = trace.layer(layer).attention_probs[head]
    between = word_weights(weights, [word.positions for word in words])
    answers = most_attended(between if looks == "dependent" else between.mT).tolist()
    places = [
        (word, answer) if looks == "dependent" else (answer, word)
        for word, answer in enumerate(answers)
    ]
    links = [
        WordLink(words[source], words[target], between[source, target].item())
        for source, target in places
    ]
    return tuple(sorted(links, key=lambda link: -link.weight))


def place_head(roles: RoleScores, place: str) -> tuple[int, int, float] | None:
    """(layer, head, mean weight) of the head with most weight there; None if no text has one."""
    scores = roles.scores[ROLES.index(place)]
    if scores.isnan().all():
        return None
    layer, head = divmod(int(scores.nan_to_num(nan=-1.0).argmax()), scores.shape[1])
    return layer, head, scores[layer, head].item()
