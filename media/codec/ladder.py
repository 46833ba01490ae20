"""Smaller pictures: one coded stream in, a coded H.264 stream for each rung out. Runs in a worker process.

Each rung has an IDR where the source has one and nowhere else, so that segments begin together; no B-frames and no
lookahead, so a picture comes out as soon as it went in. A rung is scaled from the next larger one, which costs half.
"""

from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
import av.error
import av.video.codeccontext
import av.video.frame
import msgspec
from av.codec.context import Flags
from av.video.frame import PictureType
from av.video.reformatter import VideoReformatter

from media.ladder.rungs import Rung, size_of
from media.packet import CLOCK_HZ, Codec, VideoTrack

DECODERS: Final = {
    Codec.H264: "h264",
    Codec.HEVC: "hevc",
    Codec.AV1: "libdav1d",
    Codec.VP9: "vp9",
    Codec.VP8: "vp8",
}
MAX_FAILURES: Final = 250
"""So many pictures in a row that cannot be decoded end the worker."""

CRF: Final = "23"
"""Quality that is enough; a still chamber then costs far less than the rung's bit rate."""

UNSPECIFIED: Final = 2
BT709: Final = 1
"""Colour description (ITU-T H.273)."""


class Cannot(Exception):
    """These pictures cannot be decoded."""


class Picture(msgspec.Struct, frozen=True, gc=False):
    """A coded picture of the rung with that index, in the form of `packet.Packet.data`; decoded and shown at `pts`."""

    rung: int
    pts: int
    key: bool
    data: bytes


class Transcoder:
    """One run: a decoder, and an encoder for each rung. Times are positions in 1/90000 s and go through unchanged."""

    def __init__(self, track: VideoTrack, rungs: tuple[Rung, ...], preset: str, threads: int) -> None:
        self.tracks: tuple[VideoTrack, ...] = ()
        """The rungs' tracks; none before the first picture was decoded."""
        self._rungs = rungs
        self._preset = preset
        self._threads = threads
        self._failures = 0
        self._keys: deque[int] = deque()
        """When key frames of the source are shown that were not decoded yet."""
        self._last_pts = -1
        self._every = 1
        self._left_out = 0
        self._encoders: list[_Encoder] = []
        decoder = av.CodecContext.create(DECODERS[track.codec], "r")
        assert isinstance(decoder, av.video.codeccontext.VideoCodecContext)
        if track.config and track.codec not in {Codec.VP8, Codec.VP9}:
            decoder.extradata = track.config
        decoder.thread_count = threads
        decoder.thread_type = "SLICE"  # threads by frame would hold frames back
        self._decoder = decoder

    def feed(self, data: bytes, dts: int, pts: int, *, key: bool, every: int = 1) -> Iterator[Picture]:
        """Takes one coded picture: the rungs' pictures that are ready by it. Raises `Cannot` when nothing decodes.

        Of so many decoded pictures as `every` says one is scaled and encoded, besides those of key frames.
        """
        self._every = every
        if key:
            self._keys.append(pts)
        packet = av.Packet(data)
        packet.dts, packet.pts, packet.time_base = dts, pts, Fraction(1, CLOCK_HZ)
        try:
            frames = self._decoder.decode(packet)
        except av.error.FFmpegError as problem:
            self._failures += 1
            if self._failures >= MAX_FAILURES:
                raise Cannot(str(problem)) from problem
            return
        self._failures = 0
        for frame in frames:
            yield from self._encode(frame)

    def flush(self) -> Iterator[Picture]:
        """The pictures that are still inside. Nothing may be fed after it."""
        try:
            frames = self._decoder.decode(None)
        except av.error.FFmpegError:
            frames = []
        for frame in frames:
            yield from self._encode(frame)
        for encoder in self._encoders:
            yield from encoder.flush()

    def _encode(self, frame: av.VideoFrame) -> Iterator[Picture]:
        pts = frame.pts
        if pts is None or pts <= self._last_pts:
            return
        self._last_pts = pts
        key = False
        while self._keys and self._keys[0] <= pts:
            self._keys.popleft()
            key = True
        self._left_out = 0 if key or self._left_out + 1 >= self._every else self._left_out + 1
        if self._left_out:
            return
        if not self._encoders:
            if not key:
                return
            self._open(frame)
        for encoder in self._encoders:
            frame = encoder.scale(frame)
            yield from encoder.encode(frame, pts, key=key)

    def _open(self, frame: av.VideoFrame) -> None:
        fps = self._decoder.framerate or Fraction(25)
        fps = min(max(fps, Fraction(5)), Fraction(120))
        self._encoders = [
            _Encoder(index, rung, frame, fps, self._preset, self._threads) for index, rung in enumerate(self._rungs)
        ]
        self.tracks = tuple(encoder.track for encoder in self._encoders)


class _Encoder:
    """One rung."""

    def __init__(self, index: int, rung: Rung, frame: av.VideoFrame, fps: Fraction, preset: str, threads: int) -> None:
        self._index = index
        self._last_pts = -1
        # A tenth is forgiven: encoders' clocks shake.
        self._least_step = CLOCK_HZ * 9 // 10 // rung.max_fps if rung.max_fps else 0
        self._reformatter = VideoReformatter()
        self._width, self._height = size_of(rung, frame.width, frame.height)
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.video.codeccontext.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = self._width, self._height, "yuv420p"
        codec.time_base = Fraction(1, CLOCK_HZ)
        codec.framerate = min(fps, Fraction(rung.max_fps)) if rung.max_fps else fps
        codec.thread_count = threads
        codec.flags |= Flags.global_header
        _copy_colours(frame, codec)
        codec.options = {
            "preset": preset,
            "tune": "zerolatency",
            "crf": CRF,
            "maxrate": f"{rung.kbit_s}k",
            "bufsize": f"{rung.kbit_s}k",
            "forced-idr": "1",
            # IDRs where they are forced only; NAL units behind lengths, and an avcC record to go with them
            "x264-params": "keyint=infinite:scenecut=0:annexb=0",
        }
        codec.open()
        self._codec = codec
        config = bytes(codec.extradata or b"")
        self.track = VideoTrack(Codec.H264, config, f"avc1.{config[1:4].hex()}", self._width, self._height)

    def scale(self, frame: av.VideoFrame) -> av.VideoFrame:
        return self._reformatter.reformat(frame, self._width, self._height, "yuv420p")

    def encode(self, frame: av.VideoFrame, pts: int, *, key: bool) -> Iterator[Picture]:
        if not key and self._last_pts >= 0 and pts - self._last_pts < self._least_step:
            return
        self._last_pts = pts
        frame.pts, frame.time_base = pts, Fraction(1, CLOCK_HZ)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        yield from self._pictures(self._codec.encode(frame))

    def flush(self) -> Iterator[Picture]:
        yield from self._pictures(self._codec.encode(None))

    def _pictures(self, packets: "list[av.Packet[av.VideoStream]]") -> Iterator[Picture]:
        for packet in packets:
            assert packet.pts is not None
            yield Picture(self._index, packet.pts, packet.is_keyframe, bytes(packet))


def _copy_colours(frame: av.VideoFrame, codec: av.video.codeccontext.VideoCodecContext) -> None:
    """Browsers guess colours by the size of a picture: without this they would change with the quality."""
    assumed = BT709 if frame.height >= 720 else UNSPECIFIED
    codec.color_primaries = frame.color_primaries if frame.color_primaries != UNSPECIFIED else assumed
    codec.color_trc = frame.color_trc if frame.color_trc != UNSPECIFIED else assumed
    codec.colorspace = frame.colorspace if frame.colorspace != UNSPECIFIED else assumed
