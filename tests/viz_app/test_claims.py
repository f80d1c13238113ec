"""What the pages say of trained models in general holds for the shipped ones."""

import pytest
import torch

from bert_core import load
from bert_core.assets import shipped_checkpoints
from bert_core.bert import Bert
from bert_core.claims import HeadClaim, InTop, NextSentence, WeightAtLeast
from bert_core.findings import check, position_of
from bert_core.shelves import word_contexts
from bert_core.studies.heads import ROLES, head_roles
from bert_core.studies.order import order_effect, word_order
from bert_core.studies.words_in_context import cosines, sense_similarity
from bert_core.trace import Trace, trace_forward
from bert_core.words import hide_word, words_of
from viz_app.session.defaults import DEFAULTS
from viz_app.session.examples import examples
from viz_app.view_models.labs.contexts import uses_of, vectors_of


@pytest.fixture(scope="module", params=shipped_checkpoints())
def bert(request: pytest.FixtureRequest) -> Bert:
    return load(request.param, device="cpu")


@pytest.fixture(scope="module")
def traces(bert: Bert) -> list[Trace]:
    menu = examples()[bert.language]
    return [bert.trace(entry.text_a, entry.text_b or None) for entry in menu]


@pytest.fixture(scope="module", params=DEFAULTS)
def default(request: pytest.FixtureRequest) -> Bert:
    """The default model of a language: of this one the examples speak."""
    return load(DEFAULTS[request.param].model, device="cpu")


def test_every_example_keeps_its_promises(default: Bert) -> None:
    failed = {
        (entry.id, claim): found.measured
        for entry in examples()[default.language]
        for claim in entry.expect
        if not (found := check(claim, default, entry.text_a, entry.text_b)).holds
    }
    assert failed == {}


def test_an_example_is_seen_at_a_token_that_its_claims_speak_of(default: Bert) -> None:
    for entry in examples()[default.language]:
        seen = entry.seen
        tokens = default.encode(entry.text_a, entry.text_b or None).tokens
        rows = [
            position_of(claim.query, tokens)
            for claim in entry.expect
            if isinstance(claim, HeadClaim) and (claim.layer, claim.head) == (seen.layer, seen.head)
        ]
        if rows:
            assert seen.query in rows, entry.id


def test_what_a_visitor_sees_first_shows_its_point(default: Bert) -> None:
    """The head of the default text sends its token to a word of the text, not to the next one."""
    first = DEFAULTS[default.language]
    entry, seen = first.example, first.example.seen
    assert seen.page == "attention"
    trace = default.trace(entry.text_a, entry.text_b or None)
    row = trace.layer(seen.layer).attention_probs[seen.head, seen.query].clone()
    row[[0, -1]] = 0
    best = int(row.argmax())
    assert abs(best - seen.query) > 1 and row[best] >= 0.25
    assert any(
        isinstance(claim, WeightAtLeast) and trace.tokens[best] in " ".join(claim.key)
        for claim in entry.expect
    )


def test_pages_open_with_something_that_the_default_model_does(default: Bert) -> None:
    first = DEFAULTS[default.language]
    text, seen = first.example.text_a, first.example.seen
    [word] = [word for word in words_of(default.encode(text)) if word.text == first.hidden]
    masked, _ = hide_word(default.encode(text), word)
    assert check(InTop(first.hidden.lower(), 3), default, masked).holds
    assert check(NextSentence(True, 0.9), default, text, first.text_b).holds
    heads = [
        default.trace(each).layer(seen.layer).attention_probs[seen.head]
        for each in (text, first.compared)
    ]
    assert heads[0].shape == heads[1].shape
    assert (heads[0] - heads[1])[seen.query].abs().max() >= 0.2


def test_the_first_word_in_context_has_senses_that_the_default_model_tells_apart(
    default: Bert,
) -> None:
    first = DEFAULTS[default.language].word
    [entry] = [each for each in word_contexts(default.language) if each.word == first]
    uses, encodings = uses_of(default, entry.word, entry.sentences, entry.senses)
    vectors = vectors_of(default, uses, encodings)
    found = sense_similarity(vectors, [use.sense for use in uses if use.positions])
    assert found.same[-1] - found.different[-1] >= 0.15


def test_some_heads_look_at_places_and_others_do_not(bert: Bert, traces: list[Trace]) -> None:
    scores = torch.stack([head_roles(trace).scores for trace in traces]).nanmean(0)
    for role in ("previous", "next"):
        assert scores[ROLES.index(role)].max() >= 0.8
    places = torch.stack([scores[ROLES.index(role)] for role in ("previous", "next", "self")])
    assert (places.sum(0) <= 0.25).any()


def test_with_positions_a_model_tells_another_order_apart(traces: list[Trace], bert: Bert) -> None:
    for trace in traces:
        order = word_order(trace.encoding, "reverse")
        moved = trace_forward(bert.model, trace.encoding.reordered(order))
        assert order_effect(trace, moved, order).max() > 0.1


def test_what_all_positions_share_makes_them_look_more_alike(bert: Bert) -> None:
    table = bert.model.bert.embeddings.position_embeddings.weight.detach()[:64]
    own, centred = (
        cosines(rows, rows)[torch.ones(64, 64).triu(1).bool()].mean()
        for rows in (table, table - table.mean(0))
    )
    assert own > centred + 0.1


def test_trained_dot_products_grow_faster_than_the_root(traces: list[Trace]) -> None:
    """The root mean square of q·k from 2 to all dimensions; independent numbers: √(d / 2)."""
    sizes = torch.stack(
        [
            torch.stack(
                [
                    (layer.query[..., :d] @ layer.key[..., :d].mT).square().mean((-1, -2))
                    for d in (2, layer.query.shape[-1])
                ]
            )
            for trace in traces
            for layer in map(trace.layer, range(trace.num_layers))
        ]
    ).mean((0, 2))
    root = (traces[0].config.head_size / 2) ** 0.5
    assert float((sizes[1] / sizes[0]).sqrt()) > 1.5 * root


def test_a_token_in_sight_is_usually_put_first(traces: list[Trace]) -> None:
    hits = [
        int(trace.mlm_logits[place].argmax()) == token
        for trace in traces
        for place, token in enumerate(trace.encoding.input_ids)
        if not trace.encoding.special_tokens_mask[place]
        and trace.encoding.tokens[place] != "[MASK]"
    ]
    assert sum(hits) > 0.9 * len(hits)
