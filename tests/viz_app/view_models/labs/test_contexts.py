"""One word in several sentences: where it stands, and its vectors."""

import torch

from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.labs.contexts import context_stages, uses_of, vectors_of

SENTENCES = ("It saw the dogs .", "the cat", "Dogs saw 我")


def test_a_sentence_is_cut_around_the_word() -> None:
    uses, _ = uses_of(toy_bert(), "dogs", SENTENCES, ("a", "b", "c"))
    assert [(use.before, use.written, use.after) for use in uses] == [
        ("It saw the ", "dogs", " ."),
        ("the cat", "", ""),
        ("", "Dogs", " saw 我"),
    ]
    assert [use.pieces for use in uses] == [("dog", "##s"), (), ("dog", "##s")]
    assert [use.sense for use in uses] == ["a", "b", "c"]


def test_only_sentences_with_the_word_have_vectors() -> None:
    toy = toy_bert()
    uses, encodings = uses_of(toy, "dogs", SENTENCES, ("a", "b", "c"))
    vectors = vectors_of(toy, uses, encodings)
    stages = context_stages(3, say_in("en"))
    assert vectors.shape == (2, len(stages), 20)
    last = toy.trace(SENTENCES[2]).hidden_states[-1][[1, 2]].mean(0)
    torch.testing.assert_close(vectors[1, -1], last, rtol=1e-4, atol=1e-5)
