"""The JSON Schema of a lesson, made from the tables of pages, claims and quantities.

`python -m tools.lesson_schema` writes it to `assets/lessons/lesson.schema.json`, where editors find
it and the app reads it; a test holds the committed file to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, get_args, get_type_hints

from bert_core.assets import ASSETS
from bert_core.claims import KINDS
from viz_app.lessons.places import PAGES
from viz_app.lessons.records import DIRECTIONS, SUPERLATIVES
from viz_app.messages import LANGUAGES

FILE = ASSETS / "lessons" / "lesson.schema.json"
FORMAT = 1
_TYPES = {int: "integer", float: "number", str: "string", bool: "boolean"}
_INSIDE = r"^[a-z][a-z0-9_]*$"


@cache
def lesson_schema() -> Mapping[str, Any]:
    """The committed schema."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def make_schema(
    steps: Iterable[str], quantities: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The schema from the tables.

    Args:
        steps: Names of the walkthrough's steps.
        quantities: Name → the schema of its arguments, an object.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Headlight lesson",
        "description": "A path through the pages of Headlight, with questions whose right answers "
        "are worked out from the model. docs/lessons.md explains it.",
        **_object(_lesson(), ("lesson", "title", "language", "stops")),
        "$defs": {
            "stop": _stop(tuple(steps)),
            "question": _question(),
            "option": _option(),
            "quantity": _tagged(
                "quantity",
                {name: _with_reading(of) for name, of in quantities.items()},
                "A figure worked out from the model. Its layer, head and the token that looks are "
                "those of the stop unless they are given.",
            ),
            "claim": _tagged(
                "kind",
                {name: record_schema(record) for name, record in KINDS.items()},
                "Something that is true of the model, or the lesson says that it is not.",
            ),
        },
    }


def record_schema(record: type[Any]) -> dict[str, Any]:
    """The schema of a frozen record of plain fields, as `bert_core.claims.read_record` reads it."""
    types = get_type_hints(record)
    return values_schema(
        {field.name: types[field.name] for field in fields(record)},
        [field.name for field in fields(record) if field.default is MISSING],
        record.__doc__ or "",
    )


def values_schema(types: Mapping[str, Any], required: Iterable[str], doc: str) -> dict[str, Any]:
    """The schema of plain values, as `bert_core.claims.read_values` reads them."""
    properties = {name: _of_type(wanted) for name, wanted in types.items()}
    return {"description": _first_sentence(doc), **_object(properties, required)}


def _of_type(wanted: Any) -> dict[str, Any]:
    if get_args(wanted):
        return {"type": "array", "items": _of_type(get_args(wanted)[0]), "minItems": 1}
    return {"type": _TYPES[wanted]}


def _first_sentence(doc: str) -> str:
    return " ".join(doc.split("\n\n")[0].split()).replace("`", "")


def _object(properties: Mapping[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _tagged(tag: str, kinds: Mapping[str, Mapping[str, Any]], description: str) -> dict[str, Any]:
    """An object whose field `tag` says which of several kinds it is.

    By conditions and not by `oneOf`, so that a validator names the one thing that is wrong.
    """
    return {
        "type": "object",
        "description": description,
        "properties": {tag: {"enum": list(kinds)}},
        "required": [tag],
        "allOf": [
            {
                "if": {"properties": {tag: {"const": name}}, "required": [tag]},
                "then": {**kind, "properties": {tag: {"const": name}, **kind["properties"]}},
            }
            for name, kind in kinds.items()
        ],
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _text(description: str, longest: int = 4000) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": description}


def _list(of: Mapping[str, Any], least: int, most: int, description: str) -> dict[str, Any]:
    return {
        "type": "array",
        "items": dict(of),
        "minItems": least,
        "maxItems": most,
        "description": description,
    }


def _count(description: str, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "maximum": most, "description": description}


def _lesson() -> dict[str, Any]:
    return {
        "lesson": {"const": FORMAT, "description": "The version of this format."},
        "title": _text("What the list of lessons says.", 120),
        "language": {"enum": list(LANGUAGES), "description": "Of the lesson's words."},
        "model": _text(
            "A shipped model, a folder, or a Hugging Face name. Default: the language's own model.",
            300,
        ),
        "revision": {
            "type": "string",
            "pattern": "^[0-9a-f]{8,64}$",
            "description": "The beginning of the SHA-256 of the model's weights; "
            "`headlight lesson check` prints it.",
        },
        "minutes": {
            "type": "integer",
            "minimum": 1,
            "maximum": 600,
            "description": "How long it takes.",
        },
        "goals": _list(_text("One goal.", 300), 1, 12, "What one can do afterwards."),
        "test": {
            "type": "boolean",
            "description": "Nothing is said about an answer, and no report shows what is right; "
            "the class page does. Default: false.",
        },
        "about": _text("Shown before the first stop. Markdown."),
        "teacher": _text("Shown on the teacher's page alone. Markdown.", 8000),
        "stops": _list(_ref("stop"), 1, 60, "The places to go to, in order."),
    }


def _stop(steps: tuple[str, ...]) -> dict[str, Any]:
    stop = _object(
        {
            "title": _text("The heading of the card.", 120),
            "page": {"enum": list(PAGES), "description": "Default: that of the stop before."},
            "section": {"type": "string", "description": "Of the page, as in its address."},
            "settings": {
                "type": "object",
                "additionalProperties": {"type": ["string", "integer"]},
                "description": "The page's own parameters, as in its address.",
            },
            "text_a": _text("Sentence A. Default: the texts of the stop before.", 20_000),
            "text_b": {
                "type": "string",
                "maxLength": 20_000,
                "description": "Sentence B; given without sentence A, it joins that of the "
                "stop before.",
            },
            "layer": _count("From zero. Default: that of the stop before.", 200),
            "head": _count("From zero. Default: that of the stop before.", 200),
            "token": {
                "type": ["string", "integer"],
                "minimum": 0,
                "description": "The token that looks, as the pages label it (`it`, `bank (13)`), "
                "or its position. Default: that of the stop before, 0 in a new text.",
            },
            "step": {"enum": list(steps), "description": "Of the page walkthrough."},
            "look": _text("What to look at. Markdown; {{name}} writes a value."),
            "values": {
                "type": "object",
                "propertyNames": {"pattern": _INSIDE},
                "additionalProperties": _ref("quantity"),
                "description": "Figures that the texts of this stop name.",
            },
            "premises": _list(
                _ref("claim"), 1, 12, "What the stop takes for granted of its texts."
            ),
            "questions": _list(_ref("question"), 1, 8, "Asked at this stop."),
            "minutes": {
                "type": "integer",
                "minimum": 1,
                "maximum": 240,
                "description": "How long a class stays here, for the teacher's page.",
            },
            "teacher": _text("Shown on the teacher's page alone. Markdown."),
            "misconceptions": _list(
                _object(
                    {
                        "says": _text("What a student says."),
                        "reply": _text("What to answer, or to try. Markdown."),
                    },
                    ("says", "reply"),
                ),
                1,
                6,
                "What is often misunderstood here, for the teacher's page.",
            ),
        },
        ("title", "look"),
    )
    stop["allOf"] = [
        {
            "if": {"properties": {"page": {"const": name}}, "required": ["page"]},
            "then": {
                "properties": {
                    "section": {"enum": list(page.sections)},
                    "settings": {"propertyNames": {"pattern": f"^{page.prefix or '$'}"}},
                }
            },
        }
        for name, page in PAGES.items()
    ]
    return stop


def _question() -> dict[str, Any]:
    common = {
        "ask": _text("The question. Markdown."),
        "hints": _list(_text("One hint.", 1000), 1, 6, "Shown one by one when asked for."),
        "explain": _text("Shown after the answer. Markdown; {{answer}} is what is right."),
        "teacher": _text("Expected answers and common misconceptions, for the teacher's page."),
        "guess": {
            "type": "boolean",
            "description": "Asked before the page is shown. Default: false.",
        },
    }
    deciding = {
        "type": ["object", "string"],
        "description": "What decides: a quantity, or the largest or smallest of the options' own "
        "values.",
        "if": {"type": "object"},
        "then": _ref("quantity"),
        "else": {"enum": list(SUPERLATIVES)},
    }
    kinds = {
        "choose": _object(
            {
                **common,
                "options": _list(_ref("option"), 2, 12, "To choose from."),
                "answer": deciding,
            },
            ("ask", "options", "answer"),
        ),
        "order": _object(
            {
                **common,
                "items": _list(_ref("option"), 2, 8, "To be put in order."),
                "answer": _ref("quantity"),
                "direction": {"enum": list(DIRECTIONS), "default": DIRECTIONS[1]},
            },
            ("ask", "items"),
        ),
        "number": _object(
            {
                **common,
                "answer": _ref("quantity"),
                "tolerance": {
                    "type": "number",
                    "minimum": 0,
                    "description": "An answer this far off is right.",
                },
            },
            ("ask", "answer", "tolerance"),
        ),
        "free": _object(common, ("ask",)),
    }
    return _tagged("kind", kinds, "Answered before the right answer is shown.")


def _with_reading(kind: Mapping[str, Any]) -> dict[str, Any]:
    """A quantity with what every quantity may say besides its arguments."""
    more = {
        "of": _text(
            "Of several things compared: largest, smallest, largest option, smallest "
            "option, or the name of one.",
            200,
        ),
        "show": {"enum": ["value", "label"], "description": "What a text writes. Default: value."},
        "text_a": _text("Other texts than those of the stop.", 20_000),
        "text_b": {"type": "string", "maxLength": 20_000},
    }
    return {**kind, "properties": {**kind["properties"], **more}}


def _option() -> dict[str, Any]:
    return {
        "type": ["string", "object"],
        "description": "A text that the quantity is compared with, or a text with what makes it "
        "right: `is`, a range (`from` on, below `to`), or a `value` of its own.",
        "properties": {
            "text": _text("What the reader sees.", 500),
            "is": {"type": "string", "minLength": 1},
            "from": {"type": "number"},
            "to": {"type": "number"},
            "value": _ref("quantity"),
        },
        "required": ["text"],
        "additionalProperties": False,
    }
