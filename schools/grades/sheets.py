"""The homeroom teacher's sheet of a class, and what the classification meeting (rada klasyfikacyjna) looks at. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from schools.grades import rules
from schools.grades.class_store import Book, Presence
from schools.grades.model import BehaviourNote, BookPupil, Column, Entry, GradeSettings
from schools.structure.model import SchoolClass

DISTINCTION_BEHAVIOUR: Final = frozenset({"wzorowe", "bardzo dobre"})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A pupil in a subject: the average, what is proposed and settled, absence of the period."""

    subject_id: int
    average: Decimal | None
    proposed: str | None
    settled: str | None
    absent: int
    counted: int
    threatened: bool
    unclassifiable: bool

    @property
    def shown(self) -> str:
        return rules.shown_average(self.average)

    @property
    def counts(self) -> str | None:
        """What the meeting counts: the settled grade, else the proposed one."""
        return self.settled or self.proposed


class Row(msgspec.Struct, frozen=True, kw_only=True):
    pupil: BookPupil
    standings: dict[int, Standing]
    behaviour_proposed: str | None
    behaviour_settled: str | None
    points: int
    average: Decimal | None
    """Of the grades of the semester, as the school's certificate counts them: plain mean."""

    @property
    def shown(self) -> str:
        return rules.shown_average(self.average)

    @property
    def threatened_in(self) -> list[int]:
        return [one.subject_id for one in self.standings.values() if one.threatened]

    @property
    def fails(self) -> bool:
        return any(one.counts in {"1", "nk"} for one in self.standings.values())


class ClassSheet(msgspec.Struct, frozen=True, kw_only=True):
    school_class: SchoolClass
    semester: int
    today_semester: int
    settings: GradeSettings
    subjects: list[Book]
    rows: list[Row]


class SubjectLine(msgspec.Struct, frozen=True, kw_only=True):
    """A subject in the meeting's summary. `missing`: pupils with no grade of the semester yet."""

    subject: Book
    counts: dict[str, int]
    not_classified: int
    missing: int
    average: Decimal | None
    settled: int

    @property
    def shown(self) -> str:
        return rules.shown_average(self.average)


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of a sheet."""

    sheet: ClassSheet
    lines: list[SubjectLine]
    total: dict[str, int]
    average: Decimal | None
    behaviour: dict[str, int]
    unclassifiable: list[tuple[BookPupil, Book, Standing]]
    failing: list[Row]
    distinguished: list[Row]

    @property
    def shown(self) -> str:
        return rules.shown_average(self.average)

    @property
    def passing(self) -> int:
        return len(self.sheet.rows) - len(self.failing)


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet is made of."""

    school_class: SchoolClass
    semester: int
    today_semester: int
    settings: GradeSettings
    subjects: list[Book]
    pupils: list[BookPupil]
    columns: list[Column]
    entries: list[Entry]
    presence: list[Presence]
    notes: list[BehaviourNote]


def class_sheet(material: Material) -> ClassSheet:
    """Of the pupils of today."""
    columns = [one for one in material.columns if one.semester == material.semester]
    absence = {(one.pupil_id, one.subject_id): one for one in material.presence}
    of_pupil: dict[int, list[Entry]] = {}
    for entry in material.entries:
        of_pupil.setdefault(entry.pupil_id, []).append(entry)
    rows = [
        _row(pupil, columns, rules.by_column(of_pupil.get(pupil.pupil_id, [])), absence, material)
        for pupil in material.pupils
        if pupil.is_member
    ]
    return ClassSheet(
        school_class=material.school_class,
        semester=material.semester,
        today_semester=material.today_semester,
        settings=material.settings,
        subjects=material.subjects,
        rows=rows,
    )


def _row(
    pupil: BookPupil,
    columns: Sequence[Column],
    mine: dict[int, list[Entry]],
    absence: dict[tuple[int, int], Presence],
    material: Material,
) -> Row:
    standings: dict[int, Standing] = {}
    for subject in material.subjects:
        own = [one for one in columns if one.subject_id == subject.subject_id]
        mean = rules.pupil_average(own, mine, material.settings)
        proposed, settled = _period(own, mine, "proposed"), _period(own, mine, "settled")
        seen = absence.get((pupil.pupil_id, subject.subject_id))
        absent, counted = (seen.absent, seen.counted) if seen else (0, 0)
        standings[subject.subject_id] = Standing(
            subject_id=subject.subject_id,
            average=mean,
            proposed=proposed,
            settled=settled,
            absent=absent,
            counted=counted,
            threatened=rules.is_threatened(settled or proposed, mean, material.settings),
            unclassifiable=rules.is_unclassifiable(absent, counted, material.settings),
        )
    behaviour = [one for one in columns if one.subject_id is None]
    notes = [one for one in material.notes if one.pupil_id == pupil.pupil_id]
    return Row(
        pupil=pupil,
        standings=standings,
        behaviour_proposed=_period(behaviour, mine, "proposed"),
        behaviour_settled=_period(behaviour, mine, "settled"),
        points=rules.behaviour_points(notes, material.settings),
        average=_plain_mean([one.counts for one in standings.values()]),
    )


def _period(columns: Sequence[Column], mine: dict[int, list[Entry]], kind: str) -> str | None:
    for column in columns:
        if column.kind == kind and mine.get(column.id):
            return mine[column.id][0].text
    return None


def _plain_mean(texts: Sequence[str | None]) -> Decimal | None:
    return rules.average((Decimal(text), Decimal(1)) for text in texts if text and text in "123456")


def meeting(sheet: ClassSheet) -> Meeting:
    """Sums by subject and of the class; settled grades, where there is none the proposed one."""
    lines = [_line(subject, [row.standings[subject.subject_id] for row in sheet.rows]) for subject in sheet.subjects]
    total = dict.fromkeys("654321", 0)
    for line in lines:
        for grade, count in line.counts.items():
            total[grade] += count
    behaviour = dict.fromkeys(rules.BEHAVIOUR_GRADES, 0)
    for row in sheet.rows:
        said = row.behaviour_settled or row.behaviour_proposed
        if said in behaviour:
            behaviour[said] += 1
    failing = [row for row in sheet.rows if row.fails]
    return Meeting(
        sheet=sheet,
        lines=lines,
        total=total,
        average=_plain_mean([one.counts for row in sheet.rows for one in row.standings.values()]),
        behaviour=behaviour,
        unclassifiable=[
            (row.pupil, subject, row.standings[subject.subject_id])
            for row in sheet.rows
            for subject in sheet.subjects
            if row.standings[subject.subject_id].unclassifiable
        ],
        failing=failing,
        distinguished=[row for row in sheet.rows if _is_distinguished(row, sheet.settings)],
    )


def _line(subject: Book, standings: Sequence[Standing]) -> SubjectLine:
    said = [one.counts for one in standings]
    return SubjectLine(
        subject=subject,
        counts=rules.distribution(said),
        not_classified=sum(one == "nk" for one in said),
        missing=sum(one is None for one in said),
        average=_plain_mean(said),
        settled=sum(one.settled is not None for one in standings),
    )


def _is_distinguished(row: Row, settings: GradeSettings) -> bool:
    said = row.behaviour_settled or row.behaviour_proposed
    enough = row.average is not None and row.average >= settings.distinction_average
    return enough and not row.fails and said in DISTINCTION_BEHAVIOUR
