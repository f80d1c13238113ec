"""The tour's right answers, each worked out again from weights and token ids alone."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import chain

import pytest
import torch
from torch import Tensor

from bert_core import load
from bert_core.bert import Bert
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.messages import LANGUAGES, text
from viz_app.number_text import count_text, decimal_text
from viz_app.session.concepts import matching
from viz_app.session.defaults import DEFAULTS
from viz_app.session.tour import STOPS
from viz_app.view_models.tour import PASSED, Known, Question, question

shipped = cache(lambda name: load(name, device="cpu"))


def known_of(language: str) -> Known:
    default = DEFAULTS[language]
    seen = default.example.seen
    row = (seen.layer, seen.head, seen.query)
    return Known(row, default.hidden, default.text_b, default.word)


SUBJECTS = {
    "default": ("small-en", (DEFAULTS["en"].example.text_a, None), known_of("en")),
    "pair": ("small-en", ("Cats purr.", "They sleep a lot."), Known()),
    "masked": ("small-en", ("My [MASK] saw my dog's dog.", None), Known()),
    "zh": ("small-zh", (DEFAULTS["zh"].example.text_a, None), known_of("zh")),
    "zh pair": ("small-zh", ("我喜欢猫。", "它很可爱。"), Known()),
    "zh hostile": ("small-zh", ("🜲 x 猫 \u202e", None), Known()),
}


@dataclass(frozen=True)
class Case:
    """A question, and the model and text that it is about."""

    bert: Bert
    trace: Trace
    asked: Question

    @property
    def ids(self) -> list[int]:
        return list(self.trace.encoding.input_ids)

    @property
    def segments(self) -> list[int]:
        return list(self.trace.encoding.token_type_ids)

    @property
    def own(self) -> list[int]:
        return list(self.trace.encoding.own)

    @property
    def options(self) -> list[str]:
        return [option.key or option.text for option in self.asked.options]

    @property
    def pair(self) -> tuple[str, str]:
        encoding = self.trace.encoding
        return encoding.text_a, encoding.text_b or self.asked.values["text_b"]

    def chosen(self, name: str) -> int:
        return int(self.asked.chosen[name])

    def weights(self, layer: int) -> Tensor:
        """[head, query, key] from the layer's input and its matrices, in float64."""
        query, key = self.projected(layer)
        products = torch.einsum("qhd,khd->hqk", query, key)
        return (products / math.sqrt(self.bert.config.head_size)).softmax(-1)

    def projected(self, layer: int) -> list[Tensor]:
        """Queries and keys of a layer, [token, head, head size] each."""
        attention = self.bert.model.layer(layer).attention.self
        states, heads = (
            self.trace.hidden_states[layer].double(),
            self.bert.config.num_attention_heads,
        )
        return [
            (states @ part.weight.double().T + part.bias.double()).unflatten(-1, (heads, -1))
            for part in (attention.query, attention.key)
        ]

    def all_weights(self) -> list[Tensor]:
        return [self.weights(layer) for layer in range(self.bert.config.num_hidden_layers)]

    def pieces(self, written: str) -> list[int]:
        return self.bert.tokenizer.pieces(written)[1]

    def words(self, ids: list[int]) -> Tensor:
        """ln p of the vocabulary at each place."""
        output = self.bert.model(torch.tensor([ids]), token_type_ids=torch.tensor([self.segments]))
        return output.mlm_logits[0].double().log_softmax(-1)

    def is_next(self, ids: list[int], segments: list[int]) -> float:
        output = self.bert.model(torch.tensor([ids]), token_type_ids=torch.tensor([segments]))
        return float(output.nsp_logits[0].double().softmax(-1)[0])

    def joined(self, text_a: str, text_b: str) -> tuple[list[int], list[int]]:
        """Ids and segments of a pair."""
        first, second, (cls, *_, sep) = self.pieces(text_a), self.pieces(text_b), self.ids
        segments = [0] * (len(first) + 2) + [1] * (len(second) + 1)
        return [cls, *first, sep, *second, sep], segments


def largest(found: dict[str, float]) -> str:
    return max(found, key=lambda name: found[name])


def change(before: float, after: float) -> str:
    return f"tour.change.{'rises' if after > before else 'falls'}"


def tokens(case: Case) -> str:
    encoding = case.trace.encoding
    texts = [encoding.text_a] if encoding.text_b is None else [encoding.text_a, encoding.text_b]
    return str(sum(len(case.pieces(one)) for one in texts) + 1 + len(texts))


def pieces(case: Case) -> str:
    return str(len(case.pieces(case.asked.values["word"])))


def embedding(case: Case) -> str:
    tables, place = case.bert.model.bert.embeddings, case.chosen("query")
    rows = {
        "word": tables.word_embeddings.weight[case.ids[place]],
        "position": tables.position_embeddings.weight[place],
        "segment": tables.token_type_embeddings.weight[case.segments[place]],
    }
    return f"tour.embedding.{largest({name: float(row.norm()) for name, row in rows.items()})}"


def score(case: Case) -> str:
    layer, head, place = (case.chosen(name) for name in ("layer", "head", "query"))
    query, keys = (part[:, head] for part in case.projected(layer))
    products = keys @ query[place]
    return decimal_text(float(products.max()) / math.sqrt(case.bert.config.head_size), 3)


def look(case: Case) -> str:
    layer, head, place = (case.chosen(name) for name in ("layer", "head", "query"))
    key = int(case.weights(layer)[head, place].argmax())
    token = case.trace.tokens[key]
    return token if case.trace.tokens.count(token) == 1 else f"{token} ({key})"


def previous(case: Case) -> str:
    return largest(
        {
            f"L{layer} H{head}": float(sum(weights[head, place, place - 1] for place in case.own))
            for layer, weights in enumerate(case.all_weights())
            for head in range(len(weights))
        }
    )


def rest(case: Case) -> str:
    added = [place for place in range(len(case.ids)) if place not in case.own]
    shares = [float(weights[:, case.own][..., added].sum()) for weights in case.all_weights()]
    return f"L{shares.index(max(shares))}"


def near(case: Case) -> str:
    place = int(case.asked.values["position"])
    table = case.bert.model.bert.embeddings.position_embeddings.weight[: max(32, len(case.ids))]
    found = torch.cosine_similarity(table.double(), table[place].double(), dim=-1).tolist()
    return largest({str(at): found[at] for at in range(len(found)) if at != place})


def order(case: Case) -> str:
    encoding, place = case.trace.encoding, case.chosen("query")
    words: dict[bool, list[list[int]]] = {False: [], True: []}
    for at in case.own:
        group = words[encoding.in_b(at)]
        if case.trace.tokens[at].startswith("##"):
            group[-1].append(at)
        else:
            group.append([at])
    moved = [0, *chain(*words[False][::-1]), encoding.end_of_a]
    if encoding.is_pair:
        moved += [*chain(*words[True][::-1]), len(case.ids) - 1]
    asked = [case.bert.tokenizer.mask_id if at == place else one for at, one in enumerate(case.ids)]
    before = case.words(asked)[place, case.ids[place]]
    after = case.words([asked[at] for at in moved])[moved.index(place), case.ids[place]]
    return change(float(before), float(after))


def hardest(case: Case) -> str:
    found = {}
    for name in case.options:
        word, _, place = name.removesuffix(")").partition(" (")
        pieces = case.pieces(word)
        count = len(pieces)
        start = next(at for at in case.own if case.ids[at : at + count] == pieces)
        start = int(place) if place else start
        hidden = case.ids
        hidden[start : start + count] = [case.bert.tokenizer.mask_id] * count
        rows = case.words(hidden)
        found[name] = -sum(float(rows[start + at, one]) for at, one in enumerate(pieces))
    return largest(found)


def chosen(case: Case) -> str:
    return decimal_text(
        0.15 * sum(case.ids[at] != case.bert.tokenizer.mask_id for at in case.own), 2
    )


def swap(case: Case) -> str:
    text_a, text_b = case.pair
    before, after = (case.joined(*both) for both in ((text_a, text_b), (text_b, text_a)))
    return change(case.is_next(*before), case.is_next(*after))


def variant(case: Case) -> str:
    ids, segments = case.joined(*case.pair)
    middle = segments.index(1) - 1
    changed = {
        "flipped": (ids, [1 - one for one in segments]),
        "one_segment": (ids, [0] * len(ids)),
        "no_middle_sep": (
            ids[:middle] + ids[middle + 1 :],
            segments[:middle] + segments[middle + 1 :],
        ),
        "no_last_sep": (ids[:-1], segments[:-1]),
    }
    plain = case.is_next(ids, segments)
    moves = {name: abs(case.is_next(*one) - plain) for name, one in changed.items()}
    return f"next_sentence.variant.{largest(moves)}"


def senses(case: Case) -> str:
    word = case.pieces(case.asked.values["word"])

    def vector(sentence: str) -> Tensor:
        trace = case.bert.trace(sentence)
        ids, count = list(trace.encoding.input_ids), len(word)
        start = next(at for at in range(len(ids)) if ids[at : at + count] == word)
        return trace.hidden_states[-1][start : start + count].double().mean(0)

    here = vector(case.asked.values["sentence"])
    return largest(
        {one: float(torch.cosine_similarity(here, vector(one), dim=0)) for one in case.options}
    )


def cells(case: Case) -> str:
    return count_text(sum(weights.numel() for weights in case.all_weights()))


def parts(case: Case) -> str:
    sizes = {name: one.numel() for name, one in case.bert.model.named_parameters()}
    inner = sum(
        count
        for name, count in sizes.items()
        if ".layer." in name and ".attention." not in name and "LayerNorm" not in name
    )
    table = sizes["bert.embeddings.word_embeddings.weight"]
    return f"models.part.{'word' if table > inner else 'feed_forward'}"


EXPECTED: dict[str, Callable[[Case], str]] = {
    one.__name__: one
    for one in (
        *(tokens, pieces, embedding, score, look, previous, rest, near, order, hardest, chosen),
        *(swap, variant, senses, cells, parts),
    )
}
"""Stop → the right option, from weights and token ids and not from the table of quantities."""


@cache
def questions(subject: str) -> dict[str, Case]:
    """Stop → what is asked about one of the texts; worked out once for all tests."""
    name, (text_a, text_b), known = SUBJECTS[subject]
    bert = shipped(name)
    trace = bert.trace(text_a, text_b)
    return {stop.id: Case(bert, trace, question(stop.id, bert, trace, known)) for stop in STOPS}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_right_answers_follow_from_the_weights(subject: str) -> None:
    for stop, case in questions(subject).items():
        if case.asked.passed:
            assert case.asked.passed in PASSED and "hostile" in subject, stop
            continue
        with torch.no_grad():
            assert case.options[case.asked.right] == EXPECTED[stop](case), stop
        assert len(set(case.options)) == len(case.options) <= 4
        assert case.asked.is_right(case.asked.right)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_message_has_its_values(subject: str, language: str) -> None:
    for stop, case in questions(subject).items():
        asked = case.asked
        if asked.passed:
            assert text(language, f"tour.passed.{asked.passed}")
            continue
        for part in ("question", "why"):
            assert text(language, f"tour.{stop}.{part}", **asked.values)
        assert all(text(language, option.key) for option in asked.options if option.key)
        if asked.options[0].digits:
            assert text(language, f"tour.{stop}.measure", digits=asked.options[0].digits)


@pytest.mark.parametrize(
    ("text_a", "text_b"),
    [
        ("", None),
        ("dog", None),
        ("[MASK]", None),
        ("xyz", "xyz"),
        ("the cat saw a dog " * 30, None),
    ],
)
def test_any_model_and_any_text_has_a_question_or_a_reason(text_a: str, text_b: str | None) -> None:
    bert = toy_bert()
    bare = Bert(bert.name, bert.model, bert.tokenizer, {"mlm": "none", "nsp": "none"})
    for each in (bert, bare):
        trace = each.trace(text_a, text_b)
        for stop in STOPS:
            asked = question(stop.id, each, trace, Known())
            assert (asked.passed in PASSED) if asked.passed else len(asked.options) > 1
            inside = {"layer": 3, "head": 4, "query": len(trace.tokens)}
            assert all(int(asked.chosen.get(name, 0)) < size for name, size in inside.items())


def test_the_stop_on_concepts_opens_its_card() -> None:
    bert = shipped("small-en")
    asked = question("cells", bert, bert.trace("A cat."), Known())
    for language in LANGUAGES:
        assert matching(str(asked.choices["con_search"]), language)[0].id == "quadratic"


def test_longer_work_says_how_far_it_is_and_can_be_stopped() -> None:
    bert = toy_bert()
    trace = bert.trace("the cat saw a dog")
    told: list[tuple[int, int]] = []
    question("hardest", bert, trace, Known(), lambda *at: told.append(at))
    assert told == [(number, 5) for number in range(1, 6)]

    def stop(done: int, total: int) -> None:
        raise InterruptedError

    for name in ("hardest", "swap"):
        with pytest.raises(InterruptedError):
            question(name, toy_bert(), trace, Known(), stop)
