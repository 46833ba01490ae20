"""Everybody walks every route, room and export of the helpdesk and of all its parts."""

import json
import re

import aiohttp
import msgspec
import pytest

import run
from tests.portals.helpdesk.walk_table import (
    ABSENT,
    BODIES,
    EXPECTED,
    FORMS,
    LAST,
    PAST_THE_DOOR,
    QUERIES,
    UPLOADS,
)  # fmt: skip
from tests.portals.helpdesk.walking import MARK, PLACE, WHO, walking

pytestmark = pytest.mark.timeout(300)

FEATURES = [one for one in run.FEATURES if one.name == "helpdesk" or one.name.startswith("helpdesk_")]
CHOICE = re.compile(r"[a-z-]+(\|[a-z-]+)+")
REFUSED = {401, 403, 404}
HERE = {"/pomoc/nowe": "?category=0"}
"""Where the form itself is another page than the first one."""


def line_of(route) -> str:
    """How a route is written in the table: a place that offers one word alone is that word."""
    plain = PLACE.sub(
        lambda place: place[2] if re.fullmatch(r"[a-z-]+", place[2] or "") else f"{{{place[1]}}}", route.path
    )
    return f"{route.method} {plain}"


def choices_of(route) -> list[str]:
    """Words that a place offers; the walk goes every way."""
    found = next((place[2] for place in PLACE.finditer(route.path) if CHOICE.fullmatch(place[2] or "")), "")
    return found.split("|") if found else [""]


def test_no_part_and_no_route_is_missing_in_the_table():
    assert {one.name for one in FEATURES} == set(EXPECTED)
    for feature in FEATURES:
        declared = {line_of(route) for route in feature.routes} | {f"room {room.pattern}" for room in feature.rooms}
        assert declared == set(EXPECTED[feature.name]), feature.name


def test_the_table_says_nothing_that_a_guard_forbids():
    """A line that names somebody whom the route's own `allow` turns away would be a mistake of the table."""
    for feature in FEATURES:
        for route in feature.routes:
            for who in EXPECTED[feature.name][line_of(route)]:
                assert route.allow.admits(WHO[who]), (line_of(route), who)


@pytest.fixture
async def walk(database_url, tmp_path):
    async with walking(database_url, tmp_path) as found:
        yield found


def filled(value, walk):
    """A body with what is there in place of `{number}` and the like."""
    if isinstance(value, dict):
        return {name: filled(one, walk) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, walk) for one in value]
    named = PLACE.fullmatch(value) if isinstance(value, str) else None
    if not named:
        return value
    found = walk.values[named[1]]
    return found.pop() if isinstance(found, list) else found


def sample(info):
    """Something that decodes as this type: what it needs and no more."""
    kinds = msgspec.inspect
    match info:
        case kinds.StructType():
            return {one.encode_name: sample(one.type) for one in info.fields if one.required}
        case kinds.IntType():
            return max(info.ge or 1, 1)
        case kinds.StrType():
            words = ("x" * max(info.min_length or 0, 8), "1")
            return next(one for one in words if info.pattern is None or re.search(info.pattern, one))
        case kinds.ListType():
            return [sample(info.item_type)] * (info.min_length or 0)
        case kinds.LiteralType():
            return info.values[0]
        case kinds.UnionType():
            return sample(info.types[0])
        case kinds.DictType():
            return {}
        case kinds.BoolType():
            return False
        case kinds.DateType():
            return "2027-01-04"
        case kinds.DateTimeType():
            return "2027-01-04T10:00:00Z"
        case _:
            return None


async def ask(client, walk, route, verb: str, token: str) -> tuple[int, str]:
    """Status and text; a way to the sign-in page is a refusal."""
    line, path = line_of(route), walk.path(route.path, verb)
    path += HERE.get(path, "")
    more = {"params": QUERIES[line]} if line in QUERIES else {}
    if route.path.startswith("/api/"):
        if route.method != "GET":
            more["headers"] = {"Content-Type": "application/json"}
            given = (
                BODIES[line] if line in BODIES else sample(msgspec.inspect.type_info(route.body)) if route.body else {}
            )
            more["data"] = json.dumps(filled(given, walk))
    elif route.method == "POST":
        sent = FORMS.get(f"{line} {verb}".rstrip(), FORMS.get(line, {}))
        fields = {"csrf_token": token, **filled(sent, walk)}
        more["data"] = aiohttp.FormData(fields, default_to_multipart=line in UPLOADS)
    async with client.request(route.method, path, allow_redirects=False, **more) as answer:
        text = (await answer.read()).decode(errors="replace")
        status = 401 if answer.headers.get("Location", "").startswith("/sign-in") else answer.status
        return status, text


async def token_of(client) -> str:
    async with client.get("/account") as answer:
        found = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())
        return found[1] if found else ""


def lines(*, last: bool | None = None):
    """Feature, route, line and word of a choice; `last`: those that end something, or the others."""
    for feature in FEATURES:
        for route in feature.routes:
            line = line_of(route)
            for verb in choices_of(route):
                if last is None or last == any(one in f"{line} {verb}" for one in LAST):
                    yield EXPECTED[feature.name][line], route, line, verb


async def refusals(walk) -> list[tuple]:
    """Everybody where they may not; where they were let in, or read something."""
    wrong = []
    for who in WHO:
        async with walk.client(who) as client:
            token = await token_of(client)
            for allowed, route, line, verb in lines():
                if who not in allowed:
                    status, text = await ask(client, walk, route, verb, token)
                    if status not in REFUSED or MARK in text:
                        wrong.append((who, line, verb, status, text[:120]))
    return wrong


async def ways_in(walk, *, last: bool) -> list[tuple]:
    """Everybody where they may; where they were refused. `last`: one person a line is enough."""
    wrong, passed, ended = [], set(), set()
    for who in WHO:
        async with walk.client(who) as client:
            token = await token_of(client)
            for allowed, route, line, verb in lines(last=last):
                if who not in allowed:
                    continue
                status, text = await ask(client, walk, route, verb, token)
                absent = status == 404 and any(f"{{{one}}}" in line for one in ABSENT)
                places = PLACE.findall(line)
                gone = last and status == 404 and bool(places) and places[-1][0] in ended
                if status < 500 and (absent or gone or status not in REFUSED):
                    passed.add((line, verb))
                    ended |= {name for name, _rule in places[-1:]} if last and status < 400 else set()
                else:
                    wrong.append((who, line, verb, status, text[:120]))
    return [one for one in wrong if not last or one[1:3] not in passed or one[3] >= 500]


async def test_who_may_not_is_refused_and_reads_nothing_and_changes_nothing(walk):
    before = await digest(walk)
    wrong = await refusals(walk)
    assert wrong == [], "\n".join(map(str, wrong))
    assert await digest(walk) == before


async def digest(walk) -> dict[str, str]:
    """Of every table that the helpdesk's parts have: those of the database whose name says so."""
    async with walk.desk.database.transaction() as tx:
        tables = await tx.records(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            " AND (relname LIKE 'ticket%' OR relname LIKE 'helpdesk%' OR relname LIKE 'sla%')"
        )
        return {
            row["relname"]: await tx.value(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {row['relname']} t"
            )
            for row in tables
            if row["relname"] not in {"sla_mark", "ticket_sla", "ticket_clock", "helpdesk_mailbox"}  # written by itself
        }


async def test_who_may_gets_through(walk):
    """Those who change most go last: what one has done must not stand in the way of another."""
    wrong = await ways_in(walk, last=False) + await ways_in(walk, last=True)
    assert wrong == [], "\n".join(map(str, wrong))


async def test_files_of_notes_stay_inside(walk):
    for pattern in ("/pomoc/{number}/files/", "/api/helpdesk/tickets/{number}/files/"):
        for who in WHO:
            path, inside = walk.path(pattern) + walk.note_file, who in "ALU"
            async with walk.client(who) as client, client.get(path, allow_redirects=False) as answer:
                assert (answer.status == 200) == inside, (who, pattern, answer.status)
                assert (MARK in await answer.text()) == inside


async def test_letters_that_were_set_aside_are_for_leads_and_auditors(walk):
    for path in (
        "/pomoc/poczta/{aside_id}",
        "/api/helpdesk/letters/{aside_id}",
        "/api/helpdesk/letters/{aside_id}/raw",
    ):
        for who in WHO:
            async with walk.client(who) as client, client.get(walk.path(path), allow_redirects=False) as answer:
                assert (answer.status == 200) == (who in "LU"), (who, path, answer.status)


async def test_another_queues_ticket_is_refused_among_many(walk):
    """The one line of the table that lets an agent of another queue in: the answer says that nothing was changed."""
    body = {"numbers": [walk.values["number"]], "wanted": {"room": "3"}}
    async with walk.client("O") as client, client.post("/api/helpdesk/tickets/changes", json=body) as answer:
        assert (answer.status, (await answer.json())["changed"]) == (200, [])
    assert set(PAST_THE_DOOR) <= {line for table in EXPECTED.values() for line in table}


async def test_rooms(walk):
    wrong = []
    for who in WHO:
        async with walk.client(who) as client, client.ws_connect("/live", origin=walk.site.http) as socket:
            number = 0
            for feature in FEATURES:
                for room in feature.rooms:
                    number += 1
                    await socket.send_json({"op": "join", "room": walk.path(room.pattern), "ref": number})
                    answer = await socket.receive_json(timeout=20)
                    while answer.get("ref") != number:
                        answer = await socket.receive_json(timeout=20)
                    may = who in EXPECTED[feature.name][f"room {room.pattern}"]
                    absent = answer.get("status") == 404 and any(f"{{{one}}}" in room.pattern for one in ABSENT)
                    if ((answer["op"] == "joined") != may and not (may and absent)) or (
                        not may and MARK in json.dumps(answer)
                    ):
                        wrong.append((who, room.pattern, answer))
    assert wrong == []


async def test_the_menu_leads_nobody_into_a_dead_end(walk):
    """Help and the intranet are for those who work for the city; residents and visitors have no link to them."""
    for who in WHO:
        async with walk.client(who) as client, client.get("/") as answer:
            text = await answer.text()
        for path in ("/pomoc", "/intranet"):
            assert (f'href="{path}"' in text) == (who not in "SN"), (who, path)
