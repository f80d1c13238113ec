"""What the view of two sentences is sent."""

import numpy as np
from streamlit.testing.v1 import AppTest

from viz_app.views.payload import unpack


def page() -> None:
    from viz_app.messages import say_in
    from viz_app.view_models.labs.views import PairedTokens, PairTable
    from viz_app.views.paired_bars import paired_bars

    table = PairTable(
        (
            PairedTokens(("a", -0.5), ("a", -1.25), shared=True),
            PairedTokens(("<b>", -2.0), None, shared=False),
        )
    )
    paired_bars(table, selected=1, key="pair", say=say_in("en"), on_select=lambda: None)


def test_the_payload_has_digits_and_scores_of_both_sentences() -> None:
    app = AppTest.from_function(page).run(timeout=30)
    assert not app.exception
    mounted = [element.proto for element in app.get("bidi_component")]
    [sent] = [one for one in mounted if one.component_name == "headlight_paired_bars"]
    header, arrays = unpack(sent.bytes)
    assert header["rows"] == [
        {
            "a": {"token": "a", "digits": "−0.500"},
            "b": {"token": "a", "digits": "−1.250"},
            "difference": "+0.750",
            "shared": True,
        },
        {
            "a": {"token": "<b>", "digits": "−2.000"},
            "b": None,
            "difference": "−2.000",
            "shared": False,
        },
    ]
    assert header["total"] == {
        "label": "sum",
        "a": "−2.500",
        "b": "−1.250",
        "difference": "−1.250",
    }
    np.testing.assert_array_equal(arrays["scores"], np.array([[-0.5, -1.25], [-2.0, np.nan]]))
    [signal] = [one.json for one in mounted if one.component_name == "headlight_signal"]
    assert '"row": 1' in signal
