"""Agents who listen and teachers who send, in a process of its own.

python -m tests.bench.alerts_people   ← one line of JSON: Work; → lines of JSON: progress, at the end `Seen`

An agent does what the bell's script does: joins the room of its settings, then alerts and alarms of its queue, reads what
stands on the bell, acknowledges 250 ms after the last event, and after a cut comes back as live.js does and resumes. With
`polls` agents ask the API every few seconds instead. A ticket without an answer is sent again under the same name until
there is one.
"""

import asyncio
import contextlib
import random
import sys
import time
from typing import Any

import aiohttp
import msgspec

from tests.bench.alerts_office import Line, Office, Person

TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
ACK_S, FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 1.0, 30.0
SETTLED_S = 30.0
"""So long what was accepted may be on its way at the end."""
WORDS = (
    "Drukarka nie drukuje", "Nie ma internetu w sali", "Laptop się nie włącza", "Projektor miga", "Nie działa dziennik",
    "Brak dźwięku w tablicy", "Zapomniane hasło", "Wi-Fi rozłącza co chwilę", "Monitor jest czarny", "Mysz nie reaguje",
)  # fmt: skip


class Work(msgspec.Struct, frozen=True):
    port: int
    office: Office
    rate: float
    """Tickets a second, whatever becomes of those before."""
    seconds: float
    seed: int
    poll_s: float = 0
    """How often agents ask, in place of sockets; 0: they listen."""


class Sent(msgspec.Struct):
    """A ticket: to which queue, when its first attempt began, when it was accepted (monotonic s)."""

    key: str
    line: int
    began: float
    accepted: float = 0
    number: str = ""
    attempts: int = 0


class Seen(msgspec.Struct):
    sent: list[Sent]
    receipts: dict[int, dict[str, float]]
    """Account → number of a ticket → when it was told first (monotonic s)."""
    twice: int
    """Events that came to an account a second time."""
    back: list[float]
    """When each agent was in its rooms again after a cut (monotonic s)."""
    refused: list[str]
    turned_away: int
    """Answers that say «not now», such as 503: sent again."""
    polls: int
    clock_s: float
    """What is added to a monotonic moment for the one on the clock, which is the database's too."""
    cpu_s: float


class _Ticket(msgspec.Struct):
    number: str = ""


class _Data(msgspec.Struct):
    type: str = ""
    ticket: _Ticket | None = None


class _Frame(msgspec.Struct):
    op: str
    room: str = ""
    ref: int = 0
    seq: int = 0
    epoch: str = ""
    status: int = 0
    retry_after_s: float = 0
    acks: bool = False
    data: _Data | None = None


_decoder = msgspec.json.Decoder(_Frame)


class Agent:
    """A page with a bell."""

    def __init__(self, town: "Town", person: Person, line: Line) -> None:
        self.town, self.person, self.line = town, person, line
        self.receipts: dict[str, float] = {}
        self.twice = 0
        self.since: dict[str, dict[str, Any]] = {}
        self.joined = asyncio.Event()
        self.ever = False
        self._acks: dict[str, asyncio.TimerHandle] = {}
        self.headers = {"Cookie": f"gryf_session={person.cookie}", "Origin": town.http}

    async def listen(self, client: aiohttp.ClientSession) -> None:
        away_since: float | None = None
        while not self.town.over:
            opened = time.monotonic()
            asked_s = 0.0
            try:
                async with client.ws_connect("/live", headers=self.headers, max_msg_size=2**26) as socket:
                    asked_s = await self._sit(client, socket)
            except (aiohttp.ClientError, OSError, TimeoutError) as problem:
                self.town.cuts.append(str(problem))
            self.joined.clear()
            if time.monotonic() - opened > 5:
                away_since = None
            away_since = away_since or time.monotonic()
            away = min(LONGEST_PAUSE_S, time.monotonic() - away_since)
            await asyncio.sleep(max(asked_s, FIRST_PAUSE_S * random.random() + away * (0.25 + random.random() / 2)))

    async def _sit(self, client: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse) -> float:
        """Until the socket ends; how long the server asks to wait."""
        queue = self.line.queue_id
        rooms = [f"helpdesk/alerts/{queue}", f"helpdesk/alarms/{queue}"]
        waiting = {f"helpdesk/bell/{self.person.account_id}", *rooms}
        for ref, name in enumerate(sorted(waiting), start=1):
            known = {"since": self.since[name]} if name in self.since else {}
            await socket.send_json({"op": "join", "room": name, "ref": ref, **known})
        async for message in socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                break
            frame = _decoder.decode(message.data)
            if frame.op == "event":
                self._take(socket, frame)
            elif frame.op == "joined":
                self.since[frame.room] = {"epoch": frame.epoch, "seq": frame.seq}
                waiting.discard(frame.room)
                if frame.acks:
                    self._acknowledge(socket, frame.room)
                if not waiting and not self.joined.is_set():
                    await self._in(client)
            elif frame.op == "bye":
                return frame.retry_after_s
            elif frame.op == "refused":
                if frame.status == 503:  # just started: live.js asks again as well
                    return frame.retry_after_s
                self.town.refused.append(f"{frame.room}: {frame.status}")
        return 0.0

    async def _in(self, client: aiohttp.ClientSession) -> None:
        self.joined.set()
        if self.ever:
            self.town.back.append(time.monotonic())
        self.ever = True
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with client.get("/api/helpdesk/bell", headers=self.headers) as answer:
                await answer.read()

    def _take(self, socket: aiohttp.ClientWebSocketResponse, frame: _Frame) -> None:
        self.since[frame.room]["seq"] = frame.seq
        self._acknowledge(socket, frame.room)
        if frame.data is None or frame.data.type != "TicketSent" or frame.data.ticket is None:
            return
        self.see(frame.data.ticket.number)

    def see(self, number: str) -> None:
        if number in self.receipts:
            self.twice += 1
        else:
            self.receipts[number] = time.monotonic()

    def _acknowledge(self, socket: aiohttp.ClientWebSocketResponse, room: str) -> None:
        if not room.startswith(("helpdesk/alerts/", "helpdesk/alarms/")):
            return
        if room in self._acks:
            self._acks[room].cancel()
        self._acks[room] = asyncio.get_running_loop().call_later(ACK_S, self._tell, socket, room)

    def _tell(self, socket: aiohttp.ClientWebSocketResponse, room: str) -> None:
        if not socket.closed:
            task = asyncio.ensure_future(socket.send_json({"op": "ack", "room": room, "seq": self.since[room]["seq"]}))
            self.town.tasks.add(task)
            task.add_done_callback(self.town.tasks.discard)
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def poll(self, client: aiohttp.ClientSession, every_s: float) -> None:
        """As a page without sockets: what stands on the bell, again and again."""
        await asyncio.sleep(every_s * random.random())
        self.joined.set()
        while not self.town.over:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with client.get("/api/helpdesk/bell", headers=self.headers) as answer:
                    self.town.polls += 1
                    view = msgspec.json.decode(await answer.read())
                for one in view.get("alerts", ()):
                    self.receipts.setdefault(one["number"], time.monotonic())
            await asyncio.sleep(every_s)


class Town:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.http = f"http://127.0.0.1:{work.port}"
        self.over = False
        self.tasks: set[asyncio.Task[Any]] = set()
        self.sent: list[Sent] = []
        self.back: list[float] = []
        self.refused: list[str] = []
        self.cuts: list[str] = []
        self.polls = self.turned_away = 0
        self.agents = [Agent(self, person, line) for line in work.office.lines for person in line.agents]

    async def run(self) -> Seen:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60)
        async with aiohttp.ClientSession(self.http, connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as client:
            poll_s = self.work.poll_s
            sitting = [
                asyncio.create_task(one.poll(client, poll_s) if poll_s else one.listen(client)) for one in self.agents
            ]
            try:
                async with asyncio.timeout(60):
                    await asyncio.gather(*(one.joined.wait() for one in self.agents))
            except TimeoutError:
                raise RuntimeError(f"agents do not get into their rooms: {self.refused[:3]} {self.cuts[:3]}") from None
            print("ready", flush=True)
            await asyncio.sleep(1)
            await self._send_all(client)
            await self._settle()
            self.over = True
            for one in sitting:
                one.cancel()
        return Seen(
            sent=self.sent,
            receipts={one.person.account_id: one.receipts for one in self.agents},
            twice=sum(one.twice for one in self.agents),
            back=self.back,
            refused=self.refused[:5],
            turned_away=self.turned_away,
            polls=self.polls,
            clock_s=time.time() - time.monotonic(),
            cpu_s=time.process_time(),
        )

    async def _send_all(self, client: aiohttp.ClientSession) -> None:
        """One after another at its moment, whether those before are answered or not."""
        chance, office = random.Random(self.work.seed), self.work.office
        began = time.monotonic()
        sending = []
        for place in range(int(self.work.rate * self.work.seconds)):
            await asyncio.sleep(max(0.0, began + place / self.work.rate - time.monotonic()))
            who = office.requesters[place % len(office.requesters)]
            line = chance.randrange(len(office.lines))
            one = Sent(f"bench-{self.work.seed}-{place}", line, time.monotonic())
            self.sent.append(one)
            sending.append(asyncio.create_task(self._send(client, who, one, chance.choice(WORDS))))
            if place % 25 == 0:
                print(f"sent {place}", flush=True)
        await asyncio.gather(*sending)

    async def _send(self, client: aiohttp.ClientSession, who: Person, one: Sent, words: str) -> None:
        headers = {
            "Cookie": f"gryf_session={who.cookie}", "Origin": self.http, "Content-Type": "application/json",
        }  # fmt: skip
        category = self.work.office.lines[one.line].category_id
        data = msgspec.json.encode({"text": f"{words} {one.key}", "category_id": category, "sent_key": one.key})
        while True:
            one.attempts += 1
            try:
                async with client.post(
                    "/api/helpdesk/tickets", data=data, headers=headers, timeout=aiohttp.ClientTimeout(total=30)
                ) as answer:
                    found = await answer.read()
                if answer.status == 201:
                    one.accepted = time.monotonic()
                    one.number = msgspec.json.decode(found)["number"]
                    return
                if answer.status not in TRANSIENT:
                    self.refused.append(f"{answer.status} {found[:200].decode(errors='replace')}")
                    return
                self.turned_away += 1
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            await asyncio.sleep(min(4.0, 0.5 * 2**one.attempts) * (0.5 + random.random()))

    async def _settle(self) -> None:
        """Until everything that was accepted is with everybody, `SETTLED_S` at most."""
        lines = [[agent for agent in self.agents if agent.line is line] for line in self.work.office.lines]
        until = time.monotonic() + SETTLED_S
        while time.monotonic() < until:
            if all(one.number in agent.receipts for one in self.sent if one.number for agent in lines[one.line]):
                await asyncio.sleep(1)  # what comes twice comes now
                return
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    seen = asyncio.run(Town(msgspec.json.decode(sys.stdin.buffer.readline(), type=Work)).run())
    sys.stdout.buffer.write(b"seen " + msgspec.json.encode(seen) + b"\n")
