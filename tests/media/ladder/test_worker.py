"""The worker process by itself: what it says, what it may take, and when it ends."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from media.conversation import ROOT
from media.framing import encode
from media.ladder.process import worker as talking_to
from media.ladder.process import worker_command
from media.ladder.protocol import Began, Coded, Ended, Feed, Flush, News, Ready, Setup
from media.ladder.protocol import news as news_reader
from media.ladder.rungs import RUNGS
from media.ladder.settings import LadderSettings
from media.packet import Packet, VideoTrack
from tests.media.hls import feed
from tests.media.ladder.playing import is_running, until


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    command = worker_command(LadderSettings(preset="ultrafast"))
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as started:
        try:
            yield started
        finally:
            started.kill()


def orders(run: int, track: VideoTrack, packets: tuple[Packet, ...]) -> bytes:
    feeds = (Feed(run, one.dts, one.pts, one.key, one.data) for one in packets)
    return b"".join(map(encode, [Setup(run, track, RUNGS[2:]), *feeds, Flush(run)]))


def test_a_conversation(process: subprocess.Popen[bytes]) -> None:
    track, packets = feed.video(2, width=640, height=360)
    # What belongs to another run than the last is left out.
    stray = encode(Feed(1, 0, 0, key=True, data=b"x")) + encode(Flush(1))
    data, _ = process.communicate(stray + orders(1, track, packets) + stray + orders(2, track, packets), timeout=60)
    assert process.returncode == 0
    news = list(news_reader().feed(data))
    assert news[0] == Ready()
    for run, said in ((1, news[1:53]), (2, news[53:])):
        began, *coded, ended = said
        assert isinstance(began, Began)
        assert began.run == run
        assert [(one.width, one.height) for one in began.tracks] == [(426, 240)]
        assert all(isinstance(one, Coded) and one.run == run for one in coded)
        assert [one.pts for one in coded if isinstance(one, Coded)] == [one.pts for one in packets]
        assert ended == Ended(run)


def test_it_is_confined(process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    assert process.stdout.read(len(encode(Ready()))) == encode(Ready())
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    limits = Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 5
    assert len(os.sched_getaffinity(process.pid)) == 1
    assert f"{2048 * 1024 * 1024}" in next(line for line in limits.splitlines() if "address space" in line)
    assert "Threads:\t1\n" in status
    assert "NoNewPrivs:\t1\n" in status


def test_it_ends_with_its_input_and_on_nonsense(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(30) == 0


def test_it_does_not_outlive_a_server_that_was_killed(tmp_path: Path) -> None:
    """Its input stays open here, held by a third process: only the parent's death can tell it."""
    server = (
        "import os, subprocess, sys, time\n"
        "command = [*sys.argv[1:], '--parent', str(os.getpid())]\n"
        "child = subprocess.Popen(command, stdin=0, stdout=subprocess.DEVNULL)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    reading, writing = os.pipe()
    command = [sys.executable, "-c", server, *worker_command(LadderSettings())]
    with subprocess.Popen(command, cwd=ROOT, stdin=reading, stdout=subprocess.PIPE) as parent:
        os.close(reading)
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        status = Path(f"/proc/{pid}/status")
        # The worker asks for it once it is up.
        asyncio.run(until(lambda: b"ladder" in Path(f"/proc/{pid}/cmdline").read_bytes() and _priority(pid) > 0))
        parent.kill()
        parent.wait()
        asyncio.run(until(lambda: not status.exists() or "State:\tZ" in status.read_text(encoding="utf-8")))
    os.close(writing)


def test_it_does_not_begin_for_a_server_that_is_gone() -> None:
    command = [*worker_command(LadderSettings()), "--parent", "1"]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stdout == b""


def _priority(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid) - os.getpriority(os.PRIO_PROCESS, 0)


async def test_it_learns_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://gryf:secret@example/gryf")
    heard: list[News] = []
    worker = talking_to(worker_command(LadderSettings()), heard.append)
    running = asyncio.create_task(worker.run())
    await until(lambda: heard == [Ready()])
    assert b"secret" not in Path(f"/proc/{worker.pid}/environ").read_bytes()
    os.kill(worker.pid, signal.SIGTERM)
    # asyncio's own loop may lose the status (255): Popen.kill() looks for the end too, and takes it from the watcher
    assert await asyncio.wait_for(running, 30) in {-signal.SIGTERM, 255}
    assert not is_running(worker.pid)


async def test_a_process_that_talks_nonsense_is_ended() -> None:
    heard: list[News] = []
    command = (sys.executable, "-c", "import sys, time; print('Hello, world', flush=True); time.sleep(600)")
    worker = talking_to(command, heard.append)
    assert await asyncio.wait_for(worker.run(), 30) == -signal.SIGKILL
    assert heard == []
