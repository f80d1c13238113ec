"""One step of training on a word of the reader's text: the loss before and after."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.studies.training_step import SteppedWeight, TrainingStep, training_step
from bert_core.words import word_at
from viz_app.messages import Say
from viz_app.number_text import count_text, decimal_text, probability_text, signed_text
from viz_app.session import frame, jobs
from viz_app.session.page_choices import PageChoices
from viz_app.view_models.tokens import display_text
from viz_app.views.text_table import text_table
from viz_app.widgets.chart import download
from viz_app.widgets.prose import paragraph

RATES = ("0.000001", "0.00001", "0.0001", "0.001")
DIGITS = 6


def one_step(bert: Bert, encoding: Encoding, place: int, choices: PageChoices, say: Say) -> None:
    """Hide the word at `place`, and take one step of training on a copy."""
    word = word_at(encoding, place)
    assert word is not None  # a token of the text's own belongs to one
    name = display_text(word.text)
    st.markdown(f"**{say('masked_words.step.title', word=frame.escape(name))}**")
    paragraph(say("masked_words.step.intro"))
    own = {encoding.input_ids[one] for one in word.positions}
    if not own.isdisjoint((bert.tokenizer.mask_id, bert.tokenizer.unk_id)):
        st.info(say("masked_words.step.no_word"))
        return
    st.segmented_control(
        say("masked_words.step.rate"),
        RATES,
        key=choices.one_of("rate", RATES, RATES[1]),
        required=True,
    )
    rate = choices["rate"]
    step = jobs.result(
        "training_step",
        bert,
        (encoding, word.positions, rate),
        lambda report: training_step(bert, encoding, word.positions, float(rate), report),
        say,
    )
    if step is not None:
        _draw(step, bert, say)


def _draw(step: TrainingStep, bert: Bert, say: Say) -> None:
    change = step.loss_after - step.loss_before
    with st.container(horizontal=True):
        for when, loss in (("before", step.loss_before), ("after", step.loss_after)):
            st.metric(
                say(f"masked_words.step.loss_{when}"), decimal_text(loss, DIGITS), border=True
            )
        for when, shares in (
            ("before", step.probabilities_before),
            ("after", step.probabilities_after),
        ):
            shown = " · ".join(map(probability_text, shares))
            st.metric(say(f"masked_words.step.p_{when}"), shown, border=True)
    expected = -step.learning_rate * step.gradient_length**2
    st.caption(
        say(
            "masked_words.step.reading",
            moved=count_text(step.moved),
            total=count_text(step.total),
            length=decimal_text(step.gradient_length, 3),
            expected=signed_text(expected, DIGITS),
            change=signed_text(change, DIGITS),
        )
    )
    columns = [
        say(f"masked_words.step.column.{name}")
        for name in ("weight", "before", "gradient", "after")
    ]
    names = [_name(weight, bert) for weight in step.weights]
    cells = [
        [name, *(decimal_text(value, DIGITS) for value in _values(weight))]
        for name, weight in zip(names, step.weights, strict=True)
    ]
    label = say("masked_words.step.table")
    text_table(columns, cells, key="mw_step", label=label, numbers=(1, 2, 3))
    if len(step.probabilities_before) == 1:
        st.caption(
            say("masked_words.step.bias", p=decimal_text(step.probabilities_before[0], DIGITS))
        )
    st.caption(say("masked_words.step.why"))
    rows = [[name, *_values(weight)] for name, weight in zip(names, step.weights, strict=True)]
    download("training_step", lambda: (columns, rows), say)


def _values(weight: SteppedWeight) -> Sequence[float]:
    return weight.before, weight.gradient, weight.after


def _name(weight: SteppedWeight, bert: Bert) -> str:
    """The parameter with its index; a row that stands for a word says which."""
    index = ", ".join(map(str, weight.index))
    name = f"{weight.parameter.removesuffix('.weight')} [{index}]"
    if weight.parameter.startswith("bert.encoder."):
        return name
    return f"{name} “{display_text(bert.tokenizer.token(weight.index[0]))}”"
