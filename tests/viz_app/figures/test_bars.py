import numpy as np
import pytest

from viz_app.figures.bars import bars
from viz_app.view_models.views import BarView, Reading

VIEW = BarView(
    np.array([0.1, 0.6, 0.05, 0.25], np.float32),
    ("the (0)", "<b>&", "the (2)", "我"),
    0.0,
    1.0,
    Reading("x"),
    selected=1,
)


def test_bars_show_each_value_with_its_digits() -> None:
    figure = bars(VIEW, title="t", axis="weight")
    (bar,) = figure.data
    np.testing.assert_array_equal(bar.x, VIEW.values)
    assert bar.text == ("0.100", "0.600", "0.050", "0.250")
    assert figure.layout.yaxis.ticktext == ("the (0)", "&lt;b&gt;&amp;", "the (2)", "我")
    assert figure.layout.xaxis.range[0] == 0 and figure.layout.xaxis.range[1] >= 1
    assert len(set(bar.marker.color)) == 2 and bar.marker.color[1] != bar.marker.color[0]


@pytest.mark.parametrize(("most", "expected"), [(2, [0.6, 0.25]), (3, [0.1, 0.6, 0.25])])
def test_only_the_largest_in_their_order(most: int, expected: list[float]) -> None:
    (bar,) = bars(VIEW, title="t", axis="w", most=most).data
    np.testing.assert_allclose(bar.x, expected, rtol=1e-6)


def test_page_shows_through() -> None:
    layout = bars(VIEW, title="t", axis="w").layout.template.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.font.color is None
