"""Positions at work in the reader's own sentence: the sum, the shuffle test, the heads."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st

from bert_core.studies.order import ORDERS
from viz_app.app_pages.positions.tables import file_number, grid_rows, number_rows
from viz_app.figures import curves, maps
from viz_app.figures.bars import bars
from viz_app.messages import Say
from viz_app.number_text import decimal_text, tiny_text
from viz_app.session import frame, jobs, state
from viz_app.session.defaults import default_at
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices, is_reworded
from viz_app.view_models.positions import effects
from viz_app.view_models.positions.views import Grid
from viz_app.view_models.tokens import display_text, token_labels
from viz_app.view_models.views import Reading
from viz_app.widgets.chart import bars_in_words, chart, download, table
from viz_app.widgets.prose import paragraph

DIMENSIONS_SHOWN = 16
STAGES = (*effects.PARTS, "total", "output")
MOST_SEED = 9999


def composition(visit: Visit, choices: PageChoices) -> None:
    """Word + position + segment = input of the first layer, in digits."""
    say, trace, chosen, image = visit.say, visit.trace, visit.chosen(), choices["image"]
    hidden = trace.config.hidden_size
    paragraph(say("positions.sum.intro"))
    labels = [token.label for token in token_labels(trace.encoding)]
    reworded = is_reworded("pos_token", tuple(labels))
    if reworded or st.session_state.get("pos_token") != chosen.query:
        st.session_state["pos_token"] = chosen.query
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            say("positions.control.token"),
            range(len(labels)),
            format_func=lambda index: f"{index}  {labels[index]}",
            key="pos_token",
            on_change=lambda: state.choose(query=st.session_state["pos_token"]),
            width=200,
        )
        on = st.segmented_control(
            say("positions.control.parts"),
            effects.PARTS,
            selection_mode="multi",
            format_func=lambda name: say(f"positions.part.{name}"),
            key=choices.some_of("parts", effects.PARTS, effects.PARTS),
        )
        most = max(1, (hidden - 1) // DIMENSIONS_SHOWN) * DIMENSIONS_SHOWN
        first = st.slider(
            say("positions.control.first_dimension"),
            0,
            most,
            step=DIMENSIONS_SHOWN,
            key=choices.number("first_dimension", 0, most, 0),
            width=260,
        )
    view = effects.composition(trace, on)
    token = chosen.query
    window = slice(first, first + DIMENSIONS_SHOWN)
    st.markdown(
        f"#### {say('positions.sum.token', token=frame.escape(labels[token]), index=token)}"
    )
    chart(
        curves.stacked(
            {name: view.parts[name][token, window] for name in effects.PARTS if name in on},
            view.total[token, window],
            first,
            say,
        ),
        "positions_stacked",
        alt=say("positions.sum.token", token=labels[token], index=token),
        image=image,
    )
    _digits(view, token, first, say)
    if view.worst is None:
        st.info(say("positions.sum.changed"))
    else:
        st.caption(say("positions.sum.check", worst=tiny_text(view.worst)))

    paragraph(f"#### {say('positions.sum.all')}")
    st.segmented_control(
        say("positions.control.stage"),
        STAGES,
        format_func=lambda name: say(f"positions.stage.{name}"),
        key=choices.one_of("stage", STAGES, "word"),
        required=True,
        label_visibility="collapsed",
    )
    stage = choices["stage"]
    grid = effects.composition_grid(view, stage)
    chart(
        maps.grid_map(grid, say, height=120 + min(20 * len(labels), 900), row_labels=labels),
        "positions_stage",
        alt=say(grid.reading.key),
        image=image,
    )
    st.caption(say("positions.sum.scale"))
    download(f"positions_{stage}", partial(grid_rows, grid, say, labels), say)

    paragraph(f"#### {say('positions.sum.norms')}")
    chart(
        curves.part_norm_bars(effects.part_norms(view), labels, say),
        "positions_part_norms",
        alt=say("positions.sum.norms"),
        image=image,
    )
    st.caption(say("positions.reading.part_norms"))
    _two_places(view, labels, say, choices)


def _digits(view: effects.Composition, token: int, first: int, say: Say) -> None:
    last = min(first + DIMENSIONS_SHOWN, view.total.shape[1])
    names = [name for name in effects.PARTS if name in view.on]
    columns = [
        say("positions.axis.dimension"),
        *(say(f"positions.part.{name}") for name in names),
        say("positions.stage.total"),
        say("positions.sum.normalised"),
        "γ",
        "β",
        say("positions.stage.output"),
    ]
    mean, deviation = float(view.mean[token]), float(view.deviation[token])

    numbers = np.stack(
        [
            *(view.parts[name][token] for name in names),
            view.total[token],
            (view.total[token] - mean) / deviation,
            view.gain,
            view.bias,
            view.output[token],
        ],
        axis=1,
    )  # [dimension, column]
    shown = []
    for dimension in range(first, last):
        *cells, result = (decimal_text(float(number), 4) for number in numbers[dimension])
        shown.append((str(dimension), *cells, f"**{result}**"))
    table(columns, shown, "positions_sum")
    st.markdown(
        say(
            "positions.sum.layernorm",
            mean=decimal_text(mean, 4),
            deviation=decimal_text(deviation, 4),
        )
    )
    download("positions_sum", partial(number_rows, columns, numbers), say)


def _two_places(
    view: effects.Composition, labels: list[str], say: Say, choices: PageChoices
) -> None:
    """One word at two places, or any two tokens: how alike each stage is."""
    paragraph(f"#### {say('positions.sum.twice')}")
    usual = effects.repeated_tokens(view)
    picked = []
    with st.container(horizontal=True):
        for number, place in enumerate(usual):
            picked.append(
                st.selectbox(
                    say(f"positions.control.place_{number}"),
                    range(len(labels)),
                    format_func=lambda index: f"{index}  {labels[index]}",
                    key=choices.one_of(
                        f"place_{number}", range(len(labels)), place, wording=tuple(labels)
                    ),
                    width=200,
                )
            )
    one, other = picked
    stages = {**view.parts, "total": view.total, "output": view.output}
    rows = [
        (
            say(f"positions.stage.{name}"),
            decimal_text(effects.cosine(values[one], values[other]), 4),
            decimal_text(float(np.linalg.norm(values[one] - values[other])), 4),
        )
        for name, values in stages.items()
    ]
    columns = [say(f"positions.column.{name}") for name in ("stage", "cosine", "difference")]
    table(columns, rows, "positions_twice")
    same = view.tokens[one].text == view.tokens[other].text and one != other
    st.caption(say("positions.sum.same_word" if same else "positions.sum.other_word"))


def shuffle(visit: Visit, choices: PageChoices) -> None:
    """The same words in another order, with positions and without."""
    say, bert, encoding, image = visit.say, visit.bert, visit.encoding, choices["image"]
    paragraph(say("positions.order.intro"))
    places = effects.hideable(encoding)
    if len(places) < 2:
        st.info(say("positions.order.too_short"))
        return
    labels = [token.label for token in token_labels(encoding)]
    default = default_at(visit.selection.model, encoding.text_a, encoding.text_b or "")
    first = places[len(places) // 2]
    if default is not None:
        first = encoding.tokens.index(default.hidden)
    room = bert.config.max_position_embeddings - len(labels)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            say("positions.control.order"),
            ORDERS,
            format_func=lambda name: say(f"positions.order.{name}"),
            key=choices.one_of("order", ORDERS, "shuffle"),
            required=True,
        )
        seed = st.number_input(
            say("positions.control.seed"),
            0,
            MOST_SEED,
            key=choices.number("seed", 0, MOST_SEED, 1),
            width=130,
            disabled=choices["order"] != "shuffle",
            on_change=choices.keep,
            args=["seed"],
        )
        masked = st.selectbox(
            say("positions.control.hidden"),
            places,
            format_func=lambda index: labels[index],
            key=choices.one_of(
                "hidden", places, first, wording=tuple(map(labels.__getitem__, places))
            ),
            width=180,
        )
        shift = st.slider(
            say("positions.control.shift"),
            0,
            511,
            key=choices.number("shift", 0, 511, 8),
            width=220,
        )
    kind, shift = choices["order"], min(shift, room)
    masked_at, seed_at = int(masked), int(seed)
    test = jobs.result(
        "shuffle",
        bert,
        (encoding, masked_at, kind, seed_at, shift),
        lambda report: effects.shuffle_test(
            bert, encoding, masked=masked_at, kind=kind, seed=seed_at, shift=shift, report=report
        ),
        say,
    )
    if test is None:
        return
    _outcome(test, say)
    top = test.highest_probability()
    headings = {
        "original": say("positions.order.original"),
        "moved": say(f"positions.order.{kind}"),
        "shifted": say("positions.order.shifted", shift=shift),
    }
    columns = st.columns(3, gap="medium")
    for column, (name, heading) in zip(columns, headings.items(), strict=True):
        run, run_off = getattr(test, name), getattr(test, f"{name}_off", None)
        with column:
            st.markdown(f"#### {heading}")
            st.markdown(_strip(run))
            _candidates(run, "on", name, top, say, image)
            if run_off is not None:
                _candidates(run_off, "off", name, top, say, image)
            else:
                st.caption(say("positions.order.nothing_to_shift"))
    _save(test, labels, say)


def _outcome(test: effects.ShuffleTest, say: Say) -> None:
    """The verdict in numbers: how far the outputs moved."""
    moved, still = test.moved.effect, test.moved_off.effect
    assert moved is not None and still is not None  # both are compared with the original
    with st.container(horizontal=True):
        st.metric(say("positions.order.with"), decimal_text(moved.max(), 3), border=True)
        st.metric(say("positions.order.without"), tiny_text(float(still.max())), border=True)
    if test.order == tuple(range(len(test.order))):
        st.info(say("positions.order.unchanged"))
    else:
        paragraph(say("positions.order.verdict"))


def _strip(run: effects.OrderRun) -> str:
    """The tokens in the order the model read them, the hidden one in bold."""
    return " ".join(
        f"**{token}**" if index == run.masked else token
        for index, token in enumerate(frame.escape(display_text(token)) for token in run.tokens)
    )


def _candidates(
    run: effects.OrderRun, positions: str, name: str, top: float, say: Say, image: str
) -> None:
    if run.predictions is not None:
        title = say(f"positions.order.{positions}")
        chart(
            bars(
                replace(run.predictions, high=top),
                title=title,
                axis=say("positions.axis.probability"),
            ),
            f"positions_order_{name}_{positions}",
            alt=f"{title}: {bars_in_words(run.predictions)}",
            image=image,
        )
    if run.is_next is not None:
        st.caption(say("positions.order.is_next", probability=decimal_text(run.is_next, 3)))


def _save(test: effects.ShuffleTest, labels: list[str], say: Say) -> None:
    """How far each token's output moved, as a table to save."""
    names = ("moved", "shifted", "moved_off")
    columns = [
        say("positions.column.word"),
        *(say(f"positions.column.effect_{name}") for name in names),
    ]
    effects_ = [getattr(test, name).effect for name in names]
    rows = [
        (label, *(file_number(effect[index]) for effect in effects_))
        for index, label in enumerate(labels)
    ]
    download("positions_order", lambda: (columns, rows), say)


def heads(visit: Visit, choices: PageChoices) -> None:
    """Which heads look at places rather than at words."""
    say, trace, chosen, image = visit.say, visit.trace, visit.chosen(), choices["image"]
    length = len(trace.tokens)
    paragraph(say("positions.heads.intro"))
    nowhere = visit.traced(position_ids=(0,) * length)
    view = effects.position_heads(trace, nowhere)
    labels = [token.label for token in token_labels(trace.encoding)]
    paragraph(f"#### {say('positions.heads.only')}")
    before, after = view.lengths
    paragraph(
        say(
            "positions.heads.only_text",
            before=decimal_text(before, 2),
            after=decimal_text(after, 2),
        )
    )
    columns = [say(f"positions.column.{name}") for name in ("head", "decided", "offset", "overlap")]
    rows = [
        (
            f"L0 H{number}",
            decimal_text(head.decided, 3),
            f"{decimal_text(head.offset, 0)} ({decimal_text(head.weight, 3)})",
            decimal_text(head.overlap, 3),
        )
        for number, head in enumerate(view.heads)
    ]
    best = max(range(len(rows)), key=lambda number: view.heads[number].decided)
    marked = [
        tuple(f"**{cell}**" for cell in row) if number == best else row
        for number, row in enumerate(rows)
    ]
    table(columns, marked, "positions_heads")
    st.caption(say("positions.heads.columns"))
    numbers = np.array(
        [(head.decided, head.offset, head.weight, head.overlap) for head in view.heads], np.float32
    )
    plain = [
        say(f"positions.column.{name}")
        for name in ("head", "decided", "distance", "weight", "overlap")
    ]
    download("positions_heads", partial(number_rows, plain, numbers), say)

    if st.session_state.get("pos_head") != chosen.head:
        st.session_state["pos_head"] = chosen.head
    st.selectbox(
        say("positions.control.head"),
        range(len(rows)),
        format_func=lambda number: f"L0 H{number}",
        key="pos_head",
        on_change=lambda: state.choose(layer=0, head=st.session_state["pos_head"]),
        width=160,
    )
    top = float(max(view.probs[chosen.head].max(), view.actual[chosen.head].max()))
    left, right = st.columns(2, gap="medium")
    for column, name, matrix in (
        (left, "only", view.probs[chosen.head]),
        (right, "actual", view.actual[chosen.head]),
    ):
        with column:
            title = say(f"positions.heads.map_{name}", head=chosen.head)
            st.markdown(f"**{title}**")
            grid = Grid(
                matrix, "query", "key", Reading(f"positions.heads.map_{name}"), False, 0.0, top
            )
            names = labels if name == "actual" else None
            chart(
                maps.grid_map(
                    grid, say, height=420, row_labels=names, column_labels=names, square=True
                ),
                f"positions_head_{name}",
                alt=title,
                image=image,
            )
    st.caption(say("positions.heads.scale"))

    paragraph(f"#### {say('positions.heads.steer')}")
    paragraph(say("positions.heads.steer_text"))
    chart(
        maps.grid_map(
            view.shift,
            say,
            height=120 + 45 * trace.num_layers,
            digits=2,
            theme=st.context.theme.type,
        ),
        "positions_shift",
        alt=say(view.shift.reading.key, **view.shift.reading.values),
        image=image,
    )
    st.caption(say(view.shift.reading.key, **view.shift.reading.values))
    download("positions_shift", partial(grid_rows, view.shift, say), say)
