"""Grades from September on in four classes of the demonstration's full school, with proposed ones of the semester that
goes on; those of the first semester are settled once it is over.
"""

import random
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from aiohttp import web

from app.database import DATABASE, Tx
from schools.grades import class_store, demo_store, rules, store
from schools.grades.demo_store import ColumnRow, EntryRow, NoteRow, Taught
from schools.grades.model import GradeSettings
from schools.structure import store as structure
from schools.structure.demo import FULL, HOME_CLASS
from schools.structure.model import SchoolClass, SchoolYear
from schools.structure.tenancy import enter_school

CLASSES: Final = ("2a", "4a", HOME_CLASS, "8a")
CATEGORIES: Final = (
    ("Sprawdzian", "spr", "5", "red"),
    ("Kartkówka", "kart", "3", "amber"),
    ("Odpowiedź", "odp", "2", "sea"),
    ("Praca domowa", "pd", "1", "green"),
    ("Aktywność", "akt", "1", "navy"),
    ("Diagnoza", "dia", "0", "grey"),
)
TESTS: Final = (
    (7, 5, "Diagnoza na wejściu"),
    (14, 4, "Praca na lekcji"),
    (20, 1, "Kartkówka 1"),
    (31, 0, "Sprawdzian: dział 1"),
    (42, 2, "Odpowiedź ustna"),
    (50, 3, "Zeszyt ćwiczeń"),
    (58, 1, "Kartkówka 2"),
    (72, 0, "Sprawdzian: dział 2"),
)
"""Days after the first of a semester, category, title."""
SECOND: Final = {"1": "3", "2": "4"}
"""Numbers in titles of the second semester."""
WORDS: Final = (
    "Czyta płynnie i rozumie tekst; w pisowni pamięta o dużej literze.",
    "Dobrze liczy w pamięci; zadania z treścią rozwiązuje z pomocą.",
    "Chętnie pracuje w grupie i kończy to, co zaczyna.",
)
NOTES: Final = (
    ("praise", "Pomoc w przygotowaniu apelu 11 listopada", 15),
    ("praise", "Udział w szkolnym konkursie ortograficznym", 10),
    ("remark", "Używa telefonu na lekcji", -5),
    ("remark", "Spóźnia się na pierwszą lekcję", -5),
)
BEHAVIOUR: Final = ("wzorowe", "bardzo dobre", "bardzo dobre", "dobre", "dobre", "poprawne")
GRADES: Final = ("1", "2-", "2", "2+", "3-", "3", "3+", "4-", "4", "4+", "5-", "5", "5+", "6")


async def fill(app: web.Application) -> None:
    """Once: it does not mind what is there."""
    async with app[DATABASE].transaction() as tx:
        for school in await structure.schools(tx):
            if school.name == FULL:
                await enter_school(tx, school.id)
                if not await demo_store.is_filled(tx):
                    await _school(tx, school.id)
        await structure.leave_tenant(tx)


async def _school(tx: Tx, school_id: int) -> None:
    today = await class_store.today(tx)
    year = await structure.year_on(tx, school_id, today)
    if year is None:
        return
    categories = [
        await store.add_category(tx, name, short, Decimal(weight), colour, None, place)
        for place, (name, short, weight, colour) in enumerate(CATEGORIES, start=1)
    ]
    weights = [Decimal(weight) for _name, _short, weight, _colour in CATEGORIES]
    subjects = await demo_store.taught(tx, year.id, CLASSES)
    drawn = random.Random(7)  # noqa: S311 - the same invented grades each time, no secret
    for school_class in await structure.classes(tx, year.id):
        if school_class.name not in CLASSES:
            continue
        pupils = [one.pupil_id for one in await store.pupils_of_book(tx, school_class.id) if one.is_member]
        own = [one for one in subjects if one.class_id == school_class.id and one.subject != "Zajęcia z wychowawcą"]
        for semester in (1, 2) if today >= year.second_starts_on else (1,):
            made = _Made(drawn, year, school_class, pupils, semester, today)
            for subject in own:
                made.add_subject(subject, list(zip(categories, weights, strict=True)))
            made.add_behaviour()
            ids = await demo_store.add_columns(tx, made.columns)
            await demo_store.add_entries(tx, [(ids[row[0]], *row[1:]) for row in made.entries])
            await demo_store.add_notes(tx, made.notes)


class _Made:
    """Rows of one class in a semester; entries name their column by its place in the list."""

    def __init__(
        self,
        drawn: random.Random,
        year: SchoolYear,
        school_class: SchoolClass,
        pupils: list[int],
        semester: int,
        today: date,
    ) -> None:
        self.drawn, self.year, self.school_class, self.pupils, self.semester = (
            drawn,
            year,
            school_class,
            pupils,
            semester,
        )
        self.talent = {one: drawn.gauss(8.0, 2.4) for one in pupils}
        for pupil, grade in zip(pupils[2:5], (0.0, 1.5, 13.0), strict=False):
            self.talent[pupil] = grade  # somebody is threatened, somebody distinguished
        self.columns: list[ColumnRow] = []
        self.entries: list[EntryRow] = []
        self.notes: list[NoteRow] = []
        end = year.second_starts_on - timedelta(days=1) if semester == 1 else year.ends_on
        self.first, self.last = year.starts_on if semester == 1 else year.second_starts_on, min(today, end)
        self.kinds: tuple[str, ...] = ("proposed", "settled") if end < today else ("proposed",)
        """What stands at the end of a subject: settled where the semester is over."""

    def _column(
        self,
        subject_id: int | None,
        kind: str,
        category: tuple[int | None, Decimal],
        title: str,
        day: date,
        staff_id: int | None,
    ) -> int:
        is_shown = kind not in self.kinds or len(self.kinds) > 1
        place = (self.year.id, self.school_class.id, subject_id, self.semester, kind)
        self.columns.append((*place, category[0], title, category[1], None, day, is_shown, staff_id))
        return len(self.columns) - 1

    def add_subject(self, subject: Taught, categories: list[tuple[int | None, Decimal]]) -> None:
        """Tests up to today, and what is proposed from them; a class of the first levels has words."""
        early = self.school_class.level <= GradeSettings().descriptive_to_level
        marks: dict[int, list[tuple[Decimal, Decimal]]] = {one: [] for one in self.pupils}
        for days, place, title in TESTS:
            day = self.first + timedelta(days=days + subject.subject_id % 5)
            if early or day > self.last:
                continue
            named = title if self.semester == 1 else title[:-1] + SECOND.get(title[-1], title[-1])
            column = self._column(subject.subject_id, "mark", categories[place], named, day, subject.staff_id)
            for pupil in self.pupils:
                self._mark(column, pupil, categories[place][1], subject.staff_id, day, marks[pupil])
        for kind in self.kinds:
            column = self._column(subject.subject_id, kind, (None, Decimal(1)), "", self.last, subject.staff_id)
            for place, pupil in enumerate(self.pupils):
                text = WORDS[(place + subject.subject_id) % 3] if early else _proposed(marks[pupil])
                if text:
                    self.entries.append((column, pupil, 1, text, subject.staff_id, self.last))

    def _mark(
        self,
        column: int,
        pupil: int,
        weight: Decimal,
        staff_id: int,
        day: date,
        marks: list[tuple[Decimal, Decimal]],
    ) -> None:
        luck = self.drawn.random()
        if luck < 0.06:
            return
        if luck < 0.09:
            self.entries.append((column, pupil, 1, self.drawn.choice(("np", "bz", "nb")), staff_id, day))
            return
        place = min(max(round(self.talent[pupil] + self.drawn.gauss(0, 2)), 0), len(GRADES) - 1)
        text = GRADES[place]
        self.entries.append((column, pupil, 1, text, staff_id, day))
        if place < 3 and weight >= 3 and self.drawn.random() < 0.6:
            text = GRADES[min(place + 4, len(GRADES) - 1)]
            self.entries.append((column, pupil, 2, text, staff_id, day + timedelta(days=3)))
        value = rules.worth(text, GradeSettings())
        assert value is not None
        marks.append((value, weight))

    def add_behaviour(self) -> None:
        teacher = self.school_class.homeroom_id
        columns = [self._column(None, kind, (None, Decimal(1)), "", self.last, teacher) for kind in self.kinds]
        for pupil in self.pupils:
            if self.school_class.level > GradeSettings().descriptive_to_level:
                text = self.drawn.choice(BEHAVIOUR)
                self.entries += [(column, pupil, 1, text, teacher, self.last) for column in columns]
            if teacher and self.drawn.random() < 0.4:
                kind, text, points = self.drawn.choice(NOTES)
                day = max(self.first, self.last - timedelta(days=self.drawn.randrange(40)))
                self.notes.append((self.year.id, pupil, day, kind, text, points, teacher, "Wychowawca"))


def _proposed(marks: list[tuple[Decimal, Decimal]]) -> str | None:
    mean = rules.average(marks)
    if mean is None:
        return None
    return str(min(max(int(mean.quantize(Decimal(1), ROUND_HALF_UP)), 1), 6))
