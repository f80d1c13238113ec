"""Minimal pairs: the layouts in which they come, and what is counted."""

import json
from pathlib import Path

import pytest

from bert_core.checkpoint import save_checkpoint
from bert_core.pretraining.__main__ import main
from bert_core.pretraining.paradigms import (
    MinimalPair,
    evenly_chosen,
    judge_pairs,
    judge_paradigms,
    read_pairs,
    read_paradigms,
)
from bert_core.pseudo_likelihood import pseudo_likelihoods
from tests.viz_app.toy import toy_bert

PAIRS = [MinimalPair("the cat was tired", "the cat tired was"), MinimalPair("a dog", "dog a")]


def as_json(pair: MinimalPair) -> str:
    return json.dumps({"sentence_good": pair.right, "sentence_bad": pair.wrong, "pair_ID": 3})


LAYOUTS = {
    "line by line": "".join(f"{pair.wrong}\n{pair.right}\n" for pair in PAIRS),
    "json lines": "\n".join(as_json(pair) for pair in PAIRS),
    "two columns": "\r\n".join(f"{pair.right}\t{pair.wrong}" for pair in PAIRS) + "\r\n\r\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_pairs(layout: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(LAYOUTS[layout], encoding="utf-8", newline="")
    assert read_pairs(path) == PAIRS


def test_a_folder_is_searched_and_a_paradigm_named_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "Anaphor" / "Plural").mkdir(parents=True)
    (tmp_path / "Anaphor" / "self.jsonl").write_text(LAYOUTS["json lines"])
    (tmp_path / "Anaphor" / "Plural" / "self.jsonl").write_text(LAYOUTS["json lines"])
    (tmp_path / "islands.txt").write_text(LAYOUTS["line by line"])
    (tmp_path / "LICENSE").write_text("MIT")
    (tmp_path / "._islands.txt").write_bytes(b"\xff")
    found = read_paradigms([tmp_path])
    assert list(found) == ["Anaphor/Plural/self", "Anaphor/self", "islands"]
    assert all(pairs == PAIRS for pairs in found.values())
    assert list(read_paradigms([tmp_path / "islands.txt"])) == ["islands"]
    with pytest.raises(ValueError, match="Two files of pairs have the name islands"):
        read_paradigms([tmp_path, tmp_path / "islands.txt"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no pair"),
        ("one\ntwo\nthree", "holds 3 lines, so one sentence has no partner"),
        ("one\ttwo\nthree", "expected right, tab, wrong in 'three'"),
        ('{"sentence_good": "one"}', "expected a JSON object with sentence_good and sentence_bad"),
        ('{"sentence_good"', "expected a JSON object"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_what_is_no_file_of_pairs_is_told(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "pairs.txt"
    path.write_text(content, errors="surrogateescape")
    with pytest.raises(ValueError, match=f"pairs.txt.*{message}"):
        read_pairs(path)


def test_a_place_without_pairs_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no file of pairs"):
        read_paradigms([tmp_path])
    with pytest.raises(ValueError, match="There is no file or folder .*absent"):
        read_paradigms([tmp_path / "absent"])


def test_a_limit_takes_pairs_from_the_whole_file() -> None:
    pairs = [MinimalPair(str(number), "") for number in range(10)]
    assert [pair.right for pair in evenly_chosen(pairs, 3)] == ["0", "3", "6"]
    assert evenly_chosen(pairs, 30) == evenly_chosen(pairs, None) == pairs
    with pytest.raises(ValueError, match="at least 1 pair, got 0"):
        evenly_chosen(pairs, 0)


def test_a_pair_is_won_by_the_likelier_sentence_and_a_tie_is_lost() -> None:
    bert = toy_bert()
    one, other = "the cat was tired", "the cat tired was"
    totals = [found.total for found in pseudo_likelihoods(bert, [*map(bert.encode, (one, other))])]
    likelier, less = (one, other) if totals[0] > totals[1] else (other, one)
    won, lost = MinimalPair(likelier, less), MinimalPair(less, likelier)
    found = judge_pairs(bert, [won, lost, won, MinimalPair(one, one)])
    assert (found.accuracy, found.pairs) == (0.5, 4)
    both = judge_paradigms(bert, {"a": [won] * 3, "b": [won, lost, lost, lost]}, limit=4)
    assert both == {
        "mean": 0.625,  # of the paradigms, not of the pairs
        "paradigms": {"a": {"accuracy": 1.0, "pairs": 3}, "b": {"accuracy": 0.25, "pairs": 4}},
    }


def test_by_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bert = toy_bert()
    save_checkpoint(tmp_path / "toy", bert.model, bert.tokenizer)
    (tmp_path / "pairs.tsv").write_text(LAYOUTS["two columns"])
    evaluate = ["evaluate", "--checkpoint", str(tmp_path / "toy"), "--device", "cpu"]
    assert main([*evaluate, "--pairs", str(tmp_path / "pairs.tsv"), "--limit", "1"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["pairs"]["paradigms"]["pairs"]["pairs"] == 1
    assert told.err.startswith("1/1 ") and "pairs" in told.err
    assert main(evaluate) == 1
    assert "--heldout, --pairs, --language or --relations" in capsys.readouterr().err
