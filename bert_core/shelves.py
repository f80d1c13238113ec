"""The shelves: texts written for this project, on which a model is tried out.

Sentences, next-sentence pairs, sentences with one gap, one word in several senses, sentences with
their grammatical relations, and minimal pairs, in English (`en`) and Simplified Chinese (`zh`).
Only what was written is stored, under `assets/shelves`; pairs for next-sentence prediction are made
from the passages here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from bert_core.assets import ASSETS

FOLDER = ASSETS / "shelves"
LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Passage:
    """A few sentences that follow each other, on a topic that no other passage has."""

    topic: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class SentencePair:
    """Two sentences; `is_next` says whether the second truly follows the first."""

    text_a: str
    text_b: str
    is_next: bool


@dataclass(frozen=True)
class Cloze:
    """A text with exactly one [MASK] and the answers a sensible person accepts.

    Answers are lower-case English words or single Chinese characters, each of them one token of the
    shipped vocabularies.
    """

    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class WordContexts:
    """One word in several sentences; `senses[i]` names its meaning in `sentences[i]`."""

    word: str
    sentences: tuple[str, ...]
    senses: tuple[str, ...]


@dataclass(frozen=True)
class AnnotatedSentence:
    """A sentence cut into words, with the relations between them."""

    text: str
    words: tuple[str, ...]
    """In reading order; a mark, and the English ending 's, is a word of its own."""
    spans: tuple[tuple[int, int], ...]
    """Characters start to end (exclusive) of each word."""
    relations: Mapping[str, tuple[tuple[int, int], ...]]
    """Name of a relation → pairs of words, (dependent, governor), as indices into `words`."""


@dataclass(frozen=True)
class PreparedPair:
    """A minimal pair: two sentences that differ in one place or in the order there."""

    id: str
    """Unique on all shelves."""
    phenomenon: str
    """What the pair is about, such as `agreement`."""
    sentences: tuple[str, str]
    right: int
    """Index of the sentence that a speaker would say."""


def sentences(language: str) -> tuple[str, ...]:
    """Varied everyday sentences, over which attention heads are averaged.

    Raises:
        ValueError: the language is not one of `LANGUAGES`.
        FileNotFoundError: the shelf is not there; the message names the folder.
    """
    return tuple(_read(f"sentences_{_known(language)}.json")["sentences"])


def passages(language: str) -> tuple[Passage, ...]:
    """Short passages of four sentences each. Raises as `sentences` does."""
    return tuple(
        Passage(entry["topic"], tuple(entry["sentences"]))
        for entry in _read(f"pairs_{_known(language)}.json")["passages"]
    )


def next_sentence_pairs(language: str, seed: int = 0) -> tuple[SentencePair, ...]:
    """Pairs for next-sentence prediction, exactly half of them true, in an order drawn from `seed`.

    Every neighbouring pair of sentences is used once: in half of them, drawn at random, the second
    sentences are dealt out anew so that each lands beside another passage. So no sentence stands
    twice on the same side, and neither side alone gives the label away. Raises as `sentences` does.
    """
    rng = Random(seed)
    shuffled = rng.sample(passages(language), k=len(passages(language)))
    neighbours = [
        (place, first, second)
        for place, passage in enumerate(shuffled)
        for first, second in zip(passage.sentences, passage.sentences[1:], strict=False)
    ]
    rng.shuffle(neighbours)
    half = len(neighbours) // 2
    true_pairs, parted = neighbours[:half], neighbours[half : 2 * half]
    parted.sort(key=lambda neighbour: neighbour[0])
    # Sorted by passage, a turn by at least one passage's share, either way round, moves every
    # second sentence out of its own passage.
    longest = max(len(passage.sentences) - 1 for passage in shuffled)
    turn = rng.randint(longest, half - longest)
    pairs = [SentencePair(first, second, True) for _, first, second in true_pairs]
    pairs += [
        SentencePair(first, parted[(i + turn) % half][2], False)
        for i, (_, first, _) in enumerate(parted)
    ]
    rng.shuffle(pairs)
    return tuple(pairs)


def cloze(language: str) -> tuple[Cloze, ...]:
    """Forty sentences with one word or character missing. Raises as `sentences` does."""
    return tuple(
        Cloze(entry["text"], tuple(entry["answers"]))
        for entry in _read(f"cloze_{_known(language)}.json")["cloze"]
    )


def word_contexts(language: str) -> tuple[WordContexts, ...]:
    """Words with several meanings, each in two to eight sentences. Raises as `sentences` does."""
    return tuple(
        WordContexts(entry["word"], tuple(entry["sentences"]), tuple(entry["senses"]))
        for entry in _read("word_contexts.json")[_known(language)]
    )


def annotated(language: str) -> tuple[AnnotatedSentence, ...]:
    """Sentences with relations that were marked by hand. Raises as `sentences` does.

    Names and directions are those of Stanford Dependencies (de Marneffe and Manning 2008), as in
    Clark et al. 2019, section 4.2: the determiner depends on its noun, the object on its verb, and
    the possessive ending 's stands for the possessor before it. `antecedent` leads from a pronoun
    to the word it stands for, in Chinese `clf` from a classifier to its noun. `det` has every word
    that Stanford Dependencies call a predeterminer too.
    """
    return tuple(
        _annotated(entry) for entry in _read(f"relations_{_known(language)}.json")["sentences"]
    )


def _annotated(entry: dict[str, Any]) -> AnnotatedSentence:
    text, words = entry["text"], tuple(entry["words"].split())
    spans, end = [], 0
    for word in words:
        start = text.index(word, end)
        end = start + len(word)
        spans.append((start, end))
    relations = {
        name: tuple((dependent, governor) for dependent, governor in pairs)
        for name, pairs in entry["relations"].items()
    }
    return AnnotatedSentence(text, words, tuple(spans), relations)


def minimal_pairs(language: str) -> tuple[PreparedPair, ...]:
    """Twenty minimal pairs, of like phenomena together. Raises as `sentences` does."""
    return tuple(
        PreparedPair(entry["id"], entry["phenomenon"], (first, second), entry["right"])
        for entry in _read(f"minimal_pairs_{_known(language)}.json")["minimal_pairs"]
        for first, second in [entry["sentences"]]
    )


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"no shelf in {language!r}; the languages are {', '.join(LANGUAGES)}")
    return language


@cache
def _read(name: str) -> dict[str, Any]:
    """One shelf as it was written. The dict is shared: callers copy out of it."""
    try:
        return json.loads((FOLDER / name).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"the shelf {name} is not in {FOLDER}: keep the assets folder beside the package"
        ) from error
