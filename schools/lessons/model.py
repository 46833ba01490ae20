"""What stands around a lesson's marks, and what is told about it."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from app.feature import Event
from schools.register.model import LessonView

TestKind = Literal["test", "quiz"]
"""test (sprawdzian), which the limits count; quiz (kartkówka), which they do not."""
Id = Annotated[int, msgspec.Meta(ge=1, le=2**62)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Long = Annotated[str, msgspec.Meta(max_length=4000)]


class TestLimits(msgspec.Struct, frozen=True):
    """Most tests (sprawdziany) of a class: more than that are refused (>). `settings.tests` of the school."""

    per_day: int = 1
    per_week: int = 3


class EarlierLesson(msgspec.Struct, frozen=True, kw_only=True):
    """A lesson of the same class before this one on its day: a narrow column. `marks`: pupil → type."""

    lesson_id: int
    period: int
    subject: str
    marks: dict[int, int]


class Homework(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    lesson_id: int
    text: str
    due_on: date
    author: str


class ClassTest(msgspec.Struct, frozen=True, kw_only=True):
    """An announced test. `removed`: it was called off."""

    id: int
    class_id: int
    group_id: int | None
    who: str
    """Name of the class, and of the group where it is one's."""
    subject_id: int
    subject: str
    on_date: date
    kind: TestKind
    scope: str
    author_id: int
    author: str
    removed: bool
    rev: int


class LessonPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is beside the marks, whole: the note for teachers and the homework. `rev` counts every change of it."""

    lesson_id: int
    note: str = ""
    note_by: str = ""
    homework: list[Homework] = []
    rev: int = 0


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A topic of the curriculum plan that has not been taught to this class as often as it has hours."""

    number: int
    topic: str
    point: str


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Why a pupil is not in the lesson: the event's name, or empty for individual teaching."""

    pupil_id: int
    event: str
    announced: bool = False
    """The parents have said so: a hint, the pupil may come all the same."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page of a lesson begins with; the browser keeps it for the time without a network."""

    account_id: int
    short: str
    """Initials of whoever looks."""
    view: LessonView
    earlier: list[EarlierLesson]
    elsewhere: list[Elsewhere]
    plan: LessonPlan
    tests: list[ClassTest]
    class_id: int | None
    suggestions: list[Suggestion]
    next_number: int
    seats: dict[int, int]
    """Pupil → row · 100 + column."""
    seats_rev: int
    may_take_back: bool = False
    now: datetime
    """By the server's clock."""


class ClassTests(msgspec.Struct, frozen=True, kw_only=True):
    """Tests of a class from the beginning of this week on."""

    class_id: int
    class_name: str
    limits: TestLimits
    tests: list[ClassTest]
    may_add: bool


class SchoolEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A trip, a contest: its pupils are away for reasons of the school in the lessons of these hours."""

    id: int
    name: str
    place: str
    on_date: date
    from_period: int
    to_period: int
    leader_id: int
    leader: str
    pupils: int
    rev: int


class IndividualPupil(msgspec.Struct, frozen=True, kw_only=True):
    """Taught individually (nauczanie indywidualne) until `ends_on`, which is the first day without it."""

    id: int
    pupil_id: int
    name: str
    starts_on: date
    ends_on: date | None


class PlannedTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a curriculum plan (rozkład materiału)."""

    number: int
    topic: str
    point: str = ""
    hours: int = 1


class CurriculumPlan(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    subject_id: int
    subject: str
    level: int
    name: str
    topics: int
    hours: int


class PlanProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a class or group has come with its subject's plan (realizacja podstawy), in lesson hours.

    An hour of a topic counts as often as the plan has hours for it; `lessons` are all that were held.
    """

    class_name: str
    subject: str
    planned: int
    taught: int
    lessons: int
    without_topic: int

    @property
    def percent(self) -> int:
        """Of the plan, rounded down: 100 is all of it."""
        return 100 * self.taught // self.planned


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """What a lesson is about. `base_rev`: of the lesson as the writer saw it. `account_id`: who wrote it, see Marks."""

    topic: Annotated[str, msgspec.Meta(max_length=500)]
    number: Annotated[int, msgspec.Meta(ge=1, le=9999)] | None = None
    point: Short = ""
    base_rev: int
    account_id: Id | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """`base_rev`: of the plan as the writer saw it."""

    text: Long
    base_rev: int


class NewHomework(msgspec.Struct, frozen=True, kw_only=True):
    text: Long
    due_on: date


class NewTest(msgspec.Struct, frozen=True, kw_only=True):
    """Of a class, or of one of its groups."""

    subject_id: Id
    group_id: Id | None = None
    on_date: date
    kind: TestKind = "test"
    scope: Annotated[str, msgspec.Meta(max_length=500)]


class Seats(msgspec.Struct, frozen=True, kw_only=True):
    """Pupil → row · 100 + column, rows and columns from 1."""

    seats: Annotated[dict[int, int], msgspec.Meta(max_length=100)]


class LessonPlanChanged(Event, frozen=True, tag=True):
    """In `school/{id}/lesson/{lesson_id}/plan`: note or homework, whole."""

    plan: LessonPlan


class TestChanged(Event, frozen=True, tag=True):
    """In `school/{id}/class/{class_id}/tests`: announced, or called off."""

    __test__ = False

    test: ClassTest

    @property
    def key(self) -> str:
        return str(self.test.id)


def plan_room(school_id: int, lesson_id: int) -> str:
    return f"school/{school_id}/lesson/{lesson_id}/plan"


def tests_room(school_id: int, class_id: int) -> str:
    return f"school/{school_id}/class/{class_id}/tests"
