"""The report of a reader's run: saved on the reader's machine, sent nowhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

import streamlit as st

from viz_app.lessons.answers import StopReview
from viz_app.lessons.models import revision_of
from viz_app.lessons.report import Report, make_report
from viz_app.lessons.report_file import report_html, reports_csv
from viz_app.lessons.run import Run
from viz_app.messages import Say
from viz_app.session import state

_DRAFTS = "_lesson_reports"
LONGEST_NAME = 100


@dataclass
class _Draft:
    """What a run's reports have in common besides the answers."""

    number: str = field(default_factory=lambda: secrets.token_hex(8))
    name: str = ""


def app_address() -> str:
    """The app's own address with a closing slash, as this page knows it."""
    return f"{(st.context.url or '').rpartition('/')[0]}/"


def draw_report(run: Run, found: tuple[StopReview, ...], say: Say) -> None:
    """A box for a name, and two buttons that save the report."""
    drafts: dict[str, _Draft] = st.session_state.setdefault(_DRAFTS, {})
    draft = drafts.setdefault(run.name, _Draft())
    language, base = state.current().language, app_address()

    def keep() -> None:
        draft.name = st.session_state["report_name"].strip()

    def report() -> Report:
        # at the click, so that a name typed just before is in it
        return make_report(
            run.lesson,
            found,
            run.answers,
            report=draft.number,
            model=run.model,
            revision=revision_of(run.model),
            language=language,
            name=draft.name,
            hints=run.hints,
        )

    st.session_state.setdefault("report_name", draft.name)
    st.caption(say("class.report.intro_test" if run.lesson.test else "class.report.intro"))
    st.text_input(
        say("class.report.name"),
        key="report_name",
        max_chars=LONGEST_NAME,
        on_change=keep,
        width=320,
    )
    with st.container(horizontal=True):
        st.download_button(
            say("class.report.html"),
            data=lambda: report_html(report(), say, base=base, test=run.lesson.test).encode(),
            file_name=f"report-{draft.number}.html",
            mime="text/html",
            key="report_html",
            on_click="ignore",
        )
        if not run.lesson.test:  # a table says what is right
            st.download_button(
                say("class.report.csv"),
                data=lambda: reports_csv([report()], say, base=base),
                file_name=f"report-{draft.number}.csv",
                mime="text/csv",
                key="report_csv",
                on_click="ignore",
            )
