"""Runs the product as its user does: `run.py demo`, and real encoders against it."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import imageio_ffmpeg
import msgspec

from tests.filled import copy_folder, product_folder

ROOT = Path(__file__).resolve().parent.parent.parent
START_S = 180
"""A start takes 5 s, and more than a minute beside three other programs on two cores."""


class Product:
    """A server process. `ready` is the line it printed, and where its `log` lies."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict):
        self.process = process
        self.ready = ready

    async def kill(self) -> None:
        """As a power cut ends it."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> float:
        """SIGTERM; returns the seconds it took."""
        began = asyncio.get_running_loop().time()
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), 20)
        return asyncio.get_running_loop().time() - began


def copy_product(data: Path) -> None:
    """Makes the folder of a product that was stopped a moment ago and has the demo's data."""
    copy_folder(product_folder(), data)


async def start_product(
    data: Path,
    *options: str,
    rtmp_port: int = 0,
    database_url: str = "",
    from_nothing: bool = False,
    ladder: bool = False,
) -> Product:
    """Starts `run.py demo` and waits for its ready line.

    `from_nothing`: with a database of its own making on the disk. `ladder`: with smaller pictures, for who looks at them;
    they cost as much work as the server itself.
    """
    if not (database_url or from_nothing or data.exists()):
        await asyncio.to_thread(copy_product, data)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GRYF_")}
    environment |= {"GRYF_IDENTITY_ARGON2_PASSES": "1", "GRYF_IDENTITY_ARGON2_MEMORY_KIB": "64"}
    if not (ladder or from_nothing):
        environment["GRYF_LADDER_POLICY"] = "never"
    if database_url:
        environment["DATABASE_URL"] = database_url
    log = data.parent / "product.log"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "run.py",
        "demo",
        "--data",
        str(data),
        "--port",
        "0",
        "--rtmp-port",
        str(rtmp_port),
        "--json",
        *options,
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=log.open("ab"),
    )
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_S)
        assert line, log.read_text(errors="replace")[-3000:]
        return Product(process, msgspec.json.decode(line) | {"log": str(log)})
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()  # nobody else would
        raise


@contextlib.asynccontextmanager
async def product(data: Path, *options: str, **keywords) -> AsyncIterator[Product]:
    running = await start_product(data, *options, **keywords)
    try:
        yield running
    finally:
        if running.process.returncode is None:
            await running.stop()


@contextlib.asynccontextmanager
async def ffmpeg_feed(url: str, seconds: int = 60, size: str = "320x180") -> AsyncIterator[asyncio.subprocess.Process]:
    """A real ffmpeg that publishes a test picture and a tone."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-re"]
    command += ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", "-f", "lavfi", "-i", "sine=frequency=440"]
    command += ["-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50"]
    command += ["-pix_fmt", "yuv420p", "-c:a", "aac", "-ar", "48000", "-f", "flv", url]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
