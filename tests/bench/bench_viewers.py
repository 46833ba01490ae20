"""How many viewers a server carries: live ones, and those of recordings.

`make bench-viewers` publishes one stream of 2.5 Mbit/s (see bench_ingest) and lets more and more LL-HLS viewers watch it,
each with one held playlist reload and one part request a part: from the product alone, then with nginx in front that
caches. A count is carried while the 99th percentile of parts is less than a part late and nobody misses one. Then ranges
of 500 kB of the recording are read as fast as they come. The peer is nginx with the very same playlist, parts and take as
plain files: it packages nothing and holds no request, so it is what static delivery can be at best.

Server on one core, viewers on another. Compare only within one run: machines differ, and so do hours.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench import machine, range_readers, viewers  # noqa: E402 - found through the line above when run as a script
from tests.bench.bench_ingest import make_feed, publishers  # noqa: E402 - same
from tests.bench.media_servers import CannotRun, Gryf, end  # noqa: E402 - same

RANGE_BYTES = 500_000
LEAST_GOT = 0.98
"""Share of the parts that must arrive while we measure."""

ALONE_TARGET, BEHIND_TARGET, RANGES_TARGET = 1000, 3000, 2000
PART_S = 0.52
WARM_UP_S = 1.0
PARTS_KEPT = 8
"""Parts that the peer serves in turn."""

Outcome = TypeVar("Outcome")


class Live(msgspec.Struct):
    """A server with so many viewers."""

    outcome: viewers.Outcome
    cpu_us: float
    """CPU of the server for one viewer's part, with its playlist: what is left when the machine is busy elsewhere."""

    @property
    def carried(self) -> bool:
        one = self.outcome
        return (
            not one.errors and not one.skipped and one.p99_ms < PART_S * 1000 and one.parts >= LEAST_GOT * one.expected
        )


class Nginx:
    """One worker on the server's core: in front of the product, and with plain files under /files/."""

    def __init__(self, folder: Path, core: int | None, upstream: str) -> None:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise CannotRun("nginx is not installed")
        (folder / "files").mkdir(parents=True)
        self.folder, port = folder, machine.free_port()
        self.address = f"http://127.0.0.1:{port}"
        config = folder / "nginx.conf"
        config.write_text(self._config(port, upstream.removeprefix("http://")))
        command = (program, "-p", str(folder), "-c", str(config), "-e", "stderr")
        with machine.on_core(core), (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)
        time.sleep(0.5)
        if self.process.poll() is not None:
            raise CannotRun((folder / "log").read_text(errors="replace")[-400:])

    def cpu_s(self) -> float:
        return machine.tree_cpu_s(self.process.pid)

    def _config(self, port: int, upstream: str) -> str:
        """What deploy/nginx.conf says of live streams, without its TLS; and a folder."""
        user = "user root;\n" if os.geteuid() == 0 else ""  # else its worker may not read our folder
        deployed = (ROOT / "deploy" / "nginx.conf").read_text()
        encodings = "".join(re.findall(r"^map \$http_accept_encoding .*?^}\n", deployed, re.MULTILINE | re.DOTALL))
        live = "".join(re.findall(r"^    location ~ \^/hls/.*?^    }\n", deployed, re.MULTILINE | re.DOTALL))
        assert live.count("proxy_cache gryf_live") == 2, "playlists and parts"
        temporary = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        return f"""{user}daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
error_log stderr error;
pid {self.folder}/nginx.pid;
events {{ worker_connections 16000; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000;
    open_file_cache max=1000;
    {temporary}
    proxy_cache_path {self.folder}/cache levels=1:2 keys_zone=gryf_live:16m max_size=2g use_temp_path=off;
    {encodings}
    upstream gryf_media {{ server {upstream}; keepalive 2048; }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        {live}
        location /files/ {{ root {self.folder}; }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(folder: Path, core: int | None, upstream: str) -> Iterator[Nginx]:
    server = Nginx(folder, core, upstream)
    try:
        yield server
    finally:
        end(server.process)


def run_clients(kind: type[Outcome], core: int | None, module: str, *arguments: object) -> Outcome:
    """Viewers in a process of their own; what they found."""
    with machine.on_core(core):
        command = [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    return msgspec.json.decode(done.stdout, type=kind)


def watch(address: str, count: int, seconds: float, core: int | None, cpu_s: Callable[[], float]) -> Live:
    warm_up_s = 2 + count / 1000
    before = cpu_s()
    outcome = run_clients(
        viewers.Outcome, core, "viewers", address, "--viewers", count, "--seconds", seconds, "--warm-up", warm_up_s
    )
    # viewers come one after another: on average they watch a third of the warm-up less
    watched = max(outcome.parts, 1) * (seconds + warm_up_s * 2 / 3) / seconds
    return Live(outcome, round((cpu_s() - before) * 1e6 / watched, 1))


def most_carried(name: str, counts: list[int], look: Callable[[int], Live], found: dict[str, dict[str, object]]) -> int:
    """The greatest count that is carried; it stops at the first that is not."""
    most = 0
    for count in counts:
        live = look(count)
        one = live.outcome
        print(
            f"{name:14s} {count:5d} viewers  {one.mbit_s:7.0f} Mbit/s  p50 {one.p50_ms:6.1f} ms  p99 {one.p99_ms:6.1f} ms"
            f"  got {one.parts / one.expected:.0%}  skipped {one.skipped}  {live.cpu_us:.0f} µs a part"
            f"{'' if live.carried else '  not carried'} {' '.join(one.errors[:1])}",
            flush=True,
        )
        found.setdefault(name, {})[str(count)] = {
            "p50_ms": one.p50_ms,
            "p99_ms": one.p99_ms,
            "cpu_us": live.cpu_us,
            "a_free_core_carries": round(1e6 / live.cpu_us * PART_S),
        }
        if not live.carried:
            break
        most = count
    return most


def copy_files(address: str, into: Path) -> list[str]:
    """The stream's playlist and last parts as files; names in the order in which a viewer asks."""
    with urllib.request.urlopen(f"{address}live.m3u8") as answer:
        playlist = answer.read()
    into.joinpath("live.m3u8").write_bytes(playlist)
    names: list[str] = []
    for name in re.findall(rb'EXT-X-PART:[^\n]*URI="([^"]+)"', playlist)[-PARTS_KEPT:]:
        with urllib.request.urlopen(address + name.decode()) as answer:
            into.joinpath(name.decode()).write_bytes(answer.read())
        names += ["live.m3u8", name.decode()]
    return names


class Bench:
    """The product with one stream on air, nginx beside it, and what was found."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder, self.seconds = folder, seconds
        self.server_core, self.client_core = machine.two_cores()
        self.figures: dict[str, dict[str, object]] = {}
        self.ours: dict[str, float] = {}
        self.peer: dict[str, float] = {}

    def run(self, alone: list[int], behind: list[int]) -> None:
        for name in ("gryf", "nginx"):
            (self.folder / name).mkdir()
        feed = self.folder / "feed.flv"
        make_feed(feed)
        gryf = Gryf(self.folder / "gryf", self.server_core)
        try:
            with publishers(feed, gryf.start(1), self.client_core):
                time.sleep(8)
                stream_id = next(iter(gryf.keys))
                self._live_alone(gryf, stream_id, alone)
                with nginx(self.folder / "nginx", self.server_core, gryf.http) as front:
                    self._live_behind(gryf, front, stream_id, behind)
                    self._static_live(front, f"{gryf.http}/hls/{stream_id}/")
                    self._ranges(gryf, front, stream_id)
        finally:
            gryf.stop()

    def _live_alone(self, gryf: Gryf, stream_id: str, counts: list[int]) -> None:
        def look(count: int) -> Live:
            address = f"{gryf.http}/hls/{stream_id}/"
            return watch(address, count, self.seconds, self.client_core, lambda: gryf.cpu_s()["server"])

        self.ours["viewers_alone"] = most_carried("alone", counts, look, self.figures)

    def _live_behind(self, gryf: Gryf, front: Nginx, stream_id: str, counts: list[int]) -> None:
        def look(count: int) -> Live:
            address = f"{front.address}/hls/{stream_id}/"
            both = lambda: gryf.cpu_s()["server"] + front.cpu_s()  # noqa: E731 - one expression, used once
            return watch(address, count, self.seconds, self.client_core, both)

        self.ours["viewers_behind_nginx"] = most_carried("behind nginx", counts, look, self.figures)

    def _static_live(self, front: Nginx, address: str) -> None:
        """The same bytes as plain files: pairs of playlist and part, as many viewers as that would be."""
        names = copy_files(address, front.folder / "files")
        outcome, cpu_us = self._read(front.cpu_s, [f"{front.address}/files/{name}" for name in names], 0, 0)
        self.peer["viewers_of_static_files"] = round(outcome.requests_s / 2 * PART_S)
        self.figures["nginx, plain files"] = {"cpu_us": round(cpu_us * 2, 1)}
        print(f"nginx, plain files: {outcome.requests_s / 2:.0f} pairs/s, {cpu_us * 2:.0f} µs a pair", flush=True)

    def _ranges(self, gryf: Gryf, front: Nginx, stream_id: str) -> None:
        take = max((gryf.data / "recordings" / stream_id).glob("*.mp4"), key=lambda path: path.stat().st_size)
        size = take.stat().st_size
        shutil.copy(take, front.folder / "files" / "take.mp4")
        address = f"{gryf.http}/recordings/{stream_id}/{take.name}"
        ours, our_us = self._read(lambda: gryf.cpu_s()["server"], [address], RANGE_BYTES, size)
        peer, peer_us = self._read(front.cpu_s, [f"{front.address}/files/take.mp4"], RANGE_BYTES, size)
        self.ours["ranges_s"], self.peer["ranges_s"] = ours.requests_s, peer.requests_s
        self.figures["ranges"] = {"cpu_us": round(our_us, 1), "nginx_cpu_us": round(peer_us, 1), "errors": ours.errors}
        print(
            f"ranges of {RANGE_BYTES // 1000} kB a second: {ours.requests_s:.0f} ({our_us:.0f} µs each), "
            f"nginx with the file {peer.requests_s:.0f} ({peer_us:.0f} µs each) {' '.join(ours.errors[:1])}",
            flush=True,
        )

    def _read(
        self, cpu_s: Callable[[], float], addresses: list[str], length: int, size: int
    ) -> tuple[range_readers.Outcome, float]:
        """What was read, and microseconds of the server's CPU for each request."""
        before = cpu_s()
        options = ("--length", length, "--size", size, "--seconds", self.seconds, "--warm-up", WARM_UP_S)
        outcome = run_clients(range_readers.Outcome, self.client_core, "range_readers", *addresses, *options)
        requests = max(outcome.requests_s, 1) * (self.seconds + WARM_UP_S)
        return outcome, (cpu_s() - before) * 1e6 / requests


def summary(bench: Bench) -> dict[str, object]:
    """The last line."""
    ours, peer = bench.ours, bench.peer
    targets = {"viewers_alone": ALONE_TARGET, "viewers_behind_nginx": BEHIND_TARGET, "ranges_s": RANGES_TARGET}
    missed = [
        f"{name} is {ours.get(name, 0):g}; the aim is {aim}" for name, aim in targets.items() if ours.get(name, 0) < aim
    ]
    ratio = {}
    if peer.get("viewers_of_static_files"):
        ratio["viewers_alone"] = round(ours["viewers_alone"] / peer["viewers_of_static_files"], 2)
    if peer.get("ranges_s"):
        ratio["ranges_s"] = round(ours["ranges_s"] / peer["ranges_s"], 2)
    return {
        "name": "viewers",
        "ours": ours,
        "figures": bench.figures,
        "peers": {"nginx with plain files": peer},
        "ratio": ratio,
        "missed": missed,
        "machine": f"{machine.described()}, load {os.getloadavg()[0]:.1f}",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="how long each figure is measured")
    parser.add_argument("--alone", type=int, nargs="+", default=[250, 1000, 1500], help="viewers of the product alone")
    parser.add_argument("--behind", type=int, nargs="+", default=[1000, 3000], help="viewers behind nginx")
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes, with a database of its own …
    os.environ["GRYF_LADDER_POLICY"] = "never"  # … but for the encoders of smaller pictures: they would share the core
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped and taken away
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # see Gryf
        bench = Bench(Path(folder), chosen.seconds)
        try:
            bench.run(sorted(chosen.alone), sorted(chosen.behind))
        except CannotRun as reason:
            print(f"      left out: {reason}", flush=True)
        line = summary(bench)
    print(msgspec.json.encode(line).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
