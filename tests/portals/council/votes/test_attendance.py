"""The attendance list, its history, and the quorum it makes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Conflict, NotFound
from portals.council.votes import attendance
from portals.council.votes.roll import store as roll_store
from tests.portals.council.votes.conftest import CLERK, COUNCIL, RESIDENT


async def test_a_list_that_nobody_touched_is_there_already(chamber):
    view = await chamber.public()
    assert [member.name for member in view.members] == [
        "Łukasz Ćwik",
        "Anna Kowal",
        "Jan Lis",
        "Ewa Śliwa",
        "Zofia Żurek",
    ]
    assert {(member.state, member.rev) for member in view.members} == {("absent", 0)}
    assert (view.quorum.present, view.quorum.needed, view.quorum.statutory, view.quorum.met) == (0, 3, 5, False)


async def test_each_change_is_kept_with_its_moment_and_author(chamber):
    await chamber.mark(0, "present")
    await chamber.mark(0, "left")
    await chamber.here(0)
    async with chamber.database.transaction() as tx:
        changes = await roll_store.attendance_changes(tx, chamber.session.id)
    assert [(one.state, one.by_councillor) for one in changes] == [
        ("present", False),
        ("left", False),
        ("present", True),
    ]
    assert changes == sorted(changes, key=lambda one: one.changed_at)
    assert (await chamber.desk()).quorum.present == 1


async def test_marking_the_same_twice_is_one_change(chamber):
    first = await chamber.mark(0, "present")
    assert await chamber.mark(0, "present") == first
    assert await chamber.here(0) == first
    assert (await chamber.audited()).count("attendance.mark") == 1


async def test_two_marks_at_once_are_both_kept(chamber):
    """Two desks on a list that nobody has touched yet: it is drawn up once."""
    await asyncio.gather(*(chamber.mark(place, "present") for place in range(5)), *(chamber.here(1) for _ in range(3)))
    view = await chamber.public()
    assert view.quorum.present == 5
    assert [member.state for member in view.members] == ["present"] * 5


async def test_all_present_leaves_those_who_were_marked(chamber):
    await chamber.mark(0, "present")
    await chamber.mark(0, "left")
    await chamber.mark(1, "late")
    members = await chamber.everybody()
    assert {member.name: member.state for member in members} == {
        "Anna Kowal": "left",
        "Łukasz Ćwik": "late",
        "Zofia Żurek": "present",
        "Jan Lis": "present",
        "Ewa Śliwa": "present",
    }


async def test_what_makes_no_sense_is_refused(chamber):
    with pytest.raises(Conflict, match="leave"):
        await chamber.mark(0, "left")
    with pytest.raises(NotFound):
        await attendance.mark_attendance(chamber.database, CLERK, chamber.session.id, 999, "present")
    with pytest.raises(NotFound):
        await attendance.mark_attendance(chamber.database, CLERK, 999, chamber.ids[0], "present")
    for actor in (RESIDENT, COUNCIL[0]):
        with pytest.raises(NotFound):
            await attendance.mark_attendance(chamber.database, actor, chamber.session.id, chamber.ids[1], "present")
        with pytest.raises(NotFound):
            await attendance.mark_everyone_present(chamber.database, actor, chamber.session.id)
    with pytest.raises(NotFound):
        await attendance.confirm_presence(chamber.database, RESIDENT, chamber.session.id)
    assert (await chamber.public()).quorum.present == 0


async def test_who_comes_late_is_late(chamber):
    await chamber.rows("UPDATE council_session SET started_at = now() - interval '16 minutes' RETURNING id")
    assert (await chamber.here(0)).state == "late"
    await chamber.statute(late_after_min=30)
    assert (await chamber.here(1)).state == "present"


async def test_presence_is_confirmed_on_the_day_and_not_after_the_end(chamber):
    await chamber.rows(
        "UPDATE council_session SET state = 'planned', started_at = NULL, planned_at = $1 RETURNING id",
        datetime.now(UTC) + timedelta(hours=3),
    )
    with pytest.raises(Conflict, match="two hours"):
        await chamber.here(0)
    await chamber.rows(
        "UPDATE council_session SET planned_at = $1 RETURNING id", datetime.now(UTC) + timedelta(hours=1)
    )
    assert (await chamber.here(0)).state == "present"
    await chamber.rows("UPDATE council_session SET state = 'ended', started_at = now(), ended_at = now() RETURNING id")
    for late in (lambda: chamber.here(1), lambda: chamber.mark(1, "present"), chamber.everybody):
        with pytest.raises(Conflict, match="ended"):
            await late()


async def test_names_can_be_kept_from_the_public_while_the_session_runs(chamber):
    await chamber.statute(attendance=False)
    await chamber.mark(0, "present")
    room = f"council/session/{chamber.session.id}/votes"
    told = [type(one.event).__name__ for one in chamber.plane.published if one.room == room]
    assert told == ["QuorumChanged"]
    view = await chamber.public()
    assert (view.members, view.quorum.present) == ([], 1)
    await chamber.rows("UPDATE council_session SET state = 'ended', ended_at = now() RETURNING id")
    assert len((await chamber.public()).members) == 5


async def test_a_name_and_a_club_stay_as_they_were_that_day(chamber):
    await chamber.everybody()
    await chamber.rows(
        "UPDATE councillor SET name = 'Anna Kowal-Nowak', club_id = NULL WHERE name = 'Anna Kowal' RETURNING id"
    )
    assert {member.name: member.club for member in (await chamber.public()).members}["Anna Kowal"] == "Klub Wspólny"


async def test_a_council_without_members_says_so(chamber):
    await chamber.rows("DELETE FROM councillor RETURNING id")
    view = await chamber.public()
    assert (view.members, view.quorum.statutory, view.quorum.met) == ([], 1, False)
    with pytest.raises(Conflict, match="No councillors"):
        await chamber.everybody()


async def test_a_committee_counts_its_own_members(chamber):
    """Its chair decides ties and may open votes where the statute says so; the council's seats do not matter."""
    term = (await chamber.rows("SELECT id FROM council_term"))[0]["id"]
    committee = (
        await chamber.rows("INSERT INTO council_committee (term_id, name) VALUES ($1, 'Budżetu') RETURNING id", term)
    )[0]["id"]
    for place, role, until in (
        (1, "chair", None),
        (2, "member", None),
        (3, "member", None),
        (4, "member", "2025-01-01"),
    ):
        await chamber.rows(
            "INSERT INTO council_committee_member VALUES ($1, $2, $3, '2024-05-06', $4::text::date) RETURNING since",
            committee,
            chamber.ids[place],
            role,
            until,
        )
    await chamber.rows("UPDATE council_session SET committee_id = $1 RETURNING id", committee)
    await chamber.statute(statutory=23, openers=("chair",))
    view = await chamber.public()
    assert [(member.name, member.office) for member in view.members] == [
        ("Łukasz Ćwik", "chair"),
        ("Jan Lis", ""),
        ("Zofia Żurek", ""),
    ]
    assert (view.quorum.statutory, view.quorum.needed) == (3, 2)
    await chamber.everybody()
    with pytest.raises(NotFound):  # who chairs the council does not chair this committee, nor sit in it
        await chamber.open(actor=COUNCIL[0])
    with pytest.raises(NotFound):
        await chamber.here(0)
    vote = await chamber.open(actor=COUNCIL[1])
    assert (vote.entitled, vote.statutory, vote.quorum) == (3, 3, 2)


async def test_a_mandate_counts_while_it_lasts_and_the_club_is_that_of_the_day(chamber):
    day = chamber.session.planned_at.date()
    await chamber.rows(
        "UPDATE councillor SET mandate_ended_on = $2 WHERE id = $1 RETURNING id",
        chamber.ids[0],
        day - timedelta(days=1),
    )
    await chamber.rows("UPDATE councillor SET mandate_ended_on = $2 WHERE id = $1 RETURNING id", chamber.ids[1], day)
    await chamber.rows(
        "UPDATE councillor SET mandate_began_on = $2 WHERE id = $1 RETURNING id",
        chamber.ids[2],
        day + timedelta(days=1),
    )
    club = (await chamber.rows("SELECT id FROM council_club"))[0]["id"]
    for since, joined in ((day - timedelta(days=30), club), (day + timedelta(days=1), None)):
        await chamber.rows(
            "INSERT INTO councillor_club VALUES ($1, $2, $3) RETURNING since", chamber.ids[3], since, joined
        )
    members = (await chamber.public()).members
    assert [(member.name, member.club) for member in members] == [
        ("Łukasz Ćwik", "Klub Wspólny"),
        ("Jan Lis", "Klub Wspólny"),
        ("Ewa Śliwa", None),
    ]
