"""Accounts as their owners, administrators and attackers meet them: over HTTP, on a real database."""

import re
import time

import aiohttp
import pyotp
import pytest
from yarl import URL

from app.actor import SYSTEM
from app.audit import seal_new_entries, verify
from app.database import DATABASE
from app.identity import actions
from app.identity.identity import IDENTITY
from app.identity.model import NewAccount
from app.identity.pages.sign_in import own_path
from app.identity.passwords import password_problem

PASSWORD = "czerwony rower nad Słupią 7"


@pytest.fixture
async def anna(site):
    """A resident with an account."""
    new = NewAccount(login="anna", name="Anna Nowak", email="anna@gryf.example", password=PASSWORD)
    return (await actions.create_account(site.app[DATABASE], site.app[IDENTITY], SYSTEM, new)).account


async def api_sign_in(client, login, password, code=""):
    body = {"login": login, "password": password} | ({"code": code} if code else {})
    async with client.post("/api/sign-in", json=body) as answer:
        return answer.status, await answer.json()


async def form(client, path):
    """The hidden token of a page's form."""
    async with client.get(path) as answer:
        page = await answer.text()
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]


def cookie(client, name="gryf_session"):
    return next((one.value for one in client.cookie_jar if one.key == name), "")


async def test_sign_in_by_login_and_by_address(site, anna):
    for name in ("anna", "ANNA", "anna@gryf.example"):
        async with site.client() as client:
            status, me = await api_sign_in(client, name, PASSWORD)
            assert (status, me["name"], me["roles"], me["owed"]) == (200, "Anna Nowak", [], None)
            async with client.get("/api/me") as answer:
                assert (await answer.json())["account_id"] == anna.id


async def test_wrong_unknown_and_disabled_get_the_same_answer(site, anna):
    answers = []
    async with site.client() as client:
        answers.append(await api_sign_in(client, "anna", "nie to hasło"))
        answers.append(await api_sign_in(client, "nikogo-takiego", PASSWORD))
        async with site.app[DATABASE].transaction() as tx:
            await tx.execute("UPDATE account SET disabled_at = now() WHERE id = $1", anna.id)
        answers.append(await api_sign_in(client, "anna", PASSWORD))
    assert [status for status, _ in answers] == [422, 422, 422]
    assert len({str(body) for _, body in answers}) == 1


async def test_the_cookie_is_new_at_sign_in_and_lies_hashed(site, anna):
    async with site.client() as client:
        await api_sign_in(client, "anna", PASSWORD)
        first = cookie(client)
        await api_sign_in(client, "anna", PASSWORD)
        second = cookie(client)
        assert first
        assert second not in {"", first}
        async with site.app[DATABASE].transaction() as tx:
            rows = await tx.records("SELECT * FROM web_session WHERE account_id = $1", anna.id)
        assert len(rows) == 1, "the browser's former session has ended"
        assert second not in str([dict(row) for row in rows])
    async with aiohttp.ClientSession(site.http, cookies={"gryf_session": first}) as thief:
        async with thief.get("/api/me") as answer:
            assert (await answer.json())["account_id"] is None


async def test_guessing_is_slowed_down_and_the_owner_is_not_locked_out(site, anna):
    async with site.client() as owner, site.client() as guesser:
        await api_sign_in(owner, "anna", PASSWORD)
        statuses = [(await api_sign_in(guesser, "anna", f"zgaduję {number}"))[0] for number in range(14)]
        assert statuses[:10] == [422] * 10
        assert 429 in statuses
        async with guesser.post("/api/sign-in", json={"login": "anna", "password": "x"}) as answer:
            assert int(answer.headers["Retry-After"]) >= 1
        # a browser on which Anna signed in before is not slowed by others
        status, _ = await api_sign_in(owner, "anna", PASSWORD)
        assert status == 200


async def test_signing_out_ends_the_session_and_its_socket(site, anna):
    async with site.client() as client, site.client() as copy:
        await api_sign_in(client, "anna", PASSWORD)
        copy.cookie_jar.update_cookies({"gryf_session": cookie(client)}, response_url=URL(site.http))
        async with client.ws_connect("/live", origin=site.http) as socket:
            async with copy.post("/api/sign-out") as answer:
                assert answer.status == 204
            began = time.monotonic()
            while (await socket.receive(timeout=5)).type not in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}:
                pass
            assert time.monotonic() - began < 3
        async with client.get("/api/me") as answer:
            assert (await answer.json())["account_id"] is None


async def test_a_form_needs_its_token_and_keeps_what_was_typed(site):
    async with site.client() as client:
        async with client.post("/sign-in", data={"login": "kto-to", "password": "x"}) as answer:
            page = await answer.text()
        assert answer.status == 422
        assert 'value="kto-to"' in page
        token = await form(client, "/sign-in")
    async with site.client() as other:
        data = {"csrf_token": token, "login": "anna", "password": "x"}
        async with other.post("/sign-in", data=data) as answer:
            assert answer.status == 422


async def test_the_page_leads_back_to_where_one_came_from(site, anna):
    async with site.client() as client:
        async with client.get("/account", allow_redirects=False, headers={"Accept": "text/html"}) as answer:
            assert answer.headers["Location"] == "/sign-in?next=/account"
        token = await form(client, "/sign-in?next=/account")
        data = {"csrf_token": token, "login": "anna", "password": PASSWORD, "next": "/account"}
        async with client.post("/sign-in", data=data, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/account")
        async with client.get("/account") as answer:
            assert "Anna Nowak" in await answer.text()


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/account?a=1", "/account?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\b", "/"),
        ("/\tevil", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_no_way_to_other_sites(wanted, path):
    assert own_path(wanted) == path


@pytest.mark.parametrize(
    ("password", "fine"),
    [("krótkie", False), ("aaaaaaaaaaaa", False), ("abcdefghijkl", False), ("anna-2026-rada", False), (PASSWORD, True)],
)
def test_passwords_that_are_taken(password, fine):
    assert (password_problem(password, shortest=12, about=("Anna Nowak", "anna")) is None) is fine


async def test_second_factor_from_enrolment_to_sign_in(site, anna):
    database, identity = site.app[DATABASE], site.app[IDENTITY]
    async with site.client() as client:
        await api_sign_in(client, "anna", PASSWORD)
        async with client.get("/account/second-factor") as answer:
            page = await answer.text()
        secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].replace(" ", "")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
        now = pyotp.TOTP(secret)
        data = {"csrf_token": token, "code": now.now(), "current": PASSWORD}
        async with client.post("/account/second-factor", data=data) as answer:
            page = await answer.text()
            assert answer.status == 200
        recovery = re.findall(r"<li><code>([^<]+)</code></li>", page)
        assert len(recovery) >= 8
    async with site.client() as client:
        status, body = await api_sign_in(client, "anna", PASSWORD)
        assert (status, set(body["fields"])) == (422, {"code"})
        status, _ = await api_sign_in(client, "anna", PASSWORD, "000000")
        assert status == 422
        status, _ = await api_sign_in(client, "anna", PASSWORD, data["code"])
        assert status == 422, "a code is good once"
        status, _ = await api_sign_in(client, "anna", PASSWORD, recovery[0])
        assert status == 200
        status, _ = await api_sign_in(client, "anna", PASSWORD, recovery[0])
        assert status == 422, "a recovery code too"
    async with database.transaction() as tx:
        stored = await tx.record("SELECT * FROM account WHERE id = $1", anna.id)
    assert secret.encode() not in bytes(stored["totp_secret"])
    assert identity is not None


async def test_reset_by_mail(site, anna):
    async with site.client() as client:
        for login in ("anna", "nie-ma-takiej"):
            token = await form(client, "/reset")
            async with client.post("/reset", data={"csrf_token": token, "login": login}) as answer:
                text = await answer.text()
                assert answer.status == 200
                assert "list jest już w drodze" in text
    async with site.app[DATABASE].transaction() as tx:
        sent = [bytes(row["content"]) for row in await tx.records("SELECT content FROM mail")]
    contents = [one for one in sent if b"/reset/" in one]  # the helpdesk of the demo writes letters too
    assert len(contents) == 1
    path = re.search(rb"/reset/([\w-]+)", contents[0])[0].decode()
    async with site.client("clerk") as bystander, site.client() as client:
        await api_sign_in(client, "anna", PASSWORD)
        token = await form(bystander, path)
        data = {"csrf_token": token, "new": "zielona latarnia w Ustce 3"}
        async with bystander.post(path, data=data, allow_redirects=False) as answer:
            assert answer.status == 303
        async with client.get("/api/me") as answer:
            assert (await answer.json())["account_id"] is None, "all sessions have ended"
        assert (await api_sign_in(client, "anna", PASSWORD))[0] == 422
        assert (await api_sign_in(client, "anna", "zielona latarnia w Ustce 3"))[0] == 200
        async with client.get(path, headers={"Accept": "text/html"}) as answer:
            assert answer.status == 404, "the link worked once"


async def test_a_resident_registers_and_confirms(site):
    async with site.client() as client:
        token = await form(client, "/register")
        async with client.post("/register", data={"csrf_token": token, "email": "Ola@Gryf.example"}) as answer:
            assert answer.status == 200
        async with site.app[DATABASE].transaction() as tx:
            sent = [bytes(row["content"]) for row in await tx.records("SELECT content FROM mail")]
        (content,) = (one for one in sent if b"/confirm/" in one)
        path = re.search(rb"/confirm/([\w-]+)", content)[0].decode()
        token = await form(client, path)
        data = {"csrf_token": token, "name": "  Ola   Żuk ", "new": "krótko"}
        async with client.post(path, data=data) as answer:
            page = await answer.text()
            assert answer.status == 422
            assert "Ola   Żuk" in page
        data = {"csrf_token": token, "name": "  Ola   Żuk ", "new": PASSWORD}
        async with client.post(path, data=data, allow_redirects=False) as answer:
            assert answer.status == 303
        async with client.get("/api/me") as answer:
            assert (await answer.json())["name"] == "Ola Żuk"


async def test_an_administrator_opens_grants_and_closes(site):
    async with site.client("admin") as admin, site.client() as clerk:
        token = await form(admin, "/admin/accounts/new")
        data = {"csrf_token": token, "login": "nowa.osoba", "name": "Nowa Osoba", "unit_id": "1"}
        async with admin.post("/admin/accounts/new", data=data) as answer:
            page = await answer.text()
            assert answer.status == 200
        password = re.search(r"<code>([^<]+)</code>", page)[1]
        account_id = int(re.search(r"/admin/accounts/(\d+)", page)[1])
        status, me = await api_sign_in(clerk, "nowa.osoba", password)
        assert (status, me["owed"]) == (200, "password")
        token = await form(clerk, "/account/password")
        changed = {"csrf_token": token, "current": password, "new": PASSWORD}
        async with clerk.post("/account/password", data=changed, allow_redirects=False) as answer:
            assert answer.status == 303
        token = await form(admin, f"/admin/accounts/{account_id}")
        granted = {"csrf_token": token, "role": "clerk", "unit_id": "1"}
        async with admin.post(f"/admin/accounts/{account_id}/roles", data=granted, allow_redirects=False) as answer:
            assert answer.status == 303
        status, me = await api_sign_in(clerk, "nowa.osoba", PASSWORD)
        assert [one["role"] for one in me["roles"]] == ["clerk"]
        async with clerk.get("/council/desk") as answer:
            assert answer.status == 200
        token = await form(admin, f"/admin/accounts/{account_id}")
        async with admin.post(f"/admin/accounts/{account_id}/disable", data={"csrf_token": token}) as answer:
            assert answer.status == 200
        async with clerk.get("/api/me") as answer:
            assert (await answer.json())["account_id"] is None


async def test_units_stand_where_they_may(site):
    async with site.client("admin") as admin:
        token = await form(admin, "/admin/units")
        data = {"csrf_token": token, "name": "Szkoła Podstawowa nr 4", "kind": "school", "parent_id": "1"}
        async with admin.post("/admin/units", data=data) as answer:
            assert "Szkoła Podstawowa nr 4" in await answer.text()
        async with admin.post("/admin/units", data=data) as answer:
            page = await answer.text()
            assert answer.status == 422
            assert "Jest tu już jednostka o tej nazwie" in page


async def test_the_chain_of_the_audit_log_shows_tampering(site, anna):
    database = site.app[DATABASE]
    await seal_new_entries(database)
    async with database.transaction() as tx:
        before = await verify(tx)
        assert before.ok
        assert before.sealed > 10
        with pytest.raises(Exception, match="append"):
            await tx.connection.execute("UPDATE audit_entry SET action = 'nothing' WHERE id = 5")
    async with database.transaction() as tx:
        await tx.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        await tx.execute("UPDATE audit_entry SET action = 'nothing' WHERE id = 5")
        await tx.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")
        after = await verify(tx)
    assert (after.ok, after.first_bad) == (False, 5)
