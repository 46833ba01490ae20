"""Loaders of grade books and their columns."""

import msgspec

from app.actor import Actor
from app.database import Tx
from app.errors import Forbidden, NotFound
from schools.grades import class_store, rules, store
from schools.grades.model import BEHAVIOUR, Column
from schools.structure.access import access_class, access_staff_room
from schools.structure.model import ClassPlace, Member


class BookPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A class's subject in the hands of a staff member. `subject_id` None: behaviour."""

    place: ClassPlace
    subject_id: int | None
    subject: str
    may_write: bool


class ColumnPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A column, with its book."""

    book: BookPlace
    column: Column


async def access_class_grades(tx: Tx, actor: Actor, school_id: int, class_id: int) -> ClassPlace:
    """A class whose grades the actor may read: not for the secretary."""
    place = await access_class(tx, actor, school_id, class_id)
    if not rules.can_read_book(place):
        raise NotFound
    return place


async def access_book(tx: Tx, actor: Actor, school_id: int, class_id: int, subject_id: int) -> BookPlace:
    """A grade book; `BEHAVIOUR` stands for no subject."""
    place = await access_class_grades(tx, actor, school_id, class_id)
    member = place.member
    assert member.staff_id is not None
    if subject_id == BEHAVIOUR:
        return BookPlace(
            place=place,
            subject_id=None,
            subject="",
            may_write=rules.can_write_book(place, is_behaviour=True, teaches_subject=False),
        )
    name = await store.subject_name(tx, subject_id)
    if name is None:
        raise NotFound
    teaches = await store.teaches_subject(tx, member.staff_id, class_id, subject_id, member.today)
    return BookPlace(
        place=place,
        subject_id=subject_id,
        subject=name,
        may_write=rules.can_write_book(place, is_behaviour=False, teaches_subject=teaches),
    )


async def access_book_to_write(tx: Tx, actor: Actor, school_id: int, class_id: int, subject_id: int) -> BookPlace:
    """The same for those who write into it. Raises `Forbidden` for readers."""
    found = await access_book(tx, actor, school_id, class_id, subject_id)
    if not found.may_write:
        raise Forbidden("These grades are written by their teacher")
    return found


async def access_column(tx: Tx, actor: Actor, school_id: int, column_id: int) -> ColumnPlace:
    """A column that the actor may read."""
    await access_staff_room(tx, actor, school_id)
    found = await store.column(tx, column_id)
    if found is None:
        raise NotFound
    book = await access_book(tx, actor, school_id, found.class_id, found.subject_id or BEHAVIOUR)
    return ColumnPlace(book=book, column=found)


async def access_column_to_write(tx: Tx, actor: Actor, school_id: int, column_id: int) -> ColumnPlace:
    """The same for those who write into it, locked until the transaction ends. Raises `Forbidden` for readers."""
    found = await access_column(tx, actor, school_id, column_id)
    if not found.book.may_write:
        raise Forbidden("These grades are written by their teacher")
    locked = await store.column(tx, column_id, lock=True)
    assert locked is not None
    return ColumnPlace(book=found.book, column=locked)


async def access_grade_rules(tx: Tx, actor: Actor, school_id: int) -> Member:
    """The school's rules of grading, for who sets them; other staff may read them."""
    member = await access_staff_room(tx, actor, school_id)
    if not rules.can_set_rules(member):
        raise Forbidden("The rules of grading are set by the principal")
    return member


async def access_note_place(tx: Tx, actor: Actor, school_id: int, pupil_id: int) -> ClassPlace:
    """The class of today of a pupil on whose behaviour the actor may write: who teaches it, its homeroom teacher."""
    await access_staff_room(tx, actor, school_id)
    class_id = await class_store.class_of_pupil(tx, pupil_id)
    if class_id is None:
        raise NotFound
    return await access_class_grades(tx, actor, school_id, class_id)
