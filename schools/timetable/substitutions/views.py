"""What rooms of changes begin with, and who is let in."""

from datetime import date
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.feature import SIGNED_IN, Params, Room, RoomKind
from schools.structure.access import access_staff_room, room_number
from schools.timetable.substitutions import actions
from schools.timetable.substitutions.access import access_class_timetable
from schools.timetable.substitutions.model import ChangesView, LessonReplanned


async def whole_school(tx: Tx, actor: Actor, params: Params) -> ChangesView:
    member = await access_staff_room(tx, actor, room_number(params, "school_id"))
    return await actions.changes_view(tx, member.today)


async def of_staff(tx: Tx, actor: Actor, params: Params) -> ChangesView:
    member = await access_staff_room(tx, actor, room_number(params, "school_id"))
    return await actions.changes_view(tx, member.today, staff_id=room_number(params, "staff_id"))


async def of_class(tx: Tx, actor: Actor, params: Params) -> ChangesView:
    class_id = room_number(params, "class_id")
    member, _found = await access_class_timetable(tx, actor, room_number(params, "school_id"), class_id)
    return await actions.changes_view(tx, member.today, class_ids=[class_id])


async def seen(tx: Tx, first: date, *, staff_id: int | None = None, class_ids: list[int] | None = None) -> int:
    """Sum of the revs a room begins with: a page that was drawn with the same sum is up to date."""
    view = await actions.changes_view(tx, first, staff_id=staff_id, class_ids=class_ids)
    return sum(one.rev for one in view.changes)


ROOMS: Final = (
    Room(
        pattern="school/{school_id}/timetable/all",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=whole_school,
        events=(LessonReplanned,),
        summary="Changes of a school's timetable, for its staff",
    ),
    Room(
        pattern="school/{school_id}/timetable/staff/{staff_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=of_staff,
        events=(LessonReplanned,),
        summary="Changes of one teacher's timetable",
    ),
    Room(
        pattern="school/{school_id}/timetable/class/{class_id}",
        allow=SIGNED_IN,
        kind=RoomKind.LATEST,
        snapshot=of_class,
        events=(LessonReplanned,),
        summary="Changes of one class's timetable, for its pupils and parents too",
    ),
)
