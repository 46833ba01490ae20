"""The page of keeping over HTTP: who opens it, what it says, a form that loses nothing, a decision and its way back."""

import re
import secrets

import asyncpg
import pytest

from tests.conftest import running_site
from tests.databases import copy_database, drop_database
from tests.schools.retention.old_year import old_year
from tests.schools.stage import Stage
from tests.schools.test_isolation import _session

PATH = "/schools/retention"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@pytest.fixture
async def opened(postgres_url, schools_template, tmp_path):
    """The product upon both schools with an old year: (stage, site, old year, role → headers)."""
    template, ids = schools_template
    url = await copy_database(postgres_url, name := f"gryf_keep_{secrets.token_hex(4)}", template)
    connection = await asyncpg.connect(url)
    try:
        headers = {}
        async with running_site(url, tmp_path, demo=False) as site:
            from app.database import DATABASE

            stage = Stage(site.app[DATABASE], ids)
            year = await old_year(stage, 2019)
            city = await connection.fetchval("SELECT id FROM unit WHERE kind = 'city'")
            for role in ("admin", "auditor"):
                account = await connection.fetchval(
                    "INSERT INTO account (login, name, email, folded, staff_grade, totp_secret)"
                    " VALUES ($1, $1, $1, $1, true, 'x') RETURNING id",
                    f"{role}.x",
                )
                await connection.execute(
                    "INSERT INTO role_grant (account_id, role, unit_id) VALUES ($1, $2, $3)", account, role, city
                )
                headers[role] = {"Cookie": f"gryf_session={await _session(connection, account)}", "Origin": site.http}
            headers["principal"] = {"Cookie": f"gryf_session={await _session(connection, 4)}", "Origin": site.http}
            yield stage, site, year, headers
    finally:
        await connection.close()
        await drop_database(postgres_url, name)


async def test_a_decision_is_made_on_the_page_and_taken_back(opened):
    stage, site, year, headers = opened
    key = f"register-{stage.school_id}-{year.id}"
    async with site.client() as client:
        for role, status in (("principal", 403), ("auditor", 200), ("admin", 200)):
            async with client.get(PATH, headers=headers[role] | {"Accept-Language": "pl"}) as answer:
                assert answer.status == status, role
                text = await answer.text()
        for words in (
            "Przechowywanie dzienników",
            "1 pozycja do usunięcia",
            "dziennik 2019/2020",
            "1 klasa, 2 uczniów",
            "1 stycznia 2026",
            "uczniowie, którzy odeszli po roku 2019/2020",
            "1 stycznia 2071",
            "attendance_history",
            "5 lat",
            "50 lat",
        ):
            assert words in text, words
        assert "Dawna" not in text
        token = TOKEN.search(text)[1]
        mine = headers["admin"] | {"Accept-Language": "pl"}
        for fields, told in (
            ({"chosen": key}, "ground-error"),
            ({"ground": "Zgoda nr 7"}, "chosen-error"),
        ):
            async with client.post(PATH, data={"csrf_token": token, **fields}, headers=mine) as answer:
                text = await answer.text()
                assert (answer.status, told in text) == (422, True)
                assert ("Zgoda nr 7" in text) == ("ground" in fields)
                assert (f'value="{key}" checked' in text) == ("chosen" in fields)
        async with client.post(
            PATH, data={"chosen": key, "ground": "x"}, headers=mine, allow_redirects=False
        ) as answer:
            assert answer.status in {400, 403, 422}  # no token
        both = {"csrf_token": token, "chosen": key, "ground": "Zgoda nr 7"}
        for role in ("auditor", "principal"):
            async with client.post(PATH, data=both, headers=headers[role], allow_redirects=False) as answer:
                assert answer.status == 403
        async with client.post(PATH, data=both, headers=mine) as answer:
            text = await answer.text()
        assert "Zniknie w nocy" in text
        assert "Zgoda nr 7" in text
        async with client.post(PATH, data=both, headers=mine) as answer:  # pressed twice
            assert "Spójrz na listę jeszcze raz" in await answer.text()
        back = re.search(rf'action="({PATH}/{stage.school_id}/\d+/back)"', text)[1]
        for words in ("Nic nie zostanie usunięte", "To już wykonano albo wycofano"):
            async with client.post(back, data={"csrf_token": token}, headers=mine) as answer:
                text = await answer.text()
                assert words in text
        assert "1 pozycja do usunięcia" in text
