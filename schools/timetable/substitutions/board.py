"""A school's day as whoever arranges substitutions sees it."""

from datetime import date

from app.database import Tx
from schools.timetable import store as timetable
from schools.timetable.model import Planned
from schools.timetable.substitutions import rules, store
from schools.timetable.substitutions.model import Board, BoardLesson, Candidate, Original


async def board(tx: Tx, day: date, *, proposals: bool) -> Board:
    """Lessons whose teacher is away, and all that are changed. `proposals`: for those who decide."""
    lessons = await timetable.planned(tx, day)
    absences = await store.absences(tx, day)
    originals = await store.originals(tx, [one.entry_id for one in lessons])
    colleagues = await store.colleagues(tx, day, rules.month_of(day)) if proposals and absences else []
    found = []
    for one in lessons:
        original = originals[one.entry_id]
        is_open = not one.kind and rules.is_away(absences, original.staff_id, day, one.period)
        is_open = is_open or (
            one.kind == "substitution" and rules.is_away(absences, one.staff_id, day, one.period)
        )  # whoever stands in is away now, too
        if not one.kind and not is_open:
            continue
        best = None
        if is_open and proposals:
            classes = await store.classes_of(tx, one.class_id, one.group_id, day)
            ranked = rules.candidates(original, classes, lessons, colleagues, absences, day)
            best = ranked[0] if ranked else None
        found.append(BoardLesson(planned=one, original=original, best=best, is_open=is_open))
    marks = await store.change_marks(tx, day, day)
    return Board(
        on_date=day,
        absences=absences,
        lessons=found,
        duties=await store.duties(tx, day),
        revs=sum(one.rev for one in marks),
    )


async def candidates_for(tx: Tx, planned: Planned, original: Original) -> list[Candidate]:
    day = planned.on_date
    lessons = await timetable.planned(tx, day)
    colleagues = await store.colleagues(tx, day, rules.month_of(day))
    classes = await store.classes_of(tx, planned.class_id, planned.group_id, day)
    return rules.candidates(original, classes, lessons, colleagues, await store.absences(tx, day), day)
