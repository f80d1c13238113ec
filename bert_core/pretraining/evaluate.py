"""How well a model fills masks and judges pairs on documents it was not trained on."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from bert_core import shelves
from bert_core.batched import nsp_logits_of
from bert_core.bert import Bert
from bert_core.masking import MaskingRule, token_classes
from bert_core.model import BertForPreTraining
from bert_core.pretraining.batches import (
    Batch,
    assemble,
    forward_on,
    group_by_length,
)
from bert_core.pretraining.documents import Corpus
from bert_core.pretraining.pairs import SINGLE_SENTENCES, PairMix, plan_pairs
from bert_core.relations import score_relations
from bert_core.tokenizer import BertTokenizer

EVALUATION_SEED = 2018
_TOKENS_PER_BATCH = 8192

EVALUATION_KINDS: Mapping[str, PairMix] = {
    "packed_64": PairMix({64: 1.0}),
    "packed_128": PairMix({128: 1.0}),
    "single_sentences": PairMix({SINGLE_SENTENCES: 1.0}),
}

_AS_IN_TRAINING = MaskingRule()
_NOTHING_HIDDEN = MaskingRule(masked=0.0, random=0.0)
"""Tokens are chosen as ever, and every one is left as it is."""


@dataclass(frozen=True)
class Evaluation:
    """Figures of one kind of pair; accuracies are shares 0..1, losses are in nats."""

    mlm_loss: float
    """Per chosen token, like the accuracies: most stand as [MASK], but in training's rule a tenth
    is to be seen as it is, and a tenth is replaced."""
    mlm_top1: float
    mlm_top5: float
    mlm_top1_masked: float | None
    """Of the chosen tokens that stand as [MASK] alone; None where none does."""
    nsp_loss: float
    """Per pair."""
    nsp_accuracy: float
    pairs: int
    chosen_tokens: int
    masked_tokens: int

    def as_dict(self) -> dict[str, float | int]:
        return {name: round(value, 5) for name, value in asdict(self).items() if value is not None}


def evaluation_batches(
    corpus: Corpus,
    tokenizer: BertTokenizer,
    mix: PairMix,
    max_pairs: int | None = None,
    rule: MaskingRule = _AS_IN_TRAINING,
) -> list[Batch]:
    """The same pairs and masks at every call: each held-out document once, masks drawn once."""
    random = Random(EVALUATION_SEED)
    plan = plan_pairs(corpus, mix, random)
    groups = group_by_length(plan, _TOKENS_PER_BATCH, random)
    classes = token_classes(tokenizer)
    batches: list[Batch] = []
    pairs = 0
    for number, group in enumerate(groups):
        if max_pairs is not None and pairs >= max_pairs:
            break
        rng = np.random.default_rng([EVALUATION_SEED, number])
        batches.append(assemble(corpus, plan, group, tokenizer, classes, rule, rng))
        pairs += len(group)
    return batches


@torch.no_grad()
def evaluate(
    model: BertForPreTraining, batches: Sequence[Batch], mask_id: int, device: torch.device
) -> Evaluation:
    """Run the model over `batches` without dropout, in float32, and count.

    `mask_id` is the id of [MASK].
    """
    was_training = model.training
    model.eval()
    mlm_loss = nsp_loss = 0.0
    top1 = top5 = top1_masked = next_right = pairs = chosen = masked = 0
    for batch in (batch.to(device) for batch in batches):
        output = forward_on(model, batch)
        logits = output.mlm_logits  # [chosen, vocab]
        mlm_loss += float(functional.cross_entropy(logits, batch.mlm_labels, reduction="sum"))
        best = logits.topk(5, dim=-1).indices == batch.mlm_labels[:, None]
        is_mask = batch.input_ids.flatten()[batch.mlm_positions] == mask_id
        top1 += int(best[:, 0].sum())
        top5 += int(best.sum())
        top1_masked += int(best[is_mask, 0].sum())
        masked += int(is_mask.sum())
        nsp_logits = output.nsp_logits
        nsp_loss += float(functional.cross_entropy(nsp_logits, batch.nsp_labels, reduction="sum"))
        next_right += int((output.nsp_logits.argmax(-1) == batch.nsp_labels).sum())
        pairs += len(batch.nsp_labels)
        chosen += len(batch.mlm_labels)
    model.train(was_training)
    return Evaluation(
        mlm_loss=mlm_loss / chosen,
        mlm_top1=top1 / chosen,
        mlm_top5=top5 / chosen,
        mlm_top1_masked=top1_masked / masked if masked else None,
        nsp_loss=nsp_loss / pairs,
        nsp_accuracy=next_right / pairs,
        pairs=pairs,
        chosen_tokens=chosen,
        masked_tokens=masked,
    )


def evaluate_kinds(
    model: BertForPreTraining,
    corpus: Corpus,
    tokenizer: BertTokenizer,
    device: torch.device,
    kinds: Iterable[str] = tuple(EVALUATION_KINDS),
) -> dict[str, dict[str, float | int]]:
    """The named kinds of pair of `EVALUATION_KINDS` on the whole held-out corpus.

    `nsp_accuracy` is that of training, with words hidden; `nsp_accuracy_unmasked` judges the same
    pairs as a reader types them, with every word in place.
    """
    figures: dict[str, dict[str, float | int]] = {}
    for kind in kinds:
        mix = EVALUATION_KINDS[kind]
        masked, whole = (
            evaluate(
                model,
                evaluation_batches(corpus, tokenizer, mix, rule=rule),
                tokenizer.mask_id,
                device,
            )
            for rule in (_AS_IN_TRAINING, _NOTHING_HIDDEN)
        )
        unmasked = {"nsp_accuracy_unmasked": round(whole.nsp_accuracy, 5)}
        figures[kind] = masked.as_dict() | unmasked
    return figures


def relation_figures(bert: Bert, language: str) -> dict[str, dict[str, Any]]:
    """Relation → its best head and best fixed offset on the annotated shelf; a table on stderr.

    Shares are 0..1; `looks` says whether the dependent or the governor is the word that attends.
    """
    figures: dict[str, dict[str, Any]] = {}
    for name, score in score_relations(bert, shelves.annotated(language)).relations.items():
        (best,) = score.best()
        figures[name] = {
            "pairs": score.count,
            **asdict(best),
            "share": round(best.share, 5),
            "offset": score.offset,
            "offset_share": round(score.offset_share, 5),
        }
        print(
            f"{name:10}  {score.count:4d} pairs  L{best.layer} H{best.head}  {best.share:6.1%}"
            f"  fixed offset {score.offset:+d}  {score.offset_share:6.1%}",
            file=sys.stderr,
        )
    return figures


def everyday_figures(
    model: BertForPreTraining, tokenizer: BertTokenizer, language: str
) -> dict[str, float | int]:
    """How the model does on the project's own everyday texts (`bert_core.shelves`).

    Returns:
        Share of gaps whose accepted answer is among the five best guesses, share of pairs judged
        right, and how many of each there are.
    """
    bert = Bert("model", model.cpu().eval(), tokenizer, {})
    gaps = shelves.cloze(language)
    hits = sum(
        any(guess.token in gap.answers for guess in bert.fill_mask(gap.text, top_k=5)[0])
        for gap in gaps
    )
    pairs = shelves.next_sentence_pairs(language)
    logits = nsp_logits_of(bert, [bert.encode(pair.text_a, pair.text_b) for pair in pairs])
    judged = logits[:, 0] > logits[:, 1]
    right = sum(
        is_next == pair.is_next for is_next, pair in zip(judged.tolist(), pairs, strict=True)
    )
    return {
        "cloze_top5": round(hits / len(gaps), 4),
        "clozes": len(gaps),
        "nsp_accuracy": round(right / len(pairs), 4),
        "pairs": len(pairs),
    }
