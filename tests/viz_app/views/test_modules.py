"""How modules become one script: what is allowed, in which order, and that Node agrees."""

import pytest

from viz_app.views.modules import bundle, parse_module


def test_imports_and_exports_become_names_of_a_function() -> None:
    source = (
        "// @ts-check\n"
        'import {\n  fill,\n  digits,\n} from "../shared/format.js";\n'
        'import palette from "../../palette/palette.json" with { type: "json" };\n'
        "export const SIZE = 3;\n"
        'const text = `\nan export of "x"`;\n'
        "export async function load() {}\n"
        "export class Part {}\n"
    )
    module = parse_module("views/lines/lines.js", source)
    assert module.imports == ("views/shared/format.js", "palette/palette.json")
    assert module.exports == ("SIZE", "load", "Part")
    assert module.body == (
        "// @ts-check\n"
        'const {\n  fill,\n  digits,\n} = modules["views/shared/format.js"];\n'
        'const palette = modules["palette/palette.json"];\n'
        "const SIZE = 3;\n"
        'const text = `\nan export of "x"`;\n'
        "async function load() {}\n"
        "class Part {}\n"
    )
    assert module.body.count("\n") == source.count("\n")  # a line number means the same in both


@pytest.mark.parametrize(
    "line",
    [
        "export default 3;",
        "export let count = 0;",
        "export { name };",
        'export * from "./other.js";',
        'import "./other.js";',
        'import * as other from "./other.js";',
        'import { a as b } from "./other.js";',
        'import { a } from "package";',
        'import { a } from "https://example.org/a.js";',
        "import data from './data.json';",
        'import("./other.js");',
    ],
)
def test_other_forms_are_refused_with_their_line(line: str) -> None:
    with pytest.raises(ValueError, match="views/a.js") as raised:
        parse_module("views/a.js", f"const before = 1;\n{line}\n")
    assert line in str(raised.value) or "as b" in line


def test_each_module_stands_once_and_after_what_it_imports() -> None:
    script = bundle("views/heatmap/heatmap.js", "views/lines/lines.js")
    heads = [line for line in script.splitlines() if line.startswith('modules["')]
    paths = [line.split('"')[1] for line in heads]
    assert len(paths) == len(set(paths))
    assert paths.index("palette/palette.json") < paths.index("views/shared/colour.js")
    assert paths.index("views/shared/colour.js") < paths.index("views/heatmap/heatmap.js")


def test_a_circle_of_imports_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = {
        "a.js": 'import { b } from "./b.js";\nexport const a = 1;',
        "b.js": 'import { a } from "./a.js";\nexport const b = 1;',
    }
    monkeypatch.setattr("viz_app.views.modules._read", sources.__getitem__)
    with pytest.raises(ValueError, match=r"a\.js → b\.js → a\.js"):
        bundle("a.js")
