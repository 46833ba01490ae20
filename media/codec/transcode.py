"""VP8 pictures as H.264, for streams whose publisher has nothing else: in a thread of its own.

What the thread is too slow for is dropped up to the next key frame, counted, and a key frame is asked for: the stream
halts for a moment and never falls behind. When a transcoder fails its publisher is told, and begins anew.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from fractions import Fraction
from typing import Final

import av
import av.error
import av.video.frame
import structlog

from media.headers.annexb import annexb_units, h264_record, with_lengths
from media.headers.nal import h264_track
from media.packet import CLOCK_HZ, Kind, Packet, VideoTrack

log = structlog.get_logger(__name__)

QUEUE_PACKETS: Final = 60
KEY_EVERY_90K: Final = 2 * CLOCK_HZ
BITS_PER_PIXEL: Final = 2.7
"""Bits a second: 2.5 Mbit/s for 1280×720."""

LEAST_BITRATE: Final = 400_000
MAX_FAILURES: Final = 100
PICTURE_UNITS: Final = frozenset({1, 5})
IDR: Final = 5

Take = Callable[[VideoTrack, Packet], None]
"""A track and a packet of it, called on the event loop."""


class PictureTranscoder:
    """Feed it VP8 packets; `close` it. On the loop, `need_key` is called when only a key frame helps, and `failed` when
    nothing will come any more.
    """

    def __init__(self, take: Take, need_key: Callable[[], None], failed: Callable[[], None]) -> None:
        self.dropped = 0
        self._take = take
        self._need_key = need_key
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._queue: queue.Queue[Packet | None] = queue.Queue(QUEUE_PACKETS)
        self._waits_for_key = True
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="VP8 to H.264", daemon=True)
        self._thread.start()

    def push(self, packet: Packet) -> None:
        """Never waits."""
        if self._waits_for_key and not packet.key:
            self.dropped += 1
            return
        try:
            self._queue.put_nowait(packet)
        except queue.Full:
            self.dropped += 1
            self._waits_for_key = True
            self._need_key()
        else:
            self._waits_for_key = False

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

    def _run(self) -> None:
        try:
            coder = _Coder()
            while (packet := self._queue.get()) is not None and not self._closed:
                made = coder.add(packet)
                if made:
                    self._loop.call_soon_threadsafe(self._deliver, made)
                if coder.failures:
                    self._loop.call_soon_threadsafe(self._need_key)
                if coder.failures >= MAX_FAILURES:
                    log.warning("picture cannot be decoded")
                    break
        except Exception:
            log.exception("picture could not be transcoded")
        if not self._closed:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._failed)

    def _deliver(self, made: list[tuple[VideoTrack, Packet]]) -> None:
        if not self._closed:
            for track, packet in made:
                self._take(track, packet)


class _Coder:
    """Belongs to the thread. The encoder has the size of the picture; another size is another encoder."""

    def __init__(self) -> None:
        self.failures = 0
        self._decoder = _decoder()
        self._encoder: av.VideoCodecContext | None = None
        self._size = (0, 0)
        self._track: VideoTrack | None = None
        self._key_at: int | None = None

    def add(self, packet: Packet) -> list[tuple[VideoTrack, Packet]]:
        try:
            frames = self._decoder.decode(av.Packet(packet.data))
            self.failures = 0
        except av.error.FFmpegError:
            self.failures += 1
            self._decoder = _decoder()  # the old one may not come to itself, and a key frame comes next
            return []
        made: list[tuple[VideoTrack, Packet]] = []
        for frame in frames:
            assert isinstance(frame, av.VideoFrame)
            made += self._encode(frame, packet)
        return made

    def _encode(self, frame: av.VideoFrame, packet: Packet) -> list[tuple[VideoTrack, Packet]]:
        size = (frame.width // 2 * 2, frame.height // 2 * 2)
        if self._encoder is None or size != self._size:
            self._encoder, self._size, self._key_at = _encoder(*size), size, None
        even = frame.reformat(width=size[0], height=size[1], format="yuv420p")
        even.pts = packet.pts
        even.time_base = Fraction(1, CLOCK_HZ)
        forced = packet.key or self._key_at is None or packet.pts - self._key_at >= KEY_EVERY_90K
        if forced:
            self._key_at = packet.pts
        even.pict_type = av.video.frame.PictureType.I if forced else av.video.frame.PictureType.NONE
        made: list[tuple[VideoTrack, Packet]] = []
        for coded in self._encoder.encode(even):
            units = [unit for unit in annexb_units(bytes(coded)) if unit]
            key = any(unit[0] & 0x1F == IDR for unit in units)
            if key:
                self._track = h264_track(h264_record(units))
            if self._track is None or coded.pts is None:
                continue
            data = with_lengths([unit for unit in units if unit[0] & 0x1F in PICTURE_UNITS])
            made.append((self._track, Packet(Kind.VIDEO, coded.pts, coded.pts, key=key, data=data)))
        return made


def _decoder() -> av.VideoCodecContext:
    decoder = av.CodecContext.create("libvpx", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 2
    return decoder


def _encoder(width: int, height: int) -> av.VideoCodecContext:
    """Without delay and without B-frames: one picture in, one out (variable frame rate would hold one back)."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, CLOCK_HZ)
    encoder.framerate = Fraction(30)
    encoder.bit_rate = max(LEAST_BITRATE, int(width * height * BITS_PER_PIXEL))
    encoder.thread_count = 2
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "high",
        "bf": "0",
        "g": "600",
        "forced-idr": "1",
        "sc_threshold": "0",
        "x264-params": "force-cfr=1:repeat-headers=1",
    }
    return encoder
