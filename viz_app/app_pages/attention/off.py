"""Heads switched off: what the model loses without them."""

from __future__ import annotations

import streamlit as st

from bert_core.bert import mask_positions
from bert_core.predict import next_sentence_probabilities, top_tokens
from bert_core.studies.heads import NONE_OFF, HeadsOff, rank_heads, sharpness, shelf_losses
from bert_core.trace import Trace
from viz_app.app_pages.attention.section import AttentionPage
from viz_app.number_text import decimal_text
from viz_app.session import frame, jobs
from viz_app.view_models.tokens import display_text
from viz_app.views.overview import Marks
from viz_app.widgets.chart import download, markdown_table
from viz_app.widgets.prose import paragraph

TOP = 5
OFF = "✕"
"""Sign of a head that is off, in the overview."""
RANKING_COLUMNS = ("rank", "head", "rise", "sharp_rank", "sharp")
_RANKED = "_heads_ranked"  # the model whose heads the reader asked to rank


def without_heads(page: AttentionPage) -> None:
    """Choose heads, see predictions with and without them, and rank all heads by their loss."""
    say = page.say
    off = _choose_heads(page)
    if "mlm" in page.bert.missing:
        st.info(say("app.missing.mlm", model=frame.escape(page.bert.name)))
    if not off:
        st.info(say("attention.off.none"))
    else:
        without = page.visit.traced(heads_off=off)
        if "mlm" not in page.bert.missing:
            _show_words(page, without)
        if page.is_pair and "nsp" not in page.bert.missing:
            _show_pair(page, without)
        if "mlm" not in page.bert.missing:
            _show_loss(page, off)
    if "mlm" not in page.bert.missing:
        _show_ranking(page)


def chosen_heads(page: AttentionPage) -> HeadsOff:
    """The heads that the reader has switched off here."""
    key, _ = _choice(page)
    places = (name.split(".") for name in st.session_state[key])
    return frozenset((int(layer), int(head)) for layer, head in places)


def marked(marks: Marks | None, off: HeadsOff, layers: int, heads: int) -> Marks:
    """Signs for the overview, in which a head that is off has a cross in place of its role."""
    return [
        [
            OFF if (layer, head) in off else marks[layer][head] if marks else ""
            for head in range(heads)
        ]
        for layer in range(layers)
    ]


def _choice(page: AttentionPage) -> tuple[str, list[str]]:
    """The key of the choice, and what there is to choose from."""
    config = page.trace.config
    names = [
        f"{layer}.{head}"
        for layer in range(config.num_hidden_layers)
        for head in range(config.num_attention_heads)
    ]
    return page.choices.some_of("off", names, []), names


def _choose_heads(page: AttentionPage) -> HeadsOff:
    say = page.say
    key, names = _choice(page)

    def toggle() -> None:
        name = f"{page.chosen.layer}.{page.chosen.head}"
        now = list(st.session_state[key])
        st.session_state[key] = (
            [other for other in now if other != name] if name in now else [*now, name]
        )

    def whole_layer() -> None:
        layer = [name for name in names if name.startswith(f"{page.chosen.layer}.")]
        st.session_state[key] = list(dict.fromkeys([*st.session_state[key], *layer]))

    def clear() -> None:
        st.session_state[key] = []

    paragraph(say("attention.off.intro"))
    chosen = st.multiselect(
        say("attention.off.label"),
        names,
        key=key,
        format_func=lambda name: "L{} H{}".format(*name.split(".")),
        placeholder=say("attention.off.placeholder"),
    )
    with st.container(horizontal=True):
        st.button(
            say("attention.off.toggle", layer=page.chosen.layer, head=page.chosen.head),
            on_click=toggle,
            key="attention_off_toggle",
        )
        st.button(
            say("attention.off.layer", layer=page.chosen.layer),
            on_click=whole_layer,
            key="attention_off_layer",
        )
        st.button(
            say("attention.off.clear"),
            on_click=clear,
            key="attention_off_clear",
            disabled=not chosen,
        )
    return chosen_heads(page)


def _show_words(page: AttentionPage, without: Trace) -> None:
    """The best words at each [MASK], or at the query token where the text has none."""
    say, trace = page.say, page.trace
    tokenizer = page.bert.tokenizer
    places = mask_positions(trace.encoding, tokenizer) or [page.chosen.query]
    paragraph(f"#### {say('attention.off.words')}")
    for place in places:
        both = [
            top_tokens(one.mlm_logits_at(place).cpu(), tokenizer, TOP) for one in (trace, without)
        ]
        rows = [
            [
                frame.escape(display_text(before.token)),
                decimal_text(before.probability, 3),
                frame.escape(display_text(after.token)),
                decimal_text(after.probability, 3),
            ]
            for before, after in zip(*both, strict=True)
        ]
        plain, changed = say("attention.off.column.plain"), say("attention.off.column.without")
        chance = say("attention.off.column.probability")
        st.markdown(
            say(
                "attention.off.at",
                token=frame.escape(display_text(trace.tokens[place])),
                place=place,
            )
            + "\n\n"
            + markdown_table([plain, chance, changed, chance], rows)
        )


def _show_pair(page: AttentionPage, without: Trace) -> None:
    before = next_sentence_probabilities(page.trace.nsp_logits)
    after = next_sentence_probabilities(without.nsp_logits)
    st.markdown(
        page.say(
            "attention.off.pair",
            plain=decimal_text(before.is_next, 3),
            without=decimal_text(after.is_next, 3),
        )
    )


def _show_loss(page: AttentionPage, off: HeadsOff) -> None:
    bert = page.bert
    losses = jobs.result(
        "heads_off", bert, off, lambda report: shelf_losses(bert, (NONE_OFF, off), report), page.say
    )
    if losses is not None:
        plain, changed = (decimal_text(loss, 3) for loss in losses)
        st.markdown(page.say("attention.off.loss", plain=plain, without=changed))


def _show_ranking(page: AttentionPage) -> None:
    """Heads by the loss without them, beside their rank by how sharp they look."""
    say, bert = page.say, page.bert
    passes = 1 + bert.config.num_hidden_layers * bert.config.num_attention_heads
    paragraph(f"#### {say('attention.off.ranking')}")
    paragraph(say("attention.off.ranking.means"))
    if st.session_state.get(_RANKED) != page.chosen.model:
        st.button(
            say(
                "attention.off.rank",
                passes=passes,
            ),
            key="attention_off_rank",
            type="primary",
            on_click=lambda: st.session_state.update({_RANKED: page.chosen.model}),
        )
        return
    ranking = jobs.result("head_ranking", bert, (), lambda report: rank_heads(bert, report), say)
    if ranking is None:
        return
    sharp = sharpness(page.trace)
    by_sharpness = sorted(
        ((layer, head) for layer, head, _ in ranking),
        key=lambda place: -sharp[place].item(),
    )
    rows = [
        [
            rank,
            f"L{layer} H{head}",
            rise,
            by_sharpness.index((layer, head)) + 1,
            sharp[layer, head].item(),
        ]
        for rank, (layer, head, rise) in enumerate(ranking, start=1)
    ]
    columns = [say(f"attention.off.column.{name}") for name in RANKING_COLUMNS]
    st.dataframe(
        [dict(zip(columns, row, strict=True)) for row in rows],
        hide_index=True,
        height=min(38 + 35 * len(rows), 420),
        column_config={
            columns[2]: st.column_config.NumberColumn(format="%+.4f"),
            columns[4]: st.column_config.NumberColumn(format="%.3f"),
        },
    )
    download("head_ranking", lambda: (columns, rows), say)
