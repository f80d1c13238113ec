"""What every page stands on."""

import pytest

from viz_app.session.frame import escape


@pytest.mark.parametrize("mark", "\\`*_{}[]()<>#+-.!|~$:&")
def test_every_mark_of_markdown_in_a_readers_text_is_escaped(mark: str) -> None:
    assert escape(f"a{mark}b") == f"a\\{mark}b"
    assert escape(mark * 2) == f"\\{mark}" * 2


def test_all_else_stays_as_it_was_typed_on_one_line() -> None:
    assert escape('小猫, it\'s "5 %" / 😀 ^=@') == '小猫, it\'s "5 %" / 😀 ^=@'
    assert escape("a\nb") == "a b"
