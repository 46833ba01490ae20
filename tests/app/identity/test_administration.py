"""Administrators within their reach, and everybody else without."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.actor import SYSTEM, Actor
from app.audit import seal_new_entries
from app.errors import Forbidden, Invalid, NotFound
from app.identity import actions, store
from app.identity.access import access_unit
from app.identity.model import NewAccount, UnitKind
from tests.app.identity.house import OTHER_PASSWORD, PASSWORD


async def actor_of(house, login):
    """As a request would load it."""
    async with house.database.transaction() as tx:
        account = await store.account_called(tx, login)
        held = await store.held_roles(tx, account.id)
    return Actor(
        account_id=account.id, name=account.name, login=login, grants=tuple(one.grant for one in held), address="::1"
    )


@pytest.fixture
async def schools(house):
    """Two schools with an administrator and a teacher each, and an administrator of the city."""
    first, second = await house.add_unit("SP 1"), await house.add_unit("SP 2")
    people = {
        "root": await house.add("root", "admin"),
        "dyrektor1": await house.add("dyrektor1", "admin", unit_id=first.id, at=first.id),
        "dyrektor2": await house.add("dyrektor2", "admin", unit_id=second.id, at=second.id),
        "teacher1": await house.add("teacher1", "teacher", unit_id=first.id, at=first.id),
        "teacher2": await house.add("teacher2", "teacher", unit_id=second.id, at=second.id),
        "resident": await house.add("resident", email="resident@gryf.example"),
    }
    return {"first": first, "second": second, **people}


async def names(house, login, **wanted):
    lines, _ = await actions.list_accounts(house.database, await actor_of(house, login), **wanted)
    return [line.login for line in lines]


async def test_the_list_shows_ones_reach(house, schools):
    assert await names(house, "dyrektor1") == ["dyrektor1", "teacher1"]
    assert await names(house, "dyrektor2") == ["dyrektor2", "teacher2"]
    assert len(await names(house, "root")) == 6
    assert await names(house, "teacher1") == []
    assert await names(house, "resident") == []


async def test_the_list_finds_without_diacritics(house, schools):
    assert await names(house, "root", text="TEACH probna") == ["teacher1", "teacher2"]
    assert await names(house, "root", text="Próbna dyr") == ["dyrektor1", "dyrektor2"]
    assert await names(house, "root", text="resident@gryf") == ["resident"]
    assert await names(house, "root", text="%") == []
    assert await names(house, "root", role="teacher") == ["teacher1", "teacher2"]


async def test_an_account_with_a_role_here_is_seen_and_not_changed(house, schools):
    """A teacher of two schools: both principals see the account, neither may take it over."""
    teacher = schools["teacher1"]
    await actions.grant_role(
        house.database, house.identity, SYSTEM, teacher.id, role="teacher", unit_id=schools["second"].id
    )
    for login in ("dyrektor1", "dyrektor2"):
        actor = await actor_of(house, login)
        file = await actions.show_account(house.database, actor, teacher.id)
        assert not file.may_change
        with pytest.raises(Forbidden):
            await actions.renew_password(house.database, house.identity, actor, teacher.id)
        with pytest.raises(Forbidden):
            await actions.disable_account(house.database, actor, teacher.id)
        with pytest.raises(Forbidden):
            await actions.change_account(
                house.database, house.identity, actor, teacher.id, name="X", email="x@evil.example", rev=1
            )


async def test_what_is_out_of_reach_is_not_known(house, schools):
    actor = await actor_of(house, "dyrektor1")
    for login in ("teacher2", "root", "resident"):
        with pytest.raises(NotFound):
            await actions.show_account(house.database, actor, schools[login].id)
        with pytest.raises(NotFound):
            await actions.renew_password(house.database, house.identity, actor, schools[login].id)
    with pytest.raises(NotFound):
        await actions.show_account(house.database, actor, 10**9)
    async with house.database.transaction() as tx:
        with pytest.raises(NotFound):
            await access_unit(tx, actor, schools["second"].id)
        assert (await access_unit(tx, actor, schools["first"].id)).name == "SP 1"


async def test_roles_are_granted_where_one_administers(house, schools):
    actor, teacher = await actor_of(house, "dyrektor1"), schools["teacher1"]
    await actions.grant_role(
        house.database, house.identity, actor, teacher.id, role="clerk", unit_id=schools["first"].id
    )
    for unit_id in (schools["second"].id, await house.city_id(), 10**9):
        with pytest.raises(NotFound):
            await actions.grant_role(house.database, house.identity, actor, teacher.id, role="clerk", unit_id=unit_id)
    with pytest.raises(NotFound):
        await actions.grant_role(
            house.database, house.identity, actor, schools["resident"].id, role="clerk", unit_id=schools["first"].id
        )
    with pytest.raises(Invalid) as refused:
        await actions.grant_role(
            house.database, house.identity, actor, teacher.id, role="emperor", unit_id=schools["first"].id
        )
    assert set(refused.value.fields) == {"role"}
    with pytest.raises(Invalid) as refused:
        await actions.grant_role(
            house.database,
            house.identity,
            actor,
            teacher.id,
            role="clerk",
            unit_id=schools["first"].id,
            expires_at=datetime.now(UTC) - timedelta(minutes=1),
        )
    assert set(refused.value.fields) == {"expires_at"}


async def test_granted_again_a_role_has_the_new_end(house, schools):
    teacher, end = schools["teacher1"], datetime.now(UTC) + timedelta(days=30)
    for expires_at in (None, end):
        await actions.grant_role(
            house.database,
            house.identity,
            SYSTEM,
            teacher.id,
            role="teacher",
            unit_id=schools["first"].id,
            expires_at=expires_at,
        )
    file = await actions.show_account(house.database, SYSTEM, teacher.id)
    assert [(held.role, held.expires_at) for held in file.roles] == [("teacher", end)]


async def test_roles_are_taken_away_where_one_administers(house, schools):
    teacher = schools["teacher1"]
    await actions.grant_role(
        house.database, house.identity, SYSTEM, teacher.id, role="teacher", unit_id=schools["second"].id
    )
    roles = {held.unit_id: held.id for held in (await actions.show_account(house.database, SYSTEM, teacher.id)).roles}
    actor = await actor_of(house, "dyrektor1")
    with pytest.raises(Forbidden):
        await actions.revoke_role(house.database, actor, teacher.id, roles[schools["second"].id])
    with pytest.raises(NotFound):
        await actions.revoke_role(house.database, actor, schools["dyrektor1"].id, roles[schools["first"].id])
    await actions.revoke_role(house.database, actor, teacher.id, roles[schools["first"].id])
    with pytest.raises(NotFound):
        await actions.revoke_role(house.database, actor, teacher.id, roles[schools["first"].id])


async def test_nobody_closes_the_own_account_or_the_own_administration(house, schools):
    root = await actor_of(house, "root")
    with pytest.raises(Forbidden):
        await actions.disable_account(house.database, root, schools["root"].id)
    (held,) = (await actions.show_account(house.database, root, schools["root"].id)).roles
    with pytest.raises(Forbidden):
        await actions.revoke_role(house.database, root, schools["root"].id, held.id)


async def test_accounts_are_opened_where_one_administers(house, schools):
    actor = await actor_of(house, "dyrektor1")
    made = await actions.create_account(
        house.database,
        house.identity,
        actor,
        NewAccount(login="Nowa", name=" Nowa  Osoba ", unit_id=schools["first"].id),
    )
    assert (made.account.login, made.account.name, made.account.must_change_password) == ("nowa", "Nowa Osoba", True)
    assert len(made.password) == 19
    with pytest.raises(NotFound):
        await actions.create_account(
            house.database, house.identity, actor, NewAccount(login="inna", name="Inna", unit_id=schools["second"].id)
        )
    with pytest.raises(Invalid) as refused:
        await actions.create_account(house.database, house.identity, actor, NewAccount(login="inna", name="Inna"))
    assert set(refused.value.fields) == {"unit_id"}
    with pytest.raises(Invalid):
        await actions.create_account(
            house.database, house.identity, await actor_of(house, "resident"), NewAccount(login="inna", name="Inna")
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "Ł"}, "login"),
        ({"login": "root"}, "login"),
        ({"login": "ROOT"}, "login"),
        ({"login": "a@b.pl"}, "login"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "Resident@GRYF.example"}, "email"),
        ({"language": "tlh"}, "language"),
        ({"password": "short"}, "password"),
        ({"password": "nowaosoba2026"}, "password"),
    ],
)
async def test_what_a_new_account_needs(house, schools, changes, field):
    new = NewAccount(**({"login": "nowaosoba", "name": "Nowa Osoba"} | changes))
    with pytest.raises(Invalid) as refused:
        await actions.create_account(house.database, house.identity, SYSTEM, new)
    assert set(refused.value.fields) == {field}


async def test_units(house, schools):
    actor, first = await actor_of(house, "dyrektor1"), schools["first"]
    branch = await actions.create_unit(house.database, actor, parent_id=first.id, kind=UnitKind.UNIT, name=" Filia  A ")
    assert (branch.name, branch.path, branch.depth) == ("Filia A", f"{first.path}.{branch.id}", 2)
    assert [unit.name for unit in await actions.list_units(house.database, actor)] == ["SP 1", "Filia A"]
    everything = [unit.name for unit in await actions.list_units(house.database, SYSTEM)]
    assert everything == ["Gryfin", "SP 1", "Filia A", "SP 2"]
    for parent_id, kind, name, problem in (
        (schools["second"].id, UnitKind.UNIT, "X", NotFound),
        (first.id, UnitKind.OFFICE, "X", Invalid),
        (first.id, UnitKind.UNIT, "Filia A", Invalid),
        (first.id, UnitKind.UNIT, "", Invalid),
        (first.id, UnitKind.UNIT, "x" * 161, Invalid),
    ):
        with pytest.raises(problem):
            await actions.create_unit(house.database, actor, parent_id=parent_id, kind=kind, name=name)
    renamed = await actions.rename_unit(house.database, actor, branch.id, name="Filia B", rev=branch.rev)
    assert (renamed.name, renamed.rev) == ("Filia B", 2)


async def test_the_city_is_called_as_the_setting_says(house):
    city = await actions.ensure_city(house.database, "Inne Miasto")
    assert (city.name, city.kind, city.path) == ("Inne Miasto", "city", str(city.id))
    assert (await actions.ensure_city(house.database, "Inne Miasto")).rev == city.rev


async def test_the_pages_keep_what_was_typed(house, schools):
    async with house.browser("root") as browser:
        fields = {"name": "Nowa Osoba", "email": "", "unit_id": await house.city_id()}
        status, page, _ = await browser.send("/admin/accounts/new", login="root", **fields)
        assert status == 422
        assert 'id="login-error"' in page
        assert 'value="Nowa Osoba"' in page
        status, page, _ = await browser.send("/admin/accounts/new", login="nowa", **(fields | {"unit_id": 10**9}))
        assert status == 422
        assert 'id="unit_id-error"' in page
        unit = f"/admin/units/{schools['first'].id}"
        status, page, _ = await browser.send(unit, name="SP 2", rev=1)
        assert status == 422
        assert 'value="SP 2"' in page
        status, _, _ = await browser.send(unit, name="SP 1a", rev=1)
        assert status == 303
        status, page, _ = await browser.send(unit, name="SP 1b", rev=1)
        assert status == 422, "somebody was faster"
        assert 'value="SP 1b"' in page
        rev = re.search(r'name="rev"[^>]*value="(\d+)"', page)[1]
        assert (await browser.send(unit, name="SP 1b", rev=rev))[0] == 303, "now knowingly"


async def test_a_role_with_an_end_from_the_page(house, schools):
    account = f"/admin/accounts/{schools['teacher1'].id}"
    async with house.browser("root") as browser:
        fields = {"role": "clerk", "unit_id": schools["first"].id}
        page = await browser.send(f"{account}/roles", page=account, **fields, expires_at="2020-01-01")
        assert page[0] == 422
        assert 'id="expires_at-error"' in page[1]
        status, _, _ = await browser.send(f"{account}/roles", page=account, **fields, expires_at="2036-06-30")
        assert status == 303
        _, page, _ = await browser.get(account)
        assert "1 July 2036, 00:00" in page, "the last day belongs to it"


async def test_a_password_to_hand_over(house, schools):
    teacher = schools["teacher1"]
    account = f"/admin/accounts/{teacher.id}"
    async with house.browser("dyrektor1") as browser, house.browser("teacher1") as theirs:
        status, page, _ = await browser.send(f"{account}/password", page=account)
        assert status == 200
        made = re.search(r"<code>([a-z2-9-]{19})</code>", page)[1]
        assert (await theirs.me())["account_id"] is None
        assert (await theirs.sign_in("teacher1"))[0] == 422
        status, me = await theirs.sign_in("teacher1", made)
        assert (status, me["owed"], me["roles"]) == (200, "password", [])
        assert (await theirs.send("/account/password", current=made, new=OTHER_PASSWORD))[0] == 303
        assert [role["role"] for role in (await theirs.me())["roles"]] == ["teacher"]
        assert (await browser.send(f"{account}/password", token="forged"))[0] == 422
        other = f"/admin/accounts/{schools['teacher2'].id}/password"
        assert (await browser.send(other, page=account))[0] == 404


ADMIN_PAGES = ["/admin/accounts", "/admin/accounts/new", "/admin/accounts/1", "/admin/units", "/admin/units/1"]


@pytest.mark.parametrize("login", ["teacher1", "resident", ""])
async def test_pages_of_administration_are_closed_to_others(house, schools, login):
    async with house.browser(login) as browser:
        for path in [*ADMIN_PAGES, "/admin/audit"]:
            status, _, answer = await browser.get(path)
            assert status == (403 if login else 303), path
            assert login or answer.headers["Location"].startswith("/sign-in?next=")


async def test_the_audit_log_is_read_in_the_city_alone_and_reading_it_is_written(house, schools):
    await house.add("audytorka", "auditor")
    await seal_new_entries(house.database)
    async with house.browser("dyrektor1") as browser:
        assert (await browser.get("/admin/audit"))[0] == 403, "a school's administrator does not read the city's log"
    async with house.browser("audytorka") as browser:
        status, page, _ = await browser.get("/admin/audit?action=role.&person=system&since=2020-01-01&until=2099-01-01")
        assert status == 200
        assert "The chain holds" in page
        assert "role.grant" in page
        assert "account.create" not in page
        status, page, _ = await browser.get("/admin/audit?until=2020-01-01&check=true")
        assert "Nothing found" in page
        assert (await browser.get("/admin/audit?since=yesterday"))[0] == 422
        assert (await browser.get("/admin/audit?before=-5"))[0] == 200
        _, page, _ = await browser.get("/admin/audit?action=audit.read")
        assert "person: system" in page


async def test_the_log_has_pages(house, schools):
    async with house.database.transaction() as tx:
        for number in range(60):
            await tx.audit(SYSTEM, "many.things", f"thing/{number}")
    async with house.browser("root") as browser:
        _, page, _ = await browser.get("/admin/audit?action=many.")
        assert "thing/59" in page
        assert "thing/9<" not in page
        older = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
        _, page, _ = await browser.get(older)
        assert "thing/9<" in page
        assert "thing/0<" in page
        assert 'rel="next"' not in page


async def test_a_broken_chain_is_shown(house, schools):
    await seal_new_entries(house.database)
    async with house.database.transaction() as tx:
        await tx.execute("SET LOCAL session_replication_role = replica")
        await tx.execute("UPDATE audit_entry SET name = 'x' WHERE id = 3")
    async with house.browser("root") as browser:
        _, page, _ = await browser.get("/admin/audit")
        assert "does not hold from position 3 on" in page


async def test_every_deed_leaves_a_line(house, schools):
    root, teacher = await actor_of(house, "root"), schools["teacher1"]
    database, identity = house.database, house.identity
    await actions.grant_role(database, identity, root, teacher.id, role="clerk", unit_id=schools["first"].id)
    (held, *_) = (await actions.show_account(database, root, teacher.id)).roles
    await actions.revoke_role(database, root, teacher.id, held.id)
    await actions.change_account(database, identity, root, teacher.id, name="Inna Nazwa", email=None, rev=teacher.rev)
    await actions.renew_password(database, identity, root, teacher.id, drop_second_factor=True)
    await actions.disable_account(database, root, teacher.id)
    await actions.enable_account(database, root, teacher.id)
    async with database.transaction() as tx:
        rows = await tx.records(
            "SELECT action, address FROM audit_entry WHERE account_id = $1 AND subject = $2 ORDER BY id",
            root.account_id,
            f"account/{teacher.id}",
        )
    assert [row["action"] for row in rows] == [
        "role.grant",
        "role.revoke",
        "account.change",
        "account.password_renewed",
        "account.disable",
        "account.enable",
    ]
    assert {row["address"] for row in rows} == {"::1"}
    assert PASSWORD not in str(rows)
