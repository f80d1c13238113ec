"""A pair's answers: the model's own, variant by variant."""

from dataclasses import replace

import pytest

from bert_core.studies.next_sentence import VARIANTS as STUDIED
from tests.viz_app.toy import toy_bert
from viz_app.view_models.labs.pairs import VARIANTS, pair_trial


def test_every_variant_is_known_on_both_sides() -> None:
    assert VARIANTS == STUDIED


def test_an_answer_is_the_models_own_with_its_two_scores() -> None:
    toy = toy_bert()
    trial = pair_trial(toy, "the cat saw", "it was tired .")
    assert trial.question == ("toy", "the cat saw", "it was tired .")
    assert tuple(trial.variants) == VARIANTS
    for name, texts in (("as_is", trial.question[1:]), ("swapped", trial.question[:0:-1])):
        scores = toy.trace(*texts).nsp_logits
        answer = trial.variants[name]
        assert answer.logits == pytest.approx(scores.tolist(), abs=1e-4)
        assert answer.is_next == pytest.approx(toy.next_sentence(*texts).is_next, abs=1e-5)
        assert answer.is_next == pytest.approx(scores.softmax(-1)[0].item(), abs=1e-5)
    assert len({round(answer.is_next, 6) for answer in trial.variants.values()}) == len(VARIANTS)


def test_a_trial_cannot_be_changed() -> None:
    trial = pair_trial(replace(toy_bert(), name="other"), "the", "cat")
    assert trial.question[0] == "other"
    with pytest.raises(TypeError):
        trial.variants["as_is"] = trial.variants["swapped"]  # type: ignore[index]
