"""The preview of a OneRoster archive over HTTP: what is said of each line, and that it is done once."""

import re
import secrets

import aiohttp
import asyncpg

from tests.conftest import running_site
from tests.databases import copy_database, drop_database
from tests.local_day import local_day, within_one_day
from tests.schools.secretariat.files import roster
from tests.schools.secretariat.test_roster_teachings import CLASSES_CSV, COURSES, HEAD, PUPILS, USERS
from tests.schools.stage import SECRETARY
from tests.schools.test_isolation import _session

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LONGEST_S = 60
"""That the pages take on a busy machine."""
LINES = "e1,active,m,t1,teacher,true,,\ne2,active,k5,t2,teacher,true,,\ne3,active,m,t3,teacher,,,\n"


async def sent(client, path, headers, lines):
    """The page that follows upon an upload."""
    content = roster(
        users=USERS, classes=CLASSES_CSV, courses=COURSES, enrollments=HEAD + PUPILS + lines, demographics=None
    )
    async with client.get(path, headers=headers) as answer:
        token = TOKEN.search(await answer.text())[1]
    data = aiohttp.FormData(quote_fields=False)
    for name, value in (("csrf_token", token), ("kind", "oneroster"), ("from_day", str(local_day()))):
        data.add_field(name, value)
    data.add_field("file", content, filename="spis.zip", content_type="application/zip")
    async with client.post(path, data=data, headers=headers) as answer:
        assert answer.status == 200
        return str(answer.url), await answer.text()


async def test_the_preview_says_who_teaches_what_and_is_carried_out(postgres_url, schools_template, tmp_path):
    template, ids = schools_template
    await within_one_day(LONGEST_S)
    url = await copy_database(postgres_url, name := f"gryf_roster_{secrets.token_hex(4)}", template)
    connection = await asyncpg.connect(url)
    try:
        async with running_site(url, tmp_path, demo=False) as site, site.client() as client:
            cookie = f"gryf_session={await _session(connection, SECRETARY.account_id)}"
            headers = {"Cookie": cookie, "Origin": site.http, "Accept-Language": "pl"}
            path = f"/schools/{ids.a.school_id}/people/imports"
            _url, text = await sent(client, path, headers, LINES + "e9,active,zz,t1,teacher,,,\n")
            assert "Ten zapis wskazuje osobę lub klasę, której nie ma w plikach" in text
            assert "Wykonaj" not in text.partition("<main")[2].partition("<table")[0]
            where, text = await sent(client, path, headers, LINES)
            shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2]))
            for words in (
                "Sroka Zofia przydział · 4a, Matematyka",
                "Wilk Iga przydział · 4a, Matematyka · nauczyciel wspomagający",
                "Kruk Adam wychowawca klasy · 5a",
                "→ Kruk Adam",
                "Wilga Hanna pracownik · sekretariat",
                "enrollments.csv",
                "users.csv",
            ):
                assert words in shown, (words, shown[-2500:])
            fields = dict(re.findall(r'name="(csrf_token|seen)" value="([^"]+)"', text))
            async with client.post(f"{where}/do", data=fields, headers=headers) as answer:
                assert answer.status == 200
                assert "Gotowe: nowych 9, zmienionych 1" in await answer.text()
            assert await connection.fetchval("SELECT count(*) FROM teaching t JOIN staff s ON s.id = t.staff_id WHERE s.last_name IN ('Sroka', 'Wilk')") == 2  # fmt: skip
            _url, text = await sent(client, path, headers, LINES)
            assert "Ten plik niczego nie zmienia" in text
    finally:
        await connection.close()
        await drop_database(postgres_url, name)
