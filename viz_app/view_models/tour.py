"""What the tour asks about a text: questions, options, right answers and the digits behind them.

Every right answer comes out of the table of quantities for the model and the text on screen. A
question is the same whenever the same model reads the same text.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from bert_core import shelves
from bert_core.batched import Report
from bert_core.bert import Bert
from bert_core.quantities import (
    Compared,
    Entry,
    Measured,
    NotThere,
    answer,
    token_name,
    word_name,
)
from bert_core.studies.next_sentence import variants_for
from bert_core.trace import Trace
from bert_core.words import Word, words_of
from viz_app.number_text import (
    count_text,
    decimal_text,
    probability_text,
    share_text,
    signed_text,
)
from viz_app.view_models.labs.pairs import best_b
from viz_app.view_models.tokens import display_text

MOST_OPTIONS = 4
WORDS_TRIED = 12
"""Words that are hidden in search of the hardest, and fewer in a long text."""
TOKENS_TRIED = 1024
"""Tokens that all the texts with a hidden word may have together, unless four have more."""
PASSED = ("mlm", "nsp", "word", "text")
"""Reasons that a stop is passed for; all others mean a text with too little in it."""
CLUES = 4
"""Tokens for which a question says where a head looks."""


@dataclass(frozen=True)
class Option:
    """One possible answer."""

    text: str = ""
    """As it is shown, a reader's words made visible; empty: `key` says it."""
    key: str = ""
    """Message."""
    digits: str = ""
    """What the model gives it; empty where the option is itself a number."""


@dataclass(frozen=True)
class Question:
    """One stop for one text."""

    options: tuple[Option, ...]
    right: int
    """Index of the right one."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Placeholder of the stop's messages → text."""
    chosen: Mapping[str, int | str] = field(default_factory=dict)
    """What the page should show: fields of the selection."""
    choices: Mapping[str, int | str] = field(default_factory=dict)
    """And the page's own choices, by their names in the address."""

    passed: str = ""
    """Why this model or text gives nothing to ask about, as in the messages `tour.passed.<why>`."""

    def is_right(self, option: int) -> bool:
        """Whether an option is the right one, or one that the digits do not tell from it."""
        digits = self.options[option].digits
        return option == self.right or (digits != "" and digits == self.options[self.right].digits)


@dataclass(frozen=True)
class Known:
    """What is worth asking about a model and a text; the default example has all of it."""

    row: tuple[int, int, int] | None = None
    """Layer, head and token that looks."""
    hidden: str = ""
    """A word that Masked words hides first."""
    text_b: str = ""
    """What Next sentence tries as B while there is none."""
    word: str = ""
    """The word that Words in context begins with."""


def question(
    stop: str, bert: Bert, trace: Trace, known: Known, report: Report | None = None
) -> Question:
    """What a stop asks about a text, or why it has to be passed.

    Args:
        stop: The `id` of one of `session.tour.STOPS`.
        trace: Made by `bert`, of the text in the sentence bar.
    """
    try:
        found = ASKED[stop](Subject(bert, trace, known, report))
    except NotThere as error:
        reason = error.reason if error.reason in PASSED else "text"
        return Question((), 0, passed=reason)
    return found if len(found.options) > 1 else Question((), 0, passed="text")


@dataclass(frozen=True)
class Subject:
    """What is asked about, and the table of quantities for it."""

    bert: Bert
    trace: Trace
    known: Known
    report: Report | None = None
    """Called as the longer work goes on; raises where it is to stop."""

    def tell(self, done: int, total: int) -> None:
        """Say how far the work is."""
        if self.report is not None:
            self.report(done, total)

    def number(self, name: str, **arguments: Any) -> float:
        """A quantity that is one number."""
        found = answer(name, self.bert, self.trace, **arguments)
        assert isinstance(found, Measured)
        return found.value

    def compared(self, name: str, **arguments: Any) -> Compared:
        """A quantity that compares."""
        found = answer(name, self.bert, self.trace, **arguments)
        assert isinstance(found, Compared)
        return found


# The pages one after the other


def _tokens(of: Subject) -> Question:
    total = of.number("token_count")
    encoding = of.trace.encoding
    own, words = len(encoding.own), len(words_of(encoding))
    options = sorted({words, own, total, total + 1})
    return Question(
        tuple(Option(count_text(one)) for one in options),
        options.index(int(total)),
        {
            "words": count_text(words),
            "own": count_text(own),
            "added": count_text(total - own),
            "total": count_text(total),
        },
    )


def _pieces(of: Subject) -> Question:
    words = words_of(of.trace.encoding)
    most = of.compared("pieces").largest
    word = max(
        (one for one in words if len(one.positions) == most.value), key=lambda one: len(one.text)
    )
    options = sorted({1, 2, 3, len(word.positions)})
    shown = [display_text(of.trace.tokens[place]) for place in word.positions]
    return Question(
        tuple(Option(count_text(one)) for one in options),
        options.index(len(word.positions)),
        {"word": display_text(word.text), "pieces": " · ".join(shown[:12])},
    )


def _embedding(of: Subject) -> Question:
    token = _own_token(of)
    lengths = of.compared("embedding_lengths", token=token_name(of.trace.tokens, token))
    options = tuple(
        Option(key=f"tour.embedding.{one.label}", digits=decimal_text(one.value, 3))
        for one in lengths.entries
    )
    return Question(
        options,
        lengths.entries.index(lengths.largest),
        {"token": _shown(of, token)},
        {"query": token},
    )


def _score(of: Subject) -> Question:
    layer, head, query = _telling_row(of)
    names = [token_name(of.trace.tokens, place) for place in range(len(of.trace.tokens))]
    key = of.compared("attention_row", layer=layer, head=head, query=names[query]).largest.at[0]
    where = {"layer": layer, "head": head, "query": names[query], "key": names[key]}
    dot = of.number("dot_product", **where)
    score = of.number("attention_score", **where)
    size = of.bert.config.head_size
    numbers = [dot * size, dot, score, dot / size]
    options = tuple(dict.fromkeys(decimal_text(one, 3) for one in numbers))
    return Question(
        tuple(map(Option, options)),
        options.index(decimal_text(score, 3)),
        _head_values(layer, head)
        | {
            "query": _shown(of, query),
            "key": _shown(of, key),
            "dot": decimal_text(dot, 3),
            "size": count_text(size),
            "root": decimal_text(math.sqrt(size), 3),
            "score": decimal_text(score, 3),
        },
        {"layer": layer, "head": head, "query": query},
    )


def _look(of: Subject) -> Question:
    layer, head, query = _telling_row(of)
    name = token_name(of.trace.tokens, query)
    row = of.compared("attention_row", layer=layer, head=head, query=name)
    best = [one.at[0] for one in row.ordered()[:2]]
    ends = [len(row.entries) - 1, query, query - 1, query + 1, 0]
    places = [one for one in dict.fromkeys([*best, *ends]) if 0 <= one < len(row.entries)]
    return _choice(
        [row.entries[place] for place in sorted(places[:MOST_OPTIONS])],
        row.largest,
        probability_text,
        _head_values(layer, head) | {"query": _shown(of, query)},
        {"layer": layer, "head": head, "query": query},
    )


def _previous(of: Subject) -> Question:
    scores = of.compared("role_scores", role="previous")
    best = scores.largest
    try:
        other = of.compared("role_scores", role="next").largest
    except NotThere:
        other = scores.smallest
    if other.at == best.at:
        other = scores.smallest
    pair = [one for one in scores.entries if one.at in (best.at, other.at)]
    own = of.trace.encoding.own
    clues = [_clue(of, one, own[len(own) // 2 :][:CLUES] or own) for one in pair]
    return _choice(
        pair,
        best,
        probability_text,
        {"first": clues[0], "second": clues[-1]},
        {"layer": best.at[0], "head": best.at[1]},
    )


def _rest(of: Subject) -> Question:
    shares = of.compared("weight_on_added")
    return _choice(
        _spread(shares),
        shares.largest,
        share_text,
        {"lowest": shares.smallest.label, "lowest_share": share_text(shares.smallest.value)},
        {"layer": shares.largest.at[0]},
    )


def _near(of: Subject) -> Question:
    place = max(1, _own_token(of))
    length = min(of.bert.config.max_position_embeddings, max(32, len(of.trace.tokens)))
    near = of.compared("position_cosines", position=place, length=length)
    at = {one.at[0]: one for one in near.entries}
    wanted = dict.fromkeys([near.largest.at[0], place + 1, place - 1, place + 8, 0, place + 16])
    found = [one for one in wanted if one in at][:MOST_OPTIONS]
    return _choice(
        [at[one] for one in sorted(found)],
        near.largest,
        lambda value: decimal_text(value, 3),
        {"position": str(place)},
        {"query": min(place, len(of.trace.tokens) - 1)},
    )


def _order(of: Subject) -> Question:
    word = _judged_word(of, lambda one: len(one.positions) == 1)
    name = word_name(words_of(of.trace.encoding), word)
    found = of.compared("reordered_word", word=name)
    before, after = (one.value for one in found.entries)
    return _change(
        probability_text(before),
        probability_text(after),
        after - before,
        {"word": display_text(name)},
        {"query": word.positions[0]},
        {"pos_order": "reverse", "pos_hidden": word.positions[0]},
    )


def _hardest(of: Subject) -> Question:
    words = words_of(of.trace.encoding)
    judged = [word for word in words if _can_be_judged(of, word)]
    most = min(WORDS_TRIED, max(MOST_OPTIONS, TOKENS_TRIED // len(of.trace.tokens)))
    tried = judged[:: max(1, math.ceil(len(judged) / most))]
    if not tried:
        raise NotThere("word", "no word of the text can be hidden")
    entries: list[Entry] = []
    for word in tried:
        entries += of.compared("hidden_words", words=(word_name(words, word),)).entries
        of.tell(len(entries), len(tried))
    found = Compared(tuple(entries), "probability")
    return _choice(
        _spread(found),
        found.smallest,
        probability_text,
        {
            "easiest": display_text(found.largest.label),
            "most": probability_text(found.largest.value),
        },
        {"query": found.smallest.at[0]},
    )


def _chosen(of: Subject) -> Question:
    mean = of.number("chosen_tokens")
    if not mean:
        raise NotThere("text", "the text has no token that could be chosen")
    own = mean / 0.15
    options = [decimal_text(share * own, 2) for share in (0.015, 0.15, 0.5, 0.8)]
    return Question(
        tuple(map(Option, options)),
        options.index(decimal_text(mean, 2)),
        {
            "own": count_text(round(own)),
            "mean": decimal_text(mean, 2),
            "masked": decimal_text(mean * 0.8, 2),
            "random": decimal_text(mean * 0.1, 2),
        },
    )


def _swap(of: Subject) -> Question:
    pair, text_b = _pair(of)
    before, after = (pair.number("is_next", variant=name) for name in ("as_is", "swapped"))
    return _change(
        probability_text(before),
        probability_text(after),
        after - before,
        {"text_a": display_text(of.trace.encoding.text_a), "text_b": display_text(text_b)},
    )


def _variant(of: Subject) -> Question:
    pair, text_b = _pair(of)
    plain = pair.number("is_next")
    names = [name for name in variants_for(of.bert) if name not in ("as_is", "swapped")]
    after = {name: pair.number("is_next", variant=name) for name in names}
    moved = {name: abs(value - plain) for name, value in after.items()}
    return Question(
        tuple(
            Option(key=f"next_sentence.variant.{name}", digits=signed_text(after[name] - plain))
            for name in names
        ),
        names.index(max(moved, key=lambda name: moved[name])),
        {
            "text_a": display_text(of.trace.encoding.text_a),
            "text_b": display_text(text_b),
            "plain": probability_text(plain),
        },
    )


def _senses(of: Subject) -> Question:
    shelf = {entry.word: entry for entry in shelves.word_contexts(of.bert.language)}
    entry = shelf.get(of.known.word) or next(iter(shelf.values()))
    first = entry.senses[0]
    alike = [at for at in range(1, len(entry.senses)) if entry.senses[at] == first]
    others = [at for at in range(1, len(entry.senses)) if entry.senses[at] != first]
    stage = of.trace.num_layers + 1
    near = {
        at: of.number(
            "use_cosine",
            word=entry.word,
            text=entry.sentences[0],
            other=entry.sentences[at],
            stage=stage,
        )
        for at in sorted((*alike[:1], *others[:1]))
    }
    places = list(near)
    return Question(
        tuple(Option(entry.sentences[at], digits=decimal_text(near[at], 3)) for at in places),
        places.index(max(places, key=lambda at: near[at])),
        {"word": entry.word, "sentence": entry.sentences[0]},
        choices={"wc_word": entry.word},
    )


def _cells(of: Subject) -> Question:
    total = int(of.number("attention_cells"))
    count, config = len(of.trace.tokens), of.bert.config
    heads, layers = config.num_attention_heads, config.num_hidden_layers
    options = sorted({count, count**2, heads * count**2, total})
    return Question(
        tuple(Option(count_text(one)) for one in options),
        options.index(total),
        {
            "tokens": count_text(count),
            "heads": count_text(heads),
            "layers": count_text(layers),
            "cells": count_text(total),
            "longest": count_text(layers * heads * 512**2),
        },
        choices={"con_search": "O(n²)"},
    )


def _parts(of: Subject) -> Question:
    counts = of.compared("parameters")
    total = sum(one.value for one in counts.entries)
    four = counts.ordered()[:MOST_OPTIONS]
    shown = [one for one in counts.entries if one in four]
    return Question(
        tuple(
            Option(key=f"models.part.{one.label}", digits=count_text(one.value)) for one in shown
        ),
        shown.index(counts.largest),
        {"total": count_text(total), "share": share_text(counts.largest.value / total)},
    )


ASKED: Mapping[str, Callable[[Subject], Question]] = {
    "tokens": _tokens,
    "pieces": _pieces,
    "embedding": _embedding,
    "score": _score,
    "look": _look,
    "previous": _previous,
    "rest": _rest,
    "near": _near,
    "order": _order,
    "hardest": _hardest,
    "chosen": _chosen,
    "swap": _swap,
    "variant": _variant,
    "senses": _senses,
    "cells": _cells,
    "parts": _parts,
}
"""Stop → what makes its question."""


# What a text is asked about


def _own_token(of: Subject) -> int:
    """A token of the text: that of the default's row where it is there, else the middle one."""
    own = of.trace.encoding.own
    if not own:
        raise NotThere("text", "the text has no token of its own")
    if of.known.row:
        return of.known.row[2]
    words = [place for place in own if of.trace.tokens[place].isalnum()] or own
    return words[len(words) // 2]


def _telling_row(of: Subject) -> tuple[int, int, int]:
    """Layer, head and token whose look is worth a question.

    The one that is known, else the token that looks most at one of the text's tokens further away
    than its neighbours; where there is none so far away, at any of them.
    """
    if of.known.row:
        return of.known.row
    own = torch.tensor(of.trace.encoding.own, dtype=torch.long)
    if not len(own):
        raise NotThere("text", "the text has no token of its own")
    far = (own[:, None] - own[None, :]).abs() > 1
    if not far.any():
        far = torch.ones_like(far)
    best, place = -1.0, (0, 0, int(own[0]))
    for layer in range(of.trace.num_layers):
        weights = of.trace.layer(layer).attention_probs[:, own[:, None], own].masked_fill(~far, 0.0)
        largest = float(weights.max())
        if largest > best:
            head, query, _ = (int(i) for i in torch.unravel_index(weights.argmax(), weights.shape))
            best, place = largest, (layer, head, int(own[query]))
    return place


def _can_be_judged(of: Subject, word: Word) -> bool:
    ids = {of.trace.encoding.input_ids[place] for place in word.positions}
    return any(map(str.isalnum, word.text)) and ids.isdisjoint(
        (of.bert.tokenizer.unk_id, of.bert.tokenizer.mask_id)
    )


def _judged_word(of: Subject, fits: Callable[[Word], bool]) -> Word:
    """The word that Masked words would hide first, else one in the middle of the text."""
    found = [
        word for word in words_of(of.trace.encoding) if _can_be_judged(of, word) and fits(word)
    ]
    if not found:
        raise NotThere("word", "no word of the text can be hidden")
    found = [word for word in found if word.text == of.known.hidden] or found
    return found[len(found) // 2]


def _pair(of: Subject) -> tuple[Subject, str]:
    """The pair in the sentence bar, or with the B that Next sentence tries while there is none."""
    text_a, text_b = of.trace.encoding.text_a, of.trace.encoding.text_b
    if text_b is not None:
        return of, text_b
    if "nsp" in of.bert.missing:
        raise NotThere("nsp", of.bert.missing["nsp"])
    text_b = of.known.text_b or best_b(of.bert, text_a, of.report)
    return replace(of, trace=of.bert.trace(text_a, text_b)), text_b


def _clue(of: Subject, head: Entry, places: Sequence[int]) -> str:
    """Where a head looks from a few tokens: `L0 H2: cat → the · saw → cat`."""
    layer, number = head.at
    weights = of.trace.layer(layer).attention_probs[number]
    looks = [
        f"{_shown(of, place)} → {_shown(of, int(weights[place].argmax()))}" for place in places
    ]
    return f"{head.label}: {' · '.join(looks)}"


# How a question is put together


def _choice(
    entries: Sequence[Entry],
    right: Entry,
    write: Callable[[float], str],
    values: Mapping[str, str],
    chosen: Mapping[str, int | str],
) -> Question:
    """One of several things, each with its number."""
    return Question(
        tuple(Option(display_text(one.label), digits=write(one.value)) for one in entries),
        [one.at for one in entries].index(right.at),
        values,
        chosen,
    )


def _change(
    before: str,
    after: str,
    change: float,
    values: Mapping[str, str],
    chosen: Mapping[str, int | str] | None = None,
    choices: Mapping[str, int | str] | None = None,
) -> Question:
    """Does a number rise, fall or stay, as far as its digits tell?"""
    kinds = ("rises", "falls", "stays")
    kind = "stays" if before == after else "rises" if change > 0 else "falls"
    return Question(
        tuple(Option(key=f"tour.change.{one}") for one in kinds),
        kinds.index(kind),
        {**values, "before": before, "after": after},
        chosen or {},
        choices or {},
    )


def _spread(found: Compared) -> list[Entry]:
    """At most four in reading order: the largest, the smallest, and two between."""
    ordered = found.ordered()
    last = len(ordered) - 1
    picked = {round(last * step / (MOST_OPTIONS - 1)) for step in range(MOST_OPTIONS)}
    # of equal ones the table's own largest and smallest are the right answers
    kept = [ordered[place] for place in picked if 0 < place < last]
    kept = [found.largest, found.smallest, *kept]
    return [one for one in found.entries if one in kept]


def _head_values(layer: int, head: int) -> dict[str, str]:
    return {"layer": str(layer), "head": str(head)}


def _shown(of: Subject, place: int) -> str:
    return display_text(token_name(of.trace.tokens, place))
