"""What the shipped models' records claim is what the models do."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from bert_core import load
from bert_core.assets import ASSETS, shipped_checkpoints
from bert_core.pretraining.evaluate import EVALUATION_KINDS, everyday_figures, relation_figures
from bert_core.shelves import LANGUAGES
from bert_core.studies.head_finder import first_subject_share


def folder(language: str) -> Path:
    return ASSETS / "checkpoints" / f"small-{language}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_everyday_hit_rate_is_the_recorded_one(
    language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    record = json.loads((folder(language) / "training.json").read_text(encoding="utf-8"))
    bert = load(str(folder(language)), device="cpu")
    found = everyday_figures(bert.model, bert.tokenizer, language)
    with capsys.disabled():
        print(
            f"\nsmall-{language}: {found['cloze_top5']:.0%} of {found['clozes']} gaps filled "
            f"within five guesses, {found['nsp_accuracy']:.0%} of {found['pairs']} pairs right"
        )
    assert found["clozes"] >= 40
    # one gap or pair may tip over where another processor rounds differently
    assert found["cloze_top5"] == pytest.approx(record["everyday"]["cloze_top5"], abs=0.026)
    assert found["nsp_accuracy"] == pytest.approx(record["everyday"]["nsp_accuracy"], abs=0.01)


@pytest.mark.parametrize("language", LANGUAGES)
def test_record_and_card_tell_where_the_model_is_from(language: str) -> None:
    record = json.loads((folder(language) / "training.json").read_text(encoding="utf-8"))
    assert record["tokens_seen"] > 0 and record["seconds"] > 0 and record["corpus"]["files"]
    assert isinstance(record["seed"], int) and record["device"]
    assert set(record["heldout"]) == set(EVALUATION_KINDS)
    assert record["curve"][-1]["tokens"] <= record["tokens_seen"]
    card = (folder(language) / "README.md").read_text(encoding="utf-8")
    for part in ("## Training", "## Figures", "## Data", "## Limits", "## Bias", "Apache-2.0"):
        assert part in card
    for kind in record["heldout"].values():
        assert f"{100 * kind['mlm_top1']:.1f} %" in card
        assert f"{100 * kind['nsp_accuracy']:.1f} %" in card
    packed = record["heldout"]["packed_128"]
    assert packed["mlm_top1_masked"] < packed["mlm_top1"], "a token left as it is is easier"
    assert f"{100 * packed['mlm_top1_masked']:.1f} %" in card
    readme = (ASSETS.parent / "README.md").read_text(encoding="utf-8")
    shares = [f"{100 * packed[name]:.1f} %" for name in ("mlm_top1", "mlm_top1_masked")]
    assert "{} ({})".format(*shares) in readme
    assert f"{100 * record['everyday']['cloze_top5']:.1f} %" in card


def figures_in(text: str) -> Counter[float]:
    """How often each number stands in a text in digits. 11.8 million is 1180 万, top-5 a name."""
    units = {"million": 1e6, "万": 1e4, "亿": 1e8}
    found = re.findall(r"(?<!top-)(\d+(?:,\d{3})*(?:\.\d+)?)(?: (million|万|亿))?", text)
    return Counter(
        round(float(number.replace(",", "")) * units.get(unit, 1), 3) for number, unit in found
    )


@pytest.mark.parametrize("name", shipped_checkpoints())
def test_the_cards_of_a_model_give_the_same_figures_in_all_languages(name: str) -> None:
    card = (ASSETS / "checkpoints" / name / "README.md").read_text(encoding="utf-8")
    other = (ASSETS / "checkpoints" / name / "README.zh.md").read_text(encoding="utf-8")
    assert figures_in(other) == figures_in(card)
    assert other.count("\n## ") == card.count("\n## ")
    assert other.count("\n|") == card.count("\n|")


@pytest.mark.parametrize("name", ["small-en", "mini-en"])
def test_the_readme_gives_the_measured_heads(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ASSETS.parent / "README.md").read_text(encoding="utf-8")
    figures = relation_figures(load(name, device="cpu"), "en")
    column = {"small-en": 3, "mini-en": 4}[name]
    for relation, found in figures.items():
        (row,) = (line for line in readme.split("\n") if f"(`{relation}`)" in line)
        cells = [cell.strip() for cell in row.split("|")]
        head = f"(L{found['layer']} H{found['head']})"
        assert cells[column] == f"{100 * found['share']:.1f} {head}"
        assert cells[2] == str(found["pairs"])
        assert cells[5] == f"{100 * found['offset_share']:.1f} ({found['offset']:+d})"
    assert len(capsys.readouterr().err.splitlines()) == len(figures)
    first = f"subject of the sentence is right in {100 * first_subject_share('en'):.1f} %"
    assert first in readme
