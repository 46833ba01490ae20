"""Loaders of lessons: own and substituted ones, those of classes one teaches or has as homeroom, the school's."""

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from schools.register import rules, store
from schools.register.model import AttendanceType, Lesson
from schools.structure.access import access_pupil, awake
from schools.structure.model import Member, PupilPlace
from schools.structure.rules import can_read_pupil_register
from schools.structure.tenancy import enter_school


class LessonPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson in the hands of a staff member."""

    member: Member
    lesson: Lesson
    types: list[AttendanceType]
    """Signs of the school, archived ones too."""
    home_class_id: int | None
    """Its class, or that its group is a part of."""
    is_homeroom: bool
    may_mark: bool

    @property
    def may_take_back(self) -> bool:
        return self.lesson.state != "void" and rules.can_take_back(self.member, self.lesson)

    @property
    def offered(self) -> list[AttendanceType]:
        """Signs that can be chosen."""
        return [one for one in self.types if not one.archived]


async def access_lesson(tx: Tx, actor: Actor, school_id: int, lesson_id: int, *, lock: bool = False) -> LessonPlace:
    """A lesson that the actor may read, in one look; the school is entered."""
    await enter_school(tx, school_id, by_key=True)
    if actor.account_id is None:
        raise NotFound
    found = await store.lesson_facts(tx, school_id, actor.account_id, lesson_id, lock=lock)
    if found is None:
        raise NotFound
    member, lesson = awake(found.member, actor), found.lesson
    if not rules.can_read_lesson(member, lesson, found.homeroom_id, teaches=found.teaches):
        raise NotFound
    return LessonPlace(
        member=member,
        lesson=lesson,
        types=found.types,
        home_class_id=found.home_class_id,
        is_homeroom=found.homeroom_id == member.staff_id,
        may_mark=rules.can_mark(member, lesson, found.homeroom_id, assists=found.assists),
    )


async def access_lesson_to_mark(tx: Tx, actor: Actor, school_id: int, lesson_id: int) -> LessonPlace:
    """The same for those who may write into it, locked until the transaction ends. Raises `Forbidden` for readers."""
    place = await access_lesson(tx, actor, school_id, lesson_id, lock=True)
    if not place.may_mark:
        raise Forbidden("This lesson is written by its teacher")
    return place


async def access_pupil_register(tx: Tx, actor: Actor, school_id: int, pupil_id: int) -> PupilPlace:
    """A pupil whose attendance and grades the actor may read: not for the secretary."""
    place = await access_pupil(tx, actor, school_id, pupil_id)
    if not can_read_pupil_register(place):
        raise NotFound
    return place
