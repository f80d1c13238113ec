"""YAML of a lesson: plain values with their lines, and nothing that expands or runs."""

import pytest

from viz_app.lessons.faults import LessonError
from viz_app.lessons.yaml_text import LONGEST, decoded, read_yaml
from viz_app.messages import LANGUAGES, say_in


def fault(text: str) -> tuple[str, int]:
    """Kind and line of the one fault of a text, which can be told in every language."""
    with pytest.raises(LessonError) as caught:
        read_yaml(text)
    [found] = caught.value.faults
    for language in LANGUAGES:
        assert found.told(say_in(language))
    return found.kind, found.line


def test_values_are_read_as_yaml_1_2_reads_them() -> None:
    text = "a: no\nb: 1:30\nc: 12\nd: -0.5\ne: true\nf: 2026-01-01\ng: '12'\nh: null\ni: 1e-3\n"
    assert read_yaml(text).data == {
        **{"a": "no", "b": "1:30", "c": 12, "d": -0.5, "e": True},
        **{"f": "2026-01-01", "g": "12", "h": None, "i": 0.001},
    }


def test_every_value_has_its_line_and_what_is_in_it_the_line_of_its_key() -> None:
    document = read_yaml("a:\n  - x\n  - b: 1\n    c: |\n      text\n")
    assert document.data == {"a": ["x", {"b": 1, "c": "text\n"}]}
    assert [document.line(path) for path in (("a",), ("a", 1), ("a", 1, "c"))] == [1, 3, 4]
    assert document.line(("a", 1, "c", "no", "such")) == 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x 1\nb: 2", ("alias", 1)),
        ("a: 1\nb: *it* looks at", ("sign", 2)),
        ("a: 1\nb: *it", ("alias", 2)),
        ("a: !!python/object/apply:os.system ['true']", ("tag", 1)),
        ("a: !x 1", ("tag", 1)),
        ("a: 1\nb: 2\na: 3", ("twice", 3)),
        ("a:\n\t- 1", ("tab", 2)),
        ("a: 1\n\tb: 2", ("tab", 2)),
        ("a: what it is: this", ("colon", 1)),
        ('a: "open\nb: 2\n', ("quote", 1)),
        ("a: @x", ("sign", 1)),
        ("a: [MASK] is here", ("yaml", 1)),
        ("a: 1\n---\nb: 2", ("documents", 2)),
        ("? [a]\n: 1", ("key", 1)),
        ("a: 1\nb: \x07", ("character", 2)),
        ("a: \ud83d", ("character", 1)),
        ("", ("empty", 0)),
        ("# nothing\n", ("empty", 0)),
        ("[" * 5_000, ("deep", 1)),
        ("- " * 5_000, ("deep", 1)),
        ("{a: " * 5_000, ("deep", 1)),
        ("x" * (LONGEST + 1), ("size", 0)),
    ],
)
def test_what_a_lesson_cannot_be_written_in_is_named_with_its_line(
    text: str, expected: tuple[str, int]
) -> None:
    assert fault(text) == expected


def test_a_bomb_of_references_does_not_expand() -> None:
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10))
    assert fault(f"a0: &a0 lol\n{levels}") == ("alias", 1)


def test_bytes_are_refused_by_size_before_they_are_read() -> None:
    with pytest.raises(LessonError) as caught:
        decoded(b"a" * 5_000_000)
    assert [one.kind for one in caught.value.faults] == ["size"]
    assert "5,000,000" in caught.value.faults[0].told(say_in("en"))


def test_bytes_in_another_encoding_are_named_with_their_line() -> None:
    with pytest.raises(LessonError) as caught:
        decoded("a: 1\nb: 注意力".encode("gbk"))
    assert [(one.kind, one.line) for one in caught.value.faults] == [("encoding", 2)]


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decoded(b"\xef\xbb\xbfa: 1") == "a: 1"
