"""Views as SVG: text stays text, colours are those of the page, on white."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from viz_app.messages import Say
from viz_app.number_text import decimal_text
from viz_app.palette import (
    Scale,
    head_colour,
    ink_on,
    legend_ticks,
    palette,
    pixels,
    scale_colours,
)
from viz_app.view_models.attention.tile_order import TileOrder
from viz_app.view_models.views import LinesView, MatrixView, NeuronView, OverviewView, TokenLabel
from viz_app.views.lines import POINTED

FONT = "'Source Sans 3', 'Source Sans', 'Noto Sans CJK SC', 'PingFang SC', sans-serif"
CELL = 30  # px
MOST_DIGITS = 40  # rows or columns; from there on cells are pixels of one image, without digits
LABEL_SIZE, TINY = pixels("small"), pixels("tiny")


LEGEND = (220, 10)  # px: the bar of colours
STRIP = (16, 11, 4)  # px: height, width of a number, and where there are many
ROW = 22  # px
MOST_WIDE = 48  # numbers


def matrix_svg(view: MatrixView, title: str, *, say: Say, scale: Scale = "linear") -> str:
    """A matrix as the page draws it: digits where there is room, what a filter took, the scale.

    Args:
        scale: Colours grow with the value, or with its logarithm.
    """
    rows, columns = view.values.shape
    small = max(rows, columns) <= MOST_DIGITS
    cell = CELL if small else 12
    left = 10 + _widest(view.rows)
    top = 66 + _tallest(view.columns)
    right, bottom = left + columns * cell, top + rows * cell
    colours = scale_colours(view.values, view.kind, view.low, view.high, scale=scale)
    if view.masked is not None:
        colours[view.masked] = 255
    axes = (f"↓ {say(view.axes[0])}", f"{say(view.axes[1])} →")
    parts = [_image(colours, left, top, columns * cell, rows * cell)]
    parts += [_text(10, 36 + line * 15, axis, size=TINY) for line, axis in enumerate(axes)]
    parts += [
        _text(left - 6, top + (row + 0.5) * cell, token.label, anchor="end")
        for row, token in enumerate(view.rows)
    ]
    parts += [
        _column_label(token, left + (column + 0.5) * cell, top - 6)
        for column, token in enumerate(view.columns)
    ]
    decimals = 2 if view.kind == "probability" or view.high < 1 else 1
    if small:
        parts += [
            _text(
                left + (column + 0.5) * cell,
                top + (row + 0.5) * cell,
                decimal_text(float(view.values[row, column]), decimals),
                size=TINY,
                anchor="middle",
                fill=ink_on(colours[row, column]),
            )
            for row in range(rows)
            for column in range(columns)
            if view.masked is None or not view.masked[row, column]
        ]
    if view.masked is not None:
        parts.append(_hatched(view.masked, left, top, cell))
    parts.append(_segment_borders(view, left, top, cell))
    beside = 0
    if view.hidden is not None:
        beside = 52
        parts.append(_text(right + 10, top - 10, say("attention.heatmap.hidden"), size=TINY))
        parts += [
            _text(right + 10, top + (row + 0.5) * cell, f"+{hidden:.2f}", size=TINY)
            for row, hidden in enumerate(view.hidden)
        ]
    parts.append(_legend(view, scale, left, bottom + 16))
    said = [say(view.legend)]
    if view.kind == "probability":
        said.append(say(f"attention.scale.said.{scale}"))
    parts += [
        _text(left, bottom + 57 + line * 15, text, size=TINY) for line, text in enumerate(said)
    ]
    below = left + max(LEGEND[0] + 20, *map(_width, said))
    above = 10 + max(_width(title) * 1.1, *map(_width, axes))
    width = max(right + beside, below, above)
    return _document(width + 10, bottom + 66 + len(said) * 15, title, parts)


def _legend(view: MatrixView, scale: Scale, x: float, y: float) -> str:
    width, height = LEGEND
    # the bar runs evenly through the colours; a logarithm only moves the numbers beside it
    colours = scale_colours(np.linspace(0, 1, 256)[None], view.kind, 0, 1)
    ticks = legend_ticks(view.kind, view.low, view.high, scale)
    texts = (_text(x + share * width, y + 22, t, size=TINY, anchor="middle") for share, t in ticks)
    return _image(colours, x, y, width, height) + "".join(texts)


def _hatched(masked: NDArray[np.bool_], left: float, top: float, cell: int) -> str:
    """Cells without a value, so that they do not pass for zeros."""
    text = palette("light")["text"]
    pattern = (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><path d="M0 0V6" stroke="{text}" stroke-opacity="0.3"/>'
        "</pattern></defs>"
    )
    path = "".join(
        f"M{left + column * cell:.1f} {top + row * cell:.1f}h{cell}v{cell}h{-cell}z"
        for row, column in np.argwhere(masked)
    )
    return f'{pattern}<path d="{path}" fill="url(#hatch)"/>'


def _segment_borders(view: MatrixView, left: float, top: float, cell: int) -> str:
    """A dashed line where sentence A ends and B begins, in a matrix of tokens by tokens."""
    rows, columns = view.values.shape
    if rows != columns:
        return ""
    segments = [token.segment for token in view.columns]
    path = "".join(
        f"M{left + place * cell:.1f} {top:.1f}v{rows * cell}"
        f"M{left:.1f} {top + place * cell:.1f}h{columns * cell}"
        for place in range(1, columns)
        if segments[place] != segments[place - 1]
    )
    stroke = f'stroke="{palette("light")["text"]}" stroke-opacity="0.55"'
    return path and f'<path d="{path}" fill="none" {stroke} stroke-dasharray="4 3"/>'


def overview_svg(
    view: OverviewView, title: str, order: TileOrder | None = None, tile: int = 72
) -> str:
    """All layers and heads, each tile an image of one pixel per pair of tokens.

    Args:
        order: Of the tiles, which then have their names above them; None for a row per layer.
    """
    left, top, across = 34, 58, tile + 4
    down = across if order is None else across + 14
    parts = []
    if order is None:
        tiles = range(view.layers * view.heads)
        parts += [
            _text(left + (head + 0.5) * across, top - 10, f"H{head}", anchor="middle")
            for head in range(view.heads)
        ]
        sides = [f"L{layer}" for layer in range(view.layers)]
    else:
        tiles = order.tiles.tolist()
        sides = [str(row * view.heads + 1) for row in range(view.layers)]  # rank of the first
    for row, side in enumerate(sides):
        parts.append(_text(left - 6, top + row * down + tile / 2, side, anchor="end"))
    for slot, number in enumerate(tiles):
        layer, head = divmod(number, view.heads)
        x, y = left + (slot % view.heads) * across, top + (slot // view.heads) * down
        if order is not None:
            parts.append(
                _text(x + tile / 2, y - 8, f"L{layer} H{head}", size=TINY, anchor="middle")
            )
        # the indices are √p already, which is what the page colours by
        colours = scale_colours(view.pixels[layer, head], "probability", 0, 255)
        parts.append(_image(colours, x, y, tile, tile))
    return _document(left + view.heads * across + 6, top + view.layers * down + 6, title, parts)


def lines_svg(
    view: LinesView,
    heads: Sequence[int],
    title: str,
    *,
    least: float = 0.0,
    most: int = 6000,
    locked: tuple[str, int] | None = None,
) -> str:
    """The lines of the heads given, from `least` weight on, at most `most` of them.

    Args:
        locked: ("query" or "key", position): only the lines of that token, all of them.
    """
    left, top, step, span = 10 + _widest(view.tokens), 50, 22, 420
    count = len(view.tokens)
    chosen = np.zeros(view.weights.shape, dtype=bool)
    least = POINTED if locked else max(least, POINTED)
    chosen[list(heads)] = view.weights[list(heads)] >= least
    if locked is not None:
        of_token = np.zeros((count, count), dtype=bool)
        of_token[(locked[1], slice(None)) if locked[0] == "query" else (slice(None), locked[1])] = 1
        chosen &= of_token
    places = np.argwhere(chosen)
    order = np.argsort(-view.weights[chosen], kind="stable")[:most]
    many = view.weights.shape[0]
    parts = []
    for head, query, key in places[order]:
        fan = 0.0 if many == 1 else (head / (many - 1) - 0.5) * step * 0.5
        opacity = float(np.sqrt(view.weights[head, query, key]))
        parts.append(
            f'<line x1="{left}" y1="{top + (query + 0.5) * step + fan:.1f}" x2="{left + span}" '
            f'y2="{top + (key + 0.5) * step + fan:.1f}" stroke="{head_colour(int(head))}" '
            f'stroke-opacity="{opacity:.3f}" stroke-width="1.5"/>'
        )
    for index, token in enumerate(view.tokens):
        y = top + (index + 0.5) * step
        parts.append(_text(left - 6, y, token.label, anchor="end"))
        parts.append(_text(left + span + 6, y, token.label))
    legend_y = top + count * step + 20
    for place, head in enumerate(heads):
        x = left + place * 46
        parts.append(
            f'<rect x="{x}" y="{legend_y - 6}" width="12" height="12" fill="{head_colour(head)}"/>'
        )
        parts.append(_text(x + 16, legend_y, f"H{head}", size=TINY))
    width = max(2 * left + span, left + len(heads) * 46 + 10)
    return _document(width, legend_y + 16, title, parts)


def neurons_svg(view: NeuronView, title: str, headings: Mapping[str, str], legend: str) -> str:
    """One query token against its keys: both vectors as strips, the sums, the weights as bars.

    Args:
        headings: From `neuron_headings`.
        legend: What the colours mean.
    """
    height, wide, narrow = STRIP
    size = len(view.query)
    strip = size * (wide if size <= MOST_WIDE else narrow)
    room = {name: max(strip, _width(headings[name])) for name in ("vector", "product")}
    left = 10 + max(_widest(view.tokens), _width(headings["query"]))
    keys, top, bar = left + 8, 62, 120
    products = keys + room["vector"] + 16
    dot = products + room["product"] + 16 + _width(headings["dot"])
    root = dot + 16 + max(_width(headings["root"]), 48)
    weight = root + 16
    places = {"vector": keys, "product": products, "weight": weight}
    parts = [_text(x, top - 20, headings[name], size=TINY) for name, x in places.items()]
    parts += [
        _text(x, top - 20, headings[name], size=TINY, anchor="end")
        for name, x in (("dot", dot), ("root", root))
    ]

    def strip_of(values: NDArray[np.float32], largest: float, x: float, y: float) -> str:
        colours = scale_colours(values[None], "signed", -largest, largest)
        return _image(colours, x, y - height / 2, strip, height)

    def largest(values: NDArray[np.float32]) -> float:
        return float(np.abs(values).max()) or 1.0

    mark = palette("light")["mark"]
    parts.append(_text(left, top, headings["query"], anchor="end", fill=mark))
    parts.append(strip_of(view.query, largest(view.query), keys, top))
    multiplied = view.keys * view.query
    fill = _hex(scale_colours(140.0, "probability", 0, 255))
    for index, token in enumerate(view.tokens):
        y = top + (index + 1) * ROW
        score = "−∞" if view.closed[index] else decimal_text(float(view.scores[index]), 2)
        share = float(np.clip(view.weights[index], 0, 1))
        parts += [
            _text(left, y, token.label, anchor="end"),
            strip_of(view.keys[index], largest(view.keys), keys, y),
            strip_of(multiplied[index], largest(multiplied), products, y),
            _text(dot, y, decimal_text(float(view.dots[index]), 2), anchor="end"),
            _text(root, y, score, anchor="end"),
            f'<rect x="{weight:.1f}" y="{y - 9:.1f}" width="{share * bar:.2f}" height="18" '
            f'fill="{fill}" fill-opacity="0.55"/>',
            _text(weight + 4, y, f"{float(view.weights[index]):.3f}"),
        ]
    bottom = top + (len(view.tokens) + 1) * ROW
    parts.append(_text(keys, bottom + 4, legend, size=TINY))
    width = max(weight + bar, keys + _width(legend), _width(title)) + 10
    return _document(width, bottom + 20, title, parts)


def _document(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family={quoteattr(FONT)}>'
        f"<title>{escape(_clean(title))}</title>"
        f'<rect width="100%" height="100%" fill="{palette("light")["background"]}"/>'
        f"{_text(10, 16, title, size=pixels('note'), weight=600)}{''.join(parts)}</svg>"
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float = LABEL_SIZE,
    anchor: str = "start",
    fill: str = palette("light")["text"],
    weight: int = 400,
    turn: bool = False,
) -> str:
    turned = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turn else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" '
        f'text-anchor="{anchor}" dominant-baseline="central" fill="{fill}"{turned}>'
        f"{escape(_clean(text))}</text>"
    )


def _column_label(token: TokenLabel, x: float, bottom: float) -> str:
    if not token.upright:
        return _text(x, bottom, token.label, turn=True)
    characters = token.text[::-1]
    stack = [
        _text(x, bottom - LABEL_SIZE * (0.5 + 1.15 * place), character, anchor="middle")
        for place, character in enumerate(characters)
    ]
    if token.label != token.text:
        y = bottom - LABEL_SIZE * (0.5 + 1.15 * len(characters))
        stack.append(_text(x, y, str(token.position), size=LABEL_SIZE * 0.75, anchor="middle"))
    return "".join(stack)


def _image(colours: NDArray[np.uint8], x: float, y: float, width: float, height: float) -> str:
    data = base64.b64encode(png(colours)).decode()
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'preserveAspectRatio="none" style="image-rendering:pixelated" '
        f'href="data:image/png;base64,{data}"/>'
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" '
        f'stroke="{palette("light")["text"]}" stroke-opacity="0.3"/>'
    )


def png(colours: NDArray[np.uint8]) -> bytes:
    """An RGB image [row, column, 3] as PNG (ISO/IEC 15948), without a filter."""
    height, width, _ = colours.shape
    raw = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(colours))

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(raw, 9))
        + chunk(b"IEND", b"")
    )


def _hex(colour: NDArray[np.uint8]) -> str:
    return "#" + bytes(colour).hex()


def _width(text: str) -> float:
    # Wide characters take the size, Latin ones a little more than half of it.
    return sum(LABEL_SIZE if ord(character) > 0x2E80 else LABEL_SIZE * 0.58 for character in text)


def _widest(tokens: Sequence[TokenLabel]) -> float:
    return max(_width(token.label) for token in tokens)


def _tallest(tokens: Sequence[TokenLabel]) -> float:
    return max(
        (len(token.text) + 1) * LABEL_SIZE * 1.15 if token.upright else _width(token.label)
        for token in tokens
    )


def _clean(text: str) -> str:
    """Without the control characters that XML forbids."""
    return "".join(c if c >= " " and c not in "\ufffe\uffff" else "\ufffd" for c in text)
