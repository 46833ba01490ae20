"""A discussion in which everybody is: how long a comment takes to all pages, and how long a page of the thread takes.

`make bench-comments` fills an empty installation with one thread of 5,000 comments, opens 1,000 readers in its room and
lets 50 people write (each with an account, over HTTP, through every rule: throttle, phase, word rules, audit, kept room).
A comment's time runs from the moment before its POST to the moment at which each reader has it. Meanwhile somebody reads
pages of the thread: the resident's page, and pages of the list in each order, from the beginning and from the middle.
Another load can run beside it: `Bench.beside` takes coroutines that get the bench and return figures (a storm of ballots).
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import msgspec
from argon2 import PasswordHasher

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.migrate import migrate  # noqa: E402 - found through the line above when run as a script
from app.postgres import EmbeddedPostgres  # noqa: E402 - the same
from tests.bench import machine  # noqa: E402 - the same
from tests.bench.media_servers import end  # noqa: E402 - the same

READERS, WRITERS, COMMENTS = 1000, 50, 5000
MOST_P99_MS, MOST_PAGE_P95_MS = 500.0, 150.0
EACH_S = 6.0
"""Seconds between two comments of one person: about eight a second in all."""
PASSWORD = "Dlugie-Haslo-2026-Slupsk"
SETTINGS = {
    "GRYF_REALTIME_SOCKETS_PER_ADDRESS": "20000",
    "GRYF_MEDIA_RTMP_PORT": "0",
    "GRYF_MEDIA_RTMP_HOST": "127.0.0.1",
    "GRYF_LADDER_POLICY": "never",
    "GRYF_IDENTITY_ARGON2_PASSES": "1",
    "GRYF_IDENTITY_ARGON2_MEMORY_KIB": "64",
}
SENTENCES = (
    "Lipy przy ratuszu dają cień już od kwietnia.", "Gdzie zaparkują osoby starsze?", "Popieram **strefę pieszą**.",
    "Ławki z oparciem, proszę.", "Autobus musi zostać przy placu.", "Woda z dachu niech idzie do drzew.",
)  # fmt: skip


class Place(msgspec.Struct, frozen=True):
    block_id: int
    slug: str
    logins: list[str]


async def fill(url: str, comments: int, writers: int) -> Place:
    """One consultation, one phase that runs, one block with a thread, people who have joined."""
    connection = await asyncpg.connect(url)
    try:
        return await _fill(connection, comments, writers)
    finally:
        await connection.close()


async def _fill(connection: Any, comments: int, writers: int) -> Place:
    slug = "plac-zwyciestwa"
    consultation_id = await connection.fetchval(
        "INSERT INTO consultation (slug, template, state, title, published_at) VALUES ($1, 'empty', 'published', $2, now())"
        " RETURNING id",
        slug, "Plac Zwycięstwa",
    )  # fmt: skip
    phase_id = await connection.fetchval(
        "INSERT INTO consultation_phase (consultation_id, ordinal, title, starts_at, ends_at)"
        " VALUES ($1, 1, 'Opinie', now() - interval '1 day', now() + interval '1 day') RETURNING id",
        consultation_id,
    )
    block_id = await connection.fetchval(
        "INSERT INTO consultation_block (consultation_id, phase_id, kind, ordinal) VALUES ($1, $2, 'discussion', 1)"
        " RETURNING id",
        consultation_id, phase_id,
    )  # fmt: skip
    hashed = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    logins = [f"osoba{number}" for number in range(writers)]
    for login in logins:
        await connection.execute(
            "WITH a AS (INSERT INTO account (login, name, folded, password_hash, created_at) VALUES ($1, $2, $1, $3,"
            " now() - interval '1 year') RETURNING id) INSERT INTO consultation_participant (consultation_id, account_id,"
            " kind, name, pseudonym, shown_as) SELECT $4, a.id, 'resident', $2, $1, 'name' FROM a",
            login, f"Osoba {login[5:]}", hashed, consultation_id,
        )  # fmt: skip
    await connection.execute(
        "INSERT INTO consultation_participant (consultation_id, kind, name, pseudonym, shown_as)"
        " SELECT $1, 'resident', 'Mieszkanka ' || n, 'mieszk' || n, 'name' FROM generate_series(1, 1500) AS n",
        consultation_id,
    )
    thread_id = await connection.fetchval("INSERT INTO discussion_thread (block_id) VALUES ($1) RETURNING id", block_id)
    await _comments(connection, thread_id, consultation_id, comments)
    await connection.execute("ANALYZE")
    return Place(block_id, slug, logins)


async def _comments(connection: Any, thread_id: int, consultation_id: int, comments: int) -> None:
    """A third begins something, the others answer: some roots have hundreds of replies, most have a few."""
    chance = random.Random(20261129)
    people = [
        row["id"]
        for row in await connection.fetch(
            "SELECT id FROM consultation_participant WHERE consultation_id = $1 AND account_id IS NULL", consultation_id
        )
    ]
    columns = [
        "thread_id", "participant_id", "parent_id", "root_id", "depth", "place", "alignment", "text", "body", "state",
        "shown_at", "endorsements", "replies", "rev",
    ]  # fmt: skip
    roots = comments // 3
    for first in (True, False):
        known = [] if first else await connection.fetch("SELECT id FROM discussion_comment WHERE root_id IS NULL")
        weights = [1 / (rank + 3) for rank in range(len(known))]
        rows = []
        for number in range(roots if first else comments - roots):
            text = " ".join(chance.choices(SENTENCES, k=chance.randint(1, 6)))
            body = msgspec.json.encode([{"kind": "p", "rows": [[{"text": text}]]}]).decode()
            root = None if first else chance.choices(known, weights)[0]["id"]
            shown_at = await _ago(chance)
            rows.append(
                (thread_id, chance.choice(people), root, root, 1 if first else 2, 0 if first else number, chance.choice((-1, 0, 1))
                 if first else 0, text, body, "shown", shown_at, int(chance.paretovariate(1)) % 200, 0, number + 2)
            )  # fmt: skip
        await connection.copy_records_to_table("discussion_comment", records=rows, columns=columns)
    await connection.execute(
        "UPDATE discussion_comment c SET replies = n FROM (SELECT root_id, count(*) AS n FROM discussion_comment"
        " WHERE root_id IS NOT NULL GROUP BY 1) AS r WHERE r.root_id = c.id"
    )
    await connection.execute(
        "UPDATE discussion_thread SET comments = $1, neutral = $1 / 3, rev = $1 + 10 WHERE id = $2", comments, thread_id
    )


async def _ago(chance: random.Random) -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) - timedelta(seconds=chance.randint(60, 80_000), microseconds=chance.randint(0, 999_999))


class Bench:
    """The product with its thread, its readers and writers."""

    def __init__(self, port: int, place: Place, client_core: int | None) -> None:
        self.url, self.port, self.place, self.client_core = f"http://127.0.0.1:{port}", port, place, client_core
        self.sent: dict[int, int] = {}
        self.refused: list[str] = []
        self.pages_ms: dict[str, list[float]] = {}
        self.beside: list[Callable[[Bench], Awaitable[dict[str, Any]]]] = []

    async def run(self, readers: int, writers: int, seconds: float) -> dict[str, Any]:
        with machine.on_core(self.client_core):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.bench.comments_readers", str(self.port),
                f"dialog/discussion/{self.place.block_id}", str(readers),
                cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, limit=2**28,
            )  # fmt: skip
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            ready = int((await process.stdout.readline()).split()[1])
            print(f"{ready} readers are in", flush=True)
            clients = [await self._signed_in(login) for login in self.place.logins[:writers]]
            until = time.monotonic() + seconds
            extra = await asyncio.gather(
                *(one(self) for one in self.beside),
                *(self._write(client, until, number, writers) for number, client in enumerate(clients)),
                self._read(until),
            )
            await asyncio.sleep(3)  # what is on its way
            process.stdin.write(b"\n")
            answer = msgspec.json.decode(await process.stdout.readline())
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
        for client in clients:
            await client.close()
        return {"readers": ready, "beside": list(extra[: len(self.beside)]), **self._figures(answer, ready)}

    def _figures(self, answer: dict[str, Any], readers: int) -> dict[str, Any]:
        got = {int(number): moments for number, moments in answer["got"].items()}
        latencies = sorted((moment - at) / 1e6 for number, at in self.sent.items() for moment in got.get(number, []))
        missing = sum(readers - len(got.get(number, [])) for number in self.sent)
        pages = {name: _spread(found) for name, found in self.pages_ms.items()}
        return {
            "posts": len(self.sent),
            "deliveries": len(latencies),
            "missing": missing,
            "lost": answer["lost"],
            "refused": self.refused[:5],
            "to_all_pages_ms": _spread(latencies),
            "pages_ms": pages,
        }

    async def _signed_in(self, login: str) -> aiohttp.ClientSession:
        session = aiohttp.ClientSession(self.url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        async with session.post("/api/sign-in", json={"login": login, "password": PASSWORD}) as answer:
            assert answer.status == 200, await answer.text()
        return session

    async def _write(self, client: aiohttp.ClientSession, until: float, number: int, writers: int) -> None:
        await asyncio.sleep(EACH_S * number / writers)
        count = 0
        while time.monotonic() < until:
            count += 1
            began = time.monotonic_ns()
            text = f"{SENTENCES[(number + count) % len(SENTENCES)]} ({number}/{count})"
            draft = {"text": text, "alignment": number % 3 - 1, "sent_key": f"{number}-{count}"}
            path = f"/api/dialog/blocks/{self.place.block_id}/discussion"
            async with client.post(path, json={"draft": draft}) as answer:
                body = await answer.read()
            if answer.status == 201:
                self.sent[msgspec.json.decode(body)["comment"]["id"]] = began
            else:
                self.refused.append(f"{answer.status} {body[:200].decode()}")
            await asyncio.sleep(max(0.0, EACH_S - (time.monotonic_ns() - began) / 1e9))

    async def _read(self, until: float) -> None:
        """One page after another, as one more reader would."""
        api = f"/api/dialog/blocks/{self.place.block_id}/discussion"
        async with aiohttp.ClientSession(self.url) as client:
            middle = {}
            for sort in ("newest", "endorsed", "oldest", "discussed"):
                after = ""
                for _page in range(8):
                    async with client.get(api, params={"sort": sort, "after": after}) as answer:
                        after = (await answer.json())["next"] or after
                middle[sort] = after
            while time.monotonic() < until:
                await self._timed(client, "page", f"/dialog/{self.place.slug}/blocks/{self.place.block_id}", {})
                for sort, after in middle.items():
                    await self._timed(client, "list", api, {"sort": sort})
                    await self._timed(client, "list", api, {"sort": sort, "after": after})
                await asyncio.sleep(0.2)

    async def _timed(self, client: aiohttp.ClientSession, name: str, path: str, query: dict[str, str]) -> None:
        began = time.perf_counter()
        async with client.get(path, params=query) as answer:
            await answer.read()
        assert answer.status == 200, answer.status
        self.pages_ms.setdefault(name, []).append((time.perf_counter() - began) * 1000)


def _spread(values: list[float]) -> dict[str, float]:
    if len(values) < 2:
        return {}
    cuts = statistics.quantiles(values, n=100)
    return {
        "p50": round(cuts[49], 1),
        "p95": round(cuts[94], 1),
        "p99": round(cuts[98], 1),
        "max": round(max(values), 1),
    }


def missed(ours: dict[str, Any], readers: int) -> list[str]:
    """Targets that were not reached."""
    found = []
    if ours["readers"] < readers or ours["lost"]:
        found.append(f"{ours['readers']} of {readers} readers, {ours['lost']} lost")
    if ours["missing"] or ours["refused"] or not ours["posts"]:
        found.append(f"{ours['missing']} deliveries missing, refused: {ours['refused']}")
    if ours["to_all_pages_ms"].get("p99", 1e9) > MOST_P99_MS:
        found.append(f"post to all pages: p99 {ours['to_all_pages_ms'].get('p99')} ms above {MOST_P99_MS}")
    found += [
        f"{name}: p95 {spread.get('p95')} ms above {MOST_PAGE_P95_MS}"
        for name, spread in ours["pages_ms"].items()
        if spread.get("p95", 1e9) > MOST_PAGE_P95_MS
    ]
    return found


def start(folder: Path, url: str, port: int, core: int | None) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, **SETTINGS, "DATABASE_URL": url}
    command = [sys.executable, "run.py", "serve", "--data", str(folder / "data"), "--port", str(port)]
    with machine.on_core(core), (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


async def answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    async with aiohttp.ClientSession() as client:
        for _attempt in range(300):
            if process.poll() is not None:
                break
            try:
                async with client.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.2)
    raise RuntimeError(f"the product does not start: {log.read_text(errors='replace')[-800:]}")


async def measure(chosen: argparse.Namespace, folder: Path) -> dict[str, Any]:
    server_core, client_core = machine.two_cores()
    database = EmbeddedPostgres(folder)
    url = database.start()
    try:
        await migrate(url, ROOT / "migrations")
        place = await fill(url, chosen.comments, chosen.writers)
        print(f"a thread of {chosen.comments} comments", flush=True)
        port = machine.free_port()
        process = start(folder, url, port, server_core)
        try:
            await answers(port, process, folder / "log")
            bench = Bench(port, place, client_core)
            return await bench.run(chosen.readers, chosen.writers, chosen.seconds)
        finally:
            end(process)
    finally:
        database.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--writers", type=int, default=WRITERS)
    parser.add_argument("--comments", type=int, default=COMMENTS)
    parser.add_argument("--seconds", type=float, default=60)
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes, with a database of its own
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # started by root, the database runs as another user
        ours = asyncio.run(measure(chosen, folder))
    line = {
        "name": "comments",
        "comments": chosen.comments,
        "writers": chosen.writers,
        "ours": ours,
        "peers": {},
        "ratio": {},
        "missed": missed(ours, chosen.readers),
        "machine": f"{machine.described()}, load {os.getloadavg()[0]:.1f}",
    }
    print(msgspec.json.encode(line).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
