"""One mixing process as the server sees it: fed from a bounded backlog, its news pushed into a stream, ended."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from typing import Final

import structlog

from media.backlog import Backlog
from media.conversation import Conversation
from media.mixer.protocol import (
    GUEST,
    HOST,
    Began,
    Feed,
    Gone,
    Made,
    News,
    Order,
    Ready,
    Setup,
    news,
)
from media.packet import CLOCK_HZ, Kind, Packet, Tracks
from media.stream import Stream

log = structlog.get_logger(__name__)

BACKLOG_BYTES: Final = 8 * 1024 * 1024
BACKLOG_S: Final = 3.0


def worker_command() -> tuple[str, ...]:
    return (sys.executable, "-m", "media.mixer.worker", "--parent", str(os.getpid()))


class Ear:
    """Hears one source for the mixer. What does not fit into the backlog is dropped up to the next key frame."""

    def __init__(self, mixer: "ProcessMixer", number: int, source: Stream) -> None:
        self._mixer = mixer
        self._number = number
        self._source = source
        self._waits_for_key = True

    def on_tracks(self, tracks: Tracks) -> None:
        self._waits_for_key = tracks.video is not None
        self._mixer.order(Setup(self._number, tracks.video, tracks.audio))

    def on_packet(self, packet: Packet) -> None:
        if not self._mixer.ready:
            self._waits_for_key = self._source.tracks.video is not None
            return
        if packet.kind is Kind.VIDEO:
            if self._waits_for_key and not packet.key:
                return
            self._waits_for_key = False
        if not self._feed(packet, int(time.monotonic() * CLOCK_HZ)) and packet.kind is Kind.VIDEO:
            self._waits_for_key = True

    def _feed(self, packet: Packet, at: int) -> bool:
        feed = Feed(self._number, packet.kind, at, packet.dts, packet.pts, packet.key, packet.data)
        return self._mixer.order(feed, at)

    def on_pause(self) -> None:
        self._mixer.order(Gone(self._number))

    def on_end(self) -> None:
        self.on_pause()

    def begin(self) -> None:
        self._source.tap(self)

    def catch_up(self) -> None:
        """The group of pictures that runs now, each with the time at which it came: nobody waits for the next."""
        recent = tuple(self._source.own_recent())
        now = int(time.monotonic() * CLOCK_HZ)
        self._waits_for_key = False
        for packet in recent:
            at = now - (recent[-1].dts - packet.dts)
            if not self._feed(packet, at):
                self._waits_for_key = True
                return
        self._waits_for_key = not recent and self._source.tracks.video is not None

    def leave(self) -> None:
        self._source.untap(self)


class ProcessMixer:
    """A `continuity.mixing.Mixer` and the `Publisher` of what it makes. Lives on the loop."""

    def __init__(
        self, host: Stream, guest: Stream, command: tuple[str, ...], when_over: Callable[["ProcessMixer"], None]
    ) -> None:
        self.stream = Stream(host.id)
        self.stream.begin(self)
        self.failed = False
        self.ready = False
        """The process is there: what came before is not waited for."""
        self.late_s = 0.0
        self.dropped = 0
        self._worker = Conversation("mixer", command, Backlog(BACKLOG_BYTES, BACKLOG_S), news(), self._hear)
        self._base = 0
        self._closed = False
        self._ears = (Ear(self, HOST, host), Ear(self, GUEST, guest))
        for ear in self._ears:
            ear.begin()
        self.task = asyncio.create_task(self._run(), name=f"mixer: {host.id}")
        self.task.add_done_callback(lambda _task: when_over(self))

    def drop_second(self) -> None:
        self._ears[1].leave()
        self.order(Gone(GUEST))

    def close(self, reason: str = "") -> None:
        """Ends the process; what it made is over. `reason`: of `Publisher`."""
        del reason
        if self._closed:
            return
        self._closed = True
        for ear in self._ears:
            ear.leave()
        self.task.cancel()
        self.stream.end()

    def order(self, order: Order, at_90k: int | None = None) -> bool:
        """Queues an order; False where the backlog is full and it was dropped."""
        taken = self._worker.send(order, at_90k)
        self.dropped += not taken
        return taken

    async def _run(self) -> None:
        try:
            await self._worker.run()
        except OSError:
            log.exception("a mixer cannot be started")
        finally:
            self.failed = True

    def _hear(self, one: News) -> None:
        if self._closed:
            return
        if isinstance(one, Ready):
            self.ready = True
            for ear in self._ears:
                ear.catch_up()
        elif isinstance(one, Began):
            self._base = one.base
            self.stream.set_tracks(Tracks(one.video, one.audio))
        elif isinstance(one, Made):
            self.late_s = max(0.0, time.monotonic() - (self._base + one.pts) / CLOCK_HZ)
            # told as come when it was sent: a closed part and the recording's clock go by that
            self.stream.replayed_s = self.late_s
            self.stream.push(Packet(one.kind, one.pts, one.pts, key=one.key, data=one.data))
            self.stream.replayed_s = 0.0
