"""The lead's pages over HTTP, in the demonstration: addresses, letters, raw bytes, decisions."""

import re


async def page(client, path, status=200):
    async with client.get(path) as answer:
        text = await answer.text()
        assert answer.status == status, text[:3000]
        return text


async def send(client, path, form, status=200):
    """Posts a form of the page at `path` (or its own), with its token."""
    shown = await page(client, form.pop("_page", path))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', shown)[1]
    async with client.post(path, data={"csrf_token": token, **form}) as answer:
        text = await answer.text()
        assert answer.status == status, text[:3000]
        return text, str(answer.url.path)


async def test_the_leads_pages(site):
    async with site.client("helpdesk_lead") as client:
        settings = await page(client, "/pomoc/ustawienia/poczta")
        assert "pomoc@slupsk.example" in settings
        letters = await page(client, "/pomoc/poczta")
        waiting = re.findall(r'href="(/pomoc/poczta/\d+)"', letters)
        assert len(waiting) == 3  # the offers, the bounce, the answering machine
        assert len(re.findall(r'href="(/pomoc/poczta/\d+)"', await page(client, "/pomoc/poczta?all=1"))) == 5
        for path in waiting:
            await page(client, path)
        await page(client, "/pomoc/poczta/99999", 404)

        async with client.get(f"{waiting[0]}/raw") as answer:
            raw = await answer.read()
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment; ")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert b"Message-ID: <demo-" in raw

        _text, went = await send(client, f"{waiting[0]}/ticket", {"_page": waiting[0]})
        assert re.fullmatch(r"/pomoc/obsluga/\d+", went)
        text, went = await send(client, f"{waiting[1]}/discard", {"_page": waiting[1]})
        assert went == "/pomoc/poczta"
        assert f"{waiting[1]}/restore" in text  # «Undo»
        _text, went = await send(client, f"{waiting[1]}/restore", {"_page": waiting[1]})
        assert went == waiting[1]
        async with client.get("/api/helpdesk/letters") as answer:
            assert (await answer.json())["waiting"] == 2
        async with client.post(
            f"/api{waiting[2].replace('/pomoc/poczta', '/helpdesk/letters')}/discard", json={}
        ) as answer:
            assert answer.status == 204
        async with client.post(
            f"/api{waiting[2].replace('/pomoc/poczta', '/helpdesk/letters')}/ticket", json={}
        ) as answer:
            assert answer.status == 409


async def test_an_address_is_added_and_what_is_wrong_is_said_beside_it(site):
    async with site.client("helpdesk_lead") as client:
        path = "/pomoc/ustawienia/poczta/0"
        queue = re.search(r'<option[^>]*value="(\d+)"', await page(client, path))[1]
        form = {"address": "nie adres", "name": "Nowy", "queue_id": queue, "unit_id": "", "active": "y", "rev": "0"}
        text, _went = await send(client, path, dict(form), 422)
        assert 'value="nie adres"' in text  # nothing typed is lost
        assert 'id="address-error"' in text
        text, went = await send(client, path, form | {"address": "nowy@slupsk.example"})
        assert went == "/pomoc/ustawienia/poczta"
        assert "nowy@slupsk.example" in text
        one = re.search(r'href="(/pomoc/ustawienia/poczta/\d+)"[^>]*><strong>nowy@', text)[1]
        text, _went = await send(
            client, one, form | {"address": "nowy@slupsk.example", "rev": "1", "queue_id": "999999"}, 422
        )
        assert 'id="queue_id-error"' in text


async def test_others_see_what_is_theirs(site):
    async with site.client("helpdesk_agent") as client:
        await page(client, "/pomoc/poczta", 403)
        await page(client, "/pomoc/ustawienia/poczta", 403)
    async with site.client("auditor") as client:
        letters = await page(client, "/pomoc/poczta")
        path = re.search(r'href="(/pomoc/poczta/\d+)"', letters)[1]
        assert f'action="{path}/ticket"' not in await page(client, path)
    async with site.client("") as client, client.get("/metrics") as answer:
        text = await answer.text()
        for name in (
            "gryf_helpdesk_letters",
            "gryf_helpdesk_files_withheld",
            "gryf_helpdesk_imap_up",
            "gryf_helpdesk_lmtp_connections",
        ):
            assert name in text
