"""What can be asked of a model and a text, by name: the right answers of questions.

A quantity is a function of the model, a trace and a few arguments that come from a file or from
code. It gives one number (`Measured`) or several things to choose from and to put in order, each
with its number (`Compared`). Tokens and words are named as on the pages: `it`, and `bank (13)`
where one stands several times. Layers, heads and positions count from zero.
"""

import inspect
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_type_hints

import torch
from torch import Tensor

from bert_core.batched import mlm_log_probabilities_of, nsp_logits_of
from bert_core.bert import Bert, mask_positions
from bert_core.claims import read_values
from bert_core.findings import position_of
from bert_core.positional import learned_positions, position_similarity
from bert_core.predict import top_tokens
from bert_core.provenance import Cell, value_of
from bert_core.stages import BY_NAME
from bert_core.studies.heads import ROLES, head_roles
from bert_core.studies.masked_words import RULE, RankedToken, maskable_tokens, rank_of
from bert_core.studies.next_sentence import is_next_probabilities, pair_variant, variants_for
from bert_core.studies.order import word_order
from bert_core.studies.words_in_context import cosines, find_word, word_vectors
from bert_core.trace import Trace
from bert_core.words import Word, with_ids, words_of

Unit = Literal["count", "probability", "nats", "score", "cosine", "length"]
Need = Literal["mlm", "nsp", "pair"]
Reason = Literal["mlm", "nsp", "pair", "layer", "token", "word", "mask", "name", "text"]


class NotThere(ValueError):
    """The model or the text does not have what is asked about; `reason` says which kind of thing.

    `mlm`, `nsp`: the checkpoint lacks the part. `pair`: there is no second sentence. `layer`: no
    such layer, head or stage. `token`, `word`, `mask`: not in the text, or several times. `name`:
    no such name in a list of names. `text`: the text has too little in it.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Measured:
    """One number."""

    value: float | int
    unit: Unit


@dataclass(frozen=True)
class Entry:
    """One of the things compared."""

    label: str
    """As on the pages: a token, a word, `L3 H1`, `L3`, or a name from a list."""
    value: float | int
    at: tuple[int, ...] = ()
    """Where it is: a position, a layer, (layer, head), the positions of a word; empty for names."""


@dataclass(frozen=True)
class Compared:
    """Several things with a number each, in reading order."""

    entries: tuple[Entry, ...]
    unit: Unit

    def ordered(self) -> tuple[Entry, ...]:
        """The largest first; of equal ones the first in the text."""
        return tuple(sorted(self.entries, key=lambda entry: -entry.value))

    @property
    def largest(self) -> Entry:
        """The right answer where the most is asked for."""
        return self.ordered()[0]

    @property
    def smallest(self) -> Entry:
        """The right answer where the least is asked for."""
        return min(self.entries, key=lambda entry: entry.value)


Answer = Measured | Compared


@dataclass(frozen=True)
class Quantity:
    """One line of the table."""

    name: str
    unit: Unit
    compares: bool
    """Whether it gives `Compared`, else `Measured`."""
    needs: frozenset[Need]
    """Parts of the checkpoint, and `pair` for a second sentence."""
    arguments: Mapping[str, Any]
    """Name → `int`, `float`, `str`, `bool`, `tuple[str, ...]` or `tuple[float, ...]`."""
    required: frozenset[str]
    """Arguments without a default."""
    about: str
    """One sentence, for whoever writes a question."""
    work: Callable[..., Answer]

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments out of a file.

        Raises:
            ValueError: one is missing, unknown or of another type.
        """
        return read_values(self.arguments, self.required, given, f"the quantity {self.name!r}")


Work = TypeVar("Work", bound=Callable[..., Answer])
QUANTITIES: dict[str, Quantity] = {}
"""Name → quantity."""


def answer(name: str, bert: Bert, trace: Trace, **arguments: Any) -> Answer:
    """The value of a quantity for a trace that `bert` made.

    Raises:
        KeyError: no such quantity.
        NotThere: the model or the text lacks what is asked about.
        ValueError: an argument is missing, unknown or of another type.
    """
    quantity = QUANTITIES[name]
    given = {
        one: list(value) if isinstance(value, tuple) else value for one, value in arguments.items()
    }
    read = quantity.read(given)
    for need in sorted(quantity.needs):
        if need == "pair" and not trace.encoding.is_pair:
            raise NotThere("pair", "there is no second sentence")
        if need in bert.missing:
            raise NotThere(need, f"{bert.name} lacks this part: {bert.missing[need]}")
    return quantity.work(bert, trace, **read)


def _quantity(unit: Unit, *needs: Need) -> Callable[[Work], Work]:
    """Enter a function of (bert, trace, arguments) in the table, under its own name."""

    def enter(work: Work) -> Work:
        types, known = get_type_hints(work), inspect.signature(work).parameters
        names = [name for name in known if name not in ("bert", "trace")]
        QUANTITIES[work.__name__] = Quantity(
            name=work.__name__,
            unit=unit,
            compares=types["return"] is Compared,
            needs=frozenset(needs),
            arguments={name: types[name] for name in names},
            required=frozenset(
                name for name in names if known[name].default is inspect.Parameter.empty
            ),
            about=" ".join((work.__doc__ or "").split()),
            work=work,
        )
        return work

    return enter


# The text


@_quantity("count")
def token_count(bert: Bert, trace: Trace) -> Measured:
    """Tokens that the model reads, the added [CLS] and [SEP] included."""
    return Measured(len(trace.tokens), "count")


@_quantity("count")
def pieces(bert: Bert, trace: Trace, words: tuple[str, ...] = ()) -> Compared:
    """Into how many pieces each word is cut; all words, or those named."""
    return _of_words(trace, words, lambda word: len(word.positions), "count")


@_quantity("count")
def chosen_tokens(bert: Bert, trace: Trace) -> Measured:
    """How many of the text's tokens the training task chooses on average: 15 % of its own."""
    own = int(maskable_tokens(trace.encoding, bert.tokenizer).sum())
    return Measured(RULE.chosen * own, "count")


# Embeddings and positions


@_quantity("length")
def embedding_lengths(bert: Bert, trace: Trace, token: str) -> Compared:
    """Lengths of the three vectors that are added for a token: `word`, `position`, `segment`."""
    steps, place = trace.embeddings, _place(token, trace)
    parts = {
        "word": steps.word_embeddings,
        "position": steps.position_embeddings,
        "segment": steps.token_type_embeddings,
    }
    return Compared(
        tuple(Entry(name, float(part[place].norm())) for name, part in parts.items()), "length"
    )


@_quantity("cosine")
def position_cosines(bert: Bert, trace: Trace, position: int, length: int = 0) -> Compared:
    """Cosines of a position's learned vector with the others among the first `length` positions.

    `length` 0 is the number of tokens.
    """
    table = bert.model.bert.embeddings.position_embeddings
    count = length or len(trace.tokens)
    if not (0 <= position < count <= table.num_embeddings and count > 1):
        raise NotThere("name", f"no position {position} among {count}, or none beside it")
    near = position_similarity(learned_positions(table, count), cosine=True)[position]
    return Compared(
        tuple(Entry(str(at), float(near[at]), (at,)) for at in range(count) if at != position),
        "cosine",
    )


# Attention


@_quantity("probability")
def attention_row(
    bert: Bert, trace: Trace, layer: int, head: int, query: str, own: bool = False
) -> Compared:
    """What a token looks at in one head: the weight on every token; `own`: on the text's only."""
    row = _attention(trace, layer, head)[_place(query, trace)]
    keys = trace.encoding.own if own else range(len(row))
    if not keys:
        raise NotThere("text", "the text has no token of its own")
    return Compared(_tokens(trace, row, keys), "probability")


@_quantity("probability")
def attention_weight(
    bert: Bert, trace: Trace, layer: int, head: int, query: str, key: str
) -> Measured:
    """How much one token looks at another in one head."""
    row = _attention(trace, layer, head)[_place(query, trace)]
    return Measured(float(row[_place(key, trace)]), "probability")


@_quantity("score")
def dot_product(bert: Bert, trace: Trace, layer: int, head: int, query: str, key: str) -> Measured:
    """Query · key, before it is divided by √head size."""
    _attention(trace, layer, head)
    products = trace.layer(layer).dot_products[head]
    return Measured(float(products[_place(query, trace), _place(key, trace)]), "score")


@_quantity("score")
def attention_score(
    bert: Bert, trace: Trace, layer: int, head: int, query: str, key: str
) -> Measured:
    """Query · key / √head size."""
    _attention(trace, layer, head)
    scores = trace.layer(layer).attention_scores[head]
    return Measured(float(scores[_place(query, trace), _place(key, trace)]), "score")


@_quantity("score")
def stage_number(
    bert: Bert,
    trace: Trace,
    stage: str,
    layer: int,
    head: int,
    query: str,
    key: str = "",
    dimension: int = 0,
) -> Measured:
    """One number of a stage of the forward pass; what its axes do not need is not looked at."""
    if stage not in BY_NAME:
        raise NotThere("name", f"the stage {stage!r} is not one of {', '.join(BY_NAME)}")
    places = {"head": head, "token": _place(query, trace), "query": _place(query, trace)}
    if "key" in BY_NAME[stage].axes:
        places["key"] = _place(key, trace)
    index = tuple(places.get(axis, dimension) for axis in BY_NAME[stage].axes)
    try:
        value = value_of(trace, Cell(stage, index, layer if BY_NAME[stage].in_layer else None))
    except ValueError as error:
        raise NotThere("layer", str(error)) from error
    return Measured(value, "score")


@_quantity("nats")
def row_entropy(bert: Bert, trace: Trace, layer: int, head: int, query: str) -> Measured:
    """How evenly a token looks in one head: the entropy of its row."""
    row = _attention(trace, layer, head)[_place(query, trace)]
    return Measured(float(torch.special.entr(row.double()).sum()), "nats")


@_quantity("probability")
def role_scores(bert: Bert, trace: Trace, role: str) -> Compared:
    """How far each head plays a role: `previous`, `next`, `self`, `cls`, `sep` and so on."""
    if role not in ROLES:
        raise NotThere("name", f"the role {role!r} is not one of {', '.join(ROLES)}")
    scores = head_roles(trace).scores[ROLES.index(role)]
    if scores.isnan().all():
        raise NotThere("text", f"no token of the text has a key for the role {role!r}")
    return Compared(
        tuple(
            Entry(f"L{layer} H{head}", float(scores[layer, head]), (layer, head))
            for layer in range(scores.shape[0])
            for head in range(scores.shape[1])
        ),
        "probability",
    )


@_quantity("probability")
def weight_on_added(bert: Bert, trace: Trace) -> Compared:
    """Per layer: what the text's own tokens give to [CLS] and [SEP], mean over tokens and heads."""
    own = list(trace.encoding.own)
    if not own:
        raise NotThere("text", "the text has no token of its own")
    added = torch.tensor(trace.encoding.special_tokens_mask, dtype=torch.bool)
    shares = [
        float(trace.layer(layer).attention_probs[:, own][..., added].sum(-1).mean())
        for layer in range(trace.num_layers)
    ]
    return Compared(
        tuple(Entry(f"L{layer}", share, (layer,)) for layer, share in enumerate(shares)),
        "probability",
    )


@_quantity("count")
def attention_cells(bert: Bert, trace: Trace) -> Measured:
    """Attention weights of all layers and heads for this text."""
    config = trace.config
    maps = config.num_hidden_layers * config.num_attention_heads
    return Measured(maps * len(trace.tokens) ** 2, "count")


# Vectors


@_quantity("cosine")
def state_cosines(bert: Bert, trace: Trace, token: str, stage: int) -> Compared:
    """Cosines of a token's vector with the others'; stage 0 is the embedding, i + 1 layer i."""
    states, place = _stage(trace, stage), _place(token, trace)
    if len(states) < 2:
        raise NotThere("text", "there is no other token")
    near = cosines(states[place][None], states)[0]
    keys = [at for at in range(len(near)) if at != place]
    return Compared(_tokens(trace, near, keys), "cosine")


@_quantity("cosine")
def layer_cosines(bert: Bert, trace: Trace, token: str) -> Compared:
    """Per layer: the cosine of a token's vector before and after it; the least is changed most."""
    place = _place(token, trace)
    states = torch.stack([one[place].float().cpu() for one in trace.hidden_states])
    near = torch.nn.functional.cosine_similarity(states[:-1], states[1:], dim=-1)
    return Compared(
        tuple(Entry(f"L{layer}", float(one), (layer,)) for layer, one in enumerate(near)), "cosine"
    )


@_quantity("cosine")
def use_cosine(bert: Bert, trace: Trace, word: str, text: str, other: str, stage: int) -> Measured:
    """Cosine of a word's vectors in two sentences; stage 0 the word alone, 1 the embedding, …"""
    encodings = [bert.encode(one) for one in (text, other)]
    places = [find_word(one, word) for one in encodings]
    if not all(places):
        raise NotThere("word", f"{word!r} does not stand in both sentences")
    vectors = word_vectors(bert, encodings, places)
    if not 0 <= stage < vectors.shape[1]:
        raise NotThere("layer", f"stage {stage} is not one of 0 to {vectors.shape[1] - 1}")
    return Measured(float(cosines(vectors[:1, stage], vectors[1:, stage])), "cosine")


# Masked words


@_quantity("probability", "mlm")
def guesses(bert: Bert, trace: Trace, mask: int = 0, k: int = 5) -> Compared:
    """The `k` best words for the text's [MASK] number `mask`."""
    if k < 1:
        raise NotThere("name", f"at least one guess, not {k}")
    best = top_tokens(_at_mask(bert, trace, mask), bert.tokenizer, k)
    return Compared(
        tuple(Entry(one.token, one.probability, (one.id,)) for one in best), "probability"
    )


@_quantity("probability", "mlm")
def guess_probability(bert: Bert, trace: Trace, token: str, mask: int = 0) -> Measured:
    """What an entry of the vocabulary gets at the text's [MASK] number `mask`."""
    return Measured(_ranked(bert, trace, token, mask).prediction.probability, "probability")


@_quantity("count", "mlm")
def guess_rank(bert: Bert, trace: Trace, token: str, mask: int = 0) -> Measured:
    """The place of an entry of the vocabulary at the text's [MASK] number `mask`; 1 is the best."""
    return Measured(_ranked(bert, trace, token, mask).rank, "count")


@_quantity("probability", "mlm")
def hidden_words(bert: Bert, trace: Trace, words: tuple[str, ...] = ()) -> Compared:
    """P of each word, hidden alone and whole; all words, or those named. The least is hardest."""
    return _of_words(trace, words, lambda word: math.exp(_hidden(bert, trace, word)), "probability")


@_quantity("nats", "mlm")
def hidden_word_loss(bert: Bert, trace: Trace, word: str) -> Measured:
    """The loss of a word that is hidden whole: the mean of -ln p over its pieces."""
    found = _word(word, trace)
    return Measured(-_hidden(bert, trace, found) / len(found.positions), "nats")


@_quantity("count", "mlm")
def hidden_word_rank(bert: Bert, trace: Trace, word: str) -> Measured:
    """The place of a hidden word among all guesses; of one that is cut, of its first piece."""
    found = _word(word, trace)
    scores = _behind_masks(bert, trace, found.positions)[0]
    first = trace.encoding.input_ids[found.positions[0]]
    return Measured(rank_of(scores, bert.tokenizer, first).rank, "count")


@_quantity("probability", "mlm")
def reordered_word(bert: Bert, trace: Trace, word: str, order: str = "reverse") -> Compared:
    """P of a hidden word in its order, `as_is`, and with all words in another one, `moved`.

    Orders: `reverse`, `swap` (first and last word change places).
    """
    found, encoding = _word(word, trace), trace.encoding
    if order not in ("reverse", "swap"):
        raise NotThere("name", f"the order {order!r} is not one of reverse, swap")
    moved = word_order(encoding, order)
    if moved == tuple(range(len(encoding))):
        raise NotThere("text", "the words have no other order")
    before = math.exp(_hidden(bert, trace, found))
    places = tuple(moved.index(place) for place in found.positions)
    hidden = with_ids(
        encoding.reordered(moved), dict.fromkeys(places, bert.tokenizer.mask_id), bert.tokenizer
    )
    rows = mlm_log_probabilities_of(bert, [hidden] * len(places), places)
    own = [encoding.input_ids[place] for place in found.positions]
    after = math.exp(sum(float(row[one]) for row, one in zip(rows, own, strict=True)))
    return Compared((Entry("as_is", before), Entry("moved", after)), "probability")


# Next sentence


@_quantity("probability", "nsp", "pair")
def is_next(bert: Bert, trace: Trace, variant: str = "as_is") -> Measured:
    """P(is next) of the pair, as it is or changed: `swapped`, `flipped`, `no_middle_sep`, …"""
    names = variants_for(bert)
    if variant not in names:
        raise NotThere("name", f"the variant {variant!r} is not one of {', '.join(names)}")
    return Measured(_is_next(bert, trace, variant), "probability")


@_quantity("probability", "nsp", "pair")
def is_next_variants(bert: Bert, trace: Trace) -> Compared:
    """P(is next) of the pair as it is and of every change of it."""
    return Compared(
        tuple(Entry(name, _is_next(bert, trace, name)) for name in variants_for(bert)),
        "probability",
    )


# The model


@_quantity("count")
def size(bert: Bert, trace: Trace, field: str) -> Measured:
    """A size of the model by its name in the config (`num_hidden_layers`), or `head_size`."""
    value = getattr(bert.config, field, None)
    if type(value) is not int:
        raise NotThere("name", f"the config has no size {field!r}")
    return Measured(value, "count")


@_quantity("count")
def parameters(bert: Bert, trace: Trace) -> Compared:
    """Weights that were learned, by part: `word`, `position`, `segment`, `attention`, …"""
    counts = parameter_counts(bert)
    return Compared(tuple(Entry(name, count) for name, count in counts.items()), "count")


def parameter_counts(bert: Bert) -> dict[str, int]:
    """Every parameter of the model, counted once, by part, in the order of a forward pass.

    Parts that the checkpoint lacks are left out.
    """
    counts = dict.fromkeys(PARAMETER_PARTS, 0)
    for key, parameter in bert.model.named_parameters():
        name = next(name for name, marks in _MARKS if any(mark in key for mark in marks))
        counts[name] += parameter.numel()
    return {name: count for name, count in counts.items() if name not in bert.missing}


PARAMETER_PARTS = (
    *("word", "position", "segment", "attention", "feed_forward", "layer_norm"),
    *("pooler", "mlm", "nsp"),
)
_MARKS = (
    ("word", ("bert.embeddings.word_embeddings.",)),
    ("position", ("bert.embeddings.position_embeddings.",)),
    ("segment", ("bert.embeddings.token_type_embeddings.",)),
    ("mlm", ("cls.predictions.",)),
    ("nsp", ("cls.seq_relationship.",)),
    ("pooler", ("bert.pooler.",)),
    ("layer_norm", (".LayerNorm.",)),
    ("attention", (".attention.",)),
    ("feed_forward", (".intermediate.", ".output.")),
)
"""Part → what the names of its parameters hold; the first that fits counts."""


# Worked out from numbers that a question gives: neither the model nor the text matters


@_quantity("score")
def scaled_product(
    bert: Bert, trace: Trace, q: tuple[float, ...], k: tuple[float, ...]
) -> Measured:
    """Query · key / √d of two vectors `q` and `k` that are given, d being their length."""
    return Measured(_product(q, k) / math.sqrt(len(q)), "score")


@_quantity("probability")
def softmax_share(bert: Bert, trace: Trace, scores: tuple[float, ...], place: int) -> Measured:
    """Softmax of the scores that are given, of the one at `place`, from zero."""
    if not 0 <= place < len(scores):
        raise NotThere("name", f"no place {place} among {len(scores)} scores")
    shares = torch.tensor(scores, dtype=torch.float64).softmax(0)
    return Measured(float(shares[place]), "probability")


@_quantity("score")
def weighted_sum(
    bert: Bert, trace: Trace, weights: tuple[float, ...], values: tuple[float, ...]
) -> Measured:
    """The sum of weight · value over the numbers that are given."""
    return Measured(_product(weights, values), "score")


@_quantity("nats")
def cross_entropy(bert: Bert, trace: Trace, probability: float) -> Measured:
    """The loss -ln p of a right answer that got the probability that is given."""
    if not 0 < probability <= 1:
        raise NotThere("name", f"no loss of the probability {probability}")
    return Measured(-math.log(probability), "nats")


@_quantity("count")
def training_tokens(bert: Bert, trace: Trace, tokens: int, part: str = "chosen") -> Measured:
    """Of so many tokens, how many the masked-word task makes `chosen`, `masked`, `random`, `kept`.

    On average, by the rule of Devlin et al. 2019, 3.1.
    """
    shares = {"chosen": 1.0, "masked": RULE.masked, "random": RULE.random}
    shares["kept"] = 1 - RULE.masked - RULE.random
    if part not in shares:
        raise NotThere("name", f"the part {part!r} is not one of {', '.join(shares)}")
    return Measured(tokens * RULE.chosen * shares[part], "count")


def _product(first: Sequence[float], second: Sequence[float]) -> float:
    if len(first) != len(second):
        raise NotThere("name", f"{len(first)} numbers meet {len(second)}")
    return math.fsum(one * other for one, other in zip(first, second, strict=True))


# How things are found


def token_name(tokens: Sequence[str], position: int) -> str:
    """A token as questions name it, with its position where it stands several times."""
    return _named(tokens)[position]


def word_name(words: Sequence[Word], word: Word) -> str:
    """A word as questions name it, with the position of its first token where there are several."""
    several = sum(one.text == word.text for one in words) > 1
    return f"{word.text} ({word.positions[0]})" if several else word.text


def _named(tokens: Sequence[str]) -> list[str]:
    counts = Counter(tokens)
    return [f"{one} ({at})" if counts[one] > 1 else one for at, one in enumerate(tokens)]


def _tokens(trace: Trace, values: Tensor, places: Collection[int]) -> tuple[Entry, ...]:
    names = _named(trace.tokens)
    return tuple(Entry(names[at], float(values[at]), (at,)) for at in places)


def _place(label: str, trace: Trace) -> int:
    try:
        return position_of(label, trace.tokens)
    except ValueError as error:
        raise NotThere("token", str(error)) from error


def _word(label: str, trace: Trace) -> Word:
    words = words_of(trace.encoding)
    found = [word for word in words if label in (word_name(words, word), word.text)]
    if len(found) != 1:
        raise NotThere("word", f"the word {label!r} stands {len(found)} times in the text")
    return found[0]


def _of_words(
    trace: Trace, labels: Sequence[str], value: Callable[[Word], float | int], unit: Unit
) -> Compared:
    words = words_of(trace.encoding)
    asked = [_word(label, trace) for label in labels] or words
    if not asked:
        raise NotThere("text", "the text has no word")
    return Compared(
        tuple(Entry(word_name(words, word), value(word), word.positions) for word in asked), unit
    )


def _attention(trace: Trace, layer: int, head: int) -> Tensor:
    layers, heads = trace.num_layers, trace.config.num_attention_heads
    if not (0 <= layer < layers and 0 <= head < heads):
        raise NotThere("layer", f"no L{layer} H{head} among {layers} layers × {heads} heads")
    return trace.layer(layer).attention_probs[head]


def _stage(trace: Trace, stage: int) -> Tensor:
    if not 0 <= stage < len(trace.hidden_states):
        raise NotThere("layer", f"stage {stage} is not one of 0 to {len(trace.hidden_states) - 1}")
    return trace.hidden_states[stage].float().cpu()


def _at_mask(bert: Bert, trace: Trace, mask: int) -> Tensor:
    masks = mask_positions(trace.encoding, bert.tokenizer)
    if not 0 <= mask < len(masks):
        raise NotThere("mask", f"the text has no [MASK] number {mask}")
    return trace.mlm_logits_at(masks[mask]).cpu()


def _ranked(bert: Bert, trace: Trace, token: str, mask: int) -> RankedToken:
    try:
        token_id = bert.tokenizer.id(token)
    except ValueError as error:
        raise NotThere("name", str(error)) from error
    return rank_of(_at_mask(bert, trace, mask), bert.tokenizer, token_id)


def _hidden(bert: Bert, trace: Trace, word: Word) -> float:
    """The sum of ln p of a word's pieces, all of them hidden."""
    own = [trace.encoding.input_ids[place] for place in word.positions]
    if not {bert.tokenizer.unk_id, bert.tokenizer.mask_id}.isdisjoint(own):
        raise NotThere("word", f"{word.text!r} stands for no word that could be guessed")
    found = _behind_masks(bert, trace, word.positions)
    return sum(float(row[token_id]) for row, token_id in zip(found, own, strict=True))


def _behind_masks(bert: Bert, trace: Trace, places: tuple[int, ...]) -> Tensor:
    """ln p of the whole vocabulary at each place, [place, vocab], all of them hidden."""
    masks = dict.fromkeys(places, bert.tokenizer.mask_id)
    hidden = with_ids(trace.encoding, masks, bert.tokenizer)
    return mlm_log_probabilities_of(bert, [hidden] * len(places), places)


def _is_next(bert: Bert, trace: Trace, variant: str) -> float:
    encoding = trace.encoding
    changed = pair_variant(bert, encoding.text_a, encoding.text_b or "", variant)
    return float(is_next_probabilities(nsp_logits_of(bert, [changed]))[0])
