"""The table of defaults is one entry per language, found again by model and text."""

from bert_core.assets import shipped_checkpoints
from bert_core.language import shipped_language
from viz_app.messages import LANGUAGES
from viz_app.session.defaults import DEFAULTS, default_at
from viz_app.session.examples import example


def test_an_entry_has_a_model_and_an_example_of_its_language() -> None:
    assert set(DEFAULTS) <= set(LANGUAGES)
    for language, default in DEFAULTS.items():
        assert default.model in shipped_checkpoints()
        assert shipped_language(default.model) == language
        assert example(default.example_id) == (language, default.example)
        assert default.compared != default.example.text_a


def test_an_entry_is_found_by_its_model_and_text_alone() -> None:
    for default in DEFAULTS.values():
        entry = default.example
        assert default_at(default.model, entry.text_a, entry.text_b) is default
        assert default_at("another", entry.text_a, entry.text_b) is None
        assert default_at(default.model, entry.text_a, "More.") is None
        assert default_at(default.model, entry.text_a + " ", entry.text_b) is None
