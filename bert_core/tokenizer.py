"""Text to WordPiece tokens, over the `tokenizers` library (normaliser, pieces, offsets).

Source: Devlin et al. 2018, section 3 (input representation); Wu et al. 2016 (WordPiece).
"""

import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from bert_core.encoding import Encoding

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
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
        missing = [token for token in SPECIAL_TOKENS if backend.token_to_id(token) is None]
        if missing:
            raise ValueError(f"the vocabulary has no {', '.join(missing)}")
        backend.no_truncation()
        backend.no_padding()
        backend.add_special_tokens(list(SPECIAL_TOKENS))
        self._backend = backend
        self.vocab_size = backend.get_vocab_size(with_added_tokens=True)
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (
            backend.token_to_id(token) for token in SPECIAL_TOKENS
        )

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
        backend.decoder = decoders.WordPiece(prefix="##")
        return cls(backend)

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str]) -> "BertTokenizer":
        """Read `tokenizer.json`, or `vocab.txt` with the switches of `tokenizer_config.json`.

        Raises:
            FileNotFoundError: neither file is there.
            ValueError: a file cannot be read as a BERT tokenizer; the message says why.
        """
        folder = Path(folder)
        whole, vocabulary = folder / "tokenizer.json", folder / "vocab.txt"
        if whole.is_file():
            try:
                backend = Tokenizer.from_file(str(whole))
            except Exception as error:  # the library raises plain Exception for a broken file
                raise ValueError(f"tokenizer.json cannot be read: {error}") from error
            return cls(backend)
        if not vocabulary.is_file():
            raise FileNotFoundError(f"no tokenizer.json and no vocab.txt in {folder}")
        try:
            lines = vocabulary.read_text(encoding="utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise ValueError(f"vocab.txt is not UTF-8: {error}") from error
        if lines[-1] == "":
            lines.pop()
        vocab = {line.removesuffix("\r"): index for index, line in enumerate(lines)}
        switches = folder / "tokenizer_config.json"
        options = json.loads(switches.read_text(encoding="utf-8")) if switches.is_file() else {}
        return cls.from_vocab(
            vocab,
            lowercase=options.get("do_lower_case", True),
            strip_accents=options.get("strip_accents"),
            split_chinese=options.get("tokenize_chinese_chars", True),
        )

    @classmethod
    def learn(
        cls,
        sentences: Iterable[str],
        vocab_size: int,
        lowercase: bool = True,
        min_frequency: int = 2,
        limit_alphabet: int = 1000,
    ) -> "BertTokenizer":
        """Learn a WordPiece vocabulary of at most `vocab_size` entries from sentences.

        `limit_alphabet` is the number of different characters kept; Chinese needs thousands.
        """
        learner = cls.from_vocab({token: index for index, token in enumerate(SPECIAL_TOKENS)})
        backend = learner._backend
        backend.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
        trainer = trainers.WordPieceTrainer(
            vocab_size=vocab_size,
            min_frequency=min_frequency,
            limit_alphabet=limit_alphabet,
            special_tokens=list(SPECIAL_TOKENS),
            continuing_subword_prefix="##",
            show_progress=False,
        )
        backend.train_from_iterator(sentences, trainer)
        return cls.from_vocab(backend.get_vocab(), lowercase=lowercase)

    def token(self, token_id: int) -> str:
        """The vocabulary entry of an id.

        Raises:
            ValueError: no such id.
        """
        token = self._backend.id_to_token(token_id) if token_id >= 0 else None
        if token is None:
            raise ValueError(f"id {token_id} is not in the vocabulary of {self.vocab_size}")
        return token

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
        found = self._backend.encode(_LONE_SURROGATE.sub("\ufffd", text), add_special_tokens=False)
        return found.tokens, found.ids, found.offsets

    def ids(self, texts: list[str]) -> list[list[int]]:
        """Ids of many texts at once, without [CLS] and [SEP]."""
        clean = [_LONE_SURROGATE.sub("\ufffd", text) for text in texts]
        return [
            found.ids for found in self._backend.encode_batch_fast(clean, add_special_tokens=False)
        ]

    def encode(self, a: str, b: str | None = None, max_length: int | None = None) -> Encoding:
        """[CLS] a [SEP], or [CLS] a [SEP] b [SEP], cut to `max_length` tokens.

        What does not fit is cut from the end of the longer of the two, one token after the other
        (Devlin et al. 2018, `_truncate_seq_pair`), and kept in `cut_a` and `cut_b`.

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
        vocab = self._backend.get_vocab(with_added_tokens=True)
        lines = [token for token, _ in sorted(vocab.items(), key=lambda item: item[1])]
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


def _longest_first(length_a: int, length_b: int, room: int) -> tuple[int, int]:
    """How many tokens of each stay when the longer one gives up its last token again and again."""
    excess = max(0, length_a + length_b - room)
    level = min(excess, abs(length_a - length_b))  # first only the longer one shrinks …
    if length_a > length_b:
        length_a -= level
    else:
        length_b -= level
    rest = excess - level  # … then both in turn, B first
    return length_a - rest // 2, length_b - (rest - rest // 2)
