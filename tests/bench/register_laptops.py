"""Laptops in schools, in a process of its own: each opens its lesson, draws its page, marks as schools-grid.js does.

python -m tests.bench.register_laptops   ← one line of JSON: Work; → lines of JSON: progress, at the end `Seen`

A teacher presses «all present» and then keys for those who are not, or goes from pupil to pupil; what is pressed within
`gather_ms` goes in one batch, and what is pressed while a batch is on its way goes in the next one. A batch without an answer
is sent again with the same names until there is one. Principals sit in the rooms of their schools.
"""

import asyncio
import contextlib
import random
import sys
import time
from typing import Any

import aiohttp
import msgspec

from schools.register.model import MarkAnswer
from tests.bench.register_city import City, Due

EXCEPTIONS = ("—", "—", "s")
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
KEY_S = 0.3
GOES_CELL_BY_CELL = 0.2
"""Of the teachers; the others press «all present» first."""


class Work(msgspec.Struct, frozen=True):
    port: int
    city: City
    seed: int
    bell_s: float
    """Within which all laptops have begun."""
    gather_ms: int


class Op(msgspec.Struct):
    """A change: what was asked for, and what became of it."""

    op_id: str
    lesson_id: int
    pupil_id: int
    type_id: int
    base_rev: int
    outcome: str = ""
    rev: int = 0
    sends: int = 0


class Seen(msgspec.Struct):
    ops: list[Op]
    seconds: float
    page_ms: list[float]
    open_ms: list[float]
    mark_ms: list[float]
    dashboard_ms: list[float]
    never_on_dashboard: int
    requests: int
    sent_again: int
    refused: list[str]
    days: dict[int, dict[int, Any]]
    """School → lesson → its last state on the dashboard."""
    lessons: list[int]
    cpu_s: float


class Principal:
    """The dashboard of a school: the newest state of each lesson, and when it came."""

    def __init__(self, school_id: int) -> None:
        self.school_id = school_id
        self.lessons: dict[int, Any] = {}
        self.came: dict[int, list[tuple[int, int]]] = {}
        self.joined = asyncio.Event()

    def take(self, data: dict[str, Any], at_ns: int) -> None:
        if data["op"] == "joined" and "snapshot" in data:
            for one in data["snapshot"]["lessons"]:
                self._lesson(one, at_ns)
            self.joined.set()
        elif data["op"] == "refused":
            raise RuntimeError(f"the dashboard is refused: {data}")
        elif data["op"] == "event":
            self._lesson(data["data"]["lesson"], at_ns)

    def _lesson(self, lesson: dict[str, Any], at_ns: int) -> None:
        number = lesson["lesson_id"]
        known = self.lessons.get(number)
        if known is None or lesson["rev"] >= known["rev"]:
            self.lessons[number] = lesson
            self.came.setdefault(number, []).append((lesson["rev"], at_ns))

    def after_ms(self, lesson_id: int, rev: int, began_ns: int) -> float | None:
        """From `began_ns` until this state or a newer one of the lesson was here."""
        return next(((at - began_ns) / 1e6 for seen, at in self.came.get(lesson_id, []) if seen >= rev), None)


class Town:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.http = f"http://127.0.0.1:{work.port}"
        self.ops: list[Op] = []
        self.page_ms: list[float] = []
        self.open_ms: list[float] = []
        self.mark_ms: list[float] = []
        self.requests = self.sent_again = self.acknowledged = 0
        self.refused: list[str] = []
        self.lessons: list[int] = []
        self.marked: list[tuple[int, int, int, int]] = []
        """(school, lesson, rev of the day's lesson, ns when its batch was sent)."""
        self.principals = {one: Principal(one) for one in work.city.principals}
        self.over = False

    async def run(self) -> Seen:
        chance = random.Random(self.work.seed)
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        async with aiohttp.ClientSession(self.http, connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as client:
            sitting = [
                asyncio.create_task(self._sit(client, cookie, f"school/{key}/day", self.principals[key]))
                for key, cookie in self.work.city.principals.items()
            ]
            joining = asyncio.gather(*(one.joined.wait() for one in self.principals.values()))
            done, _waiting = await asyncio.wait([joining, *sitting], timeout=60, return_when=asyncio.FIRST_COMPLETED)
            for one in done - {joining}:
                one.result()
            if joining not in done:
                raise RuntimeError("principals do not get into their rooms")
            print("ready", flush=True)
            began = time.monotonic()
            ticking = asyncio.create_task(self._tick())
            await asyncio.gather(
                *(
                    self._laptop(
                        client, due, random.Random(chance.random()), self.work.bell_s * chance.random(), sitting
                    )
                    for due in self.work.city.due
                )
            )
            seconds = time.monotonic() - began
            ticking.cancel()
            await self._quiet()
            self.over = True
            for one in sitting:
                one.cancel()
        late = [self.principals[one].after_ms(lesson, rev, at) for one, lesson, rev, at in self.marked]
        return Seen(
            ops=self.ops, seconds=seconds, page_ms=self.page_ms, open_ms=self.open_ms, mark_ms=self.mark_ms,
            dashboard_ms=[one for one in late if one is not None], never_on_dashboard=late.count(None),
            requests=self.requests, sent_again=self.sent_again, refused=self.refused[:5],
            days={key: one.lessons for key, one in self.principals.items()}, lessons=self.lessons,
            cpu_s=time.process_time(),
        )  # fmt: skip

    async def _quiet(self) -> None:
        """Until the newest state of every lesson is on the dashboards, 10 s at most."""
        newest: dict[tuple[int, int], int] = {}
        for school, lesson, rev, _at in self.marked:
            newest[school, lesson] = max(rev, newest.get((school, lesson), 0))
        for _attempt in range(100):
            if all(self.principals[s].lessons.get(n, {"rev": -1})["rev"] >= rev for (s, n), rev in newest.items()):
                return
            await asyncio.sleep(0.1)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            print(f"acknowledged {self.acknowledged}", flush=True)

    async def _sit(self, client: aiohttp.ClientSession, cookie: str, room: str, one: Principal | None) -> None:
        """A socket in a room, again and again, as live.js."""
        while not self.over:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                headers = {"Cookie": f"gryf_session={cookie}", "Origin": self.http}
                async with client.ws_connect("/live", headers=headers, max_msg_size=2**26) as socket:
                    await socket.send_json({"op": "join", "room": room, "ref": 1})
                    async for message in socket:
                        if one is not None and message.type == aiohttp.WSMsgType.TEXT:
                            said = msgspec.json.decode(message.data)
                            if said.get("status") == 503:  # just started: live.js asks again as well
                                break
                            one.take(said, time.monotonic_ns())
            await asyncio.sleep(0.5)

    async def _laptop(
        self, client: aiohttp.ClientSession, due: Due, chance: random.Random, after_s: float, sitting: list[Any]
    ) -> None:
        await asyncio.sleep(after_s)
        headers = {"Cookie": f"gryf_session={due.cookie}", "Origin": self.http}
        school = f"/api/schools/{due.school_id}"
        opening = {"entry_id": due.entry_id, "on_date": self.work.city.today}
        lesson = msgspec.json.decode(
            await self._until_answered(client, "POST", f"{school}/lessons", headers, opening, self.open_ms)
        )
        self.lessons.append(lesson["id"])
        path = f"/schools/{due.school_id}/lessons/{lesson['id']}"
        page = await self._until_answered(client, "GET", path, headers, None, self.page_ms)
        assert f'data-pupil="{due.pupils[-1]}"'.encode() in page, path
        room = f"school/{due.school_id}/lesson/{lesson['id']}"
        sitting.append(asyncio.create_task(self._sit(client, due.cookie, room, None)))
        await asyncio.sleep(1 + chance.random())  # a teacher looks around
        pressed = self._keys(due, chance)
        await self._press(client, due, lesson, headers, pressed)

    def _keys(self, due: Due, chance: random.Random) -> list[tuple[float, list[tuple[int, int]]]]:
        """What is pressed: (seconds after the key before, [(pupil, type)])."""
        types = self.work.city.types[due.school_id]
        absent = dict(zip(chance.sample(due.pupils, len(EXCEPTIONS)), EXCEPTIONS, strict=True))
        if chance.random() < GOES_CELL_BY_CELL:
            return [(KEY_S * (0.5 + chance.random()), [(one, types[absent.get(one, "●")])]) for one in due.pupils]
        exceptions = [(1 + 2 * chance.random(), [(one, types[code])]) for one, code in absent.items()]
        return [(0.0, [(one, types["●"]) for one in due.pupils]), *exceptions]

    async def _press(
        self, client: aiohttp.ClientSession, due: Due, lesson: Any, headers: dict[str, str], pressed: Any
    ) -> None:
        """Keys by one task, batches by another: one at a time."""
        waiting: list[tuple[int, int]] = []
        arrived, done = asyncio.Event(), False
        revs: dict[int, int] = {}

        async def send() -> None:
            while not (done and not waiting):
                await arrived.wait()
                if not done:
                    await asyncio.sleep(self.work.gather_ms / 1000)
                arrived.clear()
                batch, waiting[:] = list(waiting), []
                if batch:
                    await self._send(client, due, lesson, headers, batch, revs)
                if done:
                    arrived.set()

        sending = asyncio.create_task(send())
        for pause, changes in pressed:
            await asyncio.sleep(pause)
            waiting += changes
            arrived.set()
        done = True
        arrived.set()
        await sending

    async def _send(
        self, client: aiohttp.ClientSession, due: Due, lesson: Any, headers: dict[str, str],
        batch: list[tuple[int, int]], revs: dict[int, int],
    ) -> None:  # fmt: skip
        ops = [
            Op(f"{random.getrandbits(96):024x}", lesson["id"], pupil, kind, revs.get(pupil, 0)) for pupil, kind in batch
        ]
        self.ops += ops
        patches = [
            {"pupil_id": op.pupil_id, "type": op.type_id, "minutes": None, "op_id": op.op_id, "base_rev": op.base_rev}
            for op in ops
        ]
        path = f"/api/schools/{due.school_id}/lessons/{lesson['id']}/marks"
        began = time.monotonic_ns()
        answer = msgspec.json.decode(
            await self._until_answered(client, "POST", path, headers, {"patches": patches}, self.mark_ms, ops),
            type=MarkAnswer,
        )
        newest = 0
        for op, result in zip(ops, answer.results, strict=True):
            op.outcome = result.outcome
            if result.mark is not None:
                op.rev = revs[op.pupil_id] = result.mark.rev
                newest = max(newest, result.mark.rev)
        self.acknowledged += len(ops)
        self.marked.append((due.school_id, lesson["id"], lesson["rev"] + newest, began))

    async def _until_answered(
        self, client: aiohttp.ClientSession, method: str, path: str, headers: dict[str, str], body: Any,
        into: list[float], ops: list[Op] | None = None,
    ) -> bytes:  # fmt: skip
        """Sends until there is an answer of the product; the first attempt alone is timed."""
        data = None if body is None else msgspec.json.encode(body)
        headers = {**headers, "Content-Type": "application/json"} if data else headers
        for attempt in range(60):
            self.requests += 1
            self.sent_again += attempt > 0
            for op in ops or ():
                op.sends += 1
            began = time.perf_counter()
            try:
                async with client.request(
                    method, path, data=data, headers=headers, timeout=aiohttp.ClientTimeout(total=15)
                ) as answer:
                    found = await answer.read()
                if answer.status < 400:
                    if attempt == 0:
                        into.append((time.perf_counter() - began) * 1000)
                    return found
                self.refused.append(f"{method} {path} {answer.status} {found[:200].decode(errors='replace')}")
                if answer.status not in TRANSIENT:
                    raise RuntimeError(self.refused[-1])
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)] * (0.75 + random.random() / 2))
        raise RuntimeError(f"no answer: {method} {path} {self.refused[-1:]}")


if __name__ == "__main__":
    seen = asyncio.run(Town(msgspec.json.decode(sys.stdin.buffer.readline(), type=Work)).run())
    sys.stdout.buffer.write(b"seen " + msgspec.json.encode(seen) + b"\n")
