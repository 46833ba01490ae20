"""Versions of a timetable: conflicts by rule, editing, publishing; what was held stays."""

from datetime import date, timedelta

import asyncpg
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.timetable import store as timetable
from schools.timetable.drafts import actions, rules, store
from schools.timetable.drafts.model import Entry, EntryDraft, Overlaps
from tests.schools.stage import (
    COUNSELLOR,
    FOREIGN_PRINCIPAL,
    HOMEROOM,
    OUTSIDERS,
    PARENT,
    PRINCIPAL,
    PUPIL,
    SECRETARY,
    TEACHER,
)


def entry(number, **more):
    values = {
        "weekday": 1,
        "period": 3,
        "class_id": number,
        "subject_id": 1,
        "staff_id": number,
        "of_class_id": more.get("class_id", number),
        "target": f"c{more.get('class_id', number)}",
        "subject": "Matematyka",
        "staff": f"N{number}",
        "second_staff": "",
        "room": "",
    }
    return Entry(id=number, **{**values, **more})


def group(number, of_class, **more):
    return entry(number, class_id=None, group_id=number, of_class_id=of_class, target=f"g{number}", **more)


SHARED = Overlaps(
    frozenset(
        {
            (("group", 71), ("group", 81)),
            (("group", 81), ("group", 71)),
            (("class", 5), ("group", 90)),
            (("group", 90), ("class", 5)),
        }
    )
)


@pytest.mark.parametrize(
    ("one", "other", "kinds"),
    [
        (entry(1), entry(2), []),
        (entry(1), entry(2, staff_id=1), ["teacher"]),
        (entry(1), entry(2, staff_id=1, period=4), []),
        (entry(1), entry(2, staff_id=1, weekday=2), []),
        (entry(1, week="A"), entry(2, staff_id=1, week="B"), []),
        (entry(1, week="A"), entry(2, staff_id=1, week="A"), ["teacher"]),
        (entry(1), entry(2, staff_id=1, week="B"), ["teacher"]),
        (entry(1, second_staff_id=9, second_staff="N9"), entry(2, staff_id=9), ["teacher"]),
        (entry(1, second_staff_id=9), entry(2, second_staff_id=9), ["teacher"]),
        (entry(1, room_id=4, room="104"), entry(2, room_id=4, room="104"), ["room"]),
        (entry(1), entry(2, class_id=1), ["class"]),
        (entry(1), group(70, 1), ["class"]),  # the whole class and a group of it
        (group(70, 1), group(75, 1), []),  # two groups side by side
        (group(70, 1), group(70, 1, staff_id=3), ["class"]),  # one group twice
        (group(71, 1), group(81, 1), ["pupils"]),  # pupils in both
        (entry(5), group(90, None), ["pupils"]),  # a group of several classes, and one of these
        (entry(6), group(90, None), []),
        (entry(1, room_id=4, room="104"), entry(2, class_id=1, staff_id=1, room_id=4), ["class", "room", "teacher"]),
    ],
)
def test_what_cannot_be_at_once(one, other, kinds):
    if one.id == other.id:
        other = type(other)(**{**{name: getattr(other, name) for name in other.__struct_fields__}, "id": 999})
    found = rules.conflicts([one, other], SHARED)
    assert sorted(conflict.kind for conflict in found) == kinds
    assert all(set(conflict.entry_ids) == {one.id, other.id} for conflict in found)


def test_a_new_version_begins_tomorrow_at_the_earliest():
    today, first, last = date(2026, 11, 30), date(2026, 9, 1), date(2027, 8, 31)
    assert rules.refusal_of_start(date(2026, 12, 1), today, first, last, in_force=True) is None
    assert rules.refusal_of_start(today, today, first, last, in_force=True) is not None
    assert rules.refusal_of_start(today, today, first, last, in_force=False) is None
    assert rules.refusal_of_start(date(2026, 8, 31), today, first, last, in_force=False) is not None
    assert rules.refusal_of_start(date(2027, 9, 1), today, first, last, in_force=True) is not None


async def draft_of(stage, actor=SECRETARY, copied="version"):
    return await actions.make_draft(
        stage.database,
        actor,
        stage.school_id,
        "Plan od jutra",
        stage.today + timedelta(days=1),
        stage.a.version_id if copied else None,
    )


async def entries_of(stage, version_id):
    async with stage.inside() as tx:
        return await store.entries(tx, version_id)


async def publish(stage, version_id, day=None, actor=PRINCIPAL, **more):
    await actions.publish(
        stage.database, actor, stage.school_id, version_id, day or stage.today + timedelta(days=1), **more
    )


async def test_held_lessons_and_marks_outlive_a_new_timetable(stage):
    lesson = await stage.opened()
    pupils = stage.a.classes["4a"].pupils
    await stage.mark(TEACHER, lesson, dict.fromkeys(pupils, "●"))
    version_id = await draft_of(stage)
    for one in await entries_of(stage, version_id):
        if one.of_class_id == stage.a.classes["4a"].id and one.subject == "Matematyka":
            await actions.remove_entry(stage.database, SECRETARY, stage.school_id, version_id, one.id)
    await publish(stage, version_id)
    tomorrow = stage.today + timedelta(days=1)
    async with stage.inside() as tx:
        assert await timetable.version_on(tx, stage.today) == stage.a.version_id
        assert await timetable.version_on(tx, tomorrow) == version_id
        today = await timetable.planned_for_class(tx, stage.a.classes["4a"].id, stage.today)
        later = await timetable.planned_for_class(tx, stage.a.classes["4a"].id, tomorrow)
        assert [one.lesson_id for one in today if one.subject == "Matematyka"] == [lesson.id]
        assert "Matematyka" not in {one.subject for one in later}
        assert await tx.value("SELECT count(*) FROM attendance WHERE lesson_id = $1", lesson.id) == len(pupils)
        assert (
            await tx.value(
                "SELECT e.version_id FROM lesson l JOIN timetable_entry e ON e.id = l.entry_id WHERE l.id = $1",
                lesson.id,
            )
            == stage.a.version_id
        )
    again = await stage.mark(PRINCIPAL, lesson, {pupils[0]: "—"}, op="corrected")
    assert again.results[0].outcome == "saved"


async def test_a_published_version_never_changes(stage):
    version_id = await draft_of(stage)
    first = (await entries_of(stage, version_id))[0]
    await publish(stage, version_id)
    change = EntryDraft(weekday=1, period=8, class_id=stage.a.classes["4a"].id, subject_id=first.subject_id,
                        staff_id=first.staff_id)  # fmt: skip
    for call in (
        actions.save_entry(stage.database, SECRETARY, stage.school_id, version_id, first.id, change),
        actions.save_entry(stage.database, SECRETARY, stage.school_id, version_id, None, change),
        actions.remove_entry(stage.database, SECRETARY, stage.school_id, version_id, first.id),
        actions.delete_draft(stage.database, SECRETARY, stage.school_id, version_id),
        publish(stage, version_id, stage.today + timedelta(days=9)),
    ):
        with pytest.raises(Conflict, match="does not change"):
            await call
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):  # and the database itself says so
        async with stage.inside() as tx:
            await tx.execute("UPDATE timetable_entry SET period = 9 WHERE id = $1", first.id)


async def test_publishing_is_refused_where_it_would_do_harm(stage):
    empty = await draft_of(stage, copied="")
    with pytest.raises(Conflict, match="no lesson"):
        await publish(stage, empty)
    version_id = await draft_of(stage)
    with pytest.raises(Invalid) as refused:
        await publish(stage, version_id, stage.today)
    assert "tomorrow" in refused.value.fields["valid_from"]
    first = (await entries_of(stage, version_id))[0]
    twice = EntryDraft(weekday=first.weekday, period=first.period, class_id=stage.a.classes["5a"].id,
                       subject_id=first.subject_id, staff_id=first.staff_id)  # fmt: skip
    await actions.save_entry(stage.database, SECRETARY, stage.school_id, version_id, None, twice)
    with pytest.raises(Invalid) as refused:
        await publish(stage, version_id)
    assert list(refused.value.fields) == ["despite_conflicts"]
    await publish(stage, version_id, despite_conflicts=True)
    other = await draft_of(stage)
    with pytest.raises(Invalid) as refused:
        await publish(stage, other)
    assert refused.value.fields == {"valid_from": "Another timetable begins on that day"}
    assert (await stage.audited())[-1] == "timetable.draft"


async def test_an_entry_is_added_moved_and_taken_out(stage):
    version_id = await draft_of(stage, copied="")
    klass = stage.a.classes["4a"]
    draft = EntryDraft(
        weekday=2, period=1, week="A", group_id=klass.groups[0], subject_id=stage.a.subjects["Informatyka"],
        staff_id=stage.a.teachers[0], second_staff_id=stage.a.teachers[1],
    )  # fmt: skip
    entry_id = await actions.save_entry(stage.database, SECRETARY, stage.school_id, version_id, None, draft)
    moved = EntryDraft(**{**{name: getattr(draft, name) for name in draft.__struct_fields__}, "period": 5, "week": ""})
    await actions.save_entry(stage.database, PRINCIPAL, stage.school_id, version_id, entry_id, moved)
    (found,) = await entries_of(stage, version_id)
    assert (found.period, found.week, found.target, found.of_class_id) == (5, "", "4a gr. 1", klass.id)
    for field, wrong in (
        ("target", {"group_id": None}),
        ("target", {"class_id": klass.id}),
        ("group_id", {"group_id": stage.b.classes["4a"].groups[0]}),
        ("staff_id", {"staff_id": stage.b.teachers[0]}),
        ("second_staff_id", {"second_staff_id": stage.a.teachers[0]}),
        ("subject_id", {"subject_id": stage.b.subjects["Informatyka"]}),
        ("room_id", {"room_id": 10**9}),
    ):
        values = {**{name: getattr(draft, name) for name in draft.__struct_fields__}, **wrong}
        with pytest.raises(Invalid) as refused:
            await actions.save_entry(stage.database, SECRETARY, stage.school_id, version_id, None, EntryDraft(**values))
        assert list(refused.value.fields) == [field]
    await actions.remove_entry(stage.database, SECRETARY, stage.school_id, version_id, entry_id)
    assert await entries_of(stage, version_id) == []
    with pytest.raises(NotFound):
        await actions.remove_entry(stage.database, SECRETARY, stage.school_id, version_id, entry_id)


async def test_pupils_in_two_groups_are_found(stage):
    klass = stage.a.classes["4a"]
    async with stage.inside() as tx:
        group_id = await tx.value(
            "INSERT INTO school_group (school_id, year_id, name) VALUES (current_school(), $1, 'chór') RETURNING id",
            stage.a.year_id,
        )
        await tx.execute(
            "INSERT INTO group_membership (school_id, pupil_id, group_id, during)"
            " VALUES (current_school(), $1, $2, daterange(NULL, NULL))",
            klass.pupils[0],
            group_id,
        )
    version_id = await draft_of(stage, copied="")
    for where, staff in (
        ({"group_id": group_id}, 0),
        ({"group_id": klass.groups[0]}, 1),  # the pupil's group
        ({"group_id": klass.groups[1]}, 2),  # the other one
        ({"class_id": stage.a.classes["5a"].id}, 3),
    ):
        draft = EntryDraft(weekday=1, period=1, subject_id=stage.a.subjects["Matematyka"],
                           staff_id=stage.a.teachers[staff], **where)  # fmt: skip
        await actions.save_entry(stage.database, SECRETARY, stage.school_id, version_id, None, draft)
    async with stage.inside() as tx:
        found = rules.conflicts(await store.entries(tx, version_id), await store.overlaps(tx, stage.today))
    assert [(one.kind, one.name) for one in found] == [("pupils", "4a gr. 1, chór")]


async def test_only_principal_and_secretary(stage):
    version_id = await draft_of(stage)
    for actor in (TEACHER, HOMEROOM, COUNSELLOR):
        with pytest.raises(Forbidden):
            await draft_of(stage, actor)
        with pytest.raises(Forbidden):
            await publish(stage, version_id, actor=actor)
    for actor in (*OUTSIDERS, PARENT, PUPIL):
        with pytest.raises(NotFound):
            await draft_of(stage, actor)
        with pytest.raises(NotFound):
            await actions.delete_draft(stage.database, actor, stage.school_id, version_id)
    with pytest.raises(NotFound):  # a principal, of another school
        await actions.delete_draft(stage.database, FOREIGN_PRINCIPAL, stage.b.school_id, version_id)
    await actions.delete_draft(stage.database, SECRETARY, stage.school_id, version_id)
    async with stage.inside() as tx:
        assert [one.id for one in await store.versions(tx)] == [stage.a.version_id]
