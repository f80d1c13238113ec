"""The shape of all that the browser is sent: headers, arrays and selections, by view.

The builders are checked against these records by mypy, the browser side by TypeScript against
`payloads.d.ts`, which `python -m tools.payload_types` writes from here. So a field that is renamed
on one side only is an error on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

Kind = Literal["probability", "signed"]
"""Of a scale: from nothing to most, or symmetric about zero."""
Term = tuple[str, str]
"""A piece of a label, and what it is called in the other language; "" for all but terms."""


class Header(TypedDict):
    """What every header has."""

    view: str
    """The key that the view is mounted with."""


class Token(TypedDict):
    text: str
    label: str
    """With its position where the text occurs more than once."""
    segment: int
    special: bool
    upright: bool
    """Chinese, which is not turned in a narrow column."""


# --- heatmap -------------------------------------------------------------------------------------


class HeadsShown(TypedDict):
    """Which head of which weights is shown, where all heads' weights are prefetched."""

    name: int
    layer: int
    head: int


HeatmapPlace = Literal["rows", "columns", "legend"]


class HeatmapLabels(TypedDict):
    rows: str
    columns: str
    more: str
    legend: str
    keys: str
    tip: str
    masked: str
    hidden: str
    hidden_tip: str


class HeatmapHeader(Header):
    terms: dict[HeatmapPlace, list[Term]]
    kind: Kind
    scale: Literal["linear", "log"]
    floor: float
    cells: bool
    """Single cells are chosen instead of rows."""
    low: float
    high: float
    rows: list[Token]
    columns: list[Token]
    labels: HeatmapLabels
    heads: NotRequired[HeadsShown]


class HeatmapArrays(TypedDict):
    values: NDArray[np.float32]
    masked: NotRequired[NDArray[np.uint8]]
    hidden: NotRequired[NDArray[np.float32]]


class HeatmapValues(TypedDict):
    query: int | None
    key: int | None


class HeadsHeader(TypedDict):
    """Of the weights of all heads, prefetched for a heatmap."""

    name: int


class HeadsArrays(TypedDict):
    heads: NDArray[np.float32]


# --- lines ---------------------------------------------------------------------------------------

LinesLabel = Literal[
    "queries",
    "keys",
    "all",
    "everything",
    "head",
    "cut",
    "by_weight",
    "by_count",
    "turn",
    "legend",
    "help",
    "unlock",
    "sparse",
    "looks",
    "seen",
    "hidden",
    "mean",
    "count",
    "count_of",
    "plot",
]
Side = Literal["query", "key"]
Cut = Literal["weight", "count"]


class LinesHeader(Header):
    shape: tuple[int, int, int]
    """Heads, queries, keys."""
    layer: int
    tokens: list[Token]
    labels: dict[LinesLabel, str]


class LinesArrays(TypedDict):
    """All weights, or of a long text the `values` at the `places` that can be drawn."""

    weights: NotRequired[NDArray[np.float32]]
    places: NotRequired[NDArray[np.uint32]]
    values: NotRequired[NDArray[np.float32]]
    hidden: NDArray[np.float32]


class LinesPlace(TypedDict):
    side: Side
    index: int


class LinesValues(TypedDict):
    query: int | None
    heads: list[int] | None
    cut: Cut
    threshold: float
    count: int
    across: bool | None
    locked: LinesPlace | None
    everything: bool


# --- overview ------------------------------------------------------------------------------------


class OverviewLabels(TypedDict):
    title: str
    keys: str
    pooled: str
    order: str
    score: str
    tip: str


class OverviewHeader(Header):
    tokens: list[Token]
    marks: list[list[str]] | None
    labels: OverviewLabels


class OverviewArrays(TypedDict):
    pixels: NDArray[np.uint8]
    peaks: NDArray[np.int32]
    peak_weights: NDArray[np.float32]
    order: NotRequired[NDArray[np.uint32]]
    scores: NotRequired[NDArray[np.float32]]


class OverviewValues(TypedDict):
    layer: int
    head: int


# --- neurons -------------------------------------------------------------------------------------

NeuronsColumn = Literal["vector", "product", "dot", "root", "weight"]
NeuronsLabel = Literal["vector", "product", "dot", "root", "weight", "query", "keys_help", "tip"]


class NeuronsHeader(Header):
    terms: dict[NeuronsColumn, list[Term]]
    query: Token
    tokens: list[Token]
    labels: dict[NeuronsLabel, str]


class NeuronsArrays(TypedDict):
    query: NDArray[np.float32]
    keys: NDArray[np.float32]
    dots: NDArray[np.float32]
    scores: NDArray[np.float32]
    weights: NDArray[np.float32]
    closed: NDArray[np.uint8]


# --- architecture --------------------------------------------------------------------------------

BoardPart = Literal["word", "position", "segment", "sum"]
BoardColumn = Literal["word", "position", "segment", "sum", "norm", "tokens", "layer", "guesses"]
BoardStrip = Literal["word", "position", "segment", "sum", "input", "output"]
BoardPanel = Literal["input", "encoder", "output"]
TourLabel = Literal["offer", "start", "no", "next", "back", "done", "again"]


class ArchitectureTour(TypedDict):
    offer: str
    start: str
    no: str
    next: str
    back: str
    done: str
    again: str
    steps: list[str]


class ArchitectureLabels(TypedDict):
    heading: str
    board: str
    more: str
    tokens: str
    heads: str
    output: str
    panels: dict[BoardPanel, str]
    columns: dict[BoardColumn, str]
    strips: dict[BoardStrip, str]
    notes: dict[BoardPanel, str]
    legends: dict[Literal["parts", "hidden", "attention"], str]
    is_next: str
    no_pair: str
    go: str
    tip_token: str
    tip_strip: str
    tip_head: str
    tip_guess: str
    tip_next: str
    tour: ArchitectureTour


class ArchitectureHeader(Header):
    tokens: list[Token]
    masked: Sequence[bool]
    guesses: list[list[tuple[str, float]]]
    is_next: float | None
    pages: dict[str, str]
    labels: ArchitectureLabels


class ArchitectureArrays(TypedDict):
    vectors: NDArray[np.float32]
    lengths: NDArray[np.float32]
    limits: NDArray[np.float32]
    attention: NDArray[np.uint8]
    best_keys: NDArray[np.uint16]
    best_weights: NDArray[np.float32]


class ArchitectureValues(TypedDict):
    layer: int
    head: int
    query: int


# --- bars, tables, chips, pictures ---------------------------------------------------------------


class Bar(TypedDict):
    label: str
    digits: str
    tag: str
    marked: bool
    action: str
    baseline: float | None


class BarGroup(TypedDict):
    title: str
    note: str
    rows: list[Bar]


class RankedBarsHeader(Header):
    label: str
    scale: str
    high: float
    layout: Literal["cards", "wide", "prose"]
    groups: list[BarGroup]


class RankedBarsArrays(TypedDict):
    values: NDArray[np.float32]


class PairedSide(TypedDict):
    token: str
    digits: str


class PairedRow(TypedDict):
    a: PairedSide | None
    b: PairedSide | None
    difference: str
    shared: bool


class PairedTotal(TypedDict):
    label: str
    a: str
    b: str
    difference: str


class PairedColumns(TypedDict):
    token: str
    score: str
    difference: str


class PairedBarsHeader(Header):
    label: str
    scale: str
    columns: PairedColumns
    rows: list[PairedRow]
    total: PairedTotal
    action: str
    """What a click on a row does."""


class PairedBarsArrays(TypedDict):
    scores: NDArray[np.float32]
    """[row, sentence]; NaN where it has no token."""


class PairedBarsValues(TypedDict):
    row: int


class CellTableHeader(Header):
    label: str
    legend: str
    corner: str
    kind: Kind
    low: float
    high: float
    decimals: int
    rows: Sequence[str]
    marked: list[int]
    columns: Sequence[str]
    texts: Sequence[Sequence[str]] | None
    active: bool


class CellTableArrays(TypedDict):
    values: NDArray[np.float32]


class CellTableValues(TypedDict):
    row: int | None
    column: int | None


class TextTableHeader(Header):
    label: str
    columns: list[str]
    rows: list[list[str]]
    numbers: list[int]


class ChipShown(TypedDict):
    text: str
    state: str
    group: int
    note: str
    action: str
    segment: int


class ChipLegend(TypedDict):
    state: str
    text: str


class TokenChipsHeader(Header):
    label: str
    chips: list[ChipShown]
    legend: list[ChipLegend]


class TokenChipsValues(TypedDict):
    position: int | None


class PictureHeader(Header):
    name: str
    labels: dict[Literal["svg", "png"], str]


class PictureArrays(TypedDict):
    svg: NDArray[np.uint8]


# --- step by step --------------------------------------------------------------------------------

PlainLabel = Literal[
    "legend_signed",
    "legend_share",
    "picture_framed",
    "picture_click",
    "pick_layer",
    "pick_head",
    "pick_query",
    "pick_unit",
    "parts",
    "result",
    "back",
    "next",
    "play",
    "pause",
    "table",
    "why",
    "source",
    "one_number",
    "dimension",
    "axis_hidden",
    "axis_head_size",
    "axis_key",
    "axis_inner",
    "axis_vocab",
    "axis_positions",
    "axis_segments",
    "axis_class",
    "asked_back",
    "asked_show",
    "asked_close",
    "asked_learned",
    "guess",
    "guess_skip",
    "guess_right",
    "guess_first",
    "guess_value_ask",
    "guess_value_or",
    "guess_value_label",
    "guess_value_check",
    "guess_value_empty",
    "guess_value_close",
    "guess_value_both_sharp",
]
"""Labels without values."""
FilledLabel = Literal[
    "hidden_columns",
    "step_check",
    "layer_check",
    "dimension_value",
    "picture",
    "picture_blocks",
    "guess_ask",
    "guess_wrong",
    "guess_progress",
    "guess_value_text",
    "guess_value_range",
    "guess_value_result",
    "guess_value_below_even",
    "guess_value_both_spread",
    "guess_value_sharper",
    "guess_value_flatter",
    "asked",
    "asked_rest",
    "asked_check",
]
"""Labels that the browser fills."""
WalkthroughLabel = Literal[PlainLabel, FilledLabel, "row_kind", "pick_choice"]
Edges = Literal["head", "foot"]


class Place(TypedDict):
    """Where one is in the walkthrough; what other parts of a place need beside its step."""

    layer: int
    head: int
    query: int
    unit: int | None
    candidate: int | None


class CellShown(TypedDict):
    """A cell of the trace; `term` is which term of its sum is meant rather than the sum."""

    stage: str
    layer: int | None
    index: list[int]
    term: NotRequired[int]


class Pattern(TypedDict):
    """Which cell a place in the table shows: see CellPattern."""

    stage: str
    layer: int | None
    index: list[int | str]
    term: NotRequired[str]


class Part(TypedDict):
    id: str
    title: str
    layer: bool
    """Each layer has its own."""
    step: str


class RowShown(TypedDict):
    text: str
    label: str
    index: list[int]
    special: bool


class ColumnShown(TypedDict):
    id: str
    kind: Literal["strip", "number", "bar"]
    symbol: str
    low: float
    high: float
    cell: Pattern | None


class EdgeShown(TypedDict):
    symbol: str
    cell: Pattern | None


class WeightsShown(TypedDict):
    symbol: str
    low: float
    high: float
    size: list[int]
    """Rows and columns of the matrix."""
    block: list[int]
    """Rows and columns that one pixel stands for."""
    row: int
    row_name: str


class UnitShown(TypedDict):
    chosen: int
    count: int
    choices: list[tuple[int, str]]


class LineShown(TypedDict):
    """A stage written out: its operation, its letters, and where its numbers stand in the sheet."""

    stage: str
    operation: str
    letters: list[str]
    letter: str
    shown: str
    """A column, or "foot:column"."""
    uses: dict[str, str]
    """Role of an operand → where it stands."""


class StepShown(TypedDict):
    id: str
    sheet: str
    symbol: str
    formula: str
    reveals: list[str]
    operands: list[str]
    shapes: list[tuple[str, list[str]]]
    lines: list[LineShown]
    title: str
    see: str
    why: list[str]
    source: str
    check: tuple[float, float] | None
    """Largest difference from the forward pass: exact, and with the digits on screen."""


class WalkthroughHeader(Header):
    subject: str
    place: Place
    address: dict[str, str]
    sheets: dict[str, str]
    loose: list[str]
    alone: bool
    part: str
    part_title: str
    parts: list[Part]
    before: tuple[str, int] | None
    after: tuple[str, int] | None
    sheet: str
    layers: list[int]
    heads: int
    layer: int
    head_index: int
    query: int
    decimals: int
    sizes: dict[str, int]
    tokens: list[Token]
    rows: list[RowShown]
    columns: list[ColumnShown]
    head: dict[str, EdgeShown]
    foot: dict[str, EdgeShown]
    pictures: dict[str, WeightsShown]
    unit: UnitShown | None
    facts: dict[str, str | float]
    steps: list[StepShown]
    layer_check: float | None
    labels: dict[WalkthroughLabel, str]


class OperandsShown(TypedDict):
    role: str
    name: str
    stage: str
    layer: int | None
    indices: list[list[int]]
    values: list[float]
    headings: list[str]
    lit: list[list[int]]


class Asked(TypedDict):
    """Where a number comes from."""

    cell: CellShown
    name: str
    value: float
    operation: str
    how: str
    recomputed: float
    constants: dict[str, str | float]
    groups: list[OperandsShown]
    shown: int
    total: int
    rest: float | None
    place: dict[str, str | int] | None
    step_title: str
    trail: int


class WalkthroughValues(TypedDict):
    step: str
    asked: Asked | None
