"""Ten thousand sockets on one machine, for minutes: nobody is lost, and memory comes back.

`make bench-sockets` opens the sockets on the product in one room, leaves them idle for half of the time, publishes five
events a second for the other half, then shuts and opens all of them five times. No socket may be lost without a rule,
every event arrives once and in order, and the process is as big after the last cycle as after the first.
"""

import argparse
import os
import re
import signal
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench import machine  # noqa: E402 - found through the line above when run as a script
from tests.bench.bench_fanout import Found, clients_of, measured, opened  # noqa: E402 - same
from tests.bench.fanout_client import CannotRun, Clients  # noqa: E402 - same
from tests.bench.fanout_servers import Ours  # noqa: E402 - same

SOCKETS, RATE, CYCLES, MINUTES = 10_000, 5, 5, 10.0
MOST_GROWTH = 0.03
"""Of the resident memory from the first cycle to the last."""
MOST_P99_MS = 1_000


class Sockets:
    """The product, its clients, and what was found."""

    def __init__(self, server: Ours, clients: Clients, count: int) -> None:
        self.server, self.clients, self.count = server, clients, count
        self.missed: list[str] = []
        self.figures: dict[str, object] = {}

    def run(self, minutes: float, cycles: int) -> None:
        began = opened(self.clients, self.count)
        time.sleep(2)
        self.figures["opened_s"] = round(began.seconds, 1)
        self.figures["resident_mib"] = {"idle": self._mib()}
        print(f"{self.count} sockets open after {began.seconds:.1f} s, {self._mib()} MiB", flush=True)
        self._idle(minutes * 30)
        self._busy(minutes * 30)
        self._churn(cycles)
        self.figures["rules"] = self._rules()

    def _mib(self) -> int:
        return round(self.server.resident_bytes() / 2**20)

    def _idle(self, seconds: float) -> None:
        before = self.server.cpu_s()
        answer = self.clients.ask(f"wait {seconds}")
        share = (self.server.cpu_s() - before) / seconds
        self.figures["idle"] = {"seconds": seconds, "lost": answer.lost, "cpu_share": round(share, 4)}
        print(f"idle for {seconds:.0f} s: {answer.lost} lost, {share:.1%} of a core", flush=True)
        if answer.lost or answer.ready < self.count:
            self.missed.append(f"idle: {answer.lost} sockets lost, codes {answer.codes}")

    def _busy(self, seconds: float) -> None:
        found: Found = measured(self.server, self.clients, RATE, 1, seconds)
        self.figures["busy"] = found
        print(found.shown("ours"), flush=True)
        if found.lost:
            self.missed.append(f"at {RATE}/s: {found.lost} events or sockets lost")
        if found.p99_ms > MOST_P99_MS:
            self.missed.append(f"at {RATE}/s: p99 {found.p99_ms} ms above {MOST_P99_MS}")

    def _churn(self, cycles: int) -> None:
        """All go and come back; memory is looked at when all are there."""
        sizes = []
        for cycle in range(1, cycles + 1):
            self.clients.ask("shut")
            answer = opened(self.clients, self.count)
            time.sleep(2)
            sizes.append(self.server.resident_bytes())
            print(f"cycle {cycle}: open after {answer.seconds:.1f} s, {self._mib()} MiB", flush=True)
        self.figures["cycles_mib"] = [round(size / 2**20, 1) for size in sizes]
        if sizes and sizes[-1] > sizes[0] * (1 + MOST_GROWTH):
            self.missed.append(f"memory grows over {cycles} cycles: {self.figures['cycles_mib']} MiB")

    def _rules(self) -> dict[str, float]:
        """What the server says that it closed, dropped and refused."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}/metrics") as answer:
            text = answer.read().decode()
        found = re.findall(
            r"^(gryf_live_(?:closed|drops|handshakes_refused)_total\{[^}]*\}) (\S+)$", text, re.MULTILINE
        )
        rules = {name: float(value) for name, value in found}
        if rules:
            self.missed.append(f"rules were applied to clients that keep them all: {rules}")
        return rules


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sockets", type=int, default=SOCKETS)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="half of them idle, half with events")
    parser.add_argument("--cycles", type=int, default=CYCLES)
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes, with a database of its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped and taken away
    server_core, client_core = machine.two_cores()
    line: dict[str, object] = {
        "name": "sockets",
        "sockets": chosen.sockets,
        "minutes": chosen.minutes,
        "peers": {},
        "ratio": {},
    }
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # started by root, the database runs as another user
        try:
            with Ours(Path(folder) / "ours", server_core) as server:
                with clients_of(server, client_core, spin=0) as clients:
                    bench = Sockets(server, clients, chosen.sockets)
                    bench.run(chosen.minutes, chosen.cycles)
            line |= {"ours": bench.figures, "missed": bench.missed}
        except CannotRun as reason:
            line["missed"] = [str(reason)]
    line["machine"] = f"{machine.described()}, load {os.getloadavg()[0]:.1f}"
    print(msgspec.json.encode(line).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
