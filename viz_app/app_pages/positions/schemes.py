"""The schemes side by side, two sentences of different length, and what the model learned."""

from __future__ import annotations

from functools import partial

import streamlit as st
from torch import Tensor

from bert_core import positional
from bert_core.bert import Bert
from viz_app.app_pages.positions.tables import curve_rows, file_number, grid_rows
from viz_app.figures import curves, maps
from viz_app.messages import Say
from viz_app.messages.formulas import in_words
from viz_app.number_text import decimal_text, share_text, significant_text
from viz_app.session import frame
from viz_app.session.frame import Visit
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.positions import encodings
from viz_app.view_models.positions.views import LONGEST_SHOWN, NaiveScheme, SentencePair
from viz_app.widgets.chart import chart, download
from viz_app.widgets.prose import paragraph

BASE = 10000.0
FORMULAS = {
    "fraction": r"p_t = \dfrac{t}{n-1}",
    "integer": r"p_t = t + 1",
    "sinusoid": (
        r"\begin{aligned}p_{t,2i}&=\sin(t\,/\,10000^{2i/d})\\"
        r"p_{t,2i+1}&=\cos(t\,/\,10000^{2i/d})\end{aligned}"
    ),
    "learned": r"p_t = W_{\text{position}}[t]",
    "rope": r"(R_m\,q)\cdot(R_n\,k) = q\cdot R_{n-m}\,k",
    "alibi": r"\dfrac{q\cdot k}{\sqrt{d}} - \text{slope}\cdot|m-n|",
}
COMPARED = ("fraction", "integer", "sinusoid")
LEARNED_VIEWS = ("table", "similarity", "components", "norms")
SENTENCES = {
    "zh": ("我喜欢吃洋葱", "我真的不喜欢吃洋葱"),
    "en": ("I like to eat onions", "I really do not like to eat onions at all"),
}


def side_by_side(visit: Visit, choices: PageChoices) -> None:
    """Six ways to tell where a token stands, each with its formula, picture and source."""
    say, bert, image = visit.say, visit.bert, choices["image"]
    heads = bert.config.num_attention_heads
    paragraph(say("positions.schemes.intro"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        length = st.slider(
            say("positions.control.length"),
            2,
            64,
            key=choices.number("tokens", 2, 64, 16),
            width=260,
        )
        size = st.slider(
            say("positions.control.size"),
            2,
            256,
            key=choices.number("size", 2, 256, 64),
            width=260,
        )
        head = st.slider(
            say("positions.control.alibi_head"),
            0,
            max(heads - 1, 1),
            key=choices.number("alibi", 0, max(heads - 1, 1), 0),
            width=260,
        )
    kept = min(length, bert.config.max_position_embeddings)
    grids = {
        "sinusoid": encodings.sinusoid_grid(length, size, BASE),
        "learned": encodings.learned_grid(bert.model, kept, size),
        "rope": encodings.rope_grid(length, size, BASE),
        "alibi": encodings.alibi_grid(length, heads, min(head, heads - 1)),
    }
    for index, scheme in enumerate(FORMULAS):
        if index % 2 == 0:
            cards = st.columns(2, gap="medium")
        with cards[index % 2].container(border=True, height="stretch"):
            st.markdown(f"#### {say(f'positions.scheme.{scheme}')}")
            st.markdown(say(f"positions.schemes.{scheme}"))
            st.latex(in_words(FORMULAS[scheme], say))
            title = say(f"positions.scheme.{scheme}")
            if scheme in grids:
                view = grids[scheme]
                figure = maps.grid_map(view, say, height=300, square=view.columns == "key")
                reading = say(view.reading.key, **view.reading.values)
                numbers = partial(grid_rows, view, say)
            else:
                line = encodings.places("fraction" if scheme == "fraction" else "integer", length)
                figure = curves.lines(
                    [line],
                    say,
                    x="positions.axis.position",
                    y="positions.axis.value",
                    mode="lines+markers",
                    height=300,
                )
                values = ", ".join(significant_text(value, 4) for value in line.y[:6])
                reading = say("positions.reading.places", values=values)
                numbers = partial(curve_rows, [line], say, "positions.axis.position")
            chart(figure, f"positions_{scheme}", alt=f"{title}. {reading}", image=image)
            st.caption(reading)
            st.caption(say(f"positions.source.{scheme}"))
            download(f"positions_{scheme}", numbers, say)


def two_lengths(visit: Visit, choices: PageChoices) -> None:
    """Two sentences of different length under one scheme."""
    say, chosen, image = visit.say, visit.selection, choices["image"]
    paragraph(say("positions.lengths.intro"))
    own_first = sorted(SENTENCES, key=lambda language: language != chosen.language)
    pairs = (*own_first, "own")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            say("positions.control.pair"),
            pairs,
            format_func=lambda name: say(f"positions.pair.{name}"),
            key=choices.one_of("pair", pairs, pairs[0]),
            wrap=True,
            required=True,
            help=say("positions.pair.help"),
        )
        st.segmented_control(
            say("positions.control.scheme"),
            COMPARED,
            format_func=lambda name: say(f"positions.scheme.{name}"),
            key=choices.one_of("scheme", COMPARED, COMPARED[0]),
            wrap=True,
            required=True,
        )
    which, scheme = choices["pair"], choices["scheme"]
    if which == "own" and not chosen.text_b.strip():
        st.info(say("positions.pair.missing"))
        return
    texts = (chosen.text_a, chosen.text_b) if which == "own" else SENTENCES[which]
    try:
        pair = encodings.compare_lengths(*texts)
    except ValueError:
        st.info(say("positions.pair.short"))
        return
    if scheme == "sinusoid":
        _constant_codes(pair, visit.bert, say, image)
        return
    naive: NaiveScheme = "fraction" if scheme == "fraction" else "integer"
    if len(pair.long) > LONGEST_SHOWN:
        st.caption(say("positions.pair.cut", count=LONGEST_SHOWN))
    view = encodings.number_lines(pair, naive)
    chart(
        curves.number_lines(view, say),
        "positions_lengths",
        alt=say(f"positions.scheme.{scheme}"),
        image=image,
    )
    short_step, long_step = view.steps
    st.markdown(
        say(
            f"positions.lengths.{naive}",
            first=frame.escape(pair.short[pair.short_step[0]]),
            second=frame.escape(pair.short[pair.short_step[1]]),
            short=len(pair.short),
            long=len(pair.long),
            short_gaps=len(pair.short) - 1,
            long_gaps=len(pair.long) - 1,
            short_step=significant_text(short_step, 4),
            long_step=significant_text(long_step, 4),
        )
    )
    rows = [
        (row, index, word, file_number(place))
        for row, (words, line) in enumerate(
            ((pair.short, view.short), (pair.long, view.long)), start=1
        )
        for index, (word, place) in enumerate(zip(words, line.y, strict=True))
    ]
    columns = [say(f"positions.column.{name}") for name in ("sentence", "index", "word", "place")]
    download("positions_lengths", lambda: (columns, rows), say)
    if naive == "integer":
        _swamping(visit, image)


def _swamping(visit: Visit, image: str) -> None:
    """Integers against the lengths of the model's own word vectors."""
    say, bert, encoding = visit.say, visit.bert, visit.encoding
    words = list(dict.fromkeys((encoding.tokens[i], encoding.input_ids[i]) for i in encoding.own))
    if len(words) < 2:
        st.info(say("positions.lengths.two_words"))
        return
    paragraph(f"#### {say('positions.lengths.swamping')}")
    view = encodings.integer_swamping(
        bert.model, bert.config.max_position_embeddings, words[0], words[1]
    )
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            curves.lines(
                [view.integer_norm],
                say,
                x="positions.axis.integer",
                y="positions.axis.norm",
                log=True,
                levels={say("positions.curve.word_norm"): view.word_norms[1]},
            ),
            "positions_integer_norm",
            alt=say("positions.curve.integer_norm"),
            image=image,
        )
        numbers = partial(curve_rows, [view.integer_norm], say, "positions.axis.integer")
        download("positions_integer_norm", numbers, say)
    with right:
        chart(
            curves.lines(
                [view.alike],
                say,
                x="positions.axis.integer",
                y="positions.axis.cosine",
                mode="lines+markers",
            ),
            "positions_alike",
            alt=say("positions.curve.alike"),
            image=image,
        )
        numbers = partial(curve_rows, [view.alike], say, "positions.axis.integer")
        download("positions_alike", numbers, say)
    values = {
        name: frame.escape(value) if isinstance(value, str) else value
        for name, value in view.reading.values.items()
    }
    st.markdown(say(view.reading.key, **values))


def _constant_codes(pair: SentencePair, bert: Bert, say: Say, image: str) -> None:
    """The codes of both sentences, and that they agree where both have a word."""
    size = bert.config.hidden_size
    shown = min(size, 64)
    for number, words in enumerate((pair.short, pair.long), start=1):
        cut = words[:LONGEST_SHOWN]
        view = encodings.sinusoid_grid(len(words), size, BASE).first(len(cut), shown)
        chart(
            maps.grid_map(view, say, height=110 + 22 * len(cut), row_labels=numbered(cut)),
            f"positions_codes_{number}",
            alt=" ".join(words),
            image=image,
        )
        download(f"positions_codes_{number}", partial(grid_rows, view, say, numbered(cut)), say)
    if shown < size:
        st.caption(say("positions.lengths.shown", shown=shown, size=size))
    reading = encodings.sinusoid_constancy(len(pair.short), len(pair.long), size, BASE)
    st.markdown(say(reading.key, **reading.values))


def numbered(words: tuple[str, ...]) -> list[str]:
    """Say as axis labels, each with its position."""
    return [
        f"{index} {word if len(word) <= 12 else word[:11] + '…'}"
        for index, word in enumerate(words)
    ]


def learned(visit: Visit, choices: PageChoices) -> None:
    """The checkpoint's own table beside the sinusoid of the same size."""
    say, bert, image = visit.say, visit.bert, choices["image"]
    limit, hidden = bert.config.max_position_embeddings, bert.config.hidden_size
    st.markdown(say("positions.learned.intro", model=frame.escape(bert.name)))
    if bert.config.position_embedding_type == "sinusoidal":
        st.info(say("positions.learned.fixed"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = st.segmented_control(
            say("positions.control.view"),
            LEARNED_VIEWS,
            format_func=lambda name: say(f"positions.learned.{name}"),
            key=choices.one_of("learned", LEARNED_VIEWS, LEARNED_VIEWS[0]),
            required=True,
        )
        length = st.slider(
            say("positions.control.rows"),
            4,
            512,
            key=choices.number("rows", 4, 512, 128),
            width=260,
        )
    if length > limit:
        st.caption(say("positions.learned.ends", limit=limit))
    length = min(length, limit)
    tables = {
        "learned": positional.learned_positions(
            bert.model.bert.embeddings.position_embeddings, length
        ),
        "sinusoid": positional.sinusoidal_positions(length, hidden),
    }
    if view == "norms":
        lines = [encodings.norm_curve(table, name) for name, table in tables.items()]
        chart(
            curves.lines(
                lines, say, x="positions.axis.position", y="positions.axis.norm", height=380
            ),
            "positions_norms",
            alt=say("positions.learned.norms"),
            image=image,
        )
        first, last = lines[0].y[0], lines[0].y[-1]
        st.caption(
            say(
                "positions.reading.norms",
                first=decimal_text(first, 3),
                last=decimal_text(last, 3),
                at=length - 1,
                low=decimal_text(lines[0].y.min(), 3),
                where=int(lines[0].y.argmin()),
                constant=decimal_text(lines[1].y[0], 3),
                half=hidden // 2,
            )
        )
        download("positions_norms", partial(curve_rows, lines, say, "positions.axis.position"), say)
        return
    centred = False
    if view == "similarity":
        centred = st.toggle(
            say("positions.learned.centre"),
            key=choices.switch("centre"),
            help=say("positions.learned.centre_help"),
        )
    if view == "components":
        st.segmented_control(
            say("positions.control.components"),
            (2, 3),
            format_func=lambda number: f"{number}D",
            key=choices.one_of("components", (2, 3), 2),
            required=True,
        )
    components = choices["components"] if view == "components" else 2
    if centred:
        tables = {name: table - table.mean(0) for name, table in tables.items()}
    for column, (name, table) in zip(st.columns(2, gap="medium"), tables.items(), strict=True):
        with column:
            st.markdown(f"#### {say(f'positions.scheme.{name}')}")
            if view == "table":
                _table(name, bert, length, say, image)
            elif view == "similarity":
                _similarity(name, table, say, image)
            else:
                _components(name, table, min(components, length), say, image)


def _table(name: str, bert: Bert, length: int, say: Say, image: str) -> None:
    hidden = bert.config.hidden_size
    shown = min(hidden, 256)
    if name == "learned":
        view = encodings.learned_grid(bert.model, length, shown)
    else:
        view = encodings.sinusoid_grid(length, hidden, BASE).first(length, shown)
    reading = say(view.reading.key, **view.reading.values)
    chart(
        maps.grid_map(view, say, height=460),
        f"positions_table_{name}",
        alt=f"{say(f'positions.scheme.{name}')}. {reading}",
        image=image,
    )
    st.caption(f"{reading} {say(f'positions.learned.table_{name}')}")
    download(f"positions_table_{name}", partial(grid_rows, view, say), say)


def _similarity(name: str, table: Tensor, say: Say, image: str) -> None:
    view = encodings.similarity(table, cosine=True)
    chart(
        maps.grid_map(view.grid, say, height=420, square=True),
        f"positions_similarity_{name}",
        alt=say(view.grid.reading.key),
        image=image,
    )
    chart(
        curves.lines(
            [view.by_distance],
            say,
            x="positions.axis.distance",
            y="positions.axis.cosine",
            height=240,
            y_range=(-0.5, 1.05),
        ),
        f"positions_distance_{name}",
        alt=say("positions.curve.by_distance"),
        image=image,
    )
    near = view.by_distance.y[min(1, len(view.by_distance.y) - 1)]
    st.caption(
        say(
            "positions.reading.likeness",
            one=decimal_text(near, 3),
            far=decimal_text(view.by_distance.y[len(view.by_distance.y) // 2], 3),
            half=len(view.by_distance.y) // 2,
        )
    )
    download(f"positions_similarity_{name}", partial(grid_rows, view.grid, say), say)


def _components(name: str, table: Tensor, components: int, say: Say, image: str) -> None:
    view = encodings.position_cloud(table, components)
    chart(
        curves.cloud(view, say),
        f"positions_components_{name}",
        alt=say("positions.learned.components"),
        image=image,
    )
    st.caption(
        say("positions.reading.components", share=share_text(sum(view.share)), count=components)
    )
    columns = [
        say("positions.axis.position"),
        *(f"PC{number + 1}" for number in range(components)),
    ]
    rows = [(index, *map(file_number, row)) for index, row in enumerate(view.coordinates)]
    download(f"positions_components_{name}", lambda: (columns, rows), say)
