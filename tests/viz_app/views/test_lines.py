import numpy as np
import pytest

from tests.viz_app.toy import toy_bert
from viz_app.messages import say_in
from viz_app.view_models.attention.matrix import layer_lines
from viz_app.view_models.views import LinesView
from viz_app.views.lines import LineSettings, lines_payload, read_settings
from viz_app.views.payload import unpack
from viz_app.views.payloads import LinesValues


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (LineSettings(), ""),
        (LineSettings(heads=(0, 3), threshold=0.25, locked=("query", 7)), "h0.3_t0.250_q7"),
        (LineSettings(heads=(), across=True), "h_x"),
        (LineSettings(across=True, everything=True), "x_a"),
        (LineSettings(cut="count", count=40, across=False, locked=("key", 0)), "n40_y_k0"),
    ],
)
def test_settings_survive_the_address(settings: LineSettings, text: str) -> None:
    assert settings.to_text() == text
    assert LineSettings.from_text(text) == settings


@pytest.mark.parametrize("text", ["hx", "t", "t9", "q", "n-3", "<script>", "h1..2", "٣", "q99999"])
def test_nonsense_in_the_address_changes_nothing(text: str) -> None:
    assert LineSettings.from_text(text) == LineSettings()


def test_settings_come_back_from_the_browser() -> None:
    sent: LinesValues = {
        "query": None,
        "heads": [1, 2],
        "cut": "count",
        "threshold": 0.1,
        "count": 30,
        "across": None,
        "locked": {"side": "key", "index": 4},
        "everything": True,
    }
    expected = LineSettings(heads=(1, 2), cut="count", count=30, locked=("key", 4), everything=True)
    assert read_settings(sent) == expected


def test_lines_are_the_layers_own_weights() -> None:
    trace = toy_bert().trace("the cat saw a dog")
    header, arrays = unpack(lines_payload(layer_lines(trace, 2), key="k", say=say_in("zh")))
    np.testing.assert_array_equal(arrays["weights"], trace.layer(2).attention_probs.numpy())
    assert not arrays["hidden"].any()
    assert header["layer"] == 2
    assert header["labels"]["looks"] == "“{token}”关注：{pairs}"


def test_lines_fit_their_tokens() -> None:
    tokens = layer_lines(toy_bert().trace("the"), 0).tokens
    with pytest.raises(ValueError, match="weights must be"):
        LinesView(np.zeros((2, 4, 4), np.float32), np.zeros((2, 4), np.float32), tokens, 0)
    with pytest.raises(ValueError, match="hidden must be"):
        LinesView(np.zeros((2, 3, 3), np.float32), np.zeros((1, 3), np.float32), tokens, 0)


def test_a_long_input_is_sent_with_what_can_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    view = layer_lines(toy_bert().trace("the cat saw a dog"), 1)
    monkeypatch.setattr("viz_app.views.lines.DENSE", 50)
    header, arrays = unpack(lines_payload(view, key="k", say=say_in("en")))
    assert "weights" not in arrays
    rebuilt = np.zeros(header["shape"], np.float32)
    rebuilt.reshape(-1)[arrays["places"]] = arrays["values"]
    np.testing.assert_array_equal(rebuilt, np.where(view.weights >= 0.005, view.weights, 0))
