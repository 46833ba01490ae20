"""What a published stream costs: CPU of the server that takes it, records it and packages it as HLS.

`make bench-ingest` pushes 1, 10, 40 and 100 times the same feed (H.264 720p25 2.4 Mbit/s and AAC 128 kbit/s, key frame every
2 s) into the product and into two peers, one after another, server on one core and encoders on another. Figures are CPU
milliseconds per second of stream. The product's figure is its main process; its database and worker stand beside it.
Compare only within one run: machines differ, and so do hours.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench import machine  # noqa: E402 - found through the line above when run as a script
from tests.bench.media_servers import CannotRun, Gryf, MediaServer, NginxRtmp, NodeMediaServer  # noqa: E402 - same

FEED_S = 20
GOP_S = 2
WARM_UP_S = 6
LEAST_RECORDED = 0.7
"""Share of the feed that must reach the disk while we measure; a segment more or less is chance."""

COMPARED = 40
"""How many streams the ratio is taken at."""

NGINX_TARGET = 1.5
"""Most of nginx-rtmp's CPU that `COMPARED` streams may cost."""

LAG_TARGETS_S = {40: 0.05, 100: 0.1}
"""The event loop's lag at p99; it is known by the histogram's steps only."""


class Result(msgspec.Struct):
    """One server with so many streams."""

    ms: dict[str, float]
    """CPU milliseconds per stream-second by process; the first is the figure that is compared."""
    recorded: float
    """Of the stream that was recorded least: the share of what the feed brought meanwhile."""
    faults: list[str]
    remark: str
    lag_p99_s: float | None = None
    """Upper bound; None for a server that does not tell."""


def make_feed(path: Path) -> None:
    """Constant bit rate: noise keeps the encoder from saving on a still picture."""
    picture = "testsrc2=size=1280x720:rate=25,noise=alls=12:allf=t,format=yuv420p"
    video = "-c:v libx264 -preset veryfast -b:v 2400k -minrate 2400k -maxrate 2400k -bufsize 2400k -bf 0"
    video += f" -x264-params nal-hrd=cbr:force-cfr=1 -g {25 * GOP_S} -keyint_min {25 * GOP_S} -sc_threshold 0"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error"]
    command += ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    command += ["-t", str(FEED_S), *video.split(), "-c:a", "aac", "-b:a", "128k", "-ac", "2", "-f", "flv", str(path)]
    subprocess.run(command, check=True, timeout=90, stdin=subprocess.DEVNULL)


@contextlib.contextmanager
def publishers(feed: Path, addresses: list[str], core: int | None) -> Iterator[list[subprocess.Popen[bytes]]]:
    """An encoder for each address. Their key frames are spread: cameras do not blink together."""
    running: list[subprocess.Popen[bytes]] = []
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-re", "-stream_loop", "-1"]
    command += ["-i", str(feed), "-c", "copy", "-f", "flv"]
    try:
        with machine.on_core(core), (feed.parent / "publishers.log").open("ab") as log:
            for number, address in enumerate(addresses):
                # each from an address of its own, as encoders are: the product limits connections of one address
                source = f"127.0.1.{number + 1}"
                own = [*command, "-local_addr", source, address]
                running.append(subprocess.Popen(own, stdin=subprocess.DEVNULL, stderr=log))
                time.sleep(GOP_S / len(addresses))
        yield running
    finally:
        for process in running:
            process.kill()
        for process in running:
            process.wait()


def measure(server: MediaServer, streams: int, feed: Path, seconds: float, core: int | None) -> Result:
    """Starts the server, publishes, warms up, measures, checks, stops."""
    try:
        with publishers(feed, server.start(streams), core) as encoders:
            time.sleep(WARM_UP_S)
            server.remark()
            bytes_before, cpu_before, began = server.recorded_bytes(), server.cpu_s(), time.monotonic()
            time.sleep(seconds)
            cpu, took_s, recorded = server.cpu_s(), time.monotonic() - began, server.recorded_bytes()
            faults = [f"{name} is not listed" for name in _missing(server.listed())]
            faults += [f"encoder {number} ended" for number, one in enumerate(encoders) if one.poll() is not None]
            remark = server.remark()
    finally:
        server.stop()
    brought = feed.stat().st_size / FEED_S * took_s
    shares = [(now - before) / brought for before, now in zip(bytes_before, recorded, strict=True)]
    faults += [f"stream {number} recorded {share:.0%}" for number, share in enumerate(shares) if share < LEAST_RECORDED]
    ms = {name: (cpu[name] - cpu_before[name]) * 1000 / took_s / streams for name in cpu}
    return Result(ms, min(shares), faults, remark, server.lag_p99_s)


def _missing(listed: list[bool]) -> list[str]:
    return [f"stream {number}" for number, there in enumerate(listed) if not there]


def tell(server: MediaServer, streams: int, result: Result) -> None:
    first, *beside = result.ms.items()
    also = "".join(f"  + {name} {ms:.2f}" for name, ms in beside)
    remark = f"  {result.remark}" if result.remark else ""
    print(
        f"{streams:4d}  {server.name:18s} {first[1]:6.2f}{also}  recorded ≥ {result.recorded:.0%}{remark}", flush=True
    )
    for fault in result.faults:
        print(f"      {server.name}: {fault}", flush=True)


def run_all(folder: Path, counts: list[int], seconds: float) -> dict[str, dict[int, Result]]:
    """Every server with every count; a peer that cannot be had is left out with a word."""
    server_core, client_core = machine.two_cores()
    servers: list[MediaServer] = []
    for kind in (Gryf, NginxRtmp, NodeMediaServer):
        own = folder / kind.name
        own.mkdir()
        servers.append(kind(own, server_core))
    feed = folder / "feed.flv"
    make_feed(feed)
    print(f"CPU ms per stream-second, {seconds:g} s each; feed {feed.stat().st_size * 8 / FEED_S / 1e6:.2f} Mbit/s")
    results: dict[str, dict[int, Result]] = {server.name: {} for server in servers}
    for streams in counts:
        for server in list(servers):
            try:
                result = measure(server, streams, feed, seconds, client_core)
            except CannotRun as reason:
                print(f"      {server.name} is left out: {reason}", flush=True)
                servers.remove(server)
                continue
            results[server.name][streams] = result
            tell(server, streams, result)
    return results


def summary(results: dict[str, dict[int, Result]], most: int) -> dict:
    """The last line. `most`: the number of streams that is compared."""
    figures = {
        name: {str(streams): round(next(iter(one.ms.values())), 2) for streams, one in by_count.items()}
        for name, by_count in results.items()
    }
    ours = figures.pop("ours")
    whole = {str(streams): round(sum(one.ms.values()), 2) for streams, one in results["ours"].items()}
    ratio = {name: round(peer[str(most)] / ours[str(most)], 2) for name, peer in figures.items() if str(most) in peer}
    missed = [
        f"{name} with {streams}: {fault}"
        for name, by in results.items()
        for streams, r in by.items()
        for fault in r.faults
    ]
    missed += [
        f"{streams} streams: loop lag p99 ≤ {one.lag_p99_s} s, the aim is {LAG_TARGETS_S[streams]} s"
        for streams, one in results["ours"].items()
        if streams in LAG_TARGETS_S and one.lag_p99_s is not None and one.lag_p99_s > LAG_TARGETS_S[streams]
    ]
    nginx, node = figures["nginx-rtmp"].get(str(most)), figures["node-media-server"].get(str(most))
    mine = ours[str(most)]
    if nginx is not None and mine > NGINX_TARGET * nginx:
        missed.append(f"{most} streams cost {mine / nginx:.2f} × nginx-rtmp; the aim is {NGINX_TARGET} ×")
    if node is not None and mine >= node:
        missed.append(f"{most} streams cost {mine / node:.2f} × node-media-server; the aim is less than it")
    return {
        "name": "ingest",
        "ours": ours,
        "ours_with_database_and_worker": whole,
        "loop_lag_p99_s": {str(streams): one.lag_p99_s for streams, one in results["ours"].items()},
        "peers": figures,
        "ratio": ratio,
        "missed": missed,
        "machine": machine.described(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=15, help="how long each figure is measured")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 10, 40, 100], help="how many publishers")
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_") or name == "DATABASE_URL"]:
        del os.environ[name]  # the product as it comes, with a database of its own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped and taken away
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # see Gryf
        results = run_all(Path(folder), sorted(chosen.streams), chosen.seconds)
    line = summary(results, COMPARED if COMPARED in chosen.streams else max(chosen.streams))
    print(msgspec.json.encode(line).decode())
    return 1 if any(one.faults for by_count in results.values() for one in by_count.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
