"""The diary and messages over HTTP and the socket, with the demonstration's people: one start of the server."""

import re
import time

import aiohttp

from app.database import DATABASE
from realtime.web import SOCKETS
from schools.structure.demo import FULL
from schools.structure.tenancy import school_transaction

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
EVERYBODY = ("parent", "pupil", "homeroom", "teacher", "principal", "counsellor", "secretary", "education_department")


async def status_of(client, path: str) -> int:
    async with client.get(path, allow_redirects=False) as answer:
        return answer.status


async def form(client, page: str, path: str = "", files=(), **fields):
    async with client.get(page) as answer:
        found = TOKEN.search(await answer.text())
    assert found, page
    data = aiohttp.FormData(quote_fields=False)
    data.add_field("csrf_token", found[1])
    for name, value in fields.items():
        data.add_field(name, value)
    for name, kind, content in files:
        data.add_field("files", content, filename=name, content_type=kind)
    if files or fields.pop("multipart", ""):
        data._is_multipart = True
    async with client.post(path or page, data=data, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def test_pages_rooms_files_and_a_right_that_ends(site):
    async with site.client("parent") as parent:
        async with parent.get("/api/schools") as answer:
            schools = {one["name"]: one["school_id"] for one in (await answer.json())["schools"]}
        school, other = schools[FULL], next(one for name, one in schools.items() if name != FULL)
        async with parent.get(f"/schools/{school}/diary", allow_redirects=False) as answer:
            diary = answer.headers["Location"]
        pupil = int(diary.rpartition("/")[2])
        await who_sees_what(site, school, other, pupil)
        await the_form_loses_nothing(parent, diary)
        await files_are_what_they_say(site, parent, school)
        await a_right_that_ends(site, parent, school, pupil)


async def who_sees_what(site, school, other, pupil):
    async with school_transaction(site.app[DATABASE], school) as tx:
        class_id = await tx.value(
            "SELECT class_id FROM class_membership WHERE pupil_id = $1 AND during @> school_today()", pupil
        )
    near = {"parent", "pupil", "homeroom", "teacher", "principal", "counsellor"}
    inside = {*EVERYBODY} - {"education_department"}
    desk = {"homeroom", "principal", "counsellor"}
    pages = {
        f"/schools/{school}/diary/{pupil}": near,
        f"/schools/{school}/diary/{pupil}/attendance?part=second": near,
        f"/schools/{school}/diary/{pupil}/tasks": near,
        f"/schools/{school}/diary/{pupil}/excuses?day=2026-02-31&period=99": near,
        f"/api/schools/{school}/diary/{pupil}": near,
        f"/api/schools/{school}/diary/{pupil}/attendance": near,
        f"/schools/{other}/diary/{pupil}": set(),
        f"/schools/{school}/classes/{class_id}/excuses": desk,
        f"/api/schools/{school}/classes/{class_id}/excuses": desk,
        f"/schools/{school}/families": {"principal"},
        f"/schools/{school}/messages?q=%25": inside,
        f"/schools/{school}/messages/new": inside,
        f"/api/schools/{school}/messages": inside,
        f"/schools/{school}/messages/999999": set(),
        f"/schools/{other}/messages": {"parent"},
    }
    for who in EVERYBODY:
        async with site.client(who) as client:
            for path, allowed in pages.items():
                expected = 200 if who in allowed else 404
                assert await status_of(client, path) == expected, (who, path)


async def the_form_loses_nothing(parent, diary):
    status, _to, text = await form(
        parent, f"{diary}/excuses", first_on="2026-11-30", last_on="2026-11-20", reason="Ząb <b>boli</b>"
    )
    assert status == 422
    assert "Ostatni dzień jest przed pierwszym" in text
    assert "Ząb &lt;b&gt;boli&lt;/b&gt;</textarea>" in text


async def files_are_what_they_say(site, parent, school):
    new = f"/schools/{school}/messages/new"
    async with parent.get(new) as answer:
        to = re.search(r'<option value="(staff:\d+)"', await answer.text())[1]
    words = {"to": to, "also": "", "subject": "Zwolnienie", "text": "W załączniku"}
    for name, kind, content in (
        ("faktura.pdf", "application/pdf", b"<html><script>alert(1)</script></html>"),
        ("obraz.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("wirus.exe", "application/octet-stream", b"MZ\x90\x00" + bytes(100)),
    ):
        status, _to, text = await form(parent, new, files=[(name, kind, content)], **words)
        assert status == 422, name
        assert "W załączniku</textarea>" in text  # nothing typed is lost
        assert name in text
    hostile = "../../etc/<img src=x onerror=alert(1)>\u202egnp.txt"
    status, thread, text = await form(parent, new, files=[(hostile, "text/plain", "Zażółć".encode())], **words)
    assert status == 303, text[:2000]
    async with parent.get(thread) as answer:
        page = await answer.text()
    assert "<img src=x" not in page
    assert "\u202e" not in page
    link = re.search(rf'href="({thread}/files/[0-9a-f-]+)"', page)[1]
    async with parent.get(link) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert await answer.read() == "Zażółć".encode()
    for who in ("pupil", "counsellor", "education_department"):
        async with site.client(who) as client:
            assert await status_of(client, link) == 404
            assert await status_of(client, thread) == 404
    assert await status_of(parent, f"{thread}/files/{'0' * 36}") == 404


async def a_right_that_ends(site, parent, school, pupil):
    room = f"school/{school}/pupil/{pupil}"
    async with parent.ws_connect("/live", origin=site.http) as socket:
        await socket.send_json({"op": "join", "room": room, "ref": 1})
        await heard(socket, "joined")
        async with school_transaction(site.app[DATABASE], school) as tx:
            await tx.execute(
                "UPDATE guardianship SET during = daterange(lower(during), school_today()) WHERE pupil_id = $1", pupil
            )
        await site.app[SOCKETS].look_around(time.monotonic() + 100_000)
        left = await heard(socket, "left")
        assert (left["room"], left["status"]) == (room, 404)
    assert await status_of(parent, f"/schools/{school}/diary/{pupil}") == 404
    assert await status_of(parent, f"/schools/{school}/messages") == 404


async def heard(socket, op: str) -> dict:
    while True:
        frame = await socket.receive_json(timeout=30)
        if frame["op"] in {op, "refused"}:
            assert frame["op"] == op, frame
            return frame
