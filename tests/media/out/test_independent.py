"""A real encoder sends to the product, which passes it on to servers that are not ours."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import av
import imageio_ffmpeg
import pytest

from media.continuity.model import SlateKind
from media.feature import rtmp_port
from media.packet import Kind
from media.publishing import PublishGrant
from media.streams import STREAMS
from tests.conftest import Demo, Site, running_site
from tests.media.out.targets import FakeTarget
from tests.media.out.test_api import PATH, STREAM, begin, until

pytestmark = pytest.mark.slow

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


@pytest.fixture
async def site(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setenv("GRYF_OUT_ALLOW_PRIVATE", "true")
    async with demo.copy(tmp_path) as url, running_site(url, tmp_path) as found:
        yield found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@asynccontextmanager
async def process(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    running = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


async def accepts(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            return


def check_file(path: Path, seconds: float) -> None:
    """It decodes from beginning to end, starts with a key frame, and sound and picture are of one length."""
    with av.open(str(path)) as container:
        assert next(container.demux(video=0)).is_keyframe
    with av.open(str(path)) as container:
        frames = [frame.time for frame in container.decode(video=0)]
    with av.open(str(path)) as container:
        sounds = [frame.time for frame in container.decode(audio=0)]
    assert frames[-1] - frames[0] > seconds
    assert frames == sorted(frames)
    assert abs((frames[-1] - frames[0]) - (sounds[-1] - sounds[0])) < 0.5


async def add(site: Site, url: str, key: str) -> int:
    async with site.client("clerk") as clerk, clerk.post(PATH, json={"url": url, "key": key}) as answer:
        assert answer.status == 201, await answer.text()
        return int((await answer.json())["id"])


def encoder(site: Site, seconds: int) -> tuple[str, ...]:
    """ffmpeg as a council hall's encoder, with B-frames, for so long."""
    return (
        *(FFMPEG, "-v", "error", "-re"),
        *("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=frequency=440"),
        *("-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-c:a", "aac"),
        *("-f", "flv", f"rtmp://127.0.0.1:{rtmp_port(site.app)}/live/hall"),
    )


@pytest.fixture
def _hall(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key `hall` opens the stream on air."""

    async def authorise(key: str, _address: str) -> PublishGrant | None:
        return PublishGrant(stream_id=STREAM, on_air=True, label="hall") if key == "hall" else None

    monkeypatch.setattr(site.app[STREAMS], "_authorise", authorise)


@pytest.mark.usefixtures("_hall")
async def test_ffmpeg_as_the_server(site: Site, tmp_path: Path) -> None:
    port, taken = free_port(), tmp_path / "taken.mkv"
    url = f"rtmp://127.0.0.1:{port}/app"
    command = (FFMPEG, "-v", "error", "-listen", "1", "-i", f"{url}/key", "-c", "copy", str(taken))
    async with process(*command) as server:
        await asyncio.sleep(1.0)  # it takes one connection only: asking whether it listens would be that one
        await add(site, url, "key")
        async with process(*encoder(site, 7)) as sending:
            await sending.wait()
        site.app[STREAMS].take_off_air(STREAM)
        async with asyncio.timeout(20):
            await server.wait()
    check_file(taken, 5.0)


@pytest.mark.usefixtures("_hall")
@pytest.mark.skipif(not Path("/usr/lib/nginx/modules/ngx_rtmp_module.so").exists(), reason="nginx-rtmp is not here")
async def test_nginx_rtmp_as_the_server(site: Site, tmp_path: Path) -> None:
    nginx, port, folder = shutil.which("nginx") or "/usr/sbin/nginx", free_port(), tmp_path / "nginx"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; worker_processes 1; error_log {folder}/error.log; pid {folder}/pid;\n"
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;\n"
        "events { worker_connections 64; }\n"
        f"rtmp {{ server {{ listen 127.0.0.1:{port}; application app {{ live on; record all; record_path {folder};"
        " record_suffix .flv; } } }\n"
    )
    async with process(nginx, "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")):
        await accepts(port)
        await add(site, f"rtmp://127.0.0.1:{port}/app", "key")
        async with process(*encoder(site, 7)) as sending:
            await sending.wait()
        site.app[STREAMS].take_off_air(STREAM)
        await asyncio.sleep(1.0)
    (taken,) = folder.glob("*.flv")
    check_file(taken, 5.0)


async def test_nothing_of_a_closed_part_leaves_the_house(site: Site) -> None:
    async with FakeTarget().serving() as target:
        await add(site, f"rtmp://127.0.0.1:{target.port}/app", "key")
        feeding = begin(site)
        await until(lambda: len(target.packets) > 200)
        source = {packet.data for packet in target.packets if packet.kind is Kind.VIDEO}
        streams = site.app[STREAMS]
        streams.show_slate(STREAM, SlateKind.CLOSED)
        await until(lambda: len(target.tracks) == 2)
        target.packets.clear()
        await until(lambda: len(target.packets) > 100)
        assert not source & {packet.data for packet in target.packets}, "a slate, and nothing else"
        streams.hide_slate(STREAM)
        await until(lambda: len(target.tracks) == 3)
        await until(lambda: source & {packet.data for packet in target.packets})
        times = [packet.dts for packet in target.packets if packet.kind is Kind.VIDEO]
        assert times == sorted(times)
        feeding.cancel()
