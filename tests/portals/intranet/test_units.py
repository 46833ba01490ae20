"""Units, their cards and people: who may, what is refused, what is told."""

import pytest

from app.actor import Actor, Grant
from app.errors import Conflict, Invalid, NotFound
from app.identity.actions import create_unit as create_bare_unit
from app.identity.model import UnitKind
from portals.intranet import actions
from portals.intranet.model import (
    UNITS_ROOM,
    MemberChange,
    NewMember,
    NewUnit,
    UnitChange,
    UnitChanged,
    UnitDraft,
    UnitMembersChanged,
    unit_room,
)
from tests.portals.intranet.stage import (
    ADMIN,
    AGENT,
    AUDITOR,
    HEAD,
    KEEPER,
    NOBODY,
    OTHER,
    RESIDENT,
    TEACHER,
    Organisation,
)


def change_of(unit, **fields):
    names = ("name", "short_name", "kind", "address", "room", "phone", "email", "active", "rev")
    return UnitChange(**{**{name: getattr(unit, name) for name in names}, **fields})


async def test_the_staff_knows_all_units_and_residents_none(database):
    org = await Organisation.set(database)
    for actor in (ADMIN, KEEPER, AUDITOR, HEAD, TEACHER, OTHER, AGENT):
        found = await actions.list_units(database, actor)
        assert [one.short_name for one in found.units] == ["IT", "UM", "SP 4", "SP 5"]
    for actor in (RESIDENT, NOBODY):
        with pytest.raises(NotFound):
            await actions.list_units(database, actor)
        with pytest.raises(NotFound):
            await actions.show_unit(database, actor, org.units["SP 4"].id)
    view = await actions.show_unit(database, TEACHER, org.units["SP 4"].id)
    assert [(one.name, one.head) for one in view.members] == [("Hanna Stępień", True), ("Katarzyna Lewandowska", False)]
    assert (view.unit.heads, view.unit.members, view.may_change, view.may_add_members) == (
        ["Hanna Stępień"], 2, False, False,
    )  # fmt: skip
    async with database.transaction(readonly=True) as tx:
        assert await actions.units_of(tx, TEACHER.account_id) == (org.units["SP 4"].id,)
        assert await actions.units_of(tx, RESIDENT.account_id) == ()
        assert await actions.units_of(tx, None) == ()


async def test_a_unit_is_made_in_the_tree_with_its_card(database):
    org = await Organisation.set(database)
    new = NewUnit(
        name="  Biuro   Rady ", short_name="BR", kind="department", parent_id=org.units["UM"].id,
        phone="59 848 83 00 w. 12", email="Biuro@Gryf.example", room="212",
    )  # fmt: skip
    made = await actions.create_unit(database, ADMIN, new)
    assert (made.name, made.email, made.phone) == ("Biuro Rady", "biuro@gryf.example", "59 848 83 00 w. 12")
    async with database.transaction(readonly=True) as tx:
        unit = await actions.access_unit(tx, TEACHER, made.id)
    assert unit.path == f"{org.units['UM'].path}.{made.id}"
    assert [type(one) for one in org.backplane.of(UNITS_ROOM)] == [UnitChanged]
    assert (await org.audited("unit."))[-2:] == ["unit.create", "unit.card"]
    with pytest.raises(NotFound):
        await actions.create_unit(database, HEAD, new)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"short_name": " "}, "short_name"),
        ({"short_name": "sp 5"}, "short_name"),
        ({"short_name": "x" * 41}, "short_name"),
        ({"name": ""}, "name"),
        ({"name": "Szkoła Podstawowa nr 5"}, "name"),
        ({"phone": "zadzwoń"}, "phone"),
        ({"phone": "1" * 41}, "phone"),
        ({"email": "sekretariat@"}, "email"),
        ({"address": "x" * 201}, "address"),
        ({"room": "x" * 41}, "room"),
        ({"kind": "other"}, "kind"),
    ],
)
async def test_a_card_with_a_fault_is_refused_at_its_field(database, fields, wrong):
    org = await Organisation.set(database)
    with pytest.raises(Invalid) as problem:
        await actions.change_unit(database, ADMIN, org.units["SP 4"].id, change_of(org.units["SP 4"], **fields))
    assert set(problem.value.fields) == {wrong}


async def test_a_change_is_made_once_and_told(database):
    org = await Organisation.set(database)
    old = org.units["SP 4"]
    made = await actions.change_unit(database, ADMIN, old.id, change_of(old, name="SP nr 4", room="12", active=False))
    assert (made.name, made.room, made.active) == ("SP nr 4", "12", False)
    assert made.rev > old.rev
    with pytest.raises(Conflict):
        await actions.change_unit(database, ADMIN, old.id, change_of(old, room="13"))
    for actor in (HEAD, TEACHER, KEEPER, AUDITOR, RESIDENT):
        with pytest.raises(NotFound):
            await actions.change_unit(database, actor, old.id, change_of(old))
    events = org.backplane.of(unit_room(old.id))
    assert [type(one) for one in events] == [UnitMembersChanged]
    async with database.transaction(readonly=True) as tx:
        fresh = await actions.unit_snapshot(tx, TEACHER_OF_TWO, {"unit_id": str(old.id)})
        assert await actions.units_of(tx, TEACHER.account_id) == ()  # it is closed
        assert old.id not in {one.id for one in await actions.unit_choices(tx)}
    assert (fresh.unit, fresh.members) == (events[-1].unit, events[-1].members)


TEACHER_OF_TWO = Actor(account_id=6, name="Łukasz Żak", login="inny")
"""Somebody who still works in a unit that is open."""


async def test_members_come_and_go_and_come_back(database):
    org = await Organisation.set(database)
    unit_id = org.units["SP 4"].id
    view = await actions.add_member(database, HEAD, unit_id, NewMember(who=" JAN@gryf.example "))
    assert [one.name for one in view.members][-1] == "Katarzyna Lewandowska"
    assert view.unit.members == 3
    for who, fault in (("jan", "who"), ("nikt", "who"), ("", "who")):
        with pytest.raises(Invalid) as problem:
            await actions.add_member(database, HEAD, unit_id, NewMember(who=who))
        assert set(problem.value.fields) == {fault}
    with pytest.raises(Invalid):
        await actions.add_member(database, HEAD, unit_id, NewMember(who="agent", head=True))
    for actor in (TEACHER, OTHER, KEEPER, AUDITOR, RESIDENT):
        with pytest.raises(NotFound):
            await actions.add_member(database, actor, unit_id, NewMember(who="agent"))
        with pytest.raises(NotFound):
            await actions.remove_member(database, actor, unit_id, RESIDENT.account_id)
    gone = await actions.remove_member(database, HEAD, unit_id, RESIDENT.account_id)
    assert gone.name == "Jan Wrona"
    with pytest.raises(NotFound):
        await actions.list_units(database, RESIDENT)
    with pytest.raises(NotFound):
        await actions.restore_member(database, HEAD, unit_id, AGENT.account_id)  # never was here
    await actions.restore_member(database, HEAD, unit_id, RESIDENT.account_id)
    with pytest.raises(NotFound):
        await actions.restore_member(database, HEAD, unit_id, RESIDENT.account_id)  # only once
    assert len((await actions.show_unit(database, RESIDENT, unit_id)).members) == 3
    assert [type(one) for one in org.backplane.of(unit_room(unit_id))] == [UnitMembersChanged] * 3
    revs = [one.unit.rev for one in org.backplane.of(UNITS_ROOM)]
    assert revs == sorted(set(revs))
    assert (await org.audited("unit."))[-3:] == ["unit.join", "unit.leave", "unit.join"]


async def test_heads_are_named_by_administrators(database):
    org = await Organisation.set(database)
    unit_id = org.units["SP 4"].id
    with pytest.raises(Conflict):
        await actions.remove_member(database, HEAD, unit_id, HEAD.account_id)
    with pytest.raises(NotFound):
        await actions.change_member(database, HEAD, unit_id, TEACHER.account_id, MemberChange(head=True))
    view = await actions.change_member(database, ADMIN, unit_id, TEACHER.account_id, MemberChange(head=True))
    assert view.unit.heads == ["Hanna Stępień", "Katarzyna Lewandowska"]
    again = await actions.change_member(database, ADMIN, unit_id, TEACHER.account_id, MemberChange(head=True))
    assert again.unit.rev == view.unit.rev
    await actions.remove_member(database, ADMIN, unit_id, TEACHER.account_id)
    await actions.restore_member(database, ADMIN, unit_id, TEACHER.account_id)
    assert (await actions.show_unit(database, ADMIN, unit_id)).unit.heads == ["Hanna Stępień", "Katarzyna Lewandowska"]


async def test_an_administrator_of_a_part_changes_that_part(database):
    org = await Organisation.set(database)
    own = Actor(account_id=7, name="Jan", login="jan", grants=(Grant("admin", org.units["SP 4"].path),))
    await actions.change_unit(database, own, org.units["SP 4"].id, change_of(org.units["SP 4"], room="1"))
    with pytest.raises(NotFound):
        await actions.change_unit(database, own, org.units["SP 5"].id, change_of(org.units["SP 5"], room="1"))
    assert [name for _id, name in await actions.parents_for(database, own)] == ["— Szkoła Podstawowa nr 4"]


async def test_a_unit_of_the_tree_gets_a_card(database):
    org = await Organisation.set(database)
    bare = await create_bare_unit(
        database, ADMIN, parent_id=org.units["UM"].parent_id, kind=UnitKind.UNIT, name="Miejska Biblioteka"
    )
    assert [one.name for one in await actions.units_without_card(database, ADMIN)] == ["Miejska Biblioteka"]
    assert await actions.units_without_card(database, HEAD) == []
    with pytest.raises(NotFound):
        await actions.show_unit(database, ADMIN, bare.id)
    draft = UnitDraft(name="", short_name="MB", kind="other")
    with pytest.raises(NotFound):
        await actions.give_card(database, HEAD, bare.id, draft)
    made = await actions.give_card(database, ADMIN, bare.id, draft)
    assert (made.name, made.short_name) == ("Miejska Biblioteka", "MB")
    assert await actions.units_without_card(database, ADMIN) == []
