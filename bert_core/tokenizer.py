"""Text to WordPiece tokens, over the `tokenizers` library (normaliser, pieces, offsets).

Source: Devlin et al. 2018, section 3 (input representation); Wu et al. 2016 (WordPiece).
"""

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from bert_core.encoding import CONTINUED, Encoding
from bert_core.folder_files import read_text

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_MARKER = re.compile(r"\[.*\]|<.*>")
"""An entry that stands for no text: [PAD], [unused7], <S>."""
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


class BertTokenizer:
    """Splits text as BERT does and puts [CLS] and [SEP] around it.

    Args:
        backend: A WordPiece tokenizer with its normaliser and pre-tokeniser.

    Raises:
        ValueError: not a WordPiece tokenizer, or one of the five special tokens is missing.
    """

    def __init__(self, backend: Tokenizer) -> None:
        if not isinstance(backend.model, models.WordPiece):
            kind = type(backend.model).__name__
            raise ValueError(f"BERT needs a WordPiece vocabulary; this tokenizer is {kind}")
        vocab = backend.get_vocab(with_added_tokens=True)
        missing = [token for token in SPECIAL_TOKENS if token not in vocab]
        if missing:
            raise ValueError(f"the vocabulary has no {', '.join(missing)}")
        backend.no_truncation()
        backend.no_padding()
        backend.add_special_tokens(list(SPECIAL_TOKENS))
        self._backend = backend
        self.vocab_size = max(vocab.values()) + 1
        """Number of ids; a few may have no token, where a vocabulary names one twice."""
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (
            vocab[token] for token in SPECIAL_TOKENS
        )
        self.concluded: str | None = None
        """What `from_folder` concluded from the vocabulary, where no file says it: `cased`,
        `uncased` or `uncased_accents` (accents are kept)."""

    @classmethod
    def from_vocab(
        cls,
        vocab: dict[str, int],
        lowercase: bool = True,
        strip_accents: bool | None = None,
        split_chinese: bool = True,
    ) -> "BertTokenizer":
        """A tokenizer with BERT's normaliser over a vocabulary; accents go when lower-casing."""
        backend = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
        backend.normalizer = normalizers.BertNormalizer(
            clean_text=True,
            handle_chinese_chars=split_chinese,
            strip_accents=strip_accents,
            lowercase=lowercase,
        )
        backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        backend.decoder = decoders.WordPiece(prefix=CONTINUED)
        return cls(backend)

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str]) -> "BertTokenizer":
        """Read `tokenizer.json`, or `vocab.txt` with the switches of `tokenizer_config.json`.

        Many folders hold `vocab.txt` alone. Where nothing says whether text is lower-cased, the
        vocabulary decides: one with capitals is for text as it stands, one without capitals for
        lower-cased text, with its accents if words of the vocabulary have some.

        Raises:
            FileNotFoundError: neither file is there.
            ValueError: a file cannot be read as a BERT tokenizer; the message says why.
        """
        folder = Path(folder)
        whole, vocabulary = folder / "tokenizer.json", folder / "vocab.txt"
        if whole.is_file():
            try:
                backend = Tokenizer.from_str(read_text(whole))
            except Exception as error:  # the library raises plain Exception for a broken file
                raise ValueError(f"tokenizer.json cannot be read: {error}") from error
            return cls(backend)
        if not vocabulary.is_file():
            raise FileNotFoundError(f"no tokenizer.json and no vocab.txt in {folder}")
        try:
            lines = read_text(vocabulary).split("\n")
        except UnicodeDecodeError as error:
            raise ValueError(f"vocab.txt is not UTF-8: {error}") from error
        if lines[-1] == "":
            lines.pop()
        vocab = {line: index for index, line in enumerate(lines)}
        path = folder / "tokenizer_config.json"
        switches = _read_switches(path) if path.is_file() else {}
        if "lowercase" in switches:
            return cls.from_vocab(vocab, **switches)
        lowercase, keeps_accents = _case_of(vocab)
        switches["lowercase"] = lowercase
        if lowercase and keeps_accents:
            switches.setdefault("strip_accents", False)
        tokenizer = cls.from_vocab(vocab, **switches)
        kept = switches.get("strip_accents") is False
        tokenizer.concluded = "cased" if not lowercase else "uncased_accents" if kept else "uncased"
        return tokenizer

    @classmethod
    def learn(
        cls,
        sentences: Iterable[str],
        vocab_size: int,
        lowercase: bool = True,
        min_frequency: int = 2,
        limit_alphabet: int = 1000,
    ) -> "BertTokenizer":
        """Learn a WordPiece vocabulary from sentences; the same one from the same sentences.

        It has at most `vocab_size` entries, unless the special tokens and characters alone need
        more. `limit_alphabet` is the number of different characters kept, the most frequent ones;
        Chinese needs thousands.
        """
        normalizer = normalizers.BertNormalizer(lowercase=lowercase)
        texts = [_readable(text) for text in sentences]
        counts = Counter[str]()
        for text in texts:
            counts.update(normalizer.normalize_str(text))
        del counts[" "]
        kept = sorted(counts, key=lambda character: (-counts[character], character))
        kept = kept[:limit_alphabet]

        def train(size: int, first: list[str]) -> dict[str, int]:
            """The vocabulary with the entries `first` at its beginning."""
            backend = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
            backend.normalizer = normalizer
            backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
            trainer = trainers.WordPieceTrainer(
                vocab_size=size,
                min_frequency=min_frequency,
                initial_alphabet=kept,
                limit_alphabet=len(kept),
                special_tokens=first,
                continuing_subword_prefix=CONTINUED,
                show_progress=False,
            )
            backend.train_from_iterator(texts, trainer)
            return backend.get_vocab()

        # The trainer numbers the pieces of one character in the order of a hash table, and breaks
        # ties between merges by these numbers. So they are found first, sorted, and then given.
        special = list(SPECIAL_TOKENS)
        pieces = sorted(
            train(len(special), special).keys() - set(special),
            key=lambda piece: (piece.startswith(CONTINUED), piece),
        )
        return cls.from_vocab(train(vocab_size, special + pieces), lowercase=lowercase)

    def token(self, token_id: int) -> str:
        """The vocabulary entry of an id; `[unused7]` if id 7 has none.

        Raises:
            ValueError: no such id.
        """
        if not 0 <= token_id < self.vocab_size:
            raise ValueError(f"id {token_id} is not in the vocabulary of {self.vocab_size}")
        token = self._backend.id_to_token(token_id)
        return f"[unused{token_id}]" if token is None else token

    def id(self, token: str) -> int:
        """The id of a vocabulary entry.

        Raises:
            ValueError: no such entry.
        """
        token_id = self._backend.token_to_id(token)
        if token_id is None:
            raise ValueError(f"{token!r} is not in the vocabulary")
        return token_id

    def pieces(self, text: str) -> tuple[list[str], list[int], list[tuple[int, int]]]:
        """Tokens, ids and character offsets of a text, without [CLS] and [SEP].

        A special token typed in the text, such as [MASK], is that special token. A lone half of a
        surrogate pair counts as an unreadable character.
        """
        found = self._backend.encode(_readable(text), add_special_tokens=False)
        return found.tokens, found.ids, found.offsets

    def ids(self, texts: list[str]) -> list[list[int]]:
        """Ids of many texts at once, without [CLS] and [SEP]."""
        clean = [_readable(text) for text in texts]
        return [
            found.ids for found in self._backend.encode_batch_fast(clean, add_special_tokens=False)
        ]

    def encode(self, a: str, b: str | None = None, max_length: int | None = None) -> Encoding:
        """[CLS] a [SEP], or [CLS] a [SEP] b [SEP], cut to `max_length` tokens.

        What does not fit is cut from the end of the longer of the two until both are equally long,
        then from both (after `truncate_seq_pair` of google-research/bert), and kept in `cut_a` and
        `cut_b`.

        Raises:
            ValueError: `max_length` does not even hold the special tokens.
        """
        tokens_a, ids_a, offsets_a = self.pieces(a)
        tokens_b, ids_b, offsets_b = self.pieces(b) if b is not None else ([], [], [])
        added = 2 if b is None else 3
        keep_a, keep_b = len(ids_a), len(ids_b)
        if max_length is not None:
            if max_length < added:
                raise ValueError(f"{added} special tokens do not fit into {max_length}")
            keep_a, keep_b = _longest_first(keep_a, keep_b, max_length - added)
        tokens = ["[CLS]", *tokens_a[:keep_a], "[SEP]"]
        input_ids = [self.cls_id, *ids_a[:keep_a], self.sep_id]
        offsets: list[tuple[int, int] | None] = [None, *offsets_a[:keep_a], None]
        special = [1, *[0] * keep_a, 1]
        segments = [0] * len(tokens)
        if b is not None:
            tokens += [*tokens_b[:keep_b], "[SEP]"]
            input_ids += [*ids_b[:keep_b], self.sep_id]
            offsets += [*offsets_b[:keep_b], None]
            special += [*[0] * keep_b, 1]
            segments += [1] * (keep_b + 1)
        return Encoding(
            text_a=a,
            text_b=b,
            tokens=tuple(tokens),
            input_ids=tuple(input_ids),
            token_type_ids=tuple(segments),
            attention_mask=(1,) * len(tokens),
            special_tokens_mask=tuple(special),
            offsets=tuple(offsets),
            cut_a=tuple(tokens_a[keep_a:]),
            cut_b=tuple(tokens_b[keep_b:]),
        )

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write `vocab.txt`, `tokenizer.json` and `tokenizer_config.json` into a folder."""
        folder = Path(folder)
        lines = [self.token(token_id) for token_id in range(self.vocab_size)]
        (folder / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._backend.save(str(folder / "tokenizer.json"), pretty=False)
        normalizer = self._backend.normalizer
        options = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": getattr(normalizer, "lowercase", True),
            "strip_accents": getattr(normalizer, "strip_accents", None),
            "tokenize_chinese_chars": getattr(normalizer, "handle_chinese_chars", True),
        }
        (folder / "tokenizer_config.json").write_text(
            json.dumps(options, indent=1) + "\n", encoding="utf-8"
        )


def _readable(text: str) -> str:
    """The text without lone halves of surrogate pairs, which the library cannot take."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def _case_of(vocab: Iterable[str]) -> tuple[bool, bool]:
    """Whether a vocabulary is for lower-cased text, and whether its words have accents.

    One word in a thousand is needed: a stray capital among 30,000 words is an accident of the text
    that they were learned from.
    """
    words = [word for word in vocab if not _MARKER.fullmatch(word)]
    capitals = sum(word != word.lower() for word in words)
    accents = sum(
        any(unicodedata.category(letter) == "Mn" for letter in unicodedata.normalize("NFD", word))
        for word in words
    )
    enough = max(1, len(words) / 1000)
    return capitals < enough, accents >= enough


def _read_switches(path: Path) -> dict[str, bool]:
    """The arguments of `from_vocab` that a `tokenizer_config.json` sets.

    Raises:
        ValueError: not a JSON object, or a switch that is not true or false.
    """
    try:
        options = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} cannot be read: {error}") from error
    if not isinstance(options, dict):
        raise ValueError(f"{path.name} is not a JSON object")
    names = {
        "do_lower_case": "lowercase",
        "strip_accents": "strip_accents",
        "tokenize_chinese_chars": "split_chinese",
    }
    switches = {}
    for theirs, ours in names.items():
        value = options.get(theirs)  # null is as good as absent
        if not isinstance(value, bool | None):
            raise ValueError(f"{path.name}: {theirs} must be true or false, not {value!r}")
        if value is not None:
            switches[ours] = value
    return switches


def _longest_first(length_a: int, length_b: int, room: int) -> tuple[int, int]:
    """How many tokens of each stay when only as many are cut from the longer one as must be.

    If the shorter one alone needs more than half the room, both get half; the odd token goes to
    the longer one, to B if they are equally long (as in the `tokenizers` library).
    """
    if length_a + length_b <= room:
        return length_a, length_b
    if length_a > length_b:
        kept_b = min(length_b, room // 2)
        return room - kept_b, kept_b
    kept_a = min(length_a, room // 2)
    return kept_a, room - kept_a
