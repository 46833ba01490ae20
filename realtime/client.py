"""A client of `/live` in Python: for wallboards, scripts and tests. It comes back by itself and misses nothing.

    async with LiveClient("wss://sesje.example.pl/live") as live:
        async for news in live.follow("council/session/12"):
            match news:
                case Began(snapshot=view): ...     # start from this; it may come again after a long cut
                case Happened(data=event): ...     # since then, in order; asking for more acknowledges it
                case Counted(sockets=count): ...
                case Turned(status=status): ...    # not allowed (any more), or not there

`python -m realtime.client URL ROOM…` prints the same as JSON lines.
"""

import asyncio
import contextlib
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Annotated, Any, Final, Self

import msgspec
import typer
import websockets

from realtime import protocol

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
CALM_AFTER_S: Final = 5.0
"""Open for so long: the next cut starts again with a short pause."""

UNREAD_NEWS: Final = 1_000
"""With more unread by the program the socket is not read either: the server's rule for slow readers applies."""


class Began(msgspec.Struct, frozen=True, tag_field="news", tag="began"):
    room: str
    seq: int
    snapshot: Any


class Happened(msgspec.Struct, frozen=True, tag_field="news", tag="happened"):
    room: str
    seq: int
    data: Any


class Counted(msgspec.Struct, frozen=True, tag_field="news", tag="counted"):
    room: str
    sockets: int
    accounts: int


class Turned(msgspec.Struct, frozen=True, tag_field="news", tag="turned"):
    """Turned away: `status` and `code` as in problem details. 503 is asked again by the client itself."""

    room: str
    status: int
    code: str
    title: str


News = Began | Happened | Counted | Turned

_server: Final[msgspec.json.Decoder[protocol.ServerFrame]] = msgspec.json.Decoder(protocol.ServerFrame)


class _Room:
    def __init__(self, name: str) -> None:
        self.name = name
        self.news: asyncio.Queue[News] = asyncio.Queue(UNREAD_NEWS)
        self.since: protocol.Since | None = None
        self.ref = 0
        self.joined = False
        self.acks = False
        self.taken_seq = 0
        """The newest event that the program is done with."""


class LiveClient:
    """One socket, over all reconnections. `headers` (a cookie) say who one is; `origin` what a page would send."""

    def __init__(self, url: str, *, headers: dict[str, str] | None = None, origin: str | None = None) -> None:
        self.connected = asyncio.Event()
        self._url = url
        self._headers = headers or {}
        self._origin = origin
        self._rooms: dict[str, _Room] = {}
        self._ref = 0
        self._socket: websockets.ClientConnection | None = None
        self._open_since_s = float("inf")
        self._asked_pause_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self._later: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="live client")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        tasks = [*self._later, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def follow(self, name: str) -> AsyncIterator[News]:
        """News of a room, for ever; the room is left when the iteration ends."""
        if name in self._rooms:
            raise ValueError(f"{name} is followed already")
        room = self._rooms[name] = _Room(name)
        try:
            await self._ask(room)
            while True:
                news = await room.news.get()
                yield news
                if isinstance(news, Happened | Began):
                    await self._acknowledge(room, news.seq)
        finally:
            del self._rooms[name]
            await self._say(protocol.Leave(name))

    async def _run(self) -> None:
        away_since_s: float | None = None
        while True:
            self._open_since_s = float("inf")
            try:
                await self._live_once()
            except websockets.InvalidStatus as refused:
                self._asked_pause_s = _asked_s(refused.response.headers.get("Retry-After", ""))
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass  # whatever it was: the same way back
            self._socket = None
            self.connected.clear()
            now_s = time.monotonic()
            if away_since_s is None or now_s - self._open_since_s > CALM_AFTER_S:
                away_since_s = now_s
            pause_s = max(pause_after_s(now_s - away_since_s), self._asked_pause_s)
            self._asked_pause_s = 0.0
            await asyncio.sleep(pause_s)

    async def _live_once(self) -> None:
        """From one handshake to the end of that socket."""
        async with websockets.connect(
            self._url,
            additional_headers=self._headers,
            origin=websockets.Origin(self._origin) if self._origin else None,
            compression=None,
            open_timeout=10,
            max_size=None,
        ) as socket:
            self._socket, self._open_since_s = socket, time.monotonic()
            self.connected.set()
            for room in list(self._rooms.values()):
                await self._ask(room)
            async for message in socket:
                await self._hear(_server.decode(message))

    async def _ask(self, room: _Room) -> None:
        self._ref += 1
        room.ref, room.joined = self._ref, False
        await self._say(protocol.Join(room.name, room.ref, room.since))

    async def _acknowledge(self, room: _Room, seq: int) -> None:
        """The program asks for the next news: it is done with this. Said when nothing more is waiting."""
        room.taken_seq = seq
        if room.acks and room.joined and room.news.empty():
            await self._say(protocol.Ack(room.name, seq))

    async def _say(self, frame: protocol.ClientFrame) -> None:
        if self._socket is not None:
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._socket.send(protocol.encode_value(frame).decode())

    async def _hear(self, frame: protocol.ServerFrame) -> None:
        if isinstance(frame, protocol.Bye):
            self._asked_pause_s = frame.retry_after_s
        elif not isinstance(frame, protocol.Pong):
            room = self._rooms.get(frame.room)
            if room is not None:
                await self._hear_of(room, frame)

    async def _hear_of(self, room: _Room, frame: protocol.RoomFrame) -> None:
        match frame:
            case protocol.Joined(ref=ref, epoch=epoch, seq=seq, presence=presence) if ref == room.ref:
                room.joined, room.since, room.acks = True, protocol.Since(epoch, seq), frame.acks
                if frame.resumed:
                    await self._acknowledge(room, room.taken_seq)  # the cut may have swallowed the last word
                if frame.snapshot is not msgspec.UNSET:
                    await room.news.put(Began(room.name, seq, msgspec.json.decode(frame.snapshot)))
                if presence is not None:
                    await room.news.put(Counted(room.name, presence.sockets, presence.accounts))
            case protocol.EventFrame(seq=seq, data=data) if room.joined and room.since is not None:
                room.since = protocol.Since(room.since.epoch, seq)
                await room.news.put(Happened(room.name, seq, msgspec.json.decode(data)))
            case protocol.PresenceFrame(sockets=sockets, accounts=accounts) if room.joined:
                await room.news.put(Counted(room.name, sockets, accounts))
            case protocol.Refused(ref=ref) if ref == room.ref:
                await self._turned(room, frame.status, frame.code, frame.title, frame.retry_after_s)
            case protocol.Left(status=status) if status:
                await self._turned(room, status, frame.code, frame.title, 0)

    async def _turned(self, room: _Room, status: int, code: str, title: str, retry_after_s: float) -> None:
        room.joined = False
        await room.news.put(Turned(room.name, status, code, title))
        if status == 503:

            async def again() -> None:
                await asyncio.sleep(max(retry_after_s, 1) * random.uniform(0.5, 1.5))  # noqa: S311 - spreads a crowd
                if self._rooms.get(room.name) is room:
                    await self._ask(room)

            task = asyncio.create_task(again(), name="ask again")
            self._later.add(task)
            task.add_done_callback(self._later.discard)


def pause_after_s(away_s: float, chance: Callable[[], float] = random.random) -> float:
    """Before the next attempt: up to a second of chance, and one to three quarters of the time away (as live.js)."""
    return FIRST_PAUSE_S * chance() + min(LONGEST_PAUSE_S, away_s) * (0.25 + chance() / 2)


def _asked_s(header: str) -> float:
    """Seconds that a server which lets nobody in asks for, spread so that a crowd does not come back in one."""
    return int(header) * random.uniform(1, 1.5) if header.isdecimal() else 0.0  # noqa: S311 - spreads a crowd


def main(
    url: Annotated[str, typer.Argument(help="Such as wss://sesje.example.pl/live.")],
    rooms: Annotated[list[str], typer.Argument(help="Such as council/session/12.")],
) -> None:
    """Prints what happens in live rooms, one JSON object a line."""

    async def show(live: LiveClient, room: str) -> None:
        async for news in live.follow(room):
            sys.stdout.write(msgspec.json.encode(news).decode() + "\n")
            sys.stdout.flush()

    async def run() -> None:
        async with LiveClient(url) as live:
            await asyncio.gather(*(show(live, room) for room in rooms))

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


if __name__ == "__main__":
    typer.run(main)
