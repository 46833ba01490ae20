"""Lessons, marks, and what is told about them."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from app.feature import Event

Category = Literal["present", "absent", "late", "away", "released"]
"""● present, — absent, s late, ns away for reasons of the school, z released (counts neither way)."""
LessonState = Literal["open", "closed", "void"]
Outcome = Literal["saved", "same", "repeated", "conflict", "refused"]


class AttendanceType(msgspec.Struct, frozen=True, kw_only=True):
    """A school's own sign for one of the categories. `key`: of the keyboard; `excused`: what a mark begins with."""

    id: int
    code: str
    name: str
    category: Category
    excused: bool
    key: str
    position: int
    archived: bool = False
    """Not offered any more."""


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """A held lesson, with names to show. It is a copy: later timetables do not change it."""

    id: int
    school_id: int
    year_id: int
    on_date: date
    period: int
    starts_at: datetime
    ends_at: datetime
    class_id: int | None
    group_id: int | None
    class_name: str
    subject_id: int
    subject: str
    staff_id: int
    staff: str
    second_staff_id: int | None
    absent_id: int | None
    """Teacher whom `staff_id` stands in for."""
    room_id: int | None
    room: str
    entry_id: int | None
    substitution_id: int | None
    topic: str
    topic_number: int | None
    curriculum_point: str
    state: LessonState
    taken_at: datetime | None
    """When attendance was first taken; None: unchecked."""
    marks_rev: int
    rev: int

    @property
    def path(self) -> str:
        return f"/schools/{self.school_id}/lessons/{self.id}"


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil's attendance in a lesson. `type_id` None: unchecked (again). `by`: initials of who wrote it."""

    lesson_id: int
    pupil_id: int
    type_id: int | None = None
    minutes_late: int | None = None
    excused: bool = False
    rev: int = 0
    by: str = ""
    at: datetime | None = None


class GridPupil(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the grid. `number`: in the register; None for a pupil from another class or one who has left it."""

    pupil_id: int
    number: int | None
    first_name: str
    last_name: str
    class_id: int | None
    mark: Mark | None


class LessonView(msgspec.Struct, frozen=True, kw_only=True):
    """The grid: what a client needs to begin."""

    lesson: Lesson
    types: list[AttendanceType]
    pupils: list[GridPupil]
    may_mark: bool


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """One cell's change. `type` None takes the mark back. `base_rev`: of the mark that the person saw, 0 for none.

    `op_id`: a random name of this change, the same each time it is sent, so that it counts once. `excused` None: as the
    type says.
    """

    pupil_id: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    type: Annotated[int, msgspec.Meta(ge=1, le=2**62)] | None
    minutes: Annotated[int, msgspec.Meta(ge=1, le=240)] | None = None
    op_id: Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[\w-]+$")]
    base_rev: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
    excused: bool | None = None


class PatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a patch. `mark` is what holds now; in a conflict `wanted` is what the patch would have made.

    saved: written. same: it was so already. repeated: this op_id was written before. conflict: somebody wrote something
    else since `base_rev`. refused: no such pupil in this lesson, or no such type.
    """

    op_id: str
    pupil_id: int
    outcome: Outcome
    mark: Mark | None
    wanted: Mark | None = None


class MarkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    results: list[PatchResult]


class DayLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of the day as dashboards see it. `absent` and `late` are ids of pupils; `marked` counts any mark."""

    lesson_id: int
    entry_id: int | None
    period: int
    starts_at: datetime
    ends_at: datetime
    class_id: int | None
    group_id: int | None
    class_name: str
    subject_id: int
    staff_id: int
    absent_id: int | None
    state: LessonState
    taken_at: datetime | None
    expected: int
    marked: int
    present: int
    counted: int
    absent: list[int]
    late: list[int]
    rev: int


class DayView(msgspec.Struct, frozen=True, kw_only=True):
    """A school's day: every held lesson. What is planned comes from the timetable."""

    on_date: date
    lessons: list[DayLesson]


class MarkChange(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history: who changed what, from what, to what, when and why. Codes are the types' signs."""

    pupil_id: int
    at: datetime
    account_id: int | None
    author: str
    from_code: str | None
    from_minutes: int | None
    from_excused: bool
    to_code: str | None
    to_minutes: int | None
    to_excused: bool
    reason: str
    op_id: str
    rev: int


class MarkChanged(Event, frozen=True, tag=True):
    """In `school/{id}/lesson/{lesson_id}`: one pupil's mark, whole."""

    mark: Mark

    @property
    def key(self) -> str:
        return str(self.mark.pupil_id)


class LessonChanged(Event, frozen=True, tag=True):
    """In `school/{id}/lesson/{lesson_id}`: topic, state, teacher."""

    lesson: Lesson


class DayLessonChanged(Event, frozen=True, tag=True):
    """In `school/{id}/day`: a lesson was opened, or its attendance changed. Of any day: look at `starts_at`."""

    lesson: DayLesson

    @property
    def key(self) -> str:
        return str(self.lesson.lesson_id)


class PupilMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark as the pupil and the parents see it: with words. `code` empty: it was taken back."""

    lesson_id: int
    on_date: date
    period: int
    subject_id: int
    subject: str
    code: str
    name: str
    category: Category | None
    excused: bool
    minutes_late: int | None
    rev: int


class PupilMarked(Event, frozen=True, tag=True):
    """In `school/{id}/pupil/{pupil_id}`: the pupil's mark in one lesson, whole."""

    mark: PupilMark

    @property
    def key(self) -> str:
        return f"mark/{self.mark.lesson_id}"


def pupil_mark(lesson: Lesson, mark: Mark, kind: AttendanceType | None) -> PupilMark:
    return PupilMark(
        lesson_id=lesson.id,
        on_date=lesson.on_date,
        period=lesson.period,
        subject_id=lesson.subject_id,
        subject=lesson.subject,
        code=kind.code if kind else "",
        name=kind.name if kind else "",
        category=kind.category if kind else None,
        excused=mark.excused,
        minutes_late=mark.minutes_late,
        rev=mark.rev,
    )


def pupil_room(school_id: int, pupil_id: int) -> str:
    return f"school/{school_id}/pupil/{pupil_id}"


def lesson_room(school_id: int, lesson_id: int) -> str:
    return f"school/{school_id}/lesson/{lesson_id}"


def day_room(school_id: int) -> str:
    return f"school/{school_id}/day"


class ClassOrGroup(msgspec.Struct, frozen=True, kw_only=True):
    """With whom a lesson is: a class or a group, never both."""

    class_id: int | None
    group_id: int | None
    name: str


class NewUnplanned(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson that the plan does not hold."""

    place: ClassOrGroup
    subject_id: int
    on_date: date
    period: int


class HeldLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A held lesson in a list."""

    id: int
    school_id: int
    period: int
    starts_at: datetime
    ends_at: datetime
    class_name: str
    subject: str
    staff_id: int
    staff: str
    absent: str
    taken: bool

    @property
    def path(self) -> str:
        return f"/schools/{self.school_id}/lessons/{self.id}"
