"""Every laboratory as a script run, in both languages, and what a missing head or text brings."""

import json
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from bert_core import load, shelves
from bert_core.assets import ASSETS
from bert_core.memo import memo_of
from bert_core.pretraining.paradigms import MinimalPair, judge_pairs
from bert_core.studies.masked_words import hide_each_word, rank_of
from bert_core.studies.minimal_pairs import score_pairs
from bert_core.studies.words_in_context import word_shelf
from tests.viz_app.test_app import app
from tests.viz_app.toy import toy_bert
from viz_app.app_pages.masked_words import pairs
from viz_app.app_pages.words_in_context import section as contexts
from viz_app.messages import text
from viz_app.number_text import share_text
from viz_app.session import jobs, resources
from viz_app.session.defaults import DEFAULTS
from viz_app.session.frame import escape
from viz_app.views.payload import unpack
from viz_app.widgets.chart import chart

TEXTS = {
    "en": ("The man went to the [MASK] to buy milk.", "He had no [MASK] left."),
    "zh": ("我喜欢吃洋[MASK]。", "他买了一瓶牛[MASK]。"),
}


@pytest.fixture(autouse=True)
def no_progress_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest sees one run: let the work end within it."""
    monkeypatch.setattr(jobs, "WAIT_SECONDS", 100)


def page(name: str, language: str = "en", **params: str) -> AppTest:
    a, b = TEXTS[language]
    return app(name, **{"lang": language, "model": f"small-{language}", "a": a, "b": b, **params})


def views(test: AppTest) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Key → header and arrays of every component view on the page."""
    found = {}
    for element in test.get("bidi_component"):
        if element.proto.bytes:
            header, arrays = unpack(element.proto.bytes)
            found[header["view"]] = (header, arrays)
    return found


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize(
    ("name", "section", "expected"),
    [
        ("masked_words", "guess", {"mw_chips", "mw_bars"}),
        ("masked_words", "layers", {"mw_chips", "mw_lens", "mw_lens_best"}),
        ("masked_words", "training", {"mw_training_chips", "mw_counts", "mw_three", "mw_step"}),
        ("masked_words", "reasons", {"mw_chips", "mw_agreement"}),
        ("masked_words", "pairs", set()),
        ("next_sentence", "pair", {"ns_answer", "ns_variants"}),
        ("next_sentence", "blocks", {"ns_masses", "ns_head_blocks", "ns_effects"}),
        ("next_sentence", "shelf", {"ns_confusion", "ns_misses"}),
        ("next_sentence", "play", set()),
        ("words_in_context", "", {"wc_cosines", "wc_nearest"}),
    ],
)
def test_every_laboratory_runs(name: str, section: str, expected: set[str], language: str) -> None:
    prefix = {"masked_words": "mw", "next_sentence": "ns"}.get(name)
    test = page(name, language, **({f"{prefix}_section": section} if prefix else {}))
    assert not test.exception
    assert not test.error
    assert expected <= set(views(test))


def test_bars_hold_the_models_own_probabilities() -> None:
    test = page("masked_words", hidden="store,milk", mw_top_k="5")
    header, arrays = views(test)["mw_bars"]
    expected = load("small-en", device="cpu").fill_mask(*TEXTS["en"], top_k=5)
    place = 0
    for group, answers in zip(header["groups"], expected, strict=True):
        for row, answer in zip(group["rows"], answers, strict=False):
            assert row["label"] == answer.token
            assert arrays["values"][place] == pytest.approx(answer.probability, abs=1e-6)
            place += 1
        place += len(group["rows"]) - len(answers)


def test_the_hidden_word_is_marked_with_its_rank() -> None:
    bert = load("small-en", device="cpu")
    trace = bert.trace(*TEXTS["en"])
    test = page("masked_words", hidden="store,milk", mw_top_k="3")
    header, _ = views(test)["mw_bars"]
    places = [place for place, token in enumerate(trace.tokens) if token == "[MASK]"]
    for group, word, place in zip(header["groups"], ("store", "milk"), places, strict=True):
        token_id = bert.tokenizer.id(word)
        rank = rank_of(trace.mlm_logits_at(place), bert.tokenizer, token_id).rank
        [row] = [row for row in group["rows"] if row["marked"]]
        assert row["label"] == word
        assert row["tag"] == text("en", "masked_words.guess.truth", rank=f"{rank:,}")


def test_hidden_words_of_another_text_are_forgotten() -> None:
    test = page("masked_words", hidden="store,milk")
    test.text_area(key="text_a").set_value("Something [MASK] else.")
    test.button(key="run_text").click().run()
    header, _ = views(test)["mw_chips"]
    assert [chip["note"] for chip in header["chips"] if chip["state"] == "masked"] == ["?", "?"]


@pytest.mark.parametrize("section", ["guess", "reasons"])
def test_without_a_mask_the_page_offers_to_hide_a_word(section: str) -> None:
    test = page("masked_words", a="The cat sat down.", b="", mw_section=section)
    assert test.info[0].value == text("en", "masked_words.none")
    turns = hide_each_word(bert := load("mini-en", device="cpu"), bert.encode("The cat sat down."))
    least = min(turns[:-1], key=lambda turn: abs((turn.probability or 0) - 0.5)).word
    assert test.button(key="mw_hide_one").label == f"Hide “{least.text}”"
    test.button(key="mw_hide_one").click().run()
    assert not test.exception
    masked = "The cat sat down."[: least.start] + "[MASK]" + "The cat sat down."[least.end :]
    assert test.text_area(key="text_a").value == masked
    header, _ = views(test)["mw_chips"]
    notes = [chip["note"] for chip in header["chips"] if chip["state"] == "masked"]
    assert notes == [least.text.lower()]


@pytest.mark.parametrize("language", DEFAULTS)
def test_masked_words_opens_with_the_guesses_for_a_word_of_the_default_text(language: str) -> None:
    default = DEFAULTS[language]
    entry = default.example
    test = page("masked_words", language, model=default.model, a=entry.text_a, b=entry.text_b)
    header, arrays = views(test)["mw_first"]
    [group] = header["groups"]
    masked = entry.text_a.replace(f" {default.hidden} ", " [MASK] ", 1)
    if language == "zh":
        masked = entry.text_a.replace(default.hidden, "[MASK]", 1)
    best = load(default.model, device="cpu").fill_mask(masked, entry.text_b or None, top_k=8)[0]
    assert [row["label"] for row in group["rows"][:8]] == [guess.token for guess in best]
    assert arrays["values"][:8] == pytest.approx([guess.probability for guess in best], rel=1e-3)
    assert any(row["marked"] for row in group["rows"]) and not group["rows"][0]["action"]
    assert test.text_area(key="text_a").value == entry.text_a


def test_a_long_text_without_a_mask_begins_with_the_word_in_the_middle() -> None:
    test = page("masked_words", a="so " * 40 + "far " + "so " * 39, b="")
    assert test.button(key="mw_hide_one").label == "Hide “far”"
    assert "mw_first" in views(test)


def test_without_a_mask_every_word_is_guessed_in_turn() -> None:
    a, b = "The man went to the store.", "He came home."
    header, arrays = views(page("masked_words", a=a, b=b))["mw_turns"]
    [group] = header["groups"]
    assert [row["label"] for row in group["rows"]][:3] == ["The", "man", "went"]
    for row, (masked_a, masked_b) in (
        (1, ("The [MASK] went to the store.", b)),
        (9, (a, "He came [MASK].")),
    ):
        word = group["rows"][row]["label"]
        answers = load("small-en", device="cpu").fill_mask(masked_a, masked_b, top_k=30522)[0]
        [own] = [answer.probability for answer in answers if answer.token == word]
        assert arrays["values"][row] == pytest.approx(own, rel=1e-3)
        tag = text("en", "masked_words.turn.rather", word=answers[0].token)
        if answers[0].token == word:
            tag = text("en", "masked_words.turn.right")
        assert group["rows"][row]["tag"] == tag
    assert "mw_turns" not in views(page("masked_words", a="so " * 70, b=""))


def test_whole_words_only_leaves_pieces_out() -> None:
    test = page("masked_words", a="He was walk[MASK] home.", b="", mw_top_k="50")
    header, _ = views(test)["mw_bars"]
    assert any(row["label"].startswith("##") for row in header["groups"][0]["rows"])
    test.toggle(key="mw_only_words").set_value(True).run()
    header, _ = views(test)["mw_bars"]
    assert not any(row["label"].startswith("##") for row in header["groups"][0]["rows"])


def test_a_new_draw_has_a_new_seed() -> None:
    test = page("masked_words", mw_section="training", hidden="store,milk")
    before = views(test)["mw_training_chips"][0]["chips"]
    assert all("[MASK]" not in (chip["note"],) for chip in before)
    for _ in range(3):
        test.button(key="mw_draw_again").click().run()
    assert test.number_input(key="mw_seed").value == 3
    assert views(test)["mw_training_chips"][0]["chips"] != before


def test_the_lens_marks_the_masks_and_ends_at_the_prediction() -> None:
    test = page("masked_words", mw_section="layers")
    header, arrays = views(test)["mw_lens"]
    trace = load("small-en", device="cpu").trace(*TEXTS["en"])
    assert header["marked"] == [i for i, token in enumerate(trace.tokens) if token == "[MASK]"]
    best = trace.mlm_logits.softmax(-1).amax(-1).numpy()
    assert arrays["values"][:, -1] == pytest.approx(best, abs=1e-6)


def test_the_ranks_of_the_first_choice_and_of_the_hidden_word_are_drawn() -> None:
    test = page("masked_words", mw_section="layers", hidden="elephant,milk")
    bert = load("small-en", device="cpu")
    trace = bert.trace(*TEXTS["en"])
    place = trace.tokens.index("[MASK]")
    best = bert.tokenizer.token(int(trace.mlm_logits_at(place).argmax()))
    curves = {}
    for name, word in (("final", best), ("hidden", "elephant")):
        found = [
            rank_of(trace.mlm_logits_at(place, stage), bert.tokenizer, bert.tokenizer.id(word))
            for stage in range(trace.num_layers + 1)
        ]
        curves[text("en", f"masked_words.lens.curve.{name}", word=word)] = [
            one.rank for one in found
        ]
    spec = json.loads(test.get("plotly_chart")[0].proto.spec)
    assert {curve["name"]: curve["y"] for curve in spec["data"]} == curves
    # the word that was hidden is the first choice: one curve says both
    test = page("masked_words", mw_section="layers", hidden=f"{best},milk")
    assert len(json.loads(test.get("plotly_chart")[0].proto.spec)["data"]) == 1


def test_the_answer_is_the_models_own() -> None:
    test = page("next_sentence")
    expected = load("small-en", device="cpu").next_sentence(*TEXTS["en"])
    _, arrays = views(test)["ns_answer"]
    assert arrays["values"] == pytest.approx([expected.is_next, expected.random], abs=1e-5)
    assert test.metric[0].value == share_text(expected.is_next)


def test_without_b_the_page_offers_one() -> None:
    for section in ("pair", "blocks"):
        test = page("next_sentence", b="", ns_section=section)
        assert test.info[0].value == text("en", "next_sentence.no_b")
        test.button(key="ns_take_b").click().run()
        assert not test.exception
        assert test.text_area(key="text_b").value
        assert not test.info


def test_without_b_some_sentences_are_tried_as_b() -> None:
    header, arrays = views(page("next_sentence", b=""))["ns_candidates"]
    [group] = header["groups"]
    bert = load("small-en", device="cpu")
    expected = [bert.next_sentence(TEXTS["en"][0], row["label"]).is_next for row in group["rows"]]
    assert arrays["values"] == pytest.approx(expected, abs=1e-5)
    assert expected == sorted(expected, reverse=True) and len(expected) == 10


@pytest.mark.parametrize("language", DEFAULTS)
def test_a_default_model_begins_with_its_own_words(language: str) -> None:
    default = DEFAULTS[language]
    params = {"model": default.model, "a": default.example.text_a, "b": default.example.text_b}
    assert (
        page("words_in_context", language, **params).selectbox(key="wc_word").value == default.word
    )
    positions = page("positions", language, **params, pos_section="order")
    tokens = load(default.model, device="cpu").encode(params["a"], params["b"] or None).tokens
    assert tokens[positions.selectbox(key="pos_hidden").value] == default.hidden


@pytest.mark.parametrize("language", DEFAULTS)
def test_next_sentence_opens_with_a_pair(language: str) -> None:
    default = DEFAULTS[language]
    a = default.example.text_a
    for text_a, text_b in (
        (a, default.text_b),
        (TEXTS[language][0], None),  # the sentence that was found best
    ):
        test = page("next_sentence", language, model=default.model, a=text_a, b="")
        found = views(test)
        labels = [row["label"] for row in found["ns_candidates"][0]["groups"][0]["rows"]]
        assert text_b is None or text_b in labels
        expected = (
            load(default.model, device="cpu").next_sentence(text_a, text_b or labels[0]).is_next
        )
        assert found["ns_answer"][1]["values"][0] == pytest.approx(expected, abs=1e-5)
        assert "ns_variants" in found and "ns_trials" not in found
        assert test.text_area(key="text_b").value == ""


def test_pairs_tried_are_kept_once_and_can_be_cleared() -> None:
    test = page("next_sentence")
    said = lambda: [block.value for block in test.markdown]  # noqa: E731
    assert f"**{text('en', 'next_sentence.trials', count=1)}**" in said()
    test.button(key="ns_swap").click().run()
    assert test.text_area(key="text_a").value == TEXTS["en"][1]
    assert f"**{text('en', 'next_sentence.trials', count=2)}**" in said()
    test.button(key="ns_swap").click().run()
    assert f"**{text('en', 'next_sentence.trials', count=2)}**" in said()
    test.button(key="ns_clear").click().run()
    assert f"**{text('en', 'next_sentence.trials', count=1)}**" in said()


def test_hostile_text_in_the_table_of_trials_stays_as_it_is() -> None:
    hostile = ("<script>x</script> | a", "**b** `c` $d$")
    header, _ = views(page("next_sentence", a=hostile[0], b=hostile[1]))["ns_trials"]
    assert header["rows"][0][1:3] == list(hostile)


def test_playing_counts_both_sides() -> None:
    test = page("next_sentence", ns_section="play")
    assert not test.metric
    test.button(key="ns_play_is_next").click().run()
    assert not test.exception
    assert [metric.value.endswith("/ 1") for metric in test.metric] == [True, True]
    assert test.success or test.warning
    test.button(key="ns_play_next").click().run()
    test.button(key="ns_play_random").click().run()
    assert [metric.value.endswith("/ 2") for metric in test.metric] == [True, True]
    test.button(key="ns_play_open").click().run()
    assert test.segmented_control(key="ns_section").value == "pair"
    assert not test.exception


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        ("masked_words", "mlm", "app.missing.mlm"),
        ("next_sentence", "nsp", "app.missing.nsp"),
    ],
)
def test_a_missing_head_is_said(
    name: str, part: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    bert = replace(toy_bert(), missing={part: f"no {part} in the file"})
    monkeypatch.setattr(resources, "model", lambda name: bert)
    test = page(name)
    assert not test.exception
    assert any("toy" in box.value for box in test.info)
    assert any(part in box.value for box in test.caption)
    assert not views(test)


def test_own_words_and_sentences() -> None:
    lines = "A bat flew by. => animal\nHe held the bat. => sport\nNo such word here."
    test = page("words_in_context", wc_word="")
    test.selectbox(key="wc_word").set_value("").run()
    assert test.info[0].value == text("en", "words_in_context.too_few", fewest=2, most=8)
    test.text_input(key="wc_own").set_value("bat")
    test.text_area(key="wc_sentences").set_value(lines).run()
    assert not test.exception
    assert "3" in test.warning[0].value
    header, arrays = views(test)["wc_cosines"]
    assert header["rows"] == ["1 animal", "2 sport"]
    assert arrays["values"].shape == (2, 2)


def test_uses_without_named_senses_are_not_called_alike() -> None:
    test = page("words_in_context", wc_word="")
    test.text_input(key="wc_own").set_value("bat")
    test.text_area(key="wc_sentences").set_value("A bat flew by.\nHe held the bat.").run()
    assert not test.exception
    spec = json.loads(test.get("plotly_chart")[1].proto.spec)
    assert [curve["name"] for curve in spec["data"]] == [
        text("en", "words_in_context.curve.unnamed"),
        text("en", "words_in_context.curve.any"),
    ]
    captions = [box.value for box in test.caption]
    assert text("en", "words_in_context.curves_reading_unnamed") in captions


def test_the_word_embedding_is_the_same_everywhere() -> None:
    test = page("words_in_context", wc_stage="0")
    _, arrays = views(test)["wc_cosines"]
    assert arrays["values"] == pytest.approx(1.0, abs=1e-5)
    assert text("en", "words_in_context.map_one_point") in [box.value for box in test.caption]


def test_curves_and_maps_are_drawn() -> None:
    test = page("words_in_context")
    specs = [json.loads(chart.proto.spec) for chart in test.get("plotly_chart")]
    assert [len(spec["data"]) for spec in specs] == [2, 3]


def pair_page(language: str = "en", **params: str) -> AppTest:
    return page("masked_words", language, mw_section="pairs", **params)


def own_pair(first: str, second: str, **params: str) -> AppTest:
    return pair_page(mw_pair="own", mw_own_a=first, mw_own_b=second, **params)


@pytest.mark.parametrize("language", TEXTS)
def test_the_answer_comes_after_the_guess_and_adds_up(language: str) -> None:
    test = pair_page(language)
    assert "mw_pair_bars" not in views(test)
    test.button(key="mw_guess_B").click().run()
    assert not test.exception
    header, arrays = views(test)["mw_pair_bars"]
    pair = shelves.minimal_pairs(language)[0]
    [score] = score_pairs(load(f"small-{language}", device="cpu"), [pair.sentences])
    for column, (letter, side) in enumerate((("a", score.first), ("b", score.second))):
        assert arrays["scores"][:, column] == pytest.approx(side.log_probabilities, abs=0.001)
        digits = [Decimal(row[letter]["digits"].replace("−", "-")) for row in header["rows"]]
        assert sum(digits) == Decimal(header["total"][letter].replace("−", "-"))
        assert float(sum(digits)) == pytest.approx(side.total, abs=0.001 * len(digits))
    right = score.difference > 0
    told = text(
        language,
        f"masked_words.pairs.model.{'right' if right else 'wrong'}",
        model=escape(f"small-{language}"),
    )
    wrong = text(language, "masked_words.pairs.you.prepared.wrong", letter="B")
    assert [box.value for box in test.warning] == [wrong, *([] if right else [told])]
    assert [box.value for box in test.success] == ([told] if right else [])
    assert views(test)["mw_pair_hidden"][0]["groups"]
    test.button(key="mw_pair_next").click().run()
    assert test.selectbox(key="mw_pair").value == shelves.minimal_pairs(language)[1].id
    assert "mw_pair_bars" not in views(test)
    # and the guess is still known
    test.selectbox(key="mw_pair").set_value(pair.id).run()
    assert "mw_pair_bars" in views(test)


def test_pair_guess_and_row_come_back_from_the_address() -> None:
    test = pair_page()
    test.selectbox(key="mw_pair").set_value("agreement-3").run()
    test.button(key="mw_guess_B").click().run()
    address = test.query_params
    assert address["mw_guesses_en"] == "--b" and address["mw_pair"] == "agreement-3"
    other = pair_page(**{name: address[name] for name in ("mw_guesses_en", "mw_pair")})
    assert views(other)["mw_pair_bars"][0] == views(test)["mw_pair_bars"][0]
    assert [box.value for box in other.success] == [box.value for box in test.success]


def test_own_sentences_are_kept_and_asked_about_anew() -> None:
    test = own_pair("", "")
    assert test.info[0].value == text("en", "masked_words.pairs.problem.empty")
    test.text_input(key="mw_own_a").set_value("The cats are here.")
    test.text_input(key="mw_own_b").set_value("The cats is here.")
    test.button(key="mw_own_take").click().run()
    test.button(key="mw_guess_A").click().run()
    assert not test.exception
    assert test.success[0].value == text("en", "masked_words.pairs.you.own.right", letter="A")
    kept = {name: it for name, it in test.query_params.items() if name.startswith("mw_own")}
    assert set(kept) == {"mw_own_a", "mw_own_b", "mw_own_guess"}
    assert "mw_pair_bars" in views(pair_page(mw_pair="own", **kept))
    # a prepared pair in between loses nothing
    test.selectbox(key="mw_pair").set_value("order-1").run()
    test.selectbox(key="mw_pair").set_value("own").run()
    assert test.text_input(key="mw_own_b").value == "The cats is here."
    test.text_input(key="mw_own_b").set_value("The cats was here.")
    test.button(key="mw_own_take").click().run()
    assert "mw_pair_bars" not in views(test)
    assert test.button(key="mw_guess_A")


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("", "A cat.", "empty"),
        ("A cat.", "A cat.", "same_text"),
        ("A cat.", "a CAT.", "same_tokens"),
        ("😀", "🎉", "same_tokens"),
        ("A [MASK].", "A cat.", "mask"),
        ("a " * 600, "A cat.", "too_long"),
    ],
)
def test_sentences_that_cannot_be_compared_are_kept(first: str, second: str, problem: str) -> None:
    test = own_pair(first, second, mw_own_guess="A")
    assert not test.exception and not test.error
    assert text("en", f"masked_words.pairs.problem.{problem}") in [box.value for box in test.info]
    assert [test.text_input(key=f"mw_own_{side}").value for side in "ab"] == [first, second]
    assert "mw_pair_bars" not in views(test)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("<b>x</b> `a` $y$ :red[no] | *", "<script>x</script> :red[no]"),
        ("The 😀 cat.", "The cat 🎉 sat."),
        ("我喜欢你。", "مرحبا بالعالم"),
        ("One", "Quite another sentence, with nothing in common!"),
    ],
)
def test_any_two_sentences_that_differ_have_an_answer(first: str, second: str) -> None:
    test = own_pair(first, second, mw_own_guess="B", mw_pair_row="9")
    assert not test.exception and not test.error
    header, _ = views(test)["mw_pair_bars"]
    assert header["rows"] and views(test)["mw_pair_hidden"]


def test_sentences_that_have_little_in_common_are_told_so() -> None:
    said = text("en", "masked_words.pairs.mostly_different")
    assert said in [box.value for box in own_pair("A cat sat.", "He has no milk left!").info]
    assert not own_pair("A cat sat.", "A dog sat.").info


@pytest.mark.parametrize("language", TEXTS)
def test_the_shelf_says_how_many_the_model_and_the_reader_have_right(language: str) -> None:
    shelf = shelves.minimal_pairs(language)
    guesses = "".join("ab"[pair.right] for pair in shelf[:3]) + "ab"[1 - shelf[3].right]
    test = pair_page(language, mw_pair_shelf="1", **{f"mw_guesses_{language}": guesses})
    assert not test.exception
    right = sum(
        judge_pairs(
            load(f"small-{language}", device="cpu"),
            [MinimalPair(pair.sentences[pair.right], pair.sentences[1 - pair.right])],
        ).accuracy
        for pair in shelf
    )
    counts = views(test)["mw_pair_counts"][0]["rows"]
    assert counts[-1][1:] == [
        "20",
        str(int(right)),
        text(language, "masked_words.pairs.of", right=3, count=4),
    ]
    assert sum(int(row[2]) for row in counts[:-1]) == right
    [group] = views(test)["mw_shelf_pairs"][0]["groups"]
    assert sum(not row["marked"] for row in group["rows"]) == right
    rows = views(test)["mw_pair_published"][0]["rows"]
    assert [row[1] for row in rows][-1] == f"small-{language}"
    test.button(key="mw_forget_guesses").click().run()
    assert views(test)["mw_pair_counts"][0]["rows"][-1][-1] == "–"


def test_what_a_model_was_measured_to_do_is_what_a_card_says() -> None:
    cards = {
        path.parent.name: path.read_text(encoding="utf-8")
        for path in ASSETS.glob("checkpoints/*/README.md")
    }
    for model, (tests, share) in pairs.MEASURED.items():
        figure = f"{share * 100:.1f} %"
        lines = [line for card in cards.values() for line in card.splitlines() if tests in line]
        beside = any(f"`{model}`: {figure}" in line for line in lines)
        assert beside or any(f"sentence in {figure}" in line for line in lines), model


def test_a_language_without_published_figures_has_its_shelf(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pairs, "PUBLISHED", {})
    test = pair_page(mw_pair_shelf="1")
    assert not test.exception and not test.error
    assert "mw_pair_published" not in views(test) and "mw_pair_counts" in views(test)


def test_a_text_that_is_too_long_for_each_word_in_turn_says_so() -> None:
    short, long = (page("masked_words", a="The cat sat. " * times, b="") for times in (2, 17))
    line = text("en", "masked_words.turn.long", count=70, most=64)
    assert [line in [caption.value for caption in test.caption] for test in (short, long)] == [
        False,
        True,
    ]
    assert "mw_turns" in views(short) and "mw_turns" not in views(long)


def test_the_curves_of_the_words_do_not_wait_for_those_of_the_shelf(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []
    bert = resources.model("small-en")
    shelf = word_shelf(bert, shelves.sentences("en")[:3])

    def slow(*_: Any) -> Any:
        assert drawn[-1] == "wc_curves_first"
        drawn.append("shelf")
        return shelf

    def noted(figure: Any, key: str, **options: Any) -> None:
        drawn.append(key)
        chart(figure, key, **options)

    memo = memo_of(bert)
    monkeypatch.setattr(memo, "_values", type(memo._values)())  # as a model that was just loaded
    monkeypatch.setattr(contexts, "word_shelf", slow)
    monkeypatch.setattr(contexts, "chart", noted)
    test = page("words_in_context")
    assert drawn == ["wc_map", "wc_curves_first", "shelf", "wc_curves"]
    drawn.clear()
    test.run()
    assert not test.exception and drawn == ["wc_map", "wc_curves"]
