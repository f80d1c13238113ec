"""Our overview and line view as one HTML file, beside BertViz's model and head view.

Both draw the same attention of one random model. BertViz's files load three scripts from a CDN;
here they come from the npm registry and are served at no delay, which only helps BertViz.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import torch
from playwright.sync_api import Browser, Error, Page, Route, sync_playwright

from bert_core import load
from bert_core.bert import Bert
from bert_core.config import BertConfig
from bert_core.model import BertForPreTraining
from bert_core.shelves import sentences
from bert_core.trace import Trace
from tests.browser.driver import CHROMIUM_ARGUMENTS
from tools.browser import find_chromium
from viz_app.components.lines import LineSettings, lines_payload, settings_values
from viz_app.components.overview import overview_payload
from viz_app.export.html import Part, html_file
from viz_app.messages import words
from viz_app.view_models.matrix import layer_lines, overview_map

TITLE = "Attention views beside BertViz 1.4.1"
NOTE = (
    "One HTML file each, opened in the same headless Chromium without a GPU, in turn; a random "
    "model. First render: from opening the file to the frame after everything is drawn. Hover: "
    "from pointing at a token to the frame after its lines are drawn, median of ten. Memory: the "
    "renderer's resident set. “>” means given up after that time. BertViz draws every line; ours "
    "at rest those from 0.1 on, when pointed at from 0.005 on, and says so."
)
SHAPES = ((12, 12), (4, 8))  # layers, heads
TOKENS = (16, 32, 64, 128)
LONGEST = 512  # ours alone: theirs does not end
GIVE_UP = 120  # seconds for one page
HOVERS = 10
CDN = "https://cdnjs.cloudflare.com/"
CDN_SCRIPTS = {
    "require": ("requirejs@2.3.6", "package/require.js"),
    "d3": ("d3@5.7.0", "package/dist/d3.min.js"),
    "jquery": ("jquery@2.1.4", "package/dist/jquery.min.js"),
}


def run() -> list[dict[str, object]]:
    """Rows of what was measured: per view, model and length, ours and theirs."""
    return compare(SHAPES, TOKENS)


def compare(
    shapes: tuple[tuple[int, int], ...], tokens: tuple[int, ...]
) -> list[dict[str, object]]:
    """The rows for these models (layers, heads) and numbers of tokens, and ours at LONGEST."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, chromium(Path(folder)) as browser:
        scripts = cdn_scripts(Path(folder))
        for shape in shapes:
            bert = random_bert(*shape)
            for count in tokens:
                trace = bert.trace(text_of(bert, count))
                for name, ours, theirs in (
                    ("overview", our_overview, their_overview),
                    ("lines", our_lines, their_lines),
                ):
                    own = measure(browser, ours, trace, name, Path(folder), scripts)
                    other = measure(browser, theirs, trace, f"{name}_theirs", Path(folder), scripts)
                    rows.append(row(name, shape, count, own, other))
                    print(rows[-1], file=sys.stderr, flush=True)
        bert = random_bert(*shapes[0])
        trace = bert.trace(text_of(bert, LONGEST))
        for name, ours in (("overview", our_overview), ("lines", our_lines)):
            own = measure(browser, ours, trace, name, Path(folder), scripts)
            rows.append(row(name, shapes[0], LONGEST, own, None))
    return rows


@dataclass(frozen=True)
class Measured:
    """One page: sizes in bytes, times in milliseconds, None where it was given up."""

    size: int
    generate: float
    render: float | None
    memory: int | None
    hover: float | None


def row(
    view: str, shape: tuple[int, int], tokens: int, own: Measured, other: Measured | None
) -> dict[str, object]:
    """One line of the table, ours / theirs in each cell, then how much faster ours is."""

    def both(read: Callable[[Measured], str]) -> str:
        return read(own) + (" / " + read(other) if other is not None else "")

    gain = "–"
    if other is not None and own.render:
        more = "" if other.render else "> "
        gain = f"{more}{(other.render or 1000 * GIVE_UP) / own.render:.1f} ×"
    return {
        "view": f"{view} {shape[0]}×{shape[1]}",
        "tokens": tokens,
        "MB": both(lambda one: f"{one.size / 1e6:.2f}"),
        "generate ms": both(lambda one: f"{one.generate:.0f}"),
        "first render ms": both(lambda one: _time(one.render)),
        "faster": gain,
        "hover ms": both(lambda one: "–" if one.hover is None else f"{one.hover:.0f}"),
        "memory MB": both(lambda one: "–" if one.memory is None else f"{one.memory / 1e6:.0f}"),
    }


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
    payload = overview_payload(view, key="view0", words=words("en"))
    part = Part("overview", {"all": payload}, "all", {"layer": 0, "head": 0})
    return html_file([part], title="overview", note="", language="en")


def our_lines(trace: Trace) -> str:
    """Every layer, as BertViz's file has; a very long input has its first layer only."""
    layers = range(trace.num_layers if len(trace.tokens) < LONGEST else 1)
    payloads = {
        f"layer{index}": lines_payload(layer_lines(trace, index), key="view0", words=words("en"))
        for index in layers
    }
    part = Part("lines", payloads, "layer0", settings_values(LineSettings(), None))
    return html_file([part], title="lines", note="", language="en")


def their_overview(trace: Trace) -> str:
    return _bertviz("model_view")(_attention(trace), list(trace.tokens), html_action="return").data


def their_lines(trace: Trace) -> str:
    return _bertviz("head_view")(_attention(trace), list(trace.tokens), html_action="return").data


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


# What says that a page is complete, and what is pointed at.
_DRAWN = {
    "overview": "() => document.querySelector('.mark.selected:not([hidden])')",
    "lines": "() => document.querySelector('.token.key')",
    "overview_theirs": "() => document.querySelector('svg line, svg path')",
    "lines_theirs": "() => document.querySelector('#attention line')",
}
_WATCH = """(() => {
    const drawn = %s;
    const look = () => drawn()
        ? requestAnimationFrame(() => { window.renderedAt = performance.now(); })
        : requestAnimationFrame(look);
    requestAnimationFrame(look);
})();"""
_HOVER = {
    "lines": """async (count) => {
        const tokens = [...document.querySelectorAll('.token.query')].slice(0, count);
        const times = [];
        for (const token of tokens) {
            const begin = performance.now();
            token.dispatchEvent(new PointerEvent('pointerenter'));
            await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
            times.push(performance.now() - begin);
        }
        return times;
    }""",
    "lines_theirs": """async (count) => {
        const texts = [...document.querySelectorAll('#left text')].slice(0, count);
        const tokens = texts.map((text) => text.parentNode); // the group that listens
        const times = [];
        for (const token of tokens) {
            const begin = performance.now();
            token.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
            await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
            times.push(performance.now() - begin);
        }
        return times;
    }""",
}


def measure(
    browser: Browser,
    make: Callable[[Trace], str],
    trace: Trace,
    kind: str,
    folder: Path,
    scripts: dict[str, str],
) -> Measured:
    """Make the file, open it in a page of its own, wait, point at tokens."""
    trace.layer(0)  # the layers' records are theirs as well as ours, so they are not counted
    begin = time.perf_counter()
    text = make(trace)
    generate = 1000 * (time.perf_counter() - begin)
    file = folder / f"{kind}.html"
    file.write_text(text, encoding="utf-8")
    # the files forbid eval, which waiting for a condition needs
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.route(f"{CDN}**", lambda route: _serve(route, scripts))
    page.add_init_script(_WATCH % _DRAWN[kind])
    try:
        page.goto(file.as_uri(), wait_until="commit", timeout=1000 * GIVE_UP)
        page.wait_for_function("window.renderedAt", timeout=1000 * GIVE_UP)
        render = float(page.evaluate("window.renderedAt"))
        hover = median(page.evaluate(_HOVER[kind], HOVERS)) if kind in _HOVER else None
        return Measured(len(text.encode()), generate, render, _memory(browser, page), hover)
    except Error:
        return Measured(len(text.encode()), generate, None, None, None)
    finally:
        context.close()


def _serve(route: Route, scripts: dict[str, str]) -> None:
    for name, source in scripts.items():
        if f"/{name}" in route.request.url:
            route.fulfill(body=source, content_type="text/javascript")
            return
    route.abort()


def _memory(browser: Browser, page: Page) -> int | None:
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


def cdn_scripts(folder: Path) -> dict[str, str]:
    """The scripts that BertViz's files ask a CDN for, by npm's own client.

    Raises:
        SystemExit: npm is not there, or cannot fetch them.
    """
    found = {}
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
            found[name] = member.read().decode()
    return found
