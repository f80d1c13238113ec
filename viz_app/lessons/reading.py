"""A lesson's file → the lesson, or everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from bert_core.claims import read_claim
from viz_app.lessons.faults import Fault, LessonError
from viz_app.lessons.places import PAGES
from viz_app.lessons.records import (
    DIRECTIONS,
    SUPERLATIVES,
    Choose,
    Free,
    Lesson,
    Misconception,
    Number,
    Option,
    Order,
    Premise,
    Quantity,
    Question,
    Stop,
    Where,
)
from viz_app.lessons.schema import lesson_schema
from viz_app.lessons.yaml_text import Document, Path, read_yaml

if TYPE_CHECKING:  # half a second to import
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

FIGURE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
"""Where a text writes a figure."""
ANSWER = "answer"
"""The figure that every explanation has: what is right."""
_OF_QUANTITY = frozenset({"quantity", "of", "show", "text_a", "text_b"})
_TYPES = {
    "string": "text",
    "integer": "whole",
    "number": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "mapping",
}
"""A type in the schema → its name in the messages."""


def read_lesson(source: str) -> Lesson:
    """The lesson that a file holds.

    Raises:
        LessonError: it holds none; with all faults, each with its line.
    """
    document = read_yaml(source)
    faults = list(_schema_faults(document))
    if faults:
        raise LessonError(faults)
    lesson = _lesson(document, source)
    faults = [*_missing_faults(document, lesson), *_figure_faults(document)]
    if faults:
        raise LessonError(faults)
    return lesson


# What the schema says


def _schema_faults(document: Document) -> Iterator[Fault]:
    seen = set()
    for error in _validator().iter_errors(document.data):
        for fault in _faults_of(error, document):
            key = (fault.kind, fault.line, str(fault.values))
            if key not in seen:
                seen.add(key)
                yield fault


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(lesson_schema())


def _faults_of(error: ValidationError, document: Document) -> Iterator[Fault]:
    """The faults that one error of the validator stands for."""
    path: Path = tuple(error.absolute_path)
    line, where, rule = document.line(path), _where(path), error.validator_value
    match error.validator:
        case "required":
            for name in rule:
                if name not in error.instance:
                    yield Fault("missing", line, {"where": where, "key": name})
        case "additionalProperties":
            known = list(error.schema["properties"])
            for name in error.instance:
                if name not in known:
                    yield _unknown(document.line((*path, name)), name, known)
        case "propertyNames" | "pattern":
            yield Fault("name", line, {"where": where, "value": _short(error.instance)})
        case "type":
            wanted = [rule] if isinstance(rule, str) else rule
            values = {"where": where, "value": _short(error.instance)}
            yield Fault(f"type.{_TYPES[wanted[0]]}", line, values)
        case "enum" | "const":
            known = [str(one) for one in (rule if error.validator == "enum" else [rule])]
            yield _not_one_of(line, where, error.instance, known)
        case "minLength" | "minItems":
            yield Fault("short", line, {"where": where, "least": rule})
        case "maxLength" | "maxItems":
            yield Fault("long", line, {"where": where, "most": rule, "is": len(error.instance)})
        case _:  # minimum, maximum
            yield Fault("range", line, {"where": where, "value": error.instance, "limit": rule})


def _unknown(line: int, name: str, known: list[str]) -> Fault:
    near = get_close_matches(name, known, 1)
    if near:
        return Fault("unknown_near", line, {"key": name, "near": near[0]})
    return Fault("unknown", line, {"key": name, "known": ", ".join(known)})


def _not_one_of(line: int, where: str, value: Any, known: list[str]) -> Fault:
    if not known:  # a page without sections
        return Fault("no_section", line, {"value": _short(value)})
    values = {"where": where, "value": _short(value)}
    near = get_close_matches(str(value), known, 1)
    if near:
        return Fault("one_of_near", line, {**values, "near": near[0]})
    return Fault("one_of", line, {**values, "known": ", ".join(known)})


def _where(path: Path) -> str:
    """`stops 2 › questions 1 › ask`, counted from 1 as a reader counts."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts[-1] += f" {part + 1}"
        else:
            parts.append(part)
    return " › ".join(parts) or "lesson"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# What the schema cannot say


def _missing_faults(document: Document, lesson: Lesson) -> Iterator[Fault]:
    """Questions that lack what they would be decided by; a lesson without any text."""
    if "text_a" not in document.data["stops"][0]:
        yield Fault("no_text", lesson.stops[0].line)
    for stop in lesson.stops:
        for question in stop.questions:
            if isinstance(question, Choose):
                own = isinstance(question.answer, str)
                options = question.options
            elif isinstance(question, Order):
                own, options = question.answer is None, question.items
            else:
                continue
            if any((option.value is not None) is not own for option in options):
                yield Fault("own_values" if own else "no_own_values", question.line)
            if len({option.text for option in options}) < len(options):
                yield Fault("same_options", question.line)


def _figure_faults(document: Document) -> Iterator[Fault]:
    """Figures that a text names and its stop does not have."""
    for number, stop in enumerate(document.data["stops"]):
        known = set(stop.get("values", {}))
        for path, text in _texts(stop, ("stops", number)):
            mine = known | {ANSWER} if path[-1] == "explain" else known
            for name in FIGURE.findall(text):
                if name not in mine:
                    values = {"name": name, "known": ", ".join(sorted(mine)) or "–"}
                    yield Fault("figure", document.line(path), values)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, (*path, index))
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _texts(child, (*path, key))


# The records


def _lesson(document: Document, source: str) -> Lesson:
    data = document.data
    stops: list[Stop] = []
    for number, entry in enumerate(data["stops"]):
        before = stops[-1].where if stops else None
        stops.append(_stop(entry, ("stops", number), before, document))
    return Lesson(
        title=data["title"],
        language=data["language"],
        model=data.get("model", ""),
        revision=data.get("revision", ""),
        minutes=data.get("minutes", 0),
        goals=tuple(data.get("goals", ())),
        about=data.get("about", ""),
        teacher=data.get("teacher", ""),
        stops=tuple(stops),
        test=data.get("test", False),
        source=source,
    )


def _stop(entry: Mapping[str, Any], path: Path, before: Where | None, document: Document) -> Stop:
    return Stop(
        title=entry["title"],
        where=_where_to(entry, before),
        look=entry["look"],
        values={
            name: _quantity(given, (*path, "values", name), document)
            for name, given in entry.get("values", {}).items()
        },
        premises=tuple(
            Premise(read_claim(given), document.line((*path, "premises", index)))
            for index, given in enumerate(entry.get("premises", ()))
        ),
        questions=tuple(
            _question(given, (*path, "questions", index), document)
            for index, given in enumerate(entry.get("questions", ()))
        ),
        minutes=entry.get("minutes", 0),
        teacher=entry.get("teacher", ""),
        misconceptions=tuple(Misconception(**one) for one in entry.get("misconceptions", ())),
        line=document.line(path),
    )


def _where_to(entry: Mapping[str, Any], before: Where | None) -> Where:
    """Where a stop is; what it leaves out stays as it was at the stop before."""
    last = before or Where(next(iter(PAGES)), "", {}, "", "", 0, 0, 0, "")
    text_a = entry.get("text_a", last.text_a)
    text_b = entry.get("text_b", "" if "text_a" in entry else last.text_b)
    same_text = (text_a, text_b) == (last.text_a, last.text_b)
    page = entry.get("page", last.page)
    same_page = page == last.page
    return Where(
        page=page,
        section=entry.get("section", last.section if same_page else ""),
        settings=entry.get("settings", last.settings if same_page else {}),
        text_a=text_a,
        text_b=text_b,
        layer=entry.get("layer", last.layer),
        head=entry.get("head", last.head),
        token=entry.get("token", last.token if same_text else 0),
        step=entry.get("step", last.step),
    )


def _quantity(entry: Mapping[str, Any], path: Path, document: Document) -> Quantity:
    return Quantity(
        name=entry["quantity"],
        arguments={name: entry[name] for name in entry if name not in _OF_QUANTITY},
        of=entry.get("of", ""),
        label=entry.get("show") == "label",
        text_a=entry.get("text_a"),
        text_b=entry.get("text_b", ""),
        line=document.line(path),
    )


def _question(entry: Mapping[str, Any], path: Path, document: Document) -> Question:
    common: dict[str, Any] = {
        "ask": entry["ask"],
        "hints": tuple(entry.get("hints", ())),
        "explain": entry.get("explain", ""),
        "teacher": entry.get("teacher", ""),
        "guess": entry.get("guess", False),
        "line": document.line(path),
    }

    def given(name: str) -> Any:
        """A quantity, or the word that stands in its place."""
        value = entry.get(name)
        return _quantity(value, (*path, name), document) if isinstance(value, dict) else value

    def options(name: str) -> tuple[Option, ...]:
        return tuple(
            _option(one, (*path, name, index), document) for index, one in enumerate(entry[name])
        )

    match entry["kind"]:
        case "choose":
            return Choose(**common, options=options("options"), answer=given("answer"))
        case "order":
            direction = entry.get("direction", DIRECTIONS[1])
            items = options("items")
            return Order(**common, items=items, answer=given("answer"), direction=direction)
        case "number":
            return Number(**common, answer=given("answer"), tolerance=float(entry["tolerance"]))
        case _:
            return Free(**common)


def _option(entry: Any, path: Path, document: Document) -> Option:
    if isinstance(entry, str):
        return Option(entry)
    value = entry.get("value")
    return Option(
        text=entry["text"],
        equals=entry.get("is", ""),
        at_least=entry.get("from"),
        below=entry.get("to"),
        value=_quantity(value, (*path, "value"), document) if value is not None else None,
    )


def superlative(of: str) -> str:
    """`largest` or `smallest`, of whatever it is; empty for the name of one thing."""
    word = of.partition(" ")[0]
    return word if word in SUPERLATIVES else ""
