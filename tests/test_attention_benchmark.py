"""What the table of the attention benchmark says, from measured numbers made up for it."""

from benchmarks.attention_views import BUDGETS, FRAME, LONGEST, Measured, kept, middle, row


def page(render: float | None, size: int = 1_000_000, hover: float | None = None) -> Measured:
    return Measured(size, 5.0, render, memory=100_000_000, change=12.0, hover=hover)


def test_both_ratios_stand_beside_each_other() -> None:
    cells = row("overview", (12, 12), 32, page(100.0), page(2000.0), page(60.0))
    assert cells["first render ms"] == "100 / 2000"
    assert cells["faster"] == "20.0 ×"
    assert cells["beyond an empty page ms"] == "40 / 1940"
    assert cells["faster beyond"] == "48.5 ×"  # 1940 / 40
    assert cells["change ms"] == "12 / 12"


def test_less_than_a_frame_counts_as_one() -> None:
    cells = row("overview", (12, 12), 32, page(59.0), page(60 + 100 * FRAME), page(60.0))
    assert cells["beyond an empty page ms"] == f"-1 / {100 * FRAME:.0f}"
    assert cells["faster beyond"] == "> 100.0 ×"


def test_a_page_that_was_given_up_is_at_least_that_much_slower() -> None:
    cells = row("lines", (4, 8), 128, page(120.0), page(None), page(60.0))
    assert cells["faster"] == "> 1000.0 ×"
    assert cells["first render ms"] == "120 / > 120000"


def test_the_budget_names_what_is_over_it() -> None:
    long = row("lines", (12, 12), LONGEST, page(399.0, hover=30.0), None, page(60.0))
    assert str(long["budget"]).endswith(": kept")
    assert long["faster"] == "–"

    over = kept(BUDGETS["lines"], page(401.0, size=1_000_001, hover=None))
    assert over.endswith("exceeded by size, render, hover")


def test_the_middle_of_several_openings() -> None:
    each = [page(30.0), page(None), page(10.0), page(20.0)]
    assert middle(each).render == 20.0
    assert middle(each).hover is None
    assert middle([page(None)]).render is None
