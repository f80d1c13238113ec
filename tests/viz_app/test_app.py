"""The app as a script run: every page with the text a student might type, and the frame around."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from time import sleep

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.assets import shipped_checkpoints
from bert_core.problems import CheckpointError, Problem
from viz_app.messages import LANGUAGES, text
from viz_app.session import resources
from viz_app.session.defaults import DEFAULTS
from viz_app.session.examples import example
from viz_app.session.frame import escape
from viz_app.session.state import LAG_SECONDS, default_selection

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.parent.name for path in (ROOT / "viz_app" / "app_pages").glob("*/page.py"))
DEFAULT = "The animal didn't cross the street because it was too tired."


def app(page: str = "start", **params: str) -> AppTest:
    """The app after one run of a page, opened with these parameters in the address."""
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    for name, value in {"lang": "en", "model": "small-en", "a": DEFAULT, **params}.items():
        test.query_params[name] = value
    test.run()
    if page != "start":
        test.switch_page(f"viz_app/app_pages/{page}/page.py").run()
    return test


def said(test: AppTest) -> str:
    """All messages, warnings and errors on the page."""
    return "\n".join(box.value for kind in (test.info, test.warning, test.error) for box in kind)


def written(test: AppTest) -> list[str]:
    """All paragraphs of the page."""
    return [paragraph.value for paragraph in test.markdown]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_in_every_language(page: str, language: str) -> None:
    first = default_selection(language)
    test = app(page, lang=language, model=first.model, a=first.text_a)
    assert not test.exception
    assert not test.error
    assert test.text_area(key="text_a").value == first.text_a


@pytest.fixture(scope="module")
def opened() -> Callable[[str], AppTest]:
    """The app on a page, started once: what a case puts into the address is all it looks at."""
    return cache(app)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "   ",
        "😀😀 🎉",
        "<script>alert(1)</script> <b>bold</b> & `code` $x$ :red[no]",
        "word " * 1000,
        "x",
        "[MASK]",
        "\ud83d lone surrogate",
        "مرحبا بالعالم",
    ],
    ids=["empty", "spaces", "emoji", "html", "5000", "one", "mask", "surrogate", "arabic"],
)
def test_no_text_breaks_a_page_and_none_is_lost(
    page: str, hostile: str, opened: Callable[[str], AppTest]
) -> None:
    arrived = hostile.encode("utf-8", "replace").decode()
    test = opened(page)
    test.query_params["a"] = arrived
    test.run()
    assert not test.exception
    assert test.text_area(key="text_a").value == arrived


def test_an_empty_text_says_what_to_do() -> None:
    assert text("en", "app.text.empty") in said(app(a="  "))


def test_a_long_text_says_how_much_was_left_out() -> None:
    # 1000 words and [CLS], [SEP] against 512 positions
    assert "512" in said(app(a="word " * 1000))
    assert "490" in said(app(a="word " * 1000))


def test_unknown_characters_are_named() -> None:
    test = app(a="The 😀 cat.")
    assert "UNK" in said(test)
    assert "😀" in said(test)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_broken_checkpoint_is_told_with_its_remedy_and_the_text_stays(
    language: str, tmp_path: Path
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "config.json").write_text("{not json")
    test = app(model=str(folder), lang=language)
    assert not test.exception
    assert "config.json cannot be used" in said(test).replace("\\", "")
    assert text(language, "models.remedy.config") in said(test)
    assert test.text_area(key="text_a").value == DEFAULT
    # … and another model can be picked from there
    test.selectbox(key="model").set_value("small-zh").run()
    assert not test.error


@pytest.mark.parametrize("page", [page for page in PAGES if page != "lessons"])  # brings its own
def test_a_model_that_cannot_be_had_is_told_on_every_page(page: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{not json")
    for model, message in (
        (str(broken), text("en", "models.remedy.config")),
        ("someone/some-bert", text("en", "app.model.download", model=escape("someone/some-bert"))),
    ):
        test = app(page, model=model)
        assert not test.exception
        assert message in said(test)
        assert test.text_area(key="text_a").value == DEFAULT


def test_what_needs_no_model_works_without_one() -> None:
    test = app("positions", model="./no/such/folder", pos_section="sinusoid")
    assert not test.exception
    assert not test.error
    assert text("en", "positions.sinusoid.intro") in [each.value for each in test.markdown]


def test_every_page_but_start_waits_for_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def torch_is_here() -> bool:
        asked.append(True)
        return True

    monkeypatch.setattr(resources, "torch_is_here", torch_is_here)
    app()
    assert not asked
    app("models")
    assert asked


def test_what_a_model_does_not_read_is_said_once() -> None:
    for page in ("masked_words", "positions", "next_sentence"):
        test = app(page, a="The 😀 cat.", b="It sat.", pos_section="sum")
        assert len([box for box in test.warning if "😀" in box.value]) == 1


def test_a_link_to_a_model_elsewhere_asks_before_it_fetches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def fetch(name: str, hub_id: str, *_: object) -> Path:
        asked.append(hub_id)
        raise CheckpointError(Problem.HUB, "not to be had")

    monkeypatch.setattr("bert_core.bert._download", fetch)
    test = app(model="someone/some-bert")
    assert not test.exception
    assert asked == []
    [button] = [b for b in test.button if b.label == text("en", "app.model.download_button")]
    button.click().run()
    assert asked == ["someone/some-bert"]
    assert "not to be had" in said(test)


def test_swap_exchanges_the_sentences() -> None:
    test = app(a="First.", b="Second.")
    test.button(key="swap_text").click().run()
    assert (test.text_area(key="text_a").value, test.text_area(key="text_b").value) == (
        "Second.",
        "First.",
    )


def test_a_box_built_anew_answers_with_its_text() -> None:
    """Streamlit tells a box its value once; one that is built again answers with its default."""
    test = app(a="First.", b="Second.")
    for expected in ("First.", "Third."):
        for _ in range(2):  # in a run that changes the text, and in one that does not
            defaults = [test.text_area(key=key).proto.default for key in ("text_a", "text_b")]
            assert defaults == [expected, "Second."]
            test.run()
        test.text_area(key="text_a").set_value("Third.").run()
    test.text_area(key="text_a").set_value("").run()
    assert test.text_area(key="text_a").value == test.text_area(key="text_a").proto.default == ""
    assert test.query_params["a"] in ("", [""])


def test_a_pasted_text_becomes_one_line() -> None:
    test = app(a="First.")
    test.text_area(key="text_a").set_value("Two\nlines.").run()
    assert test.text_area(key="text_a").value == "Two lines."


def test_a_random_pair_comes_from_the_shelf_of_the_models_language() -> None:
    from bert_core.shelves import next_sentence_pairs

    test = app()
    test.button(key="random_text").click().run()
    drawn = (test.text_area(key="text_a").value, test.text_area(key="text_b").value)
    assert drawn in {(pair.text_a, pair.text_b) for pair in next_sentence_pairs("en")}


def test_an_example_brings_its_text_and_its_model() -> None:
    test = app()
    test.selectbox(key="example").set_value("zh-like-onions").run()
    assert not test.exception
    assert test.text_area(key="text_a").value == "我喜欢吃洋葱"
    assert test.selectbox(key="model").value == "small-zh"
    assert test.selectbox(key="example").value is None
    task = escape(example("zh-like-onions")[1].shows)
    # … and says what there is to see until it is put away, and where it is to be seen
    assert task in written(test)
    _, entry = example("zh-like-onions")
    place = [test.session_state[name] for name in ("layer", "head", "query")]
    assert place == [entry.seen.layer, entry.seen.head, entry.seen.query]
    test.run()
    assert task in written(test) and not test.toast
    *pages, link = test.get("page_link")  # those of all pages stand above the bar
    assert len(pages) == len(PAGES)
    assert link.proto.page.endswith(entry.seen.page.replace("_", "-"))
    test.button(key="example_done").click().run()
    assert task not in written(test)


def test_an_examples_task_says_of_which_model_it_is_true() -> None:
    for model, said_so in ((DEFAULTS["en"].model, False), ("mini-en", True)):
        test = app(model=model)
        test.selectbox(key="example").set_value("animal-tired").run()
        note = text("en", "app.examples.of_model", model=DEFAULTS["en"].model)
        assert any(note in paragraph for paragraph in written(test)) == said_so


def test_what_was_typed_comes_back_after_a_random_pair() -> None:
    test = app(a="Mine.", b="Mine too.")
    assert test.button(key="undo_text").disabled
    for _ in range(2):
        test.button(key="random_text").click().run()
        assert test.text_area(key="text_a").value != "Mine."
    test.button(key="undo_text").click().run()
    texts = [test.text_area(key=key).value for key in ("text_a", "text_b")]
    assert texts == ["Mine.", "Mine too."]
    assert test.button(key="undo_text").disabled
    test.button(key="random_text").click().run()
    test.text_area(key="text_a").set_value("Another of mine.").run()
    assert test.button(key="undo_text").disabled


def test_an_example_is_taken_back_with_its_model() -> None:
    test = app(a="Mine.")
    model = test.selectbox(key="model").value
    test.selectbox(key="example").set_value("zh-like-onions").run()
    test.button(key="undo_text").click().run()
    assert test.text_area(key="text_a").value == "Mine."
    assert test.selectbox(key="model").value == model


def test_nothing_can_be_swapped_without_a_second_sentence() -> None:
    assert app(a="First.").button(key="swap_text").disabled
    assert not app(a="First.", b="Second.").button(key="swap_text").disabled


def test_the_help_of_the_model_names_the_shipped_ones() -> None:
    assert all(name in app().selectbox(key="model").help for name in shipped_checkpoints())


def test_mask_may_be_typed_in_any_case() -> None:
    test = app()
    test.text_area(key="text_a").set_value("my dog is [mask] 【Mask】")
    test.button(key="run_text").click().run()
    assert test.text_area(key="text_a").value == "my dog is [MASK] [MASK]"


def test_a_choice_is_not_undone_by_the_address_from_before_it() -> None:
    test = app(a="First.")
    before = dict(test.query_params)
    test.text_area(key="text_a").set_value("Second.")
    test.button(key="run_text").click().run()
    # a reader quicker than the server: the next click comes with the address of a moment ago
    for name, value in before.items():
        test.query_params[name] = value
    test.segmented_control(key="language").set_value("zh").run()
    assert test.text_area(key="text_a").value == "Second."
    assert test.session_state["language"] == "zh"


def test_an_address_from_long_ago_is_where_the_reader_went_back_to() -> None:
    test = app(a="First.")
    before = dict(test.query_params)
    test.text_area(key="text_a").set_value("Second.")
    test.button(key="run_text").click().run()
    sleep(LAG_SECONDS + 0.1)
    for name, value in before.items():
        test.query_params[name] = value
    assert test.run().text_area(key="text_a").value == "First."


def test_a_choice_that_a_broken_run_lost_comes_back() -> None:
    test = app(a="Still here.")
    test.session_state["language"] = None
    test.run()
    assert not test.exception
    assert test.session_state["language"] == "en"


def test_changing_the_language_keeps_the_text() -> None:
    test = app(a="Keep me.")
    test.segmented_control(key="language").set_value("zh").run()
    assert not test.exception
    assert test.text_area(key="text_a").value == "Keep me."
    assert test.text_area(key="text_a").label == text("zh", "app.text.a")


def test_a_page_that_fails_says_so_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("a slip of ours")

    monkeypatch.setattr("viz_app.session.frame.Visit.traced", fail)
    test = app("attention")
    assert not test.exception
    assert text("en", "app.page_failed") in said(test)
    assert "a slip of ours" not in said(test)
    assert test.text_area(key="text_a").value == DEFAULT
    assert "a slip of ours" in caplog.text  # … but the terminal has it
    caplog.clear()  # expected here; see the fixture no_failed_page


def test_a_link_that_names_only_a_language_brings_a_text_in_it() -> None:
    test = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    test.query_params["lang"] = "zh"
    test.run()
    assert not test.exception
    assert test.selectbox(key="model").value == "small-zh"
    assert test.text_area(key="text_a").value == default_selection("zh-CN").text_a


@pytest.mark.parametrize(
    ("model", "a"), [("mini-en", "我喜欢吃洋葱。"), ("small-zh", "I like it.")]
)
def test_a_text_in_another_language_is_offered_the_model_for_it(model: str, a: str) -> None:
    test = app("attention", model=model, a=a)
    test.button(key="take_model").click().run()
    assert (
        test.selectbox(key="model").value
        == default_selection("zh" if model == "mini-en" else "en").model
    )
    assert test.text_area(key="text_a").value == a
    assert not [button for button in test.button if button.key == "take_model"]


@pytest.mark.parametrize(
    ("kind", "a", "usual"),
    [
        ("compatibility", "２０２４年下雪了。", "2024年下雪了。"),
        # as a word: 乾 alone would be 干, in this name it stays
        ("traditional", "乾隆養了一隻貓。", "乾隆养了一只猫。"),
    ],
)
def test_unusual_characters_are_converted_when_asked_and_not_before(
    kind: str, a: str, usual: str
) -> None:
    test = app("attention", model="small-zh", a=a)
    assert conversions(test) == [f"convert_{kind}"]
    assert test.text_area(key="text_a").value == a
    test.button(key=f"convert_{kind}").click().run()
    assert test.text_area(key="text_a").value == usual
    assert "[UNK]" not in said(test)
    assert conversions(test) == []


def conversions(test: AppTest) -> list[str]:
    """The buttons that offer to convert characters, by their keys."""
    return [key for button in test.button if (key := button.key or "").startswith("convert_")]
