"""The walkthrough's words: files for every step and language, and errors a teacher can act on."""

import re

import pytest

from viz_app.messages import LANGUAGES
from viz_app.view_models.walkthrough.explanations import FOLDER, explanation, parse_explanation
from viz_app.view_models.walkthrough.steps import STEPS

WORDS = sorted({step.words for step in STEPS})
CASES = ("alone", "causal", "untied")
PLACES = set(
    "query key unit layer head heads size hidden inner vocab tokens activation times".split()
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_has_its_words(language: str) -> None:
    own = {path.stem for path in (FOLDER / language).glob("*.*.md")}
    assert {path.stem for path in (FOLDER / language).glob("*.md")} == {*WORDS, *own}
    cases = [name.split(".") for name in own]
    assert {case for _, case in cases} == set(CASES) and {step for step, _ in cases} <= set(WORDS)
    assert own == {path.stem for path in (FOLDER / "en").glob("*.*.md")}
    for step, case in [*((step, "") for step in WORDS), *cases]:
        text = explanation(language, step, [case])
        assert text.title == explanation(language, step).title
        assert text.title and text.see and text.why and text.source
        assert (
            set(re.findall(r"\{(.*?)\}", " ".join((text.title, text.see, *text.why)))) <= PLACES
        ), step
        assert "{" not in text.source, step


def test_parts_are_found_whatever_the_headings_say() -> None:
    text = parse_explanation(
        "# Title\n\nLook\nhere.\n\n## Whatever\n\nOne.\n\nTwo.\n\n## 出处\n\nA book.\n"
    )
    assert text.title == "Title"
    assert text.see == "Look here."
    assert text.why == ("One.", "Two.")
    assert text.source == "A book."


def test_no_space_between_chinese_lines() -> None:
    text = parse_explanation("# 标\n\n看这里，\n再看那里。\n\n## 为\n\n因为。\n\n## 出\n\n书。")
    assert text.see == "看这里，再看那里。"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("no title", "title"),
        ("# Title\n\n## Why\n\nA.\n\n## Source\n\nB.", "what to see"),
        ("# Title\n\nSee.\n\n## Why\n\nA.", "found 1"),
        ("# Title\n\nSee.\n\n## Why\n\n## Source\n\nB.", "no text"),
    ],
)
def test_a_missing_part_is_named(text: str, missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        parse_explanation(text)


@pytest.mark.parametrize(
    ("step", "case"),
    [("masked_scores", "causal"), ("nsp_probs", "alone"), ("mlm_logits", "untied")],
)
def test_a_case_has_its_own_words_where_there_is_a_file_for_it(step: str, case: str) -> None:
    assert explanation("en", step, [case]).see != explanation("en", step).see
    assert explanation("en", "query", CASES) == explanation("en", "query")
