"""Every route and room of the dashboard, by everybody of a school, for their own school and for another one."""

import re

import pytest

from app.database import DATABASE
from schools.dashboard.feature import FEATURE
from schools.structure.demo import FULL, SMALL

WHOLE = {"principal", "counsellor"}
STAFF_WITH_ALERTS = {*WHOLE, "homeroom"}
PEOPLE = ("principal", "counsellor", "homeroom", "teacher", "secretary", "parent", "pupil", "resident")
REFUSED = {403, 404, 422}
"""422: a form without its token; what lies behind it is tried in test_dashboard.py."""
HIDDEN = "x" * 32
"""A wallboard's secret that nobody was given."""


def routes(school: int, class_id: int) -> dict[tuple[str, str], tuple[set[str], int]]:
    """(method, path) → who gets through, and with which answer."""
    pages, api = f"/schools/{school}", f"/api/schools/{school}"
    return {
        ("GET", f"{pages}/dashboard"): (WHOLE, 200),
        ("GET", f"{pages}/dashboard/classes/{class_id}"): (STAFF_WITH_ALERTS, 200),
        ("GET", f"{pages}/dashboard/settings"): ({"principal"}, 200),
        ("POST", f"{pages}/dashboard/settings"): ({"principal"}, 422),
        ("POST", f"{pages}/dashboard/wallboards"): ({"principal"}, 422),
        ("POST", f"{pages}/dashboard/wallboards/1/revoke"): (set(), 0),
        ("GET", f"{pages}/wallboard/{HIDDEN}"): (set(), 0),
        ("GET", f"{api}/dashboard"): (WHOLE, 200),
        ("GET", f"{api}/dashboard/absentees"): (WHOLE, 200),
        ("GET", f"{api}/alerts"): (STAFF_WITH_ALERTS, 200),
        ("POST", f"{api}/alerts/999999999/settle"): (set(), 0),
        ("POST", f"{api}/alerts/seen"): (STAFF_WITH_ALERTS, 204),
    }


BODIES = {"settle": {"settled": True}, "seen": {"ids": [1]}}


@pytest.fixture
async def places(site):
    """School 5, the homeroom teacher's class in it, school 11."""
    async with site.app[DATABASE].transaction() as tx:
        full = await tx.value("SELECT id FROM school WHERE name = $1", FULL)
        other = await tx.value("SELECT id FROM school WHERE name = $1", SMALL)
        return full, await tx.value("SELECT id FROM school_class WHERE school_id = $1 AND name = '7a'", full), other


async def status(client, method: str, path: str) -> int:
    how = {"allow_redirects": False, "headers": {"Accept": "application/json"}}
    if method == "POST" and path.startswith("/api/"):
        how["json"] = BODIES[path.rpartition("/")[2]]
    async with client.request(method, path, **how) as answer:
        return answer.status


async def test_routes(site, places):
    school, class_id, other = places
    declared = {(one.method, re.sub(r"\{\w+(:(?:[^{}]|\{[^{}]*\})*)?\}", "*", one.path)) for one in FEATURE.routes}
    walked = {(method, re.sub(r"/\d+|/x{32}", "/*", path)) for method, path in routes(1, 1)}
    assert declared - walked == {("GET", "/schools/city"), ("GET", "/schools/city.xlsx")}
    for who in PEOPLE:
        async with site.client(who) as client:
            for (method, path), (allowed, expected) in routes(school, class_id).items():
                found = await status(client, method, path)
                if who in allowed:
                    assert found == expected, (who, method, path, found)
                elif path.endswith("/dashboard") and who in {"homeroom", "teacher"} and not path.startswith("/api"):
                    assert found == 303, (who, path, found)  # to the own class, or back
                else:
                    assert found in REFUSED, (who, method, path, found)
            for method, path in routes(other, class_id):
                found = await status(client, method, path)
                assert found in REFUSED, (who, method, path, found)
            assert await status(client, "GET", "/schools/city") == 403
    async with site.client("education_department") as client:
        for method, path in routes(school, class_id):
            assert await status(client, method, path) in REFUSED
        assert await status(client, "GET", "/schools/city?first=2026-09-01&last=2027-08-31") == 200
        assert await status(client, "GET", "/schools/city.xlsx") == 200


async def test_rooms(site, places):
    school, class_id, other = places
    rooms = {
        f"school/{school}/alerts": WHOLE,
        f"school/{school}/class/{class_id}/alerts": STAFF_WITH_ALERTS,
        f"school/{school}/wallboard/{'0' * 64}": set(),
        f"school/{other}/alerts": set(),
        f"school/{other}/class/{class_id}/alerts": set(),
        "schools/city": {"education_department"},
    }
    assert len(FEATURE.rooms) == 4
    for who in (*PEOPLE, "education_department", ""):
        async with site.client(who) as client, client.ws_connect("/live", origin=site.http) as socket:
            for ref, (room, allowed) in enumerate(rooms.items(), start=1):
                await socket.send_json({"op": "join", "room": room, "ref": ref})
                answer = await socket.receive_json(timeout=30)
                while answer.get("ref") != ref:
                    answer = await socket.receive_json(timeout=30)
                assert (answer["op"] == "joined") == (who in allowed), (who, room, answer)
