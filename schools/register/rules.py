"""Attendance: who may mark, what becomes of a batch of changes, percentages. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import msgspec

from app.i18n import _
from schools.register.model import AttendanceType, Category, DayLesson, Lesson, Mark, Outcome, Patch
from schools.structure.model import Member
from schools.timetable.model import Planned

AttendanceSign = tuple[str, str, Category, bool, str]
"""Code, name (a message id that each school may change), category, excused, key."""
USUAL_TYPES: Final[tuple[AttendanceSign, ...]] = (
    ("●", _("present"), "present", False, "."),
    ("—", _("absent"), "absent", False, "-"),
    ("u", _("absent, excused"), "absent", True, "u"),
    ("s", _("late"), "late", False, "s"),
    ("su", _("late, excused"), "late", True, "d"),
    ("ns", _("away for the school"), "away", False, "n"),
    ("z", _("released"), "released", False, "z"),
)


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Marks counted by category; what is unchecked is in none of them."""

    present: int = 0
    absent: int = 0
    late: int = 0
    away: int = 0
    released: int = 0
    excused: int = 0
    """Of those absent or late."""


def tally(marks: Iterable[tuple[Category, bool]]) -> Tally:
    """Counts (category, excused) of marks that were made."""
    counts: dict[str, int] = dict.fromkeys(("present", "absent", "late", "away", "released", "excused"), 0)
    for category, excused in marks:
        counts[category] += 1
        if excused and category in {"absent", "late"}:
            counts["excused"] += 1
    return Tally(**counts)


def percent_present(counts: Tally, *, away_is_present: bool = True) -> Decimal | None:
    """(● + s + su + ns) / (● + s + su + ns + — + u) · 100, exact; None where nothing counts.

    Released counts neither way. Where the school says that away is no presence, it counts as absence.
    """
    present = counts.present + counts.late + (counts.away if away_is_present else 0)
    counted = counts.present + counts.late + counts.away + counts.absent
    return Decimal(100) * present / counted if counted else None


def shown_percent(percent: Decimal | None, places: int = 2) -> str:
    """Rounded for display alone: half up; «—» where there is none."""
    if percent is None:
        return "—"
    return str(percent.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)).replace(".", ",")


def waits_for_excuse(kind: AttendanceType) -> bool:
    """An absence or a lateness that nobody has excused by its very type."""
    return kind.category in {"absent", "late"} and not kind.excused


def asks_for_excuse(patch: Patch, types: Mapping[int, AttendanceType]) -> bool:
    """Whether an excuse that was accepted ahead belongs to what is written: nobody has said «excused» or «not»."""
    kind = types.get(patch.type or 0)
    return patch.excused is None and kind is not None and waits_for_excuse(kind)


def can_open(member: Member, planned: Planned, homeroom_id: int | None) -> bool:
    """Whoever teaches it on the day, second teacher included; who is replaced does not, the homeroom teacher may."""
    if member.staff_id is None:
        return False
    own = member.staff_id in {planned.staff_id, planned.second_staff_id}
    return own or member.staff_id == homeroom_id or member.has("principal")


def can_open_now(today: date, on_date: date) -> bool:
    """Nothing is held before its day."""
    return on_date <= today


def can_mark(member: Member, lesson: Lesson, homeroom_id: int | None, *, assists: bool = False) -> bool:
    """Its teachers, who assists them; the homeroom teacher and the principal correct."""
    if member.staff_id is None or lesson.state == "void":
        return False
    own = member.staff_id in {lesson.staff_id, lesson.second_staff_id}
    return own or assists or member.staff_id == homeroom_id or member.has("principal")


def is_unplanned(lesson: Lesson) -> bool:
    """No plan holds it: beside all of them, or in place of what somebody absent would have taught."""
    return lesson.substitution_id is None and (lesson.entry_id is None or lesson.absent_id is not None)


def can_take_back(member: Member, lesson: Lesson) -> bool:
    """A lesson without a plan: whoever holds it, on its day; the principal later too. Also to bring it back."""
    if member.staff_id is None or not is_unplanned(lesson):
        return False
    return member.has("principal") or (member.staff_id == lesson.staff_id and lesson.on_date == member.today)


def can_read_lesson(member: Member, lesson: Lesson, homeroom_id: int | None, *, teaches: bool) -> bool:
    """Also whoever teaches the class, who was replaced, the counsellor. The secretary looks after people alone."""
    if member.staff_id is None:
        return False
    return (
        can_mark(member, lesson, homeroom_id)
        or teaches
        or member.staff_id in {lesson.staff_id, lesson.second_staff_id, lesson.absent_id, homeroom_id}
        or member.has("principal", "counsellor")
    )


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A patch with what it met, what it makes and what became of it."""

    patch: Patch
    outcome: Outcome
    before: Mark | None
    after: Mark | None
    """What holds afterwards."""
    wanted: Mark | None = None
    """In a conflict: what it would have made."""


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes, when, and the rev that this batch gives."""

    by: str
    at: datetime
    rev: int


def apply_patches(
    patches: Sequence[Patch],
    lesson: Lesson,
    pupils: Collection[int],
    types: Mapping[int, AttendanceType],
    marks: Mapping[int, Mark],
    done: Collection[tuple[int, str]],
    writer: Writer,
) -> list[Step]:
    """What becomes of a batch, patch after patch. `marks`: as they stand; `done`: (pupil, op_id) written before."""
    current = dict(marks)
    written: set[tuple[int, str]] = set(done)
    steps: list[Step] = []
    own: set[int] = set()
    for patch in patches:
        before = current.get(patch.pupil_id)
        kind = types.get(patch.type) if patch.type is not None else None
        if patch.pupil_id not in pupils or (patch.type is not None and kind is None):
            steps.append(Step(patch=patch, outcome="refused", before=before, after=before))
            continue
        after = _made(patch, kind, lesson, writer)
        outcome: Outcome = "saved"
        if (patch.pupil_id, patch.op_id) in written:
            outcome = "repeated"
        elif _same(before, after):
            outcome = "same"
        elif patch.base_rev != (before.rev if before else 0) and patch.pupil_id not in own:
            outcome = "conflict"
        if outcome == "saved":
            current[patch.pupil_id] = after
            written.add((patch.pupil_id, patch.op_id))
            own.add(patch.pupil_id)  # a second change of one cell in one batch builds upon the first
        steps.append(
            Step(
                patch=patch,
                outcome=outcome,
                before=before,
                after=current.get(patch.pupil_id),
                wanted=after if outcome == "conflict" else None,
            )
        )
    return steps


def _made(patch: Patch, kind: AttendanceType | None, lesson: Lesson, writer: Writer) -> Mark:
    said = patch.excused if kind is not None else False
    excused = kind.excused if kind is not None and said is None else bool(said)
    return Mark(
        lesson_id=lesson.id,
        pupil_id=patch.pupil_id,
        type_id=patch.type,
        minutes_late=patch.minutes if kind is not None and kind.category == "late" else None,
        excused=excused,
        rev=writer.rev,
        by=writer.by,
        at=writer.at,
    )


def _same(before: Mark | None, after: Mark) -> bool:
    if before is None:
        return after.type_id is None
    return (before.type_id, before.minutes_late, before.excused) == (after.type_id, after.minutes_late, after.excused)


def day_lesson(
    lesson: Lesson,
    pupils: Collection[int],
    marks: Mapping[int, Mark],
    types: Mapping[int, AttendanceType],
    writer: Writer,
) -> DayLesson:
    """A lesson as dashboards see it after a batch, which `lesson` is from before of: what `store.day_lesson` reads.

    `pupils`: all of the lesson; `marks`: all that hold now; `types`: archived ones too.
    """
    said = {one: types[mark.type_id].category for one, mark in marks.items() if mark.type_id is not None}
    present = sum(category in {"present", "late", "away"} for category in said.values())
    return DayLesson(
        lesson_id=lesson.id,
        entry_id=lesson.entry_id,
        period=lesson.period,
        starts_at=lesson.starts_at,
        ends_at=lesson.ends_at,
        class_id=lesson.class_id,
        group_id=lesson.group_id,
        class_name=lesson.class_name,
        subject_id=lesson.subject_id,
        staff_id=lesson.staff_id,
        absent_id=lesson.absent_id,
        state=lesson.state,
        taken_at=lesson.taken_at or writer.at,
        expected=len(pupils),
        marked=len(said),
        present=present,
        counted=sum(category != "released" for category in said.values()),
        absent=sorted(one for one, category in said.items() if category == "absent"),
        late=sorted(one for one, category in said.items() if category == "late"),
        rev=lesson.rev + writer.rev,
    )
