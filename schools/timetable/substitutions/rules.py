"""Who may stand in, who is asked first, and what cannot be. Pure."""

from collections.abc import Sequence
from datetime import date

from app.i18n import _
from schools.structure.model import Member
from schools.timetable.model import Planned
from schools.timetable.substitutions.model import Absence, Candidate, Colleague, Decision, Original


def can_replan(member: Member) -> bool:
    """The principal and the secretary (sekretariat); a deputy (wicedyrektor) is given the principal's role."""
    return member.has("principal", "secretary")


def is_away(absences: Sequence[Absence], staff_id: int, day: date, period: int) -> bool:
    return any(one.staff_id == staff_id and one.covers(day, period) for one in absences)


def busy_at(lessons: Sequence[Planned], period: int) -> set[int]:
    """Who teaches at an hour, both teachers; cancelled lessons free them, those who are replaced too."""
    held = [one for one in lessons if one.period == period and not one.cancelled]
    return {one.staff_id for one in held} | {one.second_staff_id for one in held if one.second_staff_id is not None}


def candidates(
    original: Original,
    class_ids: Sequence[int],
    lessons: Sequence[Planned],
    colleagues: Sequence[Colleague],
    absences: Sequence[Absence],
    day: date,
) -> list[Candidate]:
    """Who is free, first who knows class and subject, then the class, then the subject; of equals who is there anyway,
    then who has stood in least this month.
    """
    busy = busy_at(lessons, original.period)
    around = busy_at(lessons, original.period - 1) | busy_at(lessons, original.period + 1)
    found = [
        Candidate(
            id=one.id,
            name=one.name,
            same_class=not set(one.class_ids).isdisjoint(class_ids),
            same_subject=original.subject_id in one.subject_ids,
            at_school=one.id in around,
            this_month=one.this_month,
        )
        for one in colleagues
        if one.id not in busy and one.id != original.staff_id and not is_away(absences, one.id, day, original.period)
    ]
    return sorted(
        found,
        key=lambda one: (not (one.same_class and one.same_subject), not one.same_class, not one.same_subject,
                         not one.at_school, one.this_month),
    )  # fmt: skip


def clash(
    decision: Decision, original: Original, lessons: Sequence[Planned], absences: Sequence[Absence], day: date
) -> tuple[str, str] | None:
    """Field and message of what speaks against a decision; None: it can be so. `lessons`: the school's day."""
    others = [one for one in lessons if one.entry_id != original.entry_id and one.period == original.period]
    if decision.kind == "substitution":
        return _clash_of_person(decision.staff_id, original, others, absences, day) or _clash_of_room(
            decision.room_id, others
        )
    if decision.kind == "room":
        if decision.room_id is None:
            return "room_id", _("Choose a room")
        return _clash_of_room(decision.room_id, others)
    if decision.kind == "joint":
        joined = next((one for one in others if one.entry_id == decision.joint_entry_id), None)
        if joined is None:
            return "joint_entry_id", _("Choose a lesson of the same hour")
        if joined.cancelled or joined.kind == "joint":
            return "joint_entry_id", _("That lesson does not take place by itself")
    return None


def _clash_of_person(
    staff_id: int | None, original: Original, others: Sequence[Planned], absences: Sequence[Absence], day: date
) -> tuple[str, str] | None:
    if staff_id is None:
        return "staff_id", _("Choose who stands in")
    if staff_id == original.staff_id:
        return "staff_id", _("This is the teacher who is planned anyway")
    if is_away(absences, staff_id, day, original.period):
        return "staff_id", _("This teacher is away at that hour")
    if staff_id in busy_at(others, original.period):
        return "staff_id", _("This teacher has another lesson at that hour")
    return None


def _clash_of_room(room_id: int | None, others: Sequence[Planned]) -> tuple[str, str] | None:
    if room_id is not None and any(one.room_id == room_id and not one.cancelled for one in others):
        return "room_id", _("This room is taken at that hour")
    return None


def may_change_held(kind: str, *, taken: bool) -> bool:
    """Once attendance is taken the lesson has been held: only its room may still be told otherwise."""
    return not taken or kind == "room"


def month_of(day: date) -> tuple[date, date]:
    """First day, and the first one after it."""
    first = day.replace(day=1)
    return first, (
        first.replace(year=first.year + 1, month=1) if first.month == 12 else first.replace(month=first.month + 1)
    )
