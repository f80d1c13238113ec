"""Models: what is loaded, where its numbers come from, and how to open another one."""

from io import BytesIO
from pathlib import Path

import streamlit as st
import torch

from bert_core.archive import unpack
from bert_core.assets import shipped_checkpoints
from bert_core.bert import Bert
from bert_core.folder_layout import model_folder
from bert_core.problems import CheckpointError
from bert_core.weights import weight_files
from viz_app.figures.training import parameter_bars, training_curve
from viz_app.number_text import count_text, decimal_text, share_text
from viz_app.session import frame, service, state
from viz_app.view_models.checkpoint_facts import (
    HELD_OUT_FIGURES,
    LOAD_ERRORS,
    LONGEST_CARD,
    HeldOut,
    Training,
    model_card,
    parameter_parts,
    read_training,
)
from viz_app.widgets.chart import chart

LARGEST_UPLOAD = 500
"""MB; a BERT-base in float32 has 440. Streamlit holds what is uploaded in memory, and writes from
half a GB on "1GB"."""
MISSING_PARTS = ("pooler", "mlm", "nsp")
STYLE = """<style>
[class*=st-key-models_] table { width: 100%; }
[class*=st-key-models_facts] thead { display: none; }
[class*=st-key-models_facts] td:first-child { min-width: 9rem; }
[class*=st-key-models_facts] td:last-child { overflow-wrap: anywhere; }
[class*=st-key-models_] td { font-variant-numeric: tabular-nums; vertical-align: top; }
[class*=st-key-models_] [data-testid=stMarkdownContainer] { overflow-x: auto; }
</style>"""


def facts(rows: list[tuple[str, str]]) -> str:
    """A two-column Markdown table without a heading; values must be escaped already."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def device_in_words(bert: Bert) -> str:
    """The device that the model is on."""
    device = next(bert.model.parameters()).device
    if device.type == "cuda":
        return f"CUDA, {torch.cuda.get_device_name(device)}"
    if device.type == "mps":
        return "Apple GPU (mps)"
    return say("models.device.cpu", threads=torch.get_num_threads())


def draw_sizes(bert: Bert, folder: Path | None) -> None:
    """Sizes of the model, device, files."""
    config = bert.config
    rows = [
        ("layers", str(config.num_hidden_layers)),
        ("heads", f"{config.num_attention_heads} × {config.head_size}"),
        ("hidden", count_text(config.hidden_size)),
        ("inner", f"{config.intermediate_size:,}, {config.hidden_act}"),
        ("vocabulary", count_text(config.vocab_size)),
        ("positions", f"{config.max_position_embeddings:,}, {config.position_embedding_type}"),
        ("segments", str(config.type_vocab_size)),
        ("device", frame.escape(device_in_words(bert))),
    ]
    try:
        files = weight_files(model_folder(folder)) if folder else ()
        megabytes = sum(file.stat().st_size for file in files) / 1e6
    except (CheckpointError, OSError):  # the folder was changed after it was opened
        files = ()
    if files:
        names = ", ".join(file.name for file in files[:3]) + (", …" if len(files) > 3 else "")
        rows.append(("file", f"{frame.escape(names)}, {megabytes:,.1f} MB"))
    with st.container(key="models_facts_sizes"):
        st.markdown(facts([(say(f"models.size.{name}"), value) for name, value in rows]))


def draw_parameters(bert: Bert) -> None:
    """Where the parameters are, as bars and with the arithmetic."""
    parts = parameter_parts(bert)
    total = sum(part.count for part in parts)
    # English counts in millions, Chinese in 万
    rough = total / int(say("models.parameters.unit"))
    rounded = count_text(round(rough)) if rough >= 100 else decimal_text(rough, 1)
    st.markdown(say("models.parameters.total", total=count_text(total), rounded=rounded))
    chart(
        parameter_bars(
            [part.count for part in parts],
            [say(f"models.part.{part.name}") for part in parts],
            axis=say("models.parameters.axis"),
        ),
        key="models_parameters",
        alt=say("models.parameters.alt"),
    )
    with st.expander(say("models.parameters.how")), st.container(key="models_facts_formulas"):
        st.markdown(
            facts(
                [
                    (
                        say(f"models.part.{part.name}"),
                        f"{part.formula} = **{part.count:,}**",
                    )
                    for part in parts
                ]
            )
        )
        tied = bert.config.tie_word_embeddings
        st.caption(say(f"models.parameters.{'tied' if tied else 'untied'}"))


def draw_missing(bert: Bert) -> None:
    """What the checkpoint lacks, and what does not work without it."""
    absent = [part for part in MISSING_PARTS if part in bert.missing]
    if not absent:
        st.markdown(say("models.missing.none"))
    for part in absent:
        st.warning(say(f"models.missing.{part}"))
        st.caption(frame.escape(bert.missing[part]))


def draw_notes(bert: Bert) -> None:
    """What was concluded about the folder, where its files do not say it."""
    for name, value in bert.notes.items():
        st.info(say(f"models.note.{name}", value=frame.escape(value)))


def draw_training(folder: Path | None) -> None:
    """The record of the run, as far as the checkpoint's folder tells it."""
    try:
        training = read_training(folder) if folder else None
    except ValueError as error:
        st.warning(say("models.training.broken", reason=frame.escape(str(error))))
        return
    if training is None:
        st.markdown(say("models.training.none"))
        return
    left, right = st.columns([2, 3], gap="large")
    with left, st.container(key="models_facts_run"):
        st.markdown(facts(training_rows(training)))
    with right:
        draw_figures(training)
    if training.curve is not None:
        loss, accuracy = st.columns(2)
        axis = say("models.training.axis")
        for column, name, values, share in (
            (loss, "mlm_loss", training.curve.mlm_loss, False),
            (accuracy, "nsp_accuracy", training.curve.nsp_accuracy, True),
        ):
            title = say(f"models.curve.{name}")
            with column:
                chart(
                    training_curve(
                        training.curve.tokens, values, title=title, axis=axis, share=share
                    ),
                    key=f"models_curve_{name}",
                    alt=title,
                )


def training_rows(training: Training) -> list[tuple[str, str]]:
    """What is known of a run, in words."""
    earlier = training.earlier and training.earlier.tokens_seen
    known = {
        "tokens_seen": training.tokens_seen and f"{training.tokens_seen / 1e6:,.1f} M",
        "tokens_before": earlier and f"{earlier / 1e6:,.1f} M",
        "corpus_tokens": training.corpus_tokens and f"{training.corpus_tokens / 1e6:,.1f} M",
        "steps": training.steps and count_text(training.steps),
        "batch_tokens": training.batch_tokens and count_text(training.batch_tokens),
        "seconds": training.seconds
        and say("models.training.minutes", minutes=count_text(training.seconds / 60)),
        "device": training.device and frame.escape(training.device),
        "seed": None if training.seed is None else decimal_text(training.seed, 0),
        "continued_from": training.continued_from and frame.escape(training.continued_from),
        "files": frame.escape(", ".join(training.corpus_files)),
    }
    return [(say(f"models.training.{name}"), value) for name, value in known.items() if value]


def draw_figures(training: Training) -> None:
    """How good the model is, on held-out text and on the app's own sentences."""
    if training.heldout:
        kinds = training.heldout
        before = {kind.kind: kind for kind in training.earlier.heldout} if training.earlier else {}
        figures = {
            name: [figure(kind, before.get(kind.kind), name) for kind in kinds]
            for name in HELD_OUT_FIGURES
            if any(getattr(kind, name) is not None for kind in kinds)
        }
        lines = [
            f"| | {' | '.join(kind_in_words(kind.kind) for kind in kinds)} |",
            f"|---|{'---:|' * len(kinds)}",
            *(
                f"| {say(f'models.figure.{name}')} | {' | '.join(cells)} |"
                for name, cells in figures.items()
            ),
        ]
        st.markdown(f"**{say('models.heldout.heading')}**")
        with st.container(key="models_heldout"):
            st.markdown("\n".join(lines))
        continued = say("models.heldout.before") if before else ""
        st.caption(f"{say('models.heldout.caption')} {continued}")
    if training.cloze_top5 is not None and training.everyday_nsp is not None:
        st.markdown(
            say(
                "models.everyday",
                cloze=per_cent(training.cloze_top5),
                pairs=per_cent(training.everyday_nsp),
            )
        )


def kind_in_words(kind: str) -> str:
    """How held-out text was cut into pairs."""
    known = ("packed_64", "packed_128", "single_sentences")
    return say(f"models.heldout.{kind}") if kind in known else frame.escape(kind)


def figure(now: HeldOut, before: HeldOut | None, name: str) -> str:
    """One held-out figure, with what it was before this run in brackets."""

    def written(value: float | None) -> str:
        if name == "mlm_loss" and value is not None:
            return decimal_text(value, 2)
        return per_cent(value)

    earlier = None if before is None else getattr(before, name)
    in_brackets = "" if earlier is None else f" ({written(earlier)})"
    return written(getattr(now, name)) + in_brackets


def per_cent(share: float | None) -> str:
    """A share 0..1 in per cent."""
    return "–" if share is None else share_text(share)


def draw_card(folder: Path | None, shipped: bool) -> None:
    """Licence and origin, in the words of the checkpoint's own model card."""
    card = model_card(folder, visit.selection.language) if folder else None
    if card is None:
        st.markdown(say("models.card.none"))
    elif shipped:
        # Below the page's own headings; the title only repeats the model's name.
        body = card.split("\n", 1)[1] if card.startswith("# ") else card
        with st.container(key="models_card"):
            st.markdown(body.replace("\n## ", "\n##### "))
    else:
        # Anybody's text: as Markdown it could fetch pictures from elsewhere.
        st.code(card, language=None, wrap_lines=True, height=360)
        if len(card) == LONGEST_CARD:
            st.caption(say("models.card.cut", count=count_text(LONGEST_CARD)))


def draw_upload() -> None:
    """A zip file of a model's folder, for where the app runs on another machine."""
    given = st.file_uploader(
        say("models.open.upload"), type="zip", max_upload_size=LARGEST_UPLOAD, key="models_upload"
    )
    if given is not None:
        st.button(say("models.open.upload_button"), on_click=open_upload, args=[given])
    reason = st.session_state.pop("_models_upload_failed", None)
    if reason is not None:
        st.error(say("models.open.upload_failed", reason=frame.escape(reason)))


def open_upload(given: BytesIO) -> None:
    """Unpack what was uploaded, and choose it."""
    given.seek(0)
    try:
        folder = str(unpack(given, given.name))
    except CheckpointError as error:
        st.session_state["_models_upload_failed"] = str(error)
        return
    state.ask_for_model(folder)
    state.choose(model=folder)


def draw_how_to_open() -> None:
    """Exact steps for another model, and what can go wrong."""
    listed = service.current().listed
    if listed is not None:
        st.markdown(say("models.open.served", offered=", ".join(map(frame.escape, listed))))
        return
    st.markdown(say("models.open.steps"))
    draw_upload()
    with st.expander(say("models.open.errors")):
        st.markdown(
            "\n\n".join(
                f"**{frame.escape(message)}**  \n{say(f'models.remedy.{name}')}"
                for name, message in LOAD_ERRORS.items()
            )
        )


def draw_model() -> None:
    """All that is known of the chosen model; stops the page where it cannot be opened."""
    bert, chosen = visit.bert, visit.selection.model
    folder = service.current().folder(chosen)
    st.subheader(say("models.heading", model=frame.escape(bert.name)), anchor=False)
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.markdown(f"#### {say('models.sizes.heading')}")
        draw_sizes(bert, folder)
        draw_missing(bert)
        draw_notes(bert)
    with right:
        st.markdown(f"#### {say('models.parameters.heading')}")
        draw_parameters(bert)
    st.markdown(f"#### {say('models.training.heading')}")
    draw_training(folder)
    st.markdown(f"#### {say('models.card.heading')}")
    draw_card(folder, shipped=chosen in shipped_checkpoints())


visit = frame.visit()
say = visit.say
st.html(STYLE)
about = st.container()
# Drawn first: it is needed most where the model cannot be opened and the page stops.
st.markdown(f"#### {say('models.open.heading')}")
draw_how_to_open()
with about:
    draw_model()
