"""Grade books: real rows, two schools, everybody who may not, the rooms that hear of it."""

import asyncio
import io
import re
import zipfile
from decimal import Decimal

import asyncpg
import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.grades import actions, class_actions, exporting, sheets, store
from schools.grades.feature import book_snapshot, pupil_snapshot
from schools.grades.model import (
    BehaviourNoted,
    ColumnChange,
    ColumnChanged,
    EntryChanged,
    GradeSettings,
    NewColumn,
    NewNote,
    Patch,
    PupilGradesChanged,
    book_room,
    pupil_room,
)
from tests.schools.stage import (
    COUNSELLOR,
    FOREIGN_PRINCIPAL,
    FOREIGN_TEACHER,
    HOMEROOM,
    OTHER_TEACHER,
    OUTSIDERS,
    PARENT,
    PEOPLE,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    TEACHER,
)

READERS = {"teacher", "homeroom", "principal", "counsellor"}


class Book:
    """4a's mathematics."""

    def __init__(self, stage, class_name="4a", subject="Matematyka"):
        self.stage, self.school_id = stage, stage.school_id
        self.class_id = stage.a.classes[class_name].id
        self.subject_id = stage.a.subjects[subject] if subject else 0
        self.pupils = stage.a.classes[class_name].pupils

    async def column(self, actor=TEACHER, **given):
        new = NewColumn(**{"kind": "mark", "semester": 1, "title": "Sprawdzian", "weight": Decimal(5), **given})
        return await actions.add_column(self.stage.database, actor, self.school_id, self.class_id, self.subject_id, new)

    async def write(self, column, grades, actor=TEACHER, *, op="operation", attempt=1, base=None, reason=""):
        if base is None:
            async with self.stage.inside() as tx:
                standing = await store.standing(tx, column.id)
            bases = {pupil: one.rev for (pupil, number), one in standing.items() if number == attempt}
        else:
            bases = dict.fromkeys(grades, base)
        patches = [
            Patch(pupil_id=pupil, text=text, attempt=attempt, op_id=f"{op}-{pupil}-{attempt}",
                  base_rev=bases.get(pupil, 0), reason=reason)
            for pupil, text in grades.items()
        ]  # fmt: skip
        return (await actions.write(self.stage.database, actor, self.school_id, column.id, patches)).results

    async def view(self, actor=TEACHER):
        async with self.stage.inside() as tx:
            return await actions.book_view(tx, actor, self.school_id, self.class_id, self.subject_id)

    async def of_pupil(self, pupil, actor=PRINCIPAL):
        async with self.stage.inside() as tx:
            return await actions.grades_of_pupil(tx, actor, self.school_id, pupil)


async def test_a_column_for_a_class_with_a_resit_and_its_history(stage):
    book = Book(stage)
    column = await book.column()
    other = await book.column(title="Kartkówka", weight=Decimal(3))
    child, second = stage.child, book.pupils[0]
    results = await book.write(column, {child: "2", second: "np", book.pupils[1]: "17"})
    assert [one.outcome for one in results] == ["saved", "saved", "refused"]
    assert (await book.write(column, {child: "3"}, base=0))[0].outcome == "repeated"  # the same op id, sent again
    await book.write(other, {child: "5"})
    (resit,) = await book.write(column, {child: "4+"}, attempt=2, reason="poprawa")
    assert (resit.outcome, resit.entry.attempt) == ("saved", 2)
    assert (await book.write(column, {second: "4"}, attempt=3))[0].outcome == "refused"
    grades = await book.of_pupil(child, PARENT)
    (mean,) = grades.averages
    assert mean.average == (Decimal("4.33") * 5 + 5 * 3) / 8
    assert mean.shown == "4,58"
    async with stage.inside() as tx:
        lines = await actions.history(tx, TEACHER, stage.school_id, column.id, child)
    assert [(one.attempt, one.from_text, one.to_text, one.author, one.reason) for one in lines] == [
        (1, None, "2", TEACHER.name, ""),
        (2, None, "4+", TEACHER.name, "poprawa"),
    ]
    await book.write(column, {child: None}, op="taken-back")
    async with stage.inside() as tx:
        assert (await store.history(tx, column.id, child))[-1].to_text is None


async def test_two_teachers_at_one_cell_see_both_values(stage):
    book = Book(stage)
    column = await book.column()
    turns = asyncio.Semaphore(8)

    async def one(actor, pupil, text, op):
        async with turns:
            return (await book.write(column, {pupil: text}, actor, op=op, base=0))[0]

    outcomes = await asyncio.gather(
        *(
            one(actor, pupil, text, op)
            for pupil in book.pupils[:10]
            for actor, text, op in ((TEACHER, "4", "teacher-op"), (PRINCIPAL, "5", "principal-op"))
        )
    )
    assert sorted(result.outcome for result in outcomes) == ["conflict"] * 10 + ["saved"] * 10
    for result in outcomes:
        if result.outcome == "conflict":
            assert {result.entry.text, result.wanted} == {"4", "5"}
    clash = next(result for result in outcomes if result.outcome == "conflict")
    again = await book.write(column, {clash.pupil_id: clash.wanted}, PRINCIPAL, op="overruled", base=clash.entry.rev)
    assert again[0].outcome == "saved"
    assert len((await book.view()).entries) == 10


async def test_grades_of_a_semester_are_hidden_until_published_and_then_want_reasons(stage):
    book = Book(stage)
    column = await book.column(kind="settled", title="")
    assert (await book.column(kind="settled", title="")).id == column.id  # once a semester
    await book.write(column, {stage.child: "3"})
    assert (await book.of_pupil(stage.child, PARENT)).columns == []
    assert stage.backplane.of(pupil_room(stage.school_id, stage.child)) == []
    published = await actions.publish(stage.database, TEACHER, stage.school_id, column.id)
    assert published.published_at is not None
    assert [one.text for one in (await book.of_pupil(stage.child, PARENT)).entries] == ["3"]
    (told,) = stage.backplane.of(pupil_room(stage.school_id, stage.child))
    assert (told.column.id, told.entry.text) == (column.id, "3")
    assert (await book.write(column, {stage.child: "4"}, op="without"))[0].outcome == "reason_needed"
    assert (await book.write(column, {stage.child: "4"}, op="with-reason", reason="sprawdzona praca"))[
        0
    ].outcome == "saved"
    async with stage.inside() as tx:
        last = (await store.history(tx, column.id, stage.child))[-1]
    assert (last.from_text, last.to_text, last.reason, last.author) == ("3", "4", "sprawdzona praca", TEACHER.name)
    assert [one for one in await stage.audited() if one.startswith("grades.")] == [
        "grades.column.add",
        "grades.column.publish",
    ]


async def admitted(stage, act) -> set[str]:
    """Who gets through; nobody else gets more than NotFound or Forbidden."""
    found = set()
    for actor in (*PEOPLE, *OUTSIDERS):
        try:
            await act(actor)
        except (NotFound, Forbidden):
            continue
        found.add(actor.login)
    return found


async def test_every_verb_and_room_with_every_role(stage):
    book, behaviour = Book(stage), Book(stage, subject=None)
    column = await book.column()
    await book.write(column, {stage.child: "5"})
    school = {"school_id": str(stage.school_id)}

    async def room(snapshot, **params):
        async def act(actor):
            async with stage.database.transaction() as tx:
                await snapshot(tx, actor, {**school, **{name: str(value) for name, value in params.items()}})

        return await admitted(stage, act)

    async def inside(call, *given):
        async def act(actor):
            async with stage.inside() as tx:
                await call(tx, actor, *given)

        return await admitted(stage, act)

    here = stage.school_id
    assert await room(book_snapshot, class_id=book.class_id, subject_id=book.subject_id) == READERS
    assert await room(book_snapshot, class_id=book.class_id, subject_id=0) == READERS
    assert await room(book_snapshot, class_id=book.class_id, subject_id=10**9) == set()
    assert await room(pupil_snapshot, pupil_id=stage.child) == READERS | {"parent", "pupil"}
    assert await room(pupil_snapshot, pupil_id=book.pupils[0]) == READERS
    assert await inside(actions.history, here, column.id) == READERS
    assert await inside(actions.read_pasted, here, column.id, "5") == READERS
    assert await inside(class_actions.class_sheet, here, book.class_id) == READERS
    for other_school in (actions.history, actions.read_pasted):
        more = ("5",) if other_school is actions.read_pasted else ()
        assert await inside(other_school, stage.b.school_id, column.id, *more) == set()
    writers = {"teacher", "principal"}
    number = iter(range(100))
    assert await admitted(stage, lambda actor: book.column(actor, title=f"K{next(number)}")) == writers
    assert await admitted(stage, lambda actor: book.write(column, {}, actor)) == writers
    change = ColumnChange(rev=column.rev, title="", category_id=None, weight=Decimal(1), on_date=stage.today)

    async def changed(actor):
        try:
            await actions.change_column(stage.database, actor, here, column.id, change)
        except Invalid:
            pass  # its title: behind the guard

    assert await admitted(stage, changed) == writers
    assert await admitted(stage, lambda actor: actions.publish(stage.database, actor, here, column.id)) == writers
    assert await admitted(stage, lambda actor: behaviour.column(actor, kind="proposed")) == {"homeroom", "principal"}
    note = NewNote(pupil_id=stage.child, kind="praise", text="Pomoc koledze", points=10)
    made = await class_actions.add_note(stage.database, HOMEROOM, here, note)
    assert await admitted(stage, lambda actor: class_actions.add_note(stage.database, actor, here, note)) == READERS

    async def withdrawn(actor):
        try:
            await class_actions.withdraw_note(stage.database, actor, here, made.id, " ")
        except Invalid:
            pass

    assert await admitted(stage, withdrawn) == {"homeroom", "principal"}
    rules = GradeSettings()
    assert await admitted(
        stage, lambda actor: class_actions.add_category(
            stage.database, actor, here, f"Kategoria {next(number)}", "k", Decimal(2), "red", None
        )
    ) == {"principal"}  # fmt: skip
    revs = iter(range(10))
    assert await admitted(
        stage, lambda actor: class_actions.set_rules(stage.database, actor, here, rules, next(revs))
        if actor is PRINCIPAL else class_actions.set_rules(stage.database, actor, here, rules, 0)
    ) == {"principal"}  # fmt: skip
    with pytest.raises(NotFound):
        await actions.write(stage.database, FOREIGN_TEACHER, stage.b.school_id, column.id, [])
    with pytest.raises(NotFound):
        await actions.publish(stage.database, FOREIGN_PRINCIPAL, stage.b.school_id, column.id)
    for actor in (OTHER_TEACHER, SECRETARY, PARENT, PUPIL):
        with pytest.raises(NotFound):
            await book.view(actor)
    with pytest.raises(Forbidden):
        await book.write(column, {stage.child: "1"}, COUNSELLOR)


async def test_a_pupil_who_moves_keeps_grades_and_is_listed_once(stage):
    fourth, fifth = Book(stage), Book(stage, "5a")
    column = await fourth.column()
    mover = fourth.pupils[0]
    await fourth.write(column, {mover: "4", stage.child: "3"})
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE class_membership SET during = daterange(lower(during), $2::date) WHERE pupil_id = $1",
            mover,
            stage.today,
        )
        await tx.execute(
            "INSERT INTO class_membership (school_id, pupil_id, class_id, during)"
            " VALUES (current_school(), $1, $2, daterange($3::date, NULL))",
            mover,
            fifth.class_id,
            stage.today,
        )
    old, new = await fourth.view(), await fifth.view()
    assert [(one.pupil_id, one.is_member) for one in old.pupils if one.pupil_id == mover] == [(mover, False)]
    assert [one.pupil_id for one in new.pupils].count(mover) == 1
    assert len(new.pupils) == 26
    assert len(old.pupils) == 25
    assert [(one.pupil_id, one.text) for one in new.entries] == [(mover, "4")]  # nobody else's of 4a
    assert {one.class_name for one in new.columns} == {"4a"}
    quiz = await fifth.column(title="Kartkówka", weight=Decimal(1))
    await fifth.write(quiz, {mover: "1"})
    (mean,) = (await fifth.of_pupil(mover)).averages
    assert mean.average == Decimal(21) / 6
    async with stage.inside() as tx:
        sheet = await class_actions.class_sheet(tx, PRINCIPAL, stage.school_id, fifth.class_id, 1)
    row = next(one for one in sheet.rows if one.pupil.pupil_id == mover)
    assert row.standings[fifth.subject_id].average == Decimal(21) / 6


async def test_the_history_is_not_rewritten_and_notes_stay(stage):
    book = Book(stage)
    await book.write(await book.column(), {stage.child: "5"})
    note = await class_actions.add_note(
        stage.database,
        HOMEROOM,
        stage.school_id,
        NewNote(pupil_id=stage.child, kind="remark", text="Rozmowy", points=-5),
    )
    for statement in (
        "UPDATE grade_history SET author = ''",
        "DELETE FROM grade_history",
        "DELETE FROM grade",
        "DELETE FROM behaviour_note",
        "UPDATE behaviour_note SET points = 0",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with stage.inside() as tx:
                await tx.execute(statement)
    assert (await book.of_pupil(stage.child, PARENT)).behaviour_points == 95
    await class_actions.withdraw_note(stage.database, HOMEROOM, stage.school_id, note.id, "pomyłka w nazwisku")
    grades = await book.of_pupil(stage.child, PARENT)
    assert (grades.behaviour_points, grades.notes[0].withdrawn_reason) == (100, "pomyłka w nazwisku")


async def test_snapshot_and_events_make_a_fresh_snapshot(stage):
    book = Book(stage)
    first = await book.column()
    before, own_before = await book.view(), await book.of_pupil(stage.child, PARENT)
    stage.backplane.published.clear()
    second = await book.column(title="Odpowiedź", weight=Decimal(2))
    await book.write(first, dict.fromkeys(book.pupils, "4"))
    await book.write(second, {stage.child: "6"})
    await book.write(first, {stage.child: "5"}, attempt=2)
    await book.write(first, {book.pupils[0]: None}, PRINCIPAL, op="corrected")
    change = ColumnChange(rev=1, title="Sprawdzian 1", category_id=None, weight=Decimal(3), on_date=stage.today)
    await actions.change_column(stage.database, TEACHER, stage.school_id, first.id, change)
    with pytest.raises(Conflict):
        await actions.change_column(stage.database, PRINCIPAL, stage.school_id, first.id, change)
    columns = {one.id: one for one in before.columns}
    entries = {(one.column_id, one.pupil_id, one.attempt): one for one in before.entries}
    for event in stage.backplane.of(book_room(stage.school_id, book.class_id, book.subject_id)):
        if isinstance(event, ColumnChanged):
            columns[event.column.id] = event.column
        elif isinstance(event, EntryChanged):
            entries[event.entry.column_id, event.entry.pupil_id, event.entry.attempt] = event.entry
    fresh = await book.view()
    assert {one.id: msgspec.structs.replace(one, marks_rev=0) for one in fresh.columns} == {
        number: msgspec.structs.replace(one, marks_rev=0) for number, one in columns.items()
    }
    assert {(one.column_id, one.pupil_id, one.attempt): one for one in fresh.entries} == entries
    own = {(one.column_id, one.attempt): one for one in own_before.entries}
    averages, own_columns = list(own_before.averages), {}
    told = stage.backplane.of(pupil_room(stage.school_id, stage.child))
    for event in told:
        assert isinstance(event, PupilGradesChanged)
        assert event.entry.pupil_id == stage.child
        own[event.entry.column_id, event.entry.attempt] = event.entry
        own_columns[event.column.id] = event.column.weight
        averages = event.averages
    fresh_own = await book.of_pupil(stage.child, PARENT)
    assert {(one.column_id, one.attempt): one for one in fresh_own.entries} == own
    assert fresh_own.averages == averages
    assert {one.id: one.weight for one in fresh_own.columns} == own_columns
    assert averages[0].average == (Decimal(5) * 3 + 6 * 2) / 5
    stage.backplane.published.clear()
    note = NewNote(pupil_id=stage.child, kind="praise", text="Konkurs", points=15)
    await class_actions.add_note(stage.database, TEACHER, stage.school_id, note)
    (event,) = stage.backplane.of(pupil_room(stage.school_id, stage.child))
    assert isinstance(event, BehaviourNoted)
    fresh_own = await book.of_pupil(stage.child, PARENT)
    assert ([event.note], event.points) == (fresh_own.notes, fresh_own.behaviour_points)


async def test_formulas_stay_words_in_the_workbook(stage):
    book = Book(stage)
    column = await book.column(title="=cmd()")
    await book.write(column, {stage.child: "4+"})
    await book.write(column, {stage.child: "+5"}, attempt=2)
    async with stage.inside() as tx:
        await tx.execute("UPDATE pupil SET last_name = '=HYPERLINK(1)' WHERE id = $1", stage.child)
    words = {"number": "Lp.", "pupil": "Uczeń", "average": "Średnia {n}", "mark": "oceny"}
    made = exporting.xlsx(await book.view(), "4a / Matematyka", words)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        sheet, texts = (parts.read(f"xl/{name}").decode() for name in ("worksheets/sheet1.xml", "sharedStrings.xml"))
    assert "<f>" not in sheet
    assert set(re.findall(r'<c r="\w+"[^>]*?(?: t="(\w+)")', sheet)) == {"s"}
    for text in ("=cmd() (1; 5)", "=HYPERLINK(1) ", "4+ → 5+", "5,33"):
        assert text in texts


async def test_the_sheet_and_the_meeting(stage):
    book, behaviour = Book(stage), Book(stage, subject=None)
    column = await book.column()
    proposed = await book.column(kind="proposed", title="")
    conduct = await behaviour.column(HOMEROOM, kind="proposed", title="")
    weak, strong, absent = book.pupils[0], book.pupils[1], book.pupils[2]
    await book.write(column, {weak: "1", strong: "6", absent: "4"})
    await book.write(proposed, {weak: "1", strong: "6", absent: "3"})
    await behaviour.write(conduct, {strong: "wz", weak: "pop"}, HOMEROOM)
    lesson = await stage.opened()
    await stage.mark(TEACHER, lesson, dict.fromkeys(book.pupils, "●") | {absent: "—"})
    async with stage.inside() as tx:
        sheet = await class_actions.class_sheet(tx, HOMEROOM, stage.school_id, book.class_id, 1)
    found = sheets.meeting(sheet)
    line = next(one for one in found.lines if one.subject.subject_id == book.subject_id)
    assert (line.counts["6"], line.counts["3"], line.counts["1"], line.missing) == (1, 1, 1, 22)
    assert (line.shown, found.shown, found.passing) == ("3,33", "3,33", 24)
    assert [row.pupil.pupil_id for row in found.failing] == [weak]
    assert [row.pupil.pupil_id for row in found.distinguished] == [strong]
    if stage.today.month not in range(2, 9):  # the lesson lies in the first semester
        assert [(one.pupil_id, subject.subject_id) for one, subject, _ in found.unclassifiable] == [
            (absent, book.subject_id)
        ]
    assert next(row for row in sheet.rows if row.pupil.pupil_id == weak).threatened_in == [book.subject_id]
