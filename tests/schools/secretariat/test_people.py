"""People of a school: moves with their dates, rights that end, who may do what, imports and the next year for real."""

from datetime import date, timedelta

import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.identity.sessions import life
from schools.register import store as register
from schools.secretariat import accounts, importing, people, people_store, rollover, setup
from schools.secretariat import import_store as imports
from schools.secretariat.model import GuardianDraft, PupilDraft, StaffDraft
from schools.secretariat.rollover_rules import Choices
from schools.structure import store as structure
from schools.structure.rules import plain_letters
from tests.schools.secretariat.files import HANNA
from tests.schools.stage import OUTSIDERS, PARENT, PEOPLE, PRINCIPAL, PUPIL, SECRETARY, TEACHER

OFFICE = {"secretary", "principal"}
DRAFT = PupilDraft(first_name="Łucja", second_name="", last_name="Źdźbło", email="", pesel=None, born_on=None)


async def classes_of(stage, pupil_id, day):
    async with stage.inside() as tx:
        return [
            one.class_name
            for one in await people_store.stays(tx, pupil_id)
            if one.since <= day and (one.until is None or one.until > day)
        ]


async def test_only_the_office_may_do_any_of_it(stage):
    """Every verb with every role and with people of the other school."""
    here, child, fourth = stage.school_id, stage.child, stage.a.classes["4a"].id
    database, today = stage.database, stage.today
    staff_id = stage.a.mathematicians[0]
    draft = GuardianDraft(first_name="A", last_name="B", email="", phone="", kind="parent", since=None)
    worker = StaffDraft(first_name="A", last_name="B", short="", email="", roles=["teacher"])
    verbs = (
        lambda who: people.add_pupil(database, who, here, DRAFT, fourth, today),
        lambda who: people.change_pupil(database, who, here, child, DRAFT, 1),
        lambda who: people.read_pesel(database, who, here, child),
        lambda who: people.move_pupil(database, who, here, child, fourth, today),
        lambda who: people.leave_school(database, who, here, child, today),
        lambda who: people.number_class(database, who, here, fourth),
        lambda who: people.add_guardian(database, who, here, child, draft),
        lambda who: people.end_right(database, who, here, 1, today),
        lambda who: people.add_staff(database, who, here, worker),
        lambda who: people.change_staff(database, who, here, staff_id, worker, 1),
        lambda who: people.add_teaching(database, who, here, staff_id, 1, "c1", "teacher", today),
        lambda who: people.end_teaching(database, who, here, staff_id, 1, today),
        lambda who: people.set_homeroom(database, who, here, fourth, staff_id),
        lambda who: importing.take_in(database, who, here, "pupils", "x.csv", b"x", today),
        lambda who: importing.show_import(database, who, here, 1),
        lambda who: importing.carry_out(database, who, here, 1, ""),
        lambda who: importing.drop_import(database, who, here, 1),
        lambda who: rollover.dry_run(database, who, here, Choices()),
        lambda who: rollover.roll_over(database, who, here, Choices()),
        lambda who: rollover.undo_rollover(database, who, here),
        lambda who: setup.save(database, who, here, "subject", {"name": "X", "short": ""}),
        lambda who: setup.change_type(database, who, here, 1, "x", archived=False),
        lambda who: accounts.invite(database, None, None, who, here, "pupil", child),
        lambda who: accounts.codes_of_class(database, None, who, here, fourth),
        lambda who: accounts.code_of_pupil(database, None, who, here, child),
    )
    for place, verb in enumerate(verbs):
        for actor in {*PEOPLE, *OUTSIDERS}:
            if actor.login not in OFFICE:
                with pytest.raises(NotFound):
                    await verb(actor)
                    pytest.fail(f"{actor.login} did verb {place}")
    assert await stage.audited() == []


async def test_pupils_are_found_without_polish_letters_and_sorted_in_polish_order(stage):
    for last in ("Źdźbło", "Łoś", "Zając", "Lis"):
        draft = PupilDraft(first_name="Świętosława", second_name="", last_name=last, email="", pesel=None, born_on=None)
        await people.add_pupil(stage.database, SECRETARY, stage.school_id, draft, stage.a.classes["4a"].id, stage.today)
    async with stage.inside() as tx:

        async def names(text):
            found = await people_store.pupils(
                tx, stage.today, words=plain_letters(text).split(), class_id=None, left=False, offset=0, limit=50
            )
            return [one.last_name for one in found if one.first_name == "Świętosława"]

        assert await names("swietoslawa") == ["Lis", "Łoś", "Zając", "Źdźbło"]
        assert await names("zdzblo SWIET") == ["Źdźbło"]
        assert await names("los") == ["Łoś"]
        assert await names("%") == []


async def test_a_move_is_dated_and_old_marks_stay_with_their_lessons(stage):
    today, child = stage.today, stage.child
    lesson = await stage.opened()
    await stage.mark(TEACHER, lesson, {child: "—"})
    async with stage.inside() as tx:
        pupil = await people_store.pupil_file(tx, child)
        told = await people.preview_move(tx, stage.school_id, pupil, stage.a.classes["5a"].id, today)
    assert (told.from_class, told.to_class, told.number, told.marks_after) == ("4a", "5a", 26, 1)
    assert len(told.groups_left) == 1
    await people.move_pupil(stage.database, SECRETARY, stage.school_id, child, stage.a.classes["5a"].id, today)
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    assert await classes_of(stage, child, yesterday) == ["4a"]
    assert await classes_of(stage, child, today) == await classes_of(stage, child, tomorrow) == ["5a"]
    async with stage.inside() as tx:
        assert await people_store.groups_of(tx, child, today) == []
        kept = await tx.value("SELECT count(*) FROM attendance WHERE pupil_id = $1", child)
        history = await tx.value("SELECT count(*) FROM attendance_history WHERE pupil_id = $1", child)
        grid = [row.pupil_id for row in await register.grid(tx, lesson.id)]
    assert (kept, history) == (1, 1)
    assert grid.count(child) <= 1
    for class_name, fault in (("5a", Invalid), ("4a", None)):
        if fault is None:
            await people.move_pupil(
                stage.database, SECRETARY, stage.school_id, child, stage.a.classes[class_name].id, tomorrow
            )
        else:
            with pytest.raises(fault):
                await people.move_pupil(
                    stage.database, SECRETARY, stage.school_id, child, stage.a.classes[class_name].id, tomorrow
                )
    with pytest.raises(Conflict):  # a later change is entered
        await people.move_pupil(stage.database, SECRETARY, stage.school_id, child, stage.a.classes["4a"].id, today)
    with pytest.raises(Invalid):  # the other school's class
        await people.move_pupil(stage.database, SECRETARY, stage.school_id, child, stage.b.classes["4a"].id, tomorrow)


async def test_leaving_ends_sign_in_and_places_and_a_return_begins_anew(stage, monkeypatch):
    ended = []

    async def end(_tx, account_id, keep=""):
        ended.append(account_id)
        return 0

    monkeypatch.setattr(people, "end_sessions", end)
    last = stage.today - timedelta(days=1)
    await people.leave_school(stage.database, SECRETARY, stage.school_id, stage.child, last)
    assert ended == [PUPIL.account_id]
    assert await classes_of(stage, stage.child, last) == ["4a"]
    assert await classes_of(stage, stage.child, stage.today) == []
    with pytest.raises(Conflict):
        await people.leave_school(stage.database, SECRETARY, stage.school_id, stage.child, last)
    back = stage.today + timedelta(days=7)
    with pytest.raises(Invalid):
        await people.move_pupil(stage.database, SECRETARY, stage.school_id, stage.child, stage.a.classes["4a"].id, last)
    await people.move_pupil(stage.database, SECRETARY, stage.school_id, stage.child, stage.a.classes["4a"].id, back)
    assert await classes_of(stage, stage.child, back) == ["4a"]
    assert await classes_of(stage, stage.child, back - timedelta(days=1)) == []


async def test_a_right_that_ends_today_closes_open_pages_and_a_pesel_is_audited(stage, monkeypatch):
    ended = []

    async def end(_tx, account_id, keep=""):
        ended.append(account_id)
        return 0

    monkeypatch.setattr(people, "end_sessions", end)
    async with stage.inside() as tx:
        right = next(one for one in await people_store.rights(tx, stage.child) if one.account_id == PARENT.account_id)
        whole = await people_store.pesel(tx, stage.child)
    tomorrow = stage.today + timedelta(days=1)
    await people.end_right(stage.database, SECRETARY, stage.school_id, right.id, tomorrow)
    assert ended == []
    await people.end_right(stage.database, SECRETARY, stage.school_id, right.id, stage.today)
    assert ended == [PARENT.account_id]
    async with stage.inside() as tx:
        assert [one.holds for one in await people_store.rights(tx, stage.child) if one.id == right.id] == [False]
    assert await people.read_pesel(stage.database, SECRETARY, stage.school_id, stage.child) == whole
    assert (await stage.audited())[-2:] == ["secretariat.right_end", "secretariat.pesel_read"]
    assert callable(life.end_sessions)
    await people.end_todays_rights(stage.database, people.EndRights())
    assert ended == [PARENT.account_id, PARENT.account_id]


async def test_a_second_child_of_one_guardian_needs_the_confirmation(stage):
    draft = GuardianDraft(
        first_name="Ewa", last_name="Kos", email="ewa@kos.example", phone="", kind="parent", since=None
    )
    one, two = stage.a.classes["4a"].pupils[:2]
    await people.add_guardian(stage.database, SECRETARY, stage.school_id, one, draft)
    with pytest.raises(Invalid):
        await people.add_guardian(stage.database, SECRETARY, stage.school_id, two, draft)
    same = GuardianDraft(
        first_name="Ewa",
        last_name="Kos",
        email="EWA@kos.example",
        phone="",
        kind="parent",
        since=None,
        same_person=True,
    )
    await people.add_guardian(stage.database, SECRETARY, stage.school_id, two, same)
    with pytest.raises(Conflict):
        await people.add_guardian(stage.database, SECRETARY, stage.school_id, two, same)
    async with stage.inside() as tx:
        held = [right for right in await people_store.rights(tx, two) if right.email == "ewa@kos.example"]
    assert [right.children for right in held] == [2]


async def test_the_secretary_gives_nobody_the_whole_register(stage):
    async def give(actor, roles, staff_id=None, **more):
        draft = StaffDraft(first_name="Jan", last_name="Kos", short="", email="", roles=roles, **more)
        if staff_id is None:
            return await people.add_staff(stage.database, actor, stage.school_id, draft)
        async with stage.inside() as tx:
            rev = (await people_store.staff_file(tx, staff_id, None)).rev
        return await people.change_staff(stage.database, actor, stage.school_id, staff_id, draft, rev)

    for roles in (["principal"], ["teacher", "counsellor"]):
        with pytest.raises(Invalid):
            await give(SECRETARY, roles)
    plain = await give(SECRETARY, ["teacher"])
    with pytest.raises(Invalid):
        await give(SECRETARY, ["teacher", "principal"], plain)
    with pytest.raises(Invalid):
        await give(SECRETARY, ["teacher", "secretary"], stage.a.secretary_id)
    with pytest.raises(Forbidden):  # nor does the secretary end the principal's work
        await give(SECRETARY, ["principal"], stage.a.principal_id, until=stage.today)
    await give(PRINCIPAL, ["teacher", "counsellor"], plain)
    with pytest.raises(Forbidden):
        await people.set_homeroom(
            stage.database, SECRETARY, stage.school_id, stage.a.classes["4a"].id, stage.a.secretary_id
        )
    with pytest.raises(Forbidden):
        await people.add_teaching(
            stage.database, SECRETARY, stage.school_id, stage.a.secretary_id, 1, "c1", "teacher", stage.today
        )


async def imported(stage, text, kind="pupils"):
    import_id = await importing.take_in(
        stage.database, SECRETARY, stage.school_id, kind, "plik.csv", text.encode(), stage.today
    )
    _member, _found, plan = await importing.show_import(stage.database, SECRETARY, stage.school_id, import_id)
    return import_id, plan


async def test_an_import_is_whole_or_nothing_and_the_same_file_twice_changes_nothing(stage):
    async def count():
        async with stage.inside() as tx:
            return await tx.value("SELECT count(*) FROM pupil")

    before = await count()
    good = f"Nazwisko;Imię;Klasa;PESEL\nŹdźbło;Łucja;4a;{HANNA}\nZiółko;Jan;5a;\n"
    import_id, plan = await imported(stage, good.replace("5a", "9x"))
    assert len(plan.faults) == 1
    with pytest.raises(Conflict):
        await importing.carry_out(stage.database, SECRETARY, stage.school_id, import_id, importing.digest(plan))
    assert await count() == before
    import_id, plan = await imported(stage, good)
    assert (plan.count("new"), plan.faults) == (2, [])
    with pytest.raises(Conflict):
        await importing.carry_out(stage.database, SECRETARY, stage.school_id, import_id, "another plan")
    await importing.carry_out(stage.database, SECRETARY, stage.school_id, import_id, importing.digest(plan))
    assert await count() == before + 2
    async with stage.inside() as tx:
        assert (await imports.waiting(tx, import_id)).content is None
    assert "secretariat.import" in await stage.audited()
    _again, plan = await imported(stage, good)
    assert plan.changes == 0
    moved, plan = await imported(stage, good.replace("Łucja;4a", "Łucja;5a"))
    assert [(one.sort, [(d.was, d.now) for d in one.differences]) for one in plan.steps] == [
        ("changed", [("4a", "5a")]),
        ("same", []),
    ]
    await importing.carry_out(stage.database, SECRETARY, stage.school_id, moved, importing.digest(plan))
    async with stage.inside() as tx:
        pupil_id = await people_store.pesel_owner(tx, HANNA)
    assert await classes_of(stage, pupil_id, stage.today) == ["5a"]


async def test_guardians_come_by_a_file_with_their_rights(stage):
    async with stage.inside() as tx:
        whole = await people_store.pesel(tx, stage.child)
    text = f"Nazwisko;Imię;E-mail;Rodzaj;PESEL ucznia;Prawo do\nKos;Ewa;ewa@kos.example;opiekun prawny;{whole};2026-12-31\n"
    import_id, plan = await imported(stage, text, "guardians")
    assert plan.faults == []
    await importing.carry_out(stage.database, SECRETARY, stage.school_id, import_id, importing.digest(plan))
    async with stage.inside() as tx:
        right = next(one for one in await people_store.rights(tx, stage.child) if one.last_name == "Kos")
    assert (right.kind, right.until) == ("legal", date(2027, 1, 1))
    assert (await imported(stage, text, "guardians"))[1].changes == 0


async def test_the_next_year_is_made_whole_and_taken_back(stage):
    fourth, fifth = stage.a.classes["4a"].pupils, stage.a.classes["5a"].pupils
    choices = Choices(repeaters=frozenset({fourth[0]}), leavers=frozenset({fifth[0]}), copy_teachings=True)
    found = await rollover.dry_run(stage.database, SECRETARY, stage.school_id, choices)
    assert found.against == []
    assert [(one.old.name, one.becomes, len(one.promoted)) for one in found.plan.fates] == [
        ("4a", "5a", 24),
        ("5a", "6a", 24),
    ]
    starts = found.plan.year.starts_on
    before = starts - timedelta(days=1)
    async with stage.inside() as tx:
        rows = await tx.value("SELECT count(*) FROM class_membership")
    await rollover.roll_over(stage.database, SECRETARY, stage.school_id, choices)
    with pytest.raises(Conflict):
        await rollover.roll_over(stage.database, SECRETARY, stage.school_id, choices)
    assert await classes_of(stage, fourth[1], before) == ["4a"]
    assert await classes_of(stage, fourth[1], starts) == ["5a"]
    assert await classes_of(stage, fourth[0], starts) == ["4a"]
    assert await classes_of(stage, fifth[0], starts) == []
    async with stage.inside() as tx:
        year = await structure.year_on(tx, stage.school_id, starts)
        made = {one.name: one for one in await structure.classes(tx, year.id)}
        inside = await structure.pupils_of_class(tx, made["5a"].id, starts)
        groups = await structure.groups(tx, year.id)
        taught = await tx.value(
            "SELECT count(*) FROM teaching WHERE during @> $1::date AND class_id = $2", starts, made["5a"].id
        )
    assert [one.name for one in made.values()] == ["4a", "5a", "6a"]
    assert made["5a"].homeroom_id == stage.a.classes["4a"].homeroom_id
    assert {one.id for one in inside} == set(fourth) - {fourth[0]}
    assert len(groups) == 4
    assert taught > 0
    await rollover.undo_rollover(stage.database, SECRETARY, stage.school_id)
    async with stage.inside() as tx:
        assert await tx.value("SELECT count(*) FROM class_membership") == rows
        assert (await people_store.pupil_file(tx, fifth[0])).left_on is None
        assert await structure.year_on(tx, stage.school_id, starts) is None


async def test_an_office_that_comes_to_it_in_september_makes_the_year_in_which_it_is(stage):
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE school_year SET name = 'x', starts_on = $1::date - 200, second_starts_on = $1::date - 100,"
            " ends_on = $1::date - 1",
            stage.today,
        )
        assert await structure.year_on(tx, stage.school_id, stage.today) is None
    found = await rollover.dry_run(stage.database, SECRETARY, stage.school_id, Choices())
    assert (found.against, found.plan.year.starts_on, found.year.name) == ([], stage.today, "x")
    await rollover.roll_over(stage.database, SECRETARY, stage.school_id, Choices())
    pupil = stage.a.classes["4a"].pupils[1]
    assert await classes_of(stage, pupil, stage.today - timedelta(days=1)) == ["4a"]
    assert await classes_of(stage, pupil, stage.today) == ["5a"]
    async with stage.inside() as tx:
        year = await structure.year_on(tx, stage.school_id, stage.today)
    following = await rollover.dry_run(stage.database, SECRETARY, stage.school_id, Choices())
    assert (following.year, following.against, following.may_undo) == (year, [], False)


async def test_the_next_year_waits_for_open_imports_and_stays_once_something_hangs_on_it(stage):
    import_id, _plan = await imported(stage, "Nazwisko;Imię;Klasa\nKos;Jan;4a\n")
    with pytest.raises(Conflict):
        await rollover.roll_over(stage.database, SECRETARY, stage.school_id, Choices())
    await importing.drop_import(stage.database, SECRETARY, stage.school_id, import_id)
    plan = await rollover.roll_over(stage.database, SECRETARY, stage.school_id, Choices())
    async with stage.inside() as tx:
        year = await structure.year_on(tx, stage.school_id, plan.year.starts_on)
        await tx.execute(
            "INSERT INTO timetable_version (school_id, year_id, name, valid_from)"
            " VALUES (current_school(), $1, 'x', $2)",
            year.id,
            plan.year.starts_on,
        )
    with pytest.raises(Conflict):
        await rollover.undo_rollover(stage.database, SECRETARY, stage.school_id)
    async with stage.inside() as tx:
        assert await structure.year_on(tx, stage.school_id, plan.year.starts_on) is not None


async def test_limits_are_set_by_the_principal_and_other_sections_stay(stage):
    values = {"per_day": 2, "per_week": 4, "unchecked_after_min": 15, "unexcused_percent": 40}
    async with stage.inside() as tx:
        await tx.execute('UPDATE school SET settings = \'{"own": 1, "tests": {"x": 2}}\' WHERE id = current_school()')
    with pytest.raises(Invalid):
        await setup.save(stage.database, SECRETARY, stage.school_id, "limits", values)
    await setup.save(stage.database, PRINCIPAL, stage.school_id, "limits", values)
    async with stage.inside() as tx:
        settings = (await structure.school(tx, stage.school_id)).settings
    assert settings["own"] == 1
    assert settings["tests"] == {"x": 2, "per_day": 2, "per_week": 4}
    assert setup.limits(settings) == values
