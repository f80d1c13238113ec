"""Published weights as a start: the heads that an encoder lacks are drawn, the body stays.

Encoders are often published without the two heads of pretraining. With them added, training goes on
from what the body knows instead of from random weights.
"""

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bert_core.checkpoint import LoadedCheckpoint
from bert_core.device import generator
from bert_core.folder_layout import model_folder
from bert_core.model import OUTPUT_MATRIX, WORD_EMBEDDINGS, BertForPreTraining
from bert_core.pretraining.documents import Corpus
from bert_core.tokenizer import BertTokenizer
from bert_core.weights import weight_files

PARTS = ("pooler", "mlm", "nsp")
"""What an encoder may lack; the order in which it is drawn."""

MLM_BIAS = "cls.predictions.bias"

UNKNOWN = "unknown"
"""The licence of a source that does not name one."""


def log_frequencies(corpus: Corpus, vocab_size: int) -> Tensor:
    """[vocab], ln of each token's share of the corpus, centred; nats.

    As MLM bias it is what training would learn first. Each token counts once more than it occurs.
    """
    counts = torch.ones(vocab_size, dtype=torch.float64)
    for start in range(0, corpus.num_tokens, 1 << 22):
        ids = torch.from_numpy(corpus.ids[start : start + (1 << 22)].astype("int64"))
        counts += torch.bincount(ids, minlength=vocab_size)
    logs = counts.log()
    return (logs - logs.mean()).float()


def draw_missing_heads(loaded: LoadedCheckpoint, corpus: Corpus, seed: int) -> tuple[str, ...]:
    """Give the model the parts that its checkpoint lacks; returns their names.

    Matrices are drawn with the standard deviation of the configuration's `initializer_range`,
    their biases are 0, the LayerNorm is 1 and 0, and the MLM bias stands at the log frequencies of
    the corpus. The MLM output matrix is the word embedding table, as always.

    Raises:
        ValueError: the model knows one segment only, so that it cannot tell A from B.
    """
    model, rng = loaded.model, generator(seed)
    _require_two_segments(loaded)
    drawn = tuple(part for part in PARTS if part in loaded.missing)

    def draw(linear: nn.Linear) -> None:
        nn.init.normal_(linear.weight, std=model.config.initializer_range, generator=rng)
        nn.init.zeros_(linear.bias)

    if "pooler" in drawn:
        draw(model.bert.pooler.dense)
    if "mlm" in drawn:
        head = model.cls.predictions
        draw(head.transform.dense)
        head.transform.LayerNorm.reset_parameters()
        with torch.no_grad():
            head.bias.copy_(log_frequencies(corpus, model.config.vocab_size))
            if not model.config.tie_word_embeddings:
                head.decoder.weight.copy_(model.bert.embeddings.word_embeddings.weight)
    if "nsp" in drawn:
        draw(model.cls.seq_relationship)
    return drawn


def with_vocabulary(
    loaded: LoadedCheckpoint, tokenizer: BertTokenizer, corpus: Corpus, seed: int
) -> tuple[LoadedCheckpoint, int]:
    """The same layers with word embeddings for another vocabulary, and how many of them were kept.

    A piece that both vocabularies have keeps its embedding; the others are drawn from the normal
    distribution with each dimension's mean and standard deviation over the old table, so that
    LayerNorm meets vectors of the kind it knows. The MLM bias stands at the log frequencies of
    `corpus`, which is tokenised with the new vocabulary.
    """
    config = replace(loaded.model.config, vocab_size=tokenizer.vocab_size, tie_word_embeddings=True)
    model = BertForPreTraining(config)
    weights = loaded.model.state_dict()
    weights.pop(OUTPUT_MATRIX, None)  # a matrix of its own has rows for the old vocabulary only
    old = weights[WORD_EMBEDDINGS]
    noise = torch.randn(config.vocab_size, config.hidden_size, generator=generator(seed))
    table = old.mean(0) + old.std(0) * noise
    ids = {loaded.tokenizer.token(number): number for number in range(len(old))}
    shared = [
        (number, ids[tokenizer.token(number)])
        for number in range(config.vocab_size)
        if tokenizer.token(number) in ids
    ]
    for new_id, old_id in shared:
        table[new_id] = old[old_id]
    weights |= {
        WORD_EMBEDDINGS: table,
        MLM_BIAS: log_frequencies(corpus, config.vocab_size),
    }
    model.load_state_dict(weights)
    return replace(loaded, model=model.eval(), tokenizer=tokenizer), len(shared)


def require_heads(loaded: LoadedCheckpoint, name: str) -> None:
    """Stop before a part that the checkpoint lacks would be trained from zeros.

    Raises:
        ValueError: a part is missing; the message names it and the command that adds it. Or the
            model knows one segment only.
    """
    _require_two_segments(loaded)
    if loaded.missing:
        raise ValueError(
            f"{name} has no {', '.join(loaded.missing)} part to continue. Add what is missing "
            "first: python -m bert_core.pretraining warm-start."
        )


def _require_two_segments(loaded: LoadedCheckpoint) -> None:
    if loaded.model.config.type_vocab_size < 2:
        raise ValueError("This model has one segment; next-sentence pairs need two.")


def source_record(folder: Path, name: str, licence: str | None) -> dict[str, Any]:
    """Where the weights of a checkpoint are from, for `training.json`.

    `licence` goes before what the model card says.
    """
    files = weight_files(model_folder(folder))
    assert files, "a checkpoint that was opened has weights"
    digest = hashlib.sha256()  # of several files, of all of them in the order of their names
    for file in files:
        with file.open("rb") as stream:
            while part := stream.read(2**20):
                digest.update(part)
    return {
        "name": name,
        "licence": licence or card_licence(folder) or UNKNOWN,
        "weights": {"file": ", ".join(file.name for file in files), "sha256": digest.hexdigest()},
    }


def card_licence(folder: Path) -> str | None:
    """The `license:` of a model card's front matter (Hugging Face's spelling); None without one."""
    card = folder / "README.md"
    if not card.is_file():
        return None
    text = card.read_text(encoding="utf-8", errors="replace")
    front = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    found = re.search(r"^license:[ \t]*(\S.*?)\s*$", front[1], re.MULTILINE) if front else None
    return found[1].strip("'\"") if found else None
