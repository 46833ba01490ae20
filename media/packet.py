"""The only currency of the media core: tracks that describe, packets that carry.

Every protocol in (RTMP, WHIP) turns what it hears into these; every way out (HLS, WHEP, recorder) starts here.
"""

from enum import StrEnum
from typing import Final

import msgspec

CLOCK_HZ: Final = 90_000
"""Ticks a second of every `dts` and `pts`."""


class Codec(StrEnum):
    """Codecs that may pass through. The value is the sample entry name in ISO BMFF and the FourCC of Enhanced RTMP."""

    H264 = "avc1"
    HEVC = "hvc1"
    AV1 = "av01"
    VP9 = "vp09"
    VP8 = "vp08"
    AAC = "mp4a"
    OPUS = "Opus"


class Kind(StrEnum):
    """What a track carries."""

    VIDEO = "video"
    AUDIO = "audio"


class VideoTrack(msgspec.Struct, frozen=True, gc=False):
    """A video track as its decoder must be told of it.

    `config` is the decoder configuration record: avcC (ISO 14496-15 §5.3.3), hvcC (§8.3.3), av1C, vpcC.
    `name` is the RFC 6381 string a browser is asked about, for instance `avc1.64001f`.
    """

    codec: Codec
    config: bytes
    name: str
    width: int
    height: int


class AudioTrack(msgspec.Struct, frozen=True, gc=False):
    """An audio track as its decoder must be told of it.

    `config`: for AAC the AudioSpecificConfig (ISO 14496-3 §1.6), for Opus the `dOps` body (RFC 7845 §5.1, big-endian).
    `sample_rate` in Hz is the rate of the decoded sound (HE-AAC: the doubled one); `frame_samples` counts at it.
    """

    codec: Codec
    config: bytes
    name: str
    sample_rate: int
    channels: int
    frame_samples: int = 1024


class Tracks(msgspec.Struct, frozen=True, gc=False):
    """All that a publisher sends now. A change of any field is a new initialisation section for readers."""

    video: VideoTrack | None = None
    audio: AudioTrack | None = None


class Packet(msgspec.Struct, frozen=True, gc=False):
    """One coded frame.

    `dts` and `pts` count 1/90000 s on the publisher's clock, unwrapped: they start near 0 and do not wrap. `dts` never
    falls within a track. `key`: decoding can start here (IDR or clean random access; every audio frame).
    `data`: H.264 and HEVC as NAL units each behind a 4-byte big-endian length (the form of ISO BMFF, never Annex B);
    AAC as a raw frame without ADTS; AV1 as a temporal unit without temporal delimiters; VP8, VP9 and Opus as one frame.
    """

    kind: Kind
    dts: int
    pts: int
    key: bool
    data: bytes
