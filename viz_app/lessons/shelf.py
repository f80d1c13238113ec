"""Lessons by name: the ready ones, those in a link, and those that a reader has brought."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from functools import cache
from threading import Lock

from viz_app.lessons.faults import Fault, LessonError
from viz_app.lessons.link import is_packed, packed, unpacked
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.records import Lesson
from viz_app.lessons.schema import FILE
from viz_app.session.defaults import DEFAULTS

MOST_KEPT = 200
"""Lessons too long for an address that the server remembers."""
_KEPT_MARK = "kept-"
_kept: OrderedDict[str, str] = OrderedDict()
_lock = Lock()


def model_of(lesson: Lesson) -> str:
    """The model that a lesson names, or its language's own."""
    return lesson.model or DEFAULTS[lesson.language].model


def ready_names(language: str) -> tuple[str, ...]:
    """The ready lessons of a language, `en/what-it-looks-at`, in the order of their files."""
    files = sorted((FILE.parent / language).glob("*.yaml"))
    return tuple(f"{language}/{file.stem}" for file in files)


@cache
def ready_lesson(name: str) -> Lesson:
    """One of `ready_names`."""
    return read_lesson((FILE.parent / f"{name}.yaml").read_text(encoding="utf-8"))


def name_for(source: str) -> str:
    """The name of a lesson that a reader has brought, with the whole of it where an address can."""
    try:
        return packed(source)
    except LessonError:
        name = _KEPT_MARK + hashlib.sha256(source.encode()).hexdigest()[:32]
        with _lock:
            _kept[name] = source
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
        return name


def lesson_named(name: str) -> Lesson:
    """A lesson by its name in the address.

    Raises:
        LessonError: there is none of this name, or it is no lesson.
    """
    language, _, _ = name.partition("/")
    if name in ready_names(language) if language.isalpha() else False:
        return ready_lesson(name)
    if is_packed(name):
        return read_lesson(unpacked(name))
    with _lock:
        source = _kept.get(name)
    if source is None:
        kind = "forgotten" if name.startswith(_KEPT_MARK) else "no_lesson"
        raise LessonError([Fault(kind, 0, {"name": name[:80]})])
    return read_lesson(source)
