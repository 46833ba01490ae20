"""Sound of a stream as Opus, for WebRTC: decoded and encoded once, in a thread of its own, whoever listens."""

import asyncio
import queue
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Final

import av
import av.audio.fifo
import av.audio.resampler
import av.error
import structlog

from media.packet import CLOCK_HZ, AudioTrack, Packet

log = structlog.get_logger(__name__)

RATE_HZ: Final = 48_000
FRAME_SAMPLES: Final = 960
"""20 ms, what browsers expect."""

BITRATE: Final = 96_000
QUEUE_PACKETS: Final = 128
MAX_FAILURES: Final = 50
"""So many packets in a row that cannot be decoded end it."""

STEADY_90K: Final = CLOCK_HZ // 20
"""Times that differ from the count of samples by less than 50 ms are taken for shaking."""

Take = Callable[[int, bytes], None]
"""(pts in 90 kHz, Opus frame), called on the event loop."""


class OpusSound:
    """Feed it packets of one AAC track; `close` it. What the thread is too slow for is dropped and counted."""

    def __init__(self, track: AudioTrack, take: Take) -> None:
        self.dropped = 0
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._queue: queue.Queue[Packet | None] = queue.Queue(QUEUE_PACKETS)
        self._closed = False
        self._thread = threading.Thread(target=self._run, args=(track,), name="sound to Opus", daemon=True)
        self._thread.start()

    def push(self, packet: Packet) -> None:
        try:
            self._queue.put_nowait(packet)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Ends the thread without waiting for it; nothing is delivered any more."""
        self._closed = True
        while True:
            try:
                self._queue.put_nowait(None)
            except queue.Full:
                try:
                    self._queue.get_nowait()
                except queue.Empty:
                    continue
            else:
                return

    def _run(self, track: AudioTrack) -> None:
        try:
            coder = _Coder(track)
            while (packet := self._queue.get()) is not None and not self._closed:
                made = coder.add(packet)
                if made:
                    self._loop.call_soon_threadsafe(self._deliver, made)
                if coder.failures >= MAX_FAILURES:
                    log.warning("sound cannot be decoded; WebRTC viewers hear nothing")
                    return
        except RuntimeError:
            return  # the loop is closed
        except Exception:
            log.exception("sound for WebRTC failed")

    def _deliver(self, made: list[tuple[int, bytes]]) -> None:
        if not self._closed:
            for pts, frame in made:
                self._take(pts, frame)


class _Coder:
    """Belongs to the thread."""

    def __init__(self, track: AudioTrack) -> None:
        self.failures = 0
        self._decoder = av.CodecContext.create("aac", "r")
        self._decoder.extradata = track.config
        self._resampler = av.audio.resampler.AudioResampler(format="s16", layout="stereo", rate=RATE_HZ)
        self._encoder = av.CodecContext.create("libopus", "w")
        self._encoder.sample_rate = RATE_HZ
        self._encoder.layout = "stereo"
        self._encoder.format = "s16"
        self._encoder.bit_rate = BITRATE
        self._encoder.time_base = Fraction(1, RATE_HZ)
        self._encoder.options = {"application": "audio", "frame_duration": "20"}
        self._fifo = av.audio.fifo.AudioFifo()
        self._begin_90k: int | None = None
        """Where the first sample of the count stands."""
        self._in_samples = 0
        self._out_samples = 0

    def add(self, packet: Packet) -> list[tuple[int, bytes]]:
        """Opus frames with their times."""
        try:
            frames = self._decoder.decode(av.Packet(packet.data))
            self.failures = 0
        except av.error.FFmpegError:
            self.failures += 1
            return []
        made: list[tuple[int, bytes]] = []
        for frame in frames:
            frame.pts = None
            for even in self._resampler.resample(frame):
                self._place(packet.pts)
                self._in_samples += even.samples
                even.pts = None
                self._fifo.write(even)
        while (piece := self._fifo.read(FRAME_SAMPLES)) is not None:
            piece.pts = self._out_samples
            piece.time_base = Fraction(1, RATE_HZ)
            for coded in self._encoder.encode(piece):
                assert self._begin_90k is not None
                made.append((self._begin_90k + self._out_samples * CLOCK_HZ // RATE_HZ, bytes(coded)))
                self._out_samples += FRAME_SAMPLES
        return made

    def _place(self, pts: int) -> None:
        """Frames are counted; where the publisher's time has left the count behind, the count follows."""
        if self._begin_90k is None:
            self._begin_90k = pts
            return
        counted = self._begin_90k + self._in_samples * CLOCK_HZ // RATE_HZ
        if abs(pts - counted) > STEADY_90K:
            self._begin_90k += pts - counted
