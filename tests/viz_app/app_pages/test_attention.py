"""The Attention page: every section in both languages, and its choices in the address."""

from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from bert_core import load, shelves
from bert_core.checkpoint import save_checkpoint
from bert_core.studies.head_finder import PLACES, shelf_relations, word_links
from bert_core.studies.heads import SHELF_SEED, mask_shelf, mlm_loss
from tests.viz_app.toy import toy_bert
from viz_app.messages import text
from viz_app.notebook import View
from viz_app.session.defaults import DEFAULTS
from viz_app.views.payload import unpack

ROOT = Path(__file__).resolve().parents[3]
PAIR = {"a": "The man went to the store.", "b": "He bought milk.", "model": "mini-en"}
SECTIONS = ("head", "lines", "neurons", "pair", "roles", "find", "flow", "off", "compare", "save")


@pytest.fixture(autouse=True)
def short_shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dozen sentences: the page does the same with them as with all."""
    whole = shelves.sentences
    monkeypatch.setattr(shelves, "sentences", lambda language: whole(language)[:12])


def open_page(**params: str) -> AppTest:
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    for name, value in {"lang": "en", "layer": "1", "head": "5", "token": "3", **params}.items():
        app.query_params[name] = value
    app.run()
    app.switch_page("viz_app/app_pages/attention/page.py").run()
    assert not app.exception
    return app


def payload(app: AppTest, component: str) -> tuple[dict, dict]:
    """Header and arrays of the first mounted component of that name."""
    for element in app.get("bidi_component"):
        if element.proto.component_name == f"headlight_{component}":
            return unpack(element.proto.bytes)
    raise AssertionError(f"no {component} on the page")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_draws(section: str, language: str) -> None:
    app = open_page(**PAIR, lang=language, at_view=section)
    assert app.session_state["at_view"] == section
    assert not app.error
    header, arrays = payload(app, "overview")
    assert arrays["pixels"].shape[:2] == (4, 8)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_view_can_be_taken_along_as_a_picture(language: str) -> None:
    app = open_page(**PAIR, lang=language, at_view="save")
    pictures = [
        unpack(element.proto.bytes)
        for element in app.get("bidi_component")
        if element.proto.component_name == "headlight_picture"
    ]
    names = {header["name"]: bytes(arrays["svg"]) for header, arrays in pictures}
    heads = {"attention_L1_H5", "lines_L1", "neurons_L1_H5_token3", "attention_overview"}
    assert set(names) == heads
    assert all(svg.startswith(b"<svg") and b"mini-en" in svg for svg in names.values())


def test_what_is_taken_along_is_what_was_chosen() -> None:
    app = open_page(**PAIR, at_view="save", at_pool="max_heads", at_scale="log")
    header, arrays = payload(app, "picture")
    assert header["name"] == "attention_L1_max_heads"
    svg = bytes(arrays["svg"]).decode()
    assert "largest of the heads of L1" in svg and "colours: logarithmic" in svg
    (code,) = [block.value for block in app.code if "notebook" in block.value]
    assert "display(attention(trace, layer=1, head=5, pool='max_heads', scale='log'))" in code
    shown: list[View] = []
    exec(code, {"display": shown.append})
    assert [view.page.count("<section") for view in shown] == [2, 1, 1]
    assert (app.query_params["at_pool"], app.query_params["at_scale"]) == ("max_heads", "log")


@pytest.mark.parametrize("section", SECTIONS)
@pytest.mark.parametrize("text", ["", "我", "a"])
def test_the_shortest_inputs_are_enough(section: str, text: str) -> None:
    app = open_page(a=text, model="mini-en", at_view=section)
    assert not app.exception


def test_choices_come_from_the_address_and_go_back_to_it() -> None:
    params = {"at_part": "ba", "at_plain": "1", "at_renorm": "1", "at_scale": "log"}
    app = open_page(**PAIR, **params, at_pool="max_heads", at_order="value")
    header, arrays = payload(app, "heatmap")
    assert header["scale"] == "log"
    assert [token["text"] for token in header["rows"]] == ["he", "bought", "milk", "."]
    assert arrays["hidden"].min() > 0
    assert {name: app.query_params[name] for name in params} == params


CONTROLS = {
    "head": {"part": "ba", "plain": "1", "renorm": "1", "pool": "max_heads", "scale": "log"}
    | {"order": "value", "signs": "1", "tiles": "previous"},
    "lines": {"lines": "h1.4_q3"},
    "neurons": {},
    "pair": {"block": "aa"},
    "roles": {"role": "sep", "source": "shelf"},
    "find": {"relation": "dobj"},
    "flow": {"flow": "norm_head"},
    "off": {"off": "1.5,2.0"},
    "compare": {"model": "small-zh", "layer": "3", "head": "7", "text": "It was wide"},
    "save": {},
}
"""A value other than the default for each control of each section."""


@pytest.mark.parametrize("section", SECTIONS)
def test_every_control_is_in_the_address_and_survives_a_reload(section: str) -> None:
    chosen = {f"at_{name}": value for name, value in CONTROLS[section].items()}
    expected = chosen if section == "head" else {**chosen, "at_view": section}
    app = open_page(**PAIR, **expected, token="10")  # of B: the bars have an order to choose
    kept = {name: app.query_params[name] for name in app.query_params if name.startswith("at_")}
    assert kept == expected
    choices = app.session_state["_at_choices"].shown
    # nothing that can be chosen here is missing from the list above
    shared = set(CONTROLS["head"]) | set(CONTROLS["lines"]) | {"view"}
    assert {name.removeprefix("at_") for name in choices} <= set(CONTROLS[section]) | shared
    again = open_page(**{name: app.query_params[name] for name in app.query_params})
    assert again.session_state["_at_choices"].shown == choices


def bars(app: AppTest) -> list[list[tuple[str, float]]]:
    """Labels and values of each list of bars on the page."""
    found = []
    for element in app.get("bidi_component"):
        if element.proto.component_name == "headlight_ranked_bars":
            header, arrays = unpack(element.proto.bytes)
            labels = [row["label"] for group in header["groups"] for row in group["rows"]]
            found.append(list(zip(labels, arrays["values"].tolist(), strict=True)))
    return found


@pytest.mark.parametrize("model", ["mini-en", "small-zh"])
def test_the_finder_shows_the_best_heads_and_the_links_of_the_chosen_one(model: str) -> None:
    text_a = (
        "我的朋友买了一本新书。" if model == "small-zh" else "The old man sold his little red car."
    )
    app = open_page(a=text_a, model=model, at_view="find", at_relation="dobj", layer="2", head="4")
    bert = load(model, device="cpu")
    scores = shelf_relations(bert).relations
    best, links = bars(app)
    assert [value for _, value in best[: len(scores)]] == pytest.approx(
        [score.best()[0].share for score in scores.values()]
    )
    assert [label for label, _ in best[len(scores) :]] == [
        text("en", f"attention.role.{place}") for place in PLACES
    ]
    looks = scores["dobj"].of_head(2, 4).looks
    expected = word_links(bert.trace(text_a), 2, 4, looks)
    assert [value for _, value in links] == pytest.approx(
        [link.weight for link in expected[: len(links)]]
    )
    assert links[0][0] == f"{expected[0].source.text} → {expected[0].target.text}"
    columns = next(box.value for box in app.markdown if box.value.startswith("|")).split("\n")[0]
    assert ("BERT-base" in columns) == (model == "mini-en")


def test_pronouns_have_a_stronger_rival_than_a_fixed_distance() -> None:
    app = open_page(**PAIR, at_view="find", at_relation="antecedent")
    rival = text("en", "attention.find.first_subject", share="66.7\u00a0%")
    assert any(rival in box.value for box in app.markdown)


def test_a_model_that_does_not_know_the_words_is_said_to(tmp_path: Path) -> None:
    toy = toy_bert()
    save_checkpoint(tmp_path / "toy", toy.model, toy.tokenizer)
    app = AppTest.from_file(ROOT / "streamlit_app.py", default_timeout=60)
    name = str(tmp_path / "toy")
    for key, value in {"lang": "en", "a": "the cat", "model": name, "at_view": "find"}.items():
        app.query_params[key] = value
    app.session_state["_models_asked"] = {name}
    app.run()
    app.switch_page("viz_app/app_pages/attention/page.py").run()
    assert not app.exception
    (warning,) = app.warning
    assert "[UNK]" in warning.value


def test_lines_keep_their_settings_and_follow_the_filter() -> None:
    app = open_page(**PAIR, at_view="lines", at_lines="h1.4_q3", at_part="ab")
    _, arrays = payload(app, "lines")
    assert arrays["weights"].shape[0] == 8
    assert not arrays["weights"][:, :, 0].any()  # [CLS] belongs to A
    signals = [
        element.proto.json
        for element in app.get("bidi_component")
        if element.proto.component_name == "headlight_signal"
    ]
    assert any('"heads": [1, 4]' in signal and '"locked"' in signal for signal in signals)


def test_the_overview_shows_the_model_without_the_heads_that_are_off() -> None:
    _, whole = payload(open_page(**PAIR, at_view="off"), "overview")
    off = open_page(**PAIR, at_view="off", at_off="1.5,2.0", at_signs="1")
    header, arrays = payload(off, "overview")
    crossed = {
        (layer, head)
        for layer, row in enumerate(header["marks"])
        for head, sign in enumerate(row)
        if sign == "✕"
    }
    assert crossed == {(1, 5), (2, 0)}
    same = [(arrays["pixels"][layer] == whole["pixels"][layer]).all() for layer in range(4)]
    assert same == [True, True, False, False]
    assert any("✕" in caption.value for caption in off.caption)
    elsewhere = open_page(**PAIR, at_view="head", at_off="1.5")
    assert (payload(elsewhere, "overview")[1]["pixels"] == whole["pixels"]).all()


def test_heads_are_switched_off_and_on() -> None:
    app = open_page(**PAIR, at_view="off", at_off="1.5")
    assert app.session_state["at_off"] == ["1.5"]
    app.button(key="attention_off_layer").click().run()
    assert app.session_state["at_off"] == ["1.5", *(f"1.{head}" for head in (0, 1, 2, 3, 4, 6, 7))]
    app.button(key="attention_off_clear").click().run()
    assert app.session_state["at_off"] == []
    assert not app.exception


def test_compare_draws_a_difference_only_between_equal_lengths() -> None:
    app = open_page(
        a="It was too tired.", model="mini-en", at_view="compare", at_text="It was wide"
    )
    kinds = [
        unpack(element.proto.bytes)[0]["kind"]
        for element in app.get("bidi_component")
        if element.proto.component_name == "headlight_heatmap"
    ]
    assert kinds == ["probability", "probability"]
    app.text_input(key="at_text").set_value("It was too wide.").run()
    headers = [
        unpack(element.proto.bytes)[0]
        for element in app.get("bidi_component")
        if element.proto.component_name == "headlight_heatmap"
    ]
    assert [header["kind"] for header in headers] == ["probability", "probability", "signed"]
    assert "tired/wide" in [token["text"] for token in headers[2]["rows"]]
    assert app.selectbox(key="at_head").value == 5
    # the same text again: the next head beside the one that is chosen
    app.text_input(key="at_text").set_value("").run()
    assert app.selectbox(key="at_head").value == 6
    assert not app.info
    app.selectbox(key="at_head").set_value(5).run()
    assert [box.value for box in app.info] == [text("en", "attention.compare.equal")]


@pytest.mark.parametrize("language", DEFAULTS)
def test_compare_opens_with_a_text_in_which_the_first_head_does_something_else(
    language: str,
) -> None:
    default = DEFAULTS[language]
    seen = default.example.seen
    app = open_page(
        a=default.example.text_a,
        b=default.example.text_b,
        model=default.model,
        layer=str(seen.layer),
        head=str(seen.head),
        at_view="compare",
    )
    assert app.text_input(key="at_text").value == default.compared
    assert (app.selectbox(key="at_layer").value, app.selectbox(key="at_head").value) == (
        seen.layer,
        seen.head,
    )
    app.text_input(key="at_text").set_value("").run()  # an emptied box stays empty
    assert app.text_input(key="at_text").value == ""
    assert app.selectbox(key="at_head").value == seen.head + 1


def test_every_head_is_ranked_by_the_loss_without_it() -> None:
    app = open_page(**PAIR, at_view="off")
    assert not app.dataframe
    app.button(key="attention_off_rank").click().run()
    assert not app.exception
    (table,) = app.dataframe
    assert len(table.value) == 4 * 8
    rises = list(table.value.iloc[:, 2])
    assert rises == sorted(rises, reverse=True)
    assert sorted(table.value.iloc[:, 3]) == list(range(1, 33))
    # a rise is what the loss gains when the head is off
    bert = load("mini-en", device="cpu")
    generator = torch.Generator().manual_seed(SHELF_SEED)
    shelf = mask_shelf(bert, shelves.sentences("en"), generator)
    for row in (0, 31):
        layer, head = (int(name[1:]) for name in table.value.iloc[row, 1].split())
        rise = mlm_loss(bert, shelf, {(layer, head)}) - mlm_loss(bert, shelf)
        assert rises[row] == pytest.approx(rise, abs=1e-5)
    assert rises[0] > 0
