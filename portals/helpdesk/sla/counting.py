"""From what has become of a ticket to its clocks. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from portals.helpdesk.model import PendingReason
from portals.helpdesk.sla import rules
from portals.helpdesk.sla.model import (
    MEASURES,
    Agreement,
    Calendar,
    CountedClock,
    Facts,
    Measure,
    Moments,
    Pause,
    Step,
)

MOST_RUNS: Final = 60
"""Spans of working time that pages get: three months of an office."""


def agreement_of(unit_path: str, agreements: Iterable[Agreement]) -> Agreement | None:
    """The one of the nearest unit, else everyone's. `unit_path`: dotted ids from the city down; empty: no unit."""
    found = list(agreements)
    by_unit: Mapping[int, Agreement] = {unit: one for one in found for unit in one.units}
    nearest = (by_unit.get(int(unit)) for unit in reversed(unit_path.split(".")) if unit)
    return next(filter(None, nearest), None) or next((one for one in found if one.everyone), None)


def pauses_of(facts: Facts, paused_by: Sequence[PendingReason]) -> list[Pause]:
    """Spans in which a clock stands: waiting for one of these, or solved and opened again later."""
    return [
        Pause(one.begun_at, one.ended_at)
        for one in facts.spans
        if one.state in {"solved", "closed"} or (one.state == "pending" and one.pending_reason in paused_by)
    ]


def stopped_at(facts: Facts, measure: Measure) -> datetime | None:
    """When the promise was met, early or late; None: not yet.

    Who rings has been answered on the phone; who was told that it is solved has an answer, whatever comes then.
    """
    done = (facts.solved_at or facts.closed_at) if facts.state in {"solved", "closed"} else None
    if measure == "solution":
        return done
    if facts.source == "phone":
        return facts.sent_at
    answers = [one.begun_at for one in facts.spans if one.state in {"solved", "closed"}]
    return min([*answers, *(one for one in (facts.first_reply_at, done) if one is not None)], default=None)


def clocks_of(
    facts: Facts, agreement: Agreement | None, calendar: Calendar | None, now: datetime
) -> list[CountedClock]:
    """What is promised for this ticket and how it stands. A merged one goes on in another: nothing."""
    if agreement is None or calendar is None or facts.state == "merged":
        return []
    pauses = pauses_of(facts, agreement.paused_by)
    found = []
    for measure in MEASURES:
        target = agreement.target(facts.priority, measure)
        if target is not None:
            found.append(_clock(facts, measure, target, agreement, calendar, pauses, now))
    return found


def with_settled(facts: Facts, clocks: Iterable[CountedClock], before: Iterable[CountedClock]) -> list[CountedClock]:
    """What was judged when a clock stopped stays so, whatever is promised or counted otherwise since.

    `before`: the ticket's clocks as they were counted last.
    """
    if facts.state == "merged":
        return []
    found = {one.measure: one for one in clocks}
    for one in before:
        if one.stopped_at is not None and one.stopped_at == stopped_at(facts, one.measure):
            found[one.measure] = one
    return [found[measure] for measure in MEASURES if measure in found]


def _clock(
    facts: Facts,
    measure: Measure,
    target_min: int,
    agreement: Agreement,
    calendar: Calendar,
    pauses: Sequence[Pause],
    now: datetime,
) -> CountedClock:
    start, end = facts.sent_at, stopped_at(facts, measure)
    found = rules.moments(start, target_min, agreement.warn_percent, calendar, pauses)
    counted_at = end or max(now, start)
    going = end is None and found.due_at is not None and found.due_at > counted_at
    return CountedClock(
        measure=measure,
        target_min=target_min,
        started_at=start,
        stopped_at=end,
        paused=end is None and any(one.until is None for one in pauses),
        used_s=rules.working_s_between(start, counted_at, calendar, pauses),
        counted_at=counted_at,
        warn_at=found.warn_at,
        due_at=found.due_at,
        late_at=found.late_at,
        kept=None if end is None else found.late_at is None or end <= found.late_at,
        runs=_runs(counted_at, found.due_at, calendar, pauses) if going and found.due_at else [],
        steps=_steps(found, start, target_min, agreement, calendar, pauses) if end is None else [],
    )


def _runs(counted_at: datetime, due_at: datetime, calendar: Calendar, pauses: Sequence[Pause]) -> list[tuple[int, int]]:
    spans = rules.worked_between(counted_at, due_at, calendar, pauses)
    return [(round(since.timestamp()), round(until.timestamp())) for since, until in spans[:MOST_RUNS]]


def _steps(
    planned: Moments,
    start: datetime,
    target_min: int,
    agreement: Agreement,
    calendar: Calendar,
    pauses: Sequence[Pause],
) -> list[Step]:
    """What is told when, in order; without what never comes as things stand."""
    steps = []
    if planned.warn_at is not None and (planned.late_at is None or planned.warn_at < planned.late_at):
        steps.append(Step(kind="warning", level=0, at=planned.warn_at))
    if planned.late_at is not None:
        steps.append(Step(kind="late", level=0, at=planned.late_at))
        for level, after in enumerate(sorted(agreement.escalate_min), start=1):
            at = rules.told_at(start, target_min + after, calendar, pauses)
            if at is not None:
                steps.append(Step(kind="escalation", level=level, at=at))
    return sorted(steps, key=lambda one: one.at)


def next_step(steps: Iterable[Step], told: Iterable[tuple[str, int]]) -> datetime | None:
    """When the first one comes that was not told. `told`: kind and level."""
    known = set(told)
    return min((one.at for one in steps if (one.kind, one.level) not in known), default=None)


def steps_until(steps: Iterable[Step], told: Iterable[tuple[str, int]], moment: datetime) -> list[Step]:
    """What is to be told by now."""
    known = set(told)
    return [one for one in steps if one.at <= moment and (one.kind, one.level) not in known]
