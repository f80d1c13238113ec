"""The schema is what the code's tables say, and the pages have the places it names."""

import ast
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tools.lesson_schema import DOCS, documented, schema, written
from viz_app.lessons.places import PAGES, PAGES_FOLDER, page_file
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.schema import FILE

ELSEWHERE = {"lessons"}
"""Pages that no stop leads to."""


def test_the_committed_schema_follows_from_the_tables() -> None:
    assert FILE.read_text(encoding="utf-8") == written(schema()), "python -m tools.lesson_schema"
    Draft202012Validator.check_schema(json.loads(FILE.read_text(encoding="utf-8")))


def test_the_docs_have_the_tables_and_a_lesson_that_can_be_read() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert page == documented(page), "python -m tools.lesson_schema"
    assert "| `attention_row` |" in page and "| `words_in_context` |" in page
    read_lesson(page.split("```yaml\n")[1].split("```")[0])


def test_a_stop_can_be_at_every_page() -> None:
    assert {path.parent.name for path in PAGES_FOLDER.glob("*/page.py")} - ELSEWHERE == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_sections_and_parameters_are_those_of_the_page(page: str) -> None:
    """Read from its source, since importing a page runs it."""
    tree, known = ast.parse(page_file(page).read_text(encoding="utf-8")), PAGES[page]
    sections, prefix, choice = (), "", ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SECTIONS":
            assert isinstance(node.value, ast.Dict)
            sections = tuple(ast.literal_eval(key) for key in node.value.keys if key)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "PageChoices":
                prefix = f"{ast.literal_eval(node.args[0])}_"
            if called == "choices.one_of" and "SECTIONS" in ast.unparse(node.args[1]):
                choice = ast.literal_eval(node.args[0])
    assert (known.prefix, known.sections) == (prefix, sections)
    assert known.choice == (f"{prefix}{choice}" if choice else "")


def test_the_shipped_lessons_name_the_schema_for_editors() -> None:
    for file in Path(FILE.parent).glob("*/*.yaml"):
        first = file.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=../lesson.schema.json", file
