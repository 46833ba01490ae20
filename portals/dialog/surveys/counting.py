"""Results of a survey: pure. What is too small to be told is taken out here, so it never leaves the server."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any, Final

import msgspec

from portals.dialog.surveys.model import Answer, Count, Option, Question, QuestionResult, RowCounts, Spread, Version
from portals.dialog.surveys.rules import SMALL, as_number, asked

CROSSED: Final = frozenset({"single", "multiple", "scale", "ranking", "number"})
"""Types that are told by groups."""


def counted(answers: Sequence[Answer]) -> list[Answer]:
    """Those that count: sent and not removed. Hidden ones count; only what they have written is hidden."""
    return [one for one in answers if one.answers is not None and one.removed_at is None]


def results(versions: Sequence[Version], answers: Sequence[Answer]) -> list[QuestionResult]:
    """Of every question that was ever in force: those of the newest version first, then earlier ones."""
    if not versions:
        return []
    newest = max(versions, key=lambda one: one.number)
    now = asked(newest.questions)
    known = {one.key for one in now}
    earlier: dict[str, Question] = {}
    for version in sorted(versions, key=lambda one: -one.number):
        for one in asked(version.questions):
            if one.key not in known:
                earlier.setdefault(one.key, one)
    sent = counted(answers)
    found = [result_of(one, sent) for one in now]
    old = [result_of(one, sent) for one in earlier.values()]
    return found + [msgspec.structs.replace(one, earlier=True) for one in old if one.answered]


def result_of(question: Question, sent: Sequence[Answer]) -> QuestionResult:
    """Exact figures of one question; for the office, or to be masked."""
    key = question.key
    having = [one for one in sent if one.answers and one.answers.get(key) is not None]
    values = [one.answers[key] for one in having if one.answers]
    counts: list[Count] = []
    rows: list[RowCounts] = []
    spread: Spread | None = None
    mean_places: dict[str, float] = {}
    texts: list[str] = []
    match question.type:
        case "single" | "multiple":
            counts = _counts(question.options, having, lambda one, option: _chosen(one, key, option))
        case "scale":
            steps = range(question.least, question.most + 1)
            counts = [
                _count(str(step), str(step), having, lambda one, step: _value(one, key) == int(step)) for step in steps
            ]
            spread = _spread([float(value) for value in values])
        case "matrix":
            rows = [_row_counts(question, row, having) for row in question.rows]
        case "ranking":
            mean_places = _mean_places(question, values)
            counts = _counts(question.options, having, lambda one, option: _value(one, key)[0] == option)
        case "number":
            spread = _spread([number for value in values if (number := as_number(value)) is not None])
        case "date":
            months = sorted({str(value)[:7] for value in values})
            counts = [
                _count(month, month, having, lambda one, month: str(_value(one, key))[:7] == month) for month in months
            ]
        case "text":
            texts = [str(_value(one, key)) for one in having if one.hidden_at is None]
        case _:
            pass
    return QuestionResult(
        key=key,
        type=question.type,
        text=question.text,
        answered=len(having),
        counts=counts,
        rows=rows,
        spread=spread,
        mean_places=mean_places,
        texts=texts,
    )


def _row_counts(question: Question, row: Option, having: Sequence[Answer]) -> RowCounts:
    def chose(one: Answer, option: str) -> bool:
        return bool(_value(one, question.key).get(row.key) == option)

    return RowCounts(row.key, row.text, _counts(question.options, having, chose))


def _value(one: Answer, key: str) -> Any:
    assert one.answers is not None
    return one.answers[key]


def _chosen(one: Answer, key: str, option: str) -> bool:
    value = _value(one, key)
    return option in value if isinstance(value, list) else value == option


def _counts(options: Sequence[Any], having: Sequence[Answer], chose: Callable[[Answer, str], bool]) -> list[Count]:
    return [_count(option.key, option.text, having, chose) for option in options]


def _count(key: str, text: str, having: Sequence[Answer], chose: Callable[[Answer, str], bool]) -> Count:
    sources = Counter(one.source for one in having if chose(one, key))
    return Count(key, text, sources.total(), sources["paper"], sources["open"])


def _spread(values: Sequence[float]) -> Spread | None:
    return Spread(round(fmean(values), 2), median(values), min(values), max(values)) if values else None


def _mean_places(question: Question, values: Sequence[list[str]]) -> dict[str, float]:
    if not values:
        return {}
    found = {option.key: fmean(value.index(option.key) + 1 for value in values) for option in question.options}
    return {key: round(place, 2) for key, place in sorted(found.items(), key=lambda one: one[1])}


# what the public is told


def public(found: Sequence[QuestionResult], *, hide_small: bool, texts: bool) -> list[QuestionResult]:
    """Without texts unless they are public, without cells of fewer than five people where those are hidden.

    Paper and open parts are told for whole surveys alone, not for each choice.
    """
    bare = [msgspec.structs.replace(one, texts=one.texts if texts else []) for one in found]
    bare = [_without_parts(one) for one in bare]
    return [_masked(one) for one in bare] if hide_small else bare


def _without_parts(one: QuestionResult) -> QuestionResult:
    def plain(counts: Sequence[Count]) -> list[Count]:
        return [Count(count.key, count.text, count.shown) for count in counts]

    rows = [RowCounts(row.key, row.text, plain(row.counts)) for row in one.rows]
    return msgspec.structs.replace(one, counts=plain(one.counts), rows=rows)


def _masked(one: QuestionResult) -> QuestionResult:
    if one.answered is None or 0 < one.answered < SMALL:
        return msgspec.structs.replace(
            one,
            answered=None,
            counts=[_unsaid(count) for count in one.counts],
            rows=[RowCounts(row.key, row.text, [_unsaid(count) for count in row.counts]) for row in one.rows],
            spread=None,
            mean_places={},
            texts=[],
        )
    adds_up = one.type in {"single", "scale", "ranking", "date"}
    spread = one.spread
    if spread is not None:  # the lowest and the highest are one person's answers
        spread = None if one.type == "scale" and any(0 < (c.shown or 0) < SMALL for c in one.counts) else spread
    return msgspec.structs.replace(
        one,
        counts=masked(one.counts, adds_up=adds_up),
        rows=[RowCounts(row.key, row.text, masked(row.counts, adds_up=True)) for row in one.rows],
        spread=spread,
    )


def masked(counts: Sequence[Count], *, adds_up: bool) -> list[Count]:
    """Cells of one to four people unsaid. `adds_up`: the cells add up to what is told, so one unsaid cell alone could
    be worked out; then the next smallest one is unsaid too.
    """
    hidden = {place for place, one in enumerate(counts) if one.shown is not None and 0 < one.shown < SMALL}
    if adds_up and hidden and sum(counts[place].shown or 0 for place in hidden) < SMALL:
        others = [place for place, one in enumerate(counts) if place not in hidden and one.shown]
        if others:
            hidden.add(min(others, key=lambda place: (counts[place].shown or 0, place)))
    return [_unsaid(one) if place in hidden else one for place, one in enumerate(counts)]


def _unsaid(one: Count) -> Count:
    return Count(one.key, one.text, None)


# for the office


class CrossTab(msgspec.Struct, frozen=True):
    """A question by kind or district: for each group its figures."""

    question: Question
    groups: list[tuple[str, QuestionResult]]


def cross(question: Question, answers: Sequence[Answer], by: str) -> CrossTab:
    """`by`: kind, district or source. For the office alone: nothing is masked."""
    groups: dict[str, list[Answer]] = {}
    for one in counted(answers):
        groups.setdefault(str(getattr(one, by)), []).append(one)
    return CrossTab(question, [(name, result_of(question, groups[name])) for name in sorted(groups)])


def by_source(answers: Sequence[Answer]) -> Mapping[str, int]:
    return Counter(one.source for one in counted(answers))
