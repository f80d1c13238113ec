"""The words of each step of the walkthrough, in files that a teacher edits without touching code.

`assets/explanations/<language>/<step>.md`: a `# title`, one paragraph on what to see, then two
sections, each under a `## heading` of any wording: why the step is there, and its source.
`<step>.<case>.md` has the words for a trace of that case.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bert_core.assets import ASSETS

FOLDER = ASSETS / "explanations"


@dataclass(frozen=True)
class Explanation:
    """One step in one language.

    Title, `see` and `why` may hold placeholders, which the page fills: {query} and {key} (tokens),
    {layer}, {head} and {unit} (what is chosen), {heads}, {size} (of a head), {hidden}, {inner},
    {vocab} and {tokens} (how many there are), {activation} (GELU, ReLU, …) and, at a residual sum,
    {times} (how many times as long what is added is as what it is added to).
    """

    title: str
    see: str
    why: tuple[str, ...]
    source: str


def parse_explanation(text: str) -> Explanation:
    """Read one file's text.

    Raises:
        ValueError: a part is missing; the message names it.
    """
    first, *sections = text.strip().split("\n## ")
    title, _, see = first.removeprefix("# ").partition("\n")
    if not first.startswith("# ") or not see.strip():
        raise ValueError("expected a line '# title' and a paragraph on what to see below it")
    if len(sections) != 2:
        raise ValueError(
            f"expected two sections starting with '## ' (why, source), found {len(sections)}"
        )
    why, source = (_paragraphs(section.partition("\n")[2]) for section in sections)
    if not why or not source:
        raise ValueError("a section has a heading but no text")
    return Explanation(title.strip(), " ".join(_paragraphs(see)), why, " ".join(source))


def explanation(language: str, step: str, cases: Collection[str] = frozenset()) -> Explanation:
    """The words of one step, read anew at each call so that an edited file shows at once.

    Args:
        cases: What is special about the trace; a file `<step>.<case>.md` goes before `<step>.md`.

    Raises:
        ValueError: the file is not as `parse_explanation` expects; the message names it.
        FileNotFoundError: there is no such file.
    """
    own = (FOLDER / language / f"{step}.{case}.md" for case in sorted(cases))
    path = next((path for path in own if path.is_file()), FOLDER / language / f"{step}.md")
    try:
        return parse_explanation(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{language}/{path.name}: {error}") from error


def _paragraphs(text: str) -> tuple[str, ...]:
    # A line break inside a paragraph is a space, but none is wanted between Chinese characters.
    parts = (part.strip() for part in text.split("\n\n"))
    return tuple(_one_line(part) for part in parts if part)


def _one_line(paragraph: str) -> str:
    first, *lines = (line.strip() for line in paragraph.splitlines())
    text = first
    for line in lines:
        wide = text and line and ord(text[-1]) > 0x2E80 and ord(line[0]) > 0x2E80
        text += line if wide else f" {line}"
    return text
