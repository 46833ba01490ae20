"""A source in fast time, with a ladder beside it: what is asserted is what a player would get."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from media.hls.muxer import Timing
from media.hls.window import Bounds, Start
from media.ladder.figures import Figures
from media.ladder.ladder import Ladder
from media.ladder.process import worker_command
from media.ladder.rungs import chosen
from media.ladder.settings import LadderSettings
from media.packager import Packager
from media.packet import Packet, Tracks
from tests.media.hls import reading

BEGAN_AT_S = 1_700_000_000.0
BOUNDS = Bounds(window_s=600)
PATIENCE_S = 60


class Source:
    """A packager whose clock is that of its packets, each a little late, as packets are."""

    def __init__(self, start: Start | None = None) -> None:
        self.now_s = BEGAN_AT_S
        self.packager = Packager("sesja1", Timing(), BOUNDS, start or Start(), clock=lambda: self.now_s)
        self.sent = 0

    def push(self, packet: Packet) -> None:
        self.sent += 1
        self.now_s = max(self.now_s, BEGAN_AT_S + packet.dts / 90_000 + self.sent % 7 * 0.003)
        self.packager.on_packet(packet)


async def play(source: Source, ladder: Ladder, packets: Iterable[Packet], most_lag_s: float = 0.5) -> None:
    """Pushes as fast as the worker follows."""
    for packet in packets:
        source.push(packet)
        if ladder.lag_s > most_lag_s:
            await until(lambda: ladder.lag_s <= most_lag_s)


async def until(true: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def laddered(
    source: Source, settings: LadderSettings | None = None, command: tuple[str, ...] | None = None, *, wait: bool = True
) -> AsyncIterator[Ladder]:
    settings = settings or LadderSettings()
    figures = Figures(CollectorRegistry())
    ladder = Ladder(source.packager, chosen(settings.renditions), BOUNDS, command or worker_command(settings), figures)
    ladder.start()
    try:
        if wait:
            await until(lambda: ladder.ready)
        yield ladder
    finally:
        await ladder.close()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def file_of(packager: Packager, take: int = 0) -> bytes:
    """What a player has when it has loaded all segments of a take."""
    window = packager.window
    init = window.init(take)
    assert init is not None
    segments = (window.segment(one.msn) for one in window.listed() if one.take == take)
    return init + b"".join(bytes(data) for data in segments if data)


def seen(packager: Packager, folder: Path, take: int = 0) -> reading.Seen:
    """Decoded by a real ffmpeg without a fault, then read."""
    data = file_of(packager, take)
    reading.decode(data, folder)
    return reading.read(data)


def places(packager: Packager) -> dict[int, tuple[int, int, float]]:
    """Each listed segment's take, discontinuity and date by its number."""
    return {one.msn: (one.take, one.discontinuity, one.began_at_s) for one in packager.window.listed()}


def starts(packets: Iterable[Packet], tracks: Tracks) -> list[float]:
    """When the source's key frames are shown, in seconds from the first."""
    keys = [packet.pts for packet in packets if packet.kind == "video" and packet.key]
    assert tracks.video is not None
    return [(pts - keys[0]) / 90_000 for pts in keys]
