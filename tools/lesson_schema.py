"""Write the JSON Schema of a lesson, `assets/lessons/lesson.schema.json`, from the code's tables.

python -m tools.lesson_schema
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bert_core.claims import KINDS
from bert_core.quantities import QUANTITIES
from viz_app.lessons.places import PAGES
from viz_app.lessons.schema import FILE, make_schema, record_schema, values_schema
from viz_app.view_models.walkthrough.steps import STEP_IDS

DOCS = Path(__file__).parents[1] / "docs" / "lessons.md"
OF_STOP = frozenset({"layer", "head", "query"})
"""Arguments that a stop fills in."""


def schema() -> dict[str, Any]:
    """The schema as the tables have it now."""
    quantities = {
        name: values_schema(one.arguments, sorted(one.required - OF_STOP), one.about)
        for name, one in QUANTITIES.items()
    }
    return make_schema(STEP_IDS, quantities)


def written(found: dict[str, Any]) -> str:
    """The file's text."""
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def documented(page: str) -> str:
    """The page of the docs with its tables as the code has them now."""
    tables = {
        "pages": [
            "| page | sections, the first one first | its own parameters |",
            "|---|---|---|",
            *(
                f"| `{name}` | {_names(page.sections)} | "
                + (f"`{page.prefix}…` |" if page.prefix else "– |")
                for name, page in PAGES.items()
            ),
        ],
        "quantities": _kinds(
            "quantity",
            {
                name: values_schema(one.arguments, one.required - OF_STOP, one.about)
                for name, one in QUANTITIES.items()
            },
        ),
        "claims": _kinds("kind", {name: record_schema(one) for name, one in KINDS.items()}),
    }
    for name, lines in tables.items():
        mark = f"<!-- {name} -->\n"
        before, _, rest = page.partition(mark)
        after = rest[rest.index("\n## ") :]
        page = "\n".join([before + mark, *lines, after])
    return page


def _kinds(tag: str, kinds: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A table of kinds; what may be left out stands in brackets."""
    rows = []
    for name, kind in kinds.items():
        fields = ", ".join(
            f"`{one}`" if one in kind["required"] else f"[`{one}`]" for one in kind["properties"]
        )
        rows.append(f"| `{name}` | {fields or '–'} | {kind['description']} |")
    return [f"| {tag} | fields | what it is |", "|---|---|---|", *rows]


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "–"


if __name__ == "__main__":
    FILE.write_text(written(schema()), encoding="utf-8")
    DOCS.write_text(documented(DOCS.read_text(encoding="utf-8")), encoding="utf-8")
    print(FILE, DOCS)
