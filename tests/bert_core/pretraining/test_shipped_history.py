"""The kept snapshots of mini-en: one run, from random weights to the shipped ones, its end."""

import json

import pytest

from bert_core import load
from bert_core.assets import ASSETS
from bert_core.bert import Bert
from bert_core.pretraining.evaluate import everyday_figures
from bert_core.pretraining.history import Snapshot, list_snapshots, load_snapshot
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
    record = (ASSETS / "checkpoints" / "mini-en" / "training.json").read_text(encoding="utf-8")
    whole = json.loads(record)["tokens_seen"]
    assert [round(100 * snapshot.tokens / whole) for snapshot in snapshots] == [0, 1, 13]
    assert [int(path.stem) for path in paths] == [0, 1, 13], "named by the percent of the tokens"
    for earlier, later in zip(snapshots, snapshots[1:], strict=False):
        assert later.tokens > earlier.tokens and later.seconds > earlier.seconds
    assert all(0 < snapshot.relative_error < 0.01 for snapshot in snapshots)


def test_the_run_goes_from_guessing_to_knowing(
    history: list[tuple[Snapshot, Bert]], shipped: Bert
) -> None:
    """From no gap of the everyday shelf to more than at any time before."""
    models = [*(bert for _, bert in history), shipped]
    hits = [everyday_figures(bert.model, bert.tokenizer, "en")["cloze_top5"] for bert in models]
    assert hits[0] < 0.05
    assert hits[-1] > max(0.4, *hits[:-1])


def test_heads_grow_roles(history: list[tuple[Snapshot, Bert]], shipped: Bert) -> None:
    """Random weights look everywhere alike; in the end there are heads with a task."""
    with_role: list[int] = []
    for bert in (*(bert for _, bert in history), shipped):
        trace = bert.trace("The old man walked slowly along the river because he was tired.")
        roles = [role for layer in main_roles(head_roles(trace)) for role in layer]
        with_role.append(sum(role not in (None, "broad") for role in roles))
    assert with_role[0] == 0
    assert with_role[-1] >= 4
