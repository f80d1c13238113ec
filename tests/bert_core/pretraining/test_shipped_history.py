"""The kept snapshots of mini-en: one run, from random weights to the shipped ones."""

import pytest

from bert_core import load
from bert_core.assets import ASSETS
from bert_core.bert import Bert
from bert_core.pretraining.evaluate import everyday_figures
from bert_core.pretraining.history import HISTORY_SHARES, Snapshot, list_snapshots, load_snapshot
from bert_core.studies.heads import head_roles, main_roles

FOLDER = ASSETS / "history" / "mini-en"


@pytest.fixture(scope="module")
def shipped() -> Bert:
    return load("mini-en", device="cpu")


@pytest.fixture(scope="module")
def history(shipped: Bert) -> list[tuple[Snapshot, Bert]]:
    return [
        (snapshot, Bert("snapshot", load_snapshot(path, shipped.config), shipped.tokenizer, {}))
        for snapshot, path in list_snapshots(FOLDER)
    ]


def test_snapshots_are_where_they_should_be(history: list[tuple[Snapshot, Bert]]) -> None:
    paths = [path for _, path in list_snapshots(FOLDER)]
    snapshots = [snapshot for snapshot, _ in history]
    assert snapshots[0].tokens == 0
    for snapshot, path, share in zip(snapshots, paths, HISTORY_SHARES, strict=True):
        seen = snapshot.tokens / snapshots[-1].tokens
        assert share / 2 <= seen <= 2 * share, "about these shares"
        assert int(path.stem) == round(100 * seen), "named by its percent of the run's tokens"
    for earlier, later in zip(snapshots, snapshots[1:], strict=False):
        assert later.tokens > earlier.tokens and later.seconds > earlier.seconds
    assert all(0 < snapshot.relative_error < 0.01 for snapshot in snapshots)


def test_the_last_one_is_the_shipped_model_up_to_its_rounding(
    history: list[tuple[Snapshot, Bert]], shipped: Bert
) -> None:
    snapshot, bert = history[-1]
    weights = bert.model.state_dict()
    for name, exact in shipped.model.state_dict().items():
        error = float((weights[name] - exact).norm() / exact.norm().clamp(min=1e-9))
        # the shipped weights are rounded too, to float16
        assert error <= snapshot.relative_error + 1e-3, name


def test_the_run_goes_from_guessing_to_knowing(history: list[tuple[Snapshot, Bert]]) -> None:
    """From no gap of the everyday shelf to more than at any time before."""
    hits = [everyday_figures(bert.model, bert.tokenizer, "en")["cloze_top5"] for _, bert in history]
    assert hits[0] < 0.05
    assert hits[-1] > max(0.4, *hits[:-1])


def test_heads_grow_roles(history: list[tuple[Snapshot, Bert]]) -> None:
    """Random weights look everywhere alike; in the end there are heads with a task."""
    with_role: list[int] = []
    for _, bert in history:
        trace = bert.trace("The old man walked slowly along the river because he was tired.")
        roles = [role for layer in main_roles(head_roles(trace)) for role in layer]
        with_role.append(sum(role not in (None, "broad") for role in roles))
    assert with_role[0] == 0
    assert with_role[-1] >= 4
