"""Guardians that change, names that change, staff with a second factor, rosters written whole."""

from datetime import timedelta

import msgspec
import pytest

from app.errors import Conflict, Forbidden, Invalid, NotFound
from schools.register import store as register
from schools.secretariat import guardians, importing, people, people_store, setup, setup_store, telling
from schools.secretariat.model import GuardianDraft, PersonChanged, PupilDraft, StaffDraft, people_room
from schools.structure import store as structure
from schools.structure.access import SecondFactorOwed, access_pupil, access_school, own_children
from tests.schools.secretariat.files import roster
from tests.schools.stage import FOREIGN_TEACHER, PARENT, PRINCIPAL, PUPIL, SECRETARY, TEACHER


async def right_of_the_parent(stage):
    async with stage.inside() as tx:
        held = await people_store.rights(tx, stage.child)
    return next(one for one in held if one.account_id == PARENT.account_id)


def as_draft(right, **changed) -> GuardianDraft:
    known = {
        name: getattr(right, name) for name in ("first_name", "last_name", "email", "phone", "kind", "since", "until")
    }
    return GuardianDraft(**{**known, **changed})


async def rev_of(stage, guardian_id: int) -> int:
    async with stage.inside() as tx:
        return await tx.value("SELECT rev FROM guardian WHERE id = $1", guardian_id)


async def test_a_guardian_is_changed_with_the_dates_of_the_right_and_an_end_is_taken_back(stage):
    right = await right_of_the_parent(stage)
    rev = await rev_of(stage, right.guardian_id)
    tomorrow, week = stage.today + timedelta(days=1), stage.today + timedelta(days=7)
    draft = as_draft(right, first_name="Tomasz Jan", phone="600 100 200", kind="legal", until=week)
    pupil = await guardians.change_right(stage.database, SECRETARY, stage.school_id, right.id, draft, rev)
    assert pupil == stage.child
    after = await right_of_the_parent(stage)
    assert (after.name, after.phone, after.kind, after.until) == (
        f"Tomasz Jan {right.last_name}",
        "600 100 200",
        "legal",
        week,
    )
    with pytest.raises(Conflict):  # the same page, still open in another window
        await guardians.change_right(stage.database, SECRETARY, stage.school_id, right.id, draft, rev)
    await guardians.change_right(
        stage.database, SECRETARY, stage.school_id, right.id, as_draft(after, until=None), rev + 1
    )
    assert (await right_of_the_parent(stage)).until is None
    for wrong, field in (
        ({"since": week, "until": tomorrow}, "last_day"),
        ({"email": "tomasz"}, "email"),
        ({"last_name": ""}, "last_name"),
    ):
        with pytest.raises(Invalid) as refused:
            await guardians.change_right(
                stage.database, SECRETARY, stage.school_id, right.id, as_draft(after, **wrong), rev + 2
            )
        assert set(refused.value.fields) == {field}
    assert await rev_of(stage, right.guardian_id) == rev + 2
    assert (await stage.audited()).count("secretariat.right_change") == 2


async def test_an_address_is_one_guardians_and_a_right_does_not_hold_twice(stage):
    right = await right_of_the_parent(stage)
    rev = await rev_of(stage, right.guardian_id)
    async with stage.inside() as tx:
        await tx.execute(
            "UPDATE guardian SET email = 'inna@x.example' WHERE id = (SELECT min(id) FROM guardian WHERE id <> $1)",
            right.guardian_id,
        )
        await tx.execute(
            "UPDATE guardianship SET during = daterange(NULL, $2::date) WHERE id = $1", right.id, stage.today
        )
        later = await tx.value(
            "INSERT INTO guardianship (school_id, guardian_id, pupil_id, during)"
            " VALUES (current_school(), $1, $2, daterange($3::date, NULL)) RETURNING id",
            right.guardian_id,
            stage.child,
            stage.today,
        )
    with pytest.raises(Invalid) as refused:
        draft = as_draft(right, email="Inna@x.example")
        await guardians.change_right(stage.database, SECRETARY, stage.school_id, later, draft, rev)
    assert set(refused.value.fields) == {"email"}
    with pytest.raises(Conflict, match="another right"):
        await guardians.change_right(
            stage.database, SECRETARY, stage.school_id, later, as_draft(right, since=None, until=None), rev
        )


async def test_a_new_end_that_is_past_closes_the_parents_pages(stage, monkeypatch):
    ended = []

    async def end(_tx, account_id, keep=""):
        ended.append(account_id)
        return 0

    monkeypatch.setattr(people, "end_sessions", end)
    right = await right_of_the_parent(stage)
    rev = await rev_of(stage, right.guardian_id)
    draft = as_draft(right, until=stage.today + timedelta(days=3))
    await guardians.change_right(stage.database, SECRETARY, stage.school_id, right.id, draft, rev)
    assert ended == []
    draft = as_draft(right, until=stage.today)
    await guardians.change_right(stage.database, SECRETARY, stage.school_id, right.id, draft, rev + 1)
    assert ended == [PARENT.account_id]
    async with stage.inside() as tx:
        with pytest.raises(NotFound):
            await access_pupil(tx, PARENT, stage.school_id, stage.child)


async def test_subjects_rooms_and_groups_get_other_names_and_lessons_keep_them(stage):
    lesson = await stage.opened(TEACHER)
    async with stage.inside() as tx:
        year = await structure.year_on(tx, stage.school_id, stage.today)
        subjects, rooms = await setup_store.subjects(tx), await setup_store.rooms(tx)
        groups = await setup_store.groups(tx, year.id)
    other = next(one for one in subjects if one.id != lesson.subject_id)
    values = {"name": "  Matematyka   stosowana ", "short": "mat"}
    await setup.change(stage.database, SECRETARY, stage.school_id, "subject", lesson.subject_id, values)
    async with stage.inside() as tx:
        assert (await register.lesson(tx, lesson.id)).subject == "Matematyka stosowana"
    with pytest.raises(Invalid) as refused:
        await setup.change(
            stage.database, SECRETARY, stage.school_id, "subject", lesson.subject_id, {"name": other.name, "short": ""}
        )
    assert set(refused.value.fields) == {"name"}
    place = {"name": "Aula", "building": "B", "seats": 120}
    await setup.change(stage.database, SECRETARY, stage.school_id, "room", rooms[0].id, place)
    await setup.change(stage.database, SECRETARY, stage.school_id, "group", groups[0].id, {"name": "gr. zaawansowana"})
    async with stage.inside() as tx:
        assert next(one for one in await setup_store.rooms(tx) if one.id == rooms[0].id).seats == 120
        assert {one.name for one in await setup_store.groups(tx, year.id) if one.id == groups[0].id} == {
            "gr. zaawansowana"
        }
    for who in (TEACHER, PARENT):
        with pytest.raises(NotFound):
            await setup.change(stage.database, who, stage.school_id, "room", rooms[0].id, place)
    with pytest.raises(NotFound):
        await setup.change(stage.database, SECRETARY, stage.school_id, "room", 2**40, {**place, "name": "Nigdzie"})
    told = await stage.audited()
    assert [told.count(f"secretariat.rename_{part}") for part in ("subject", "room", "group")] == [1, 1, 1]


async def test_a_school_that_wants_a_second_factor_opens_for_staff_who_have_one(stage):
    wanted = {"second_factor": True}
    with pytest.raises(Invalid) as refused:  # a principal without one would lock the door from inside
        await setup.save(stage.database, PRINCIPAL, stage.school_id, "security", wanted)
    assert set(refused.value.fields) == {"second_factor"}
    with pytest.raises(Forbidden):
        await setup.save(stage.database, safe(SECRETARY), stage.school_id, "security", wanted)
    await setup.save(stage.database, safe(PRINCIPAL), stage.school_id, "security", wanted)
    async with stage.inside() as tx:
        with pytest.raises(SecondFactorOwed):
            await access_school(tx, TEACHER, stage.school_id)
        assert (await access_school(tx, safe(TEACHER), stage.school_id)).roles == ["teacher"]
        assert (await access_school(tx, PARENT, stage.school_id)).guardian_id is not None
        assert (await access_school(tx, PUPIL, stage.school_id)).pupil_id == stage.child
    with pytest.raises(Forbidden):
        await stage.opened(TEACHER)
    async with stage.inside(stage.b.school_id) as tx:  # another school has not asked for it
        assert (await access_school(tx, FOREIGN_TEACHER, stage.b.school_id)).staff_id is not None


async def test_a_teacher_who_is_a_parent_too_stays_one_without_a_second_factor(stage):
    async with stage.inside() as tx:
        await tx.execute("UPDATE staff SET account_id = NULL WHERE account_id = $1", TEACHER.account_id)
        await tx.execute("UPDATE staff SET account_id = $1 WHERE id = $2", PARENT.account_id, stage.a.mathematicians[0])
    await setup.save(stage.database, safe(PRINCIPAL), stage.school_id, "security", {"second_factor": True})
    async with stage.inside() as tx:
        member = await access_school(tx, PARENT, stage.school_id)
        assert (member.staff_id, member.roles, member.guardian_id is not None) == (None, [], True)
        assert (await access_school(tx, safe(PARENT), stage.school_id)).roles == ["teacher"]
    async with stage.database.transaction() as tx:
        assert stage.child in {child.id for _member, child in await own_children(tx, PARENT)}


def safe(actor):
    return msgspec.structs.replace(actor, second_factor=True)


async def test_a_roster_is_written_whole_with_guardians_of_new_pupils(stage):
    users = (
        "sourcedId,status,givenName,familyName,role,email,identifier,phone,sms,agentSourcedIds\n"
        'u1,active,Łucja,Żółć,student,,,,,"g1"\nu2,active,Jan,Żółć,student,,,,,"g1"\n'
        "g1,active,Ewa,Żółć,parent,,,600100200,,\nt1,active,Zofia,Sroka,teacher,sroka@x.example,,,,\n"
    )
    enrolled = (
        "sourcedId,status,classSourcedId,userSourcedId,role,beginDate,endDate\n"
        "e1,active,k4,u1,student,,\ne2,active,k5,u2,student,,\n"
    )
    content = roster(users=users, enrollments=enrolled, demographics=None)
    import_id = await importing.take_in(
        stage.database, SECRETARY, stage.school_id, "oneroster", "spis.zip", content, stage.today
    )
    _member, _found, plan = await importing.show_import(stage.database, SECRETARY, stage.school_id, import_id)
    assert (plan.faults, plan.count("new")) == ([], 5)
    await importing.carry_out(stage.database, SECRETARY, stage.school_id, import_id, importing.digest(plan))
    async with stage.inside() as tx:
        held = await tx.records(
            "SELECT g.id, g.phone, p.first_name FROM guardianship r JOIN guardian g ON g.id = r.guardian_id"
            " JOIN pupil p ON p.id = r.pupil_id WHERE p.last_name = 'Żółć' ORDER BY p.first_name"
        )
        assert [(row["first_name"], row["phone"]) for row in held] == [("Jan", "600100200"), ("Łucja", "600100200")]
        assert len({row["id"] for row in held}) == 1  # one mother, without an address
        assert await tx.value("SELECT roles FROM staff WHERE last_name = 'Sroka'") == ["teacher"]
    import_id = await importing.take_in(
        stage.database, SECRETARY, stage.school_id, "oneroster", "spis.zip", content, stage.today
    )
    _member, _found, plan = await importing.show_import(stage.database, SECRETARY, stage.school_id, import_id)
    assert (plan.faults, plan.changes) == ([], 0)


async def test_whoever_looks_at_people_ends_with_what_a_fresh_page_shows(stage):
    params = {"school_id": str(stage.school_id)}

    async def seen(actor=SECRETARY):
        async with stage.inside() as tx:
            return {(one.kind, one.id): one for one in (await telling.people_snapshot(tx, actor, params)).people}

    for actor in (TEACHER, PARENT, PUPIL, FOREIGN_TEACHER):
        with pytest.raises(NotFound):
            await seen(actor)
    shown = await seen()
    database, school_id = stage.database, stage.school_id
    right = await right_of_the_parent(stage)
    mover = stage.a.classes["4a"].pupils[6]
    await people.move_pupil(database, SECRETARY, school_id, mover, stage.a.classes["5a"].id, stage.today)
    draft = as_draft(right, phone="600 100 200")
    await guardians.change_right(
        database, PRINCIPAL, school_id, right.id, draft, await rev_of(stage, right.guardian_id)
    )
    new = PupilDraft(first_name="Żaneta", second_name="", last_name="Ćma", email="", pesel=None, born_on=None)
    added = await people.add_pupil(database, SECRETARY, school_id, new, stage.a.classes["4a"].id, stage.today)
    gone = stage.a.classes["4a"].pupils[9]
    await people.leave_school(database, SECRETARY, school_id, gone, stage.today - timedelta(days=1))
    staff = StaffDraft(first_name="Ewa", last_name="Nowa", short="EN", email="", roles=["teacher"])
    staff_id = await people.add_staff(database, SECRETARY, school_id, staff)
    told = [one for one in stage.backplane.of(people_room(school_id)) if isinstance(one, PersonChanged)]
    assert {one.by for one in told} == {SECRETARY.name, PRINCIPAL.name}
    for event in told:
        key = (event.person.kind, event.person.id)
        assert key not in shown or event.person.rev > shown[key].rev
        shown[key] = event.person
    assert shown == await seen()
    assert [shown["pupil", one].place for one in (mover, added, gone)] == ["5a", "4a", ""]
    assert (shown["pupil", gone].gone, shown["staff", staff_id].name) == (True, "Nowa Ewa")
