"""From audio and video messages to tracks and packets: headers, key frames, one clock without wraps and jumps."""

from typing import Final

import msgspec

from media.headers import (
    HeaderError,
    aac_track,
    av1_track,
    h264_track,
    hevc_track,
    is_random_access,
    nal_length_size,
    opus_frame_samples,
    opus_track,
    vp9_size,
    vp9_track,
    with_four_byte_lengths,
    without_temporal_delimiter,
)
from media.packet import AudioTrack, Codec, Kind, Packet, Tracks, VideoTrack
from media.rtmp.flv import Part, Tag, Unplayable, parse_audio, parse_video

TICKS_PER_MS: Final = 90
LOOSE_MS: Final = 500
LARGEST_STEP_AHEAD_MS: Final = 30_000
"""A larger step back or ahead within a track is an encoder that set its clock anew: time goes on from where it was."""

NEAR_MS: Final = 5_000
"""Sound and picture on one clock are never further apart."""

STEP_AFTER_JUMP_MS: Final = 40
MAX_START_MS: Final = 1_000
HOLD_MS: Final = 1_000
HOLD_PACKETS: Final = 128
HOLD_BYTES: Final = 4 * 1024 * 1024


class Clock:
    """RTMP's 32-bit milliseconds as milliseconds that start near 0, do not wrap and do not jump.

    Each track is judged by its own times: within one they never fall, however loosely sound and picture are
    interleaved. A track that jumped goes on where the other one is; if that one has jumped as well, or not at all, its
    times still tell how far they are apart.
    """

    def __init__(self) -> None:
        self._last: dict[Kind, tuple[int, int]] = {}
        """Of each track: what its last message said, and what that was taken for."""

    def unwrapped_ms(self, time_ms: int, kind: Kind = Kind.VIDEO) -> int:
        """The time of a track's next message."""
        known = self._last.get(kind)
        step = _signed(time_ms - known[0]) if known is not None else 0
        if known is not None and -LOOSE_MS <= step <= LARGEST_STEP_AHEAD_MS:
            now_ms = max(0, known[1] + step)
        else:
            now_ms = self._after_jump(time_ms, kind)
        self._last[kind] = (time_ms, now_ms)
        return now_ms

    def _after_jump(self, time_ms: int, kind: Kind) -> int:
        """A track's first message, or one whose time does not follow from the last."""
        if not self._last:
            return min(time_ms, MAX_START_MS)
        least_ms = self._last[kind][1] - LOOSE_MS if kind in self._last else -NEAR_MS
        other = self._last.get(Kind.AUDIO if kind is Kind.VIDEO else Kind.VIDEO)
        if other is not None:
            apart_ms = _signed(time_ms - other[0])
            if abs(apart_ms) <= NEAR_MS and other[1] + apart_ms >= least_ms:
                return max(0, other[1] + apart_ms)
        newest_ms = max(now_ms for _, now_ms in self._last.values())
        return newest_ms + STEP_AFTER_JUMP_MS


def _signed(step: int) -> int:
    """A difference of 32-bit times, whichever way round is shorter."""
    return (step + 0x80000000 & 0xFFFFFFFF) - 0x80000000


class Assembler:
    """Takes the bodies of media messages, gives `Tracks` whenever they changed and `Packet`s after them.

    The first packets wait, for at most a second of media, until both tracks are known: a reader then need not start
    twice. Raises `Unplayable`.
    """

    def __init__(self) -> None:
        self.dropped = 0
        """Frames that came before their header, or empty ones."""
        self._clock = Clock()
        self._video: VideoTrack | None = None
        self._audio: AudioTrack | None = None
        self._raw_headers: dict[Kind, tuple[Codec, bytes]] = {}
        self._nal_length = 4
        self._last_dts = {Kind.VIDEO: 0, Kind.AUDIO: 0}
        self._expected: frozenset[Kind] = frozenset(Kind)
        self._settled = False
        self._changed = False
        self._held: list[Packet] = []
        self._held_bytes = 0

    def expect(self, *, video: bool, audio: bool) -> None:
        """What the metadata announces; what is not announced is not waited for."""
        self._expected = frozenset(
            kind for kind, announced in ((Kind.VIDEO, video), (Kind.AUDIO, audio)) if announced
        ) or frozenset(Kind)

    def video(self, time_ms: int, body: bytes) -> list[Tracks | Packet]:
        """A video message."""
        tag = parse_video(body)
        if tag.part is Part.NOTHING:
            return []
        if tag.part is Part.HEADER:
            return self._header(Kind.VIDEO, tag)
        dts = self._dts(Kind.VIDEO, time_ms)
        packet = self._picture(tag, dts)
        return [] if packet is None else self._deliver(packet)

    def audio(self, time_ms: int, body: bytes) -> list[Tracks | Packet]:
        """An audio message."""
        tag = parse_audio(body)
        if tag.part is Part.NOTHING:
            return []
        if tag.part is Part.HEADER:
            return self._header(Kind.AUDIO, tag)
        dts = self._dts(Kind.AUDIO, time_ms)
        track = self._audio
        if track is None or track.codec is not tag.codec or not tag.body:
            self.dropped += 1
            return []
        if track.codec is Codec.OPUS and not self._settled:  # later it would be a new initialisation section
            samples = opus_frame_samples(tag.body)
            if samples and samples != track.frame_samples:
                self._audio = msgspec.structs.replace(track, frame_samples=samples)
        return self._deliver(Packet(Kind.AUDIO, dts, dts, key=True, data=tag.body))

    def flush(self) -> list[Tracks | Packet]:
        """What still waits, at the end of a publication."""
        return self._settle() if self._held else []

    def _dts(self, kind: Kind, time_ms: int) -> int:
        dts = max(self._clock.unwrapped_ms(time_ms, kind) * TICKS_PER_MS, self._last_dts[kind])
        self._last_dts[kind] = dts
        return dts

    def _picture(self, tag: Tag, dts: int) -> Packet | None:
        data, key = tag.body, tag.key
        if tag.codec is Codec.VP9 and key:
            self._size_vp9(data)
        track = self._video
        if track is None or track.codec is not tag.codec or not data:
            self.dropped += 1
            return None
        if tag.codec is Codec.H264 or tag.codec is Codec.HEVC:
            if self._nal_length != 4:
                data = with_four_byte_lengths(data, self._nal_length)
            key = key and is_random_access(tag.codec, data)
        elif tag.codec is Codec.AV1:
            data = without_temporal_delimiter(data)
        return Packet(Kind.VIDEO, dts, dts + tag.composition_ms * TICKS_PER_MS, key, data)

    def _header(self, kind: Kind, tag: Tag) -> list[Tracks | Packet]:
        known = (tag.codec, tag.body)
        if self._raw_headers.get(kind) == known or not tag.body:
            return []
        try:
            track = self._track(tag)
        except HeaderError as problem:
            raise Unplayable(str(problem)) from None
        out = self._settle() if any(packet.kind is kind for packet in self._held) else []
        self._raw_headers[kind] = known
        if track is None:
            return out
        if isinstance(track, VideoTrack):
            self._nal_length = nal_length_size(tag.codec, tag.body) if tag.codec in (Codec.H264, Codec.HEVC) else 4
            self._changed |= track != self._video
            self._video = track
        else:
            self._changed |= track != self._audio
            self._audio = track
        return out

    def _track(self, tag: Tag) -> VideoTrack | AudioTrack | None:
        match tag.codec:
            case Codec.H264:
                return h264_track(tag.body)
            case Codec.HEVC:
                return hevc_track(tag.body)
            case Codec.AV1:
                return av1_track(tag.body)
            case Codec.AAC:
                return aac_track(tag.body)
            case Codec.OPUS:
                return opus_track(tag.body)
            case _:
                return None  # VP9's header has no size: the track is made at the key frame

    def _size_vp9(self, frame: bytes) -> None:
        codec, config = self._raw_headers.get(Kind.VIDEO, (Codec.H264, b""))
        if codec is not Codec.VP9:
            return
        try:
            track = vp9_track(config, *vp9_size(frame))
        except HeaderError as problem:
            raise Unplayable(str(problem)) from None
        self._changed |= track != self._video
        self._video = track

    def _deliver(self, packet: Packet) -> list[Tracks | Packet]:
        if self._settled:
            if not self._changed:
                return [packet]
            self._changed = False
            return [Tracks(self._video, self._audio), packet]
        self._held.append(packet)
        self._held_bytes += len(packet.data)
        known = {kind for kind, track in ((Kind.VIDEO, self._video), (Kind.AUDIO, self._audio)) if track is not None}
        if (
            self._expected <= known
            or packet.dts - self._held[0].dts >= HOLD_MS * TICKS_PER_MS
            or len(self._held) >= HOLD_PACKETS
            or self._held_bytes >= HOLD_BYTES
        ):
            return self._settle()
        return []

    def _settle(self) -> list[Tracks | Packet]:
        held, self._held = self._held, []
        self._held_bytes = 0
        self._settled = True
        self._changed = False
        return [Tracks(self._video, self._audio), *held]
