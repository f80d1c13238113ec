"""Work that may take longer than a moment: in the background, with progress, and to be cancelled.

A page that asks for a result gets it at once if it is there or ready in a moment; else it shows how
far the work is until it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core.memo import Memo, memo_of
from viz_app.messages import Say
from viz_app.number_text import share_text
from viz_app.session import service

Value = TypeVar("Value")
Report = Callable[[int, int], None]
WAIT_SECONDS = 0.3
"""A shorter work shows no progress bar."""
POLL_SECONDS = 0.2
_SESSION = "_jobs"


_open: set[Future[Any]] = set()
"""What is under way or waiting, of all sessions."""


class CancelledWork(Exception):
    """The reader asked to stop."""


class Job:
    """One piece of work under way."""

    def __init__(
        self,
        work: Callable[[Report], Any],
        pool: ThreadPoolExecutor,
        about: tuple[Any, Hashable] = (None, None),
    ) -> None:
        self.about = about
        """The owner of the value, and what else it depends on."""
        self.share = 0.0
        """How much is done, 0..1."""
        self._stop = Event()
        self.future: Future[Any] = pool.submit(work, self._report)
        _open.add(self.future)
        self.future.add_done_callback(_open.discard)

    def cancel(self) -> None:
        """Stop at the next report, or before the work has begun."""
        self._stop.set()
        self.future.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to stop."""
        return self._stop.is_set()

    def _report(self, done: int, total: int) -> None:
        self.share = done / total if total else 1.0
        if self._stop.is_set():
            raise CancelledWork


_pool = ThreadPoolExecutor(1, thread_name_prefix="headlight-lab")


def result(
    name: str, owner: Any, key: Hashable, work: Callable[[Report], Value], say: Say
) -> Value | None:
    """The value of `work`; waits for it, showing how far it is. None if the reader stopped it.

    It is kept with its owner, so that every session has it as long as that lives.

    Args:
        name: The kind of work; a session does one of each kind at a time.
        owner: The model or trace that it is about.
        key: What else it depends on.
        work: Called with a function to report progress to; raises what that raises.
    """
    # drawn even when there is nothing to wait for: what follows must keep its place on the page
    place = st.empty()
    known = memo_of(owner)
    found = known.get((name, key))
    if found is not None:
        return found
    jobs: dict[str, Job] = st.session_state.setdefault(_SESSION, {})
    job = jobs.get(name)
    if job is None or job.about != (owner, key):
        if job is not None:
            job.cancel()  # the reader has moved on to another text
        if not _make_room(jobs):
            with place.container():
                st.warning(say("labs.busy"))
                st.button(say("labs.again"), key=f"labs_again_{name}")
            return None
        job = jobs[name] = Job(partial(_once, known, (name, key), work), _pool, (owner, key))
    if job.cancelled:
        with place.container():
            st.info(say("labs.cancelled"))
            st.button(say("labs.again"), key=f"labs_again_{name}", on_click=_forget, args=[name])
        return None
    try:
        value = _wait(job, name, place, say)
    except (CancelledWork, CancelledError):
        return None  # by a click that runs the page again
    except Exception:
        del jobs[name]
        raise
    place.empty()
    del jobs[name]
    return value


def known(name: str, owner: Any, key: Hashable) -> bool:
    """Whether `result` would have the value at once."""
    return memo_of(owner).get((name, key)) is not None


def _make_room(jobs: Mapping[str, Job]) -> bool:
    """Whether another job may begin; on a served app a session's oldest gives way to it."""
    here = service.current()
    open_ones = [job for job in jobs.values() if not job.future.done() and not job.cancelled]
    if here.most_jobs_of_a_session is not None:
        for job in open_ones[: len(open_ones) + 1 - here.most_jobs_of_a_session]:
            job.cancel()
    return here.most_jobs is None or len(_open) < here.most_jobs


def _once(known: Memo, key: Hashable, work: Callable[[Report], Value], report: Report) -> Value:
    """The value, unless another session has worked it out while this job stood in line."""
    found = known.get(key)
    return known.put(key, work(report)) if found is None else found


def _wait(job: Job, name: str, place: DeltaGenerator, say: Say) -> Any:
    """The job's value. A click on the page, also on the button here, ends the waiting."""
    with suppress(TimeoutError):
        return job.future.result(timeout=WAIT_SECONDS)
    with place.container():
        line, button = st.columns([4, 1], vertical_alignment="center")
        button.button(say("labs.cancel"), key=f"labs_cancel_{name}", on_click=job.cancel)
        bar = line.empty()
    while True:
        bar.progress(min(job.share, 1.0), text=say("labs.working", share=share_text(job.share, 0)))
        with suppress(TimeoutError):
            return job.future.result(timeout=POLL_SECONDS)


def _forget(name: str) -> None:
    st.session_state[_SESSION].pop(name, None)
