"""The training curve of a run as a picture (SVG) and as a few numbers for `training.json`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

Line = Mapping[str, Any]
Points = list[tuple[float, float]]

_WIDTH, _PANEL, _LEFT, _RIGHT, _TOP, _GAP, _BOTTOM = 720, 190, 62, 20, 34, 46, 44
_TRAINING, _HELDOUT = "#8fb8de", "#c2410c"


@dataclass(frozen=True)
class Panel:
    """One axis pair of the picture: a figure of the metrics over millions of tokens."""

    title: str
    key: str
    share: bool
    """True for accuracies, whose axis ends at 0 % and 100 % at most."""


PANELS = (
    Panel("masked-word loss (nats)", "mlm_loss", False),
    Panel("next-sentence accuracy", "nsp_accuracy", True),
)


def thin(metrics: Sequence[Line], points: int = 120) -> list[dict[str, Any]]:
    """At most `points` training lines, evenly chosen, with the figures a page would draw."""
    lines = [line for line in metrics if "mlm_loss" in line]
    step = max(1, -(-len(lines) // points))
    keys = ("tokens", "seconds", "mlm_loss", "nsp_loss", "nsp_accuracy")
    return [{key: line[key] for key in keys} for line in lines[::-1][::step][::-1]]


def draw_curve(metrics: Sequence[Line], title: str) -> str:
    """The losses and accuracies of a run over the tokens seen, as SVG text.

    Raises:
        ValueError: the metrics hold no training line.
    """
    training = [line for line in metrics if "mlm_loss" in line]
    heldout = [{**line, **line["heldout"]} for line in metrics if "heldout" in line]
    if not training:
        raise ValueError("There is nothing to draw: the run has logged no step yet.")
    most = max(line["tokens"] for line in metrics) / 1e6
    height = _TOP + len(PANELS) * _PANEL + (len(PANELS) - 1) * _GAP + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="12" fill="#555">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18" font-size="14" fill="#222">{escape(title)}</text>',
        f'<text x="{_WIDTH - _RIGHT}" y="18" text-anchor="end">'
        f'<tspan fill="{_TRAINING}">&#9632;</tspan> training batches  '
        f'<tspan fill="{_HELDOUT}">&#9632;</tspan> held-out pairs</text>',
    ]
    for number, panel in enumerate(PANELS):
        top = _TOP + number * (_PANEL + _GAP)
        parts += _draw_panel(panel, top, most, _points(training, panel), _points(heldout, panel))
    parts.append(
        f'<text x="{_WIDTH / 2}" y="{height - 8}" text-anchor="middle">million tokens seen</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _points(lines: Sequence[Line], panel: Panel) -> Points:
    return [(line["tokens"] / 1e6, line[panel.key]) for line in lines if panel.key in line]


def _draw_panel(
    panel: Panel, top: int, most: float, training: Points, heldout: Points
) -> list[str]:
    """Frame, ticks and the two series of one panel."""
    values = [value for _, value in training + heldout]
    ticks = round_ticks(min(values), max(values))
    low, high = ticks[0], ticks[-1]

    def x(tokens: float) -> float:
        return round(_LEFT + tokens / max(most, 1e-9) * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        return round(top + 22 + (high - value) / (high - low) * (_PANEL - 22), 1)

    parts = [f'<text x="{_LEFT}" y="{top + 12}" fill="#222">{panel.title}</text>']
    for tick in ticks:
        label = f"{tick:.0%}" if panel.share else f"{tick:g}"
        parts.append(f'<path d="M{_LEFT} {y(tick)}H{_WIDTH - _RIGHT}" stroke="#e5e5e5"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{label}</text>')
    for tick in round_ticks(0.0, most)[:-1]:
        parts.append(
            f'<text x="{x(tick)}" y="{top + _PANEL + 16}" text-anchor="middle">{tick:g}</text>'
        )
    for points, colour, width in ((training, _TRAINING, 1.3), (heldout, _HELDOUT, 2)):
        path = " ".join(f"{x(tokens)},{y(value)}" for tokens, value in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        )
    parts += [
        f'<circle cx="{x(tokens)}" cy="{y(value)}" r="3" fill="{_HELDOUT}"/>'
        for tokens, value in heldout
    ]
    return parts


def round_ticks(low: float, high: float) -> list[float]:
    """Three to eight evenly spaced round numbers that enclose `low` and `high`."""
    span = max(high - low, 1e-6)
    for exponent in range(-9, 10):
        for factor in (1, 2, 5):
            size = factor * 10.0**exponent
            if span / size <= 5:
                first = int(low // size)
                last = max(first + 1, -int(-high // size))
                return [round(number * size, 10) for number in range(first, last + 1)]
    raise ValueError(f"Expected numbers below 10^10, got {low} and {high}.")
