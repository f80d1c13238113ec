"""The sinusoid up close: matrix, curves, a worked example, the rotation, similarity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import streamlit as st

from bert_core import positional
from viz_app.app_pages.positions.tables import curve_rows, grid_rows
from viz_app.figures import curves, maps
from viz_app.messages import Say
from viz_app.number_text import decimal_text, significant_text, tiny_text
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.positions import encodings
from viz_app.view_models.positions.views import Grid, Rotation
from viz_app.view_models.views import Reading
from viz_app.widgets.chart import chart, download, table
from viz_app.widgets.prose import paragraph

BASES = (2, 10, 100, 1000, 10000, 100000, 500000)
TABLE_ROWS = 32
MEASURES = ("dot", "cosine")


@dataclass(frozen=True)
class Choice:
    """What the sliders say."""

    length: int
    d_model: int
    position: int
    base: float


def up_close(visit: Visit, choices: PageChoices) -> None:
    """One scheme with all its knobs."""
    say = visit.say
    st.markdown(say("positions.sinusoid.intro"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choice = Choice(
            st.slider(
                say("positions.control.length"),
                1,
                512,
                key=choices.number("length", 1, 512, 64),
                width=230,
            ),
            st.slider(
                say("positions.control.d_model"),
                2,
                1024,
                key=choices.number("d_model", 2, 1024, 128),
                width=230,
            ),
            st.slider(
                say("positions.control.position"),
                0,
                511,
                key=choices.number("position", 0, 511, 3),
                width=230,
            ),
            float(
                st.selectbox(
                    say("positions.control.base"),
                    BASES,
                    key=choices.one_of("base", BASES, 10000),
                    width=120,
                )
            ),
        )
    views = {
        "matrix": _matrix,
        "curves": _curves,
        "worked": _worked,
        "rotation": _rotation,
        "similarity": _similarity,
    }
    st.segmented_control(
        say("positions.control.view"),
        list(views),
        format_func=lambda name: say(f"positions.sinusoid.{name}"),
        key=choices.one_of("view", list(views), "matrix"),
        required=True,
        label_visibility="collapsed",
    )
    if choice.d_model % 2:
        st.info(
            say(
                "positions.sinusoid.odd",
                d_model=choice.d_model,
                last=choice.d_model - 1,
                pairs=choice.d_model // 2,
            )
        )
    views[choices["view"]](choice, say, choices)


def _matrix(choice: Choice, say: Say, choices: PageChoices) -> None:
    view = encodings.sinusoid_grid(choice.length, choice.d_model, choice.base)
    reading = say("positions.reading.sinusoid")
    chart(
        maps.grid_map(view, say, height=430, mark_row=choice.position),
        "positions_matrix",
        alt=reading,
        image=choices["image"],
    )
    st.caption(reading)
    if choice.position >= choice.length:
        st.caption(say("positions.sinusoid.outside", position=choice.position))
    download("positions_matrix", partial(grid_rows, view, say), say)

    st.markdown(f"#### {say('positions.sinusoid.row', position=choice.position)}")
    row = encodings.sinusoid_row(choice.position, choice.d_model, choice.base)
    chart(
        curves.value_bars(row, say, x="positions.axis.dimension", y="positions.axis.value"),
        "positions_row",
        alt=say("positions.sinusoid.row", position=choice.position),
        image=choices["image"],
    )
    _slips(choice, say)


def _slips(choice: Choice, say: Say) -> None:
    """Common errors, put right with the numbers of the table that is shown."""
    table = positional.sinusoidal_positions(choice.length, choice.d_model, choice.base)
    first = ", ".join(decimal_text(value, 0) for value in table[0, :6].tolist())
    with st.expander(say("positions.slips.title"), expanded=True):
        st.markdown(
            say(
                "positions.slips.text",
                low=decimal_text(table.min().item(), 4),
                high=decimal_text(table.max().item(), 4),
                first=first + (", …" if choice.d_model > 6 else ""),
                norm=decimal_text(table[0].norm().item(), 4),
                d_model=choice.d_model,
            )
        )


def _curves(choice: Choice, say: Say, choices: PageChoices) -> None:
    last = choice.d_model - 1
    options = range(choice.d_model)
    usual = sorted({0, 1, min(last, choice.d_model // 8 * 2), min(last, choice.d_model // 4 * 2)})
    picked = st.multiselect(
        say("positions.control.dimensions"),
        options,
        max_selections=8,
        key=choices.some_of("dimensions", options, usual),
    )
    if picked:
        lines = encodings.dimension_curves(
            choice.length, choice.d_model, choice.base, tuple(sorted(picked))
        )
        chart(
            curves.lines(
                lines,
                say,
                x="positions.axis.position",
                y="positions.axis.value",
                mark=choice.position if choice.position < choice.length else None,
                dots_every=encodings.FINE if choice.length <= 128 else None,
            ),
            "positions_curves",
            alt=say("positions.sinusoid.curves"),
            image=choices["image"],
        )
        download(
            "positions_curves",
            partial(curve_rows, lines, say, "positions.axis.position", encodings.FINE),
            say,
        )
    else:
        st.info(say("positions.sinusoid.pick"))
    paragraph(f"#### {say('positions.sinusoid.wavelengths')}")
    waves, reading = encodings.wavelength_curve(choice.length, choice.d_model, choice.base)
    chart(
        curves.lines(
            [waves],
            say,
            x="positions.axis.pair",
            y="positions.axis.wavelength",
            mode="lines+markers",
            log=True,
            levels={
                "2π": 2 * math.pi,
                f"{choice.base:.0f} · 2π": choice.base * 2 * math.pi,
                say("positions.curve.length", length=choice.length): float(choice.length),
            },
        ),
        "positions_waves",
        alt=say("positions.sinusoid.wavelengths"),
        image=choices["image"],
    )
    st.caption(say(reading.key, **reading.values))
    download("positions_waves", partial(curve_rows, [waves], say, "positions.axis.pair"), say)


def _worked(choice: Choice, say: Say, choices: PageChoices) -> None:
    """Every value of one row with its arithmetic."""
    terms = positional.sinusoid_terms(choice.position, choice.d_model, choice.base)
    st.markdown(
        say(
            "positions.worked.intro",
            position=choice.position,
            d_model=choice.d_model,
            base=decimal_text(choice.base, 0),
        )
    )
    first = 0
    if choice.d_model > TABLE_ROWS:
        last = (choice.d_model - TABLE_ROWS + 1) // 2 * 2
        first = st.slider(
            say("positions.worked.first", count=TABLE_ROWS),
            0,
            last,
            step=2,
            key=choices.number("first", 0, last, 0),
        )
    columns = [
        say(f"positions.worked.{name}")
        for name in ("dimension", "pair", "exponent", "divisor", "angle", "value")
    ]
    rows = [
        (
            str(term.dimension),
            str(term.pair),
            f"{2 * term.pair}/{choice.d_model} = {term.exponent:.6f}",
            # two digits more than the angle has, so that a reader's division gives that angle
            f"{choice.base:.0f}^{term.exponent:.6f} = {term.divisor:.8g}",
            f"{choice.position} / {term.divisor:.8g} = {term.angle:.6g}",
            f"{term.function}({term.angle:.6g}) = {decimal_text(term.value, 4)}",
        )
        for term in terms
    ]
    shown = [
        (*(cell.replace("^", "\\^") for cell in row[:-1]), f"**{row[-1]}**")
        for row in rows[first : first + TABLE_ROWS]
    ]
    table(columns, shown, "positions_worked")
    codes = positional.sinusoidal_positions(choice.position + 1, choice.d_model, choice.base)
    worst = max(
        abs(term.value - value)
        for term, value in zip(terms, codes[choice.position].tolist(), strict=True)
    )
    st.caption(say("positions.worked.check", worst=tiny_text(worst)))
    download("positions_worked", lambda: (columns, rows), say)


def _rotation(choice: Choice, say: Say, choices: PageChoices) -> None:
    """From a position to one further on: the same turn wherever it starts."""
    paragraph(say("positions.rotation.intro"))
    pairs = choice.d_model // 2
    with st.container(horizontal=True, vertical_alignment="bottom"):
        offset = st.slider(
            say("positions.control.offset"),
            1,
            64,
            key=choices.number("offset", 1, 64, 5),
            width=260,
        )
        pair = st.slider(
            say("positions.control.pair_number"),
            0,
            max(pairs - 1, 1),
            key=choices.number("pair_number", 0, max(pairs - 1, 1), min(4, pairs - 1)),
            width=260,
        )
    pair = min(pair, pairs - 1)
    fan = tuple(sorted({0, pair, pairs // 4, pairs // 2}))
    step = encodings.rotation(choice.position, offset, fan, choice.d_model, choice.base)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            curves.circles(step.turns, say),
            "positions_circles",
            alt=say("positions.sinusoid.rotation"),
            image=choices["image"],
        )
        _turn(step, fan.index(pair), choice, offset, say)
    with right:
        turned = step.matrix
        shown = min(len(turned), 32)
        view = Grid(
            turned[:shown, :shown],
            "dimension",
            "dimension",
            Reading("positions.reading.rotation", {"shown": shown, "of": len(turned)}),
            low=-1.0,
            high=1.0,
        )
        reading = say(view.reading.key, **view.reading.values)
        chart(
            maps.grid_map(view, say, height=420, square=True),
            "positions_rotation",
            alt=reading,
            image=choices["image"],
        )
        st.caption(reading)
        download("positions_rotation", partial(grid_rows, view, say), say)


def _turn(step: Rotation, index: int, choice: Choice, offset: int, say: Say) -> None:
    """One pair's step in digits, by the rotation and by the formula."""
    turn = step.turns[index]
    (a, b), (c, d) = turn.block.tolist()
    (x, y), (u, v) = turn.start.tolist(), turn.end.tolist()
    st.markdown(
        say(
            "positions.rotation.worked",
            pair=turn.pair,
            position=choice.position,
            target=choice.position + offset,
            offset=offset,
            angle=significant_text(turn.angle, 6),
        )
    )
    st.latex(
        r"\begin{aligned}&"
        rf"\begin{{pmatrix}}{a:.4f} & {b:.4f}\\ {c:.4f} & {d:.4f}\end{{pmatrix}}"
        rf"\begin{{pmatrix}}{x:.4f}\\ {y:.4f}\end{{pmatrix}}"
        r"\\[2ex]&="
        rf"\begin{{pmatrix}}{a * x + b * y:.4f}\\ {c * x + d * y:.4f}\end{{pmatrix}}"
        r"\end{aligned}"
    )
    st.markdown(
        say(
            "positions.rotation.direct",
            target=choice.position + offset,
            sin=decimal_text(u, 4),
            cos=decimal_text(v, 4),
            worst=tiny_text(step.worst),
            tried=step.tried,
        )
    )


def _similarity(choice: Choice, say: Say, choices: PageChoices) -> None:
    measure = st.segmented_control(
        say("positions.control.measure"),
        MEASURES,
        format_func=lambda name: say(f"positions.measure.{name}"),
        key=choices.one_of("measure", MEASURES, "dot"),
        required=True,
    )
    table = positional.sinusoidal_positions(choice.length, choice.d_model, choice.base)
    view = encodings.similarity(table, cosine=measure == "cosine", position=choice.position)
    reading = say(view.grid.reading.key)
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            maps.grid_map(view.grid, say, height=440, square=True, mark_row=choice.position),
            "positions_similarity",
            alt=reading,
            image=choices["image"],
        )
        st.caption(reading)
        download("positions_similarity", partial(grid_rows, view.grid, say), say)
    with right:
        chart(
            curves.lines(
                [view.by_distance],
                say,
                x="positions.axis.distance",
                y=f"positions.measure.{measure}",
                height=260,
            ),
            "positions_by_distance",
            alt=say("positions.curve.by_distance"),
            image=choices["image"],
        )
        st.caption(say("positions.reading.by_distance"))
        if view.from_position is not None:
            chart(
                curves.lines(
                    [view.from_position],
                    say,
                    x="positions.axis.position",
                    y=f"positions.measure.{measure}",
                    height=260,
                    mark=choice.position,
                ),
                "positions_from_position",
                alt=say("positions.curve.from_position", position=choice.position),
                image=choices["image"],
            )
            st.caption(say("positions.curve.from_position", position=choice.position))
