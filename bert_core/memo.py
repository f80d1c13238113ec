"""What was worked out about an object that never changes, kept as long as the object lives.

Traces, models, tokenizers and encodings never change, so what follows from one is worked out once.
What is kept about an object must not refer to it, or it would live for ever.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

Value = TypeVar("Value")
Owner = TypeVar("Owner")
Rest = ParamSpec("Rest")
MOST = 64
"""Values kept about one object; the one not asked for the longest makes room."""


class Memo:
    """The values worked out about one object; safe to share between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, default: Any = None) -> Any:
        """The value, or `default` if it is not there."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key, default)

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep a value, and return it."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


_memos: WeakKeyDictionary[Any, Memo] = WeakKeyDictionary()
_lock = Lock()
_MISSING = object()


def memo_of(owner: Any) -> Memo:
    """The memo of an object."""
    with _lock:
        return _memos.setdefault(owner, Memo())


def kept(
    work: Callable[Concatenate[Owner, Rest], Value],
) -> Callable[Concatenate[Owner, Rest], Value]:
    """Let a function remember its values with its first argument; the others must be hashable.

    Two threads that ask at once may both work, and get equal values.
    """

    @wraps(work)
    def ask(owner: Owner, *args: Rest.args, **named: Rest.kwargs) -> Value:
        memo, key = memo_of(owner), (work, args, frozenset(named.items()))
        found = memo.get(key, _MISSING)
        return memo.put(key, work(owner, *args, **named)) if found is _MISSING else found

    return ask
