"""Worked out once per object, forgotten with it, bounded."""

import gc
from concurrent.futures import ThreadPoolExecutor

from bert_core.memo import MOST, Memo, kept, memo_of


class Subject:
    pass


def test_a_value_is_worked_out_once_per_object_and_arguments() -> None:
    calls: list[tuple[Subject, int]] = []

    @kept
    def worked_out(subject: Subject, size: int, *, note: str = "") -> list[int]:
        calls.append((subject, size))
        return [size]

    one, other = Subject(), Subject()
    assert worked_out(one, 1) is worked_out(one, 1)
    assert worked_out(one, 2) == [2]
    assert worked_out(other, 1) is not worked_out(one, 1)
    assert worked_out(one, 1, note="x") is not worked_out(one, 1)
    assert calls == [(one, 1), (one, 2), (other, 1), (one, 1)]


def test_nothing_is_a_value_too() -> None:
    calls: list[Subject] = []

    @kept
    def nothing(subject: Subject) -> None:
        calls.append(subject)

    subject = Subject()
    nothing(subject)
    nothing(subject)
    assert calls == [subject]


def test_functions_do_not_share_values() -> None:
    first, second = kept(lambda subject: 1), kept(lambda subject: 2)
    subject = Subject()
    assert (first(subject), second(subject)) == (1, 2)


def test_what_is_known_goes_with_its_object() -> None:
    subject, value = Subject(), Subject()
    memo_of(subject).put("key", value)
    held = len(gc.get_referrers(value))
    del subject
    gc.collect()
    assert len(gc.get_referrers(value)) < held
    assert memo_of(Subject()).get("key") is None


def test_the_value_not_asked_for_the_longest_makes_room() -> None:
    memo = Memo(most=2)
    memo.put("a", 1)
    memo.put("b", 2)
    assert memo.get("a") == 1
    memo.put("c", 3)
    assert (memo.get("a"), memo.get("b"), memo.get("c")) == (1, None, 3)


def test_many_threads_may_ask_at_once() -> None:
    subject = Subject()

    @kept
    def square(subject: Subject, number: int) -> int:
        return number**2

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: square(subject, number % 100), range(4000)))
    assert found == [(number % 100) ** 2 for number in range(4000)]
    assert len(memo_of(subject)._values) <= MOST
