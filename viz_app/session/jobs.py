"""Work that may take longer than a moment: in the background, with progress, and to be cancelled.

Results are shared by all sessions and kept within bounds. A page that asks for one gets it at once
if it is there or ready in a moment; else it shows how far the work is until it ends.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Event, Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from viz_app.messages import Say
from viz_app.number_text import share_text

Value = TypeVar("Value")
Report = Callable[[int, int], None]
RESULTS_KEPT = 32
WAIT_SECONDS = 0.3
"""A shorter work shows no progress bar."""
POLL_SECONDS = 0.2
_SESSION = "_jobs"


class CancelledWork(Exception):
    """The reader asked to stop."""


class Job:
    """One piece of work under way."""

    def __init__(self, work: Callable[[Report], Any], pool: ThreadPoolExecutor) -> None:
        self.share = 0.0
        """How much is done, 0..1."""
        self._stop = Event()
        self.future: Future[Any] = pool.submit(work, self._report)

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


class Results:
    """The values worked out last."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any | None:
        """The value, or None if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value; the one not asked for the longest makes room."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._kept:
                self._values.popitem(last=False)


_results = Results(RESULTS_KEPT)
_numbers: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
_count = count()
_pool = ThreadPoolExecutor(1, thread_name_prefix="headlight-lab")


def number_of(model: object) -> int:
    """A number that no other model ever has, for keys that should not keep the model alive."""
    return _numbers.setdefault(model, next(_count))


def result(name: str, of: Hashable, work: Callable[[Report], Value], say: Say) -> Value | None:
    """The value of `work`; waits for it, showing how far it is. None if the reader stopped it.

    Args:
        name: The kind of work; a session does one of each kind at a time.
        of: What it is about: the model's number (`number_of`), the text.
        work: Called with a function to report progress to; raises what that raises.
    """
    # drawn even when there is nothing to wait for: what follows must keep its place on the page
    place = st.empty()
    key = (name, of)
    found = _results.get(key)
    if found is not None:
        return found
    jobs: dict[tuple[str, Hashable], Job] = st.session_state.setdefault(_SESSION, {})
    for other in [other for other in jobs if other != key and other[0] == name]:
        jobs.pop(other).cancel()  # the reader has moved on to another text
    job = jobs.get(key)
    if job is None:
        job = jobs[key] = Job(work, _pool)
    if job.cancelled:
        with place.container():
            st.info(say("labs.cancelled"))
            st.button(say("labs.again"), key=f"labs_again_{name}", on_click=_forget, args=[key])
        return None
    try:
        value = _wait(job, name, place, say)
    except (CancelledWork, CancelledError):
        return None  # by a click that runs the page again
    except Exception:
        del jobs[key]
        raise
    place.empty()
    _results.put(key, value)
    del jobs[key]
    return value


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


def _forget(key: tuple[str, Hashable]) -> None:
    st.session_state[_SESSION].pop(key, None)
