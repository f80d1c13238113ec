"""Longer work: shown, cancelled, started again, shared, bounded."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event

import pytest
from streamlit.testing.v1 import AppTest

from bert_core.memo import memo_of
from viz_app.messages import text
from viz_app.session import jobs


class Owner:
    """What a piece of work is about, in place of a model."""


owner = Owner()


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "owner", Owner())
    monkeypatch.setattr(jobs, "WAIT_SECONDS", 0.05)


def quick_page() -> None:
    import streamlit as st

    from tests.viz_app.session import test_jobs
    from viz_app import messages
    from viz_app.session import jobs
    from viz_app.session.jobs import Report

    def work(report: Report) -> str:
        report(1, 1)
        return "the value"

    st.write(jobs.result("quick", test_jobs.owner, "text", work, messages.say_in("en")))


def cancelled_page() -> None:
    import streamlit as st

    from tests.viz_app.session import test_jobs
    from viz_app import messages
    from viz_app.session import jobs
    from viz_app.session.jobs import Job, Report

    def work(report: Report) -> str:
        report(1, 2)
        return "done after all"

    if "_jobs" not in st.session_state:
        job = Job(work, jobs._pool, (test_jobs.owner, "text"))
        job.cancel()
        st.session_state["_jobs"] = {"slow": job}
    value = jobs.result("slow", test_jobs.owner, "text", work, messages.say_in("en"))
    st.write(value or "nothing yet")


def test_quick_work_shows_no_progress() -> None:
    test = AppTest.from_function(quick_page).run()
    assert not test.exception
    assert test.markdown[0].value == "the value"
    assert not test.button


def test_cancelled_work_says_so_and_can_start_again() -> None:
    test = AppTest.from_function(cancelled_page).run()
    assert not test.exception
    assert test.info[0].value == text("en", "labs.cancelled")
    assert test.markdown[0].value == "nothing yet"
    [again] = [button for button in test.button if button.label == text("en", "labs.again")]
    again.click().run()
    assert test.markdown[0].value == "done after all"
    assert not test.info


def moved_on_page() -> None:
    import time

    import streamlit as st

    from tests.viz_app.session import test_jobs
    from viz_app import messages
    from viz_app.session import jobs
    from viz_app.session.jobs import Report

    about = st.text_input("about", "first")

    def work(report: Report) -> str:
        for step in range(500 if about == "first" else 1):
            report(step, 500)
            time.sleep(0.01)
        return f"all about the {about}"

    if about == "first":  # the reader does not wait for it
        st.session_state["_jobs"] = {"slow": jobs.Job(work, jobs._pool, (test_jobs.owner, about))}
        st.session_state["first"] = st.session_state["_jobs"]["slow"].future
    else:
        st.write(jobs.result("slow", test_jobs.owner, about, work, messages.say_in("en")))


def test_who_moves_on_to_another_text_does_not_wait_for_the_first() -> None:
    test = AppTest.from_function(moved_on_page).run()
    test.text_input[0].set_value("second").run()
    assert not test.exception
    assert test.markdown[0].value == "all about the second"
    first = test.session_state["first"]
    assert first.cancelled() or isinstance(first.exception(10), jobs.CancelledWork)


def test_a_job_stops_at_its_next_report() -> None:
    reached, go_on = Event(), Event()

    def work(report: jobs.Report) -> str:
        report(1, 4)
        reached.set()
        go_on.wait(10)
        report(2, 4)
        return "not reached"

    job = jobs.Job(work, jobs._pool)
    assert reached.wait(10)
    assert job.share == 0.25
    job.cancel()
    go_on.set()
    with pytest.raises(jobs.CancelledWork):
        job.future.result(10)


def failing_page() -> None:
    import streamlit as st

    from tests.viz_app.session import test_jobs
    from viz_app import messages
    from viz_app.session import jobs
    from viz_app.session.jobs import Report

    mended = st.checkbox("mended")

    def work(report: Report) -> str:
        if mended:
            return "fine"
        raise ValueError("a reason")

    st.write(jobs.result("fails", test_jobs.owner, "text", work, messages.say_in("en")))


def test_a_failure_is_told_and_not_kept() -> None:
    test = AppTest.from_function(failing_page).run()
    assert len(test.exception) == 1
    test.checkbox[0].check().run()
    assert not test.exception
    assert test.markdown[0].value == "fine"


def test_two_sessions_that_ask_for_the_same_work_cause_it_once() -> None:
    calls: list[int] = []
    go_on = Event()

    def work(report: jobs.Report) -> str:
        calls.append(1)
        return "the value"

    known = memo_of(owner)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go_on.wait, 10)  # both stand in line
        both = [
            jobs.Job(partial(jobs._once, known, ("kind", 1), work), pool, (owner, 1))
            for _ in range(2)
        ]
        go_on.set()
        assert [job.future.result(10) for job in both] == ["the value"] * 2
    assert len(calls) == 1
