"""What attention heads do: roles, flow through the layers, weight of values, switching heads off.

Pure functions of traces. Attention weights show where a head reads from, not why the model decides
as it does; switching a head off shows what the model loses without it.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from bert_core import shelves
from bert_core.batched import Report, attention_probs_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.memo import kept
from bert_core.model import additive_attention_mask
from bert_core.trace import Trace, head_mask

HeadsOff = frozenset[tuple[int, int]]
"""Heads that are switched off, each as (layer, head)."""
NONE_OFF: HeadsOff = frozenset()
SHELF_SEED = 0
"""Says which words of the shelf are hidden: the same for every head, so that losses compare."""
ROLES = ("previous", "next", "self", "cls", "sep", "same_word", "punctuation", "broad")
"""Previous, next and the same token; [CLS] and [SEP]; other places of the same word; marks such as
full stops and commas; and how evenly the head spreads its weight."""
PLAYED = 0.25
"""A head plays a role from this weight above a uniform head on; our own choice, as is EVEN."""
EVEN = 0.9
"""A head that plays none is called broad from this share of the largest entropy on."""
_BATCH = 64  # sentences; sorted by length, so that little of a batch is padding


def role_pairs(encoding: Encoding) -> dict[str, Bool[Tensor, "query key"]]:
    """For each role but `broad`: the pairs on which a head with that role puts its weight.

    Rows are the text's own tokens only; [CLS] and [SEP] rows are left empty, since heads use them
    as a resting place. Source of the roles but "same_word", which is ours: Clark et al. 2019,
    sections 3.1 to 3.3.
    """
    count = len(encoding)
    special = torch.tensor(encoding.special_tokens_mask, dtype=torch.bool)
    ids = torch.tensor(encoding.input_ids)
    marks = torch.tensor([_is_punctuation(token) for token in encoding.tokens]) & ~special
    cls = torch.zeros(count, dtype=torch.bool)
    cls[0] = bool(special[0])
    places = torch.arange(count)
    gap = places[None, :] - places[:, None]  # [query, key]
    keys = {
        "previous": gap == -1,
        "next": gap == 1,
        "self": gap == 0,
        "cls": cls[None, :].expand(count, count),
        "sep": (special & ~cls)[None, :].expand(count, count),
        "same_word": (ids[None, :] == ids[:, None]) & (gap != 0),
        "punctuation": marks[None, :].expand(count, count),
    }
    return {role: pairs & ~special[:, None] for role, pairs in keys.items()}


@dataclass(frozen=True)
class RoleScores:
    """How far each head plays each role, beside what a uniform head would score.

    A score is the mean, over query tokens that have such a key, of the weight on those keys,
    0 to 1; for `broad` the entropy of the row divided by the largest possible one. NaN where no
    token has such a key.
    """

    scores: Float[Tensor, "roles layers heads"]
    uniform: Float[Tensor, " roles"]

    def lift(self) -> Float[Tensor, "roles layers heads"]:
        """Scores less those of a uniform head; for `broad` no difference is taken off."""
        lift = self.scores - self.uniform[:, None, None]
        lift[ROLES.index("broad")] = self.scores[ROLES.index("broad")]
        return lift


@kept
def head_roles(trace: Trace) -> RoleScores:
    """Role scores of every head on one input."""
    layers = [trace.attention_probs(index) for index in range(trace.num_layers)]
    return _role_scores(torch.stack(layers), trace.encoding)


def main_roles(roles: RoleScores) -> list[list[str | None]]:
    """The role each head plays most, as [layer][head]; None for a head between roles."""
    lift = roles.lift().nan_to_num(nan=-1.0)
    broad = ROLES.index("broad")
    named = lift.clone()
    named[broad] = -1.0
    best, which = named.max(dim=0)
    return [
        [
            ROLES[int(which[layer, head])]
            if best[layer, head] >= PLAYED
            else "broad"
            if lift[broad, layer, head] >= EVEN
            else None
            for head in range(lift.shape[2])
        ]
        for layer in range(lift.shape[1])
    ]


def mean_roles(each: Iterable[RoleScores]) -> RoleScores:
    """The mean over inputs; an input that says nothing about a role (NaN) is left out of it.

    Raises:
        ValueError: no input at all.
    """
    found = list(each)
    if not found:
        raise ValueError("a mean over inputs needs at least one input")
    return RoleScores(
        scores=torch.stack([one.scores for one in found]).nanmean(dim=0),
        uniform=torch.stack([one.uniform for one in found]).nanmean(dim=0),
    )


def shelf_roles(bert: Bert, texts: Sequence[str], report: Report | None = None) -> RoleScores:
    """The mean role scores over texts of a shelf."""
    encodings = [bert.encode(text) for text in texts]
    each = attention_probs_of(bert, encodings, report)
    return mean_roles(_role_scores(weights, encodings[index]) for index, weights in each)


def _role_scores(
    weights: Float[Tensor, "layers heads query key"], encoding: Encoding
) -> RoleScores:
    pairs = role_pairs(encoding)
    ordinary = ~torch.tensor(encoding.special_tokens_mask, dtype=torch.bool)
    even = torch.full((len(ordinary), len(ordinary)), 1 / len(ordinary))
    return RoleScores(_scores(weights, pairs, ordinary), _scores(even, pairs, ordinary))


def _scores(
    weights: Float[Tensor, "*heads query key"],
    pairs: dict[str, Bool[Tensor, "query key"]],
    ordinary: Bool[Tensor, " query"],
) -> Float[Tensor, "roles ..."]:
    rows = []
    for role in ROLES:
        if role == "broad":
            rows.append(_evenness(weights)[..., ordinary].mean(dim=-1))
            continue
        asked = pairs[role].any(dim=1)  # queries that have such a key
        on_role = (weights * pairs[role]).sum(dim=-1)
        rows.append(on_role[..., asked].mean(dim=-1))
    return torch.stack(rows)


def _evenness(weights: Float[Tensor, "*heads query key"]) -> Float[Tensor, "*heads query"]:
    """Entropy of each row over that of a uniform row: 1 for uniform, 0 for one key only."""
    entropy = torch.special.entr(weights).sum(dim=-1)
    largest = torch.tensor(float(weights.shape[-1])).log()
    return entropy / largest if weights.shape[-1] > 1 else torch.ones_like(entropy)


def _is_punctuation(token: str) -> bool:
    return all(unicodedata.category(character).startswith(("P", "S")) for character in token)


def sharpness(trace: Trace) -> Float[Tensor, "layers heads"]:
    """Mean over the text's own tokens of the largest weight on one of them: how sure a head looks.

    The added [CLS] and [SEP] count neither as a row nor as a place to look at: heads rest on them
    with nearly all their weight when they look at nothing in particular. NaN for an input without
    tokens of its own.

    Source: Voita et al. 2019, section 4 ("confidence", without the end-of-sentence symbol), there
    over many sentences.
    """
    own = torch.tensor(trace.encoding.own, dtype=torch.long)
    if not len(own):
        return torch.full((trace.num_layers, trace.config.num_attention_heads), torch.nan)
    return torch.stack(
        [
            trace.attention_probs(index)[:, own[:, None], own].amax(dim=-1).mean(dim=-1)
            for index in range(trace.num_layers)
        ]
    )


def rollout(trace: Trace, residual: float = 0.5) -> Float[Tensor, "layers query token"]:
    """Attention rollout: how much of each input token is in each position after each layer.

    Each layer mixes by A = residual · I + (1 - residual) · mean over heads; what comes later is
    multiplied from the left, so row i of the last matrix follows position i back to the input.
    Every row sums to 1.

    Source: Abnar & Zuidema 2020, section 3, with residual = 0.5 as there.
    """
    if not 0 <= residual <= 1:
        raise ValueError(f"residual is a share from 0 to 1, got {residual}")
    flowed = torch.eye(len(trace.encoding))
    layers = []
    for index in range(trace.num_layers):
        mixed = (1 - residual) * trace.attention_probs(index).mean(dim=0)
        mixed = mixed + residual * torch.eye(len(flowed))
        flowed = mixed @ flowed
        layers.append(flowed)
    return torch.stack(layers)


def value_norms(trace: Trace, layer: int, head: int) -> Float[Tensor, "query key"]:
    """‖α·f(x)‖ of one head: its weights times the length of what stands behind each key.

    A token with a short value vector, often [SEP], adds little however much weight it draws.
    Source: Kobayashi et al. 2020.
    """
    record = trace.layer(layer)
    size = trace.config.head_size
    weight = trace.model.layer(layer).attention.output.dense.weight.detach().cpu()
    lengths = (record.value[head] @ weight[:, head * size : (head + 1) * size].T).norm(dim=-1)
    off = (layer, head) in trace.heads_off
    return record.attention_probs[head] * (torch.zeros_like(lengths) if off else lengths)


def layer_value_norms(trace: Trace, layer: int) -> Float[Tensor, "query key"]:
    """‖Σ over heads of α·f(x)‖: what the whole layer's attention adds from each key.

    Source: Kobayashi et al. 2020, equation 6.
    """
    record = trace.layer(layer)
    heads, size = trace.config.num_attention_heads, trace.config.head_size
    weight = trace.model.layer(layer).attention.output.dense.weight.detach().cpu()
    projected = torch.einsum(
        "hkd,ohd->hko", record.value, weight.unflatten(1, (heads, size))
    )  # [heads, key, hidden]
    off = head_mask(trace.config, trace.heads_off)
    if off is not None:
        projected = projected * off[layer][:, None, None]
    # A few queries at a time: all at once, 512 tokens of BERT-base would take 0.8 GB.
    parts = record.attention_probs.split(16, dim=1)
    return torch.cat([torch.einsum("hqk,hko->qko", part, projected).norm(dim=-1) for part in parts])


@dataclass(frozen=True)
class MaskedBatch:
    """Sentences of similar length with some tokens hidden, ready for one pass."""

    input_ids: Int[Tensor, "sentence seq"]
    attention_mask: Int[Tensor, "sentence seq"]
    hidden_at: Int[Tensor, " hidden"]
    """Indices into the flattened sentence·seq axis."""
    answers: Int[Tensor, " hidden"]
    """The ids that stood there."""


def mask_shelf(
    bert: Bert, texts: Sequence[str], generator: torch.Generator, share: float = 0.15
) -> tuple[MaskedBatch, ...]:
    """Put [MASK] over `share` of each text's own tokens, at least one, chosen by `generator`.

    Texts without a token of their own are left out.

    Raises:
        ValueError: no text has one.
    """
    chosen = []
    for text in texts:
        encoding = bert.encode(text)
        own = torch.tensor(encoding.own, dtype=torch.long)
        if len(own):
            count = max(1, round(share * len(own)))
            order = torch.randperm(len(own), generator=generator)
            chosen.append((encoding.input_ids, own[order[:count]].sort().values))
    if not chosen:
        raise ValueError("no text has a token that could be hidden")
    chosen.sort(key=lambda entry: len(entry[0]))
    return tuple(
        _masked_batch(bert, chosen[start : start + _BATCH])
        for start in range(0, len(chosen), _BATCH)
    )


def _masked_batch(bert: Bert, chosen: list[tuple[tuple[int, ...], Tensor]]) -> MaskedBatch:
    longest = max(len(ids) for ids, _ in chosen)
    ids = torch.full((len(chosen), longest), bert.tokenizer.pad_id)
    present = torch.zeros_like(ids)
    for row, (tokens, _) in enumerate(chosen):
        ids[row, : len(tokens)] = torch.tensor(tokens)
        present[row, : len(tokens)] = 1
    hidden_at = torch.cat([row * longest + places for row, (_, places) in enumerate(chosen)])
    answers = ids.flatten()[hidden_at]
    masked = ids.flatten().index_fill(0, hidden_at, bert.tokenizer.mask_id).view_as(ids)
    return MaskedBatch(masked, present, hidden_at, answers)


def mlm_loss(
    bert: Bert,
    shelf: Sequence[MaskedBatch],
    heads_off: Collection[tuple[int, int]] = frozenset(),
) -> float:
    """Mean cross-entropy in nats of the hidden tokens, some heads switched off or none.

    Raises:
        ValueError: the checkpoint has no MLM head, or no such head.
    """
    bert.require("mlm", "be scored on masked words")
    device = next(bert.model.parameters()).device
    mask = head_mask(bert.config, heads_off)
    total, count = 0.0, 0
    for batch in shelf:
        with torch.inference_mode():
            output = bert.model(
                batch.input_ids.to(device),
                attention_mask=batch.attention_mask.to(device),
                mlm_positions=batch.hidden_at.to(device),
                head_mask=None if mask is None else mask.to(device),
                keep_hidden_states=False,
            )
            total += _summed_loss(output.mlm_logits, batch)
        count += len(batch.answers)
    return total / count


@kept
def _shelf_loss(bert: Bert, heads_off: HeadsOff) -> float:
    return mlm_loss(bert, _masked_shelf(bert), heads_off)


@kept
def _masked_shelf(bert: Bert) -> tuple[MaskedBatch, ...]:
    generator = torch.Generator().manual_seed(SHELF_SEED)
    return mask_shelf(bert, shelves.sentences(bert.language), generator)


def shelf_losses(
    bert: Bert, each: Sequence[HeadsOff], report: Report | None = None
) -> tuple[float, ...]:
    """`mlm_loss` on the shelf in the model's language, with each set of heads switched off.

    Raises:
        ValueError: the checkpoint has no MLM head, or no such head.
    """
    found = []
    for heads_off in each:
        found.append(_shelf_loss(bert, heads_off))
        if report is not None:
            report(len(found), len(each))
    return tuple(found)


def rank_heads(bert: Bert, report: Report | None = None) -> tuple[tuple[int, int, float], ...]:
    """(layer, head, rise of the loss on the shelf without it in nats), the largest rise first.

    Raises:
        ValueError: the checkpoint has no MLM head.
    """
    bert.require("mlm", "be scored on masked words")
    shelf = _masked_shelf(bert)
    places = [
        (layer, head)
        for layer in range(bert.config.num_hidden_layers)
        for head in range(bert.config.num_attention_heads)
    ]
    rises = dict.fromkeys(places, 0.0)
    for number, batch in enumerate(shelf):
        inputs, plain = _layer_inputs(bert, batch)
        for done, place in enumerate(places, start=1):
            rises[place] += _loss_without(bert, batch, inputs, place) - plain
            if report is not None:
                report(number * len(places) + done, len(shelf) * len(places))
    hidden = sum(len(batch.answers) for batch in shelf)
    found = [(*place, rise / hidden) for place, rise in rises.items()]
    return tuple(sorted(found, key=lambda entry: -entry[2]))


def _layer_inputs(bert: Bert, batch: MaskedBatch) -> tuple[tuple[Tensor, ...], float]:
    """What every layer of the whole model reads, and the summed loss of the hidden tokens."""
    device = next(bert.model.parameters()).device
    with torch.inference_mode():
        output = bert.model(
            batch.input_ids.to(device),
            attention_mask=batch.attention_mask.to(device),
            mlm_positions=batch.hidden_at.to(device),
        )
        return output.hidden_states[:-1], _summed_loss(output.mlm_logits, batch)


def _loss_without(
    bert: Bert, batch: MaskedBatch, inputs: tuple[Tensor, ...], place: tuple[int, int]
) -> float:
    """The summed loss without one head: what lies below it is as in the whole model."""
    first, head = place
    model, hidden = bert.model, inputs[first]
    with torch.inference_mode():
        mask = additive_attention_mask(batch.attention_mask.to(hidden.device), "full", hidden)
        on = torch.ones(bert.config.num_attention_heads, device=hidden.device)
        on[head] = 0.0
        for index in range(first, len(inputs)):
            only_at = batch.hidden_at.to(hidden.device) if index == len(inputs) - 1 else None
            heads = on if index == first else None
            hidden = model.layer(index)(hidden, mask, heads, model.kernel, only_at)
        return _summed_loss(model.mlm_logits(hidden), batch)


def _summed_loss(logits: Float[Tensor, "hidden vocab"], batch: MaskedBatch) -> float:
    answers = batch.answers.to(logits.device)
    return torch.nn.functional.cross_entropy(logits, answers, reduction="sum").item()
