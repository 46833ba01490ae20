"""What is in a file: every packet is read once, the first frames are decoded, nothing is believed.

Runs in a limited process. Only the demuxers named here open the file, and only as a local file: playlists that name
other files or addresses are none of them.
"""

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av
import av.container
import av.error
from av.stream import Disposition

from media.headers import opus_frame_samples
from media.packet import CLOCK_HZ
from media.uploads.facts import Probe, StreamFacts

FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,flv,ogg,wav,w64,mp3,aac,ac3,flac,aiff,caf,"
    "amr,au,dv,mxf,gif"
)
MOST_STREAMS: Final = 64
FRAMES_TRIED: Final = 3
"""Decoded of each stream."""
PACKETS_TRIED: Final = 300
"""A stream none of whose first packets can be decoded is damaged."""
ENCRYPTED_TAGS: Final = frozenset({"encv", "enca", "drmi", "drms"})


class NoMedia(Exception):
    """No demuxer knows the file."""


class Broken(Exception):
    """A demuxer knows the file and cannot read it."""


def open_media(path: str) -> av.container.InputContainer:
    """Opens a local file, and nothing that it names. Raises NoMedia or Broken."""
    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "max_streams": str(MOST_STREAMS)}
    try:
        return av.open(f"file:{path}", options=options, metadata_errors="replace")
    except av.error.FFmpegError as problem:
        with Path(path).open("rb") as file:
            head = file.read(64)
        known = head[4:8] in {b"ftyp", b"moov", b"mdat", b"free", b"wide"} or head[:4] in {b"RIFF", b"\x1a\x45\xdf\xa3"}
        raise (Broken if known else NoMedia)(str(problem)) from None


def probe(path: str) -> Probe:
    """Reads the whole file. Raises NoMedia or Broken."""
    with open_media(path) as container:
        surveys = {stream.index: _Survey(stream) for stream in container.streams if stream.type in _KINDS}
        for packet in _packets(container):
            survey = surveys.get(packet.stream_index)
            if survey is not None:
                survey.add(packet)
        claimed = container.duration or 0  # microseconds
        return Probe(
            format=container.format.name,
            streams=tuple(survey.facts() for survey in surveys.values()),
            claimed_90k=max(0, claimed * CLOCK_HZ // 1_000_000),
        )


def raise_if_out_of_memory(problem: Exception) -> None:
    """A decoder that got no memory has found no fault in the file. Raises MemoryError."""
    if getattr(problem, "errno", None) == errno.ENOMEM:
        raise MemoryError from problem


def ticks(value: int, time_base: Any) -> int:
    """A time in 1/90000 s."""
    found: int = round(value * time_base.numerator * CLOCK_HZ / time_base.denominator)
    return found


_KINDS: Final = ("video", "audio", "subtitle")


def _packets(container: av.container.InputContainer) -> Iterator["av.Packet[Any]"]:
    """All that can be read: damage in the middle ends the file there."""
    try:
        for packet in container.demux():
            if packet.size:
                yield packet
    except av.error.FFmpegError:
        return


class _Survey:
    """Counts one stream's packets and decodes its first ones."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        context = stream.codec_context
        self.context = context
        self.codec = context.codec.canonical_name if context is not None else ""
        if stream.type == "video" and context is not None:
            context.thread_count = 1
        self.packets = self.untimed = self.keys = self.frames = self.tried = 0
        self.first: int | None = None
        self.end = 0
        self.last_dts: int | None = None
        self.last_key: int | None = None
        self.gap = self.key_gap = 0
        self.samples: set[int] = set()
        self.rotation = 0
        self.encrypted = False
        self.interlaced = False

    def add(self, packet: "av.Packet[Any]") -> None:
        self.packets += 1
        self.encrypted = self.encrypted or packet.has_sidedata("encryption_info")
        if packet.pts is None or (packet.dts is None and self.last_dts is not None):
            self.untimed += 1
        shown = packet.pts if packet.pts is not None else packet.dts
        if shown is not None:
            self._note_time(packet, ticks(shown, packet.time_base))
        if self.codec == "opus" and len(self.samples) < 8:
            self.samples.add(opus_frame_samples(bytes(packet)))
        if self.stream.type != "subtitle" and self.frames < FRAMES_TRIED and self.tried < PACKETS_TRIED:
            self._decode(packet)

    def facts(self) -> StreamFacts:
        if not self.frames and self.tried and self.stream.type != "subtitle":
            self._decode(None)  # a very short stream comes out of its decoder at the end only
        stream, context = self.stream, self.context
        shape = getattr(stream, "sample_aspect_ratio", None)
        tag = context.codec_tag if context is not None else ""
        return StreamFacts(
            index=stream.index,
            kind=stream.type,
            codec=self.codec,
            config=(context.extradata or b"")[:65536] if context is not None else b"",
            language=(stream.language or "")[:8],
            default=bool(stream.disposition & Disposition.default),
            cover=bool(stream.disposition & Disposition.attached_pic),
            encrypted=self.encrypted or tag in ENCRYPTED_TAGS,
            width=getattr(context, "width", 0) or 0,
            height=getattr(context, "height", 0) or 0,
            rotation=self.rotation,
            pixel_shape=float(shape) if shape else 1.0,
            interlaced=self.interlaced,
            rate_hz=getattr(context, "sample_rate", 0) or 0,
            channels=(getattr(context, "channels", 0) or 0) if stream.type == "audio" else 0,
            packets=self.packets,
            frames=self.frames,
            untimed=self.untimed,
            keys=self.keys,
            begin_90k=self.first or 0,
            end_90k=max(self.end, self.first or 0),
            longest_gap_90k=self.gap,
            longest_key_gap_90k=max(self.key_gap, self.end - self.last_key if self.last_key is not None else 0),
            frame_samples=next(iter(self.samples)) if len(self.samples) == 1 else 0,
            even=len(self.samples) == 1,
        )

    def _note_time(self, packet: "av.Packet[Any]", at: int) -> None:
        if self.first is None or at < self.first:
            self.first = at
        lasts = ticks(packet.duration, packet.time_base) if packet.duration else 0
        self.end = max(self.end, at + lasts)
        if packet.dts is not None:
            coded = ticks(packet.dts, packet.time_base)
            if self.last_dts is not None:
                self.gap = max(self.gap, abs(coded - self.last_dts))
            self.last_dts = coded
        if packet.is_keyframe:
            if self.last_key is not None:
                self.key_gap = max(self.key_gap, at - self.last_key)
            self.last_key = at
            self.keys += 1

    def _decode(self, packet: "av.Packet[Any] | None") -> None:
        self.tried += 1
        if self.context is None:
            return  # a codec that nobody here knows
        try:
            frames = self.context.decode(packet)
        except (av.error.FFmpegError, ValueError) as problem:
            raise_if_out_of_memory(problem)
            return
        for frame in frames:
            self.frames += 1
            if isinstance(frame, av.VideoFrame):
                # a quarter turn is all that cameras know
                self.rotation = round(frame.rotation / 90) * 90 % 360
                self.interlaced = self.interlaced or frame.interlaced_frame
