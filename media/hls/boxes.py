"""ISO BMFF boxes of an initialisation section: `ftyp` and `moov` (ISO/IEC 14496-12, -14, -15). Pure.

Video and audio share one file, so this is CMAF's structure without its rule of one track a file: one playlist, one
request a part, and the file on the disk is the very same bytes.
"""

import struct
from typing import Final

from media.packet import CLOCK_HZ, AudioTrack, Codec, Tracks, VideoTrack

VIDEO_ID: Final = 1
"""`track_ID` of video."""
AUDIO_ID: Final = 2
"""`track_ID` of audio."""

_U16: Final = struct.Struct(">H")
_U32: Final = struct.Struct(">I")
_HEADER: Final = struct.Struct(">I4s")
_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_CONFIG_BOX: Final = {Codec.H264: b"avcC", Codec.HEVC: b"hvcC", Codec.AV1: b"av1C", Codec.VP9: b"vpcC"}
_FULL_BOX_VERSION_1: Final = b"\x01\x00\x00\x00"
_UNDETERMINED: Final = 0x55C4
"""ISO 639-2 `und`, three letters of five bits."""


def box(name: bytes, *parts: bytes) -> bytes:
    return b"".join((_HEADER.pack(8 + sum(map(len, parts)), name), *parts))


def full_box(name: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(name, _U32.pack(version << 24 | flags), *parts)


def init_section(tracks: Tracks, delay_90k: int = 0) -> bytes:
    """`ftyp` and `moov` for these tracks; an edit list takes off `delay_90k`, the first frame's composition offset.

    Raises ValueError for a codec that ISO BMFF has no sample entry for (VP8).
    """
    boxes: list[bytes] = []
    extends: list[bytes] = []
    if tracks.video is not None:
        boxes.append(_video_trak(tracks.video, delay_90k))
        extends.append(_trex(VIDEO_ID))
    if tracks.audio is not None:
        boxes.append(_audio_trak(tracks.audio))
        extends.append(_trex(AUDIO_ID))
    header = struct.pack(">IIIIIHH", 0, 0, 1000, 0, 0x00010000, 0x0100, 0) + bytes(8) + _MATRIX + bytes(24)
    mvhd = full_box(b"mvhd", 0, 0, header, _U32.pack(AUDIO_ID + 1))
    ftyp = box(b"ftyp", b"iso6", _U32.pack(1), b"iso6isommp41")
    return ftyp + box(b"moov", mvhd, *boxes, box(b"mvex", *extends))


def _trex(track_id: int) -> bytes:
    return full_box(b"trex", 0, 0, struct.pack(">5I", track_id, 1, 0, 0, 0))


def _video_trak(track: VideoTrack, delay_90k: int) -> bytes:
    entry = b"".join(
        (
            struct.pack(">6xH16xHHIIIH", 1, track.width, track.height, 0x00480000, 0x00480000, 0, 1),
            bytes(32),
            struct.pack(">Hh", 0x0018, -1),
            _video_config(track),
        )
    )
    name = track.codec.value.encode()
    media_header = full_box(b"vmhd", 0, 1, bytes(8))
    size = struct.pack(">II", track.width << 16, track.height << 16)
    edits = box(b"edts", full_box(b"elst", 0, 0, struct.pack(">IIII", 1, 0, delay_90k, 0x10000))) if delay_90k else b""
    return _trak(VIDEO_ID, CLOCK_HZ, b"vide", media_header, box(name, entry), volume=0, size=size, edits=edits)


def _video_config(track: VideoTrack) -> bytes:
    name = _CONFIG_BOX.get(track.codec)
    if name is None:
        raise ValueError(f"{track.codec} cannot be carried in ISO BMFF")
    if track.codec is Codec.VP9:
        # Some encoders send the record with the version and flags of its box, some without.
        return box(name, _FULL_BOX_VERSION_1, track.config.removeprefix(_FULL_BOX_VERSION_1))
    return box(name, track.config)


def _audio_trak(track: AudioTrack) -> bytes:
    # The field has 16 bits for the whole part; a higher rate stands only in the decoder's own configuration.
    rate = track.sample_rate if track.sample_rate <= 0xFFFF else 0
    entry = struct.pack(">6xH8xHHHHI", 1, track.channels, 16, 0, 0, rate << 16)
    config = box(b"dOps", track.config) if track.codec is Codec.OPUS else _esds(track.config)
    sample_entry = box(track.codec.value.encode(), entry, config)
    return _trak(AUDIO_ID, track.sample_rate, b"soun", full_box(b"smhd", 0, 0, bytes(4)), sample_entry, volume=0x0100)


def _esds(audio_specific_config: bytes) -> bytes:
    """ISO 14496-1 §7.2.6: ES descriptor, its decoder configuration (AAC, audio stream), its sync layer (MP4)."""
    decoder = struct.pack(">BBBHII", 0x40, 0x15, 0, 0, 0, 0) + _descriptor(5, audio_specific_config)
    return full_box(b"esds", 0, 0, _descriptor(3, b"\x00\x00\x00" + _descriptor(4, decoder) + _descriptor(6, b"\x02")))


def _descriptor(tag: int, body: bytes) -> bytes:
    size = len(body)
    return bytes((tag, 0x80 | size >> 21 & 0x7F, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F)) + body


def _trak(
    track_id: int,
    timescale: int,
    handler: bytes,
    media_header: bytes,
    entry: bytes,
    *,
    volume: int,
    size: bytes = bytes(8),
    edits: bytes = b"",
) -> bytes:
    tkhd = struct.pack(">5I8xHHHH", 0, 0, track_id, 0, 0, 0, 0, volume, 0) + _MATRIX + size
    mdhd = struct.pack(">4IHH", 0, 0, timescale, 0, _UNDETERMINED, 0)
    hdlr = struct.pack(">I4s12x", 0, handler) + b"Gryf\x00"
    dinf = box(b"dinf", full_box(b"dref", 0, 0, _U32.pack(1), full_box(b"url ", 0, 1)))
    stbl = box(
        b"stbl",
        full_box(b"stsd", 0, 0, _U32.pack(1), entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    minf = box(b"minf", media_header, dinf, stbl)
    mdia = box(b"mdia", full_box(b"mdhd", 0, 0, mdhd), full_box(b"hdlr", 0, 0, hdlr), minf)
    return box(b"trak", full_box(b"tkhd", 0, 3, tkhd), edits, mdia)
