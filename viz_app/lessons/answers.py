"""What is right in a lesson by a model: premises, figures and answers, worked out as it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bert_core.bert import Bert
from bert_core.findings import Finding, check, position_of
from bert_core.quantities import (
    QUANTITIES,
    Compared,
    Entry,
    Measured,
    NotThere,
    Unit,
    answer,
    token_name,
)
from bert_core.trace import Trace
from viz_app.lessons.faults import Fault
from viz_app.lessons.reading import ANSWER, superlative
from viz_app.lessons.records import (
    OFFERED,
    SUPERLATIVES,
    Choose,
    Given,
    Lesson,
    Number,
    Option,
    Order,
    Premise,
    Quantity,
    Question,
    Stop,
)
from viz_app.number_text import count_text, decimal_text, probability_text


@dataclass(frozen=True)
class Right:
    """The right answer of one question, by one model."""

    answer: int | tuple[int, ...] | float
    """The option's number, the items' numbers in their order, or a number."""
    written: str
    """In words, as `{{answer}}` writes it."""
    measured: str
    """What decided, for whoever wrote the question."""


@dataclass(frozen=True)
class StopReview:
    """What a model makes of one stop."""

    position: int
    """Of the token that looks."""
    premises: tuple[tuple[Premise, Finding], ...]
    figures: Mapping[str, str]
    """Name → as the stop's texts write it; a token of the text may be among them."""
    rights: tuple[Right | None, ...]
    """One per question; None: it has no right answer, or the model gives none."""
    faults: tuple[Fault, ...]

    @property
    def untrue(self) -> tuple[tuple[Premise, Finding], ...]:
        """The premises that do not hold."""
        return tuple(pair for pair in self.premises if not pair[1].holds)


class _Unanswered(Exception):
    """A quantity or a question that the model cannot answer."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.kind)
        self.fault = fault


def review(
    lesson: Lesson, bert: Bert, report: Callable[[int, int], None] = lambda done, total: None
) -> tuple[StopReview, ...]:
    """Hold a lesson to a model, stop by stop.

    Args:
        report: Called with the stops that are done and how many there are.
    """
    found = []
    for number, stop in enumerate(lesson.stops):
        report(number, len(lesson.stops))
        found.append(_review_stop(stop, bert))
    return tuple(found)


def is_right(question: Question, right: Right | None, given: Given) -> bool | None:
    """Whether an answer is right; None where nothing is."""
    if right is None:
        return None
    if isinstance(question, Number):
        # an answer read off the screen is rounded, and stands for what it was rounded from
        return abs(float(given) - float(right.answer)) <= question.tolerance + 1e-9  # type: ignore[arg-type]
    return given == right.answer


def figure_text(value: float, unit: Unit) -> str:
    """A figure as the texts of a lesson write it."""
    if unit == "count":
        return count_text(value) if value == int(value) else decimal_text(value, 2)
    return probability_text(value) if unit == "probability" else decimal_text(value, 3)


def _review_stop(stop: Stop, bert: Bert) -> StopReview:
    where = stop.where
    trace = bert.trace(where.text_a, where.text_b or None)
    faults: list[Fault] = []
    cut = len(trace.encoding.cut_a) + len(trace.encoding.cut_b)
    if cut:
        limit = bert.config.max_position_embeddings
        faults.append(Fault("cut", stop.line, {"count": cut, "limit": limit}))
    layers, heads = bert.config.num_hidden_layers, bert.config.num_attention_heads
    if where.layer >= layers or where.head >= heads:
        values = {"layer": where.layer, "head": where.head, "layers": layers, "heads": heads}
        faults.append(Fault("no_head", stop.line, values))
    position = 0
    try:
        position = _position(where.token, trace)
    except ValueError:
        tokens = " ".join(trace.tokens[:40])
        faults.append(Fault("no_token", stop.line, {"token": where.token, "tokens": tokens}))
    work = _Work(stop, bert, trace, position)

    premises = []
    for premise in stop.premises:
        try:
            premises.append((premise, check(premise.claim, bert, where.text_a, where.text_b)))
        except ValueError as error:
            faults.append(Fault("premise", premise.line, {"reason": str(error)}))
    figures, rights = {}, []
    for name, quantity in stop.values.items():
        try:
            figures[name] = work.figure(quantity)
        except _Unanswered as error:
            faults.append(error.fault)
    for question in stop.questions:
        try:
            rights.append(work.right(question))
        except _Unanswered as error:
            rights.append(None)
            faults.append(error.fault)
    return StopReview(position, tuple(premises), figures, tuple(rights), tuple(faults))


def _position(token: str | int, trace: Trace) -> int:
    """Where the token that looks stands.

    Raises:
        ValueError: it does not stand in the text, or several times.
    """
    if isinstance(token, str):
        return position_of(token, trace.tokens)
    if token >= len(trace.tokens):
        raise ValueError(f"the text has no token number {token}")
    return token


@dataclass(frozen=True)
class _Work:
    """What the quantities of one stop are worked out from."""

    stop: Stop
    bert: Bert
    trace: Trace
    position: int

    def figure(self, quantity: Quantity) -> str:
        """A quantity as a text writes it."""
        found, entry = self._picked(quantity, ())
        return entry.label if quantity.label else figure_text(entry.value, found.unit)

    def right(self, question: Question) -> Right | None:
        """The right answer; None where the kind of question has none."""
        if isinstance(question, Choose):
            return self._right_option(question)
        if isinstance(question, Order):
            return self._right_order(question)
        if isinstance(question, Number):
            found, entry = self._picked(question.answer, ())
            written = figure_text(entry.value, found.unit)
            return Right(entry.value, written, f"{entry.label} {written}".strip())
        return None

    def _right_option(self, question: Choose) -> Right:
        options = question.options
        if isinstance(question.answer, str):
            values, unit = self._own_values(options)
            return _best(question, values, unit, smallest=question.answer == SUPERLATIVES[1])
        quantity = question.answer
        if quantity.of in OFFERED:
            values, unit = self._named_values(quantity, options)
            return _best(question, values, unit, smallest=superlative(quantity.of) == "smallest")
        found, entry = self._picked(quantity, ())
        written = figure_text(entry.value, found.unit)
        name = entry.label or written
        right = [index for index, option in enumerate(options) if _is(option, name, entry.value)]
        measured = f"{entry.label} {written}".strip()
        if len(right) != 1:
            kind = "several_right" if right else "no_right"
            raise _Unanswered(Fault(kind, question.line, {"answer": measured}))
        return Right(right[0], options[right[0]].text, measured)

    def _right_order(self, question: Order) -> Right:
        values, unit = (
            self._own_values(question.items)
            if question.answer is None
            else self._named_values(question.answer, question.items)
        )
        if len(set(values)) < len(values):
            raise _Unanswered(Fault("tie", question.line, {"values": _listed(values, unit)}))
        order = sorted(range(len(values)), key=values.__getitem__)
        if question.direction == "descending":
            order.reverse()
        texts = [question.items[index].text for index in order]
        measured = _listed([values[index] for index in order], unit)
        return Right(
            tuple(order),
            " > ".join(texts) if question.direction == "descending" else " < ".join(texts),
            measured,
        )

    def _own_values(self, options: Sequence[Option]) -> tuple[list[float], Unit]:
        values: list[float] = []
        unit: Unit = "count"
        for option in options:
            assert option.value is not None  # or the lesson would not have been read
            found, entry = self._picked(option.value, ())
            values.append(entry.value)
            unit = found.unit
        return values, unit

    def _named_values(
        self, quantity: Quantity, options: Sequence[Option]
    ) -> tuple[list[float], Unit]:
        found = self._answer(quantity)
        values = {entry.label: entry.value for entry in _entries(found)}
        for option in options:
            if (option.equals or option.text) not in values:
                named = ", ".join(list(values)[:20])
                raise _Unanswered(
                    Fault("not_compared", quantity.line, {"name": option.text, "known": named})
                )
        return [values[option.equals or option.text] for option in options], found.unit

    def _picked(
        self, quantity: Quantity, offered: Sequence[str]
    ) -> tuple[Measured | Compared, Entry]:
        """A quantity and the one entry of it that is asked for."""
        found = self._answer(quantity)
        if isinstance(found, Measured):
            return found, Entry("", found.value)
        wanted = superlative(quantity.of)
        if wanted == "smallest":
            return found, found.smallest
        if wanted or not quantity.of:
            return found, found.largest
        for entry in found.entries:
            if entry.label == quantity.of:
                return found, entry
        named = ", ".join([entry.label for entry in found.entries][:20])
        raise _Unanswered(
            Fault("not_compared", quantity.line, {"name": quantity.of, "known": named})
        )

    def _answer(self, quantity: Quantity) -> Measured | Compared:
        table, where = QUANTITIES[quantity.name], self.stop.where
        trace = self.trace
        if quantity.text_a is not None:
            trace = self.bert.trace(quantity.text_a, quantity.text_b or None)
        query = where.token
        if isinstance(query, int):
            query = token_name(self.trace.tokens, self.position)
        of_stop = {"layer": where.layer, "head": where.head, "query": query}
        filled = {name: value for name, value in of_stop.items() if name in table.arguments}
        try:
            return answer(quantity.name, self.bert, trace, **filled | dict(quantity.arguments))
        except NotThere as error:
            values = {"quantity": quantity.name, "detail": str(error)}
            raise _Unanswered(Fault(f"not_there.{error.reason}", quantity.line, values)) from error


def _entries(found: Measured | Compared) -> Sequence[Entry]:
    return found.entries if isinstance(found, Compared) else ()


def _is(option: Option, name: str, value: float) -> bool:
    if option.at_least is None and option.below is None:
        return (option.equals or option.text) == name
    low = float("-inf") if option.at_least is None else option.at_least
    return low <= value < (float("inf") if option.below is None else option.below)


def _best(question: Choose, values: list[float], unit: Unit, *, smallest: bool) -> Right:
    best = min(values) if smallest else max(values)
    measured = ", ".join(
        f"{option.text} {figure_text(value, unit)}"
        for option, value in zip(question.options, values, strict=True)
    )
    if values.count(best) > 1:
        raise _Unanswered(Fault("tie", question.line, {"values": measured}))
    index = values.index(best)
    return Right(index, question.options[index].text, measured)


def _listed(values: Sequence[float], unit: Unit) -> str:
    return ", ".join(figure_text(value, unit) for value in values)


def explained(question: Question, found: StopReview, right: Right | None) -> Mapping[str, str]:
    """The figures that the explanation of a question can name."""
    return {**found.figures, **({ANSWER: right.written} if right else {})}
