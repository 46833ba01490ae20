"""Everybody comes back at once: the server is restarted under thousands of sockets.

`make bench-storm` opens 5,000 sockets on the product in one room, restarts it with SIGTERM, then with kill -9, and counts
from the moment when it listens again until every client has the state of now, in a snapshot or an event. The state is
changed in the middle of it. The clients wait as live.js does: pauses by chance and by the time away, and what `bye`
asks for. Meanwhile somebody asks for ordinary pages that need the database.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench import fanout_probe, machine  # noqa: E402 - found through the line above when run as a script
from tests.bench.bench_fanout import clients_of, opened  # noqa: E402 - same
from tests.bench.fanout_client import CannotRun, Clients  # noqa: E402 - same
from tests.bench.fanout_servers import Ours  # noqa: E402 - same

SOCKETS = 5_000
BACK_WITHIN_S, PAGES_P95_MS, PATIENCE_S = 20, 500, 60
PATHS = ("/council/sessions", "/api/live/snapshot?room=bench/1")


class Storm(msgspec.Struct):
    """One restart."""

    kind: str
    down_s: float
    """From the end of the old server's service to the new one's."""
    back_s: float
    """From then until everybody had the state of now."""
    right: int
    """Clients that had it in the end."""
    attempts: int
    """Connections that were tried for that."""
    pages: fanout_probe.Outcome
    snapshots: int
    """Read from the database, for all joins together."""
    refusals: dict[str, float]
    """Joins and handshakes that the server turned away, by their reason."""


def mark(server: Ours, value: int) -> None:
    """Changes the state; returns when it is committed."""
    with socket.create_connection(("127.0.0.1", server.publish_port), 20) as feed:
        feed.sendall(b"mark %d\n" % value)
        if feed.recv(10) != b"ok\n":
            raise CannotRun("the state cannot be changed")


def figures(server: Ours) -> tuple[int, dict[str, float]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as answer:
        text = answer.read().decode()
    snapshots = re.search(r"^gryf_live_snapshots_total (\S+)$", text, re.MULTILINE)
    refusals = {
        f"{name} {why}": float(count)
        for name, why, count in re.findall(
            r'^gryf_live_(joins|handshakes_refused)_total\{\w+="([^"]+)"\} (\S+)$', text, re.MULTILINE
        )
        if why not in {"snapshot", "resumed"}
    }
    return (int(float(snapshots[1])) if snapshots else 0), refusals


def restart(server: Ours, clients: Clients, kind: str, value: int, core: int | None) -> Storm:
    tried = clients.ask("wait 0.1").attempts
    began = time.monotonic()
    if kind == "SIGTERM":
        server.halt()
    else:
        server.kill()
    server.start()
    up = time.monotonic()
    with machine.on_core(core):
        command = [sys.executable, "-m", "tests.bench.fanout_probe", str(server.port), *PATHS]
        probe = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    time.sleep(1.0)
    mark(server, value)
    answer = clients.ask(f"marks {value} {PATIENCE_S}")
    back_s = time.monotonic() - up
    output, _ = probe.communicate()
    snapshots, refusals = figures(server)
    return Storm(
        kind=kind,
        down_s=round(up - began, 1),
        back_s=round(back_s, 1),
        right=answer.right,
        attempts=answer.attempts - tried,
        pages=msgspec.json.decode(output, type=fanout_probe.Outcome),
        snapshots=snapshots,
        refusals=refusals,
    )


def missed(storm: Storm, sockets: int) -> list[str]:
    found = []
    if storm.right < sockets:
        found.append(f"{storm.kind}: only {storm.right} of {sockets} have the right state")
    if storm.back_s > BACK_WITHIN_S:
        found.append(f"{storm.kind}: back after {storm.back_s} s, not {BACK_WITHIN_S}")
    if storm.pages.p95_ms > PAGES_P95_MS:
        found.append(f"{storm.kind}: other requests took {storm.pages.p95_ms} ms (p95), not {PAGES_P95_MS}")
    if storm.pages.failures:
        found.append(f"{storm.kind}: other requests failed: {storm.pages.failures}")
    if any("unavailable" in why for why in storm.refusals if why.startswith("joins")):
        found.append(f"{storm.kind}: the database was not there for everybody: {storm.refusals}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sockets", type=int, default=SOCKETS)
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes, with a database of its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped and taken away
    server_core, client_core = machine.two_cores()
    storms: list[Storm] = []
    misses: list[str] = []
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # started by root, the database runs as another user
        try:
            with Ours(Path(folder) / "ours", server_core) as server:
                with clients_of(server, client_core, spin=0, reconnect=2, mark='"mark":') as clients:
                    opened(clients, chosen.sockets)
                    for value, kind in enumerate(("SIGTERM", "kill -9"), start=1):
                        storm = restart(server, clients, kind, value, client_core)
                        storms.append(storm)
                        misses += missed(storm, chosen.sockets)
                        print(
                            f"{kind}: down {storm.down_s} s, everybody right {storm.back_s} s later ({storm.right}), "
                            f"{storm.attempts} attempts, {storm.snapshots} snapshots; "
                            f"pages p50 {storm.pages.p50_ms} p95 {storm.pages.p95_ms} max {storm.pages.max_ms} ms "
                            f"{storm.pages.failures or ''} {storm.refusals or ''}",
                            flush=True,
                        )
        except CannotRun as reason:
            misses.append(str(reason))
    line = {
        "name": "storm",
        "sockets": chosen.sockets,
        "ours": storms,
        "peers": {},
        "ratio": {},
        "missed": misses,
        "machine": f"{machine.described()}, load {os.getloadavg()[0]:.1f}",
    }
    print(msgspec.json.encode(line).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
