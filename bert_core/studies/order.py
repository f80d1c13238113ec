"""What a model does with the order of the words: reordered inputs, attention from positions alone.

A Transformer without position information treats its input as a set: reorder the tokens and the
outputs are the same, reordered. These functions make that visible.
"""

from collections.abc import Sequence
from random import Random

import torch
from jaxtyping import Float
from torch import Tensor

from bert_core.encoding import Encoding
from bert_core.model import BertForPreTraining
from bert_core.trace import Trace
from bert_core.words import words_of

ORDERS = ("reverse", "shuffle", "swap")


def word_order(encoding: Encoding, kind: str, seed: int = 0) -> tuple[int, ...]:
    """A new order of the tokens: entry i is the old index of the token that comes to place i.

    Words move as a whole and stay in their sentence; [CLS] and [SEP] stay where they are.

    Args:
        kind: `reverse`, `shuffle` (drawn with `seed`; never the old order where another exists) or
            `swap` (the first and the last word of each sentence change places).

    Raises:
        ValueError: an unknown kind.
    """
    if kind not in ORDERS:
        raise ValueError(f"kind must be one of {ORDERS}, not {kind!r}")
    rng = Random(seed)
    found = words_of(encoding)
    order = list(range(len(encoding)))
    for in_b in (False, True):
        words = [word.positions for word in found if word.in_b == in_b]
        moved = _moved(words, kind, rng)
        places = [index for group in words for index in group]
        for place, old in zip(places, (index for group in moved for index in group), strict=True):
            order[place] = old
    return tuple(order)


def _moved(words: list[tuple[int, ...]], kind: str, rng: Random) -> list[tuple[int, ...]]:
    if kind == "reverse":
        return words[::-1]
    if kind == "swap":
        return [words[-1], *words[1:-1], words[0]] if len(words) > 1 else words
    moved = list(words)
    while len(words) > 1 and moved == words:
        rng.shuffle(moved)
    return moved


def order_effect(original: Trace, moved: Trace, order: Sequence[int]) -> Float[Tensor, " seq"]:
    """How far each token's output moved, after the new order is undone: largest difference.

    Entry i belongs to token i of the original input. Without positions all entries are rounding
    errors.
    """
    outputs = moved.hidden_states[-1].cpu()
    back = torch.empty_like(outputs)
    back[list(order)] = outputs
    return (back - original.hidden_states[-1].cpu()).abs().amax(-1)


def attention_shift(first: Trace, second: Trace) -> Float[Tensor, "layers heads"]:
    """How much of each head's attention goes elsewhere in the second trace, averaged over queries.

    Total variation distance: 0 = every row is the same, 1 = no weight stayed where it was.

    Raises:
        ValueError: the traces have different numbers of tokens.
    """
    if len(first.tokens) != len(second.tokens):
        raise ValueError(f"{len(first.tokens)} tokens cannot be compared with {len(second.tokens)}")
    rows = []
    for index in range(first.num_layers):
        change = first.attention_probs(index) - second.attention_probs(index)
        rows.append(change.abs().sum(-1).mean(-1) / 2)
    return torch.stack(rows)


def position_only_attention(
    model: BertForPreTraining, length: int
) -> Float[Tensor, "heads query key"]:
    """What the heads of layer 0 would attend to if they saw the positions and nothing else.

    The layer's input is LayerNorm(position embeddings), words and segments left out; queries, keys
    and the softmax are the model's own. Each row sums to 1.

    Raises:
        ValueError: more positions than the model has.
    """
    if not 1 <= length <= model.config.max_position_embeddings:
        raise ValueError(
            f"length {length} is not in 1 to {model.config.max_position_embeddings}, "
            "the positions this model has"
        )
    embeddings = model.bert.embeddings
    with torch.no_grad():
        positions = embeddings.LayerNorm(embeddings.position_embeddings.weight[:length])
        steps = model.layer(0).attention.self.steps(positions[None])
    return steps.attention_probs[0].float().cpu()


def distance_from_uniform(
    probs: Float[Tensor, "heads query key"],
) -> Float[Tensor, " heads"]:
    """How decided each head is: total variation distance of its rows from equal weights, averaged.

    0 = looks at all places alike, 1 - 1/keys = looks at one place only.
    """
    return (probs - 1 / probs.shape[-1]).abs().sum(-1).mean(-1) / 2


def favourite_offset(probs: Float[Tensor, "query key"]) -> tuple[int, float]:
    """The distance key - query that gets the largest mean weight, and that weight.

    -1 is the token before, 1 the next, 0 the token itself. Only distances that at least half of the
    queries have are compared, so that one corner of the matrix cannot win.

    Raises:
        ValueError: the matrix is not square.
    """
    rows, columns = probs.shape
    if rows != columns:
        raise ValueError(f"expected a square matrix, not {rows} × {columns}")
    reach = rows // 2
    means = {offset: probs.diagonal(offset).mean().item() for offset in range(-reach, reach + 1)}
    best = max(means, key=lambda offset: means[offset])
    return best, means[best]
