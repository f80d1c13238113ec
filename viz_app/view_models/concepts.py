"""What a concept comes to in the reader's own text: the numbers of the concept cards."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.memo import kept
from bert_core.predict import next_sentence_probabilities, top_tokens
from bert_core.studies.masked_words import RULE, maskable_tokens
from bert_core.tokenizer import BertTokenizer
from bert_core.trace import Trace, trace_forward
from bert_core.words import Word, with_ids, word_at, words_of
from viz_app.number_text import count_text, decimal_text, probability_text, share_text
from viz_app.view_models.tokens import display_text, reads_upright

ORIGINAL_LENGTH = 512
"""Tokens that the published BERT reads at most."""
BEGINNING = 3
"""Numbers of a vector that are written out."""


@dataclass(frozen=True)
class Figures:
    """What the cards can say of one text, and why they cannot say the rest."""

    values: Mapping[str, Any]
    """Placeholder → number, text or list of numbers, unrounded."""
    missing: Mapping[str, str]
    """Placeholder → reason: `pair`, `mlm`, `nsp` or `word`, as in `concepts.needs.<reason>`."""


def concept_figures(bert: Bert, trace: Trace, *, layer: int, head: int, query: int) -> Figures:
    """The figures of the cards for one text, one head and one token that looks."""
    values = _sizes(bert) | _counts(bert, trace) | _in_layer(trace, layer, head, query)
    encoding, config = trace.encoding, trace.config
    token = encoding.tokens[query]
    values |= {
        "layer": layer,
        "head": head,
        "query": token,
        "position": query,
        "left": query + 1,
        "id": encoding.input_ids[query],
        "embedding": trace.embeddings.word_embeddings[query, :BEGINNING].tolist(),
        "state": trace.hidden_states[-1][query, :BEGINNING].tolist(),
        "dropped": 0.1 * config.hidden_size,
    }
    missing: dict[str, str] = {}
    word = hidden_word(bert, encoding, query)
    if longest := _most_pieces(encoding):
        values["longest"] = longest.text
        values["pieces"] = " ".join(encoding.tokens[place] for place in longest.positions)
        values["piece_count"] = len(longest.positions)
    else:
        missing |= dict.fromkeys(("longest", "pieces", "piece_count"), "word")
    if not encoding.is_pair or "nsp" in bert.missing:
        reason = "pair" if "nsp" not in bert.missing else "nsp"
        missing |= dict.fromkeys(_OF_PAIR, reason)
    else:
        values["p_next"] = next_sentence_probabilities(trace.nsp_logits).is_next
    if word is None or "mlm" in bert.missing:
        reason = "mlm" if "mlm" in bert.missing else "word"
        missing |= dict.fromkeys((*_OF_HIDDEN, *_JOINT), reason)
    else:
        guess = _hidden(trace, bert.tokenizer, word.positions)
        values |= {"word": word.text} | {
            name: guess[name] for name in guess if name not in _JOINT or name not in missing
        }
    return Figures(values, missing)


_OF_HIDDEN = ("word", "guess", "p_word", "mlm_loss", "logit")
_JOINT = ("joint_mlm", "joint_nsp", "joint")
_OF_PAIR = ("p_next", *_JOINT)


def hidden_word(bert: Bert, encoding: Encoding, query: int) -> Word | None:
    """The word that the cards hide: that of the chosen token, else the first that can be judged."""
    no_answer = {bert.tokenizer.mask_id, bert.tokenizer.unk_id}

    def fits(word: Word) -> bool:
        return no_answer.isdisjoint(encoding.input_ids[place] for place in word.positions)

    chosen = word_at(encoding, query)
    if chosen is not None and fits(chosen):
        return chosen
    return next(filter(fits, words_of(encoding)), None)


def _sizes(bert: Bert) -> dict[str, Any]:
    config = bert.config
    return {
        "model": bert.name,
        "layers": config.num_hidden_layers,
        "heads": config.num_attention_heads,
        "hidden": config.hidden_size,
        "head_size": config.head_size,
        "root": math.sqrt(config.head_size),
        "inner": config.intermediate_size,
        "vocab": config.vocab_size,
        "positions": config.max_position_embeddings,
        "activation": "ReLU" if config.hidden_act == "relu" else "GELU",
        "twice": 2 * config.num_hidden_layers,
        "even_loss": math.log(config.vocab_size),
        "parameters": sum(parameter.numel() for parameter in bert.model.parameters()),
    }


def _counts(bert: Bert, trace: Trace) -> dict[str, Any]:
    encoding, config = trace.encoding, trace.config
    count = len(encoding)
    own = int(maskable_tokens(encoding, bert.tokenizer).sum())
    maps = config.num_attention_heads * config.num_hidden_layers
    in_b = sum(encoding.token_type_ids)
    return {
        "tokens": count,
        "steps": count - 1,
        "own": own,
        "chosen": RULE.chosen * own,
        "masked": RULE.chosen * RULE.masked * own,
        "replaced": RULE.chosen * RULE.random * own,
        "characters": sum(
            len(encoding.tokens[place]) == 1
            and reads_upright(encoding.tokens[place])
            and encoding.tokens[place].isalpha()
            for place in encoding.own
        ),
        "cells": count**2 * maps,
        "cells_512": ORIGINAL_LENGTH**2 * maps,
        "in_a": count - in_b,
        "in_b": in_b,
        "entropy_even": math.log(count),
    }


def _in_layer(trace: Trace, layer: int, head: int, query: int) -> dict[str, Any]:
    steps, encoding = trace.layer(layer), trace.encoding
    row = steps.attention_probs[head, query].double()
    key = int(row.argmax())
    entering = trace.hidden_states[layer][query].cpu().double()
    added = steps.attention_output[query].double()
    total = entering + added
    seps = [place for place in range(len(encoding)) if encoding.tokens[place] == "[SEP]"]
    return {
        "key": encoding.tokens[key],
        "weight": float(row[key]),
        "dot": float(steps.dot_products[head, query, key]),
        "score": float(steps.attention_scores[head, query, key]),
        "query_first": float(steps.query[head, query, 0]),
        "entropy": float(torch.special.entr(row).sum()),
        "cls_weight": float(row[0]),
        "sep_weight": float(row[seps].sum()),
        "length_in": float(entering.norm()),
        "length_out": float(added.norm()),
        "mean": float(total.mean()),
        "std": float(total.std(correction=0)),
        "active": int((steps.intermediate[query] > 0).sum()),
    }


def _most_pieces(encoding: Encoding) -> Word | None:
    """The word that is cut most; of several the longest, of these the first."""
    return max(
        words_of(encoding), key=lambda word: (len(word.positions), len(word.text)), default=None
    )


@kept
def _hidden(trace: Trace, tokenizer: BertTokenizer, positions: tuple[int, ...]) -> dict[str, Any]:
    """One word hidden whole: what both heads then say, with their losses if B truly follows."""
    encoding = trace.encoding
    masks = dict.fromkeys(positions, tokenizer.mask_id)
    hidden = trace_forward(trace.model, with_ids(encoding, masks, tokenizer))
    logits = [hidden.mlm_logits_at(place).cpu().float() for place in positions]
    best = [top_tokens(scores, tokenizer, 1)[0] for scores in logits]
    terms = [
        float(scores.log_softmax(-1)[encoding.input_ids[place]])
        for place, scores in zip(positions, logits, strict=True)
    ]
    mlm = -sum(terms) / len(terms)
    nsp = -float(hidden.nsp_logits.cpu().float().log_softmax(-1)[0])
    return {
        "guess": " ".join(one.token for one in best),
        "logit": float(logits[0][best[0].id]),
        "p_word": math.exp(sum(terms)),
        "mlm_loss": mlm,
        "joint_mlm": mlm,
        "joint_nsp": nsp,
        "joint": mlm + nsp,
    }


def _beginning(vector: list[float]) -> str:
    return f"({', '.join(decimal_text(value, 3) for value in vector)}, …)"


_WRITTEN: dict[Callable[[Any], str], str] = {
    count_text: "layer layers head heads hidden head_size inner vocab positions twice parameters "
    "tokens steps own characters cells cells_512 in_a in_b position left id active piece_count",
    display_text: "model activation query key word guess longest pieces",
    _beginning: "embedding state",
    probability_text: "weight p_word p_next",
    share_text: "cls_weight sep_weight",
    partial(decimal_text, decimals=1): "chosen dropped",
    partial(decimal_text, decimals=2): "masked replaced root length_in length_out logit even_loss",
    partial(decimal_text, decimals=3): "dot score query_first entropy entropy_even mean std "
    "mlm_loss joint_mlm joint_nsp joint",
}
WRITTEN = {name: write for write, names in _WRITTEN.items() for name in names.split()}
"""Placeholder → how it is written; all that the cards can name."""


def written(figures: Figures) -> dict[str, str]:
    """The figures as texts; tokens are a reader's words and must be escaped before Markdown."""
    return {name: WRITTEN[name](value) for name, value in figures.values.items()}
