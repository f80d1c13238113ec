import numpy as np

from viz_app.figures.training import parameter_bars, training_curve


def test_bars_hold_the_counts_in_order_and_their_shares() -> None:
    figure = parameter_bars([300, 100], ["first", "second"], axis="parameters")
    [bar] = figure.data
    assert (list(bar.x), list(bar.y)) == ([300, 100], ["first", "second"])
    assert list(bar.customdata) == [0.75, 0.25]
    assert list(bar.text) == ["300", "100"]
    assert figure.layout.yaxis.autorange == "reversed"


def test_a_curve_is_drawn_over_millions_of_tokens() -> None:
    figure = training_curve(
        np.array([1e6, 2.5e6]), np.array([0.5, 0.8]), title="t", axis="a", share=True
    )
    [line] = figure.data
    assert list(line.x) == [1, 2.5]
    assert list(line.y) == [0.5, 0.8]
    assert figure.layout.yaxis.tickformat == ".0%"
