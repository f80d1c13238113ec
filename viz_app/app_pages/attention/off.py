"""Heads switched off: what the model loses without them."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import streamlit as st

from viz_app.app_pages.attention.section import AttentionPage
from viz_app.number_text import decimal_text
from viz_app.session import frame, resources
from viz_app.widgets.chart import download, markdown_table
from viz_app.widgets.prose import paragraph

if TYPE_CHECKING:
    from bert_core.bert import Bert
    from bert_core.studies.heads import MaskedBatch
    from bert_core.trace import Trace

TOP = 5
SEED = 0  # which words of the shelf are hidden; the same for every head, so that losses compare
LOSSES_KEPT = 64

_single_losses: WeakKeyDictionary[Bert, dict[frozenset[tuple[int, int]], float]] = (
    WeakKeyDictionary()
)
"""Loss with no head off (the empty set) and with each head off alone, as far as worked out."""
_losses: WeakKeyDictionary[Bert, OrderedDict[frozenset[tuple[int, int]], float]] = (
    WeakKeyDictionary()
)
_lock = Lock()
RANKING_COLUMNS = ("rank", "head", "rise", "sharp_rank", "sharp")


def switched_off_section(page: AttentionPage) -> None:
    """Choose heads, see predictions with and without them, and rank all heads by their loss."""
    say = page.say
    off = _choose_heads(page)
    if "mlm" in page.bert.missing:
        st.info(say("app.missing.mlm", model=frame.escape(page.bert.name)))
    if not off:
        st.info(say("attention.off.none"))
    else:
        text_b = page.chosen.text_b if page.chosen.text_b.strip() else None
        without = resources.trace(page.chosen.model, page.chosen.text_a, text_b, heads_off=off)
        if "mlm" not in page.bert.missing:
            _show_words(page, without)
        if page.is_pair and "nsp" not in page.bert.missing:
            _show_pair(page, without)
        if "mlm" not in page.bert.missing:
            plain, changed = _loss(page, frozenset()), _loss(page, off)
            st.markdown(
                say(
                    "attention.off.loss",
                    plain=decimal_text(plain, 3),
                    without=decimal_text(changed, 3),
                )
            )
    if "mlm" not in page.bert.missing:
        _show_ranking(page)


def _choose_heads(page: AttentionPage) -> frozenset[tuple[int, int]]:
    say, picked = page.say, page.picked
    config = page.trace.config
    names = [
        f"{layer}.{head}"
        for layer in range(config.num_hidden_layers)
        for head in range(config.num_attention_heads)
    ]
    key = picked.some_of("off", names, [])

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
    return frozenset((int(layer), int(head)) for layer, head in (n.split(".") for n in chosen))


def _show_words(page: AttentionPage, without: Trace) -> None:
    """The best words at each [MASK], or at the query token where the text has none."""
    from bert_core.bert import mask_positions
    from bert_core.predict import top_tokens

    say, trace = page.say, page.trace
    tokenizer = page.bert.tokenizer
    places = mask_positions(trace.encoding, tokenizer) or [page.chosen.query]
    paragraph(f"##### {say('attention.off.words')}")
    for place in places:
        both = [
            top_tokens(one.mlm_logits_at(place).cpu(), tokenizer, TOP) for one in (trace, without)
        ]
        rows = [
            [
                frame.escape(before.token),
                decimal_text(before.probability, 3),
                frame.escape(after.token),
                decimal_text(after.probability, 3),
            ]
            for before, after in zip(*both, strict=True)
        ]
        plain, changed = say("attention.off.column.plain"), say("attention.off.column.without")
        chance = say("attention.off.column.probability")
        st.markdown(
            say("attention.off.at", token=frame.escape(trace.tokens[place]), place=place)
            + "\n\n"
            + markdown_table([plain, chance, changed, chance], rows)
        )


def _show_pair(page: AttentionPage, without: Trace) -> None:
    from bert_core.predict import next_sentence_probabilities

    before = next_sentence_probabilities(page.trace.nsp_logits)
    after = next_sentence_probabilities(without.nsp_logits)
    st.markdown(
        page.say(
            "attention.off.pair",
            plain=decimal_text(before.is_next, 3),
            without=decimal_text(after.is_next, 3),
        )
    )


def _shelf(bert: Bert) -> tuple[MaskedBatch, ...]:
    import torch

    from bert_core.shelves import sentences
    from bert_core.studies.heads import mask_shelf

    generator = torch.Generator().manual_seed(SEED)
    return mask_shelf(bert, sentences(bert.language), generator)


def _loss(page: AttentionPage, off: frozenset[tuple[int, int]]) -> float:
    """MLM loss on the shelf, in nats; the last ones are kept."""
    from bert_core.studies.heads import mlm_loss

    with _lock:
        known = _losses.setdefault(page.bert, OrderedDict())
        if off in known:
            return known[off]
    with st.spinner(page.say("attention.off.working")):
        loss = mlm_loss(page.bert, _shelf(page.bert), off)
    with _lock:
        known[off] = loss
        while len(known) > LOSSES_KEPT:
            known.popitem(last=False)
    return loss


def _show_ranking(page: AttentionPage) -> None:
    """Heads by the loss without them, beside their rank by how sharp they look."""
    from bert_core.studies.heads import sharpness

    say = page.say
    paragraph(f"##### {say('attention.off.ranking')}")
    paragraph(say("attention.off.ranking.means"))
    passes = 1 + page.bert.config.num_hidden_layers * page.bert.config.num_attention_heads
    with _lock:
        complete = len(_single_losses.get(page.bert, ())) == passes
    if not complete and not st.button(
        say("attention.off.rank", passes=passes), key="attention_off_rank", type="primary"
    ):
        return
    ranking = _rank(page, passes)
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


def _rank(page: AttentionPage, passes: int) -> list[tuple[int, int, float]]:
    """(layer, head, rise of the loss in nats), the largest rise first; kept per model."""
    from bert_core.studies.heads import mlm_loss

    config = page.bert.config
    sets = [
        frozenset({(layer, head)})
        for layer in range(config.num_hidden_layers)
        for head in range(config.num_attention_heads)
    ]
    shelf = _shelf(page.bert)
    bar = st.progress(0.0, page.say("attention.off.working"))
    with _lock:
        known = _single_losses.setdefault(page.bert, {})
    for off in (frozenset[tuple[int, int]](), *sets):
        if off not in known:  # a reader who leaves in between loses nothing
            known[off] = mlm_loss(page.bert, shelf, off)
        bar.progress(len(known) / passes, page.say("attention.off.working"))
    bar.empty()
    found = [(*place, known[off] - known[frozenset()]) for off in sets for place in off]
    return sorted(found, key=lambda entry: -entry[2])
