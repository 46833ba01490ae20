"""The pages over HTTP: upload by form, names with Polish letters, secrets kept, agenda pasted and corrected."""

import re
from urllib.parse import quote

import aiohttp

COMING = 3
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"0" * 3000


async def token_of(client, path: str) -> str:
    async with client.get(path) as answer:
        text = await answer.text()
        assert answer.status == 200, text
        return TOKEN.search(text)[1]


async def send(client, path: str, token: str, files: list[tuple[str, bytes]], **fields):
    form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
    form.add_field("csrf_token", token)
    for name, value in fields.items():
        form.add_field(name, value)
    for name, content in files:
        form.add_field("files", content, filename=name, content_type="application/octet-stream")
    return await client.post(path, data=form, allow_redirects=False)


async def papers(client) -> list[dict]:
    async with client.get(f"/api/council/sessions/{COMING}/papers") as answer:
        return (await answer.json())["papers"]


async def test_files_are_added_by_form_and_come_back_with_their_polish_names(site):
    path = f"/council/desk/{COMING}/papers"
    async with site.client("clerk") as clerk, site.client() as resident:
        before = len(await papers(resident))
        token = await token_of(clerk, path)
        fields = {"title": "", "kind": "opinion", "item": "", "audience": "public", "public_from": ""}
        files = [("Opinia_żółw & jaźń.pdf", PDF), ("skrypt.exe", b"MZ\x90\x00" * 100), ("Uwagi.txt", "Zażółć".encode())]
        answer = await send(clerk, path, token, files, **fields)
        text = await answer.text()
        assert answer.status == 422
        assert "skrypt.exe" in text  # the one that was not taken is named; the others are there
        found = await papers(resident)
        assert [one["title"] for one in found[before:]] == ["Opinia żółw & jaźń", "Uwagi"]
        opinion = found[before]
        async with resident.get(f"/council/papers/{opinion['id']}/v1?download") as got:
            assert await got.read() == PDF
            assert quote("Opinia_żółw & jaźń.pdf", safe="") in got.headers["Content-Disposition"]
            assert got.headers["Content-Disposition"].startswith("attachment")
        async with resident.get(f"/council/papers/{opinion['id']}/v1", headers={"Range": "bytes=0-7"}) as got:
            assert (got.status, await got.read()) == (206, PDF[:8])


async def test_a_form_with_something_wrong_keeps_what_was_typed(site):
    path = f"/council/desk/{COMING}/papers"
    async with site.client("clerk") as clerk:
        token = await token_of(clerk, path)
        before = len(await papers(clerk))
        answer = await send(
            clerk, path, token, [("a.pdf", PDF)], title="ą" * 301, kind="report", item="", audience="public"
        )
        text = await answer.text()
        assert answer.status == 422
        assert "ą" * 301 in text
        answer = await send(
            clerk, path, "nonsense", [("a.pdf", PDF)], title="x", kind="report", item="", audience="public"
        )
        assert answer.status == 422
        assert len(await papers(clerk)) == before


async def test_papers_for_councillors_are_not_there_for_others(site):
    async with (
        site.client("clerk") as clerk,
        site.client("resident") as resident,
        site.client("councillor") as councillor,
    ):
        (secret,) = [one for one in await papers(clerk) if one["audience"] == "councillors"]
        slug = "xxxii-" + secret["public_from"][:10]
        async with clerk.get(f"/api/council/sessions/{COMING}") as answer:
            slug = (await answer.json())["session"]["slug"]
        for path in (f"/council/papers/{secret['id']}", f"/council/papers/{secret['id']}/v1"):
            async with resident.get(path) as answer:
                assert answer.status == 404
            async with councillor.get(path) as answer:
                assert answer.status == 200
        for page in ("", "/papers", "/notice", f"/items/{secret['item_id']}"):
            async with resident.get(f"/council/sessions/{slug}{page}") as answer:
                assert answer.status == 200
                assert secret["title"] not in await answer.text()
        # a notice is for everybody, whoever prints it
        async with clerk.get(f"/council/sessions/{slug}/notice") as answer:
            assert secret["title"] not in await answer.text()


async def test_a_version_and_a_removal_by_form(site):
    async with site.client("clerk") as clerk, site.client() as resident:
        paper = (await papers(resident))[0]
        edit = f"/council/papers/{paper['id']}/edit"
        token = await token_of(clerk, edit)
        answer = await send(clerk, f"/council/papers/{paper['id']}/versions", token, [("nowy.pdf", PDF)], note="")
        assert answer.status == 422
        answer = await send(clerk, f"/council/papers/{paper['id']}/versions", token, [], note="co innego")
        assert answer.status == 422
        assert "co innego" in await answer.text()
        answer = await send(clerk, f"/council/papers/{paper['id']}/versions", token, [("nowy.pdf", PDF)], note="§ 2")
        assert answer.status == 303
        async with resident.get(f"/council/papers/{paper['id']}") as page:
            text = await page.text()
            assert "§ 2" in text
            assert f"/council/papers/{paper['id']}/v1" in text
        remove = f"/council/papers/{paper['id']}/remove"
        async with clerk.post(remove, data={"csrf_token": token, "reason": ""}, allow_redirects=False) as answer:
            assert answer.status == 422
        async with clerk.post(
            remove, data={"csrf_token": token, "reason": "pesel w pliku"}, allow_redirects=False
        ) as answer:
            assert answer.status == 303
        async with resident.get(f"/council/papers/{paper['id']}") as page:
            assert "pesel w pliku" in await page.text()
        async with resident.get(f"/council/papers/{paper['id']}/v1") as gone:
            assert gone.status == 404


async def test_a_pasted_agenda_is_shown_before_it_is_saved(site):
    path = f"/council/desk/{COMING}/agenda"
    async with site.client("clerk") as clerk:
        async with clerk.get(f"/api/council/sessions/{COMING}") as answer:
            before = await answer.json()
        token = await token_of(clerk, path)
        text = (
            "Porządek obrad:\n1. Otwarcie sesji i stwierdzenie quorum\n2. Uchwały:\na) budżet\nna 2027 rok\n3. Koniec"
        )
        data = {"csrf_token": token, "agenda_rev": before["session"]["agenda_rev"], "text": text, "do": "read"}
        async with clerk.post(path, data=data) as answer:
            page = await answer.text()
            assert "budżet na 2027 rok" in page
            assert "Porządek obrad:" in page
        async with clerk.get(f"/api/council/sessions/{COMING}") as answer:
            assert await answer.json() == before
        opening = before["items"][0]
        rows = [
            ("csrf_token", token), ("agenda_rev", str(before["session"]["agenda_rev"])), ("do", "save"),
            ("item", str(opening["id"])), ("row_number", ""), ("row_title", opening["title"]), ("depth", "0"), ("minutes", "5"),
            ("item", ""), ("row_number", ""), ("row_title", "Uchwały"), ("depth", "0"), ("minutes", "x"),
            ("item", ""), ("row_number", "2a"), ("row_title", "Budżet"), ("depth", "1"), ("minutes", ""),
            ("item", ""), ("row_number", ""), ("row_title", ""), ("depth", "1"), ("minutes", ""),
        ]  # fmt: skip
        async with clerk.post(path, data=rows, allow_redirects=False) as answer:
            page = await answer.text()
            assert answer.status == 422
            assert 'value="x"' in page  # what was typed wrongly stays, with a word beside it
            assert "field-error" in page
        rows[12] = ("minutes", "90")
        async with clerk.post(path, data=rows, allow_redirects=False) as answer:
            assert answer.status == 303
        async with clerk.get(f"/api/council/sessions/{COMING}") as answer:
            after = await answer.json()
        assert [(one["number"], one["title"], one["planned_minutes"]) for one in after["items"]] == [
            ("1", opening["title"], 5),
            ("2", "Uchwały", 90),
            ("2a", "Budżet", None),
        ]
        assert after["items"][0]["id"] == opening["id"]
        # the same form once more: somebody (this clerk) was faster; everything typed is still there
        async with clerk.post(path, data=rows, allow_redirects=False) as answer:
            assert answer.status == 422
            assert "Uchwały" in await answer.text()


async def test_a_session_of_a_committee_is_planned_from_a_pasted_agenda(site):
    path = "/council/desk/new"
    async with site.client("clerk") as clerk:
        token = await token_of(clerk, path)
        fields = {"csrf_token": token, "number": "5", "title": "Posiedzenie", "committee": "1", "place": "Ratusz"}
        fields |= {"planned_at": "2031-02-03T14:00", "agenda": "1) Budżet\n2) Sprawy różne"}
        async with clerk.post(path, data=fields | {"do": "read"}) as answer:
            assert (await answer.text()).count('name="row_title"') >= 2
        async with clerk.post(path, data=fields | {"do": "save", "title": ""}) as answer:
            assert answer.status == 422
            assert "Sprawy różne" in await answer.text()
        async with clerk.post(path, data=fields | {"do": "save"}, allow_redirects=False) as answer:
            assert answer.status == 303
            desk = answer.headers["Location"]
        async with clerk.get(f"/api/council/sessions/{desk.rpartition('/')[2]}") as answer:
            planned = await answer.json()
        assert (planned["session"]["committee"], [one["title"] for one in planned["items"]]) == (
            "Komisja Finansów",
            ["Budżet", "Sprawy różne"],
        )
        async with clerk.get("/council/sessions?body=1") as answer:
            page = await answer.text()
            assert "/council/sessions/komisja-finansow-5-2031-02-03" in page
            assert "xxxii" not in page
        async with clerk.get("/council/calendar?month=2031-02") as answer:
            assert "Posiedzenie" in await answer.text()
