"""Signing in: pages, second step, throttle, and the ways around that must not be."""

import asyncio
import re
import time

import pyotp
import pytest

from app.actor import SYSTEM
from app.database import Tx
from app.errors import Invalid, TooMany
from app.identity import actions
from app.identity.actions.sign_in import WRONG
from app.identity.identity import Identity
from app.identity.model import Credentials, Visitor
from app.identity.settings import IdentitySettings
from tests.app.identity.house import PASSWORD, running_house

SECRET = b"12345678901234567890"
HERE, ELSEWHERE = Visitor(address="192.0.2.1"), Visitor(address="198.51.100.9")


async def attempt(house, login="anna", password="wrong", visitor=HERE, code=""):
    credentials = Credentials(login, password, code)
    return await actions.sign_in(house.database, house.identity, credentials, visitor)


async def give_factor(house, account):
    """A second factor; returns what makes codes of coming steps, each of use once."""
    sealed = house.identity.keys.seal(SECRET, account.id)
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE account SET totp_secret = $1, totp_last_step = 0 WHERE id = $2", sealed, account.id)
    return pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").at(time.time())


async def audit_actions(house):
    async with house.database.transaction() as tx:
        rows = await tx.records("SELECT action, subject, address, details FROM audit_entry ORDER BY id")
    return [(row["action"], row["subject"], row["address"], row["details"]) for row in rows]


async def test_the_page_says_what_is_missing_beside_the_field(house):
    async with house.browser() as browser:
        status, page, answer = await browser.send("/sign-in", login="", password="")
        assert status == 422
        assert 'id="login-error"' in page
        assert 'id="password-error"' in page
        status, page, _ = await browser.send("/sign-in", login="anna", password="x")
        assert status == 422
        assert 'value="anna"' in page
        assert WRONG in page
        assert answer.headers["Cache-Control"] == "no-store"
        assert 'value="x"' not in page, "a password is never sent back"


async def test_who_is_signed_in_is_led_on(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        for target, path in (("/account", "/account"), ("//evil.example", "/"), ("https://evil.example", "/")):
            status, _, answer = await browser.get(f"/sign-in?next={target}")
            assert (status, answer.headers["Location"]) == (303, path)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/x", "/\\evil.example", "/\t/evil", "evil"])
async def test_the_way_back_stays_on_this_site(house, target):
    await house.add("anna")
    async with house.browser() as browser:
        status, _, answer = await browser.send("/sign-in", login="anna", password=PASSWORD, next=target)
        assert (status, answer.headers["Location"]) == (303, "/")


async def test_the_second_step(house):
    anna = await house.add("anna")
    code = await give_factor(house, anna)
    async with house.browser() as browser:
        status, _, answer = await browser.get("/sign-in/code")
        assert (status, answer.headers["Location"]) == (303, "/sign-in"), "nobody waits for a code"
        status, _, answer = await browser.send("/sign-in", login="anna", password=PASSWORD, next="/account")
        assert (status, answer.headers["Location"]) == (303, "/sign-in/code")
        assert (await browser.me())["account_id"] is None, "half of it is nothing"
        half = browser.cookie()
        status, page, _ = await browser.send("/sign-in/code", code="000000")
        assert status == 422
        assert 'id="code-error"' in page
        status, _, answer = await browser.send("/sign-in/code", code=f"{code[:3]} {code[3:]}", next="//evil.example")
        assert (status, answer.headers["Location"]) == (303, "/account")
        assert (await browser.me())["login"] == "anna"
        assert browser.cookie() != half
    async with house.browser() as other:
        other.session.cookie_jar.update_cookies({"gryf_session": half}, answer.url)
        assert (await other.get("/sign-in/code"))[0] == 303, "the half session has ended"
        assert (await other.sign_in("anna", code=code))[0] == 422, "and the code is used up"


async def test_the_second_step_waits_ten_minutes(house, monkeypatch):
    anna = await house.add("anna")
    await give_factor(house, anna)
    async with house.browser() as browser:
        await browser.send("/sign-in", login="anna", password=PASSWORD)
        assert (await browser.get("/sign-in/code"))[0] == 200
        async with house.database.transaction() as tx:
            await tx.execute(
                "UPDATE web_session SET data = jsonb_set(data, '{second_step,until}', to_jsonb($1::int))",
                int(time.time()) - 1,
            )
        status, _, answer = await browser.get("/sign-in/code")
        assert (status, answer.headers["Location"]) == (303, "/sign-in")


async def test_an_account_closed_between_the_steps_stays_out(house):
    anna = await house.add("anna")
    code = await give_factor(house, anna)
    async with house.browser() as browser:
        await browser.send("/sign-in", login="anna", password=PASSWORD)
        async with house.database.transaction() as tx:
            await tx.execute("UPDATE account SET disabled_at = now()")
        status, _, answer = await browser.send("/sign-in/code", code=code)
        assert (status, answer.headers["Location"]) == (303, "/sign-in")
        assert (await browser.me())["account_id"] is None


async def test_another_installations_secret_opens_no_second_factor(house):
    """A database copied without its secret: codes fail, and recovery codes still work."""
    anna = await house.add("anna")
    await give_factor(house, anna)
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE account SET totp_secret = totp_secret || 'x'::bytea")
    with pytest.raises(Invalid) as refused:
        await attempt(house, password=PASSWORD, code="123456")
    assert set(refused.value.fields) == {"code"}


def counted(call, steps):
    """A call of Tx that notes the beginning of its SQL; what the house does in the background does not count."""
    mine = asyncio.current_task()

    def noted(self, *values):
        if asyncio.current_task() is mine:
            steps.append(next(value for value in values if isinstance(value, str))[:40])
        return call(self, *values)

    return noted


@pytest.mark.parametrize("login", ["anna", "nobody"])
async def test_known_and_unknown_take_the_same_steps(house, monkeypatch, login):
    """The same queries and one verification, whoever it is: the clock tells nothing."""
    await house.add("anna")
    await house.add("closed")
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE account SET disabled_at = now() WHERE login = 'closed'")
    seen = {login: [], "closed": []}
    for who, steps in seen.items():
        with monkeypatch.context() as watching:
            for name in ("execute", "maybe", "record"):
                watching.setattr(Tx, name, counted(getattr(Tx, name), steps))
            hasher = house.identity.passwords
            watching.setattr(hasher, "_matches", lambda stored, given, steps=steps: steps.append("argon2") or False)
            with pytest.raises(Invalid):
                await attempt(house, who)
    assert seen[login] == seen["closed"]
    assert seen[login].count("argon2") == 1


async def test_guesses_from_one_address_slow_that_address_alone(house):
    await house.add("anna")
    for _ in range(10):
        with pytest.raises(Invalid):
            await attempt(house)
    with pytest.raises(TooMany) as refused:
        await attempt(house, password=PASSWORD)
    assert 1 <= refused.value.retry_after_s <= 30
    assert (await attempt(house, password=PASSWORD, visitor=ELSEWHERE)).account.login == "anna"


async def test_guesses_from_many_addresses_slow_the_account_but_not_known_browsers(house):
    await house.add("anna")
    device = (await attempt(house, password=PASSWORD)).device
    for number in range(50):
        with pytest.raises(Invalid):
            await attempt(house, visitor=Visitor(address=f"203.0.113.{number}"))
    with pytest.raises(TooMany):
        await attempt(house, password=PASSWORD, visitor=ELSEWHERE)
    known = Visitor(address="198.51.100.9", device=device)
    assert (await attempt(house, password=PASSWORD, visitor=known)).account.login == "anna"


async def test_a_known_browser_is_no_way_around(house):
    await house.add("anna")
    await house.add("jan")
    known = Visitor(address="192.0.2.1", device=(await attempt(house, password=PASSWORD)).device)
    for _ in range(10):
        with pytest.raises(Invalid):
            await attempt(house, visitor=known)
    with pytest.raises(TooMany):
        await attempt(house, visitor=known)
    for _ in range(10):
        with pytest.raises(Invalid):
            await attempt(house, "jan", visitor=known)
    with pytest.raises(TooMany):
        await attempt(house, "jan", visitor=known)


async def test_a_school_signs_in_at_eight(house):
    """Three hundred at one address within a minute: what turns out well does not count."""
    await house.add("anna")
    for _ in range(15):
        signed = await asyncio.gather(*(attempt(house, password=PASSWORD) for _ in range(8)))
        assert len(signed) == 8


async def test_guessing_codes_is_slow(house):
    anna = await house.add("anna")
    code = await give_factor(house, anna)
    for _ in range(10):
        with pytest.raises(Invalid):
            await attempt(house, password=PASSWORD, code="000000")
    with pytest.raises(TooMany) as refused:
        await attempt(house, password=PASSWORD, code=code)
    assert refused.value.retry_after_s <= 120


async def test_the_page_says_when_to_try_again(house):
    async with house.browser() as browser:
        for _ in range(10):
            await browser.send("/sign-in", login="anna", password="x")
        status, page, answer = await browser.send("/sign-in", login="anna", password="x")
        assert status == 429
        assert int(answer.headers["Retry-After"]) >= 1
        assert 'value="anna"' in page
        assert re.search(r"Try again in \d+ s", page)


async def test_an_old_hash_is_renewed_in_passing(house):
    await house.add("anna")
    before = await stored_hash(house)
    stronger = Identity(
        IdentitySettings(argon2_memory_kib=128, argon2_passes=2), b"s" * 32, house.identity.roles.values()
    )
    try:
        await actions.sign_in(house.database, stronger, Credentials("anna", PASSWORD), HERE)
    finally:
        stronger.close()
    after = await stored_hash(house)
    assert "m=64,t=1" in before
    assert "m=128,t=2" in after
    assert (await attempt(house, password=PASSWORD)).account.login == "anna"


async def stored_hash(house):
    async with house.database.transaction() as tx:
        return await tx.value("SELECT password_hash FROM account")


async def test_who_tried_stands_in_the_audit_log(house):
    anna = await house.add("anna")
    with pytest.raises(Invalid):
        await attempt(house)
    with pytest.raises(Invalid):
        await attempt(house, "moje-haslo-w-zlym-polu")
    await attempt(house, password=PASSWORD)
    lines = [line for line in await audit_actions(house) if "sign_in" in line[0]]
    assert lines == [
        ("account.sign_in_failed", f"account/{anna.id}", "192.0.2.1", {"wrong": "password"}),
        ("account.sign_in_failed", "account/unknown", "192.0.2.1", {"wrong": "password"}),
        ("account.sign_in", f"account/{anna.id}", "192.0.2.1", {}),
    ]
    assert "haslo" not in str(await audit_actions(house))


async def test_roles_sleep_until_the_second_factor_is_on(database, tmp_path):
    async with running_house(database, tmp_path, second_factor_required=True) as house:
        await house.add("root", "admin")
        async with house.browser() as browser:
            status, me = await browser.sign_in("root")
            assert (status, me["roles"], me["owed"]) == (200, [], "second-factor")
            assert (await browser.me())["owed"] == "second-factor"
            assert (await browser.get("/admin/accounts"))[0] == 403
        async with house.browser() as browser:
            status, _, answer = await browser.send("/sign-in", login="root", password=PASSWORD, next="/admin/accounts")
            assert (status, answer.headers["Location"]) == (303, "/account/second-factor")
            _, page, _ = await browser.get("/account/second-factor")
            assert "they wake when it is on" in page
            secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]
            status, page, _ = await browser.send(
                "/account/second-factor", code=pyotp.TOTP(secret).now(), current=PASSWORD
            )
            assert status == 200
            assert (await browser.get("/admin/accounts"))[0] == 200
            # the page with the recovery codes carries forms of the new session
            status, _, _ = await browser.send("/sign-out", token=re.search(r'csrf_token" value="([^"]+)"', page)[1])
            assert status == 303


async def test_a_short_password_does_not_carry_a_staff_role(house):
    """A resident with eight characters becomes a clerk: a longer password comes first."""
    anna = await house.add("anna", password="rower i 7 kotów")
    async with house.database.transaction() as tx:
        await tx.execute("UPDATE account SET staff_grade = false WHERE id = $1", anna.id)
    signed = await attempt(house, password="rower i 7 kotów")
    assert signed.owed is None
    city = await house.city_id()
    await actions.grant_role(house.database, house.identity, SYSTEM, anna.id, role="voter", unit_id=city)
    assert (await attempt(house, password="rower i 7 kotów")).owed is None
    await actions.grant_role(house.database, house.identity, SYSTEM, anna.id, role="clerk", unit_id=city)
    assert (await attempt(house, password="rower i 7 kotów")).owed == "password"
    async with house.browser("anna", "rower i 7 kotów") as browser:
        assert (await browser.me())["roles"] == []
        status, page, _ = await browser.send("/account/password", current="rower i 7 kotów", new="kot i 7 mew")
        assert status == 422
        assert 'id="new-error"' in page
        status, _, _ = await browser.send("/account/password", current="rower i 7 kotów", new=PASSWORD)
        assert status == 303
        assert [role["role"] for role in (await browser.me())["roles"]] == ["clerk", "voter"]


async def test_the_api_wants_json_and_names_fields(house):
    async with house.browser() as browser:
        async with browser.session.post("/api/sign-in", data={"login": "a", "password": "b"}) as answer:
            assert answer.status == 422
        async with browser.session.post("/api/sign-in", json={"login": "a"}) as answer:
            assert (answer.status, set((await answer.json())["fields"])) == (422, {"password"})
        async with browser.session.post("/api/sign-in", json={"login": "a", "password": "b" * 1001}) as answer:
            assert answer.status == 422
        headers = {"Origin": "https://evil.example"}
        async with browser.session.post(
            "/api/sign-in", json={"login": "a", "password": "b"}, headers=headers
        ) as answer:
            assert answer.status == 403
