"""How loud a stream is: its sound decoded in one thread, for the meter on the clerk's page.

Only streams that someone follows are decoded. The thread is fed by a bounded queue; what it is too slow for is dropped
and counted. A decoder that fails ends that meter and touches nothing else.
"""

import math
import operator
import queue
import struct
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

from media.packet import AudioTrack, Codec, Kind, Packet, Tracks
from media.stream import Stream

log = structlog.get_logger(__name__)

QUEUE_PACKETS: Final = 512
WINDOW_S: Final = 0.5
MEASURE_RATE_HZ: Final = 8_000
"""Sound is measured at this rate: enough for speech, a sixth of the work."""

FLOOR_DBFS: Final = -96.0
MAX_FAILURES: Final = 50
"""So many packets in a row that cannot be decoded end a meter."""


class Level(msgspec.Struct, frozen=True):
    """Half a second of sound. dBFS: 0 is full scale, -96 is digital silence."""

    peak_dbfs: float
    rms_dbfs: float
    at: float
    """Monotonic time in seconds at which it was measured."""


class LevelTap:
    """A sink that sends the sound of one stream to the measuring thread. `stop` it, or end the stream."""

    def __init__(self, stream: Stream, offer: "Callable[[LevelTap, AudioTrack | Packet | None], None]") -> None:
        self.dropped = 0
        """Packets the thread was too slow for."""
        self.failed = False
        """The sound cannot be decoded; there will be no more levels."""
        self.level: Level | None = None
        self.measure: _Measure | None = None
        """Belongs to the measuring thread."""
        self._stream = stream
        self._offer = offer

    def stop(self) -> None:
        """Ends the measuring."""
        self._stream.detach(self)
        self._offer(self, None)

    def on_tracks(self, tracks: Tracks) -> None:
        self.level = None
        self.failed = False
        self._offer(self, tracks.audio)

    def on_packet(self, packet: Packet) -> None:
        if packet.kind is Kind.AUDIO and not self.failed:
            self._offer(self, packet)

    def on_pause(self) -> None:
        self.level = None

    def on_end(self) -> None:
        self._offer(self, None)


class SoundLevels:
    """The measuring thread. It starts with the first stream followed, and `close` ends it."""

    def __init__(self) -> None:
        self._queue: queue.Queue[tuple[LevelTap, AudioTrack | Packet | None] | None] = queue.Queue(QUEUE_PACKETS)
        self._thread: threading.Thread | None = None

    def follow(self, stream: Stream) -> LevelTap:
        """Begins to measure a stream; read `level` of what is returned."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sound levels", daemon=True)
            self._thread.start()
        tap = LevelTap(stream, self._offer)
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

    def _offer(self, tap: LevelTap, item: AudioTrack | Packet | None) -> None:
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


def _advance(tap: LevelTap, item: AudioTrack | Packet | None) -> None:
    """One step of the thread: a new track, a packet, or the end."""
    if not isinstance(item, Packet):
        tap.measure = _Measure(item) if item is not None else None
        tap.failed = False
        return
    if tap.measure is None:
        return
    level = tap.measure.add(item.data)
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
        self._decoder.extradata = _opus_head(track.config) if track.codec is Codec.OPUS else track.config
        # One channel stays one: spread over two it would be 3 dB softer.
        self._channels = min(track.channels, 2)
        layout = "mono" if self._channels == 1 else "stereo"
        self._resampler = av.audio.resampler.AudioResampler(format="s16", layout=layout, rate=MEASURE_RATE_HZ)
        self._samples: array[int] = array("h")

    def add(self, data: bytes) -> Level | None:
        """Decodes one packet; returns a level at the end of each half second."""
        try:
            for frame in self._decoder.decode(av.Packet(data)):
                for small in self._resampler.resample(frame):
                    self._samples.frombytes(bytes(small.planes[0])[: small.samples * 2 * self._channels])
            self.failures = 0
        except av.error.FFmpegError:
            self.failures += 1
            return None
        if len(self._samples) < self._channels * MEASURE_RATE_HZ * WINDOW_S:
            return None
        samples, self._samples = self._samples, array("h")
        return measure(samples)


def measure(samples: "array[int]") -> Level:
    """Peak and mean power of 16-bit samples."""
    if not samples:
        return Level(FLOOR_DBFS, FLOOR_DBFS, time.monotonic())
    highest, lowest = max(samples), min(samples)
    peak = max(highest, -lowest)
    power = sum(map(operator.mul, samples, samples)) / len(samples)
    return Level(_dbfs(peak), _dbfs(math.sqrt(power)), time.monotonic())


def _dbfs(amplitude: float) -> float:
    return max(FLOOR_DBFS, round(20 * math.log10(amplitude / 32768), 1)) if amplitude > 0 else FLOOR_DBFS


def _opus_head(config: bytes) -> bytes:
    """The OpusHead packet (RFC 7845 §5.1) of a dOps body: the same fields, little-endian."""
    _, channels, pre_skip, rate, gain, family = struct.unpack_from(">BBHIhB", config)
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, pre_skip, rate, gain, family) + config[11:]
