"""One word in several sentences: its static embedding, and what the layers make of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from bert_core.batched import Report, hidden_states_of
from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.words import words_of


def find_word(encoding: Encoding, word: str) -> tuple[int, ...]:
    """Tokens of the first place where `word` stands in the text, whole and in any case.

    Empty where it does not. "Whole" means that it begins and ends with words of the tokenizer:
    "it" is not found in "sit", but 苹果 is found as two neighbouring characters.
    """
    wanted, text = word.strip().lower(), encoding.text_a.lower()
    if not wanted or len(text) != len(encoding.text_a):
        # a few letters grow in lower case; then only the exact spelling can be looked for
        wanted, text = word.strip(), encoding.text_a
    words = [entry for entry in words_of(encoding) if not entry.in_b]
    starts, ends = {entry.start for entry in words}, {entry.end for entry in words}
    place = text.find(wanted) if wanted else -1
    while place >= 0:
        end = place + len(wanted)
        if place in starts and end in ends:
            inside = [entry for entry in words if place <= entry.start and entry.end <= end]
            return tuple(position for entry in inside for position in entry.positions)
        place = text.find(wanted, place + 1)
    return ()


def word_vectors(
    bert: Bert,
    encodings: Sequence[Encoding],
    places: Sequence[tuple[int, ...]],
    report: Report | None = None,
) -> Float[Tensor, "words stages hidden"]:
    """One vector per word and stage, the mean over the word's tokens.

    Stages: the word embedding alone, the embedding output (with position and segment), then every
    layer's output.

    Args:
        places: The tokens of one word in each input.

    Raises:
        ValueError: a word without tokens, or not one per input.
    """
    if len(places) != len(encodings) or not all(places):
        raise ValueError("every input needs one word with at least one token")
    table = bert.model.bert.embeddings.word_embeddings.weight.detach()
    hidden = hidden_states_of(bert, encodings, report)
    rows = []
    for encoding, place, stages in zip(encodings, places, hidden, strict=True):
        ids = torch.tensor([encoding.input_ids[position] for position in place])
        static = table[ids.to(table.device)].float().cpu().mean(dim=0)
        rows.append(torch.cat([static[None], stages[:, list(place)].mean(dim=1)]))
    return torch.stack(rows)


def cosines(
    a: Float[Tensor, "first hidden"], b: Float[Tensor, "second hidden"]
) -> Float[Tensor, "first second"]:
    """Cosine of every pair, -1 to 1; 0 for a vector of length 0."""
    return torch.nn.functional.normalize(a, dim=-1) @ torch.nn.functional.normalize(b, dim=-1).T


@dataclass(frozen=True)
class SenseSimilarity:
    """Mean cosine of pairs of sentences, stage by stage; empty where there is no such pair."""

    same: tuple[float, ...]
    different: tuple[float, ...]


def sense_similarity(
    vectors: Float[Tensor, "words stages hidden"], senses: Sequence[str]
) -> SenseSimilarity:
    """Do uses of one sense stay closer to each other than uses of two?"""
    count = len(senses)
    upper = torch.ones(count, count).triu(1).bool()
    alike = torch.tensor([[a == b for b in senses] for a in senses])
    found: dict[str, tuple[float, ...]] = {}
    for name, pairs in (("same", upper & alike), ("different", upper & ~alike)):
        found[name] = (
            tuple(
                cosines(vectors[:, stage], vectors[:, stage])[pairs].mean().item()
                for stage in range(vectors.shape[1])
            )
            if pairs.any()
            else ()
        )
    return SenseSimilarity(found["same"], found["different"])


@dataclass(frozen=True)
class WordShelf:
    """Every word of a set of sentences, in its context, at every stage."""

    words: tuple[str, ...]
    sentences: tuple[str, ...]
    """The sentence of each word."""
    vectors: Float[Tensor, "words stages hidden"]
    """float16, to keep the set small."""

    def nearest(
        self, vector: Float[Tensor, " hidden"], stage: int, count: int
    ) -> list[tuple[int, float]]:
        """Index and cosine of the words closest to a vector at one stage, the closest first."""
        near = cosines(vector[None], self.vectors[:, stage].float())[0]
        best = near.topk(min(count, len(self.words)))
        return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))

    def mean_cosine(self, stage: int) -> float:
        """Mean cosine of two different words: how narrow a cone all vectors lie in.

        Source: Ethayarajh 2019, "How Contextual are Contextualized Word Representations?"
        """
        units = torch.nn.functional.normalize(self.vectors[:, stage].float(), dim=-1)
        count = len(units)
        total = units.sum(dim=0).square().sum().item() - units.square().sum().item()
        return total / (count * (count - 1)) if count > 1 else float("nan")


def word_shelf(bert: Bert, sentences: Sequence[str], report: Report | None = None) -> WordShelf:
    """The words of all sentences; marks such as full stops are left out."""
    encodings = [bert.encode(sentence) for sentence in sentences]
    table = bert.model.bert.embeddings.word_embeddings.weight.detach()
    hidden = hidden_states_of(bert, encodings, report)
    words, homes, vectors = [], [], []
    for sentence, encoding, stages in zip(sentences, encodings, hidden, strict=True):
        ids = torch.tensor(encoding.input_ids, device=table.device)
        every = torch.cat([table[ids].float().cpu()[None], stages])  # [stages, seq, hidden]
        for word in words_of(encoding):
            if any(character.isalnum() for character in word.text):
                words.append(word.text)
                homes.append(sentence)
                vectors.append(every[:, list(word.positions)].mean(dim=1).half())
    return WordShelf(tuple(words), tuple(homes), torch.stack(vectors))
