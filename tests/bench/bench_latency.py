"""How old the picture is when a viewer sees it: the clock in the picture, read back from Chromium's canvas.

`make bench-latency` lets the product and nginx-rtmp take the same synthetic camera (720p25, a key frame every 2 s), lets
Chromium play each of them, and reads the picture's clock twice a second: the product's session page (low-latency HLS),
its WHEP address, and nginx-rtmp's HLS in hls.js as it comes. Figures are seconds from the encoder's input to the canvas.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.bench import machine  # noqa: E402 - found through the line above when run as a script
from tests.bench.media_servers import CannotRun, NginxRtmp  # noqa: E402 - same
from tests.browser.conftest import CHROMIUM  # noqa: E402 - same
from tests.browser.watching import clock_of, person  # noqa: E402 - same
from tests.flows.processes import Product, product  # noqa: E402 - same

TARGETS_S = {"hls": (2.0, 2.5), "whep": (0.35, None)}
"""Median and 95th percentile that are aimed at."""

SETTLE_S = 10
EVERY_S = 0.5
PLAYING = "() => { const v = document.querySelector('video'); return v && v.readyState > 2 && v.currentTime > 1; }"

PEER_PAGE = """<!doctype html><meta charset="utf-8"><video muted autoplay playsinline></video>
<script type="module">
  import Hls from "/vendor/hls.min.mjs";
  const hls = new Hls();
  hls.loadSource("/hls/s0.m3u8");
  hls.attachMedia(document.querySelector("video"));
</script>"""

WHEP = """async address => {
  document.body.innerHTML = "<video muted autoplay playsinline></video>";
  const peer = new RTCPeerConnection({iceServers: []});
  const stream = new MediaStream();
  document.querySelector("video").srcObject = stream;
  peer.ontrack = event => stream.addTrack(event.track);
  peer.addTransceiver("video", {direction: "recvonly"});
  peer.addTransceiver("audio", {direction: "recvonly"});
  await peer.setLocalDescription(await peer.createOffer());
  await new Promise(done => {
    if (peer.iceGatheringState === "complete") done();
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
  });
  const sdp = peer.localDescription.sdp;
  const answer = await fetch(address, {method: "POST", headers: {"Content-Type": "application/sdp"}, body: sdp});
  if (answer.status !== 201) throw new Error(`WHEP answers ${answer.status}`);
  await peer.setRemoteDescription({type: "answer", sdp: await answer.text()});
  window.peer = peer;
}"""


async def read(page: Page, seconds: float) -> list[float]:
    """Ages of the picture in seconds, as often as it can be read."""
    await page.wait_for_function(PLAYING, timeout=40_000)
    await asyncio.sleep(SETTLE_S)
    found = []
    for _ in range(round(seconds / EVERY_S)):
        behind_ms = await clock_of(page)
        if behind_ms is not None:
            found.append(behind_ms / 1000)
        await asyncio.sleep(EVERY_S)
    if len(found) < seconds / EVERY_S / 2:
        raise CannotRun(f"the clock was read {len(found)} times only")
    return found


def figures(ages: list[float]) -> dict[str, float]:
    ordered = sorted(ages)
    return {
        "median_s": round(statistics.median(ordered), 3),
        "p95_s": round(ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)], 3),
        "worst_s": round(ordered[-1], 3),
        "readings": len(ordered),
    }


async def ours(browser: Browser, folder: Path, seconds: float) -> dict[str, dict[str, float]]:
    """The session page, then WHEP, from one product."""
    async with product(folder / "data", from_nothing=True) as running:
        found = {"hls": await session_page(browser, running, seconds)}
        if running.ready["whep"]:
            found["whep"] = await whep(browser, running, seconds)
        return found


async def session_page(browser: Browser, running: Product, seconds: float) -> dict[str, float]:
    context = await person(browser, running.ready)
    try:
        page = await context.new_page()
        await page.goto(running.ready["session"])
        return figures(await read(page, seconds))
    finally:
        await context.close()


async def whep(browser: Browser, running: Product, seconds: float) -> dict[str, float]:
    context = await person(browser, running.ready)
    try:
        page = await context.new_page()
        await page.goto(running.ready["http"] + "/council/members")
        await page.evaluate(WHEP, running.ready["whep"])
        return figures(await read(page, seconds))
    finally:
        await context.close()


@contextlib.asynccontextmanager
async def peer_site(segments: Path) -> AsyncIterator[str]:
    """A page with hls.js as it comes, and nginx-rtmp's files."""

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=PEER_PAGE, content_type="text/html")

    async def send_script(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(ROOT / "static/vendor/hls/hls.min.mjs", headers={"Content-Type": "text/javascript"})

    application = web.Application()
    application.router.add_get("/", show)
    application.router.add_get("/vendor/hls.min.mjs", send_script)
    application.router.add_static("/hls", segments)
    runner = web.AppRunner(application)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", machine.free_port())
    await listening.start()
    try:
        yield listening.name
    finally:
        await runner.cleanup()


async def nginx(browser: Browser, folder: Path, seconds: float) -> dict[str, float]:
    """Raises `CannotRun` where the module is not installed."""
    server = NginxRtmp(folder, None)
    (address,) = server.start(1)
    encoder = subprocess.Popen(
        [sys.executable, "-m", "media.codec.synthetic", "--url", "-"],
        cwd=ROOT,
        env={**os.environ, "GRYF_ENCODER_URL": address},
    )
    try:
        for _ in range(150):
            if all(server.listed()):
                break
            await asyncio.sleep(0.2)
        async with peer_site(server.output / "hls") as site:
            page = await browser.new_page()
            await page.goto(site)
            return figures(await read(page, seconds))
    finally:
        encoder.terminate()
        encoder.wait(10)
        server.stop()


async def run_all(folder: Path, seconds: float) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """Ours, then the peer, one after the other: both cores belong to the one that is measured."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        mine = await ours(browser, folder, seconds)
        for way, found in mine.items():
            print(f"ours, {way}: {found}", flush=True)
        peers: dict[str, dict[str, float]] = {}
        own = folder / "nginx"
        own.mkdir()
        try:
            peers["nginx-rtmp"] = await nginx(browser, own, seconds)
            print(f"nginx-rtmp, hls: {peers['nginx-rtmp']}", flush=True)
        except CannotRun as reason:
            print(f"nginx-rtmp is left out: {reason}", flush=True)
        await browser.close()
    return mine, peers


def summary(mine: dict[str, dict[str, float]], peers: dict[str, dict[str, float]]) -> dict:
    """The last line."""
    missed = [f"{way} was not measured" for way in TARGETS_S if way not in mine]
    for way, (median_s, p95_s) in TARGETS_S.items():
        for name, aim in (("median_s", median_s), ("p95_s", p95_s)):
            if way in mine and aim is not None and mine[way][name] > aim:
                missed.append(f"{way}: {name} {mine[way][name]}, the aim is {aim}")
    ratio = {name: round(found["median_s"] / mine["hls"]["median_s"], 2) for name, found in peers.items()}
    return {
        "name": "latency",
        "ours": mine,
        "peers": peers,
        "ratio": ratio,
        "missed": missed,
        "machine": machine.described(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300, help="how long each way is watched")
    chosen = parser.parse_args()
    if CHROMIUM is None:
        print("Chromium is needed")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="gryf-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # started by root, the database runs as another user
        mine, peers = asyncio.run(run_all(Path(folder), chosen.seconds))
    print(msgspec.json.encode(summary(mine, peers)).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
