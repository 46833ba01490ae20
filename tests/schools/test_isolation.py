"""Everybody of school B walks every route, room and export of every part under schools/ with objects of school A."""

import hashlib
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

import run
from tests.conftest import running_site
from tests.databases import copy_database, drop_database
from tests.local_day import local_day, within_one_day
from tests.schools.planting import MARK, TENANTS, plant

ROOT = Path(__file__).resolve().parents[2]
FEATURES = [one for one in run.FEATURES if one.folder.is_relative_to(ROOT / "schools")]
ROUTES = [(feature.name, route) for feature in FEATURES for route in feature.routes]
ROOMS = [(feature.name, room) for feature in FEATURES for room in feature.rooms]
PLACE = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
PUBLIC = {"/schools/worker.js"}
PREFERRED = {
    "class_id": "school_class",
    "group_id": "school_group",
    "version_id": "timetable_version",
    "year_id": "school_year",
}
REFUSED = {403, 404}
LONGEST_S = 60
"""That all routes and rooms take, with every role."""


class Walk:
    """School A as others try to reach it: its objects, its words, its rows."""

    def __init__(self, connection: Any, a: Any, b: Any, today: Any) -> None:
        self.connection, self.a, self.b, self.today = connection, a, b, today
        self.objects: dict[str, int] = {}

    async def dress(self) -> list[str]:
        """Marks what A's people can read, fills what is empty, and notes an object of each kind."""
        for table, column in (
            ("pupil", "last_name"), ("staff", "last_name"), ("guardian", "last_name"), ("subject", "name"), ("room", "name"),
            ("lesson", "topic"), ("school_group", "name"), ("attendance_type", "name"),
        ):  # fmt: skip
            await self.connection.execute(
                f"UPDATE {table} SET {column} = {column} || ' {MARK}' WHERE school_id = $1", self.a.school_id
            )
        bare = await plant(self.connection, self.a.school_id, 4)
        for row in await self.connection.fetch(TENANTS):
            if await self.connection.fetchval(
                "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1 AND attname = 'id')", row["oid"]
            ):
                found = await self.connection.fetchval(
                    f"SELECT min(id) FROM {row['name']} WHERE school_id = $1", self.a.school_id
                )
                if found:
                    self.objects[row["name"]] = found
        return bare

    def number(self, name: str, school_id: int) -> int:
        """An object of A for a parameter `lesson_id`; 1 where no table is called like it."""
        if name == "school_id":
            return school_id
        kind = name.removesuffix("_id")
        table = PREFERRED.get(name) or next(
            (one for one in sorted(self.objects, key=len) if one == kind or one.endswith(f"_{kind}")), ""
        )
        return self.objects.get(table, 1)

    def path(self, pattern: str, school_id: int) -> str:
        def value(place: re.Match[str]) -> str:
            rule = place[2] or ".+"
            if re.fullmatch(rule, "1") and not re.fullmatch(rule, "xyz-"):
                return str(self.number(place[1], school_id))
            choices = [one for one in rule.split("|") if one.isalnum()]
            samples = (*choices, "2026-11-30", "2026-11", "x" * 12, "x" * 32, "x" * 43, "poster.jpg", "1")
            return next(one for one in samples if re.fullmatch(rule, one))

        return PLACE.sub(value, pattern)

    def body(self, kind: Any, school_id: int) -> Any:
        """Something that decodes as this, with objects of A wherever there is a number of one."""
        return self._sample(msgspec.inspect.type_info(kind), "", school_id)

    def _sample(self, info: Any, name: str, school_id: int) -> Any:
        match info:
            case msgspec.inspect.StructType():
                return {
                    one.encode_name: self._sample(one.type, one.name, school_id)
                    for one in info.fields
                    if one.required or (one.name.endswith("_id") and one.name != "account_id")
                }
            case msgspec.inspect.IntType():
                table = {"type": "attendance_type", "pupil": "pupil"}.get(name)
                named = self.number(name, school_id) if name.endswith("_id") else self.objects.get(table or "", 0)
                return named or max(info.ge or 1, 1)
            case msgspec.inspect.StrType():
                samples = ("x" * max(info.min_length or 0, 8), "1", "2026-11-30", "08:00", "#112233", "class:1")
                return next((one for one in samples if info.pattern is None or re.search(info.pattern, one)), "x")
            case msgspec.inspect.UnionType():
                return self._sample(
                    next(one for one in info.types if not isinstance(one, msgspec.inspect.NoneType)), name, school_id
                )
            case msgspec.inspect.ListType() | msgspec.inspect.CollectionType():
                return [self._sample(info.item_type, name.removesuffix("s"), school_id)]
            case msgspec.inspect.LiteralType():
                return info.values[0]
            case msgspec.inspect.EnumType():
                return next(iter(info.cls)).value
            case msgspec.inspect.BoolType():
                return False
            case msgspec.inspect.DateType():
                return str(self.today)
            case msgspec.inspect.DateTimeType():
                return datetime.now(UTC).isoformat()
            case msgspec.inspect.TimeType():
                return "08:00:00"
            case msgspec.inspect.DictType():
                return {}
            case _:
                return 1

    async def state(self) -> dict[str, str]:
        """A digest of A's rows in every table."""
        return {
            row["name"]: await self.connection.fetchval(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {row['name']} t WHERE school_id = $1",
                self.a.school_id,
            )
            for row in await self.connection.fetch(TENANTS)
        }


@pytest.fixture
async def walk(postgres_url, schools_template, tmp_path):
    """The product upon both schools; people of B in every role, each with a session: (Walk, site, role → cookie)."""
    template, ids = schools_template
    await within_one_day(LONGEST_S)
    url = await copy_database(postgres_url, name := f"gryf_walk_{secrets.token_hex(4)}", template)
    connection = await asyncpg.connect(url)
    try:
        found = Walk(connection, ids.a, ids.b, local_day())
        people = await _people_of_b(connection, ids.b)
        cookies = {role: await _session(connection, account_id) for role, account_id in people.items()}
        async with running_site(url, tmp_path, demo=False) as site:
            yield found, site, cookies
    finally:
        await connection.close()
        await drop_database(postgres_url, name)


async def _people_of_b(connection: Any, b: Any) -> dict[str, int]:
    """Principal and teacher are there (accounts 11, 10); the others get accounts. `principal_a` is who may."""
    people = {"principal": 11, "teacher": 10, "principal_a": 4, "nobody": 9}
    pupil = b.classes["4a"].pupils[7]
    for role, table, person in (
        ("secretary", "staff", b.secretary_id), ("counsellor", "staff", b.counsellor_id),
        ("homeroom", "staff", b.classes["4a"].homeroom_id),
        ("parent", "guardian", b.guardians[pupil]), ("pupil", "pupil", pupil),
    ):  # fmt: skip
        people[role] = await connection.fetchval(
            "INSERT INTO account (login, name, email, folded) VALUES ($1, $1, $1, $1) RETURNING id", f"{role}.of.b"
        )
        await connection.execute(f"UPDATE {table} SET account_id = $2 WHERE id = $1", person, people[role])
    return people


async def _session(connection: Any, account_id: int) -> str:
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO web_session (token_sha256, handle, account_id, data, idle_s, expires_at)"
        " VALUES ($1, $2, $3, '{}', 36000, now() + interval '1 day')",
        hashlib.sha256(token.encode()).digest(),
        secrets.token_hex(12),
        account_id,
    )
    return token


async def _ask(
    client: Any, walk: Walk, route: Any, school_id: int, headers: dict[str, str], token: str
) -> tuple[int, str]:
    query = {key: str(value) for key, value in walk.body(route.query, school_id).items()} if route.query else {}
    more: dict[str, Any] = {}
    if route.body is not None:
        more = {"json": walk.body(route.body, school_id)}
    elif route.method == "POST" and not route.path.startswith("/api/"):
        more = {"data": {"csrf_token": token, "entry": str(walk.number("entry_id", school_id)), "day": str(walk.today)}}
    elif route.method not in {"GET", "HEAD"}:
        headers = {**headers, "Content-Type": "application/json"}
    path = walk.path(route.path, school_id)
    async with client.request(
        route.method, path, params=query, headers=headers, allow_redirects=False, **more
    ) as answer:
        return answer.status, (await answer.read()).decode(errors="replace")


async def test_nobody_of_another_school_reaches_anything(walk):
    walk, site, cookies = walk
    await _open_a_lesson(site, walk, cookies["principal_a"])
    bare = await walk.dress()
    assert {"pupil", "staff", "lesson", "attendance_mark", "school_class"} <= walk.objects.keys() | {"attendance_mark"}
    assert len(bare) <= 6, f"no row could be made in {bare}: teach tests/schools/planting.py"
    before = await walk.state()
    wrong: list[Any] = []
    for role, cookie in cookies.items():
        headers = {"Cookie": f"gryf_session={cookie}", "Origin": site.http}
        async with site.client() as client:
            async with client.get("/account", headers=headers) as answer:
                token = re.search(r'name="csrf_token" value="([^"]+)"', await answer.text())[1]
            if role == "principal_a":
                continue
            for feature, route in ROUTES:
                inside = "{school_id" in route.path
                for school_id in (walk.a.school_id, walk.b.school_id) if inside else (walk.a.school_id,):
                    status, text = await _ask(client, walk, route, school_id, headers, token)
                    told = (role, feature, route.method, walk.path(route.path, school_id), status)
                    if MARK in text or status >= 500:
                        wrong.append((*told, text[max(0, text.find(MARK) - 80) :][:200]))
                    form = route.method == "POST" and route.body is None and not route.path.startswith("/api/")
                    allowed = REFUSED | ({303, 400, 422} if form else set())
                    if inside and school_id == walk.a.school_id and route.path not in PUBLIC and status not in allowed:
                        wrong.append((*told, text[:200]))
            wrong += await _rooms(client, walk, role, headers, site.http)
    assert wrong == [], "\n".join(str(one) for one in wrong)
    after = await walk.state()
    watched = {"attendance_alert"}  # dashboards look through each school by themselves and note what they find
    assert {name for name in before if before[name] != after[name]} <= watched
    assert await _seen_by_its_own(site, walk, cookies["principal_a"]) >= 8


async def _rooms(client: Any, walk: Walk, role: str, headers: dict[str, str], origin: str) -> list[Any]:
    wrong = []
    async with client.ws_connect("/live", headers=headers, origin=origin) as socket:
        for number, (feature, room) in enumerate(ROOMS, start=1):
            name = re.sub(r"\{(\w+)\}", lambda place: str(walk.number(place[1], walk.a.school_id)), room.pattern)
            await socket.send_json({"op": "join", "room": name, "ref": number})
            answer = await socket.receive_json(timeout=20)
            while answer.get("ref") != number:
                answer = await socket.receive_json(timeout=20)
            refused = answer["op"] == "refused" and answer["status"] in REFUSED
            if MARK in str(answer) or ("{school_id}" in room.pattern and not refused):
                wrong.append((role, feature, name, answer))
    return wrong


async def _open_a_lesson(site: Any, walk: Walk, cookie: str) -> None:
    """A lesson of A with two marks."""
    connection = walk.connection
    entry = await connection.fetchval(
        "SELECT e.id FROM timetable_entry e WHERE e.class_id = $1 AND e.weekday = extract(isodow FROM $2::date)::int"
        " ORDER BY e.period LIMIT 1",
        walk.a.classes["4a"].id,
        walk.today,
    )
    headers = {"Cookie": f"gryf_session={cookie}", "Origin": site.http}
    async with site.client() as client:
        path = f"/api/schools/{walk.a.school_id}/lessons"
        async with client.post(path, json={"entry_id": entry, "on_date": str(walk.today)}, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            lesson_id = (await answer.json())["id"]
        patches = [
            {"pupil_id": one, "type": walk.a.types["—"], "op_id": f"mark-of-{one}", "base_rev": 0}
            for one in walk.a.classes["4a"].pupils[:2]
        ]
        async with client.post(f"{path}/{lesson_id}/marks", json={"patches": patches}, headers=headers) as answer:
            assert answer.status == 200, await answer.text()


async def _seen_by_its_own(site: Any, walk: Walk, cookie: str) -> int:
    """How many of the same addresses show A's words to its own principal: the walk would find them."""
    headers = {"Cookie": f"gryf_session={cookie}", "Origin": site.http}
    found = 0
    async with site.client() as client:
        for _feature, route in ROUTES:
            if route.method == "GET":
                status, text = await _ask(client, walk, route, walk.a.school_id, headers, "")
                found += status == 200 and MARK in text
    return found
