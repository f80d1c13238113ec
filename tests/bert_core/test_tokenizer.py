"""Text to ids: by hand, and against transformers on a wide list."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers
from tokenizers.implementations.bert_wordpiece import BertWordPieceTokenizer

from bert_core.assets import ASSETS
from bert_core.tokenizer import SPECIAL_TOKENS, BertTokenizer

TEXTS = {
    "empty": "",
    "spaces": "   ",
    "tabs and newlines": "\tthe dog\n\nran\r\nhome \x0b\x0c.",
    "other spaces": "the\u00a0dog\u2003ran\u3000home\u2028now",
    "plain": "The animal didn't cross the street because it was too tired.",
    "accents": "Café naïve résumé Ångström, ÀÉÎÕÜ ñ ç ø ß ł İstanbul ı",
    "combining marks": "Cafe\u0301 nai\u0308ve a\u0300\u0301\u0302\u0303b",
    "lone combining mark": "\u0301 dog \u0308",
    "chinese": "我喜欢吃洋葱。她说:“今天下雨吗?”",
    "chinese with latin": "我用iPhone15打了2个电话,OK吗?café很好",
    "rare chinese": "\U00020000\U0002a6d6 𠮷野家 〇 㐀 豈",
    "japanese and korean": "カタカナ ひらがな 日本語 한국어 서울",
    "emoji": "🙂 dog 👩‍👩‍👧‍👦 🇨🇳 👍🏽 ❤️",
    "emoji inside a word": "do🙂g",
    "control characters": "the\x00 d\x01og\x1f \x7fran\x80\x9f home",
    "zero width": "d\u200bo\u200cg\u200d \ufeffthe \u00adrun \u2060on",
    "replacement character": "the \ufffd dog\ufffd",
    "private use": "the \ue000 dog \U0010ffff",
    "numbers": "3.14159 1,000,000 -7 1e-12 ½ ² ٣ 五 ⅷ 0x1F",
    "long word": "a" * 101 + " dog",
    "longest word": "a" * 100 + " dog",
    "long accented word": "é" * 100 + " dog " + "é" * 101,
    "long chinese": "长" * 120,
    "mask": "my dog is [MASK].",
    "masks without spaces": "[MASK][MASK]dog[MASK]s un[MASK]able",
    "mask beside spaces": "my  [MASK]  dog \n[MASK]\t!",
    "lower-case mask": "my dog is [mask] or [Mask].",
    "broken mask": "my dog is [MASK or MASK] or [ MASK ].",
    "typed special tokens": "[CLS] my dog [SEP] is [PAD] cute [UNK] [cls] [sep]",
    "right to left": "שלום עולם. مرحبا بالعالم، كيف حالُكَ؟ \u202eabc\u202c",
    "devanagari and thai": "हिन्दी में लिखें สวัสดีครับ",
    "html": "<script>alert('x')</script> &lt;b&gt; <img src=\"a.png\"/>",
    "punctuation": "wait... what?!—“yes”–'no' (a/b) [c] {d} a_b $5 #1 @you ~^`|\\ «»¿¡ 、。",
    "upper case": "THE DOG RAN HOME ÉCOLE ΣΊΣΥΦΟΣ DŽ ﬁ",
    "full width": "ＡＢＣ　１２３，！",
    "mathematics": "∀x∈ℝ: x² ≥ 0 ⇒ √(x²)=|x| 𝔸𝕓",
    "web": "https://example.org/a?b=c&d=%20#e you@example.org",
    "pieces typed out": "##ing the##dog ## #",
    "many": "the dog ran home . " * 200,
}
SETTINGS = ("en", "zh", "cased")


def ten_word_lines(vocab: dict[str, int]) -> str:
    """The text of a vocab.txt."""
    return "".join(f"{token}\n" for token in vocab)


def shipped_vocab(language: str) -> dict[str, int]:
    path = ASSETS / "checkpoints" / f"small-{language}" / "vocab.txt"
    lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    return {token: index for index, token in enumerate(lines)}


@pytest.fixture(scope="module", params=SETTINGS)
def both(request: pytest.FixtureRequest, transformers: ModuleType) -> tuple[BertTokenizer, Any]:
    """Our tokenizer and theirs, each made from the same vocabulary in its own way."""
    if request.param == "cased":
        vocab = shipped_vocab("en")
        for word in ("The", "É", "Café", "DOG", "##É", "é", "##é", "caf"):
            vocab.setdefault(word, len(vocab))
        ours = BertTokenizer.from_vocab(vocab, lowercase=False, split_chinese=False)
        theirs = transformers.BertTokenizer(
            vocab=vocab, do_lower_case=False, tokenize_chinese_chars=False
        )
        return ours, theirs
    vocab = shipped_vocab(request.param)
    return BertTokenizer.from_vocab(vocab), transformers.BertTokenizer(vocab=vocab)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_same_ids_and_offsets_as_transformers(both: tuple[BertTokenizer, Any], text: str) -> None:
    ours, theirs = both
    encoding = ours.encode(text)
    expected = theirs(text, return_offsets_mapping=True)
    assert list(encoding.input_ids) == expected["input_ids"]
    assert list(encoding.tokens) == theirs.convert_ids_to_tokens(expected["input_ids"])
    assert list(encoding.token_type_ids) == expected["token_type_ids"]
    assert list(encoding.attention_mask) == expected["attention_mask"]
    assert list(encoding.offsets[1:-1]) == expected["offset_mapping"][1:-1]
    assert ours.ids([text]) == [expected["input_ids"][1:-1]]


def test_same_pairs_as_transformers(both: tuple[BertTokenizer, Any]) -> None:
    ours, theirs = both
    texts = list(TEXTS.values())
    for a, b in zip(texts, texts[1:] + texts[:1], strict=True):
        encoding = ours.encode(a, b)
        # in a batch: alone, they take an empty second text for none
        expected = theirs([a], [b])
        assert [list(encoding.input_ids)] == expected["input_ids"]
        assert [list(encoding.token_type_ids)] == expected["token_type_ids"]


def test_same_truncation_as_transformers(both: tuple[BertTokenizer, Any]) -> None:
    ours, theirs = both
    for length_a in range(8):
        a = " ".join(["the"] * length_a)
        for max_length in range(3, 17):
            single = theirs(a, truncation="longest_first", max_length=max_length)
            assert list(ours.encode(a, None, max_length).input_ids) == single["input_ids"]
            for length_b in range(1, 8):
                b = " ".join(["."] * length_b)
                expected = theirs(a, b, truncation="longest_first", max_length=max_length)
                encoding = ours.encode(a, b, max_length)
                assert list(encoding.input_ids) == expected["input_ids"]
                assert list(encoding.token_type_ids) == expected["token_type_ids"]


def test_wordpiece_by_hand(tokenizer: BertTokenizer) -> None:
    # longest entry first: "play" from "playings", then "##ing" from "ings", then "##s"
    tokens, ids, offsets = tokenizer.pieces("He plays, playings played.")
    assert tokens == ["he", "play", "##s", "[UNK]", "play", "##ing", "##s", "[UNK]", "."]
    # no entry for ",", none begins "##ed": then the whole word is unknown
    assert ids == [9, 11, 13, 1, 11, 12, 13, 1, 14]
    assert offsets == [
        (0, 2),
        (3, 7),
        (7, 8),
        (8, 9),
        (10, 14),
        (14, 17),
        (17, 18),
        (19, 25),
        (25, 26),
    ]


def test_a_pair_by_hand(tokenizer: BertTokenizer) -> None:
    encoding = tokenizer.encode("My dog is cute", "He likes playing")
    assert " ".join(encoding.tokens) == (
        "[CLS] my dog is cute [SEP] he likes play ##ing [SEP]"  # figure 2 of Devlin et al. 2018
    )
    assert encoding.input_ids == (2, 5, 6, 7, 8, 3, 9, 10, 11, 12, 3)
    assert encoding.token_type_ids == (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1)
    assert encoding.attention_mask == (1,) * 11
    assert encoding.special_tokens_mask == (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
    assert encoding.is_pair
    assert (encoding.cut_a, encoding.cut_b) == ((), ())


def test_single_and_empty(tokenizer: BertTokenizer) -> None:
    single = tokenizer.encode("my dog")
    assert (single.tokens, single.is_pair) == (("[CLS]", "my", "dog", "[SEP]"), False)
    assert tokenizer.encode("").tokens == ("[CLS]", "[SEP]")
    assert tokenizer.encode("", "").token_type_ids == (0, 0, 1)


def test_a_typed_mask_is_the_mask_token(tokenizer: BertTokenizer) -> None:
    encoding = tokenizer.encode("my [MASK] is[MASK]")
    assert encoding.input_ids == (2, 5, tokenizer.mask_id, 7, tokenizer.mask_id, 3)
    assert encoding.special_tokens_mask == (1, 0, 0, 0, 0, 1)  # typed, not added
    assert encoding.offsets == (None, (0, 2), (3, 9), (10, 12), (12, 18), None)
    assert tokenizer.mask_id not in tokenizer.encode("my [mask] is").input_ids


def test_offsets_point_into_the_text_as_typed(tokenizer: BertTokenizer) -> None:
    a, b = "\u00a0 MY  d\u200bög 🙂 Is", "pláys\x00 DO\u0301G"
    encoding = tokenizer.encode(a, b)
    assert " ".join(encoding.tokens) == "[CLS] my dog [UNK] is [SEP] play ##s dog [SEP]"
    places = zip(encoding.tokens, encoding.token_type_ids, encoding.offsets, strict=True)
    found = [
        (token, (b if segment else a)[slice(*place)])
        for token, segment, place in places
        if place is not None
    ]
    assert found == [
        ("my", "MY"),
        ("dog", "d\u200bög"),
        ("[UNK]", "🙂"),
        ("is", "Is"),
        ("play", "pláy"),
        ("##s", "s"),
        ("dog", "DO\u0301G"),
    ]


def test_what_was_cut_is_kept(tokenizer: BertTokenizer) -> None:
    a, b = "my dog is cute he likes", "play s ."
    encoding = tokenizer.encode(a, b, max_length=8)
    # 6 + 3 tokens into 8 - 3 = 5 places: both are longer than 5 // 2 = 2, the odd one goes to A
    assert " ".join(encoding.tokens) == "[CLS] my dog is [SEP] play [UNK] [SEP]"
    assert encoding.cut_a == ("cute", "he", "likes")
    assert encoding.cut_b == (".",)
    assert len(encoding.offsets) == len(encoding.special_tokens_mask) == len(encoding) == 8
    short = tokenizer.encode(a, ".", max_length=8)
    assert (short.cut_a, short.cut_b) == (("he", "likes"), ())
    assert tokenizer.encode(a, max_length=8).cut_a == ()
    assert tokenizer.encode(a, max_length=7).cut_a == ("likes",)


def test_no_room_for_special_tokens(tokenizer: BertTokenizer) -> None:
    assert tokenizer.encode("my dog", max_length=2).tokens == ("[CLS]", "[SEP]")
    with pytest.raises(ValueError, match="2 special tokens do not fit into 1"):
        tokenizer.encode("my dog", max_length=1)
    with pytest.raises(ValueError, match="3 special tokens do not fit into 2"):
        tokenizer.encode("my", "dog", max_length=2)


def test_half_a_surrogate_pair_is_dropped(tokenizer: BertTokenizer) -> None:
    encoding = tokenizer.encode("my \ud83d dog \udc00is")
    assert encoding.tokens == ("[CLS]", "my", "dog", "is", "[SEP]")
    assert encoding.offsets[2] == (5, 8)
    assert tokenizer.ids(["my\ud83d", ""]) == [[5], []]


def test_long_words_are_unknown(tokenizer: BertTokenizer) -> None:
    assert tokenizer.pieces("play" + "s" * 96)[0][:2] == ["play", "##s"]  # 100 characters
    assert tokenizer.pieces("play" + "s" * 97)[0] == ["[UNK]"]


def test_ids_and_tokens(tokenizer: BertTokenizer) -> None:
    assert tokenizer.vocab_size == 15
    assert [tokenizer.token(token_id) for token_id in range(5)] == list(SPECIAL_TOKENS)
    assert (tokenizer.pad_id, tokenizer.unk_id, tokenizer.cls_id) == (0, 1, 2)
    assert (tokenizer.sep_id, tokenizer.mask_id) == (3, 4)
    assert tokenizer.id("##ing") == 12
    assert tokenizer.token(12) == "##ing"
    for token_id in (-1, 15, 2**40):
        with pytest.raises(ValueError, match=f"id {token_id} .* vocabulary of 15"):
            tokenizer.token(token_id)
    with pytest.raises(ValueError, match="'cat' is not in the vocabulary"):
        tokenizer.id("cat")


def test_both_files_give_the_same(tokenizer: BertTokenizer, tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    written = BertTokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    read = BertTokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    bare = BertTokenizer.from_folder(tmp_path)
    for text in TEXTS.values():
        encoding = tokenizer.encode(text, "He plays")
        assert written.encode(text, "He plays") == encoding
        assert read.encode(text, "He plays") == encoding
        assert bare.encode(text, "He plays") == encoding


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("strip_accents", [None, False, True])
@pytest.mark.parametrize("split_chinese", [False, True])
def test_switches_survive_both_files(
    tmp_path: Path, lowercase: bool, strip_accents: bool | None, split_chinese: bool
) -> None:
    words = ("my", "My", "é", "e", "我", "你", "我你")
    vocab = {token: index for index, token in enumerate((*SPECIAL_TOKENS, *words))}
    made = BertTokenizer.from_vocab(vocab, lowercase, strip_accents, split_chinese)
    stripped = strip_accents if strip_accents is not None else lowercase
    expected = [
        "my" if lowercase else "My",
        "e" if stripped else "é",
        *(("我", "你") if split_chinese else ("我你",)),
    ]
    made.save(tmp_path)
    written = BertTokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    for tokenizer in (made, written, BertTokenizer.from_folder(tmp_path)):
        assert tokenizer.pieces("My é 我你")[0] == expected


def test_a_foreign_tokenizer_json_is_read(
    tmp_path: Path, transformers: ModuleType, vocab: dict[str, int], tokenizer: BertTokenizer
) -> None:
    """With their template, truncation and padding in it, which are ours to do."""
    theirs = transformers.BertTokenizer(vocab=vocab)
    theirs.backend_tokenizer.enable_truncation(4)
    theirs.backend_tokenizer.enable_padding(length=9)
    theirs.backend_tokenizer.save(str(tmp_path / "tokenizer.json"))
    read = BertTokenizer.from_folder(tmp_path)
    assert read.encode("my dog is cute [MASK]", "he") == tokenizer.encode(
        "my dog is cute [MASK]", "he"
    )


def test_windows_line_ends(tmp_path: Path, vocab: dict[str, int], tokenizer: BertTokenizer) -> None:
    text = ten_word_lines(vocab).replace("\n", "\r\n").removesuffix("\r\n")
    (tmp_path / "vocab.txt").write_bytes(text.encode())
    read = BertTokenizer.from_folder(tmp_path)
    assert read.encode("my dog.") == tokenizer.encode("my dog.")


def test_a_word_named_twice_leaves_the_other_ids_in_place(
    tmp_path: Path, vocab: dict[str, int]
) -> None:
    lines = ten_word_lines(vocab).replace("dog\n", "cute\n")  # ids 6 and 8
    (tmp_path / "vocab.txt").write_text(lines, encoding="utf-8")
    read = BertTokenizer.from_folder(tmp_path)
    assert read.vocab_size == 15
    assert read.pieces("my cute likes.")[1] == [5, 8, 10, 14]  # the later one, as in transformers
    assert read.token(6) == "[unused6]"
    read.save(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    again = BertTokenizer.from_folder(tmp_path)
    assert again.pieces("my cute likes.")[1] == [5, 8, 10, 14]


@pytest.mark.parametrize(
    ("words", "config", "concluded", "pieces"),
    [
        (("Paris", "paris", "café", "Café"), None, "cased", ["Café", "Paris"]),
        (("Paris", "Café", "cafe"), "{}", "cased", ["Café", "Paris"]),
        (("Paris", "paris", "cafe"), '{"do_lower_case": true}', None, ["cafe", "paris"]),
        (("paris", "cafe", "café"), None, "uncased_accents", ["café", "paris"]),
        (("paris", "cafe", "café"), '{"strip_accents": true}', "uncased", ["cafe", "paris"]),
        (("paris", "cafe", "[Note]", "<S>"), None, "uncased", ["cafe", "paris"]),
        (("Tour", *(f"w{i}" for i in range(2000)), "paris", "cafe"), None, "uncased", None),
    ],
    ids="cased, no switch, told, accents, accents told, markers, one stray capital".split(", "),
)
def test_where_no_file_tells_the_case_the_vocabulary_decides(
    tmp_path: Path,
    words: tuple[str, ...],
    config: str | None,
    concluded: str | None,
    pieces: list[str] | None,
) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join((*SPECIAL_TOKENS, *words)), encoding="utf-8")
    if config is not None:
        (tmp_path / "tokenizer_config.json").write_text(config, encoding="utf-8")
    tokenizer = BertTokenizer.from_folder(tmp_path)
    assert tokenizer.concluded == concluded
    assert tokenizer.pieces("Café Paris")[0] == (pieces or ["cafe", "paris"])


@pytest.mark.parametrize("missing", SPECIAL_TOKENS)
def test_a_vocabulary_without_a_special_token_is_refused(
    tmp_path: Path, vocab: dict[str, int], missing: str
) -> None:
    lines = ten_word_lines(vocab).replace(f"{missing}\n", "word\n")
    (tmp_path / "vocab.txt").write_text(lines, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"the vocabulary has no \[{missing[1:-1]}\]"):
        BertTokenizer.from_folder(tmp_path)


def test_broken_files_are_named(tmp_path: Path, vocab: dict[str, int]) -> None:
    with pytest.raises(FileNotFoundError, match="no tokenizer.json and no vocab.txt"):
        BertTokenizer.from_folder(tmp_path)
    (tmp_path / "vocab.txt").write_bytes(b"[PAD]\n\xff\xfe\n")
    with pytest.raises(ValueError, match="vocab.txt is not UTF-8"):
        BertTokenizer.from_folder(tmp_path)
    (tmp_path / "vocab.txt").write_bytes(b"")
    with pytest.raises(ValueError, match="the vocabulary has no"):
        BertTokenizer.from_folder(tmp_path)
    (tmp_path / "vocab.txt").write_text(ten_word_lines(vocab), encoding="utf-8")
    for text, message in {
        "{": "tokenizer_config.json cannot be read",
        "[" * 100_000: "tokenizer_config.json cannot be read",
        "[]": "tokenizer_config.json is not a JSON object",
        json.dumps({"do_lower_case": "yes"}): "do_lower_case must be true or false, not 'yes'",
        json.dumps({"strip_accents": 1}): "strip_accents must be true or false, not 1",
    }.items():
        (tmp_path / "tokenizer_config.json").write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            BertTokenizer.from_folder(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="tokenizer.json cannot be read"):
        BertTokenizer.from_folder(tmp_path)


def test_another_kind_of_tokenizer_is_refused(tmp_path: Path) -> None:
    Tokenizer(models.BPE()).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match="WordPiece vocabulary; this tokenizer is BPE"):
        BertTokenizer.from_folder(tmp_path)


def test_learns_the_pieces_of_its_sentences() -> None:
    sentences = ["The dog plays.", "The dogs play.", "A dog is playing in the rain."] * 5
    learned = BertTokenizer.learn(sentences, vocab_size=60)
    assert learned.vocab_size <= 60
    assert [learned.token(token_id) for token_id in range(5)] == list(SPECIAL_TOKENS)
    # seen often enough to become whole words
    assert learned.pieces("The DOG plays.")[0] == ["the", "dog", "plays", "."]
    # an unseen word out of seen pieces, and out of unseen ones
    assert learned.pieces("dogin")[0] == ["dog", "##in"]
    assert learned.pieces("wolf")[0] == ["[UNK]"]
    assert learned.pieces("[MASK] 🙂")[0] == ["[MASK]", "[UNK]"]


def test_learning_twice_gives_the_same_ids() -> None:
    # every pair of letters is equally frequent, so only a rule decides which merges come first
    sentences = ["ab cd ef gh ij kl mn op qr st uv wx yz"] * 3
    first, second = (BertTokenizer.learn(iter(sentences), vocab_size=51) for _ in range(2))
    ids = range(first.vocab_size)
    assert [first.token(i) for i in ids] == [second.token(i) for i in ids]
    # special tokens, letters, second letters, and 7 of the 13 words
    assert first.vocab_size == 5 + 26 + 13 + 7
    assert first.token(5) == "a"


def test_which_rare_characters_are_kept_is_a_rule() -> None:
    learned = BertTokenizer.learn(["a b c d e f g h", "h"], 60, limit_alphabet=3)
    assert learned.vocab_size == 5 + 3
    assert [learned.token(token_id) for token_id in (5, 6, 7)] == ["a", "b", "h"]


def test_more_characters_than_entries() -> None:
    assert BertTokenizer.learn(["a b c"], vocab_size=6).vocab_size == 5 + 3


def test_learning_keeps_case_when_told_and_few_characters_when_told() -> None:
    sentences = ["Dog dog 天地"] * 5
    cased = BertTokenizer.learn(sentences, vocab_size=60, lowercase=False)
    assert cased.id("D") != cased.id("d")
    assert cased.pieces("DOG")[0] == ["[UNK]"]
    few = BertTokenizer.learn(sentences, vocab_size=60, limit_alphabet=3)
    assert few.pieces("天")[0] == ["[UNK]"]
    assert few.pieces("dog")[0] == ["dog"]
    rare = BertTokenizer.learn(["dog dog cat\ud83d"], vocab_size=60, min_frequency=2)
    assert rare.pieces("dog cat")[0] == ["dog", "c", "##a", "##t"]


SNIPPETS = st.sampled_from(
    [
        " ",
        "\t",
        "[MASK]",
        "[SEP]",
        "[mask]",
        "##",
        "the",
        "don't",
        "unbelievably",
        "3.5",
        "我",
        "。",
    ]
    + ["é", "e\u0301", "İ", "ß", "각", "ﬁ", "\ud83d", "👩‍👩‍👧", "\u200b", "\x00", "\ufffd"]
)
ANY_TEXT = st.lists(SNIPPETS | st.characters(exclude_categories=()), max_size=12).map("".join)
"""Every kind of character there is, lone halves of surrogate pairs too, among words and marks."""

SHIPPED = {name: BertTokenizer.from_vocab(shipped_vocab(name)) for name in ("en", "zh")}
REFERENCE = {name: BertWordPieceTokenizer(shipped_vocab(name)) for name in SHIPPED}
LANGUAGE = st.sampled_from(sorted(SHIPPED))


@given(text=ANY_TEXT, language=LANGUAGE)
def test_any_text_is_cut_into_pieces_that_stand_in_it(text: str, language: str) -> None:
    tokenizer = SHIPPED[language]
    tokens, ids, offsets = tokenizer.pieces(text)
    assert [tokenizer.id(token) for token in tokens] == ids
    assert [tokenizer.token(token_id) for token_id in ids] == tokens
    assert tokenizer.ids([text]) == [ids]
    plain, before = normalizers.BertNormalizer(), (0, 0)
    for token, (start, end) in zip(tokens, offsets, strict=True):
        # several pieces of one character, such as the parts of a Korean syllable, share its place
        assert before[1] <= start <= end <= len(text) or (start, end) == before
        before = start, end
        if token in SPECIAL_TOKENS:
            assert token == "[UNK]" or text[start:end] == token
        else:
            typed = text[start:end].encode("utf-8", "replace").decode()
            shown = plain.normalize_str(typed).replace(" ", "")
            piece = token.removeprefix("##")
            assert piece == shown or (piece in shown and end - start == 1)


@given(a=ANY_TEXT, b=st.none() | ANY_TEXT, room=st.integers(3, 24), language=LANGUAGE)
def test_any_text_fits_and_what_was_cut_is_the_rest(
    a: str, b: str | None, room: int, language: str
) -> None:
    tokenizer = SHIPPED[language]
    encoding = tokenizer.encode(a, b, room)
    assert len(encoding) <= room
    assert (encoding.text_a, encoding.text_b) == (a, b)
    own = [i for i, special in enumerate(encoding.special_tokens_mask) if not special]
    segments = encoding.token_type_ids
    for segment, text, cut in ((0, a, encoding.cut_a), (1, b, encoding.cut_b)):
        tokens, ids, offsets = tokenizer.pieces(text) if text is not None else ([], [], [])
        kept = [i for i in own if segments[i] == segment]
        assert [*(encoding.tokens[i] for i in kept), *cut] == tokens
        assert [encoding.input_ids[i] for i in kept] == ids[: len(kept)]
        assert [encoding.offsets[i] for i in kept] == offsets[: len(kept)]
    if encoding.cut_a or encoding.cut_b:
        assert len(encoding) == room


@given(text=ANY_TEXT.map(lambda text: text.encode("utf-8", "replace").decode()), language=LANGUAGE)
def test_any_text_is_read_as_the_librarys_own_bert_tokenizer_reads_it(
    text: str, language: str
) -> None:
    theirs = REFERENCE[language].encode(text)
    encoding = SHIPPED[language].encode(text)
    assert list(encoding.input_ids) == theirs.ids
    assert list(encoding.tokens) == theirs.tokens
    assert list(encoding.offsets[1:-1]) == theirs.offsets[1:-1]
