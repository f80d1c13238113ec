"""Our overview and line view as one HTML file, beside BertViz's model and head view.

Both draw the same attention of one random model. BertViz's files load three scripts from a CDN;
here they come from the npm registry and lie beside the file, which only helps BertViz.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
import time
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch
from playwright.sync_api import Browser, Error, sync_playwright

from bert_core import load
from bert_core.bert import Bert
from bert_core.config import BertConfig
from bert_core.model import BertForPreTraining
from bert_core.shelves import sentences
from bert_core.trace import Trace
from tests.browser.driver import CHROMIUM_ARGUMENTS
from tools.browser import find_chromium
from viz_app.export.html import Part, html_file
from viz_app.messages import say_in
from viz_app.view_models.attention.matrix import layer_lines, overview_map
from viz_app.views.lines import LineSettings, lines_payload, settings_values
from viz_app.views.overview import overview_payload

TITLE = "Attention views beside BertViz 1.4.1"
NOTE = (
    "One HTML file each, opened in the same headless Chromium without a GPU, in turn with an empty "
    "file; a random model. Each number is the median of five openings (of one for a page slower "
    "than 10 s), ours / theirs. First render: from opening the file to the frame after what the "
    "window shows is drawn. Even the empty file, last row, takes its time for a new page and two "
    "frames: “beyond” is what each adds to it in the same turns, and the ratio of that, with at "
    "least one frame for ours. Change: from choosing another head (overview) or layer (lines) to "
    "the frame after it is drawn, median of up to six. Hover: from pointing at a token to the "
    "frame after its lines are drawn, median of ten; a frame is 16.7 ms. Memory: the renderer's "
    "resident set. “>” means given up after that time. BertViz draws every line, also below the "
    "window; ours draws the rest when the browser has time, at rest lines from 0.1 on, "
    "when pointed at from 0.005 on, and says so. Budget: what our file may take at 512 tokens."
)
SHAPES = ((12, 12), (4, 8))  # layers, heads
TOKENS = (16, 32, 64, 128)
LONGEST = 512  # ours alone: theirs does not end
GIVE_UP = 120  # seconds for one page
ROUNDS = 5
FRAME = 1000 / 60  # milliseconds
SLOW = 10_000  # milliseconds; a page that takes longer is opened once
EMPTY = '<!doctype html>\n<meta charset="utf-8">\n<title>empty</title>\n<p>An empty page.</p>\n'
HOVERS = 10
CHANGES = 6
CDN_ADDRESS = re.compile(
    r"https://cdnjs\.cloudflare\.com/ajax/libs/(require|d3|jquery)[^'\"]*?(\.js)?(?=['\"])"
)
CDN_SCRIPTS = {
    "require": ("requirejs@2.3.6", "package/require.js"),
    "d3": ("d3@5.7.0", "package/dist/d3.min.js"),
    "jquery": ("jquery@2.1.4", "package/dist/jquery.min.js"),
}


@dataclass(frozen=True)
class Budget:
    """The most that one of our files may take: bytes, and milliseconds to draw and to answer."""

    size: int
    render: int
    hover: int | None


BUDGETS = {"overview": Budget(3_000_000, 400, None), "lines": Budget(1_000_000, 400, 34)}
"""At LONGEST tokens on 12×12, on two processor cores: two frames for a hover."""


def run() -> list[dict[str, object]]:
    """Rows of what was measured: per view, model and length, ours and theirs."""
    return compare(SHAPES, TOKENS)


def compare(
    shapes: tuple[tuple[int, int], ...], tokens: tuple[int, ...]
) -> list[dict[str, object]]:
    """The rows for these models (layers, heads) and numbers of tokens, ours at LONGEST, and an
    empty page."""
    measured: list[tuple[str, tuple[int, int], int, list[Measured]]] = []
    with tempfile.TemporaryDirectory() as place, chromium(Path(place)) as browser:
        folder = Path(place)
        fetch_scripts(folder)
        empty_file = write_page("empty", EMPTY, folder)
        open_once(browser, empty_file)  # the first one of all takes longer

        def measure(shape: tuple[int, int], count: int, with_theirs: bool) -> None:
            bert = random_bert(*shape)
            trace = bert.trace(text_of(bert, count))
            trace.layer(0)  # the layers' records are theirs as well as ours, so they do not count
            for name, (ours, theirs) in VIEWS.items():
                layers = 1 if name == "lines" and count >= LONGEST else trace.num_layers
                changes = min(CHANGES, layers - 1)
                files = [make_page(name, ours, trace, folder, changes)]
                if with_theirs:
                    files.append(make_page(f"{name}_theirs", theirs, trace, folder, changes))
                measured.append((name, shape, count, in_turn(browser, files, empty_file)))
                print(*measured[-1], sep="\n  ", file=sys.stderr, flush=True)

        for shape in shapes:
            for count in tokens:
                measure(shape, count, with_theirs=True)
        measure(shapes[0], LONGEST, with_theirs=False)
    rows = [
        row(name, shape, count, own, other[0] if other else None, empty)
        for name, shape, count, (own, *other, empty) in measured
    ]
    return [*rows, empty_row(middle([pages[-1] for *_, pages in measured]), rows[0])]


@dataclass(frozen=True)
class Measured:
    """One page: sizes in bytes, times in milliseconds, None where it was given up."""

    size: int
    generate: float
    render: float | None
    memory: int | None
    change: float | None
    hover: float | None


def middle(each: Sequence[Measured]) -> Measured:
    """The median of each figure; None where every opening was given up."""

    def of(read: Callable[[Measured], float | None]) -> float | None:
        known = [value for value in map(read, each) if value is not None]
        return median(known) if known else None

    memory = of(lambda one: one.memory)
    return replace(
        each[0],
        render=of(lambda one: one.render),
        change=of(lambda one: one.change),
        hover=of(lambda one: one.hover),
        memory=None if memory is None else int(memory),
    )


def row(
    view: str,
    shape: tuple[int, int],
    tokens: int,
    own: Measured,
    other: Measured | None,
    empty: Measured,
) -> dict[str, object]:
    """One line of the table, ours / theirs in each cell, then how much faster ours is.

    Args:
        empty: An empty page, opened in the same turns.
    """
    floor = empty.render or 0.0

    def both(read: Callable[[Measured], str]) -> str:
        return read(own) + (" / " + read(other) if other is not None else "")

    def gain(take_off: float) -> str:
        if other is None or own.render is None:
            return "–"
        mine = max(own.render - take_off, FRAME)  # less than a frame cannot be told from none
        more = "" if other.render and mine > FRAME else "> "
        return f"{more}{((other.render or 1000 * GIVE_UP) - take_off) / mine:.1f} ×"

    return {
        "view": f"{view} {shape[0]}×{shape[1]}",
        "tokens": tokens,
        "MB": both(lambda one: f"{one.size / 1e6:.2f}"),
        "generate ms": both(lambda one: f"{one.generate:.0f}"),
        "first render ms": both(lambda one: _time(one.render)),
        "faster": gain(0),
        "beyond an empty page ms": both(
            lambda one: _time(None if one.render is None else one.render - floor)
        ),
        "faster beyond": gain(floor),
        "change ms": both(lambda one: "–" if one.change is None else f"{one.change:.0f}"),
        "hover ms": both(lambda one: "–" if one.hover is None else f"{one.hover:.0f}"),
        "memory MB": both(lambda one: "–" if one.memory is None else f"{one.memory / 1e6:.0f}"),
        "budget": kept(BUDGETS[view], own) if tokens == LONGEST else "–",
    }


def empty_row(empty: Measured, like: dict[str, object]) -> dict[str, object]:
    """The page with nothing on it, in the columns of the others."""
    known = {
        "view": "an empty page",
        "MB": f"{empty.size / 1e6:.2f}",
        "first render ms": _time(empty.render),
        "hover ms": "–" if empty.hover is None else f"{empty.hover:.0f}",
        "memory MB": "–" if empty.memory is None else f"{empty.memory / 1e6:.0f}",
    }
    return {name: known.get(name, "–") for name in like}


def kept(budget: Budget, own: Measured) -> str:
    """The budget in say, and what of it was not kept."""
    words = f"{budget.size / 1e6:.1f} MB, {budget.render} ms"
    if budget.hover is not None:
        words += f", hover {budget.hover} ms"
    over = [
        name
        for name, most, value in (
            ("size", budget.size, own.size),
            ("render", budget.render, own.render),
            ("hover", budget.hover, own.hover),
        )
        if most is not None and (value is None or value > most)
    ]
    return f"{words}: {'exceeded by ' + ', '.join(over) if over else 'kept'}"


def _time(milliseconds: float | None) -> str:
    return f"> {GIVE_UP * 1000}" if milliseconds is None else f"{milliseconds:.0f}"


def random_bert(layers: int, heads: int, seed: int = 0) -> Bert:
    """A model with random weights, sharpened so that its attention is not all alike."""
    tokenizer = load("mini-en").tokenizer
    config = BertConfig(
        vocab_size=tokenizer.vocab_size,
        hidden_size=heads * 8,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=heads * 8,
        max_position_embeddings=LONGEST,
        type_vocab_size=2,
    )
    torch.manual_seed(seed)
    model = BertForPreTraining(config).eval()
    with torch.no_grad():
        for layer in model.layers():
            for part in (layer.attention.self.query, layer.attention.self.key):
                part.weight.normal_(0.0, 0.25)
    return Bert("random", model, tokenizer, missing={})


def text_of(bert: Bert, tokens: int) -> str:
    """Shelf sentences, joined and cut to this many tokens, [CLS] and [SEP] included."""
    text = " ".join(sentences("en") * 2)
    encoding = bert.encode(text)
    end = encoding.offsets[tokens - 2]
    assert end is not None
    return text[: end[1]]


def our_overview(trace: Trace) -> str:
    view = overview_map(trace)
    payload = overview_payload(view, key="view0", say=say_in("en"))
    part = Part("overview", {"all": payload}, "all", {"layer": 0, "head": 0})
    return html_file([part], title="overview", note="", language="en")


def our_lines(trace: Trace) -> str:
    """Every layer, as BertViz's file has; a very long input has its first layer only."""
    layers = range(trace.num_layers if len(trace.tokens) < LONGEST else 1)
    payloads = {
        f"layer{index}": lines_payload(layer_lines(trace, index), key="view0", say=say_in("en"))
        for index in layers
    }
    part = Part("lines", payloads, "layer0", settings_values(LineSettings(), None))
    page = html_file([part], title="lines", note="", language="en")
    opened = page.replace("const page = modules", "globalThis.page = modules", 1)
    return opened.replace("</body>", f"<script>{_LAYER_LINK}</script></body>", 1)


_LAYER_LINK = """
document.addEventListener("layer", async (event) => {
  await page.show(0, event.detail);
  document.dispatchEvent(new Event("shown"));
});
"""


def their_overview(trace: Trace) -> str:
    view = _bertviz("model_view")
    return beside(view(_attention(trace), list(trace.tokens), html_action="return").data)


def their_lines(trace: Trace) -> str:
    view = _bertviz("head_view")
    return beside(view(_attention(trace), list(trace.tokens), html_action="return").data)


def _attention(trace: Trace) -> list[torch.Tensor]:
    return [trace.layer(index).attention_probs[None] for index in range(trace.num_layers)]


def _bertviz(name: str) -> Any:
    """A function of bertviz; IPython, which it needs for showing only, may be absent."""
    if "IPython" not in sys.modules and find_spec("IPython") is None:
        display = types.ModuleType("IPython.display")
        for needed in ("HTML", "Javascript"):
            setattr(display, needed, lambda data: types.SimpleNamespace(data=data))
        display.display = lambda _: None  # type: ignore[attr-defined]
        sys.modules["IPython"] = types.ModuleType("IPython")
        sys.modules["IPython.display"] = display
    import bertviz

    return getattr(bertviz, name)


VIEWS = {"overview": (our_overview, their_overview), "lines": (our_lines, their_lines)}

# What says that a page is complete, and what is pointed at.
_DRAWN = {
    "empty": "() => document.querySelector('p')",
    "overview": "() => document.querySelector('.mark.selected:not([hidden])')",
    "lines": "() => document.querySelector('.token.key')",
    "overview_theirs": "() => document.querySelector('svg line, svg path')",
    "lines_theirs": "() => document.querySelector('#attention line')",
}
# The page says itself when it is drawn: asking it from outside would take some of its time.
_RENDERED = "rendered at "
_WATCH = f"""(() => {{
    const drawn = %s;
    const look = () => drawn()
        ? requestAnimationFrame(() => {{ console.debug('{_RENDERED}' + performance.now()); }})
        : requestAnimationFrame(look);
    requestAnimationFrame(look);
}})();"""
_POINT = """async (count) => {
    const tokens = [...document.querySelectorAll('%s')].slice(0, count);
    const times = [];
    for (let index = 0; index < count; index += 1) {
        const token = tokens[index %% tokens.length];
        const begin = performance.now();
        token.dispatchEvent(new %s);
        await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
        times.push(performance.now() - begin);
    }
    return times;
}"""
_HOVER = {
    "lines": _POINT % (".token.query", "PointerEvent('pointerover', { bubbles: true })"),
    "lines_theirs": _POINT % ("#left text", "MouseEvent('mouseover', { bubbles: true })"),
    "empty": _POINT % ("p", "PointerEvent('pointerover', { bubbles: true })"),
}
# Drawing what was chosen may take more than a frame; one slow change is enough.
_CHOOSE = """async (count) => {
    const choose = (%s)();
    const times = [];
    while (times.length < count && (times.at(-1) ?? 0) < 1000) {
        const begin = performance.now();
        await choose(times.length + 1);
        await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
        times.push(performance.now() - begin);
    }
    return times;
}"""
_CHANGE = {
    "overview": _CHOOSE
    % """() => (number) => document.querySelector('.stage').dispatchEvent(new KeyboardEvent(
        'keydown', { key: number % 2 ? 'ArrowRight' : 'ArrowDown', bubbles: true }))""",
    "overview_theirs": _CHOOSE
    % """() => {
        const heads = [...document.querySelectorAll('svg rect')]
            .filter((rect) => rect.style.opacity === '0');
        return (number) => heads[number].dispatchEvent(new MouseEvent('click'));
    }""",
    "lines": _CHOOSE
    % """() => (number) => new Promise((shown) => {
        document.addEventListener('shown', shown, { once: true });
        document.dispatchEvent(new CustomEvent('layer', { detail: `layer${number}` }));
    })""",
    "lines_theirs": _CHOOSE
    % """() => (number) => {
        const layers = document.querySelector('#layer');
        layers.value = number;
        layers.dispatchEvent(new Event('change'));
    }""",
}


@dataclass(frozen=True)
class File:
    """A page to open: of which kind, what it took to make (milliseconds), where it lies, and how
    many other heads or layers can be chosen in it."""

    kind: str
    size: int
    generate: float
    path: Path
    changes: int


def write_page(kind: str, text: str, folder: Path, generate: float = 0.0, changes: int = 0) -> File:
    """Write a page to a file."""
    path = folder / f"{kind}.html"
    path.write_text(text, encoding="utf-8")
    return File(kind, len(text.encode()), generate, path, changes)


def make_page(
    kind: str, make: Callable[[Trace], str], trace: Trace, folder: Path, changes: int
) -> File:
    """Make a view's file, timed."""
    begin = time.perf_counter()
    text = make(trace)
    return write_page(kind, text, folder, 1000 * (time.perf_counter() - begin), changes)


def in_turn(browser: Browser, files: Sequence[File], empty: File) -> list[Measured]:
    """Open the files and the empty one in turn, several times over; the medians of each."""
    pages = [*files, empty]
    seen: list[list[Measured]] = [[] for _ in pages]
    for _ in range(ROUNDS):
        for page, openings in zip(pages, seen, strict=True):
            if not openings or (openings[0].render or SLOW) < SLOW:
                openings.append(open_once(browser, page))
    return [middle(openings) for openings in seen]


def open_once(browser: Browser, file: File) -> Measured:
    """Open a file in a page of its own, wait until it is drawn, point at tokens."""
    # the files forbid eval, which the driver's own calls need
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.add_init_script(_WATCH % _DRAWN[file.kind])
    measured = Measured(file.size, file.generate, None, None, None, None)
    try:
        with page.expect_console_message(
            lambda line: line.text.startswith(_RENDERED), timeout=1000 * GIVE_UP
        ) as told:
            page.goto(file.path.as_uri(), wait_until="commit", timeout=1000 * GIVE_UP)
        render = float(told.value.text.removeprefix(_RENDERED))
        hover = median(page.evaluate(_HOVER[file.kind], HOVERS)) if file.kind in _HOVER else None
        memory = _memory(browser)  # before the changes, which bring more layers to the page
        change = median(page.evaluate(_CHANGE[file.kind], file.changes)) if file.changes else None
        return replace(measured, render=render, memory=memory, change=change, hover=hover)
    except Error:
        return measured
    finally:
        context.close()


def _memory(browser: Browser) -> int | None:
    """Resident set of the largest renderer, in bytes; None where /proc is not there."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    sizes = []
    for process in processes:
        status = Path(f"/proc/{process['id']}/statm")
        if process["type"] == "renderer" and status.exists():
            sizes.append(int(status.read_text().split()[1]) * 4096)
    return max(sizes, default=None)


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A browser of its own."""
    path = find_chromium()
    if path is None:
        raise SystemExit("no Chromium or Chrome on this machine; `make test` installs one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield browser
        browser.close()


def beside(page: str) -> str:
    """A page of BertViz with its scripts beside it instead of on a CDN."""
    return CDN_ADDRESS.sub(lambda found: f"./{found[1]}{found[2] or ''}", page)


def fetch_scripts(folder: Path) -> None:
    """Put the scripts that BertViz's files ask a CDN for into a folder, by npm's own client.

    Raises:
        SystemExit: npm is not there, or cannot fetch them.
    """
    for name, (package, inner) in CDN_SCRIPTS.items():
        try:
            packed = subprocess.run(
                ["npm", "pack", "--silent", package],
                cwd=folder,
                capture_output=True,
                check=True,
                text=True,
            ).stdout.strip()
        except (OSError, subprocess.CalledProcessError) as error:
            raise SystemExit(f"this benchmark needs npm to fetch {package}: {error}") from error
        with tarfile.open(folder / packed) as archive:
            member = archive.extractfile(inner)
            assert member is not None
            (folder / f"{name}.js").write_bytes(member.read())
