"""Grades: the visible place where everything they add stands."""

from pathlib import Path
from typing import Final

from app.actor import Actor
from app.database import Tx
from app.feature import SIGNED_IN, Feature, Params, Room, RoomKind, Route
from schools.grades import actions, api, demo, pages, rules
from schools.grades.model import (
    Answer,
    BehaviourNote,
    BehaviourNoted,
    Column,
    ColumnChange,
    ColumnChanged,
    EntryChanged,
    GradeBook,
    NewColumn,
    NewNote,
    PupilGrades,
    PupilGradesChanged,
)
from schools.structure.access import room_number

_GRADES: Final = r"/schools/{school_id:\d{1,18}}/grades"
_API: Final = r"/api/schools/{school_id:\d{1,18}}/grades"
_CLASS: Final = r"/{class_id:\d{1,18}}"
_BOOK: Final = r"/{class_id:\d{1,18}}/{subject_id:\d{1,18}}"
_COLUMN: Final = r"/columns/{column_id:\d{1,18}}"
_NOTES: Final = r"/notes"


async def book_snapshot(tx: Tx, actor: Actor, params: Params) -> GradeBook:
    places = [room_number(params, name) for name in ("school_id", "class_id", "subject_id")]
    return await actions.book_view(tx, actor, *places)


async def pupil_snapshot(tx: Tx, actor: Actor, params: Params) -> PupilGrades:
    return await actions.grades_of_pupil(tx, actor, room_number(params, "school_id"), room_number(params, "pupil_id"))


PAGES: Final = (
    Route(method="GET", path=_GRADES, handler=pages.show_contents, allow=SIGNED_IN, name="contents"),
    Route(method="GET", path=f"{_GRADES}/rules", handler=pages.edit_rules, allow=SIGNED_IN, name="rules"),
    Route(method="POST", path=f"{_GRADES}/rules", handler=pages.edit_rules, allow=SIGNED_IN),
    Route(
        method="GET", path=f"{_GRADES}/categories", handler=pages.edit_categories, allow=SIGNED_IN, name="categories"
    ),
    Route(method="POST", path=f"{_GRADES}/categories", handler=pages.edit_categories, allow=SIGNED_IN),
    Route(
        method="POST",
        path=_GRADES + r"/categories/{category_id:\d{1,18}}",
        handler=pages.change_category,
        allow=SIGNED_IN,
        name="change_category",
    ),
    Route(method="GET", path=_GRADES + _CLASS, handler=pages.show_sheet, allow=SIGNED_IN, name="sheet"),
    Route(method="GET", path=f"{_GRADES}{_CLASS}/meeting", handler=pages.show_meeting, allow=SIGNED_IN, name="meeting"),
    Route(
        method="GET",
        path=r"/schools/{school_id:\d{1,18}}/pupils/{pupil_id:\d{1,18}}/grades",
        handler=pages.show_pupil,
        allow=SIGNED_IN,
        name="pupil",
    ),
    Route(method="GET", path=_GRADES + _BOOK, handler=pages.show_book, allow=SIGNED_IN, name="book"),
    Route(method="GET", path=f"{_GRADES}{_BOOK}/book.xlsx", handler=pages.send_book, allow=SIGNED_IN, name="book_file"),
)
CALLS: Final = (
    Route(
        method="GET",
        path=_API + _BOOK,
        handler=api.show_book,
        allow=SIGNED_IN,
        summary="A class's grade book in a subject (0: behaviour)",
        reply=GradeBook,
    ),
    Route(
        method="POST",
        path=f"{_API}{_BOOK}/columns",
        handler=api.add_column,
        allow=SIGNED_IN,
        summary="Add a column; one of a semester's grades is there once",
        body=NewColumn,
        reply=Column,
        status=201,
    ),
    Route(
        method="PUT",
        path=_API + _COLUMN,
        handler=api.change_column,
        allow=SIGNED_IN,
        summary="Change a column's title, category, weight and date",
        body=ColumnChange,
        reply=Column,
    ),
    Route(
        method="POST",
        path=f"{_API}{_COLUMN}/publish",
        handler=api.publish,
        allow=SIGNED_IN,
        summary="Show a semester's grades to pupils and parents",
        reply=Column,
    ),
    Route(
        method="POST",
        path=f"{_API}{_COLUMN}/entries",
        handler=api.write,
        allow=SIGNED_IN,
        summary="Write entries of a column, cell by cell",
        body=api.Entries,
        reply=Answer,
    ),
    Route(
        method="POST",
        path=f"{_API}{_COLUMN}/pasted",
        handler=api.read_pasted,
        allow=SIGNED_IN,
        summary="What a pasted column would write, with its faults; nothing is written",
        body=api.Pasted,
        reply=api.PastedLines,
    ),
    Route(
        method="GET",
        path=f"{_API}{_COLUMN}/history",
        handler=api.show_history,
        allow=SIGNED_IN,
        summary="Every change of a column's entries",
        query=api.OfPupil,
        reply=api.EntryHistory,
    ),
    Route(
        method="GET",
        path=r"/api/schools/{school_id:\d{1,18}}/pupils/{pupil_id:\d{1,18}}/grades",
        handler=api.show_pupil,
        allow=SIGNED_IN,
        summary="A pupil's grades and notes of this year",
        reply=PupilGrades,
    ),
    Route(
        method="POST",
        path=_API + _NOTES,
        handler=api.add_note,
        allow=SIGNED_IN,
        summary="Write a note on a pupil's behaviour",
        body=NewNote,
        reply=BehaviourNote,
        status=201,
    ),
    Route(
        method="POST",
        path=_API + _NOTES + r"/{note_id:\d{1,18}}/withdraw",
        handler=api.withdraw_note,
        allow=SIGNED_IN,
        summary="Take a note back, with the reason",
        body=api.Why,
        reply=BehaviourNote,
    ),
)

FEATURE = Feature(
    name="grades",
    folder=Path(__file__).parent,
    needs=("identity", "schools", "timetable", "register", "realtime"),
    routes=(*PAGES, *CALLS),
    rooms=(
        Room(
            pattern="school/{school_id}/grades/{class_id}/{subject_id}",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=book_snapshot,
            events=(EntryChanged, ColumnChanged, BehaviourNoted),
            presence=True,
            summary="A class's grade book in a subject (0: behaviour)",
        ),
        Room(
            pattern="school/{school_id}/pupil/{pupil_id}/grades",
            allow=SIGNED_IN,
            kind=RoomKind.LATEST,
            snapshot=pupil_snapshot,
            events=(PupilGradesChanged, BehaviourNoted),
            summary="A pupil's own grades and notes",
        ),
    ),
    demo=demo.fill,
    template_globals={"grade_words": rules.WORDS, "shown_grade": rules.shown, "shown_average": rules.shown_average},
)
