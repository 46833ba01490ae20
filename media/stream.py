"""A stream: one publisher at a time, many sinks, and the last group of pictures for those who come late."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, Protocol

import structlog

from media.packet import CLOCK_HZ, Kind, Packet, Tracks

log = structlog.get_logger(__name__)

MAX_GOP_BYTES: Final = 32 * 1024 * 1024
"""A group of pictures larger than this is not kept: a viewer then waits for the next key frame."""

MAX_GOP_PACKETS: Final = 4096


class Sink(Protocol):
    """Takes packets as they come, on the event loop. It returns at once: slow ones queue inside and drop by rule."""

    def on_tracks(self, tracks: Tracks) -> None:
        """A publisher began, or changed what it sends. Packets that follow belong to these tracks."""

    def on_packet(self, packet: Packet) -> None:
        """One more packet of the tracks last told."""

    def on_pause(self) -> None:
        """The publisher is gone; another may come (then `on_tracks` is called again) and its clock starts anew."""

    def on_end(self) -> None:
        """Nothing will come any more."""


class Publisher(Protocol):
    """What holds the connection that publishes: a socket shell."""

    def close(self, reason: str) -> None:
        """Ends the connection; `reason` is a short English sentence for the encoder's log."""


class Stream:
    """Carries packets from its publisher to its sinks. Never blocks, never raises for a sink's fault.

    `id` is a random token, safe in a path. `push` is the hot path: 72 calls a second for each publisher.
    """

    def __init__(self, stream_id: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.id = stream_id
        self._clock = clock
        self.tracks = Tracks()
        self.publisher: Publisher | None = None
        self.began_at: float = 0.0
        """Unix time in seconds at which the present publisher's first packet arrived; 0 while there is none."""
        self.last_packet_at: float = 0.0
        """Monotonic time in seconds of the last packet: silence tells a dead publisher."""
        self.bytes_in = 0
        self.packets_in = 0
        self.ended = False
        self._sinks: list[Sink] = []
        self._taps: tuple[Sink, ...] = ()
        self._sinks_know_tracks = False
        self.replayed_s = 0.0
        """How long ago the packet being handed out came; 0 for one that comes this moment."""
        self._heard_before = 0.0
        self._followed: Stream | None = None
        self._relay = _Relay(self)
        self._gop: list[Packet] = []
        self._gop_bytes = 0

    @property
    def heard_at(self) -> float:
        """Monotonic time in seconds of the last packet that sinks could have got; 0 before the first."""
        if self._followed is not None:
            return self._followed.heard_at
        return self.last_packet_at if self.began_at else self._heard_before

    @property
    def followed(self) -> "Stream | None":
        """The stream whose packets the sinks get instead of the own publisher's."""
        return self._followed

    @property
    def live(self) -> bool:
        """A publisher is connected and has sent something."""
        return self.publisher is not None and self.began_at > 0

    def begin(self, publisher: Publisher) -> None:
        """Makes `publisher` the one that feeds this stream. The caller has settled what becomes of an earlier one."""
        if self.ended:
            raise ValueError("the stream has ended")
        if self.publisher is not None:
            self.pause(self.publisher)
        self.publisher = publisher
        self.tracks = Tracks()
        self.began_at = 0.0
        self.last_packet_at = self._clock()

    def set_tracks(self, tracks: Tracks) -> None:
        """Says what the packets that follow are. The same tracks again are no news."""
        if tracks == self.tracks and self._sinks_know_tracks:
            return
        self.tracks = tracks
        self._sinks_know_tracks = True
        self._forget_gop()
        self._each("on_tracks", tracks, own=True)

    def push(self, packet: Packet) -> None:
        """Hands one packet to every sink and keeps it if it belongs to the present group of pictures."""
        if self.began_at == 0.0:
            self.began_at = time.time()
        self.last_packet_at = self._clock()
        self.bytes_in += len(packet.data)
        self.packets_in += 1
        self._keep(packet)
        if self._taps:
            self._tell_taps("on_packet", packet)
        if self._followed is None:
            self._hand_out(packet)

    def _hand_out(self, packet: Packet) -> None:
        for sink in self._sinks:
            try:
                sink.on_packet(packet)
            except Exception as problem:  # noqa: BLE001 - one sink's fault must not reach the publisher or other sinks
                self._expel(sink, problem)

    def pause(self, publisher: Publisher) -> None:
        """The publisher is gone. A call by one that was already replaced changes nothing."""
        if self.publisher is not publisher:
            return
        self.publisher = None
        if self.began_at:
            self._heard_before = self.last_packet_at
        self.began_at = 0.0
        self._sinks_know_tracks = False
        self._forget_gop()
        self._each("on_pause", own=True)

    def follow(self, other: "Stream | None") -> None:
        """Gives the sinks another stream's packets instead of the own publisher's; None: the own ones again.

        The sinks hear of a pause, then of the tracks and the last group of pictures of whoever feeds now. The own
        publisher is not disturbed: what it sends is kept back.
        """
        if other is self._followed or self.ended:
            return
        if self._followed is not None:
            self._followed.detach(self._relay)
        self._followed = other
        self._each("on_pause")
        if other is not None:
            other.attach(self._relay)
        elif self._sinks_know_tracks:
            self._each("on_tracks", self.tracks)
            for packet, ago_s in self._aged():
                self.replayed_s = ago_s
                self._hand_out(packet)
            self.replayed_s = 0.0

    def recent(self) -> tuple[Packet, ...]:
        """The group of pictures that runs now, of whoever feeds; empty before its IDR."""
        return self._followed.recent() if self._followed is not None else tuple(self._gop)

    def own_recent(self) -> Sequence[Packet]:
        """The same of the own publisher, whoever is followed. Read it at once: it changes."""
        return self._gop

    def end(self) -> None:
        """Ends the stream for good: the publisher is closed, the sinks are told and let go."""
        if self.ended:
            return
        self.ended = True
        if self._followed is not None:
            self._followed.detach(self._relay)
        if self.publisher is not None:
            publisher, self.publisher = self.publisher, None
            publisher.close("the session has ended")
        self._forget_gop()
        self._each("on_end")
        self._sinks = []

    def attach(self, sink: Sink) -> None:
        """Adds a sink; it is told the tracks and the present group of pictures at once, so it has a picture now."""
        if self.ended:
            raise ValueError("the stream has ended")
        self._sinks = [*self._sinks, sink]
        source = self._followed or self
        if not source._sinks_know_tracks:  # noqa: SLF001 - another object of this class
            return
        try:
            sink.on_tracks(source.tracks)
            for packet, ago_s in source._aged():  # noqa: SLF001 - as above
                self.replayed_s = ago_s
                sink.on_packet(packet)
        except Exception as problem:  # noqa: BLE001 - as in push
            self._expel(sink, problem)
        finally:
            self.replayed_s = 0.0

    def tap(self, sink: Sink) -> None:
        """From now on it hears the own publisher, whoever is followed; it has to wait for a key frame."""
        self._taps = (*self._taps, sink)
        if self._sinks_know_tracks:
            sink.on_tracks(self.tracks)

    def untap(self, sink: Sink) -> None:
        """Ends what `tap` began; one that does not listen is no error."""
        self._taps = tuple(known for known in self._taps if known is not sink)

    def detach(self, sink: Sink) -> None:
        """Takes a sink away; one that is not there is no error."""
        self._sinks = [known for known in self._sinks if known is not sink]

    def carries(self, sink: Sink) -> bool:
        """Whether the sink is attached still: one that failed is not."""
        return any(known is sink for known in self._sinks)

    def dismiss(self, sink: Sink) -> None:
        """Takes a sink away and tells it that for it the stream has ended; its fault does not reach the caller."""
        self.detach(sink)
        try:
            sink.on_end()
        except Exception:
            log.exception("sink failed at its end", stream=self.id, sink=type(sink).__name__)

    def _aged(self) -> list[tuple[Packet, float]]:
        """The present group of pictures, each with the seconds since it came, as its times tell."""
        newest = self._gop[-1].dts if self._gop else 0
        return [(packet, (newest - packet.dts) / CLOCK_HZ) for packet in self._gop]

    def _keep(self, packet: Packet) -> None:
        if packet.kind is Kind.VIDEO and packet.key:
            self._forget_gop()
        elif not self._gop and self.tracks.video is not None:
            return
        if self.tracks.video is None and len(self._gop) >= 32:
            self._forget_gop()
        self._gop.append(packet)
        self._gop_bytes += len(packet.data)
        if self._gop_bytes > MAX_GOP_BYTES or len(self._gop) > MAX_GOP_PACKETS:
            self._forget_gop()

    def _forget_gop(self) -> None:
        self._gop = []
        self._gop_bytes = 0

    def _tell_taps(self, call: str, *arguments: object) -> None:
        for sink in self._taps:
            try:
                getattr(sink, call)(*arguments)
            except Exception:
                log.exception("tap failed and was taken away", stream=self.id)
                self.untap(sink)

    def _each(self, call: str, *arguments: object, own: bool = False) -> None:
        """`own`: of the own publisher, which sinks do not hear of while another stream is followed."""
        if own:
            self._tell_taps(call, *arguments)
            if self._followed is not None:
                return
        for sink in self._sinks:
            try:
                getattr(sink, call)(*arguments)
            except Exception as problem:  # noqa: BLE001 - one sink's fault must not reach the publisher or other sinks
                self._expel(sink, problem)

    def _expel(self, sink: Sink, problem: Exception) -> None:
        log.error("sink failed and was detached", stream=self.id, sink=type(sink).__name__, exc_info=problem)
        self.detach(sink)


class _Relay:
    """A sink of a stream that is followed: hands everything to the sinks of the follower."""

    __slots__ = ("_to",)

    def __init__(self, to: Stream) -> None:
        self._to = to

    def on_tracks(self, tracks: Tracks) -> None:
        self._to._each("on_tracks", tracks)  # noqa: SLF001 - a part of Stream

    def on_packet(self, packet: Packet) -> None:
        followed = self._to.followed
        self._to.replayed_s = followed.replayed_s if followed is not None else 0.0
        self._to._hand_out(packet)  # noqa: SLF001 - a part of Stream

    def on_pause(self) -> None:
        self._to._each("on_pause")  # noqa: SLF001 - a part of Stream

    def on_end(self) -> None:
        self._to.follow(None)


class Reader:
    """A sink that queues for a slower consumer, and drops by rule: on overflow everything up to the next key frame.

    Iterate over it: it yields `Tracks` when they change and `Packet`s; it stops at the end of the stream.
    """

    def __init__(self, limit_packets: int = 512, limit_bytes: int = 8 * 1024 * 1024) -> None:
        self.dropped = 0
        """Packets this reader was too slow for."""
        self._limit_packets = limit_packets
        self._limit_bytes = limit_bytes
        self._queue: deque[Tracks | Packet] = deque()
        self._bytes = 0
        self._has_video = False
        self._waiting_for_key = False
        self._ended = False
        self._wake = asyncio.Event()

    def on_tracks(self, tracks: Tracks) -> None:
        self._has_video = tracks.video is not None
        self._queue.append(tracks)
        self._wake.set()

    def on_packet(self, packet: Packet) -> None:
        if self._waiting_for_key:
            if not packet.key or (self._has_video and packet.kind is not Kind.VIDEO):
                self.dropped += 1
                return
            self._waiting_for_key = False
        if len(self._queue) >= self._limit_packets or self._bytes >= self._limit_bytes:
            self._overflow()
            if not packet.key or (self._has_video and packet.kind is not Kind.VIDEO):
                self.dropped += 1
                self._waiting_for_key = True
                return
        self._queue.append(packet)
        self._bytes += len(packet.data)
        self._wake.set()

    def on_pause(self) -> None:
        """Nothing to do: what is queued is still worth sending."""

    def on_end(self) -> None:
        self._ended = True
        self._wake.set()

    def _overflow(self) -> None:
        tracks = [item for item in self._queue if isinstance(item, Tracks)]
        self.dropped += len(self._queue) - len(tracks)
        self._queue = deque(tracks[-1:])
        self._bytes = 0

    async def __aiter__(self) -> AsyncIterator[Tracks | Packet]:
        while True:
            while self._queue:
                item = self._queue.popleft()
                if isinstance(item, Packet):
                    self._bytes -= len(item.data)
                yield item
            if self._ended:
                return
            self._wake.clear()
            await self._wake.wait()


def seconds(ticks: int) -> float:
    """Ticks of the media clock in seconds."""
    return ticks / CLOCK_HZ
