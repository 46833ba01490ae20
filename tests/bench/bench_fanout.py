"""How fast, and at what cost, one event reaches everybody in a room.

`make bench-fanout` opens N sockets on the product (`serve` with a room of 30 rows, its permission, numbering and backlog)
and on peers that only send what they are given: Bun (uWebSockets' publish), `ws`, `websockets` broadcast(), picows, nchan.
Every server gets the same events of 200 bytes in the same messages at the same rates, and the same compiled client
(fanout_client.c) checks number, order and latency of each delivery, from the moment of sending to its recv.

All servers take turns, several rounds of them, and medians count. Server on one core, clients on another; the clients poll
without sleeping, so that no server pays for waking them up. Compare only within one run: machines differ, and so do hours.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench import machine  # noqa: E402 - found through the line above when run as a script
from tests.bench.fanout_client import Answer, CannotRun, Clients  # noqa: E402 - same
from tests.bench.fanout_servers import NODE_AND_PYTHON, PEERS, Ours, Server  # noqa: E402 - same

POINTS = ((1000, 20), (1000, 50), (1000, 200), (1000, 800), (5000, 20))
IDLE = (5000, 10_000)
RATIO_SOCKETS = 1000
FULL_P99_MS, BIG_P99_MS, CALM_P50_MS = 60, 150, 8
MOST_IDLE_BYTES = 16 * 1024
FAILED_MS = 2_000
"""A peer that is later than this, or loses something, does not carry the rate at all."""


class Found(msgspec.Struct):
    """One server with so many sockets at such a rate."""

    sockets: int
    rate: int
    p50_ms: float
    p99_ms: float
    deliveries_a_cpu_s: int
    """Deliveries in the measured time for each second of CPU that the server took meanwhile."""
    share: float
    """Of the events that were to be delivered in the measured time."""
    lost: int
    """Events that did not come within 10 s more, came twice or out of order, and sockets that were cut."""

    @property
    def carried(self) -> bool:
        return not self.lost and self.p99_ms < FAILED_MS

    def shown(self, name: str) -> str:
        return (
            f"{name:11s} {self.sockets:5d} sockets {self.rate:4d}/s  p50 {self.p50_ms:7.1f} ms  p99 {self.p99_ms:7.1f} ms"
            f"  {self.deliveries_a_cpu_s / 1000:6.0f}k deliveries a CPU-second  in time {self.share:.1%}  lost {self.lost}"
        )


def median_of(rounds: list[Found]) -> Found:
    """Each figure by itself; what was lost in any round is lost."""
    middle = lambda values: sorted(values)[len(rounds) // 2]  # noqa: E731 - short
    return Found(
        sockets=rounds[0].sockets,
        rate=rounds[0].rate,
        p50_ms=middle(one.p50_ms for one in rounds),
        p99_ms=middle(one.p99_ms for one in rounds),
        deliveries_a_cpu_s=middle(one.deliveries_a_cpu_s for one in rounds),
        share=middle(one.share for one in rounds),
        lost=sum(one.lost for one in rounds),
    )


def measured(server: Server, clients: Clients, rate: int, warm_s: float, seconds: float) -> Found:
    clients.say(f"measure {rate} {warm_s} {seconds}")
    clients.line()
    before, began = server.cpu_s(), time.monotonic()
    clients.line()
    cpu_s, took_s = server.cpu_s() - before, time.monotonic() - began
    one = clients.answer()
    if one.sent < one.planned:
        raise CannotRun(f"{server.name} does not take {rate} events/s")
    return Found(
        sockets=one.members,
        rate=rate,
        p50_ms=one.p50_ms,
        p99_ms=one.p99_ms,
        deliveries_a_cpu_s=round(one.in_time / max(cpu_s, 0.001)),
        share=one.in_time / max(1, one.members * rate * took_s),
        lost=one.expected - one.delivered + one.missing + one.repeated + one.lost,
    )


def clients_of(server: Server, core: int | None, **options: object) -> Clients:
    return Clients(
        core,
        port=server.port,
        path=server.path,
        join=server.join,
        expect=server.expect,
        event=server.event,
        publish_port=server.publish_port,
        publish_path=server.publish_path,
        **{"spin": 1, **options},
    )


def opened(clients: Clients, count: int) -> Answer:
    answer = clients.ask(f"open {count}")
    if answer.ready < count:
        raise CannotRun(f"only {answer.ready} of {count} sockets open: {answer.complaint}")
    return answer


class Bench:
    def __init__(self, folder: Path, seconds: float, points: tuple[tuple[int, int], ...]) -> None:
        self.folder, self.seconds, self.points = folder, seconds, points
        self.server_core, self.client_core = machine.two_cores()
        self.found: dict[str, list[Found]] = {}
        self.left_out: dict[str, str] = {}
        self.idle_bytes: dict[str, int] = {}

    def run(self, kinds: tuple[type[Server], ...], idle: tuple[int, ...], rounds: int) -> None:
        """Everybody is measured once a round, so that a slow minute of the machine is not one server's alone."""
        for number in range(1, rounds + 1):
            print(f"round {number} of {rounds}", flush=True)
            for kind in kinds:
                for count in sorted({count for count, _ in self.points}):
                    self._rates(kind, count, [rate for sockets, rate in self.points if sockets == count])
        for count in idle:
            try:
                self._idle(count)
            except CannotRun as reason:
                self.left_out[f"ours, {count} idle sockets"] = str(reason)
                print(f"{count} idle sockets  left out: {reason}", flush=True)

    def _rates(self, kind: type[Server], count: int, rates: list[int]) -> None:
        try:
            folder = self.folder / f"{kind.name}-{count}-{len(self.found.get(kind.name, ()))}"
            with kind(folder, self.server_core) as server:
                with clients_of(server, self.client_core) as clients:
                    opened(clients, count)
                    machine.settle(server.pid)
                    for rate in rates:
                        one = measured(server, clients, rate, 1.5, self.seconds)
                        self.found.setdefault(kind.name, []).append(one)
                        print(one.shown(kind.name), flush=True)
                        if not one.carried:
                            break  # what it could not deliver waits in front of everything else
        except CannotRun as reason:
            self.left_out[f"{kind.name}, {count} sockets"] = str(reason)
            print(f"{kind.name:11s} {count:5d} sockets  left out: {reason}", flush=True)

    def _idle(self, count: int) -> None:
        """Resident memory of the product's process for each socket that is in the room and does nothing."""
        with Ours(self.folder / f"idle-{count}", self.server_core) as server:
            with clients_of(server, self.client_core) as clients:
                opened(clients, 100)  # what is made once is not a socket's
                time.sleep(1)
                before = server.resident_bytes()
                opened(clients, 100 + count)
                time.sleep(2)
                each = round((server.resident_bytes() - before) / count)
        self.idle_bytes[str(count)] = each
        print(f"{count} idle sockets: {each / 1024:.1f} KiB each, of {before / 2**20:.0f} MiB without them", flush=True)

    def at(self, name: str, sockets: int, rate: int) -> Found | None:
        found = [one for one in self.found.get(name, ()) if (one.sockets, one.rate) == (sockets, rate)]
        return median_of(found) if found else None

    def table(self, name: str) -> list[Found]:
        """A server's medians."""
        return [one for sockets, rate in self.points if (one := self.at(name, sockets, rate)) is not None]

    def missed(self) -> list[str]:
        """Targets that were measured and not reached."""
        missed = [f"{what}: {why}" for what, why in self.left_out.items() if what.startswith("ours")]
        for idle, each in self.idle_bytes.items():
            if each > MOST_IDLE_BYTES:
                missed.append(f"{idle} idle sockets: {each} bytes each")
        for count, rate in self.points:
            ours = self.at("ours", count, rate)
            if ours is None or not ours.carried:
                missed.append(f"{count} at {rate}/s: not carried")
                continue
            limits = {
                (1000, 800): ("p99_ms", FULL_P99_MS),
                (5000, 20): ("p99_ms", BIG_P99_MS),
                (1000, 20): ("p50_ms", CALM_P50_MS),
            }
            name, limit = limits.get((count, rate), ("", 0))
            if name and getattr(ours, name) > limit:
                missed.append(f"{count} at {rate}/s: {name} {getattr(ours, name)} above {limit}")
            missed += self._behind(ours)
        return missed

    def _behind(self, ours: Found) -> list[str]:
        """Peers in Python and Node are to be behind in latency and cost; Bun in cost at the full rate."""
        behind = []
        for name in (*NODE_AND_PYTHON, "bun"):
            peer = self.at(name, ours.sockets, ours.rate)
            full = (ours.sockets, ours.rate) == (1000, 800)
            if peer is None or not peer.carried or (name == "bun" and not full):
                continue
            where = f"{ours.sockets} at {ours.rate}/s: {name} is ahead in"
            if peer.deliveries_a_cpu_s > ours.deliveries_a_cpu_s:
                behind.append(f"{where} deliveries a CPU-second")
            if name != "bun" and peer.p99_ms < ours.p99_ms:
                behind.append(f"{where} p99")
        return behind


def ratios(bench: Bench) -> dict[str, float]:
    """Deliveries a CPU-second beside each peer's, at the highest rate to 1,000 sockets that the peer carries."""
    found = {}
    for name in bench.found:
        carried = [one for one in bench.table(name) if one.carried and one.sockets == RATIO_SOCKETS]
        best = max(carried, key=lambda one: one.rate, default=None)
        ours = bench.at("ours", best.sockets, best.rate) if best is not None else None
        if name != "ours" and best is not None and ours is not None:
            found[name] = round(ours.deliveries_a_cpu_s / max(1, best.deliveries_a_cpu_s), 2)
    return found


def summary(bench: Bench) -> dict[str, object]:
    return {
        "name": "fanout",
        "published": "Database.announce: hub, room, seq, backlog; permission checked at the join",
        "ours": bench.table("ours"),
        "idle_bytes_a_socket": bench.idle_bytes,
        "peers": {name: bench.table(name) for name in bench.found if name != "ours"},
        "ratio": ratios(bench),
        "left_out": bench.left_out,
        "missed": bench.missed(),
        "machine": f"{machine.described()}, load {os.getloadavg()[0]:.1f}",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4, help="how long each figure is measured, once a round")
    parser.add_argument("--rounds", type=int, default=3, help="of all servers in turn; the medians count")
    parser.add_argument("--only", nargs="+", default=[], help="names of servers, such as ours bun")
    parser.add_argument("--points", nargs="+", default=[], help="sockets:rate, such as 1000:800")
    parser.add_argument("--idle", nargs="*", type=int, default=list(IDLE), help="idle sockets whose memory is measured")
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes, with a database of its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped and taken away
    points = tuple((int(count), int(rate)) for count, rate in (point.split(":") for point in chosen.points)) or POINTS
    kinds = tuple(kind for kind in (Ours, *PEERS) if not chosen.only or kind.name in chosen.only)
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # started by root, the database runs as another user
        bench = Bench(Path(folder), chosen.seconds, points)
        bench.run(kinds, tuple(chosen.idle), chosen.rounds)
        line = summary(bench)
    print(msgspec.json.encode(line).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
