"""Models and traces, shared by all sessions: loaded once, kept within bounds, never changed.

torch is imported by a thread of its own, so that a page can paint before it is there.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import bert_core
from bert_core.folder_files import Version
from viz_app.session import service

if TYPE_CHECKING:
    from bert_core.bert import Bert
    from bert_core.trace import Trace

Value = TypeVar("Value")
TRACES_KEPT = 16
POLL_SECONDS = 0.2


class Shared:
    """A bounded cache of values that are worked out once, however many sessions ask at once.

    A failure is kept until it was told to somebody; whoever asks after that tries again.
    """

    def __init__(self, kept: int, workers: int) -> None:
        self._kept = kept
        self._futures: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="headlight")

    def start(self, key: Hashable, work: Callable[[], Value]) -> Future[Value]:
        """Begin the work in the background, unless it is done or under way."""
        with self._lock:
            future = self._futures.get(key)
            if future is None:
                future = self._futures[key] = self._pool.submit(work)
            self._futures.move_to_end(key)
            while len(self._futures) > self._kept:
                self._futures.popitem(last=False)
            return future

    def get(self, key: Hashable, work: Callable[[], Value]) -> Value:
        """The value, after waiting for it if need be; raises what the work raised."""
        future = self.start(key, work)
        try:
            return future.result()
        except Exception:
            with self._lock:
                if self._futures.get(key) is future:
                    del self._futures[key]
            raise

    def drop(self, unwanted: Callable[[Any], bool]) -> None:
        """Give up what was kept for some keys."""
        with self._lock:
            for key in [key for key in self._futures if unwanted(key)]:
                del self._futures[key]

    def ready(self, key: Hashable) -> bool:
        """Whether the value is there now."""
        with self._lock:
            future = self._futures.get(key)
        return future is not None and future.done() and future.exception() is None


_torch = Shared(1, workers=1)
_models = Shared(service.current().models_kept, workers=1)
# One at a time: two forward passes side by side take longer than one after the other.
_traces = Shared(TRACES_KEPT, workers=1)


def torch_is_here() -> bool:
    """Whether modules that need torch can be imported without waiting."""
    return _torch.ready("torch")


def wait_for_torch() -> None:
    """Wait until torch is imported; by one thread, so that nobody sees it half imported."""
    _torch.get("torch", lambda: bert_core.Bert)


def warm_up(name: str) -> None:
    """Begin to load a model, so that it is there when it is asked for."""
    _models.start(_key(name), lambda: _load(name))


def is_here(name: str) -> bool:
    """Whether a model can be opened without asking another machine for it."""
    return service.current().is_here(name)


def is_loaded(name: str) -> bool:
    """Whether a model can be used without waiting."""
    return _models.ready(_key(name))


def model(name: str) -> Bert:
    """A model by shipped name, folder or Hugging Face id; waits until it is loaded.

    A folder whose files were written anew is read anew, and its earlier model given up.

    Raises:
        ValueError: it cannot be opened; the message says why.
    """
    key = _key(name)
    _models.drop(lambda other: other[0] == name and other != key)
    return _models.get(key, lambda: _load(name))


def wait_for(name: str, show: Callable[[float], None]) -> None:
    """Wait until a model is loaded or has failed; `show` is told the share that is downloaded."""
    future = _models.start(_key(name), lambda: _load(name))
    while not wait([future], timeout=POLL_SECONDS).done:
        share = _downloaded.get(name)
        if share is not None:
            show(share)


_downloaded: dict[str, float] = {}
"""Name of a model → share of it that is there, 0..1, while it is downloaded."""


def _note(name: str, share: float) -> None:
    _downloaded[name] = min(share, 1.0)


def trace(name: str, text_a: str, text_b: str | None, **interventions: Any) -> Trace:
    """The trace of a text, from the cache when it was asked for lately.

    `interventions` are those of `Bert.trace`, as hashable values (frozenset, tuple, str).

    Raises:
        ValueError: the model cannot be opened, or an intervention does not fit.
    """
    bert = model(name)
    # the model itself: its id would be given to another one after it
    key = (bert, text_a, text_b, frozenset(interventions.items()))
    return _traces.get(key, lambda: bert.trace(text_a, text_b, **interventions))


def _key(name: str) -> tuple[str, Version]:
    return name, service.current().version(name)


def _load(name: str) -> Bert:
    wait_for_torch()
    here = service.current()
    if here.listed is None:
        try:
            loaded = bert_core.load(name, report=lambda done, total: _note(name, done / total))
        finally:
            _downloaded.pop(name, None)
    elif (folder := here.folder(name)) is None:
        raise PermissionError(f"{name[:80]!r} is not one of the models offered here")
    else:
        loaded = replace(bert_core.load(str(folder)), name=name)
    # Streamlit collects all garbage after every run. What is loaded now stays, so it is taken out
    # of the collector's sight; else every run would search all of torch for nothing.
    gc.collect()
    gc.freeze()
    return loaded
