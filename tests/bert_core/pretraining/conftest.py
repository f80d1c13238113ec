"""A small text written for these tests, its vocabulary, its cached corpus and a tiny model."""

from pathlib import Path
from random import Random

import pytest
import torch

from bert_core.config import BertConfig
from bert_core.masking import MaskingRule
from bert_core.model import BertForPreTraining
from bert_core.pretraining.batches import BatchSource
from bert_core.pretraining.documents import Corpus, open_corpus
from bert_core.pretraining.pairs import TRAINING_MIX
from bert_core.tokenizer import BertTokenizer

_HEROES = ("dog", "cat", "baker", "sailor", "gardener", "robot", "queen", "farmer")
_PLACES = ("garden", "harbour", "kitchen", "library", "castle", "market")
_THINGS = ("lantern", "basket", "kettle", "ladder", "map", "violin")
_LINES = (
    "The {hero} walked slowly to the {place} before sunrise.",
    "Nobody in the {place} had seen the {thing} for many years.",
    "So the {hero} looked behind the door, under the table and on the roof.",
    "At last the {thing} was there, covered with dust.",
    "The {hero} laughed.",
    "Was it still good? It was, and it shone like new!",
    "In the evening everybody in the {place} heard of the {thing}.",
    "The {hero} went home, put the {thing} on a shelf and slept well.",
)


def story(hero: str, place: str, thing: str, sentences: int) -> list[str]:
    """One document: the first lines of the tale, filled in."""
    return [line.format(hero=hero, place=place, thing=thing) for line in _LINES[:sentences]]


def stories() -> list[list[str]]:
    """Documents of two to eight sentences, the same at every call."""
    random = Random(5)
    cast = [(hero, place, thing) for hero in _HEROES for place in _PLACES for thing in _THINGS]
    return [story(*entry, sentences=random.randint(2, len(_LINES))) for entry in cast]


def write_text(path: Path, documents: list[list[str]]) -> Path:
    """Write documents in the format that the pipeline reads."""
    path.write_text("\n\n".join("\n".join(d) for d in documents) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def text_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two sources: one for odd, one for even stories."""
    folder = tmp_path_factory.mktemp("text")
    documents = stories()
    return [
        write_text(folder / "even.txt", documents[::2]),
        write_text(folder / "odd.txt", documents[1::2]),
    ]


@pytest.fixture(scope="session")
def tokenizer() -> BertTokenizer:
    """Learnt from the stories; small enough that some words fall into pieces."""
    sentences = [sentence for document in stories() for sentence in document]
    return BertTokenizer.learn(sentences, 120)


@pytest.fixture(scope="session")
def corpus(
    text_files: list[Path], tokenizer: BertTokenizer, tmp_path_factory: pytest.TempPathFactory
) -> Corpus:
    """The stories, tokenised."""
    return open_corpus(text_files, tokenizer, tmp_path_factory.mktemp("cache"))


def tiny_model(vocab_size: int, seed: int = 3, dropout: float = 0.0) -> BertForPreTraining:
    """A BERT of unequal sizes, seeded."""
    torch.manual_seed(seed)
    return BertForPreTraining(
        BertConfig(
            vocab_size=vocab_size,
            hidden_size=20,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=37,
            max_position_embeddings=128,
            initializer_range=0.05,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
    )


@pytest.fixture
def source(corpus: Corpus, tokenizer: BertTokenizer) -> BatchSource:
    """Small batches of the training mix."""
    return BatchSource(corpus, tokenizer, TRAINING_MIX, MaskingRule(), tokens_per_batch=512, seed=7)
