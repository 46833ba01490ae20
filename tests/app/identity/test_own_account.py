"""One's own account, and the letters by which one comes to it or back into it."""

import asyncio
import re
import time

import msgspec
import pyotp
import pytest

from app.actor import ANONYMOUS, SYSTEM
from app.errors import Forbidden, Invalid, NotFound, TooMany
from app.identity import actions
from app.identity.model import NewAccount, Visitor
from app.identity.post import Post
from app.mail.message import Mail
from tests.app.identity.house import OTHER_PASSWORD, PASSWORD, running_house

HERE = Visitor(address="192.0.2.1")


async def letters(house):
    """Mails that wait, oldest first."""
    async with house.database.transaction() as tx:
        rows = await tx.records("SELECT content FROM mail ORDER BY created_at, id")
    return [msgspec.msgpack.decode(row["content"], type=Mail) for row in rows]


async def link_in_last_letter(house):
    return re.search(r"http://\S+?(/(?:reset|confirm)/\S+)", (await letters(house))[-1].text)[1]


async def test_the_profile(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        status, page, _ = await browser.send("/account", name="", language="en", rev=1)
        assert status == 422
        assert 'id="name-error"' in page
        status, page, _ = await browser.send("/account", name="Nowa Nazwa", language="tlh", rev=1)
        assert status == 422
        assert 'value="Nowa Nazwa"' in page
        status, page, _ = await browser.send("/account", name="Nowa Nazwa", language="en", rev=77)
        assert status == 422, "changed meanwhile"
        assert 'value="Nowa Nazwa"' in page
        _, page, _ = await browser.get("/account")
        rev = re.search(r'name="rev"[^>]*value="(\d+)"', page)[1]
        status, _, answer = await browser.send("/account", name=" Nowa  Nazwa", language="uk", rev=rev)
        assert (status, answer.headers["Location"]) == (303, "/account")
        assert (await browser.me())["name"] == "Nowa Nazwa"
        assert browser.cookie("gryf_lang") == "uk", "this device speaks it at once"
        _, page, _ = await browser.get("/account")
        assert 'lang="uk"' in page


async def test_a_name_is_text_and_no_markup(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        await browser.send("/account", name="<script>alert(1)</script>", language="en", rev=1)
        _, page, _ = await browser.get("/account")
        assert "<script>alert(1)</script>" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", OTHER_PASSWORD, "current"),
        ("", OTHER_PASSWORD, "current"),
        (PASSWORD, "", "new"),
        (PASSWORD, "krótko", "new"),
        (PASSWORD, "x" * 201, "new"),
        (PASSWORD, "anna próbna 2026", "new"),
        (PASSWORD, "Gryfin nad Odrą", "new"),
        (PASSWORD, PASSWORD, "new"),
    ],
)
async def test_a_new_password_has_to_be_good(house, current, new, field):
    await house.add("anna")
    async with house.browser("anna") as browser:
        status, page, _ = await browser.send("/account/password", current=current, new=new)
        assert status == 422
        assert f'id="{field}-error"' in page
        assert PASSWORD not in page
    async with house.browser() as browser:
        assert (await browser.sign_in("anna"))[0] == 200


async def test_guessing_the_present_password_is_slow(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        for _ in range(10):
            assert (await browser.send("/account/password", current="x", new=OTHER_PASSWORD))[0] == 422
        status, _, answer = await browser.send("/account/password", current=PASSWORD, new=OTHER_PASSWORD)
        assert status == 429
        assert int(answer.headers["Retry-After"]) >= 1


async def enrolled(browser, **changes):
    _, page, _ = await browser.get("/account/second-factor")
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)[1]
    fields = {"code": pyotp.TOTP(secret).at(time.time()), "current": PASSWORD} | changes
    return secret, *(await browser.send("/account/second-factor", **fields))


async def test_turning_the_second_factor_on_needs_code_and_password(house):
    await house.add("anna")
    async with house.browser("anna") as browser, house.browser("anna") as other:
        secret, status, page, _ = await enrolled(browser, code="000000")
        assert status == 422
        assert 'id="code-error"' in page
        again, status, page, _ = await enrolled(browser, current="wrong")
        assert again == secret, "the picture does not change under the camera"
        assert status == 422
        assert 'id="current-error"' in page
        before = browser.cookie()
        _, status, page, _ = await enrolled(browser)
        assert status == 200
        assert len(re.findall(r"<li><code>[a-z2-9-]{19}</code></li>", page)) == 10
        assert browser.cookie() != before
        assert (await other.me())["account_id"] is None, "other browsers sign in anew"
        assert (await browser.get("/account/second-factor"))[1].count("otpauth") == 0
    async with house.database.transaction() as tx:
        stored = await tx.record("SELECT totp_secret, totp_pending FROM account")
        codes = await tx.records("SELECT code_sha256 FROM recovery_code")
    assert stored["totp_pending"] is None
    assert len(stored["totp_secret"]) == 20 + 12 + 16
    assert {len(row["code_sha256"]) for row in codes} == {32}


async def test_recovery_codes_are_renewed(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        status, page, _ = await browser.send("/account/recovery-codes", current=PASSWORD)
        assert status == 422, "there is no second factor yet"
        _, _, page, _ = await enrolled(browser)
        old = re.findall(r"<li><code>([^<]+)</code></li>", page)
        assert (await browser.send("/account/recovery-codes", current="wrong"))[0] == 422
        status, page, _ = await browser.send("/account/recovery-codes", current=PASSWORD)
        new = re.findall(r"<li><code>([^<]+)</code></li>", page)
        assert status == 200
        assert not set(old) & set(new)
    async with house.browser() as browser:
        assert (await browser.sign_in("anna", code=old[0]))[0] == 422
        assert (await browser.sign_in("anna", code=new[0].upper().replace("-", "")))[0] == 200


async def test_turning_it_off_needs_the_password(house):
    await house.add("anna")
    async with house.browser("anna") as browser:
        await enrolled(browser)
        status, page, _ = await browser.send("/account/second-factor", current="wrong")
        assert status == 422
        assert 'id="current-error"' in page
        assert (await browser.send("/account/second-factor", current=PASSWORD))[0] == 303
    async with house.browser() as browser:
        assert (await browser.sign_in("anna"))[0] == 200


async def test_a_reset_link_goes_to_the_address_and_nowhere_else(house):
    await house.add("anna", email="anna@gryf.example")
    await house.add("jan")
    async with house.browser() as browser:
        pages = set()
        for login in ("anna", "jan", "nobody", "anna@gryf.example"):
            status, page, _ = await browser.send("/reset", login=login)
            assert status == 200
            pages.add(re.search(r"<main.*</main>", page, re.DOTALL)[0])
        assert len(pages) == 1, "nobody learns who has an account"
    found = await letters(house)
    assert [mail.to for mail in found] == ["anna@gryf.example"] * 2
    assert "http://127.0.0.1:" in found[0].text


async def test_a_forged_host_does_not_get_into_the_letter(house):
    await house.add("anna", email="anna@gryf.example")
    async with house.browser() as browser:
        _, page, _ = await browser.get("/reset")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
        data = {"csrf_token": token, "login": "anna"}
        cookies = {"gryf_visit": browser.cookie("gryf_visit")}
        async with browser.session.post("/reset", data=data, headers=headers, cookies=cookies) as answer:
            assert answer.status == 200
    assert "evil.example" not in (await letters(house))[0].text


async def test_a_link_works_once_and_for_an_hour(house):
    await house.add("anna", email="anna@gryf.example")
    async with house.browser() as browser:
        await browser.send("/reset", login="anna")
        first = await link_in_last_letter(house)
        await browser.send("/reset", login="anna")
        second = await link_in_last_letter(house)
        assert (await browser.get(first))[0] == 404, "a newer letter makes the former void"
        for _ in range(3):
            assert (await browser.get(second))[0] == 200, "looking uses nothing up: mail programs look too"
        status, page, _ = await browser.send(second, new="krótko")
        assert status == 422
        assert 'id="new-error"' in page
        async with house.database.transaction() as tx:
            await tx.execute("UPDATE one_time_token SET expires_at = now() - interval '1 s'")
        assert (await browser.get(second))[0] == 404
        async with house.database.transaction() as tx:
            await tx.execute("UPDATE one_time_token SET expires_at = now() + interval '1 s'")
        status, _, answer = await browser.send(second, new=OTHER_PASSWORD)
        assert (status, answer.headers["Location"]) == (303, "/sign-in")
        assert (await browser.get(second))[0] == 404
        assert (await browser.sign_in("anna"))[0] == 422
        assert (await browser.sign_in("anna", OTHER_PASSWORD))[0] == 200
    async with house.database.transaction() as tx:
        rows = await tx.records("SELECT token_sha256 FROM one_time_token")
    assert second.rpartition("/")[2] not in str(rows)


async def test_one_link_sets_one_password_also_for_two_at_once(house):
    await house.add("anna", email="anna@gryf.example")
    async with house.browser() as browser:
        await browser.send("/reset", login="anna")
        token = (await link_in_last_letter(house)).rpartition("/")[2]
        words = [f"zielona latarnia {number}" for number in range(4)]
        outcomes = await asyncio.gather(
            *(actions.reset_password(house.database, house.identity, token, new, HERE) for new in words),
            return_exceptions=True,
        )
        assert sum(isinstance(one, NotFound) for one in outcomes) == 3
        fits = [(await browser.sign_in("anna", new))[0] == 200 for new in words]
        assert fits == [not isinstance(one, NotFound) for one in outcomes]


async def test_a_reset_does_not_take_the_second_factor_away(house):
    await house.add("anna", email="anna@gryf.example")
    async with house.browser("anna") as browser:
        await enrolled(browser)
    async with house.browser() as browser:
        await browser.send("/reset", login="anna")
        await browser.send(await link_in_last_letter(house), new=OTHER_PASSWORD)
        status, body = await browser.sign_in("anna", OTHER_PASSWORD)
        assert (status, set(body["fields"])) == (422, {"code"})


async def test_a_link_of_a_closed_account_is_over(house):
    anna = await house.add("anna", email="anna@gryf.example")
    async with house.browser() as browser:
        await browser.send("/reset", login="anna")
        path = await link_in_last_letter(house)
        async with house.database.transaction() as tx:
            await tx.execute("UPDATE account SET disabled_at = now() WHERE id = $1", anna.id)
        with pytest.raises(NotFound):
            await actions.reset_password(house.database, house.identity, path.rpartition("/")[2], OTHER_PASSWORD, HERE)


async def test_letters_do_not_flood_anybody(house):
    await house.add("anna", email="anna@gryf.example")
    post = Post.of(house.app)
    for number in range(8):
        await actions.request_reset(house.database, house.identity, "anna", Visitor(address=f"192.0.2.{number}"), post)
    assert len(await letters(house)) == 3
    for number in range(19):
        await actions.request_reset(house.database, house.identity, f"nobody{number}", HERE, post)
    with pytest.raises(TooMany):
        for number in range(3):
            await actions.request_reset(house.database, house.identity, f"somebody{number}", HERE, post)


async def test_registering_with_an_address_that_has_an_account(house):
    await house.add("anna", email="anna@gryf.example")
    async with house.browser() as browser:
        pages = set()
        for email in ("anna@gryf.example", "nowy@gryf.example"):
            status, page, _ = await browser.send("/register", email=email)
            assert status == 200
            pages.add(re.search(r"<main.*</main>", page, re.DOTALL)[0].replace(email, "…"))
        assert len(pages) == 1
        status, page, _ = await browser.send("/register", email="no address")
        assert status == 422
        assert 'value="no address"' in page
    already, new = await letters(house)
    assert (already.to, new.to) == ("anna@gryf.example", "nowy@gryf.example")
    assert "/confirm/" not in already.text
    assert "/sign-in" in already.text
    assert "/confirm/" in new.text


async def test_an_account_is_there_only_after_the_link(house):
    async with house.browser() as browser:
        await browser.send("/register", email="nowy@gryf.example")
        path = await link_in_last_letter(house)
        async with house.database.transaction() as tx:
            assert await tx.value("SELECT count(*) FROM account") == 0
        status, page, _ = await browser.send(path, name="", new=PASSWORD)
        assert (status, 'id="name-error"' in page) == (422, True)
        status, page, _ = await browser.send(path, name="Nowy", new="nowy@gryf.example")
        assert (status, 'id="new-error"' in page, 'value="Nowy"' in page) == (422, True, True)
        status, _, answer = await browser.send(path, name="Nowy", new="8 znaków")
        assert (status, answer.headers["Location"]) == (303, "/")
        me = await browser.me()
        assert (me["name"], me["roles"], me["owed"]) == ("Nowy", [], None)
        assert "@" not in me["login"]
        assert (await browser.get(path))[0] == 404
    async with house.browser() as browser:
        assert (await browser.sign_in("NOWY@gryf.example", "8 znaków"))[0] == 200


async def test_two_who_confirm_one_address_get_one_account(house):
    post = Post.of(house.app)
    tokens = []
    for _ in range(2):
        await actions.request_registration(house.database, house.identity, "a@gryf.example", "pl", HERE, post)
        tokens.append((await link_in_last_letter(house)).rpartition("/")[2])
    details = {"name": "Anna", "password": PASSWORD, "language": "pl", "visitor": HERE}
    with pytest.raises(NotFound):
        await actions.confirm_registration(house.database, house.identity, tokens[0], **details)
    await actions.confirm_registration(house.database, house.identity, tokens[1], **details)
    with pytest.raises(NotFound):
        await actions.confirm_registration(house.database, house.identity, tokens[1], **details)


async def test_a_reset_link_registers_nobody_and_the_other_way_round(house):
    await house.add("anna", email="anna@gryf.example")
    async with house.browser() as browser:
        await browser.send("/reset", login="anna")
        reset = (await link_in_last_letter(house)).rpartition("/")[2]
        await browser.send("/register", email="nowy@gryf.example")
        confirm = (await link_in_last_letter(house)).rpartition("/")[2]
        assert (await browser.get(f"/confirm/{reset}"))[0] == 404
        assert (await browser.get(f"/reset/{confirm}"))[0] == 404
        assert (await browser.get("/reset/x"))[0] == 404


async def test_a_city_may_open_accounts_itself(database, tmp_path):
    async with running_house(database, tmp_path, self_registration=False) as house:
        async with house.browser() as browser:
            _, page, _ = await browser.get("/sign-in")
            assert "/register" not in page
            with pytest.raises(Forbidden):
                await actions.request_registration(
                    house.database, house.identity, "a@gryf.example", "pl", HERE, Post.of(house.app)
                )
        assert await letters(house) == []


async def test_an_invitation_sets_the_first_password(house):
    new = NewAccount(login="iwona", name="Iwona", email="iwona@gryf.example")
    made = await actions.create_account(house.database, house.identity, SYSTEM, new, Post.of(house.app))
    assert (made.invited, made.password) == (True, None)
    (mail,) = await letters(house)
    assert "iwona" in mail.text
    await actions.grant_role(
        house.database, house.identity, SYSTEM, made.account.id, role="clerk", unit_id=await house.city_id()
    )
    async with house.browser() as browser:
        assert (await browser.sign_in("iwona", ""))[0] == 422
        path = await link_in_last_letter(house)
        _, page, _ = await browser.get(path)
        assert "At least 12 characters" in page
        status, _, _ = await browser.send(path, new="rower 7i")
        assert status == 422, "staff need more"
        assert (await browser.send(path, new=PASSWORD))[0] == 303
        _, me = await browser.sign_in("iwona")
        assert (me["owed"], [role["role"] for role in me["roles"]]) == (None, ["clerk"])


async def test_what_an_action_refuses_to_a_stranger(house):
    with pytest.raises(NotFound):
        await actions.show_own_account(house.database, ANONYMOUS)
    with pytest.raises(NotFound):
        await actions.change_password(house.database, house.identity, ANONYMOUS, current="x", new=PASSWORD)
    with pytest.raises(Invalid):
        await actions.choose_language(house.database, house.identity, ANONYMOUS, "tlh")
