"""Accuracy on minimal pairs: how often a model finds the right sentence likelier.

Source: Warstadt et al. 2020 (BLiMP); Zorro (Huebner et al. 2021) and SLING (Song et al. 2022) keep
their pairs in two of the layouts that are read here.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bert_core.bert import Bert
from bert_core.pseudo_likelihood import pseudo_likelihoods

PAIR_SUFFIXES = (".txt", ".tsv", ".jsonl")


@dataclass(frozen=True)
class MinimalPair:
    """An acceptable sentence and one that differs from it in one place and is not."""

    right: str
    wrong: str


@dataclass(frozen=True)
class ParadigmAccuracy:
    """Share of the pairs, 0..1, whose right sentence is likelier, and how many pairs there are."""

    accuracy: float
    pairs: int


def read_paradigms(paths: Iterable[Path]) -> dict[str, list[MinimalPair]]:
    """The pairs of each paradigm, which is a file; a folder is searched to its depth.

    Three layouts are told apart by a file's first line: JSON lines with `sentence_good` and
    `sentence_bad` (BLiMP, SLING); two columns, right and wrong, with a tab between; and single
    lines, every odd one wrong and the even one after it right (Zorro).

    Raises:
        ValueError: a path does not exist, holds no pairs, or a line is not of the file's layout.
    """
    paradigms: dict[str, list[MinimalPair]] = {}
    for path in paths:
        if not path.exists():
            raise ValueError(f"There is no file or folder {path}.")
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        found = [f for f in files if f.suffix in PAIR_SUFFIXES and not f.name.startswith(".")]
        if not found:
            raise ValueError(f"{path} holds no file of pairs ({', '.join(PAIR_SUFFIXES)}).")
        for file in found:
            name = str(file.relative_to(path.parent if path.is_file() else path).with_suffix(""))
            if name in paradigms:
                raise ValueError(f"Two files of pairs have the name {name}.")
            paradigms[name] = read_pairs(file)
    return paradigms


def read_pairs(path: Path) -> list[MinimalPair]:
    """The pairs of one file, in any of the layouts of `read_paradigms`.

    Raises:
        ValueError: not UTF-8, no pair, or a line is not of the file's layout.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path.name} is not UTF-8: {problem}") from problem
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not lines:
        raise ValueError(f"{path.name} holds no pair.")
    if lines[0].startswith("{"):
        return [_from_json(line, path.name) for line in lines]
    if "\t" in lines[0]:
        return [_from_columns(line, path.name) for line in lines]
    if len(lines) % 2:
        raise ValueError(f"{path.name} holds {len(lines)} lines, so one sentence has no partner.")
    return [MinimalPair(right, wrong) for wrong, right in zip(lines[::2], lines[1::2], strict=True)]


def _from_json(line: str, name: str) -> MinimalPair:
    try:
        record = json.loads(line)
        return MinimalPair(str(record["sentence_good"]), str(record["sentence_bad"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise ValueError(
            f"{name}: expected a JSON object with sentence_good and sentence_bad in {line[:60]!r}."
        ) from problem


def _from_columns(line: str, name: str) -> MinimalPair:
    columns = line.split("\t")
    if len(columns) != 2:
        raise ValueError(f"{name}: expected right, tab, wrong in {line[:60]!r}.")
    return MinimalPair(*columns)


def evenly_chosen(pairs: Sequence[MinimalPair], limit: int | None) -> list[MinimalPair]:
    """At most `limit` pairs, spread over the whole file: neighbours often share their words.

    Raises:
        ValueError: a limit below 1.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"Expected a limit of at least 1 pair, got {limit}.")
    count = len(pairs) if limit is None else min(limit, len(pairs))
    return [pairs[index * len(pairs) // count] for index in range(count)]


def judge_pairs(bert: Bert, pairs: Sequence[MinimalPair]) -> ParadigmAccuracy:
    """Score both sentences of every pair; a tie counts as wrong.

    Raises:
        ValueError: the checkpoint has no MLM head, or a sentence is too long for the model.
    """
    texts = [text for pair in pairs for text in (pair.right, pair.wrong)]
    totals = [found.total for found in pseudo_likelihoods(bert, [bert.encode(t) for t in texts])]
    hits = sum(right > wrong for right, wrong in zip(totals[::2], totals[1::2], strict=True))
    return ParadigmAccuracy(round(hits / len(pairs), 5), len(pairs))


def judge_paradigms(
    bert: Bert, paradigms: Mapping[str, Sequence[MinimalPair]], limit: int | None = None
) -> dict[str, Any]:
    """Accuracy per paradigm and the mean over the paradigms; tells its progress on stderr.

    Args:
        limit: So many pairs of each paradigm at most.

    Raises:
        ValueError: the checkpoint has no MLM head, or a sentence is too long for the model.
    """
    found: dict[str, ParadigmAccuracy] = {}
    for number, (name, pairs) in enumerate(paradigms.items(), 1):
        found[name] = judge_pairs(bert, evenly_chosen(pairs, limit))
        print(f"{number}/{len(paradigms)}  {found[name].accuracy:6.1%}  {name}", file=sys.stderr)
    return {
        "mean": round(sum(one.accuracy for one in found.values()) / len(found), 5),
        "paradigms": {name: asdict(one) for name, one in found.items()},
    }
