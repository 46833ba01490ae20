"""Pages and API over HTTP, in the demonstration: send, read, answer, change, and two who change the same."""

import aiohttp
import lxml.html
import pytest

from portals.helpdesk.events import ticket_room

PHOTO = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)


async def page(client, path, status=200):
    async with client.get(path) as answer:
        text = await answer.text()
        assert answer.status == status, (path, text[:3000])
        return lxml.html.fromstring(text)


def form_of(tree, ident):
    """Names and values of a form, as a browser would send them."""
    form = tree.get_element_by_id(ident)
    found = {}
    for field in form.xpath(".//input[@name] | .//select[@name] | .//textarea[@name]"):
        if field.get("type") in {"radio", "checkbox"} and field.get("checked") is None:
            continue
        if field.get("type") != "file":
            found[field.get("name")] = field.value if field.value is not None else ""
    return found


def links(tree, start):
    return sorted({one for one in tree.xpath("//a/@href") if one.startswith(start) and one[len(start) :].isdigit()})


async def send(client, text="Projektor w sali 12 miga", files=(), **more):
    """A ticket by the form without a category; path of its page."""
    tree = await page(client, "/pomoc/nowe?category=0")
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in {**form_of(tree, "new-ticket"), "text": text, **more}.items():
        data.add_field(name, value)
    for name, body in files:
        data.add_field("files", body, filename=name, content_type="image/png")
    async with client.post("/pomoc/nowe?category=0", data=data, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_every_page_of_the_helpdesk_is_drawn(site):
    async with site.client("teacher") as client:
        own = await page(client, "/pomoc")
        tiles = await page(client, "/pomoc/nowe")
        forms = list(tiles.xpath("//a[@class='hd-tile']/@href"))
        assert len(forms) == 7
        for path in forms:
            await page(client, path)
        tickets = links(own, "/pomoc/")
        assert len(tickets) >= 3
        for path in tickets:
            await page(client, path)
        await page(client, "/pomoc/obsluga", 403)
    async with site.client("helpdesk_lead") as client:
        desk = await page(client, "/pomoc/obsluga")
        queues = desk.xpath("//ul[@class='tabs']//a/@href")
        assert len(queues) == 2
        tickets = [one for path in queues for one in links(await page(client, path), "/pomoc/obsluga/")]
        assert len(tickets) > 20
        for path in tickets:
            await page(client, path)
        for kind in ("queues", "teams", "categories", "services", "rules", "canned-replies", "templates"):
            listed = await page(client, f"/pomoc/ustawienia/{kind}")
            await page(client, f"/pomoc/ustawienia/{kind}/0")
            for path in links(listed, f"/pomoc/ustawienia/{kind}/")[:2]:
                await page(client, path)
        for path in ("/pomoc/ustawienia/priorytety", "/pomoc/ustawienia", "/pomoc/obsluga/nowe"):
            await page(client, path)
    async with site.client("auditor") as client:
        await page(client, tickets[0])
        await page(client, "/pomoc/ustawienia", 403)


async def test_a_ticket_with_a_photo_is_sent_answered_and_read(site):
    async with (
        site.client("teacher") as teacher,
        site.client("helpdesk_agent") as agent,
        site.client("resident") as other,
    ):
        status, path, _text = await send(teacher, files=[("ekran.png", PHOTO)])
        assert status == 303
        tree = await page(teacher, path)
        (photo,) = tree.xpath("//img/@src")
        async with teacher.get(photo) as answer:
            assert (answer.status, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
            assert await answer.read() == PHOTO
        for address in (path, photo, f"/api/helpdesk/tickets/{path[7:]}"):
            async with other.get(address) as answer:
                assert answer.status == 404
        desk = f"/pomoc/obsluga/{path[7:]}"
        tree = await page(agent, desk)
        data = aiohttp.FormData(
            {**form_of(tree, "say"), "text": "Już **patrzymy**", "kind": "reply", "state": "pending"}
        )
        data.add_field("files", b"", filename="", content_type="application/octet-stream")
        async with agent.post(f"{desk}/say", data=data, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, desk), await answer.text()
        tree = await page(teacher, path)
        assert tree.xpath("//strong[text()='patrzymy']")
        data = aiohttp.FormData({**form_of(await page(agent, desk), "say"), "text": "Tylko dla nas", "kind": "note"})
        data.add_field("files", PHOTO, filename="tajne.png", content_type="image/png")
        async with agent.post(f"{desk}/say", data=data) as answer:
            assert answer.status == 200
            (secret,) = [one for one in lxml.html.fromstring(await answer.text()).xpath("//img/@src") if one != photo]
        async with teacher.get(secret) as answer:
            assert answer.status == 404
        assert "Tylko dla nas" not in (await page(teacher, path)).text_content()
        async with teacher.get("/pomoc?number=" + path[7:]) as answer:
            assert str(answer.url).endswith(path)
        async with teacher.get("/pomoc?number=" + path[7:-1] + str((int(path[-1]) + 1) % 10)) as answer:
            assert answer.status == 422


async def test_bad_input_stands_beside_its_field_and_nothing_is_lost(site):
    async with site.client("teacher") as client:
        status, _path, text = await send(client, text="", device_label="123456", room="Sala 3")
        assert status == 422
        tree = lxml.html.fromstring(text)
        assert tree.get_element_by_id("text-error") is not None
        assert tree.get_element_by_id("device_label-error") is not None
        assert form_of(tree, "new-ticket")["room"] == "Sala 3"
    async with site.client("resident") as client:
        await page(client, "/pomoc/nowe", 404)
        await page(client, "/pomoc")
        async with client.post("/api/helpdesk/tickets", json={"text": "Dziura w drodze"}) as answer:
            assert answer.status == 404


async def test_two_agents_over_http(site):
    """Different fields both win; the same field shows both values and asks."""
    async with (
        site.client("teacher") as teacher,
        site.client("helpdesk_agent") as one,
        site.client("helpdesk_agent2") as two,
    ):
        _status, path, _text = await send(teacher)
        number = path[7:]
        desk = f"/pomoc/obsluga/{number}"
        first, second = form_of(await page(one, desk), "ticket-fields"), form_of(await page(two, desk), "ticket-fields")
        async with one.post(f"{desk}/fields", data=first | {"urgency": "3", "room": "Sala 14"}) as answer:
            assert answer.status == 200
        async with two.post(f"{desk}/fields", data=second | {"impact": "2"}) as answer:
            assert answer.status == 200
        async with two.get(f"/api/helpdesk/tickets/{number}/inside") as answer:
            ticket = (await answer.json())["ticket"]
        assert (ticket["urgency"], ticket["impact"], ticket["room"]) == (3, 2, "Sala 14")
        async with two.post(f"{desk}/fields", data=second | {"room": "Sala 41", "subject": "Inny temat"}) as answer:
            assert answer.status == 409
            tree = lxml.html.fromstring(await answer.text())
        asked = tree.find_class("hd-clash")[0].text_content()
        assert "Sala 14" in asked
        assert "Sala 41" in asked
        again = form_of(tree, "ticket-fields")
        assert (again["room"], again["subject"], again["keep_room"]) == ("Sala 41", "Inny temat", "theirs")
        async with two.post(f"{desk}/fields", data=again | {"keep_room": "mine"}) as answer:
            assert answer.status == 200
        async with two.get(f"/api/helpdesk/tickets/{number}/inside") as answer:
            ticket = (await answer.json())["ticket"]
        assert (ticket["room"], ticket["subject"]) == ("Sala 41", "Inny temat")
        wanted = {"wanted": {"room": "Sala 9"}, "rev": 1}
        async with one.patch(f"/api/helpdesk/tickets/{number}", json=wanted) as answer:
            assert answer.status == 409
            problem = await answer.json()
        assert problem["type"] == "urn:gryf:problem:field-clash"
        assert [(c["field"], c["mine"], c["theirs"]) for c in problem["clashes"]] == [("room", "Sala 9", "Sala 41")]


async def test_the_answer_arrives_live(site):
    async with site.client("teacher") as teacher, site.client("helpdesk_agent") as agent:
        _status, path, _text = await send(teacher)
        number = path[7:]
        async with agent.get(f"/api/helpdesk/tickets/{number}/inside") as answer:
            ticket_id = (await answer.json())["ticket"]["id"]
        async with teacher.ws_connect("/live", origin=site.http) as socket:
            await socket.send_json({"op": "join", "room": ticket_room(ticket_id), "ref": 1})
            joined = await socket.receive_json(timeout=10)
            assert joined["op"] == "joined"
            for kind, text in (("notes", "Tajne"), ("replies", "Idziemy do sali 12")):
                async with agent.post(f"/api/helpdesk/tickets/{number}/{kind}", json={"text": text}) as answer:
                    assert answer.status == 201
            while True:
                frame = await socket.receive_json(timeout=10)
                if frame["op"] == "event" and frame["data"]["type"] == "EntryWritten":
                    break
        entry = frame["data"]["entry"]
        assert (entry["text"], entry["by_staff"], entry["author_id"], entry["mentions"]) == (
            "Idziemy do sali 12", True, None, [],
        )  # fmt: skip


@pytest.mark.parametrize("role", ["helpdesk_network", "teacher", "resident", ""])
async def test_who_may_not_work_on_it_over_http(site, role):
    """An agent of another queue, the requester, a resident, nobody."""
    async with site.client("teacher") as teacher:
        _status, path, _text = await send(teacher)
    number = path[7:]
    one = f"/api/helpdesk/tickets/{number}"
    calls = [
        ("GET", f"{one}/inside", None),
        ("PATCH", one, {"wanted": {"urgency": 3}, "rev": 1}),
        ("POST", f"{one}/notes", {"text": "x"}),
        ("POST", f"{one}/merge", {"into": number}),
        ("POST", f"{one}/time", {"minutes": 5}),
        ("POST", f"{one}/checks", {"text": "x"}),
        ("POST", f"{one}/approvals", {"approver_id": 1}),
        ("PUT", "/api/helpdesk/setup/queues", {"name": "x"}),
    ]
    async with site.client(role) as client:
        for method, address, body in calls:
            async with client.request(method, address, json=body) as answer:
                assert answer.status in ({401} if not role else {403, 404}), (method, address, answer.status)
        async with client.get(f"/pomoc/obsluga/{number}") as answer:
            assert answer.status == (404 if role == "helpdesk_network" else 200 if not role else 403)
