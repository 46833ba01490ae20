"""Pages and the API over HTTP: forms keep what was typed, refusals stand at their fields, nobody sees too much."""

import re

from aiohttp import FormData

LABEL = re.compile(r'href="/equipment/(\d+)"[^>]*>(\d+-\d)<')


async def text(client, path, status=200):
    async with client.get(path) as answer:
        assert answer.status == status, (path, answer.status, await answer.text())
        return await answer.text()


async def token(client, path):
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', await text(client, path))[1]


async def post(client, path, page=None, **fields):
    data = FormData([("csrf_token", await token(client, page or path)), *_pairs(fields)])
    async with client.post(path, data=data, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.read()


def _pairs(fields):
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, str(one)


async def test_a_keeper_adds_changes_moves_prints_and_takes_back(site):
    async with site.client("equipment_keeper") as keeper:
        assert len(LABEL.findall(await text(keeper, "/equipment"))) == 50
        status, _place, body = await post(
            keeper, "/equipment/new", kind="laptop", model="", unit_id="1", maker="Dell & syn"
        )
        assert status == 422
        assert b"Dell &amp; syn" in body
        school = re.search(r'<option value="(\d+)">SP 4 ', await text(keeper, "/equipment/new"))[1]
        fields = {"kind": "laptop", "maker": "Dell", "model": "Latitude <b>", "unit_id": school, "state": "in_use"}
        status, place, _body = await post(keeper, "/equipment/new", **fields, serial="qq-1")
        assert status == 303, _body
        shown = await text(keeper, place)
        assert "Latitude &lt;b&gt;" in shown
        assert "/pomoc/urzadzenie/" in shown
        rev = re.search(r'name="rev" value="(\d+)"', await text(keeper, f"{place}/edit"))[1]
        status, _there, body = await post(keeper, f"{place}/edit", **fields, serial="qq-1", room="x" * 41, rev=rev)
        assert (status, b"x" * 41 in body) == (422, True)
        status, there, _body = await post(keeper, f"{place}/edit", **fields, serial="qq-1", room="7", rev=rev)
        assert (status, there) == (303, place)
        status, _there, _body = await post(keeper, f"{place}/edit", **fields, serial="qq-1", room="8", rev=rev)
        assert status == 422  # somebody was faster: oneself
        number = place.rsplit("/", 1)[1]
        status, _there, body = await post(
            keeper, "/equipment/move", "/equipment", ids=[number], state="lost", unit_id=school
        )
        assert (status, b'name="do"' in body) == (200, True)
        moved = {"ids": [number], "do": "1", "unit_id": "0", "room": "magazyn", "state": "spare"}
        status, there, _body = await post(
            keeper, "/equipment/move", "/equipment", **moved, filter_text="qq", filter_unit_id=school
        )
        assert (status, there) == (303, f"/equipment?text=qq&unit_id={school}")
        page = await text(keeper, there)
        undo = re.search(r'action="(/equipment/moves/\d+/undo)"', page)[1]
        assert "magazyn" in page
        assert (await post(keeper, undo, "/equipment"))[0] == 303
        assert "magazyn" not in await text(keeper, there)
        status, _there, body = await post(keeper, "/equipment/labels", "/equipment", all="1", kind="projector")
        assert status == 200
        assert body.count(b'name="ids"') > 50
        status, _there, body = await post(
            keeper, "/equipment/labels", "/equipment", ids=[number], do="1", grid="3x8", first="25"
        )
        assert status == 422
        status, _there, body = await post(
            keeper, "/equipment/labels", "/equipment", ids=[number], do="1", grid="3x8", first="3"
        )
        assert (status, body[:5]) == (200, b"%PDF-")


async def test_a_file_is_imported_through_its_pages(site):
    content = "Rodzaj;Model;Jednostka;Numer seryjny\nlaptop;A<b>;SP 4;zz-1\nekspres;B;SP 4;zz-2\n"
    async with site.client("equipment_keeper") as keeper:
        for file, status in ((b"", 422), (content.encode("cp1250"), 303)):
            data = FormData([("csrf_token", await token(keeper, "/equipment/imports"))])
            data.add_field("file", file, filename="sprzęt.csv", content_type="text/csv")
            async with keeper.post("/equipment/imports", data=data, allow_redirects=False) as answer:
                assert answer.status == status, await answer.text()
                place = answer.headers.get("Location", "")
        page = await text(keeper, place)
        assert "A&lt;b&gt;" in page
        seen = re.search(r'name="seen" value="(\w+)"', page)[1]
        assert "ekspres" not in await text(keeper, "/equipment?text=zz-1")
        faults = await text(keeper, f"{place}/faults.csv")
        assert "3;Rodzaj;" in faults
        status, there, _body = await post(keeper, f"{place}/do", place, seen=seen)
        assert (status, there) == (303, place)
        assert "zz-1".upper() not in await text(keeper, "/equipment?text=zz-1&state=all")
        await post(keeper, f"{place}/do", place, seen=seen, leave_out="1")
        assert "ZZ-1" in await text(keeper, "/equipment?text=zz-1")
        assert 'name="seen"' not in await text(keeper, place)
    async with site.client("admin") as admin:
        await text(admin, place, 404)


async def test_who_works_here_sees_their_own(site):
    async with site.client("teacher") as teacher:
        start = await text(teacher, "/intranet")
        assert "SP 5" in start
        assert await text(teacher, "/intranet/units")
        page = await text(teacher, "/equipment")
        found = LABEL.findall(page)
        assert found
        assert 'formaction="/equipment/move"' not in page
        await text(teacher, f"/equipment/{found[0][0]}")
        async with teacher.get("/api/equipment/devices?state=all") as answer:
            devices = (await answer.json())["devices"]
        assert {one["unit_name"] for one in devices} == {"SP 5"}
        async with teacher.get(f"/api/equipment/labels/{found[0][1]}") as answer:
            assert (await answer.json())["id"] == int(found[0][0])
        for path in ("/equipment/new", "/equipment/imports", "/equipment/wifi/keys"):
            await text(teacher, path, 403)
        await text(teacher, "/equipment/wifi")
    async with site.client("admin") as admin:
        async with admin.get("/api/equipment/devices?text=ThinkPad") as answer:
            other = next(one for one in (await answer.json())["devices"] if one["unit_name"] != "SP 5")
    async with site.client("teacher") as teacher:
        await text(teacher, f"/equipment/{other['id']}", 404)
        await text(teacher, f"/api/equipment/labels/{other['inventory_number']}", 404)
    async with site.client("resident") as resident:
        assert "SP 5" not in await text(resident, "/intranet")
        for path in ("/equipment", "/intranet/units", "/api/intranet/units"):
            await text(resident, path, 404)


async def test_a_head_and_an_administrator_look_after_a_unit(site):
    async with site.client("principal") as head:
        async with head.get("/api/intranet/units") as answer:
            units = (await answer.json())["units"]
        unit = next(one for one in units if one["short_name"] == "SP 5")
        path = f"/intranet/units/{unit['id']}"
        status, _there, body = await post(head, path, who="nikt")
        assert (status, b'value="nikt"' in body) == (422, True)
        status, there, _body = await post(head, path, who="jan.mieszkaniec@gryf.example")
        assert (status, there) == (303, path)
        removal = re.search(
            rf'({path}/members/\d+/remove)"(?:(?!</form>).)*Jan Wrona', await text(head, path), re.DOTALL
        )[1]
        assert (await post(head, removal, path))[0] == 303
        assert "Jan Wrona" not in (await text(head, path)).split("<main")[1].split("data-people")[1]
        assert (await post(head, removal.replace("/remove", "/restore"), path))[0] == 303
        await text(head, f"{path}/edit", 403)
    async with site.client("admin") as admin:
        rev = re.search(r'name="rev" value="(\d+)"', await text(admin, f"{path}/edit"))[1]
        card = {"name": unit["name"], "short_name": "SP 5", "kind": "school", "active": "y", "rev": rev}
        status, _there, body = await post(admin, f"{path}/edit", **card, phone="zadzwoń")
        assert (status, "zadzwoń".encode() in body) == (422, True)
        status, there, _body = await post(admin, f"{path}/edit", **card, phone="59 842 00 00")
        assert (status, there) == (303, path)
        assert "59 842 00 00" in await text(admin, path)
        choices = (await text(admin, "/intranet/units/new")).split('name="parent_id"')[1]
        parent = re.search(r'<option(?: selected)? value="(\d+)">', choices)[1]
        new = {"name": "Biuro Nowe", "short_name": "BN", "kind": "department", "parent_id": parent, "active": "y"}
        status, there, body = await post(admin, "/intranet/units/new", **new)
        assert status == 303, body
        assert "Biuro Nowe" in await text(admin, there)


async def test_a_controller_reports_with_its_key_alone(site):
    async with site.client("equipment_keeper") as keeper:
        _status, _there, body = await post(keeper, "/equipment/wifi/keys", label="Kontroler")
        key = re.search(rb'id="new-key">([^<]+)<', body)[1].decode()
        async with keeper.get("/api/equipment/devices?kind=access_point") as answer:
            point = (await answer.json())["devices"][0]
    async with site.client() as controller:
        report = {"points": [{"mac": point["mac"].upper(), "channel": 44}, {"mac": "00:00:5e:00:53:01"}]}
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {key}"}):
            async with controller.post("/api/equipment/seen", json=report, headers=headers) as answer:
                assert answer.status == 401
        headers = {"Authorization": f"Bearer {key}"}
        async with controller.post("/api/equipment/seen", json=report, headers=headers) as answer:
            assert (answer.status, await answer.json()) == (200, {"known": 1, "unknown": ["00:00:5e:00:53:01"]})
        async with controller.post("/api/equipment/seen", json={"points": 1}, headers=headers) as answer:
            assert answer.status == 422
    async with site.client("auditor") as auditor:
        async with auditor.get(f"/api/equipment/devices/{point['id']}") as answer:
            assert (await answer.json())["device"]["channel"] == 44


async def test_bad_words_to_the_api_are_refused_in_words(site):
    async with site.client("equipment_keeper") as keeper:
        for path, status in (
            ("/api/equipment/devices?kind=toaster", 422),
            ("/api/equipment/devices?page=0", 422),
            ("/api/equipment/devices?text=%00%25", 200),
            ("/api/equipment/devices/99999999", 404),
            ("/api/equipment/labels/%00", 404),
            ("/equipment?page=x&kind=toaster&unit_id=-1&text=%00", 200),
        ):
            await text(keeper, path, status)
        for path, body, status in (
            ("/api/equipment/moves", {"ids": []}, 422),
            ("/api/equipment/moves", {"ids": [99999999], "room": "1"}, 404),
            ("/api/equipment/devices", {"kind": "laptop", "model": "\u0000x", "unit_id": 99999999}, 422),
            ("/api/equipment/devices", {"kind": "laptop", "model": "x", "unit_id": 2**70}, 422),
            ("/api/equipment/moves", {"ids": [2**70], "room": "1"}, 422),
            ("/api/equipment/moves", {"ids": [1], "unit_id": 2**70}, 422),
        ):
            async with keeper.post(path, json=body) as answer:
                assert answer.status == status, (path, body, await answer.text())
