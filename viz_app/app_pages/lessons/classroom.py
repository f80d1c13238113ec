"""The class: reports of many students, question by question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from viz_app.app_pages.lessons.report import app_address
from viz_app.figures.tally import tally_bars
from viz_app.lessons.class_results import (
    Brought,
    Collected,
    QuestionResult,
    Skipped,
    collect,
    question_results,
    statistics_of,
    subjects,
)
from viz_app.lessons.item_statistics import (
    LEAST,
    ItemStatistics,
    chance_correlation,
    normalised_gain,
)
from viz_app.lessons.report import Report
from viz_app.lessons.report_file import reports_csv
from viz_app.lessons.report_reading import ReportError, read_reports
from viz_app.lessons.text import label, shown
from viz_app.messages import Say
from viz_app.number_text import decimal_text, share_text
from viz_app.session.page_choices import is_reworded
from viz_app.view_models.csv_file import csv_bytes
from viz_app.widgets.chart import chart, table
from viz_app.widgets.prose import paragraph

TIMES = ("first", "again")
"""Before and after teaching; a class that did a lesson once has the first alone."""
MEGABYTES = 8
"""A file taken at all, so that one too large is called so in the page's own words, as far as the
server takes it."""
MOST_TEXTS = 200
_PILE = "_class_pile"
TIME_BOX = "class_paste_time"


Content = tuple[Report, ...] | ReportError
"""What a file turned out to be."""


@dataclass
class _Pile:
    """What this session has been brought; the server has it nowhere else."""

    files: dict[str, dict[str, tuple[str, Content]]] = field(
        default_factory=lambda: {time: {} for time in TIMES}
    )
    """By time and by the number that Streamlit gives an uploaded file: its name and content."""
    shown: dict[str, set[str]] = field(default_factory=lambda: {time: set() for time in TIMES})
    """The files that the upload boxes had in the last run."""
    pasted: dict[str, list[Content]] = field(default_factory=lambda: {time: [] for time in TIMES})
    round: int = 0
    """Names the upload boxes, so that they begin empty after all was taken away."""

    @property
    def count(self) -> int:
        """Files and pastes."""
        return sum(len(self.files[time]) + len(self.pasted[time]) for time in TIMES)


def class_results(say: Say) -> None:
    """Bring reports; below them what they say."""
    paragraph(say("class.intro"))
    pile: _Pile = st.session_state.setdefault(_PILE, _Pile())
    brought, skipped = _bring(pile, say)
    known = subjects([*brought["first"], *brought["again"]])
    if not known:
        _draw_skipped(skipped, say)
        st.info(say("class.waiting"))
        return
    subject = known[0]
    if len(known) > 1:
        titles = {
            one.report.head.subject: one.report.head for each in brought.values() for one in each
        }
        counts = {
            each: sum(one.report.head.subject == each for one in sum(brought.values(), []))
            for each in known
        }
        # the browser would go on showing an option with the number of reports it had before
        picked = st.session_state.get("class_subject")
        if is_reworded("class_subject", tuple(counts.values())) and picked in known:
            st.session_state["class_subject"] = picked
        subject = st.selectbox(
            say("class.subject"),
            known,
            key="class_subject",
            format_func=lambda each: say(
                "class.subject_text",
                title=titles[each].title,
                model=titles[each].model,
                revision=titles[each].revision,
                count=counts[each],
            ),
        )
    found = {time: collect(brought[time], subject) for time in TIMES}
    _draw_skipped([*skipped, *found["first"].skipped, *found["again"].skipped], say)
    main = found["first"] if found["first"].reports else found["again"]
    if not main.reports:
        st.info(say("class.waiting"))
        return
    _draw_class(main, found, say)


def _bring(pile: _Pile, say: Say) -> tuple[dict[str, list[Brought]], list[Skipped]]:
    """The reports of both times, and the files that are none."""
    columns = dict(zip(TIMES, st.columns(2, gap="medium"), strict=True))
    brought: dict[str, list[Brought]] = {}
    skipped: list[Skipped] = []
    names = {"first": "class.upload", "again": "class.upload_again"}
    # a box that was not drawn for a while comes back empty, which takes no file away
    returned = TIME_BOX not in st.session_state
    for time, column in columns.items():
        files = column.file_uploader(
            say(names[time]),
            type=["html", "htm", "csv"],
            accept_multiple_files=True,
            key=f"class_files_{time}_{pile.round}",
            max_upload_size=MEGABYTES,
        )
        mine = pile.files[time]
        now = {file.file_id for file in files}
        for gone in set() if returned else pile.shown[time] - now:
            mine.pop(gone, None)
        for file in files:
            if file.file_id not in mine:
                mine[file.file_id] = file.name, _read(file.getvalue())
        pile.shown[time] = now
        entries = list(mine.values())
        entries += [
            (say("class.paste_name", number=number), content)
            for number, content in enumerate(pile.pasted[time], 1)
        ]
        brought[time] = []
        for source, content in entries:
            if isinstance(content, ReportError):
                skipped.append(Skipped(source, "fault", content.told(say)))
            else:
                brought[time] += [Brought(source, report) for report in content]
    _draw_paste(pile, say)
    return brought, skipped


def _read(content: bytes | str) -> Content:
    try:
        return read_reports(content)
    except ReportError as error:
        return error


def _draw_paste(pile: _Pile, say: Say) -> None:
    def add() -> None:
        content = _read(st.session_state["class_paste"])
        pile.pasted[st.session_state[TIME_BOX]].append(content)
        if not isinstance(content, ReportError):  # what could not be read stays in its box
            st.session_state["class_paste"] = ""

    with st.expander(say("class.paste")):
        st.caption(say("class.paste_note"))
        st.text_area(say("class.paste_box"), key="class_paste", height=120, persist_state="session")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.radio(
                say("class.paste_which"),
                TIMES,
                key=TIME_BOX,
                format_func=lambda time: say(f"class.paste_{time}"),
                horizontal=True,
                width="content",
            )
            st.button(say("class.paste_add"), key="class_paste_add", on_click=add)

    def clear() -> None:
        st.session_state[_PILE] = _Pile(round=pile.round + 1)

    if pile.count:
        words = say("class.clear", count=pile.count)
        st.button(words, key="class_clear", type="tertiary", on_click=clear)


def _draw_skipped(skipped: Sequence[Skipped], say: Say) -> None:
    if skipped:
        lines = "\n".join(f"- {label(one.told(say))}" for one in skipped)
        st.warning(f"{say('class.skipped.title')}\n\n{lines}")


def _draw_class(main: Collected, found: dict[str, Collected], say: Say) -> None:
    results = question_results(main.reports)
    statistics = statistics_of(results)
    head = main.reports[0].head
    st.markdown(f"### {label(head.title)}")
    values = {"count": len(main.reports), "questions": len(results)}
    if statistics is None:
        st.markdown(say("class.summary_open", **values))
    else:
        st.markdown(say("class.summary", **values, mean=share_text(statistics.mean, 0)))
    both = all(one.reports for one in found.values())
    after = statistics_of(question_results(found["again"].reports)) if both else None
    every = [report for one in found.values() for report in one.reports]
    with st.container(horizontal=True):
        st.download_button(
            say("class.save"),
            data=lambda: reports_csv(every, say, base=app_address()),
            file_name="class.csv",
            mime="text/csv",
            key="class_save",
            on_click="ignore",
        )
        if statistics is not None:
            columns, rows = _statistics_table(results, statistics, after, say)
            st.download_button(
                say("class.save_statistics"),
                data=lambda: csv_bytes(columns, rows),
                file_name="class-figures.csv",
                mime="text/csv",
                key="class_save_statistics",
                on_click="ignore",
            )
    if statistics is not None:
        _draw_statistics(results, statistics, after, say)
    for result in results:
        _draw_question(result, say)
    with st.expander(say("class.students")):
        names = [say(f"class.column.{name}") for name in ("student", "answered", "right")]
        students = [
            (
                label(one.head.name or one.head.report),
                f"{one.answered} / {len(one.rows)}",
                f"{one.right} / {one.decided}",
            )
            for one in every
        ]
        table(names, students, "class_students")


def _draw_question(result: QuestionResult, say: Say) -> None:
    question = result.question
    with st.container(border=True, gap="small"):
        st.markdown(f"**{question.id}** {shown(question.ask)}")
        if question.kind == "free":
            _draw_texts(result, say)
        else:
            view = result.tally()
            counts = view.in_words()
            chart(
                tally_bars(view),
                f"class_{question.id.replace('.', '_')}",
                alt=say("class.chart", counts=counts),
            )
        kind = "question" if question.right is not None else "question_open"
        words = say(
            f"class.{kind}", answered=result.answered, count=len(result.rows), right=result.right
        )
        if result.hinted:
            words += " " + say("class.hinted", hinted=result.hinted)
        st.caption(words)


def _draw_texts(result: QuestionResult, say: Say) -> None:
    if not result.texts:
        st.markdown(say("class.none_written"))
    else:
        # as they are: a student's text is no Markdown
        counts = Counter(result.texts)
        lines = [
            f"- {label(text)}{f' × {count}' if count > 1 else ''}"
            for text, count in list(counts.items())[:MOST_TEXTS]
        ]
        with st.container(height=320 if len(lines) > 6 else "content", border=False):
            st.markdown("\n".join(lines))


def _draw_statistics(
    results: Sequence[QuestionResult],
    statistics: ItemStatistics,
    after: ItemStatistics | None,
    say: Say,
) -> None:
    with st.expander(say("class.statistics"), expanded=after is not None):
        paragraph(say("class.statistics_note"))
        columns, rows = _statistics_table(results, statistics, after, say)
        table(columns, [[_written(cell) for cell in row] for row in rows], "class_statistics")
        students = statistics.students
        if students < LEAST:
            st.info(say("class.too_few", count=students, least=LEAST))
        else:
            if statistics.alpha is None:
                st.markdown(say("class.alpha_none"))
            else:
                alpha = decimal_text(statistics.alpha, 2)
                items = len(statistics.difficulty)
                st.markdown(say("class.alpha", alpha=alpha, count=items, students=students))
            bound = decimal_text(chance_correlation(students), 2)
            st.caption(say("class.chance", count=students, bound=bound))
        if after is not None:
            gain = normalised_gain(statistics.mean, after.mean)
            if gain is None:
                st.markdown(say("class.gain_all"))
            else:
                st.markdown(
                    say(
                        "class.gain",
                        before=share_text(statistics.mean, 0),
                        after=share_text(after.mean, 0),
                        gain=decimal_text(gain, 2),
                    )
                )
            st.caption(say("class.gain_students", before=students, after=after.students))


def _statistics_table(
    results: Sequence[QuestionResult],
    statistics: ItemStatistics,
    after: ItemStatistics | None,
    say: Say,
) -> tuple[list[str], list[list[object]]]:
    """A row per question with a right answer; r only of a class that is large enough."""
    names = ["item", "difficulty", "discrimination", *(["after", "gain"] if after else [])]
    decided = [result.question.id for result in results if result.question.right is not None]
    rows: list[list[object]] = []
    for index, one in enumerate(decided):
        p = statistics.difficulty[index]
        r = statistics.discrimination[index] if statistics.students >= LEAST else None
        rows.append([one, p, "" if r is None else r])
        if after is not None:
            second = after.difficulty[index]
            gain = normalised_gain(p, second)
            rows[-1] += [second, "" if gain is None else gain]
    return [say(f"class.column.{name}") for name in names], rows


def _written(cell: object) -> str:
    return decimal_text(cell, 2) if isinstance(cell, float) else str(cell or "–")
