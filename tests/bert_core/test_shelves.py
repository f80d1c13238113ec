"""The shelves: enough texts, none twice, balanced pairs, honest gaps."""

import re
from collections import Counter
from pathlib import Path

import pytest

from bert_core import shelves
from bert_core.assets import ASSETS

pytestmark = pytest.mark.parametrize("language", shelves.LANGUAGES)


def one_token_words(language: str) -> set[str]:
    """The vocabulary of the shipped checkpoint in that language."""
    path = ASSETS / "checkpoints" / f"small-{language}" / "vocab.txt"
    return set(path.read_text(encoding="utf-8").splitlines())


def spoken_words(text: str) -> set[str]:
    """Lower-case words without their punctuation."""
    return {word.strip(".,!?;:\"'") for word in text.lower().split()}


def test_sentences_are_many_varied_and_different(language: str) -> None:
    shelf = shelves.sentences(language)
    assert len(shelf) >= 220
    assert len(set(shelf)) == len(shelf)
    lengths = [len(text.split()) if language == "en" else len(text) for text in shelf]
    assert min(lengths) <= 5 and max(lengths) >= 28
    enders = Counter(text.rstrip('”"')[-1] for text in shelf)
    assert len(enders) >= 3 and min(enders.values()) >= 5  # statements, questions, exclamations


def test_passages_have_four_sentences_and_their_own_topic(language: str) -> None:
    shelf = shelves.passages(language)
    assert len(shelf) >= 75
    assert {len(passage.sentences) for passage in shelf} == {4}
    assert len({passage.topic for passage in shelf}) == len(shelf)
    texts = [text for passage in shelf for text in passage.sentences]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("seed", range(20))
def test_pairs_are_balanced_and_told_truly(language: str, seed: int) -> None:
    pairs = shelves.next_sentence_pairs(language, seed)
    assert len(pairs) >= 220
    assert 2 * sum(pair.is_next for pair in pairs) == len(pairs)
    place = {
        text: (number, position)
        for number, passage in enumerate(shelves.passages(language))
        for position, text in enumerate(passage.sentences)
    }
    for pair in pairs:
        (passage_a, position_a), (passage_b, position_b) = place[pair.text_a], place[pair.text_b]
        if pair.is_next:
            assert (passage_b, position_b) == (passage_a, position_a + 1)
        else:
            assert passage_a != passage_b


def test_neither_side_of_a_pair_gives_the_label_away(language: str) -> None:
    pairs = shelves.next_sentence_pairs(language)
    assert len({pair.text_a for pair in pairs}) == len(pairs)
    assert len({pair.text_b for pair in pairs}) == len(pairs)
    openings = {passage.sentences[0] for passage in shelves.passages(language)}
    assert not openings & {pair.text_b for pair in pairs}


def test_pairs_depend_on_the_seed_alone(language: str) -> None:
    assert shelves.next_sentence_pairs(language, 3) == shelves.next_sentence_pairs(language, 3)
    assert shelves.next_sentence_pairs(language, 3) != shelves.next_sentence_pairs(language, 4)


def test_labels_are_mixed_through_the_shelf(language: str) -> None:
    labels = [pair.is_next for pair in shelves.next_sentence_pairs(language)]
    quarter = len(labels) // 4
    assert all(0 < sum(labels[i : i + quarter]) < quarter for i in range(0, 4 * quarter, quarter))


def test_every_cloze_has_one_gap_and_one_token_answers(language: str) -> None:
    shelf = shelves.cloze(language)
    assert len(shelf) == 40
    assert len({item.text for item in shelf}) == len(shelf)
    for item in shelf:
        assert item.text.count("[MASK]") == 1
        assert item.answers
        assert len(set(item.answers)) == len(item.answers)
        assert all(len(answer) == 1 for answer in item.answers) or language == "en"


def test_the_shipped_model_could_give_the_answers(language: str) -> None:
    known = one_token_words(language)
    for item in shelves.cloze(language):
        assert known & set(item.answers), item.text
    answers = [answer for item in shelves.cloze(language) for answer in item.answers]
    assert sum(answer in known for answer in answers) >= 0.95 * len(answers)


def test_every_word_occurs_in_its_sentences(language: str) -> None:
    shelf = shelves.word_contexts(language)
    assert len(shelf) >= 10
    assert len({entry.word for entry in shelf}) == len(shelf)
    for entry in shelf:
        assert 2 <= len(entry.sentences) <= 8
        assert len(entry.senses) == len(entry.sentences)
        assert len(set(entry.senses)) >= 2
        assert len(set(entry.sentences)) == len(entry.sentences)
        for text in entry.sentences:
            assert entry.word in (spoken_words(text) if language == "en" else text)


RELATIONS = {
    "en": ("det", "amod", "poss", "nsubj", "dobj", "prep", "pobj", "auxpass", "aux", "antecedent"),
    "zh": ("clf", "nsubj", "dobj", "prep", "pobj", "amod", "poss", "antecedent"),
}


def test_annotated_sentences_are_cut_into_all_their_words(language: str) -> None:
    shelf = shelves.annotated(language)
    assert len(shelf) >= {"en": 200, "zh": 90}[language]
    assert len({one.text for one in shelf}) == len(shelf)
    assert not {one.text for one in shelf} & set(shelves.sentences(language))
    for one in shelf:
        assert tuple(one.text[start:end] for start, end in one.spans) == one.words
        rest = one.text
        for word in one.words:
            before, rest = rest.split(word, 1)
            assert not before.strip(), one.text
        assert not rest


def test_relations_lead_from_word_to_word_once(language: str) -> None:
    for one in shelves.annotated(language):
        assert one.relations, one.text
        grammar = [
            dependent
            for name, pairs in one.relations.items()
            for dependent, _ in pairs
            if name != "antecedent"  # a pronoun has a place in the sentence as well
        ]
        assert len(set(grammar)) == len(grammar), one.text
        for pairs in one.relations.values():
            assert len({dependent for dependent, _ in pairs}) == len(pairs), one.text
            for dependent, governor in pairs:
                assert dependent != governor, one.text
                assert {dependent, governor} <= set(range(len(one.words))), one.text
                for word in (dependent, governor):
                    assert one.words[word] not in set(".,?!。，？！"), one.text


def test_every_relation_has_many_pairs(language: str) -> None:
    counts = Counter(
        name
        for one in shelves.annotated(language)
        for name, pairs in one.relations.items()
        for _ in pairs
    )
    assert set(counts) == set(RELATIONS[language])
    assert min(counts.values()) >= 40
    common = {"en": set(RELATIONS["en"]) - {"aux"}, "zh": {"nsubj", "dobj"}}[language]
    assert min(counts[name] for name in common) >= 80


SMALL_WORDS = {
    "en": {
        "det": "the a an this those all some every any no both",
        "auxpass": "was were",
        "poss": "my your his her its our their 's",
        "antecedent": "he she it they him her them his its their your",
        "aux": "will can could may might must should do does did has have had is are was were",
    },
    "zh": {
        "clf": "斤 只 支 棵 位 个 封 座 本 张 门 碗 名 把 条 家 颗 件 层 份 部 台 匹 幅 首 辆 "
        "头 顿 批 盘 场 盆",
        "antecedent": "他 她 它 他们 它们 自己",
        "prep": "在 向 给 把 用 从 对",
    },
}


def test_small_words_stand_where_grammar_has_them(language: str) -> None:
    """The words of a closed class: one that is none of them was marked by a slip."""
    for name, allowed in SMALL_WORDS[language].items():
        found = {
            one.words[dependent].lower()
            for one in shelves.annotated(language)
            for dependent, _ in one.relations.get(name, ())
        }
        assert found <= set(allowed.split()), name


PHENOMENA = {
    "en": {"agreement", "anaphora", "order", "plausibility"},
    "zh": {"classifier", "aspect", "anaphora", "polarity", "order", "plausibility"},
}


def test_minimal_pairs_differ_in_one_place_and_in_nothing_that_gives_them_away(
    language: str,
) -> None:
    shelf = shelves.minimal_pairs(language)
    assert len(shelf) == 20
    ids = [pair.id for one in shelves.LANGUAGES for pair in shelves.minimal_pairs(one)]
    assert len(set(ids)) == 40
    assert {pair.phenomenon for pair in shelf} == PHENOMENA[language]
    texts = [text for pair in shelf for text in pair.sentences]
    assert len(set(texts)) == len(texts)
    # neither place nor length says which one is right
    assert sum(pair.right for pair in shelf) == 10
    known = one_token_words(language)
    for pair in shelf:
        words = [
            re.findall(r"\w+|[^\w\s]", text.lower()) if language == "en" else list(text)
            for text in pair.sentences
        ]
        first, second = words
        assert len(first) == len(second), pair.id
        different = [place for place, two in enumerate(zip(*words, strict=True)) if len({*two}) > 1]
        assert different, pair.id
        place = slice(different[0], different[-1] + 1)
        assert {*first[place], *second[place]} <= known, pair.id
        same_words = sorted(first[place]) == sorted(second[place])
        one_word = 1 if language == "en" else 2
        assert same_words or place.stop - place.start <= one_word, pair.id
        if pair.phenomenon == "order":
            assert same_words, pair.id


AT_HOME_AND_AT_WORK = {
    "en": ("cook|kitchen|bake|dough|pie|soup|sauce", "drive|truck|carpenter|repair|judge|doctor"),
    "zh": ("厨房|做饭|饺子|新鞋|鸡蛋|烤面包", "公司|开车|卡车|木匠|轮胎|看报|银行"),
}
WOMEN_AND_MEN = {
    "en": (r"\b(mother|grandmother|aunt|daughter|she|her)\b", r"\b(father|uncle|he|him|his)\b"),
    "zh": ("妈|奶奶|外婆|阿姨|姑", "爸|爷爷|叔|舅"),
}


def test_women_and_men_share_the_work(language: str) -> None:
    texts = [
        *shelves.sentences(language),
        *(item.text for item in shelves.cloze(language)),
        *(text for entry in shelves.word_contexts(language) for text in entry.sentences),
        *(text for passage in shelves.passages(language) for text in passage.sentences),
    ]
    for work in AT_HOME_AND_AT_WORK[language]:
        done = [text for text in texts if re.search(work, text)]
        for people in WOMEN_AND_MEN[language]:
            assert sum(bool(re.search(people, text.lower())) for text in done) >= 2, (work, people)


def test_unknown_language_and_missing_shelf_are_named(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="'fr'; the languages are en, zh"):
        shelves.cloze("fr")
    monkeypatch.setattr(shelves, "FOLDER", tmp_path)
    monkeypatch.setattr(shelves, "_read", shelves._read.__wrapped__)
    with pytest.raises(FileNotFoundError, match=tmp_path.name):
        shelves.sentences(language)
