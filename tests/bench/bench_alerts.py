"""Alerts that nobody misses: 50 tickets a second for a minute, 200 agents listening, kill -9 of the server in the middle.

`make bench-alerts` fills an empty installation (8 queues with 25 agents each, 600 teachers of 28 schools, a few thousand
tickets of the months before), starts the product, and lets people in another process do what their pages do
(alerts_people.py). A ticket's time runs from the moment before its POST to the moment at which each agent of its queue has
the alert, and from the moment that the database wrote into it. In the middle the server is killed and started again on the
same port; teachers send again, agents come back and resume. At the end every alert of every agent is compared with the
database: none may be missing, none come twice.

The restart window runs from the kill to the moment at which the last agent is back in its rooms and the last ticket that
was sent meanwhile is written down. Tickets whose POST began in it, or was not answered before it, are compared like all
others; their times are told apart and not judged, nor is how many were turned away with 503 in the storm after it.

The peer is the same product with agents who ask every five seconds what stands on their bell.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.migrate import migrate  # noqa: E402 - found through the line above when run as a script
from app.postgres import EmbeddedPostgres  # noqa: E402 - the same
from portals.helpdesk.numbers import number_of  # noqa: E402 - the same
from tests.bench import machine  # noqa: E402 - the same
from tests.bench.alerts_office import Office, fill  # noqa: E402 - the same
from tests.bench.alerts_people import Seen, Work  # noqa: E402 - the same
from tests.bench.bench_comments import _spread  # noqa: E402 - the same
from tests.bench.bench_register import Server, _database_cpu_s  # noqa: E402 - the same
from tests.bench.media_servers import end  # noqa: E402 - the same

QUEUES, AGENTS, REQUESTERS = 8, 200, 600
RATE, SECONDS, POLL_S = 50.0, 60.0, 5.0
PEER_SECONDS = 20.0
MOST_P99_MS = 1000.0
"""From the moment at which the database wrote the ticket down to the last agent, outside of the restart window."""


async def people(work: Work, server: Server, core: int | None, *, kill: bool) -> tuple[Seen, dict[str, Any]]:
    """Lets them send and listen; kills the server when half of the tickets were sent."""
    with machine.on_core(core):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.alerts_people",
            cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**28,
        )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    told: dict[str, Any] = {}
    half, before_s = work.rate * work.seconds / 2, 0.0
    try:
        process.stdin.write(msgspec.json.encode(work) + b"\n")
        async for line in process.stdout:
            word, _space, rest = line.partition(b" ")
            server.look()
            if word == b"seen":
                told |= {"server_cpu_s": round(before_s + server.cpu_s, 1), "memory_mb": round(server.memory_mb)}
                return msgspec.json.decode(rest, type=Seen), told
            if kill and word == b"sent" and int(rest) >= half:
                kill, before_s = False, server.cpu_s
                told["killed_at"] = time.monotonic()
                await server.kill()
                told["down_s"] = round(time.monotonic() - told["killed_at"], 1)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    raise RuntimeError("the people have ended without a word")


async def written(url: str) -> list[asyncpg.Record]:
    """What stands in the database at the end."""
    connection = await asyncpg.connect(url)
    try:
        return list(
            await connection.fetch("SELECT id, queue_id, sent_key, sent_at FROM ticket WHERE sent_key IS NOT NULL")
        )
    finally:
        await connection.close()


async def counted(url: str) -> None:
    """The clocks of what was there before are counted: a new installation's first minute is no day of a helpdesk."""
    connection = await asyncpg.connect(url)
    try:
        for _attempt in range(300):
            if not await connection.fetchval("SELECT EXISTS (SELECT FROM sla_mark)"):
                return
            await asyncio.sleep(0.5)
    finally:
        await connection.close()


def compared(rows: list[asyncpg.Record], seen: Seen, office: Office) -> dict[str, int]:
    """What differs between what was accepted, what stands in the database and what agents were told; zero is right."""
    agents = {line.queue_id: [one.account_id for one in line.agents] for line in office.lines}
    stored = {number_of(row["id"]): row["queue_id"] for row in rows}
    due = {(account, number) for number, queue in stored.items() for account in agents.get(queue, ())}
    came = {(account, number) for account, found in seen.receipts.items() for number in found}
    accepted = {one.key for one in seen.sent if one.number}
    keys = [row["sent_key"] for row in rows]
    return {
        "unaccepted": sum(not one.number for one in seen.sent),
        "tickets_lost": len(accepted - set(keys)),
        "tickets_doubled": len(keys) - len(set(keys)),
        "alerts_lost": len(due - came),
        "alerts_unknown": len(came - due),
        "alerts_twice": seen.twice,
    }


def times(rows: list[asyncpg.Record], seen: Seen, office: Office, killed_at: float | None) -> dict[str, Any]:
    """How long alerts took, from the press of the button and from the moment at which the database wrote the ticket
    down; those of the restart window apart.
    """
    at_of = {row["sent_key"]: row["sent_at"].timestamp() - seen.clock_s for row in rows}
    until = max(seen.back, default=killed_at or 0.0)
    if killed_at is not None:  # what was sent until then is still being written down
        until = max([until, *(one.accepted for one in seen.sent if killed_at <= one.accepted and one.began <= until)])
    sending: list[float] = []
    accepting: list[float] = []
    window: list[float] = []
    answered: list[float] = []
    in_window = 0
    for one in seen.sent:
        if not one.number:
            continue
        inside = killed_at is not None and one.began <= until and one.accepted >= killed_at
        in_window += inside
        if not inside:
            answered.append((one.accepted - one.began) * 1000)
        for person in office.lines[one.line].agents:
            at = seen.receipts[person.account_id].get(one.number)
            if at is None:
                continue
            (window if inside else sending).append((at - one.began) * 1000)
            if not inside:
                accepting.append((at - at_of[one.key]) * 1000)
    found: dict[str, Any] = {
        "tickets": len(seen.sent),
        "alerts": len(sending) + len(window),
        "send_to_alert_ms": _spread(sending),
        "accepted_to_alert_ms": _spread(accepting),
        "answer_ms": _spread(answered),
    }
    if killed_at is not None:
        found["restart"] = {
            "window_s": round(until - killed_at, 1),
            "came_back": len(seen.back),
            "tickets": in_window,
            "sent_again": sum(one.attempts > 1 for one in seen.sent),
            "send_to_alert_ms": _spread(window),
        }
    return found


async def measure(chosen: argparse.Namespace, folder: Path, *, poll_s: float = 0) -> dict[str, Any]:
    server_core, client_core = machine.two_cores()
    database = EmbeddedPostgres(folder)
    url = database.start()
    try:
        await migrate(url, ROOT / "migrations")
        office = await fill(url, chosen.queues, chosen.agents, chosen.requesters)
        server = Server(folder, url, server_core)
        await server.start()
        await server.settled()
        await counted(url)
        kill = not poll_s and not chosen.no_kill
        try:
            seconds = PEER_SECONDS if poll_s else chosen.seconds
            work = Work(server.port, office, chosen.rate, min(seconds, chosen.seconds), 20261130, poll_s)
            beginning = _database_cpu_s(folder)
            seen, told = await people(work, server, client_core, kill=kill)
            told["database_cpu_s"] = round(_database_cpu_s(folder) - beginning, 1)
        finally:
            assert server.process is not None
            end(server.process)
        rows = await written(url)
        found = times(rows, seen, office, told.pop("killed_at", None))
        told |= {"refused": seen.refused, "turned_away": seen.turned_away, "client_cpu_s": round(seen.cpu_s, 1)}
        told |= {"polls": seen.polls} if poll_s else {"compared": compared(rows, seen, office)}
        return {**found, **told}
    finally:
        database.stop()


def missed(ours: dict[str, Any], *, kill: bool) -> list[str]:
    """Targets that were not reached."""
    found = [f"{name}: {count}" for name, count in ours["compared"].items() if count]
    if ours["accepted_to_alert_ms"].get("p99", 1e9) > MOST_P99_MS:
        found.append(f"accepted_to_alert_ms: p99 {ours['accepted_to_alert_ms'].get('p99')} above {MOST_P99_MS}")
    if ours["refused"]:
        found.append(f"refused: {ours['refused']}")
    if ours["turned_away"] and not kill:
        found.append(f"turned away: {ours['turned_away']}")
    if kill and not ours.get("restart", {}).get("tickets"):
        found.append("nothing was on its way when the server was killed")
    return found


def _in_a_folder(chosen: argparse.Namespace, *, poll_s: float = 0) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # started by root, the database runs as another user
        return asyncio.run(measure(chosen, folder, poll_s=poll_s))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queues", type=int, default=QUEUES)
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--requesters", type=int, default=REQUESTERS)
    parser.add_argument("--rate", type=float, default=RATE, help="tickets a second")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--no-kill", action="store_true", help="the server is left alone")
    parser.add_argument("--no-peer", action="store_true", help="without agents who ask every five seconds")
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes, with a database of its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped and taken away
    ours = _in_a_folder(chosen)
    print(msgspec.json.encode(ours).decode(), flush=True)
    peers = {} if chosen.no_peer else {"asking every 5 s": _in_a_folder(chosen, poll_s=POLL_S)}
    ratio = {
        f"{name}, {place}": round(one["send_to_alert_ms"][place] / ours["send_to_alert_ms"][place], 1)
        for name, one in peers.items()
        for place in ("p50", "p99")
        if one["send_to_alert_ms"] and ours["send_to_alert_ms"].get(place)
    }
    line = {
        "name": "alerts",
        "queues": chosen.queues,
        "agents": chosen.agents,
        "tickets_a_second": chosen.rate,
        "ours": ours,
        "peers": peers,
        "ratio": ratio,
        "missed": missed(ours, kill=not chosen.no_kill),
        "machine": f"{machine.described()}, load {os.getloadavg()[0]:.1f}",
    }
    print(msgspec.json.encode(line).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
