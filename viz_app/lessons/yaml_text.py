"""YAML as a lesson is written in it: plain values, each with its line.

Of YAML only what a lesson needs: texts, numbers, true and false, lists and mappings, as YAML 1.2
reads them (`no` is a text, `1:30` too). Anchors and tags are refused: nothing expands, and nothing
but plain values can come out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from viz_app.lessons.faults import Fault, LessonError

LONGEST = 100_000
"""Characters; a lesson of 45 minutes has about 15,000."""
DEEPEST = 12
"""Lists and mappings inside each other; a lesson has 8."""
Path = tuple[str | int, ...]

_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Document:
    """What a file says."""

    data: Any
    lines: Mapping[Path, int]
    """Where each value begins; for what a mapping holds, the line of its key."""

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.SafeLoader):
    """Composes nodes, without anchors and not too deep."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise LessonError([Fault("alias", line, {"sign": "*", "name": event.anchor})])
        if event.anchor is not None:
            raise LessonError([Fault("alias", line, {"sign": "&", "name": event.anchor})])
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise LessonError([Fault("tag", line, {"tag": tag})])
        self.depth += 1
        if self.depth > DEEPEST:
            raise LessonError([Fault("deep", line, {"deepest": DEEPEST})])
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def decoded(content: bytes) -> str:
    """The text of an uploaded file.

    Raises:
        LessonError: too long, or not UTF-8.
    """
    if len(content) > 4 * LONGEST:  # no character has more than four bytes
        raise LessonError([_too_long(len(content))])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise LessonError([Fault("encoding", line)]) from error


def read_yaml(text: str) -> Document:
    """The plain values of a text in YAML.

    Raises:
        LessonError: too long, or no YAML of the kind that a lesson is written in.
    """
    if len(text) > LONGEST:
        raise LessonError([_too_long(len(text))])
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        raise LessonError([_syntax_fault(error, text)]) from error
    finally:
        if loader is not None:
            loader.dispose()
    if node is None:
        raise LessonError([Fault("empty", 0)])
    lines: dict[Path, int] = {}
    faults: list[Fault] = []
    data = _plain(node, (), lines, faults)
    if faults:
        raise LessonError(faults)
    return Document(data, lines)


def _too_long(length: int) -> Fault:
    return Fault("size", 0, {"length": f"{length:,}", "longest": f"{LONGEST:,}"})


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], faults: list[Fault]) -> Any:
    """The value of a node; notes lines and keys that stand twice."""
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), lines, faults) for i, child in enumerate(node.value)]
    found: dict[str, Any] = {}
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            faults.append(Fault("key", line))
            continue
        key = str(key_node.value)
        if key in found:
            first = lines[*path, key]
            faults.append(Fault("twice", line, {"key": key, "first": first}))
            continue
        lines[*path, key] = line
        found[key] = _plain(child, (*path, key), lines, faults)
    return found


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style is not None:  # quoted, or a block of text
        return text
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text in ("", "~", "null"):
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _syntax_fault(error: yaml.YAMLError, text: str) -> Fault:
    """The fault that a parser's message stands for, in the words of whoever wrote the text."""
    if isinstance(error, yaml.reader.ReaderError):
        line = text[: error.position].count("\n") + 1
        return Fault("character", line, {"code": f"U+{ord(text[error.position]):04X}"})
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark is not None else 0
    problem = str(getattr(error, "problem", None) or error)
    written = dict(enumerate(text.splitlines(), start=1)).get(line, "")
    indent = written[: len(written) - len(written.lstrip())]
    if "\t" in indent or "'\\t'" in problem:
        return Fault("tab", line)
    if "single document" in str(error):
        return Fault("documents", line)
    if "mapping values are not allowed" in problem:
        return Fault("colon", line)
    if "end of stream" in problem and "quoted" in str(getattr(error, "context", "")):
        return Fault("quote", error.context_mark.line + 1)
    starts_wrongly = re.search("alias|anchor|tag", str(getattr(error, "context", "")))
    if starts_wrongly and error.context_mark is not None:
        mark = error.context_mark
    if starts_wrongly or "cannot start any token" in problem:
        sign = written[mark.column : mark.column + 1] if mark is not None else ""
        return Fault("sign", line, {"sign": sign})
    return Fault("yaml", line, {"problem": problem})
