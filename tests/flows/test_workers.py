"""`serve --workers 2`: one port, two web processes, one that carries streams; one of them dies, and all of them stop."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import msgspec
import pytest

from tests.flows.processes import ROOT, Product, start_product
from tests.flows.test_session import browser, sign_in, until

pytestmark = pytest.mark.slow


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def is_web_worker(pid: int) -> bool:
    try:
        return b"GRYF_SERVER_ROLE=web" in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


def web_workers(pid: int) -> list[int]:
    return [one for one in children(pid) if is_web_worker(one)]


def sockets_of(pid: int, port: int) -> int:
    """Established connections of one process on a port of this machine."""
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(1 for one in lines if one[1].endswith(f":{port:04X}") and one[3] == "01" and one[9] in inodes)


async def start_workers(data: Path, *options: str) -> Product:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GRYF_")}
    environment |= {"GRYF_IDENTITY_ARGON2_PASSES": "1", "GRYF_IDENTITY_ARGON2_MEMORY_KIB": "64"}
    environment |= {"GRYF_IDENTITY_SECOND_FACTOR_REQUIRED": "false", "GRYF_MEDIA_MIN_FREE_MIB": "1"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "run.py", "serve", "--workers", "2", "--data", str(data)),
        *("--port", "0", "--rtmp-port", "0", "--json", *options),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=(data.parent / "workers.log").open("ab"),
    )
    assert process.stdout is not None
    async with asyncio.timeout(90):
        line = await process.stdout.readline()
    assert line, (data.parent / "workers.log").read_text(errors="replace")[-3000:]
    return Product(process, msgspec.json.decode(line))


async def test_two_web_processes_share_a_port(tmp_path):
    filled = await start_product(tmp_path / "data", "--no-feed")
    await filled.stop()
    running = await start_workers(tmp_path / "data")
    pid, port = running.process.pid, int(running.ready["http"].rpartition(":")[2])
    try:
        workers = web_workers(pid)
        assert len(workers) == 2
        async with browser(running.ready) as clerk:
            await sign_in(clerk, filled.ready["logins"]["clerk"])
            async with clerk.get("/api/council/sessions") as answer:
                session = (await answer.json())["live"][0]["id"]
            room = f"council/session/{session}/chat"

            # sockets are dealt out to both, and a message reaches all of them
            sockets = [await joined(clerk, running.ready["http"], room) for _ in range(24)]
            counts = [sockets_of(one, port) for one in workers]
            assert min(counts) >= 2, counts
            async with clerk.post(
                f"/api/council/sessions/{session}/messages", json={"body": "Do wszystkich"}
            ) as answer:
                assert answer.status == 201
            for one in sockets:
                assert (await event(one))["message"]["body"] == "Do wszystkich"
            # what lives in the process behind: the desk knows its encoders
            async with clerk.get(f"/api/council/sessions/{session}/encoders") as answer:
                assert answer.status == 200, await answer.text()

            # one dies: the other goes on, and a new one comes
            os.kill(workers[0], 9)
            await until(lambda: _replaced(pid, workers[0]))
            async with clerk.get("/healthz") as answer:
                assert answer.status == 200
            async with clerk.post(f"/api/council/sessions/{session}/messages", json={"body": "Po wypadku"}) as answer:
                assert answer.status == 201
            heard = 0
            for one in sockets:
                with contextlib.suppress(TypeError):  # closed with its process
                    heard += (await event(one))["message"]["body"] == "Po wypadku"
            assert heard == counts[1]
            for one in sockets:
                await one.close()
        took_s = await running.stop()
        assert took_s < 10
        assert not [one for one in workers if is_web_worker(one)]
    finally:
        if running.process.returncode is None:
            await running.kill()


async def _replaced(pid: int, dead: int) -> bool:
    now = web_workers(pid)
    return len(now) == 2 and dead not in now


async def joined(client: aiohttp.ClientSession, http: str, room: str) -> aiohttp.ClientWebSocketResponse:
    socket_ = await client.ws_connect("/live", origin=http)
    await socket_.send_json({"op": "join", "room": room, "ref": 1})
    while (await socket_.receive_json(timeout=10))["op"] != "joined":
        pass
    return socket_


async def event(socket_: aiohttp.ClientWebSocketResponse) -> dict:
    while (frame := await socket_.receive_json(timeout=10))["op"] != "event":
        pass
    return frame["data"]


async def test_workers_do_not_outlive_a_server_that_is_killed(tmp_path):
    running = await start_workers(tmp_path / "data")
    workers = web_workers(running.process.pid)
    assert len(workers) == 2
    await running.kill()
    await until(lambda: _gone(workers), 20)
    # PostgreSQL of the killed server is taken over by the next one
    again = await start_workers(tmp_path / "data")
    assert await again.stop() < 10


async def _gone(workers: list[int]) -> bool:
    return not any(is_web_worker(one) for one in workers)


def test_a_port_that_somebody_has_is_not_shared(tmp_path):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "run.py", "serve", "--workers", "2", "--data", str(tmp_path), "--rtmp-port", "0"]
        command += ["--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 2
    assert "is taken" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_workers_are_no_web_node_s_affair(tmp_path):
    command = [sys.executable, "run.py", "serve", "--workers", "2", "--role", "media", "--data", str(tmp_path)]
    environment = {**os.environ, "DATABASE_URL": "postgresql:///nowhere"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 2
    assert "workers" in done.stderr
