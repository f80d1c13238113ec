"""Put the JavaScript modules of the views together into one script, for Streamlit and for files.

The sources are ordinary modules: Node, TypeScript and an editor read them as they stand. A browser
cannot here. Streamlit takes one string per component; an exported file draws its first picture
before the rest of it is read, under a policy that allows inline scripts only; and neither may ask a
server for a module. Modules as data: or blob: addresses would leave the sources untouched, but run
a turn of the event loop later, and need either addresses written into the sources or an import map,
of which not every browser in use accepts one beside those that a page has already.

So each module becomes the body of a function that is called once, after those it imports. Its text
stays as it is, line by line, but for two words: an import becomes the `const` that takes the names
from the other function's result, and `export` in front of a declaration is left out. To make that
safe without a parser, only these forms are allowed, each at the start of its line:

    import { name, other } from "./module.js";
    import name from "./data.json" with { type: "json" };
    export function name…, export async function name…, export const name…, export class name…

Anything else that begins a line with import or export is refused.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_IMPORT = re.compile(
    r'^import (?:(?P<names>\{\s*\w+(?:,\s*\w+)*,?\s*\}) from "(?P<module>\.[\w./]+\.js)"'
    r'|(?P<name>\w+) from "(?P<data>\.[\w./]+\.json)" with \{ type: "json" \});$',
    re.MULTILINE,
)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (?P<name>\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


@dataclass(frozen=True)
class Module:
    """One source as a function body."""

    body: str
    imports: tuple[str, ...]
    """The modules and data files that it needs, as paths below viz_app, each once."""
    exports: tuple[str, ...]


def read_module(path: str) -> Module:
    """The module at `path`, a path below viz_app with slashes.

    Raises:
        ValueError: a form of import or export that is not allowed; the message shows the line.
    """
    return parse_module(path, _read(path))


def parse_module(path: str, source: str) -> Module:
    """`source` as a function body; `path` is where it stands, for what it imports."""
    imports: list[str] = []
    exports = tuple(match["name"] for match in _EXPORT.finditer(source))

    def take(match: re.Match[str]) -> str:
        target = posixpath.normpath(
            posixpath.join(posixpath.dirname(path), match["module"] or match["data"])
        )
        imports.append(target)
        names = match["name"] or match["names"]
        return f"const {names} = modules[{json.dumps(target)}];"

    body = _EXPORT.sub("", _IMPORT.sub(take, source))
    if other := _OTHER.search(body):
        raise ValueError(f"{path}: not an import or export that can be put together: {other[0]}")
    return Module(body, tuple(dict.fromkeys(imports)), exports)


@cache
def bundle(*entries: str) -> str:
    """A script in which `modules[path]` holds what the module at `path` exports.

    Args:
        entries: Paths below viz_app; what they import comes before them, each module once.

    Raises:
        ValueError: modules that import each other in a circle, or a form that is not allowed.
    """
    return "\n".join(["const modules = {};", *map(_definition, _in_order(entries))])


def _in_order(entries: tuple[str, ...]) -> Iterator[str]:
    done: set[str] = set()

    def visit(path: str, above: tuple[str, ...]) -> Iterator[str]:
        if path in above:
            raise ValueError(f"a circle of imports: {' → '.join((*above, path))}")
        if path in done:
            return
        if path.endswith(".js"):
            for needed in read_module(path).imports:
                yield from visit(needed, (*above, path))
        done.add(path)
        yield path

    for entry in entries:
        yield from visit(entry, ())


def _definition(path: str) -> str:
    place = f"modules[{json.dumps(path)}]"
    if path.endswith(".json"):
        return f"{place} = {_read(path).strip()};"
    module = read_module(path)
    exports = ", ".join(module.exports)
    return f'{place} = (() => {{ "use strict";\n{module.body}\nreturn {{ {exports} }}; }})();'


def _read(path: str) -> str:
    return files("viz_app").joinpath(*path.split("/")).read_text(encoding="utf-8")
