"""Every route and every room, walked by everybody who may not use it."""

import re

import pytest

import run
from app.feature import Allow

ROUTES = [route for feature in run.FEATURES for route in feature.routes]
ROOMS = [room for feature in run.FEATURES for room in feature.rooms]
ROLES = {"": "", "resident": "", "councillor": "councillor", "moderator": "moderator", "clerk": "clerk"}
ROLES |= {"auditor": "auditor", "admin": "admin", "captioner": "captioner", "keeper": "keeper"}
ROLES |= {name: name for name in ("equipment_keeper", "helpdesk_agent", "helpdesk_lead")}
ROLES |= {name: name for name in ("consultation_clerk", "consultation_moderator", "education_department")}
"""Who walks: the demo's people, with the role each one holds."""


def may(allow: Allow, who: str) -> bool:
    """The rule said anew, so that `Allow.admits` is checked too."""
    if allow.anonymous:
        return True
    return bool(who) and (not allow.roles or ROLES[who] in allow.roles)


def filled(path: str) -> str:
    """The path with something in each place that its pattern takes."""

    def value(place: re.Match[str]) -> str:
        choices = (place[2] or "").split("|")  # {form:csv|xlsx}
        samples = (
            "1" if "_id" in place[1] else "x",
            "1",
            "x" * 12,
            "x" * 20,
            "2026-11-25",
            "poster.jpg",
            "pl",
            "q1",
            *choices,
        )
        return next(sample for sample in samples if re.fullmatch(place[2] or ".+", sample))

    return re.sub(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}", value, path)


def test_every_declaration_says_who_may_use_it():
    assert all(isinstance(one.allow, Allow) for one in [*ROUTES, *ROOMS])
    known = {role.name for feature in run.FEATURES for role in feature.roles}
    assert {role for one in [*ROUTES, *ROOMS] for role in one.allow.roles} <= known
    assert set(ROLES.values()) - {""} == known


def test_every_path_of_the_application_is_declared(site_routes):
    declared = {(route.method, re.sub(r"\{(\w+):(?:[^{}]|\{[^{}]*\})*\}", r"{\1}", route.path)) for route in ROUTES}
    operations = {"/api/openapi.json", "/healthz", "/readyz", "/metrics", "/static/{name}", "/display"}
    undeclared = [one for one in site_routes if one not in declared and one[1] not in operations and one[0] != "HEAD"]
    assert undeclared == []


@pytest.fixture
def site_routes(site):
    return [
        (route.method, route.resource.canonical) for route in site.app.router.routes() if route.resource is not None
    ]


async def test_wrong_roles_are_refused_at_every_route(site):
    for who in ROLES:
        async with site.client(who) as client:
            for route in ROUTES:
                if may(route.allow, who):
                    continue
                async with client.request(
                    route.method, filled(route.path), allow_redirects=False, headers={"Accept": "application/json"}
                ) as answer:
                    expected = 403 if who else 401
                    assert answer.status == expected, (who, route.method, route.path, answer.status)


async def test_right_roles_pass_the_guard(site):
    """The guard lets them through: whatever a handler answers then (no such object, no body), it is not the guard."""
    refused = []
    for who in ROLES:
        async with site.client(who) as client:
            for route in ROUTES:
                if route.allow.anonymous or not may(route.allow, who) or route.method != "GET":
                    continue
                async with client.get(filled(route.path), headers={"Accept": "application/json"}) as answer:
                    if answer.status in {401, 403} or answer.status >= 500:
                        refused.append((who, route.path, answer.status))
    assert refused == []


async def test_wrong_roles_are_refused_at_every_room(site):
    for who in ROLES:
        async with site.client(who) as client, client.ws_connect("/live", origin=site.http) as socket:
            for number, room in enumerate(ROOMS, start=1):
                name = re.sub(r"\{\w+\}", "4", room.pattern)
                await socket.send_json({"op": "join", "room": name, "ref": number})
                answer = await socket.receive_json(timeout=10)
                while answer.get("ref") != number:
                    answer = await socket.receive_json(timeout=10)
                if may(room.allow, who):
                    # a room of an object that is not there refuses too, but not with a word about roles
                    assert answer["op"] == "joined" or answer["status"] == 404, (who, name, answer)
                else:
                    assert answer["op"] == "refused", (who, name, answer)
                    assert answer["status"] == (403 if who else 401)
