"""Terms, clubs, councillors and committees on a real database."""

from datetime import date

import msgspec
import pytest

from app.errors import Invalid, NotFound
from portals.council import store as council_store
from portals.council.members import actions, store
from portals.council.members.model import CommitteeDraft, CouncillorDraft, TermDraft
from tests.portals.council.stage import CLERK, OTHERS, add_term, audited, furnish

TODAY = date(2026, 11, 29)


@pytest.fixture
async def council(database):
    await furnish(database)
    return database


@pytest.fixture
async def term_id(council):
    return await add_term(council)


async def faults_of(work) -> set[str]:
    with pytest.raises(Invalid) as caught:
        await work
    return set(caught.value.fields)


async def record(database, councillor_id):
    async with database.transaction() as tx:
        return await store.councillor(tx, councillor_id)


async def sitting(database, term_id) -> list[str]:
    async with database.transaction() as tx:
        return [one.name for one in await council_store.councillors(tx, term_id)]


async def test_terms_follow_each_other(council, term_id):
    first = TermDraft("Następna", date(2034, 5, 6), date(2039, 5, 5))
    assert (await actions.add_term(council, CLERK, first)).name == "Następna"
    overlapping = TermDraft("Inna", date(2034, 5, 5), date(2034, 6, 1))
    assert await faults_of(actions.add_term(council, CLERK, overlapping)) == {"began_on"}
    backwards = TermDraft("", date(2050, 1, 2), date(2050, 1, 1))
    assert await faults_of(actions.add_term(council, CLERK, backwards)) == {"name", "ends_on"}
    # the term that runs is the newest one that has begun, not the one that is prepared
    async with council.transaction() as tx:
        newest = await council_store.newest_term(tx)
    assert newest is not None
    assert newest.id == term_id


async def test_a_change_of_club_keeps_its_history(council, term_id):
    left = await actions.add_club(council, CLERK, term_id, " Klub  Żółty ")
    right = await actions.add_club(council, CLERK, term_id, "Klub Zielony")
    assert await faults_of(actions.add_club(council, CLERK, term_id, "Klub Zielony")) == {"name"}
    anna = await actions.add_councillor(council, CLERK, term_id, CouncillorDraft("Anna  Kowal", "chair"), left)
    assert (await record(council, anna)).club == "Klub Żółty"
    second = CouncillorDraft("Ewa Brzoza", "chair")
    assert await faults_of(actions.add_councillor(council, CLERK, term_id, second)) == {"office"}
    await actions.change_club(council, CLERK, anna, right, date(2026, 1, 10), TODAY)
    await actions.change_club(council, CLERK, anna, None, date(2026, 6, 1), TODAY)
    assert await faults_of(actions.change_club(council, CLERK, anna, None, date(2026, 6, 2), TODAY)) == {"club"}
    assert await faults_of(actions.change_club(council, CLERK, anna, left, date(2026, 5, 31), TODAY)) == {"since"}
    assert await faults_of(actions.change_club(council, CLERK, anna, left, date(2026, 11, 30), TODAY)) == {"since"}
    assert await faults_of(actions.change_club(council, CLERK, anna, 999, TODAY, TODAY)) == {"club"}
    async with council.transaction() as tx:
        history = await store.club_history(tx, anna)
    assert [(one.since, one.club) for one in history] == [
        (date(2026, 6, 1), None),
        (date(2026, 1, 10), "Klub Zielony"),
        (date(2024, 5, 6), "Klub Żółty"),
    ]
    found = await record(council, anna)
    assert (found.name, found.office, found.club) == ("Anna Kowal", "chair", None)


async def test_a_mandate_that_ended_takes_the_seats_along(council, term_id):
    anna = await actions.add_councillor(council, CLERK, term_id, CouncillorDraft("Anna Kowal"))
    ewa = await actions.add_councillor(council, CLERK, term_id, CouncillorDraft("Ewa Brzoza"))
    committee = await actions.add_committee(council, CLERK, term_id, CommitteeDraft("Komisja Finansów"))
    for who, role in ((anna, "chair"), (ewa, "member")):
        await actions.take_seat(council, CLERK, committee.id, who, role, date(2024, 6, 1))
    ended = CouncillorDraft("Anna Kowal", mandate_ended_on=date(2025, 3, 1), mandate_end_reason="zrzeczenie się")
    await actions.change_councillor(council, CLERK, anna, ended)
    assert await sitting(council, term_id) == ["Ewa Brzoza"]
    async with council.transaction() as tx:
        seats = await store.seats(tx, committee.id)
        now = await council_store.committee_members(tx, committee.id)
    assert [(one.name, one.until) for one in seats] == [("Ewa Brzoza", None), ("Anna Kowal", date(2025, 3, 1))]
    assert [one.name for one in now] == ["Ewa Brzoza"]
    # the office undoes its mistake
    await actions.change_councillor(council, CLERK, anna, CouncillorDraft("Anna Kowal"))
    assert await sitting(council, term_id) == ["Anna Kowal", "Ewa Brzoza"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"name": "x" * 121}, {"name"}),
        ({"email": "anna(at)gryf"}, {"email"}),
        ({"login": "nikt"}, {"login"}),
        ({"mandate_began_on": date(2024, 5, 5)}, {"mandate_began_on"}),
        ({"mandate_ended_on": date(2034, 5, 6), "mandate_end_reason": "x"}, {"mandate_ended_on"}),
        ({"mandate_ended_on": date(2025, 1, 1)}, {"mandate_end_reason"}),
        ({"mandate_end_reason": "śmierć"}, {"mandate_ended_on"}),
    ],
)
async def test_a_councillor_is_checked_field_by_field(council, term_id, changes, fields):
    draft = msgspec.structs.replace(CouncillorDraft("Anna Kowal"), **changes)
    assert await faults_of(actions.add_councillor(council, CLERK, term_id, draft)) == fields
    assert await sitting(council, term_id) == []


async def test_an_account_belongs_to_one_councillor_and_its_address_is_the_fallback(council, term_id):
    anna = await actions.add_councillor(council, CLERK, term_id, CouncillorDraft("Anna Kowal", login="ANNA"))
    found = await record(council, anna)
    assert (found.login, found.address) == ("anna", "anna@gryf.example")
    twin = CouncillorDraft("Ewa Brzoza", login="anna@gryf.example")
    assert await faults_of(actions.add_councillor(council, CLERK, term_id, twin)) == {"login"}
    same = CouncillorDraft("Anna Kowal")
    assert await faults_of(actions.add_councillor(council, CLERK, term_id, same)) == {"name"}
    await actions.change_councillor(council, CLERK, anna, CouncillorDraft("Anna Kowal", email="rada@SŁUPSK.example"))
    assert (await record(council, anna)).address == "rada@xn--supsk-k7a.example"


async def test_a_committee_has_one_chair_and_a_person_one_seat(council, term_id):
    people = [
        await actions.add_councillor(council, CLERK, term_id, CouncillorDraft(name))
        for name in ("Anna Kowal", "Ewa Brzoza", "Łukasz Żak")
    ]
    committee = await actions.add_committee(council, CLERK, term_id, CommitteeDraft("Komisja Finansów"))
    same = CommitteeDraft("Komisja Finansów")
    assert await faults_of(actions.add_committee(council, CLERK, term_id, same)) == {"name"}
    since = date(2024, 6, 1)
    await actions.take_seat(council, CLERK, committee.id, people[0], "chair", since)
    again = actions.take_seat(council, CLERK, committee.id, people[0], "member", date(2025, 1, 1))
    assert await faults_of(again) == {"councillor"}
    assert await faults_of(actions.take_seat(council, CLERK, committee.id, people[1], "chair", since)) == {"role"}
    early = actions.take_seat(council, CLERK, committee.id, people[1], "member", date(2020, 1, 1))
    assert await faults_of(early) == {"since"}
    await actions.take_seat(council, CLERK, committee.id, people[1], "member", since)
    assert await faults_of(actions.change_role(council, CLERK, committee.id, people[1], "chair")) == {"role"}
    assert await faults_of(actions.leave_seat(council, CLERK, committee.id, people[0], date(2024, 5, 31))) == {"until"}
    await actions.leave_seat(council, CLERK, committee.id, people[0], date(2025, 1, 31))
    await actions.change_role(council, CLERK, committee.id, people[1], "chair")
    # whoever left may come back
    await actions.take_seat(council, CLERK, committee.id, people[0], "vice_chair", date(2025, 6, 1))
    async with council.transaction() as tx:
        now = await council_store.committee_members(tx, committee.id)
    assert [(one.name, one.office) for one in now] == [("Ewa Brzoza", "chair"), ("Anna Kowal", "vice_chair")]


async def test_only_the_office_keeps_the_lists(council, term_id):
    club = await actions.add_club(council, CLERK, term_id, "Klub")
    anna = await actions.add_councillor(council, CLERK, term_id, CouncillorDraft("Anna Kowal"))
    committee = await actions.add_committee(council, CLERK, term_id, CommitteeDraft("Komisja"))
    await actions.take_seat(council, CLERK, committee.id, anna, "member", date(2024, 6, 1))
    before = await audited(council)
    assert before == ["club.add", "councillor.add", "committee.add", "committee.seat"]
    for actor in OTHERS:
        for work in (
            actions.add_term(council, actor, TermDraft("x", date(2040, 1, 1), date(2041, 1, 1))),
            actions.change_term(council, actor, term_id, TermDraft("x", date(2024, 1, 1), date(2030, 1, 1))),
            actions.add_club(council, actor, term_id, "x"),
            actions.rename_club(council, actor, club, "x"),
            actions.add_councillor(council, actor, term_id, CouncillorDraft("x")),
            actions.change_councillor(council, actor, anna, CouncillorDraft("x")),
            actions.change_club(council, actor, anna, club, TODAY, TODAY),
            actions.add_committee(council, actor, term_id, CommitteeDraft("x")),
            actions.change_committee(council, actor, committee.id, CommitteeDraft("x")),
            actions.take_seat(council, actor, committee.id, anna, "member", TODAY),
            actions.change_role(council, actor, committee.id, anna, "chair"),
            actions.leave_seat(council, actor, committee.id, anna, TODAY),
        ):
            with pytest.raises(NotFound):
                await work
    assert await audited(council) == before


async def test_every_change_is_audited(council, term_id):
    club = await actions.add_club(council, CLERK, term_id, "Klub")
    await actions.rename_club(council, CLERK, club, "Klub Nowy")
    await actions.change_term(council, CLERK, term_id, TermDraft("Kadencja IX", date(2024, 5, 6), date(2034, 5, 5)))
    anna = await actions.add_councillor(council, CLERK, term_id, CouncillorDraft("Anna Kowal"))
    await actions.change_councillor(council, CLERK, anna, CouncillorDraft("Anna Kowal-Żak"))
    await actions.change_club(council, CLERK, anna, club, date(2025, 1, 1), TODAY)
    committee = await actions.add_committee(council, CLERK, term_id, CommitteeDraft("Komisja"))
    await actions.change_committee(council, CLERK, committee.id, CommitteeDraft("Komisja Zdrowia", "szpitale"))
    await actions.take_seat(council, CLERK, committee.id, anna, "member", date(2024, 6, 1))
    await actions.change_role(council, CLERK, committee.id, anna, "chair")
    await actions.leave_seat(council, CLERK, committee.id, anna, date(2025, 6, 1))
    assert await audited(council) == [
        "club.add",
        "club.rename",
        "term.change",
        "councillor.add",
        "councillor.change",
        "councillor.club",
        "committee.add",
        "committee.change",
        "committee.seat",
        "committee.role",
        "committee.leave",
    ]
