"""A file's picture and sound as packets: copied where browsers play them, else encoded as H.264 and AAC.

Each track is read through a container of its own, so that a file whose sound lies far from its picture costs no memory.
Damage in the middle ends a track there. Runs in a limited process.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

import av
import av.audio.fifo
import av.container
import av.error
from av.video.frame import PictureType

from media.codec.picture_filter import PictureFilter
from media.codec.probe import open_media, raise_if_out_of_memory, ticks
from media.headers import nal_length_size, with_four_byte_lengths, without_temporal_delimiter
from media.headers.annexb import annexb_units, h264_record, with_lengths
from media.packet import CLOCK_HZ, AudioTrack, Codec, Kind, Packet, VideoTrack
from media.uploads.captions import Cue, embedded_text
from media.uploads.facts import AudioPlan, StreamFacts, VideoPlan

KEY_EVERY_90K: Final = 2 * CLOCK_HZ
STANDS_90K: Final = CLOCK_HZ
"""A picture that stands still is repeated this often: players stall at holes."""
LEAST_STEP_90K: Final = CLOCK_HZ // 61
"""No more than 60 pictures a second."""
REANCHOR_90K: Final = CLOCK_HZ // 20
"""Sound whose times leave its count of samples by more than this goes on at its own time."""
MOST_EARLY: Final = 32
"""Packets without a decoding time at the beginning: no codec looks further ahead."""
BITS_A_PIXEL: Final = 3
"""Most bits a second for each pixel of the picture."""

Lane = Iterator[Packet]


def copied_video_lane(path: str, facts: StreamFacts, track: VideoTrack) -> Lane:
    """The picture as it is, in the form of `media.packet`."""
    length_size = nal_length_size(track.codec, facts.config) if track.codec is Codec.H264 else 0
    for packet, data in _timed_packets(path, facts.index):
        if length_size not in {0, 4}:
            data = with_four_byte_lengths(data, length_size)
        elif track.codec is Codec.AV1:
            data = without_temporal_delimiter(data)
        if data:
            yield _packet(Kind.VIDEO, packet, data, key=packet.is_keyframe)


def copied_audio_lane(path: str, facts: StreamFacts) -> Lane:
    """The sound as it is."""
    for packet, data in _timed_packets(path, facts.index):
        yield _packet(Kind.AUDIO, packet, data, key=True)


class EncodedVideo:
    """The picture as H.264: upright, square pixels, a key frame every two seconds, never a hole."""

    def __init__(self, path: str, plan: VideoPlan, threads: int) -> None:
        self._path = path
        self._plan = plan
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = plan.width, plan.height, "yuv420p"
        context.time_base = Fraction(1, CLOCK_HZ)
        context.framerate = Fraction(30, 1)
        context.thread_count = threads
        context.flags |= av.codec.context.Flags.global_header
        most = plan.width * plan.height * BITS_A_PIXEL
        context.options = {
            "preset": "veryfast",
            "crf": "23",
            "maxrate": str(most),
            "bufsize": str(2 * most),
            "profile": "high",
            "forced-idr": "1",
            "g": "600",
            # a picture that stands for a second would put B-frames as far before it
            "bf": "0",
            "sc_threshold": "0",
        }
        context.open()
        self._context = context
        record = h264_record(annexb_units(context.extradata or b""))
        self.track = VideoTrack(
            codec=Codec.H264,
            config=record,
            name=f"avc1.{record[1]:02x}{record[2]:02x}{record[3]:02x}",
            width=plan.width,
            height=plan.height,
        )
        self._last: Any = None
        self._last_at = 0
        self._key_at = -KEY_EVERY_90K

    def packets(self) -> Lane:
        picture = PictureFilter(self._plan)
        for frame in _frames(self._path, self._plan.index):
            for upright in picture.push(frame):
                yield from self._take(upright)
        for upright in picture.finish():
            yield from self._take(upright)
        yield from self._coded(None)

    def _take(self, frame: Any) -> Lane:
        at = frame.pts
        if self._last is None:
            # held back to where the sound begins
            begin = min(self._plan.begin_90k, at)
            while begin < at - STANDS_90K // 2:
                yield from self._encode(frame, begin)
                begin += STANDS_90K
        else:
            if at - self._last_at < LEAST_STEP_90K:
                return
            while at - self._last_at > STANDS_90K + STANDS_90K // 2:
                yield from self._encode(self._last, self._last_at + STANDS_90K)
        self._last = frame
        yield from self._encode(frame, at)

    def _encode(self, frame: Any, at: int) -> Lane:
        key = at - self._key_at >= KEY_EVERY_90K
        if key:
            self._key_at = at
        frame.pts, frame.time_base = at, Fraction(1, CLOCK_HZ)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._last_at = at
        yield from self._coded(frame)

    def _coded(self, frame: Any) -> Lane:
        for packet in self._context.encode(frame):
            data = with_lengths(annexb_units(bytes(packet)))
            assert packet.dts is not None
            assert packet.pts is not None
            yield Packet(Kind.VIDEO, packet.dts, packet.pts, packet.is_keyframe, data)


class EncodedAudio:
    """The sound as AAC-LC at 48 kHz, mono or stereo."""

    RATE_HZ: Final = 48_000

    def __init__(self, path: str, plan: AudioPlan) -> None:
        self._path = path
        self._plan = plan
        self._layout = "mono" if plan.channels == 1 else "stereo"
        context = av.CodecContext.create("aac", "w")
        context.sample_rate = self.RATE_HZ
        context.layout = self._layout
        context.format = "fltp"
        context.bit_rate = 96_000 if plan.channels == 1 else 160_000
        context.time_base = Fraction(1, self.RATE_HZ)
        context.flags |= av.codec.context.Flags.global_header
        context.open()
        self._context = context
        self.track = AudioTrack(
            codec=Codec.AAC,
            config=context.extradata or b"",
            name="mp4a.40.2",
            sample_rate=self.RATE_HZ,
            channels=1 if plan.channels == 1 else 2,
        )
        self._fifo = av.audio.fifo.AudioFifo()
        self._written = 0
        """Samples that went into the queue."""
        self._read = 0
        """Samples that went to the encoder, which counts by them."""
        self._anchors: list[tuple[int, int]] = []
        """(sample, its time in 1/90000 s): where the sound's clock was set."""

    def packets(self) -> Lane:
        resampler: Any = None
        shape: tuple[str, str, int] | None = None
        for frame in _frames(self._path, self._plan.index):
            now = (frame.format.name, frame.layout.name, frame.sample_rate)
            if now != shape:
                yield from self._sampled(resampler.resample(None) if resampler is not None else [])
                shape = now
                resampler = av.AudioResampler(format="fltp", layout=self._layout, rate=self.RATE_HZ)
            if frame.pts is not None:
                self._anchor(ticks(frame.pts, frame.time_base))
            yield from self._sampled(resampler.resample(frame))
        if resampler is not None:
            yield from self._sampled(resampler.resample(None))
        yield from self._encoded(partial=True)
        yield from self._coded(None)

    def _anchor(self, at: int) -> None:
        if not self._anchors or abs(self._time_of(self._written) - at) > REANCHOR_90K:
            self._anchors.append((self._written, at))

    def _time_of(self, sample: int) -> int:
        known = next((one for one in reversed(self._anchors) if one[0] <= max(sample, 0)), None)
        from_sample, at = known if known is not None else (0, 0)
        return at + (sample - from_sample) * CLOCK_HZ // self.RATE_HZ

    def _sampled(self, frames: list[Any]) -> Lane:
        for frame in frames:
            frame.pts = None
            self._written += frame.samples
            self._fifo.write(frame)
            yield from self._encoded()

    def _encoded(self, *, partial: bool = False) -> Lane:
        while (frame := self._fifo.read(1024, partial)) is not None:
            frame.pts, frame.time_base = self._read, Fraction(1, self.RATE_HZ)
            self._read += frame.samples
            yield from self._coded(frame)

    def _coded(self, frame: Any) -> Lane:
        for packet in self._context.encode(frame):
            at = self._time_of(packet.pts or 0)
            yield Packet(Kind.AUDIO, at, at, key=True, data=bytes(packet))


def embedded_cues(path: str, facts: StreamFacts) -> Iterator[Cue]:
    """The words of a text track, on the file's own clock."""
    for packet, data in _timed_packets(path, facts.index):
        text = embedded_text(facts.codec, data)
        begin = ticks(packet.pts or 0, packet.time_base)
        lasts = ticks(packet.duration, packet.time_base) if packet.duration else 3 * CLOCK_HZ
        if text and lasts > 0:
            yield Cue(begin, begin + lasts, text)


def _timed_packets(path: str, index: int) -> Iterator[tuple["av.Packet[Any]", bytes]]:
    """Packets with both their times, in order."""
    with open_media(path) as container:
        early: list[av.Packet[Any]] = []
        last: int | None = None
        try:
            for packet in container.demux(container.streams[index]):
                if not packet.size or packet.pts is None:
                    continue
                if packet.dts is None:
                    if last is None and len(early) < MOST_EARLY:
                        early.append(packet)
                    continue
                if last is not None and packet.dts < last:
                    continue  # out of order: nothing could decode it here
                last = packet.dts
                for place, one in enumerate(early):
                    # Matroska has no decoding times: FFmpeg cannot tell those of the first pictures
                    one.dts = packet.dts - (len(early) - place) * max(packet.duration or 1, 1)
                    yield one, bytes(one)
                early.clear()
                yield packet, bytes(packet)
        except av.error.FFmpegError:
            return


def _frames(path: str, index: int) -> Iterator[Any]:
    """Decoded frames in order; what cannot be decoded is left out."""
    with open_media(path) as container:
        stream = container.streams[index]
        context = stream.codec_context
        assert context is not None
        context.thread_count = 1
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.error.FFmpegError as problem:
                    raise_if_out_of_memory(problem)
                    continue
                yield from frames
        except av.error.FFmpegError:
            return


def _packet(kind: Kind, packet: "av.Packet[Any]", data: bytes, *, key: bool) -> Packet:
    dts, pts = ticks(packet.dts or 0, packet.time_base), ticks(packet.pts or 0, packet.time_base)
    return Packet(kind, dts, pts, key, data)
