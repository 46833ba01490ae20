"""A session's life: cookies, expiry, rotation, and the end that everybody hears of."""

import asyncio
import time

import pyotp
import pytest

from app.actor import SYSTEM
from app.feature import SessionEnded
from app.identity import actions
from app.identity.jobs import TIDY, Tidy
from app.identity.model import Credentials, Visitor
from app.identity.sessions import end_expired_sessions, end_sessions, room_of
from tests.app.identity.house import OTHER_PASSWORD, PASSWORD, running_house


class Ear:
    """A backplane that hears what leaves after COMMIT."""

    def __init__(self):
        self.heard = []

    async def stage(self, tx, publications):
        pass

    def dispatch(self, publications):
        self.heard += [one.room for one in publications if isinstance(one.event, SessionEnded)]


@pytest.fixture
def ear(database):
    database.backplane = Ear()
    return database.backplane


async def change(house, statement, *values):
    async with house.database.transaction() as tx:
        return await tx.execute(statement, *values)


async def session_rows(house):
    async with house.database.transaction() as tx:
        return await tx.records("SELECT * FROM web_session ORDER BY created_at")


async def handle_of(house):
    (row,) = await session_rows(house)
    return row["handle"]


async def test_the_cookies_attributes(house):
    await house.add("anna")
    await house.add("iwona", "clerk")
    async with house.browser() as browser:
        for login, lasting in (("anna", True), ("iwona", False)):
            body = {"login": login, "password": PASSWORD}
            async with browser.session.post("/api/sign-in", json=body) as answer:
                cookies = {line.split("=")[0]: line for line in answer.headers.getall("Set-Cookie")}
            session = cookies["gryf_session"]
            assert "HttpOnly" in session
            assert "SameSite=Lax" in session
            assert "Path=/" in session
            assert "Secure" not in session
            assert ("Max-Age=1209600" in session) is lasting, "a staff session ends with the browser"
            assert "HttpOnly" in cookies["gryf_device"]


async def test_secure_cookies_belong_to_this_host(database, tmp_path):
    server = {"public_url": "https://gryf.example"}
    async with running_house(database, tmp_path, server=server) as house:
        await house.add("anna")
        async with house.browser() as browser:
            async with browser.session.post("/api/sign-in", json={"login": "anna", "password": PASSWORD}) as answer:
                lines = answer.headers.getall("Set-Cookie")
        assert {line.split("=")[0] for line in lines} == {"__Host-gryf_session", "__Host-gryf_device"}
        assert all("Secure" in line and "Path=/" in line and "Domain" not in line for line in lines)


async def test_a_planted_cookie_is_not_taken_over(house):
    """Session fixation: the token after signing in is never the one that was there."""
    await house.add("anna")
    async with house.browser() as thief, house.browser() as victim:
        await thief.send("/reset", login="nobody")
        _, _, answer = await thief.send("/sign-in", login="anna", password=PASSWORD)
        planted = thief.cookie()
        await thief.session.post("/sign-out")
        victim.session.cookie_jar.update_cookies({"gryf_session": planted}, answer.url)
        await victim.sign_in("anna")
        assert victim.cookie() not in {"", planted}
        assert (await thief.me())["account_id"] is None
        thief.session.cookie_jar.update_cookies({"gryf_session": planted}, answer.url)
        assert (await thief.me())["account_id"] is None


async def test_a_session_ends_when_nobody_asks(house):
    await house.add("iwona", "clerk")
    async with house.browser("iwona") as browser:
        await change(house, "UPDATE web_session SET seen_at = now() - interval '3 h 59 min'")
        assert (await browser.me())["login"] == "iwona"
        await change(house, "UPDATE web_session SET seen_at = now() - interval '4 h 1 min'")
        assert (await browser.me())["account_id"] is None


async def test_a_session_ends_however_busy(house):
    await house.add("iwona", "clerk")
    async with house.browser("iwona") as browser:
        (row,) = await session_rows(house)
        assert round((row["expires_at"] - row["created_at"]).total_seconds()) == 16 * 3600
        await change(house, "UPDATE web_session SET expires_at = now() - interval '1 s'")
        assert (await browser.me())["account_id"] is None


async def test_residents_stay_longer(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        await change(house, "UPDATE web_session SET seen_at = now() - interval '13 days'")
        assert (await browser.me())["login"] == "anna"
        (row,) = await session_rows(house)
        assert round((row["expires_at"] - row["created_at"]).total_seconds()) == 90 * 86400


async def test_the_last_sight_is_written_at_most_once_a_minute(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        (before,) = await session_rows(house)
        await browser.me()
        (same,) = await session_rows(house)
        assert same["seen_at"] == before["seen_at"]
        await change(house, "UPDATE web_session SET seen_at = now() - interval '2 min'")
        await browser.me()
        (later,) = await session_rows(house)
        assert later["seen_at"] >= before["seen_at"]


@pytest.mark.parametrize("cookie", ["", "x", "a" * 43, "a" * 5000, '"', "ż"])
async def test_rubbish_in_the_cookie_is_nobody(house, cookie):
    async with house.browser() as browser:
        async with browser.session.get("/api/me", headers={"Cookie": f"gryf_session={cookie}"}) as answer:
            assert answer.status == 200
            assert (await answer.json())["account_id"] is None


async def test_visitors_leave_no_row_until_there_is_something_to_keep(house):
    async with house.browser() as browser:
        await browser.get("/sign-in")
        await browser.me()
        assert await session_rows(house) == []


async def test_signing_out_in_one_tab_ends_it_in_the_other(house, ear):
    await house.add("anna")
    async with house.browser("anna") as browser:
        handle = await handle_of(house)
        status, _, answer = await browser.send("/sign-out", page="/account")
        assert (status, answer.headers["Location"]) == (303, "/")
        assert browser.cookie() == ""
        assert ear.heard == [room_of(handle)]
        status, _, answer = await browser.get("/account")
        assert (status, answer.headers["Location"]) == (303, "/sign-in?next=/account")
        # the second tab still shows its page: its button simply leads on
        status, _, answer = await browser.send("/sign-out", token="of the page that was open")
        assert (status, answer.headers["Location"]) == (303, "/")


async def test_signing_out_needs_the_token(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        status, _, _ = await browser.send("/sign-out", token="forged")
        assert status == 422
        assert (await browser.me())["login"] == "anna"


async def test_closing_an_account_ends_its_sessions_at_once(house, ear):
    anna = await house.add("anna")
    async with house.browser("anna") as laptop, house.browser("anna") as phone:
        handles = [row["handle"] for row in await session_rows(house)]
        await actions.disable_account(house.database, SYSTEM, anna.id)
        assert sorted(ear.heard) == sorted(map(room_of, handles))
        for browser in (laptop, phone):
            assert (await browser.me())["account_id"] is None
        assert await session_rows(house) == []


async def test_a_closed_account_is_out_even_if_a_session_was_just_beginning(house):
    anna = await house.add("anna")
    async with house.browser("anna") as browser:
        await change(house, "UPDATE account SET disabled_at = now() WHERE id = $1", anna.id)
        assert (await browser.me())["account_id"] is None


async def test_a_new_role_ends_sessions_and_acts_in_the_next(house, ear):
    anna = await house.add("anna")
    async with house.browser("anna") as browser:
        handle = await handle_of(house)
        await actions.grant_role(
            house.database, house.identity, SYSTEM, anna.id, role="clerk", unit_id=await house.city_id()
        )
        assert ear.heard == [room_of(handle)]
        assert (await browser.me())["account_id"] is None
        await browser.sign_in("anna")
        assert [role["role"] for role in (await browser.me())["roles"]] == ["clerk"]
        (row,) = await session_rows(house)
        assert row["idle_s"] == 4 * 3600, "now it is a staff session"


async def test_a_role_that_ran_out_is_gone_without_anybody_s_doing(house):
    anna = await house.add("anna", "clerk")
    async with house.browser("anna") as browser:
        await change(house, "UPDATE role_grant SET expires_at = now() - interval '1 s' WHERE account_id = $1", anna.id)
        assert (await browser.me())["roles"] == []


async def test_a_new_password_keeps_this_browser_and_ends_the_others(house, ear):
    await house.add("anna")
    async with house.browser("anna") as here, house.browser("anna") as there:
        before, handles = here.cookie(), {row["handle"] for row in await session_rows(house)}
        status, _, answer = await here.send("/account/password", current=PASSWORD, new=OTHER_PASSWORD)
        assert (status, answer.headers["Location"]) == (303, "/account")
        assert here.cookie() not in {"", before}, "the token has changed"
        assert (await here.me())["login"] == "anna"
        assert (await there.me())["account_id"] is None
        assert set(ear.heard) == set(map(room_of, handles)), "sockets of the old token close too"
        assert await handle_of(house) not in handles
        async with here.session.get("/account") as answer:
            assert "The new password is set" in await answer.text(), "the message came along"


async def test_one_session_is_ended_from_another(house, ear):
    await house.add("anna")
    async with house.browser("anna") as laptop, house.browser("anna") as phone:
        _, page, _ = await laptop.get("/account")
        (handle,) = [
            row["handle"] for row in await session_rows(house) if f"/account/sessions/{row['handle']}/end" in page
        ]
        status, _, _ = await laptop.send(f"/account/sessions/{handle}/end", page="/account")
        assert status == 303
        assert (await phone.me())["account_id"] is None
        assert (await laptop.me())["login"] == "anna"
        assert ear.heard == [room_of(handle)]


async def test_nobody_ends_the_sessions_of_others(house, ear):
    await house.add("anna")
    await house.add("jan")
    async with house.browser("anna") as anna, house.browser("jan") as jan:
        (annas, _jans) = [row["handle"] for row in await session_rows(house)]
        await jan.send(f"/account/sessions/{annas}/end", page="/account")
        assert (await anna.me())["login"] == "anna"
        assert ear.heard == []


async def test_everywhere_else_means_not_here(house):
    await house.add("anna")
    async with house.browser("anna") as here, house.browser("anna") as one, house.browser("anna") as two:
        status, _, _ = await here.send("/account/sessions/end-others", page="/account")
        assert status == 303
        assert (await here.me())["login"] == "anna"
        assert (await one.me())["account_id"] is None
        assert (await two.me())["account_id"] is None


async def test_what_runs_out_ends_by_itself_and_is_told(house, ear):
    await house.add("anna")
    async with house.browser("anna"), house.browser("anna") as alive:
        (first, _) = await session_rows(house)
        await change(
            house, "UPDATE web_session SET expires_at = now() - interval '1 s' WHERE handle = $1", first["handle"]
        )
        async with asyncio.timeout(10):
            while not ear.heard:
                await asyncio.sleep(0.05)
        assert ear.heard == [room_of(first["handle"])]
        assert (await alive.me())["login"] == "anna"
        assert len(await session_rows(house)) == 1
        assert (await end_expired_sessions(house.database))[0] == 0
        await TIDY.run(house.database, Tidy())
        assert (await alive.me())["login"] == "anna"


async def test_a_rollback_ends_nothing(house, ear):
    anna = await house.add("anna")
    async with house.browser("anna") as browser:
        with pytest.raises(RuntimeError):
            async with house.database.transaction() as tx:
                assert await end_sessions(tx, anna.id) == 1
                raise RuntimeError
        assert ear.heard == []
        assert (await browser.me())["login"] == "anna"


async def test_two_sign_ins_with_one_code_let_one_in(house):
    """A code is good once, also for two requests at the same time."""
    anna = await house.add("anna")
    secret = b"12345678901234567890"
    sealed = house.identity.keys.seal(secret, anna.id)
    await change(house, "UPDATE account SET totp_secret = $1 WHERE id = $2", sealed, anna.id)
    code = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").at(time.time())
    outcomes = await asyncio.gather(
        *(
            actions.sign_in(
                house.database, house.identity, Credentials("anna", PASSWORD, code), Visitor(address="192.0.2.1")
            )
            for _ in range(4)
        ),
        return_exceptions=True,
    )
    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
