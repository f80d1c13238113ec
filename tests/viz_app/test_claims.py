"""What the pages say of trained models in general holds for the shipped ones."""

import json

import pytest
import torch

from bert_core import load
from bert_core.assets import ASSETS
from bert_core.bert import Bert
from bert_core.trace import Trace


@pytest.fixture(scope="module", params=["en", "zh"])
def bert(request: pytest.FixtureRequest) -> Bert:
    return load(f"mini-{request.param}", device="cpu")


@pytest.fixture(scope="module")
def traces(bert: Bert) -> list[Trace]:
    examples = json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))
    return [bert.trace(entry["text_a"], entry["text_b"]) for entry in examples[bert.language]]


def test_what_a_feed_forward_network_adds_is_no_small_correction(traces: list[Trace]) -> None:
    for trace in traces:
        for layer in map(trace.layer, range(trace.num_layers)):
            added, base = (x.norm(dim=-1) for x in (layer.ffn_output, layer.attention_norm))
            assert (added > base).all()


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


def test_alone_the_position_vectors_are_blown_up_by_their_layer_norm(bert: Bert) -> None:
    embeddings = bert.model.bert.embeddings
    with torch.no_grad():
        table = embeddings.position_embeddings.weight
        before, after = (x.norm(dim=1).mean() for x in (table, embeddings.LayerNorm(table)))
    assert after > 10 * before
