"""Excuses and attendance as families see them. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import repeat
from typing import Any, Final

import msgspec

from app.errors import Invalid
from app.i18n import _
from schools.diary.model import DayRow, Excuse, FamilyRules, NewExcuse, Part, SubjectAttendance
from schools.register.model import AttendanceType, Category, PupilMark
from schools.register.rules import percent_present, tally
from schools.structure.model import Member, PupilPlace, SchoolYear
from schools.timetable.model import Planned

LONGEST: Final = timedelta(days=62)
AHEAD: Final = timedelta(days=120)
OF_AGE: Final = 18


class SubjectMark(msgspec.Struct, frozen=True, kw_only=True):
    """How often a pupil has a category in a subject."""

    subject_id: int
    subject: str
    category: Category
    excused: bool
    hours: int


def family_rules(settings: Mapping[str, Any]) -> FamilyRules:
    """Of a school's settings; what is not there or is nonsense stays as usual."""
    found = settings.get("families")
    said = found if isinstance(found, dict) else {}
    known = {name: said[name] for name in FamilyRules.__struct_fields__ if isinstance(said.get(name), bool)}
    return FamilyRules(**known)


def is_of_age(born_on: date | None, today: date) -> bool:
    """Eighteen on the birthday itself; who was born on 29 February is on 1 March."""
    if born_on is None:
        return False
    return (today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))) >= OF_AGE


def can_excuse(place: PupilPlace, born_on: date | None, families: FamilyRules) -> bool:
    """Guardians, the homeroom teacher, and the pupil who is of age where the school says so."""
    if place.is_guardian or place.is_homeroom:
        return True
    return place.is_self and families.adults_excuse and is_of_age(born_on, place.member.today)


def can_decide(place: PupilPlace) -> bool:
    return place.is_homeroom or place.member.has("principal")


def can_read_desk(member: Member, *, is_homeroom: bool) -> bool:
    return is_homeroom or member.has("principal", "counsellor")


def checked_excuse(wanted: NewExcuse, today: date) -> NewExcuse:
    """Raises `Invalid` beside the field."""
    faults: dict[str, str] = {}
    reason = wanted.reason.strip()
    if not reason:
        faults["reason"] = _("Write in a few words why")
    if wanted.last_on < wanted.first_on:
        faults["last_on"] = _("The last day is before the first")
    elif wanted.last_on - wanted.first_on > LONGEST:
        faults["last_on"] = _("This is longer than two months: excuse it in parts")
    elif wanted.last_on > today + AHEAD:
        faults["last_on"] = _("This is too far ahead")
    if wanted.first_on < today - timedelta(days=366):
        faults["first_on"] = _("This is too long ago")
    hours = [one for one in (wanted.from_period, wanted.to_period) if one is not None]
    if len(hours) == 1:
        faults["to_period"] = _("Say both the first and the last hour, or neither")
    elif hours and wanted.first_on != wanted.last_on:
        faults["to_period"] = _("Hours belong to one day; several days are excused whole")
    elif hours and hours[0] > hours[1]:
        faults["to_period"] = _("The last hour is before the first")
    if faults:
        raise Invalid(fields=faults)
    return msgspec.structs.replace(wanted, reason=reason)


def covers(excuse: Excuse | NewExcuse, mark: PupilMark) -> bool:
    """Whether an excuse speaks of this hour."""
    if not excuse.first_on <= mark.on_date <= excuse.last_on:
        return False
    if excuse.from_period is None or excuse.to_period is None:
        return True
    return excuse.from_period <= mark.period <= excuse.to_period


def is_open(mark: PupilMark) -> bool:
    """An absence or a lateness that is not excused."""
    return mark.category in {"absent", "late"} and not mark.excused


def still_open(marks: Iterable[PupilMark], excuses: Sequence[Excuse]) -> list[PupilMark]:
    """Those about which nobody has asked, newest first."""
    waiting = [one for one in excuses if one.state == "sent"]
    found = [mark for mark in marks if is_open(mark) and not any(covers(one, mark) for one in waiting)]
    return sorted(found, key=lambda mark: (mark.on_date, mark.period), reverse=True)


def excused_type(kind: AttendanceType, types: Iterable[AttendanceType]) -> AttendanceType:
    """The school's sign for the same, excused (— becomes u, s becomes su); where it has none the sign stays."""
    return next((one for one in types if one.category == kind.category and one.excused), kind)


def day_rows(planned: Sequence[Planned], marks: Sequence[PupilMark]) -> list[DayRow]:
    by_lesson = {mark.lesson_id: mark for mark in marks}
    return [
        DayRow(
            id=one.entry_id,
            period=one.period,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            subject=one.subject,
            staff=one.staff,
            absent=one.absent,
            room=one.room,
            kind=one.kind,
            note=one.note,
            lesson_id=one.lesson_id,
            mark=by_lesson.get(one.lesson_id) if one.lesson_id is not None else None,
        )
        for one in planned
    ]


def days_of(year: SchoolYear, part: Part) -> tuple[date, date]:
    """First and last day, both inclusive."""
    before_second = year.second_starts_on - timedelta(days=1)
    return {
        "year": (year.starts_on, year.ends_on),
        "first": (year.starts_on, before_second),
        "second": (year.second_starts_on, year.ends_on),
    }[part]


def by_subject(rows: Sequence[SubjectMark], *, away_is_present: bool = True) -> list[SubjectAttendance]:
    """One line a subject, in the order of the rows."""
    names = {row.subject_id: row.subject for row in rows}
    return [
        _summed([row for row in rows if row.subject_id == subject_id], subject_id, name, away_is_present)
        for subject_id, name in names.items()
    ]


def all_together(rows: Sequence[SubjectMark], *, away_is_present: bool = True) -> SubjectAttendance:
    return _summed(rows, None, "", away_is_present)


def _summed(
    rows: Iterable[SubjectMark], subject_id: int | None, subject: str, away_is_present: bool
) -> SubjectAttendance:
    counted: Counter[tuple[Category, bool]] = Counter()
    for row in rows:
        counted[(row.category, row.excused)] += row.hours
    counts = tally(pair for pair, hours in counted.items() for pair in repeat(pair, hours))
    return SubjectAttendance(
        subject_id=subject_id,
        subject=subject,
        counts=counts,
        percent=percent_present(counts, away_is_present=away_is_present),
        unexcused=counted[("absent", False)],
    )


def excused_share(line: SubjectAttendance) -> Decimal | None:
    """How much of the absences and latenesses is excused, exact; None where there are none."""
    all_of_them = line.counts.absent + line.counts.late
    return Decimal(100) * line.counts.excused / all_of_them if all_of_them else None


def lowest(subjects: Sequence[SubjectAttendance]) -> SubjectAttendance | None:
    """The subject with the fewest hours present, for the title of the drawing; None where all are full."""
    found = [one for one in subjects if one.percent is not None and one.percent < Decimal(100)]
    return min(found, key=lambda one: one.percent or Decimal(0), default=None)
