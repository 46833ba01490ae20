"""What a stream's picture looks like, from a key frame now and then: black, of one colour, standing still.

One thread looks at the pictures of all streams, in turn, and rests after each so that it never takes more than
`CPU_SHARE` of a core. A stream has one key frame waiting at most: a newer one takes its place.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from typing import Final

import av
import av.error
import msgspec
import structlog
from av.video.reformatter import Interpolation
from PIL import Image, ImageChops

from media.packet import Codec, Kind, Packet, Tracks, VideoTrack
from media.stream import Stream

log = structlog.get_logger(__name__)

CPU_SHARE: Final = 0.02
"""Most of a core that all looking together takes."""

NICE: Final = 10
SMALL: Final = (64, 36)
"""A picture is judged at this size: a cell is the mean of some 400 pixels, in which the coder's noise is gone."""

DARK_BELOW: Final = 32
"""Brightness (0 to 255) up to which a cell counts as dark: video black is 16."""

MOVED_FROM: Final = 4
"""A cell that changed by so much is a change of the picture; coding the same picture again changes less."""

MAX_FAILURES: Final = 5
DECODERS: Final = {
    Codec.H264: "h264",
    Codec.HEVC: "hevc",
    Codec.AV1: "libdav1d",
    Codec.VP9: "vp9",
    Codec.VP8: "vp8",
}


class Look(msgspec.Struct, frozen=True):
    """One look at a picture."""

    at_s: float
    """When its frame came, in monotonic seconds."""
    dark_share: float
    """Share of the picture that is black, 0 to 1."""
    spread: int
    """Brightness of its brightest cell minus that of its darkest, 0 to 255."""
    still_s: float
    """How long the picture had been the same by then."""


class _Waiting(msgspec.Struct, frozen=True, gc=False):
    """A key frame on its way to the thread."""

    track: VideoTrack
    data: bytes
    at_s: float
    publication: int


class LookTap:
    """A sink that offers a stream's key frames to the thread, at most one each `interval_s`.

    `stop` it, or end the stream.
    """

    def __init__(self, stream: Stream, offer: "Callable[[LookTap], None]", clock: Callable[[], float]) -> None:
        self.interval_s = 5.0
        self.look: Look | None = None
        self.failed = False
        """The picture cannot be decoded; until the encoder comes back there will be no more looks."""
        self.waiting: _Waiting | None = None
        """What the thread will look at next. The loop sets it, the thread takes it."""
        self.publication = 0
        """Counts what the encoder began: what was seen before is no part of it."""
        self.seen: _Seen | None = None
        """Belongs to the thread."""
        self._stream = stream
        self._offer = offer
        self._clock = clock
        self._track: VideoTrack | None = None
        self._offered_at: float | None = None

    def stop(self) -> None:
        """Ends the looking."""
        self._stream.detach(self)
        self._forget()

    def on_tracks(self, tracks: Tracks) -> None:
        self._forget()
        self._track = tracks.video

    def on_packet(self, packet: Packet) -> None:
        if not packet.key or packet.kind is not Kind.VIDEO or self.failed or self._track is None:
            return
        now = self._clock()
        if self._offered_at is not None and now - self._offered_at < self.interval_s:
            return
        self._offered_at = now
        self.waiting = _Waiting(self._track, packet.data, now, self.publication)
        self._offer(self)

    def on_pause(self) -> None:
        self._forget()

    def on_end(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self.publication += 1
        self.look = None
        self.failed = False
        self.waiting = None
        self._track = None
        self._offered_at = None


class PictureLooks:
    """The looking thread. It starts with the first stream followed, and `close` ends it."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turn: dict[LookTap, None] = {}
        """Streams with a key frame waiting, in the order in which they came; a dict keeps it and holds each once."""
        self._news = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def follow(self, stream: Stream) -> LookTap:
        """Begins to look at a stream; read `look` of what is returned."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="picture looks", daemon=True)
            self._thread.start()
        tap = LookTap(stream, self._offer, self._clock)
        stream.attach(tap)
        return tap

    def close(self, timeout_s: float = 5.0) -> None:
        """Ends the thread, after the look it is at."""
        with self._news:
            self._closing = True
            self._turn.clear()
            self._news.notify()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout_s)

    def _offer(self, tap: LookTap) -> None:
        with self._news:
            self._turn[tap] = None
            self._news.notify()

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # not allowed: then without
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while (tap := self._next()) is not None:
            began = time.thread_time()
            try:
                _advance(tap)
            except Exception:
                log.exception("looking at a picture failed")
                tap.failed = True
            used_s = time.thread_time() - began
            with self._news:
                if not self._closing:
                    self._news.wait_for(lambda: self._closing, used_s * (1 / CPU_SHARE - 1))

    def _next(self) -> LookTap | None:
        with self._news:
            self._news.wait_for(lambda: self._closing or bool(self._turn))
            if self._closing:
                return None
            tap = next(iter(self._turn))
            del self._turn[tap]
            return tap


class _Seen:
    """What the thread remembers of a stream."""

    def __init__(self, publication: int) -> None:
        self.publication = publication
        self.failures = 0
        self.picture: Image.Image | None = None
        """As it was when it last moved: what creeps is seen to move in the end."""
        self.moved_at_s = 0.0


def _advance(tap: LookTap) -> None:
    """One step of the thread."""
    waiting, tap.waiting = tap.waiting, None
    if waiting is None:
        return
    seen, at_s = tap.seen, waiting.at_s
    if seen is None or seen.publication != waiting.publication:
        seen = tap.seen = _Seen(waiting.publication)
    try:
        picture = small_picture(waiting.track, waiting.data)
    except av.error.FFmpegError:
        picture = None
    if picture is None:
        seen.failures += 1
        if seen.failures >= MAX_FAILURES:
            log.warning("the picture cannot be decoded; it is not looked at", codec=waiting.track.codec.value)
            tap.failed = True
        return
    seen.failures = 0
    if seen.picture is None or difference(seen.picture, picture) >= MOVED_FROM:
        seen.picture, seen.moved_at_s = picture, at_s
    look = judge(picture, at_s, at_s - seen.moved_at_s)
    if tap.publication == seen.publication:
        tap.look = look


def small_picture(track: VideoTrack, key_frame: bytes) -> Image.Image | None:
    """A key frame in 64 × 36 shades of grey; None where the decoder gives no picture. Raises `FFmpegError`."""
    decoder = av.CodecContext.create(DECODERS[track.codec], "r")
    assert isinstance(decoder, av.VideoCodecContext)
    if track.codec in (Codec.H264, Codec.HEVC, Codec.AV1):
        decoder.extradata = track.config
    decoder.thread_count = 1
    decoder.options = {"skip_loop_filter": "all"}  # a quarter less work, and nobody will see these edges
    frames = [*decoder.decode(av.Packet(key_frame)), *decoder.decode(None)]
    if not frames:
        return None
    width, height = SMALL
    grey = frames[0].reformat(width, height, "gray", interpolation=Interpolation.AREA)
    plane = grey.planes[0]
    return Image.frombuffer("L", SMALL, bytes(plane), "raw", "L", plane.line_size, 1)


def difference(one: Image.Image, other: Image.Image) -> int:
    """By how much the cell changed that changed most, 0 to 255."""
    return int(ImageChops.difference(one, other).getextrema()[1])  # type: ignore[arg-type]  # one channel: two numbers


def judge(picture: Image.Image, at_s: float, still_s: float) -> Look:
    """The numbers of a small picture."""
    darkest, brightest = picture.getextrema()
    dark = sum(picture.histogram()[: DARK_BELOW + 1])
    return Look(
        at_s=at_s,
        dark_share=dark / (SMALL[0] * SMALL[1]),
        spread=int(brightest - darkest),  # type: ignore[operator]  # one channel: two numbers
        still_s=still_s,
    )
