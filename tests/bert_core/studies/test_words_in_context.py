"""Words found in sentences, their vectors, and maps of them."""

import pytest
import torch

from bert_core import load, shelves
from bert_core.bert import Bert
from bert_core.studies.words_in_context import (
    cosines,
    find_word,
    sense_similarity,
    word_shelf,
    word_vectors,
)
from tests.viz_app.toy import toy_bert


@pytest.fixture(scope="module")
def bert() -> Bert:
    return toy_bert()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_word_of_the_shelf_is_found_in_its_sentences(language: str) -> None:
    tokenizer = load(f"small-{language}", device="cpu").tokenizer
    for entry in shelves.word_contexts(language):
        for sentence in entry.sentences:
            encoding = tokenizer.encode(sentence)
            positions = find_word(encoding, entry.word)
            assert positions, (entry.word, sentence)
            spans = [encoding.offsets[position] for position in positions]
            assert spans[0] is not None and spans[-1] is not None
            assert sentence[spans[0][0] : spans[-1][1]].lower() == entry.word.lower()


def test_only_whole_words_count(bert: Bert) -> None:
    assert find_word(bert.encode("the cat"), "at") == ()
    assert find_word(bert.encode("the cats"), "cat") == ()
    assert find_word(bert.encode("the cats"), "cats") == (2, 3)
    assert find_word(bert.encode("It was IT"), "it") == (1,)
    assert find_word(bert.encode("我喜欢"), "喜欢") == (2, 3)
    assert find_word(bert.encode("the cat", "dog"), "dog") == ()
    assert find_word(bert.encode("the cat"), "  ") == ()


def test_letters_that_grow_in_lower_case_do_not_shift_the_place(bert: Bert) -> None:
    # İ becomes two characters in lower case
    assert find_word(bert.encode("İ the cat"), "cat") == (3,)


def test_the_static_embedding_is_one_point_and_the_last_stage_is_the_trace(bert: Bert) -> None:
    sentences = ["the cat saw a dog", "it was a dog.", "dog the cats"]
    encodings = [bert.encode(sentence) for sentence in sentences]
    places = [find_word(encoding, "dog") for encoding in encodings]
    vectors = word_vectors(bert, encodings, places)
    assert vectors.shape == (3, 5, 20)
    torch.testing.assert_close(vectors[0, 0], vectors[1, 0])
    assert not torch.allclose(vectors[0, 1], vectors[1, 1])
    for row, (sentence, place) in enumerate(zip(sentences, places, strict=True)):
        hidden = bert.trace(sentence).hidden_states
        torch.testing.assert_close(vectors[row, -1], hidden[-1][place[0]])
        torch.testing.assert_close(vectors[row, 1], hidden[0][place[0]])


def test_a_word_of_two_pieces_is_their_mean(bert: Bert) -> None:
    encoding = bert.encode("the cats")
    [vectors] = word_vectors(bert, [encoding], [(2, 3)])
    hidden = bert.trace("the cats").hidden_states[-1]
    torch.testing.assert_close(vectors[-1], (hidden[2] + hidden[3]) / 2)


def test_a_word_needs_a_place(bert: Bert) -> None:
    with pytest.raises(ValueError, match="at least one token"):
        word_vectors(bert, [bert.encode("the cat")], [()])


def test_cosines_by_hand() -> None:
    a = torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    b = torch.tensor([[4.0, 3.0], [-3.0, -4.0]])
    torch.testing.assert_close(cosines(a, b), torch.tensor([[0.96, -1.0], [0.0, 0.0]]))


def test_senses_by_hand() -> None:
    east, north = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    vectors = torch.stack([east, east, north])[:, None]
    found = sense_similarity(vectors, ["x", "x", "y"])
    assert found.same == pytest.approx([1.0])
    assert found.different == pytest.approx([0.0])
    assert sense_similarity(vectors, ["x", "x", "x"]).different == ()
    # no use is compared with itself: one pair of 1, two of 0
    assert sense_similarity(vectors, ["x", "x", "x"]).same == pytest.approx([1 / 3])
    assert sense_similarity(vectors, ["x", "y", "z"]).same == ()


def test_the_nearest_word_of_a_shelf_word_is_itself(bert: Bert) -> None:
    shelf = word_shelf(bert, ["the cats saw a dog.", "it was tired"])
    assert shelf.words == ("the", "cats", "saw", "a", "dog", "it", "was", "tired")
    assert shelf.sentences[0] == "the cats saw a dog."
    for stage in range(5):
        [(index, cosine), *_] = shelf.nearest(shelf.vectors[4, stage].float(), stage, 3)
        assert (index, round(cosine, 3)) == (4, 1.0)


def test_mean_cosine_is_that_of_all_pairs(bert: Bert) -> None:
    shelf = word_shelf(bert, ["the cats saw a dog.", "it was tired"])
    vectors = shelf.vectors[:, 2].float()
    every = cosines(vectors, vectors)
    count = len(vectors)
    expected = (every.sum() - every.diagonal().sum()).item() / (count * (count - 1))
    assert shelf.mean_cosine(2) == pytest.approx(expected, abs=1e-5)
