"""One name for one thing in Chinese, in every text that a reader sees."""

import json
import re

import pytest

from bert_core.assets import ASSETS
from viz_app.messages import LANGUAGES, catalogue, say_in
from viz_app.messages.formulas import in_words
from viz_app.view_models.walkthrough.explanations import FOLDER
from viz_app.view_models.walkthrough.steps import STEPS

PREFERRED = {
    "坡度": "梯度",
    "弯": "非线性",
    "带走": "导出",
    "(?<!查)看内部|看见.*内部": "查看内部",
    "切掉|盖住|遮盖|掩蔽": "遮住",
    "(?<!主)成分": "主成分",
    "地图": "向量分布图",
    "最关注|最多注意力": "对……的注意力最大",
    "e 的.*幂|取 e": "以 e 为底的指数",
    "最好的一行": "分数最大的一行",
    "确是": "实际是",
    "{[a-z]+} 百万": "约 … 万",
    r"\d %": "15%，不空格",
    "词元嵌入|词元向量|词向量": "词嵌入",
    "段向量": "段嵌入",
    r"LayerNorm(?!\(x)": "层归一化",
    "FFN": "前馈网络",
    "尺度|色阶|色条标": "色标",
    "演示": "示意图",
    r"第 {head} 个头|第 \d+ 个头": "头 {n}（从 0 数起）",
}
"""What is not said (a pattern), and what is said instead."""


def chinese_texts() -> dict[str, str]:
    examples = json.loads((ASSETS / "examples.json").read_text(encoding="utf-8"))["zh"]
    return (
        catalogue("zh")
        | {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / "zh").glob("*.md")}
        | {entry["id"]: entry["title"] + entry["shows"] for entry in examples}
    )


@pytest.mark.parametrize("unwanted", PREFERRED)
def test_chinese_has_one_name_for_one_thing(unwanted: str) -> None:
    found = {key: text for key, text in chinese_texts().items() if re.search(unwanted, text)}
    assert found == {}, f"say {PREFERRED[unwanted]}"


def test_a_head_is_said_to_be_counted_from_zero_where_the_page_names_one() -> None:
    for key in ("attention.heading.head", "next_sentence.blocks.of_head"):
        assert "从 0 数起" in catalogue("zh")[key]


def test_formulas_on_chinese_pages_have_chinese_words() -> None:
    say = say_in("zh")
    formulas = [
        in_words(latex, say)
        for step in STEPS
        for latex in (step.symbol, step.formula, *(name for name, _ in step.shapes))
    ]
    formulas += [text.replace("{{", "{").replace("}}", "}") for text in catalogue("zh").values()]
    words = {word for latex in formulas for word in re.findall(r"\\text\{(.*?)\}", latex)}
    assert {"词", "位置", "段", "掩码", "编号", "底数"} <= words
    assert {word for word in words if word.isascii()} == {"A/B", "GELU"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_lower_case_words_of_a_formula_are_looked_up(language: str) -> None:
    say = say_in(language)
    latex = r"\text{word}_i + \text{GELU} ( x )"
    assert in_words(latex, say) == latex.replace("word", say("formulas.word"))
    with pytest.raises(KeyError):
        in_words(r"\text{nothing}", say)
