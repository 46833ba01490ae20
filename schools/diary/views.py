"""What the diary's pages, its API and its rooms show."""

from datetime import date, timedelta
from typing import Final

import msgspec

from app.actor import Actor
from app.database import Tx
from app.feature import SIGNED_IN, Params, Room, RoomKind
from schools.diary import rules, store
from schools.diary.access import access_desk, access_diary, access_own_diary
from schools.diary.model import Attendance, ExcuseChanged, ExcuseDesk, Part, PupilView
from schools.lessons import store as lessons
from schools.lessons.model import ClassTest
from schools.register.model import PupilMarked
from schools.structure import store as structure
from schools.structure.access import room_number
from schools.timetable import store as timetable

OPEN_FOR: Final = timedelta(days=60)
"""How long ago an absence is still asked about on the first page."""
NEWEST: Final = 30


async def pupil_view(tx: Tx, actor: Actor, school_id: int, pupil_id: int, day: date | None = None) -> PupilView:
    """A pupil's day (today), what waits to be excused, and the newest excuses."""
    member = (await access_diary(tx, actor, school_id, pupil_id)).place.member
    day = day or member.today
    marks = await store.marks(tx, pupil_id, day, day)
    named = await store.named_marks(tx, pupil_id, member.today - OPEN_FOR, member.today)
    return PupilView(
        school_id=school_id,
        pupil_id=pupil_id,
        today=day,
        rows=rules.day_rows(await timetable.planned_for_pupil(tx, pupil_id, day), marks),
        marks=marks,
        unexcused=[mark for mark in named if rules.is_open(mark)],
        excuses=await store.excuses_of(tx, pupil_id, NEWEST),
    )


async def attendance(tx: Tx, actor: Actor, school_id: int, pupil_id: int, part: Part = "year") -> Attendance | None:
    """None outside of school years."""
    member = (await access_diary(tx, actor, school_id, pupil_id)).place.member
    year = await structure.year_on(tx, school_id, member.today)
    school = await structure.school(tx, school_id)
    if year is None or school is None:
        return None
    first, last = rules.days_of(year, part)
    counted = await store.subject_marks(tx, pupil_id, first, last)
    away = school.settings.get("away_is_present", True) is not False
    return Attendance(
        part=part,
        first_on=first,
        last_on=last,
        total=rules.all_together(counted, away_is_present=away),
        subjects=rules.by_subject(counted, away_is_present=away),
        named=await store.named_marks(tx, pupil_id, first, last),
    )


async def tests_of(tx: Tx, pupil_id: int, class_id: int | None, first: date, last: date | None) -> list[ClassTest]:
    """Announced tests of the pupil's class, those of other groups left out."""
    if class_id is None:
        return []
    own = await store.groups_of(tx, pupil_id)
    found = await lessons.announced(tx, class_id, first, last)
    return [one for one in found if one.group_id is None or one.group_id in own]


async def excuse_desk(tx: Tx, actor: Actor, school_id: int, class_id: int) -> ExcuseDesk:
    place = await access_desk(tx, actor, school_id, class_id)
    return ExcuseDesk(
        class_id=class_id,
        class_name=place.school_class.name,
        may_decide=place.is_homeroom or place.member.has("principal"),
        excuses=await store.excuses_of_class(tx, class_id),
    )


async def pupil_snapshot(tx: Tx, actor: Actor, params: Params) -> PupilView:
    school_id, pupil_id = room_number(params, "school_id"), room_number(params, "pupil_id")
    await access_own_diary(tx, actor, school_id, pupil_id)
    return await pupil_view(tx, actor, school_id, pupil_id)


async def desk_snapshot(tx: Tx, actor: Actor, params: Params) -> ExcuseDesk:
    return await excuse_desk(tx, actor, room_number(params, "school_id"), room_number(params, "class_id"))


ROOMS: Final = (
    Room(
        pattern="school/{school_id}/pupil/{pupil_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=pupil_snapshot,
        events=(PupilMarked, ExcuseChanged),
        looked_at_again=True,
        summary="A pupil's day, for the pupil and the guardians while their rights last",
    ),
    Room(
        pattern="school/{school_id}/class/{class_id}/excuses",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=desk_snapshot,
        events=(ExcuseChanged,),
        looked_at_again=True,
        summary="Excuses of a class, for its homeroom teacher",
    ),
)


def weight(view: object) -> int:
    """The sum of all revs in what a page was drawn from: a live page compares it with its room's first word."""
    return _weight(msgspec.to_builtins(view))


def _weight(value: object) -> int:
    if isinstance(value, dict):
        own = value.get("rev")
        return (own if isinstance(own, int) else 0) + sum(_weight(one) for one in value.values())
    return sum(_weight(one) for one in value) if isinstance(value, list) else 0
