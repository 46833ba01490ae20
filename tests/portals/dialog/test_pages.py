"""The clerk makes, changes and publishes; a resident finds, joins and leaves: over HTTP, with one start of the server."""

import re

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


async def token(client, path: str) -> str:
    async with client.get(path) as answer:
        text = await answer.text()
        assert answer.status == 200, text[:500]
    found = TOKEN.search(text)
    assert found, path
    return found[1]


async def post(client, path: str, form_page: str = "", **fields):
    data = {"csrf_token": await token(client, form_page or path), **fields}
    async with client.post(path, data=data, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def slug_of(client, title: str) -> str:
    async with client.get("/api/dialog/consultations") as answer:
        found = await answer.json()
    return next(one["slug"] for part in found.values() for one in part if one["title"].startswith(title))


async def test_a_consultation_from_the_template_to_the_resident(site):
    async with site.client("consultation_clerk") as clerk:
        status, managed, _text = await post(clerk, "/dialog/manage/new", title="Rynek Nowy", template="empty")
        assert status == 303
        status, _to, text = await post(clerk, f"{managed}/publish", managed)
        assert status == 303  # back to the list of what is missing
        async with clerk.get(managed) as answer:
            assert "szkic" in await answer.text()
        # the spring night has no half past two, the autumn night has it twice
        phase = {"title": "Uwagi", "summary": "", "rev": "", "starts_fold": "", "ends_fold": ""}
        new = f"{managed}/phases/new"
        status, _to, text = await post(clerk, new, **phase, starts_at="2030-03-31T02:30", ends_at="2030-04-10T12:00")
        assert status == 422
        assert "tej godziny nie ma" in text
        twice = {"starts_at": "2030-10-01T08:00", "ends_at": "2030-10-27T02:30"}
        status, _to, text = await post(clerk, new, **phase, **twice)
        assert status == 422
        assert "ta godzina jest dwa razy" in text
        assert 'value="2030-10-27T02:30"' in text
        status, _to, _text = await post(clerk, new, **{**phase, **twice, "ends_fold": "1"})
        assert status == 303
        status, block, _text = await post(clerk, f"{managed}/blocks", managed, kind="information", phase="0")
        assert status == 303
        words = {"title": "O co chodzi", "text": "**Rynek** bez aut", "rev": "1"}
        assert (await post(clerk, block, **words))[0] == 303
        assert (await post(clerk, block, **words))[0] == 422  # somebody has changed it since
        async with clerk.get(f"{managed}/preview") as answer:
            assert "<strong>Rynek</strong> bez aut" in await answer.text()
            assert "27 października 2030, 02:30 (po cofnięciu zegarów)" in await answer.text()
        consultation_id = int(managed.rpartition("/")[2])
        async with clerk.get(f"/api/dialog/{consultation_id}") as answer:
            view = await answer.json()
        assert view["phases"][0]["ends_at"] == "2030-10-27T01:30:00Z"
        order = {"phases": [view["phases"][0]["id"]]}
        order["blocks"] = [{"block_id": view["blocks"][0]["id"], "phase_id": view["phases"][0]["id"]}]
        async with clerk.put(f"/api/dialog/{consultation_id}/order", json=order) as answer:
            assert answer.status == 200, await answer.text()
        draft = {"summary": "Rynek", "contact": "pok. 3", "open_to": "signed_in", "kinds": "resident"}
        async with clerk.get(f"/api/dialog/{consultation_id}") as answer:
            rev = (await answer.json())["consultation"]["rev"]
        draft |= {"title": "Rynek Nowy", "shown_as": "pseudonym", "rev": str(rev)}
        assert (await post(clerk, f"{managed}/words", **draft))[0] == 303
        async with site.client("resident") as resident:
            async with resident.get(f"/api/dialog/{consultation_id}") as answer:
                assert answer.status == 404
        status, path, _text = await post(clerk, f"{managed}/publish", managed)
        assert status == 303
        async with clerk.get(path) as answer:
            assert "O co chodzi" in await answer.text()
    async with site.client("auditor") as auditor, auditor.get(managed) as answer:
        assert answer.status == 200
        assert "Dodaj blok" not in await answer.text()


async def test_a_resident_joins_and_takes_the_data_back(site):
    async with site.client("resident2") as resident:
        path = f"/dialog/{await slug_of(resident, 'Strategia kultury')}"
        async with resident.get(path) as answer:
            assert "Weź udział" in await answer.text()
        fields = {"kind": "business", "organisation": "", "district": "Zatorze", "shown_as": "pseudonym"}
        status, _to, text = await post(resident, f"{path}/join", **fields, pseudonym="Wierzba")
        assert status == 422
        assert "To jest tutaj potrzebne" in text
        assert 'value="Wierzba"' in text
        fields["organisation"] = "Piekarnia Słupska"
        status, back, _text = await post(resident, f"{path}/join", **fields, pseudonym="Wierzba")
        assert (status, back) == (303, path)
        async with resident.get(path) as answer:
            assert "Wierzba" in await answer.text()
        async with resident.get("/dialog/mine") as answer:
            own = re.search(r'Strategia kultury.*?name="participant" value="(\d+)"', await answer.text(), re.DOTALL)
        status, _to, _text = await post(resident, "/dialog/mine/erase", "/dialog/mine", participant=own[1])
        assert status == 303
        async with resident.get(path) as answer:
            assert "Wierzba" not in await answer.text()
    async with site.client("") as visitor:
        plac = f"/dialog/{await slug_of(visitor, 'Plac Zwycięstwa')}"
        for page in ("/dialog", "/dialog?q=plac&topic=Transport", plac, f"{plac}/people"):
            async with visitor.get(page) as answer:
                assert answer.status == 200
        async with visitor.get("/dialog?q=100%25") as answer:
            assert answer.status == 200  # a percent sign is a letter, not a pattern
            assert "Plac Zwycięstwa" not in await answer.text()


async def test_the_office_checks_a_resident(site):
    async with site.client("consultation_clerk") as clerk:
        async with clerk.get("/dialog/manage/residents") as answer:
            text = await answer.text()
        decide = re.search(r'action="(/dialog/manage/residents/\d+/decide)"', text)[1]
        rev = re.search(r'name="rev" value="(\d+)"', text)[1]
        page = "/dialog/manage/residents"
        status, _to, text = await post(clerk, decide, page, do="refuse", reason="", rev=rev)
        assert status == 422
        assert "Podaj powód" in text
        assert (await post(clerk, decide, page, do="verify", reason="", rev=rev))[0] == 303
    async with site.client("resident") as resident, resident.get("/dialog/mine") as answer:
        assert "sprawdzone" in await answer.text()
