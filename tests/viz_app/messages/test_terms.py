import pytest

from viz_app.messages import catalogue
from viz_app.messages.terms import marked, pieces, terms


def test_each_term_has_one_name_in_each_language_and_is_used() -> None:
    english, chinese = zip(*terms(), strict=True)
    assert len(set(english)) == len(set(chinese)) == len(terms())
    for language, names in zip(("en", "zh"), (english, chinese), strict=True):
        spoken = " ".join(catalogue(language).values()).lower()
        assert [name for name in names if name not in spoken] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Layer 1, head 5", "Layer = 层 · head = 头"),
        ("第 1 层，第 5 个头", "层 = layer · 头 = head"),
        ("rows: the token that looks (query)", "rows = 行 · token = 词元 · query = 查询"),
        ("attention weights of heads", "attention weights = 注意力权重 · heads = 头"),
        ("查询、键、查询", "查询 = query · 键 = key"),
        ("keyboard, ahead, ÷ √32", ""),
        ("运行时关键的行", "行 = row"),
        ("片段", ""),
    ],
)
def test_a_text_says_what_its_terms_are_called_elsewhere(text: str, expected: str) -> None:
    found = pieces(text)
    assert "".join(part for part, _ in found) == text
    assert " · ".join(f"{part} = {other}" for part, other in found if other) == expected


def test_marking_changes_nothing_but_the_terms() -> None:
    assert marked("L1 <head> & **key**") == (
        'L1 &lt;<abbr title="头">head</abbr>&gt; &amp; **<abbr title="键">key</abbr>**'
    )


def test_a_term_with_a_card_leads_there_and_says_what_it_says() -> None:
    cards = {"头": ("concepts?a=1&b=2", 'Looks "itself" up.')}
    assert marked("head, key", cards.get) == (
        '<a href="concepts?a=1&amp;b=2"><abbr title="头: Looks &quot;itself&quot; up.">head</abbr>'
        '</a>, <abbr title="键">key</abbr>'
    )
