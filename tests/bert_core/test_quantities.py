"""Quantities: each against another way to the same number, and what they refuse."""

import math
from typing import Any

import pytest
import torch

from bert_core import load
from bert_core.bert import Bert
from bert_core.quantities import (
    QUANTITIES,
    Compared,
    Measured,
    NotThere,
    answer,
    token_name,
    word_name,
)
from bert_core.words import words_of

A, B = "my dog is playing my play", "he likes [MASK]"


def number(bert: Bert, name: str, text_b: str | None = B, **arguments: Any) -> float:
    found = answer(name, bert, bert.trace(A, text_b), **arguments)
    assert isinstance(found, Measured) and found.unit == QUANTITIES[name].unit
    return found.value


def compared(bert: Bert, name: str, text_b: str | None = B, **arguments: Any) -> dict[str, float]:
    found = answer(name, bert, bert.trace(A, text_b), **arguments)
    assert isinstance(found, Compared) and found.unit == QUANTITIES[name].unit
    values = {entry.label: entry.value for entry in found.entries}
    assert len(values) == len(found.entries)
    assert found.largest.value == max(values.values()) == found.ordered()[0].value
    assert found.smallest.value == min(values.values())
    return values


def test_of_the_text(bert: Bert) -> None:
    assert number(bert, "token_count") == 2 + 7 + 4
    # the typed [MASK] is nothing that the training task could choose
    assert number(bert, "chosen_tokens") == pytest.approx(0.15 * 9)
    found = compared(bert, "pieces")
    assert found == {"my (1)": 1, "dog": 1, "is": 1, "playing": 2, "my (6)": 1, "play": 1} | {
        "he": 1,
        "likes": 1,
        "[MASK]": 1,
    }
    assert compared(bert, "pieces", words=("playing", "he")) == {"playing": 2, "he": 1}


def test_of_embeddings_and_positions(bert: Bert) -> None:
    tables = bert.model.bert.embeddings
    ids = bert.encode(A, B).input_ids
    found = compared(bert, "embedding_lengths", token="likes")
    place = 10
    assert ids[place] == bert.tokenizer.id("likes")
    with torch.no_grad():
        assert found["word"] == pytest.approx(float(tables.word_embeddings.weight[ids[10]].norm()))
        assert found["position"] == pytest.approx(
            float(tables.position_embeddings.weight[10].norm())
        )
        assert found["segment"] == pytest.approx(
            float(tables.token_type_embeddings.weight[1].norm())
        )
        near = compared(bert, "position_cosines", position=2, length=4)
        rows = tables.position_embeddings.weight.double()
        assert near == {
            str(other): pytest.approx(
                float(rows[2] @ rows[other] / rows[2].norm() / rows[other].norm())
            )
            for other in (0, 1, 3)
        }
    assert len(compared(bert, "position_cosines", position=0)) == 12


def test_of_attention(bert: Bert) -> None:
    record = bert.trace(A, B).layer(1)
    row = compared(bert, "attention_row", layer=1, head=2, query="dog")
    # softmax of the scores, worked out here from queries and keys
    products = record.query[2, 2].double() @ record.key[2].double().T
    shares = (products / math.sqrt(5)).softmax(-1).tolist()
    assert list(row.values()) == pytest.approx(shares, abs=1e-6)
    assert list(row)[:3] == ["[CLS]", "my (1)", "dog"]
    own = compared(bert, "attention_row", layer=1, head=2, query="dog", own=True)
    assert own == {one: row[one] for one in row if not one.startswith(("[CLS]", "[SEP]"))}
    asked: dict[str, Any] = {"layer": 1, "head": 2, "query": "dog", "key": "my (6)"}
    assert number(bert, "attention_weight", **asked) == row["my (6)"]
    assert number(bert, "dot_product", **asked) == pytest.approx(float(products[6]), abs=1e-5)
    score = float(products[6]) / math.sqrt(5)
    assert number(bert, "attention_score", **asked) == pytest.approx(score, abs=1e-5)
    entropy = -sum(share * math.log(share) for share in shares)
    found = number(bert, "row_entropy", layer=1, head=2, query="dog")
    assert found == pytest.approx(entropy, abs=1e-5)
    assert number(bert, "attention_cells") == 3 * 4 * 13 * 13
    at: dict[str, Any] = {"layer": 1, "head": 2, "query": "dog"}
    assert number(bert, "stage_number", stage="attention_scores", key="my (6)", **at) == (
        pytest.approx(score, abs=1e-5)
    )
    mixed = sum(
        share * float(one) for share, one in zip(shares, record.value[2, :, 3], strict=True)
    )
    found = number(bert, "stage_number", stage="context", dimension=3, **at)
    assert found == pytest.approx(mixed, abs=1e-5)
    summed = bert.trace(A, B).embeddings.embedding_sum
    assert number(bert, "stage_number", stage="embedding_sum", **at) == float(summed[2, 0])


def test_of_heads_and_layers(bert: Bert) -> None:
    trace = bert.trace(A, B)
    own = [1, 2, 3, 4, 5, 6, 7, 9, 10, 11]
    assert trace.encoding.own == tuple(own)
    roles = compared(bert, "role_scores", role="previous")
    assert list(roles)[:5] == ["L0 H0", "L0 H1", "L0 H2", "L0 H3", "L1 H0"]
    weights = trace.layer(2).attention_probs[3]
    before = sum(float(weights[at, at - 1]) for at in own) / len(own)
    assert roles["L2 H3"] == pytest.approx(before, abs=1e-6)
    added = compared(bert, "weight_on_added")
    probs = trace.layer(0).attention_probs
    mean = sum(float(probs[h, q, k]) for h in range(4) for q in own for k in (0, 8, 12)) / 40
    assert added["L0"] == pytest.approx(mean, abs=1e-6) and list(added) == ["L0", "L1", "L2"]


def test_of_vectors(bert: Bert) -> None:
    states = [one.double() for one in bert.trace(A, B).hidden_states]

    def cosine(one: torch.Tensor, other: torch.Tensor) -> Any:
        return pytest.approx(float(one @ other / one.norm() / other.norm()), abs=1e-5)

    near = compared(bert, "state_cosines", token="dog", stage=3)
    assert near["he"] == cosine(states[3][2], states[3][9]) and "dog" not in near
    changed = compared(bert, "layer_cosines", token="dog")
    assert changed == {
        f"L{layer}": cosine(states[layer][2], states[layer + 1][2]) for layer in range(3)
    }
    here, there = "my dog is cute", "he likes my dog"
    uses = {"word": "dog", "text": here, "other": there}
    table = bert.model.bert.embeddings.word_embeddings.weight.detach().double()
    dog = table[bert.tokenizer.id("dog")]
    assert number(bert, "use_cosine", **uses, stage=0) == cosine(dog, dog)
    last = [bert.trace(text).hidden_states[-1].double() for text in (here, there)]
    assert number(bert, "use_cosine", **uses, stage=4) == cosine(last[0][2], last[1][4])


def test_of_masked_words(bert: Bert) -> None:
    best = bert.fill_mask(A, B, top_k=3)[0]
    assert compared(bert, "guesses", k=3) == {
        one.token: pytest.approx(one.probability, abs=1e-6) for one in best
    }
    third = best[2]
    assert number(bert, "guess_probability", token=third.token) == pytest.approx(third.probability)
    assert number(bert, "guess_rank", token=third.token) == 3
    masked = bert.trace("my [MASK] is playing my play", B)
    shares = masked.mlm_logits_at(2).double().softmax(-1)
    right = bert.tokenizer.id("dog")
    words = compared(bert, "hidden_words", words=("dog", "playing"))
    assert words["dog"] == pytest.approx(float(shares[right]), abs=1e-6)
    assert number(bert, "hidden_word_loss", word="dog") == pytest.approx(
        -math.log(words["dog"]), abs=1e-5
    )
    # entries past the tokenizer's vocabulary have no name and no rank
    rank = 1 + int((shares[: bert.tokenizer.vocab_size] > shares[right]).sum())
    assert number(bert, "hidden_word_rank", word="dog") == rank
    both = bert.trace("my dog is [MASK][MASK] my play", B)
    terms = [
        math.log(float(both.mlm_logits_at(place).double().softmax(-1)[bert.tokenizer.id(piece)]))
        for place, piece in ((4, "play"), (5, "##ing"))
    ]
    assert words["playing"] == pytest.approx(math.exp(sum(terms)), abs=1e-6)
    found = number(bert, "hidden_word_loss", word="playing")
    assert found == pytest.approx(-sum(terms) / 2, abs=1e-5)


def test_of_the_order(bert: Bert) -> None:
    found = compared(bert, "reordered_word", text_b=None, word="dog")
    assert found["as_is"] == compared(bert, "hidden_words", text_b=None, words=("dog",))["dog"]
    moved = bert.trace("play my playing is [MASK] my")
    shares = moved.mlm_logits_at(6).double().softmax(-1)
    assert found["moved"] == pytest.approx(float(shares[bert.tokenizer.id("dog")]), abs=1e-6)
    with pytest.raises(NotThere):
        answer("reordered_word", bert, bert.trace("dog"), word="dog")


def test_of_the_next_sentence(bert: Bert) -> None:
    assert number(bert, "is_next") == pytest.approx(bert.next_sentence(A, B).is_next, abs=1e-6)
    swapped = pytest.approx(bert.next_sentence(B, A).is_next, abs=1e-6)
    assert number(bert, "is_next", variant="swapped") == swapped
    assert compared(bert, "is_next_variants")["swapped"] == swapped


def test_of_the_model(bert: Bert) -> None:
    found = compared(bert, "parameters")
    assert sum(found.values()) == sum(one.numel() for one in bert.model.parameters())
    hidden, inner, layers = 20, 37, 3
    assert [found[name] for name in ("word", "position", "segment")] == [99 * 20, 23 * 20, 2 * 20]
    assert found["attention"] == layers * 4 * (hidden * hidden + hidden)
    assert found["feed_forward"] == layers * (2 * hidden * inner + inner + hidden)
    assert found["layer_norm"] == (2 * layers + 1) * 2 * hidden
    assert number(bert, "size", field="num_hidden_layers") == 3
    assert number(bert, "size", field="head_size") == 5


ARGUMENTS: dict[str, dict[str, Any]] = {
    "embedding_lengths": {"token": "[CLS]"},
    "position_cosines": {"position": 1},
    "attention_row": {"layer": 0, "head": 0, "query": "[CLS]"},
    "attention_weight": {"layer": 0, "head": 0, "query": "[CLS]", "key": "[CLS]"},
    "dot_product": {"layer": 0, "head": 0, "query": "[CLS]", "key": "[CLS]"},
    "attention_score": {"layer": 0, "head": 0, "query": "[CLS]", "key": "[CLS]"},
    "row_entropy": {"layer": 0, "head": 0, "query": "[CLS]"},
    "role_scores": {"role": "previous"},
    "state_cosines": {"token": "[CLS]", "stage": 1},
    "layer_cosines": {"token": "[CLS]"},
    "use_cosine": {"word": "a", "text": "a b", "other": "b a", "stage": 2},
    "stage_number": {"stage": "context", "layer": 5, "head": 11, "query": "x"},
    "guess_probability": {"token": "."},
    "guess_rank": {"token": "."},
    "hidden_word_loss": {"word": "x"},
    "hidden_word_rank": {"word": "x"},
    "reordered_word": {"word": "x"},
    "size": {"field": "hidden_size"},
    "scaled_product": {"q": (1, 2), "k": (3, 4)},
    "softmax_share": {"scores": (1, 2), "place": 0},
    "weighted_sum": {"weights": (1,), "values": (2,)},
    "cross_entropy": {"probability": 0.5},
    "training_tokens": {"tokens": 10},
}


@pytest.mark.parametrize("name", ["small-en", "small-zh"])
@pytest.mark.parametrize(
    ("text_a", "text_b"),
    [("", None), ("x", None), ("🜲 \u202e", "[MASK] the the the 的的"), ("。", "")],
)
def test_every_text_has_an_answer_or_a_reason(name: str, text_a: str, text_b: str | None) -> None:
    bert = _shipped(name)
    trace = bert.trace(text_a, text_b)
    for quantity in QUANTITIES:
        try:
            found = answer(quantity, bert, trace, **ARGUMENTS.get(quantity, {}))
        except NotThere as error:
            assert error.reason
            continue
        values = [found.value] if isinstance(found, Measured) else [e.value for e in found.entries]
        assert values and all(map(math.isfinite, values)), quantity


_models: dict[str, Bert] = {}


def _shipped(name: str) -> Bert:
    return _models.setdefault(name, load(name, device="cpu"))


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("attention_row", {"layer": 3, "head": 0, "query": "dog"}, "layer"),
        ("attention_row", {"layer": 0, "head": 4, "query": "dog"}, "layer"),
        ("attention_row", {"layer": 0, "head": 0, "query": "my"}, "token"),
        ("state_cosines", {"token": "dog", "stage": 4}, "layer"),
        ("hidden_words", {"words": ("my",)}, "word"),
        ("hidden_words", {"words": ("[MASK]",)}, "word"),
        ("guesses", {"mask": 1}, "mask"),
        ("guess_rank", {"token": "nowhere"}, "name"),
        ("role_scores", {"role": "verb"}, "name"),
        ("stage_number", {"stage": "no", "layer": 0, "head": 0, "query": "dog"}, "name"),
        ("stage_number", {"stage": "context", "layer": 3, "head": 0, "query": "dog"}, "layer"),
        ("is_next", {"variant": "doubled"}, "name"),
        ("size", {"field": "hidden_act"}, "name"),
        ("position_cosines", {"position": 13}, "name"),
        ("use_cosine", {"word": "dog", "text": "my dog", "other": "he", "stage": 0}, "word"),
    ],
)
def test_what_is_not_there_is_told(
    bert: Bert, name: str, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NotThere) as caught:
        answer(name, bert, bert.trace(A, B), **arguments)
    assert caught.value.reason == reason


def test_a_part_that_is_missing_is_told(bert: Bert) -> None:
    bare = Bert(bert.name, bert.model, bert.tokenizer, {"mlm": "no weights", "nsp": "no weights"})
    for name, reason in (("hidden_words", "mlm"), ("is_next", "nsp")):
        with pytest.raises(NotThere) as caught:
            answer(name, bare, bare.trace(A, B))
        assert caught.value.reason == reason
    with pytest.raises(NotThere) as caught:
        answer("is_next", bert, bert.trace(A))
    assert caught.value.reason == "pair"


def test_arguments_out_of_a_file_are_checked(bert: Bert) -> None:
    assert QUANTITIES["hidden_words"].read({"words": ["dog"]}) == {"words": ("dog",)}
    for given in ({"layer": 1, "head": "2", "query": "dog"}, {"layer": 1}, {"nothing": 1}):
        with pytest.raises(ValueError, match="attention_row"):
            QUANTITIES["attention_row"].read(given)
    assert all(one.about for one in QUANTITIES.values())


def test_names_say_the_position_only_where_it_is_needed(bert: Bert) -> None:
    trace = bert.trace(A, B)
    assert [token_name(trace.tokens, at) for at in (1, 2)] == ["my (1)", "dog"]
    words = words_of(trace.encoding)
    assert [word_name(words, words[at]) for at in (0, 1)] == ["my (1)", "dog"]


def test_worked_out_from_numbers_that_are_given(bert: Bert) -> None:
    # 1·2 + 2·1 + 0·1 + 1·0 = 4, over √4
    assert number(bert, "scaled_product", q=(1, 2, 0, 1), k=(2, 1, 1, 0)) == 2
    share = number(bert, "softmax_share", scores=(2, 0.0, 0), place=0)
    assert share == pytest.approx(math.e**2 / (math.e**2 + 2))
    assert number(bert, "softmax_share", scores=(1000, 1000), place=1) == 0.5
    found = number(bert, "weighted_sum", weights=(0.5, 0.3, 0.2), values=(2, -1, 4))
    assert found == pytest.approx(1.5)
    assert number(bert, "cross_entropy", probability=0.25) == pytest.approx(2 * math.log(2))
    parts = [
        number(bert, "training_tokens", tokens=1000, part=part)
        for part in ("masked", "random", "kept")
    ]
    assert parts == pytest.approx([120, 15, 15])
    assert number(bert, "training_tokens", tokens=1000) == pytest.approx(150)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("scaled_product", {"q": (1, 2), "k": (1,)}),
        ("weighted_sum", {"weights": (1,), "values": (1, 2)}),
        ("softmax_share", {"scores": (1, 2), "place": 2}),
        ("softmax_share", {"scores": (1, 2), "place": -1}),
        ("cross_entropy", {"probability": 0.0}),
        ("cross_entropy", {"probability": 1.5}),
        ("training_tokens", {"tokens": 10, "part": "all"}),
    ],
)
def test_numbers_that_do_not_fit_are_told(bert: Bert, name: str, arguments: Any) -> None:
    with pytest.raises(NotThere) as error:
        number(bert, name, **arguments)
    assert error.value.reason == "name"


@pytest.mark.parametrize("scores", [(), ("1",), (True,), 3])
def test_a_list_of_numbers_holds_numbers_alone(bert: Bert, scores: Any) -> None:
    with pytest.raises(ValueError, match="softmax_share"):
        number(bert, "softmax_share", scores=scores, place=0)
