"""How many WHEP viewers one process carries: 720p30 at 2.5 Mbit/s and sound, ours beside aiortc as it comes.

Viewers are real as far as the server can tell: ICE and DTLS are done with each. Then all but two stop reading, and the
kernel throws their packets away, so that the machine's other core is not what is measured; the two count what arrives.
The figure is the server's CPU time; viewers a core are what it comes to at 85 % of one core.
"""

import argparse
import asyncio
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import imageio_ffmpeg
import msgspec
from aioice import Connection
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, sdp

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench import machine  # noqa: E402 - found through the line above when run as a script

FEED_S = 8
FPS = 30
USABLE = 0.85
"""Share of a core that may be used before viewers notice."""

TARGET = 120
LEAST_ARRIVED = 0.98
WATCHED = 2
"""Viewers that read what they get."""

OFFER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=ice-ufrag:{user}
a=ice-pwd:{password}
a=fingerprint:sha-256 {fingerprint}
a=setup:actpass
m=video 9 UDP/TLS/RTP/SAVPF 102
c=IN IP4 0.0.0.0
a=mid:0
a=recvonly
a=rtcp-mux
{candidates}
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:1
a=recvonly
a=rtcp-mux
a=rtpmap:111 opus/48000/2
"""


class Result(msgspec.Struct):
    """One server with so many viewers."""

    viewers: int
    core: float
    """CPU seconds a second."""
    arrived: float
    """Of the viewers that count: the least share of the frames sent."""
    latest_ms: float
    """The longest pause between two frames."""


class Sink(RTCDtlsTransport):
    """A viewer below aiortc's peer connection, which would decode."""

    def __init__(self, ice: Connection, certificate: RTCCertificate) -> None:
        shell = type("Shell", (), {"_recv": ice.recv, "_send": ice.send, "role": "controlling"})()
        super().__init__(shell, [certificate])
        self.ice = ice
        self.times: dict[int, float] = {}
        """When each picture's first packet came, by its RTP time."""

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        del arrival_time_ms
        if data[1] & 0x7F == 102:
            self.times.setdefault(int.from_bytes(data[4:8], "big"), time.monotonic())

    async def _handle_rtcp_data(self, data: bytes) -> None:
        del data

    def stop_reading(self) -> None:
        """The kernel drops what comes from now on."""
        self._task.cancel()
        for protocol in self.ice._protocols:
            descriptor = protocol.transport.get_extra_info("socket").fileno()
            # a datagram transport cannot be paused, and the public method minds the transport
            asyncio.get_running_loop()._remove_reader(descriptor)


def make_feed(path: Path) -> None:
    """Constant bit rate: noise keeps the encoder from saving on a still picture."""
    picture = f"testsrc2=size=1280x720:rate={FPS},noise=alls=12:allf=t,format=yuv420p"
    video = "-c:v libx264 -preset veryfast -profile:v baseline -b:v 2500k -minrate 2500k -maxrate 2500k -bufsize 2500k"
    video += f" -tune zerolatency -bf 0 -x264-params nal-hrd=cbr:force-cfr=1 -g {2 * FPS} -sc_threshold 0"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error"]
    command += ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    command += ["-t", str(FEED_S), *video.split(), "-c:a", "libopus", "-b:a", "96k", "-f", "matroska", str(path)]
    subprocess.run(command, check=True, timeout=90, stdin=subprocess.DEVNULL)


async def watch(http: aiohttp.ClientSession, certificate: RTCCertificate) -> Sink:
    """One viewer: offer, answer, ICE, DTLS."""
    ice = Connection(ice_controlling=True, use_ipv6=False)
    await ice.gather_candidates()
    prints = {one.algorithm: one.value for one in certificate.getFingerprints()}
    offer = OFFER.format(
        user=ice.local_username,
        password=ice.local_password,
        fingerprint=prints["sha-256"],
        candidates="\n".join(f"a=candidate:{one.to_sdp()}" for one in ice.local_candidates),
    )
    async with http.post("/whep/s", data=offer, headers={"Content-Type": "application/sdp"}) as answer:
        assert answer.status == 201, await answer.text()
        parsed = sdp.SessionDescription.parse(await answer.text())
    media = parsed.media[0]
    ice.remote_username, ice.remote_password = media.ice.usernameFragment, media.ice.password
    for one in media.ice_candidates:
        candidate = sdp.candidate_to_sdp(one)
        if ":" not in one.ip:
            await ice.add_remote_candidate(type(ice.local_candidates[0]).from_sdp(candidate))
    await ice.add_remote_candidate(None)
    await ice.connect()
    sink = Sink(ice, certificate)
    sink._set_role("server" if media.dtls.role == "client" else "client")
    await sink.start(
        RTCDtlsParameters([RTCDtlsFingerprint(one.algorithm, one.value) for one in media.dtls.fingerprints])
    )
    assert sink.state == "connected", sink.state
    return sink


async def measure(name: str, feed: Path, counts: Sequence[int], seconds: float, core: int | None) -> list[Result]:
    """Starts the server and adds viewers; measures at each count."""
    with machine.on_core(core):
        command = [sys.executable, "-m", "tests.bench.whep_servers", name, str(feed)]
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    results = []
    certificate = RTCCertificate.generateCertificate()
    sinks: list[Sink] = []
    try:
        assert server.stdout is not None
        port = int(await asyncio.to_thread(server.stdout.readline))
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            for count in counts:
                while len(sinks) < count:
                    sinks.append(await watch(http, certificate))
                    if len(sinks) > WATCHED:
                        sinks[-1].stop_reading()
                await asyncio.sleep(2)
                results.append(await _count(server.pid, sinks, seconds))
    finally:
        server.kill()
        server.wait()
        for sink in sinks:
            await sink.ice.close()
    return results


async def _count(pid: int, sinks: list[Sink], seconds: float) -> Result:
    for sink in sinks[:WATCHED]:
        sink.times.clear()
    began, spent = time.monotonic(), machine.cpu_s(pid)
    await asyncio.sleep(seconds)
    took_s, cpu_s = time.monotonic() - began, machine.cpu_s(pid) - spent
    watched = [sorted(sink.times.values()) for sink in sinks[:WATCHED]]
    gaps = [b - a for times in watched for a, b in itertools.pairwise(times)]
    return Result(
        viewers=len(sinks),
        core=round(cpu_s / took_s, 3),
        arrived=round(min(len(times) for times in watched) / (took_s * FPS), 3),
        latest_ms=round(max(gaps, default=0) * 1000, 1),
    )


def carried(results: list[Result]) -> int:
    """Viewers a core: the last count, and what is left of the core at the price of one more."""
    last = results[-1]
    return int(USABLE * last.viewers / last.core)


async def run_all(folder: Path, ours: list[int], stock: list[int], seconds: float) -> dict:
    server_core, client_core = machine.two_cores()
    feed = folder / "feed.mkv"
    make_feed(feed)
    found: dict[str, list[Result]] = {}
    with machine.on_core(client_core):
        for name, counts in (("ours", ours), ("aiortc", stock)):
            found[name] = await measure(name, feed, counts, seconds, server_core)
            for one in found[name]:
                print(
                    f"{name:7s} {one.viewers:4d} viewers  {one.core:6.1%} of a core  {one.arrived:6.1%} of the frames "
                    f"arrived  longest pause {one.latest_ms:.0f} ms",
                    flush=True,
                )
    mine, peer = carried(found["ours"]), carried(found["aiortc"])
    missed = [f"{mine} viewers a core; the aim is {TARGET}"] if mine < TARGET else []
    missed += [
        f"ours with {one.viewers} viewers: {one.arrived:.0%} of the frames arrived"
        for one in found["ours"]
        if one.arrived < LEAST_ARRIVED
    ]
    return {
        "name": "whep",
        "ours": {"viewers_per_core": mine, "measured": [msgspec.to_builtins(one) for one in found["ours"]]},
        "peers": {
            "aiortc": {"viewers_per_core": peer, "measured": [msgspec.to_builtins(one) for one in found["aiortc"]]}
        },
        "ratio": {"aiortc": round(mine / peer, 2)},
        "missed": missed,
        "machine": machine.described(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="how long each figure is measured")
    parser.add_argument("--ours", type=int, nargs="+", default=[60, TARGET], help="viewers of our server")
    parser.add_argument("--stock", type=int, nargs="+", default=[10, 25], help="viewers of aiortc's")
    chosen = parser.parse_args()
    for name in [name for name in os.environ if name.startswith("GRYF_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="gryf-bench-") as folder:
        line = asyncio.run(run_all(Path(folder), sorted(chosen.ours), sorted(chosen.stock), chosen.seconds))
    print(msgspec.json.encode(line).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
