"""The numbers on the concept cards are those of the trace."""

import math
from dataclasses import replace
from string import Formatter

import pytest
import torch

from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.trace import Trace
from tests.viz_app.toy import toy_bert
from viz_app.messages import LANGUAGES, catalogue
from viz_app.session.concepts import concepts
from viz_app.view_models.concepts import (
    WRITTEN,
    Figures,
    concept_figures,
    hidden_word,
    written,
)

LAYER, HEAD, QUERY = 1, 2, 3


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


@pytest.fixture(scope="module")
def trace(bert: Bert) -> Trace:
    return bert.trace("the cats saw a dog", "it was 我")


@pytest.fixture(scope="module")
def figures(bert: Bert, trace: Trace) -> Figures:
    return concept_figures(bert, trace, layer=LAYER, head=HEAD, query=QUERY)


def test_a_pair_fills_every_placeholder_and_nothing_is_left_over(figures: Figures) -> None:
    assert figures.missing == {}
    assert set(figures.values) == set(WRITTEN)
    for language in LANGUAGES:
        used = {
            name
            for concept in concepts()
            for _, name, _, _ in Formatter().parse(
                catalogue(language)[f"concepts.{concept.id}.here"]
            )
            if name
        }
        assert used == set(WRITTEN)
        assert all(written(figures).values())


def test_weights_are_counted_as_the_maps_hold_them(trace: Trace, figures: Figures) -> None:
    held = sum(trace.layer(index).attention_probs.numel() for index in range(trace.num_layers))
    assert figures.values["cells"] == held
    assert figures.values["cells_512"] * len(trace.tokens) ** 2 == held * 512**2


def test_the_row_of_the_chosen_head_is_the_traces(trace: Trace, figures: Figures) -> None:
    values, steps = figures.values, trace.layer(LAYER)
    row = steps.attention_probs[HEAD, QUERY].tolist()
    key = row.index(max(row))
    assert (values["query"], values["key"]) == (trace.tokens[QUERY], trace.tokens[key])
    assert values["weight"] == pytest.approx(row[key])
    assert values["score"] == pytest.approx(values["dot"] / values["root"], rel=1e-5)
    scores = steps.attention_scores[HEAD, QUERY]
    assert math.exp(values["score"]) / scores.exp().sum() == pytest.approx(values["weight"])
    assert values["entropy"] == pytest.approx(-sum(p * math.log(p) for p in row if p), rel=1e-5)
    assert values["cls_weight"] == pytest.approx(row[0])
    ends = [place for place, token in enumerate(trace.tokens) if token == "[SEP]"]
    assert values["sep_weight"] == pytest.approx(sum(row[place] for place in ends))


def test_the_sum_before_layer_norm_gives_what_comes_after(trace: Trace, figures: Figures) -> None:
    values, steps = figures.values, trace.layer(LAYER)
    entering = trace.hidden_states[LAYER][QUERY]
    total = entering + steps.attention_output[QUERY]
    norm = trace.model.layer(LAYER).attention.output.LayerNorm
    with torch.no_grad():
        by_hand = (total - values["mean"]) / values["std"] * norm.weight + norm.bias
    torch.testing.assert_close(by_hand, steps.attention_norm[QUERY], rtol=1e-4, atol=1e-4)
    assert values["length_in"] == pytest.approx(float(entering.norm()))
    assert values["length_out"] == pytest.approx(float(steps.attention_output[QUERY].norm()))
    assert values["active"] == int((steps.intermediate[QUERY] > 0).sum())


def test_the_joint_loss_is_the_sum_of_both_on_the_text_with_the_word_hidden(
    bert: Bert, trace: Trace, figures: Figures
) -> None:
    values = figures.values
    assert values["word"] == "cats"  # the chosen token is a piece of it, and both are hidden
    hidden = bert.trace("the [MASK] [MASK] saw a dog", "it was 我")
    places = (2, 3)
    terms = [
        float(hidden.mlm_logits_at(place).log_softmax(-1)[trace.encoding.input_ids[place]])
        for place in places
    ]
    nsp = -float(hidden.nsp_logits.log_softmax(-1)[0])
    assert values["p_word"] == pytest.approx(math.exp(sum(terms)), rel=1e-4)
    assert values["joint_mlm"] == values["mlm_loss"] == pytest.approx(-sum(terms) / 2, rel=1e-4)
    assert values["joint_nsp"] == pytest.approx(nsp, rel=1e-4)
    assert values["joint"] == values["joint_mlm"] + values["joint_nsp"]
    assert values["logit"] == pytest.approx(float(hidden.mlm_logits_at(2).max()), rel=1e-4)
    assert values["p_next"] == pytest.approx(float(trace.nsp_logits.softmax(-1)[0]))


def test_shares_of_the_masking_rule_add_up(figures: Figures) -> None:
    values = figures.values
    assert values["own"] == 9
    assert values["chosen"] == pytest.approx(0.15 * 9)
    assert values["replaced"] == pytest.approx(0.015 * 9)
    assert values["masked"] + 2 * values["replaced"] == pytest.approx(values["chosen"])


def test_tokens_are_counted_by_kind(figures: Figures) -> None:
    values = figures.values
    assert (values["tokens"], values["in_a"], values["in_b"]) == (12, 8, 4)
    assert values["characters"] == 1
    assert (values["longest"], values["pieces"], values["piece_count"]) == ("cats", "cat ##s", 2)


def figures_of(bert: Bert, text_a: str, text_b: str | None = None, query: int = 0) -> Figures:
    return concept_figures(bert, bert.trace(text_a, text_b), layer=0, head=0, query=query)


@pytest.mark.parametrize(
    ("text_a", "missing", "reasons"),
    [
        ("the cat", (), {"p_next": "pair", "joint": "pair"}),
        ("[MASK]", (), {"word": "word", "joint": "word", "p_next": "pair"}),
        ("zzz", (), {"word": "word"}),
        ("", (), {"word": "word", "longest": "word"}),
        ("the cat", ("mlm",), {"word": "mlm", "joint": "mlm", "p_next": "pair"}),
        ("the cat", ("nsp",), {"joint": "nsp", "p_next": "nsp"}),
    ],
)
def test_what_cannot_be_said_has_a_reason(
    bert: Bert, text_a: str, missing: tuple[str, ...], reasons: dict[str, str]
) -> None:
    part = replace(bert, missing=dict.fromkeys(missing, "not there"))
    found = figures_of(part, text_a)
    assert set(found.values).isdisjoint(found.missing)
    assert set(found.values) | set(found.missing) == set(WRITTEN)
    assert reasons.items() <= found.missing.items()
    assert {f"concepts.needs.{reason}" for reason in found.missing.values()} <= set(catalogue("en"))


def test_the_word_that_is_hidden_can_be_judged(bert: Bert) -> None:
    def word(text: str, query: int) -> str:
        encoding: Encoding = bert.encode(text)
        found = hidden_word(bert, encoding, query)
        assert found is not None
        return found.text

    assert word("the cat saw", 2) == "cat"
    assert word("the cat saw", 0) == "the"
    assert word("[MASK] zzz saw", 1) == "saw"
