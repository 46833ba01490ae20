"""How loud a stream is: its sound decoded in one thread, for the meter on the clerk's page.

A stream whose page is open is decoded whole; of others one burst of a few packets every two seconds is enough for the
watchdog (`LevelTap.sparing`), a thirtieth of the work. The thread is fed by a bounded queue; what it is too slow for is
dropped and counted. A decoder that fails ends that meter and touches nothing else.
"""

import math
import operator
import queue
import threading
import time
from array import array
from collections.abc import Callable
from typing import Final

import av
import av.audio.resampler
import av.error
import msgspec
import structlog

from media.headers import opus_head
from media.packet import AudioTrack, Codec, Kind, Packet, Tracks
from media.stream import Stream

log = structlog.get_logger(__name__)

QUEUE_PACKETS: Final = 512
WINDOW_S: Final = 0.5
MEASURE_RATE_HZ: Final = 8_000
"""Sound is measured at this rate: enough for speech, a sixth of the work."""

FLOOR_DBFS: Final = -96.0
CLIPPED_FROM: Final = int(32768 * 10 ** (-0.5 / 20))
"""Amplitude of -0.5 dBFS, from which on a sample counts as clipped."""

BURST_PACKETS: Final = 3
"""The first of a burst overlaps with sound that was not decoded and is thrown away."""

BURST_INTERVAL_S: Final = 2.0
MAX_FAILURES: Final = 50
"""So many packets in a row that cannot be decoded end a meter."""


class Level(msgspec.Struct, frozen=True):
    """Half a second of sound, or a burst. dBFS: 0 is full scale, -96 is digital silence."""

    peak_dbfs: float
    rms_dbfs: float
    at: float
    """Monotonic time in seconds at which it was measured."""
    clipped_share: float = 0.0
    """Share of its samples at full scale, 0 to 1."""


class Burst(msgspec.Struct, frozen=True, gc=False):
    """A few packets in a row, out of the middle of the sound."""

    packets: tuple[bytes, ...]


Item = AudioTrack | Packet | Burst | None
"""What the thread gets for a stream: a new track, sound, or the end."""


class LevelTap:
    """A sink that sends the sound of one stream to the measuring thread. `stop` it, or end the stream."""

    def __init__(
        self,
        stream: Stream,
        offer: "Callable[[LevelTap, Item], None]",
        *,
        sparing: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sparing = sparing
        """Measure a burst now and then instead of everything; may be changed at any time."""
        self.dropped = 0
        """Packets the thread was too slow for."""
        self.failed = False
        """The sound cannot be decoded; there will be no more levels."""
        self.level: Level | None = None
        self.measure: _Measure | None = None
        """Belongs to the measuring thread."""
        self._stream = stream
        self._offer = offer
        self._clock = clock
        self._burst: list[bytes] = []
        self._burst_at = 0.0

    def stop(self) -> None:
        """Ends the measuring."""
        self._stream.detach(self)
        self._offer(self, None)

    def on_tracks(self, tracks: Tracks) -> None:
        self.level = None
        self.failed = False
        self._burst = []
        self._offer(self, tracks.audio)

    def on_packet(self, packet: Packet) -> None:
        if packet.kind is not Kind.AUDIO or self.failed:
            return
        if not self.sparing:
            self._offer(self, packet)
        elif self._burst or self._clock() >= self._burst_at:
            self._burst.append(packet.data)
            if len(self._burst) == BURST_PACKETS:
                self._offer(self, Burst(tuple(self._burst)))
                self._burst = []
                self._burst_at = self._clock() + BURST_INTERVAL_S

    def on_pause(self) -> None:
        self.level = None

    def on_end(self) -> None:
        self._offer(self, None)


class SoundLevels:
    """The measuring thread. It starts with the first stream followed, and `close` ends it."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[LevelTap, Item] | None] = queue.Queue(QUEUE_PACKETS)
        self._thread: threading.Thread | None = None

    def follow(self, stream: Stream, *, sparing: bool = False) -> LevelTap:
        """Begins to measure a stream; read `level` of what is returned."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sound levels", daemon=True)
            self._thread.start()
        tap = LevelTap(stream, self._offer, sparing=sparing)
        stream.attach(tap)
        return tap

    def close(self, timeout_s: float = 5.0) -> None:
        """Ends the thread, after what is queued."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            self._queue.put(None, timeout=timeout_s)
        except queue.Full:
            return  # it hangs in a decoder; being a daemon it ends with the process
        thread.join(timeout_s)

    def _offer(self, tap: LevelTap, item: Item) -> None:
        try:
            self._queue.put_nowait((tap, item))
        except queue.Full:
            tap.dropped += 1

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            tap, item = work
            try:
                _advance(tap, item)
            except Exception:
                log.exception("sound level meter failed")
                tap.measure = None
                tap.failed = True


def _advance(tap: LevelTap, item: Item) -> None:
    """One step of the thread."""
    if item is None or isinstance(item, AudioTrack):
        tap.measure = _Measure(item) if item is not None else None
        tap.failed = False
        return
    if tap.measure is None:
        return
    level = tap.measure.add(item.data) if isinstance(item, Packet) else tap.measure.sample(item.packets)
    if level is not None:
        tap.level = level
    if tap.measure.failures >= MAX_FAILURES:
        log.warning("sound cannot be decoded; its level is not shown")
        tap.measure = None
        tap.failed = True
        tap.level = None


class _Measure:
    """A decoder and the sound of the present half second."""

    def __init__(self, track: AudioTrack) -> None:
        self.failures = 0
        self._decoder = av.CodecContext.create("opus" if track.codec is Codec.OPUS else "aac", "r")
        self._decoder.extradata = opus_head(track.config) if track.codec is Codec.OPUS else track.config
        # One channel stays one: spread over two it would be 3 dB softer.
        self._channels = min(track.channels, 2)
        layout = "mono" if self._channels == 1 else "stereo"
        self._resampler = av.audio.resampler.AudioResampler(format="s16", layout=layout, rate=MEASURE_RATE_HZ)
        self._samples: array[int] = array("h")

    def add(self, data: bytes) -> Level | None:
        """Decodes one packet; returns a level at the end of each half second."""
        self._decode(data)
        if len(self._samples) < self._channels * MEASURE_RATE_HZ * WINDOW_S:
            return None
        samples, self._samples = self._samples, array("h")
        return measure(samples)

    def sample(self, packets: tuple[bytes, ...]) -> Level | None:
        """Decodes a burst; returns its level."""
        self._decode(packets[0])
        self._samples = array("h")
        for data in packets[1:]:
            self._decode(data)
        samples, self._samples = self._samples, array("h")
        return measure(samples) if samples else None

    def _decode(self, data: bytes) -> None:
        try:
            for frame in self._decoder.decode(av.Packet(data)):
                for small in self._resampler.resample(frame):
                    self._samples.frombytes(bytes(small.planes[0])[: small.samples * 2 * self._channels])
            self.failures = 0
        except av.error.FFmpegError:
            self.failures += 1


def measure(samples: "array[int]") -> Level:
    """Peak and mean power of 16-bit samples."""
    if not samples:
        return Level(FLOOR_DBFS, FLOOR_DBFS, time.monotonic())
    highest, lowest = max(samples), min(samples)
    peak = max(highest, -lowest)
    power = sum(map(operator.mul, samples, samples)) / len(samples)
    clipped = 0
    if peak >= CLIPPED_FROM:
        clipped = sum(map(CLIPPED_FROM.__le__, samples)) + sum(map((-CLIPPED_FROM).__ge__, samples))
    return Level(_dbfs(peak), _dbfs(math.sqrt(power)), time.monotonic(), clipped / len(samples))


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, round(20 * math.log10(amplitude / 32768), 1)) if amplitude > 0 else FLOOR_DBFS
