"""Pages and API of the bell and the wall over HTTP, as each role gets them; rooms over the socket."""

import asyncio

import pytest

from tests.portals.helpdesk.sla.office import get, open_office, post

pytestmark = pytest.mark.slow


async def test_the_bell_is_set_on_its_page_and_by_the_api(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        async with site.client("adam") as agent:
            page = await get(agent, "/pomoc/dzwonek")
            assert 'class="bell-row" href' not in page
            fields = {f"hours_{place}": "24h" for place in range(7)}
            fields |= {"which": "own", "rings": "new", "tone": "horn", "volume": "33", "sound": "y"}
            _to, text = await post(agent, "/pomoc/dzwonek", "/pomoc/dzwonek", 422, **fields | {"hours_2": "15-7"})
            assert 'id="hours_2-error"' in text
            assert 'value="15-7"' in text  # what was typed is still there
            await post(agent, "/pomoc/dzwonek", "/pomoc/dzwonek", **fields | {"hours_2": "7-15"})
            async with agent.get("/api/helpdesk/bell") as answer:
                bell = (await answer.json())["bell"]
            assert (bell["tone"], bell["volume"], bell["rings"], bell["hours"][2]) == (
                "horn",
                33,
                ["new"],
                [[420, 900]],
            )
            await post(agent, "/pomoc/dzwonek", "/pomoc/dzwonek", **fields)  # a Wednesday's night is silent by itself
            await post(agent, "/pomoc/dzwonek/cisza", "/pomoc/dzwonek")
            assert "Co przyjdzie w tym czasie" in await get(agent, "/pomoc/dzwonek")
            await post(agent, "/pomoc/dzwonek/gra", "/pomoc/dzwonek")
            assert "Co przyjdzie w tym czasie" not in await get(agent, "/pomoc/dzwonek")
            await desk.send("Myszka")
            assert "Myszka" in await get(agent, "/pomoc/dzwonek")
            await post(agent, "/pomoc/dzwonek/wyczysc", "/pomoc/dzwonek")
            assert "Myszka" not in await get(agent, "/pomoc/dzwonek")
            wanted = {"hours": ["24h"] * 7, "queues": [desk.second]}
            async with agent.put("/api/helpdesk/bell", json=wanted) as answer:
                assert answer.status == 422
                assert (await answer.json())["fields"].keys() == {"queues"}
            async with agent.post("/api/helpdesk/bell/quiet", json={"minutes": 9999}) as answer:
                assert answer.status == 422
            async with agent.post("/api/helpdesk/bell/seen", json={"keys": ["sent/1/1"]}) as answer:
                assert (await answer.json())["seen"] == ["sent/1/1"]
            assert "data-bell=" in await get(agent, "/")  # on every page of theirs
        async with site.client("jan") as teacher:
            assert "data-bell=" not in await get(teacher, "/")
            for path in ("/pomoc/dzwonek", "/pomoc/tablica", "/api/helpdesk/bell", "/api/helpdesk/wall"):
                await get(teacher, path, 403)
        async with site.client("teresa") as auditor:
            assert "data-bell=" not in await get(auditor, "/")
            await get(auditor, "/pomoc/dzwonek", 403)
            assert "Tablica" in await get(auditor, "/pomoc/tablica")


async def test_an_address_of_a_screen_is_shown_once_and_works_without_signing_in(database_url, tmp_path):
    async with open_office(database_url, tmp_path) as (site, desk):
        ticket = await desk.send("Tajny temat")
        async with site.client("beata") as lead:
            boards = "/pomoc/ustawienia/tablice"
            assert "Nie ma jeszcze" in await get(lead, boards)
            _to, text = await post(lead, boards, boards, 422, name="")
            assert 'id="name-error"' in text
            _to, text = await post(lead, boards, boards, 200, name="Pokój 12", queues=str(desk.first))
            address = text.partition("data-made>")[2].partition("<")[0]
            assert address.startswith(site.http)
            assert address.rpartition("/")[2] not in await get(lead, boards)
        async with site.client() as stranger:
            path = address.removeprefix(site.http)
            async with stranger.get(path) as answer:
                text = await answer.text()
                assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
            assert ticket.number in text
            assert "Tajny" not in text
            assert "Jan Wrona" not in text
            await get(stranger, "/pomoc/tablica/" + "a" * 32, 404)
        async with site.client("adam") as agent:
            await get(agent, boards, 403)
        async with site.client("beata") as lead:
            await post(lead, f"{boards}/1/cofnij", boards)
        async with site.client() as stranger:
            await get(stranger, path, 404)


async def test_a_screen_follows_its_queue_and_goes_dark(database_url, tmp_path):
    from portals.helpdesk.alerts import wall
    from tests.portals.helpdesk.desk import LEAD

    async with open_office(database_url, tmp_path) as (site, desk):
        key = wall.wallboard_key(await wall.add_wallboard(desk.database, LEAD, "Hol", None))
        room = f"helpdesk/wall/{desk.first}/{key}"
        async with (
            site.client() as stranger,
            site.client("jan") as teacher,
            stranger.ws_connect("/live", headers={"Origin": site.http}) as socket,
        ):
            await socket.send_json({"op": "join", "room": room, "ref": 1})
            async with asyncio.timeout(10):
                while (frame := await socket.receive_json())["op"] != "joined":
                    pass
            assert frame["snapshot"]["open"] == 0
            async with teacher.post("/api/helpdesk/tickets", json={"text": "Monitor"}) as answer:
                assert answer.status == 201, await answer.text()
            async with asyncio.timeout(10):
                while (frame := await socket.receive_json()).get("data", {}).get("queue", {}).get("open") != 1:
                    pass
            assert frame["data"]["type"] == "WallChanged"
            async with site.client("beata") as lead:
                await post(lead, "/pomoc/ustawienia/tablice/1/cofnij", "/pomoc/ustawienia/tablice")
            async with asyncio.timeout(10):
                while (frame := await socket.receive_json()).get("data", {}).get("type") != "WallEnded":
                    pass
            # who stays in the room all the same is told nothing any more
            async with teacher.post("/api/helpdesk/tickets", json={"text": "Klawiatura"}) as answer:
                assert answer.status == 201, await answer.text()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(2.5):
                    while (frame := await socket.receive_json()).get("data", {}).get("type") != "WallChanged":
                        pass
            await socket.send_json({"op": "join", "room": f"helpdesk/wall/{desk.first}", "ref": 2})
            async with asyncio.timeout(10):
                while (frame := await socket.receive_json())["op"] != "refused":
                    pass
            assert frame["status"] == 401
