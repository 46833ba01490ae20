"""AV1 and VP9: configuration records and the little of the bit stream that tells the picture's size."""

from typing import Final

from app.i18n import _
from media.headers.bits import Bits, HeaderError
from media.packet import Codec, VideoTrack

OBU_SEQUENCE_HEADER: Final = 1
TEMPORAL_DELIMITER: Final = b"\x12\x00"
"""The OBU that opens a temporal unit; ISO BMFF leaves it out (AV1 in ISOBMFF §2.4)."""

VP9_SYNC: Final = 0x498342


def av1_track(config: bytes) -> VideoTrack:
    """The track an av1C record (AV1 in ISOBMFF §2.3.3) describes."""
    if len(config) < 4 or config[0] != 0x81:
        raise HeaderError(_("the encoder sent an AV1 header that cannot be read"))
    profile, level = config[1] >> 5, config[1] & 0x1F
    tier = "H" if config[2] & 0x80 else "M"
    depth = 8 if not config[2] & 0x40 else 12 if config[2] & 0x20 else 10
    width, height = _av1_size(config[4:])
    return VideoTrack(
        codec=Codec.AV1,
        config=config,
        name=f"av01.{profile}.{level:02d}{tier}.{depth:02d}",
        width=width,
        height=height,
    )


def without_temporal_delimiter(data: bytes) -> bytes:
    """An AV1 temporal unit as ISO BMFF wants it."""
    return data[2:] if data.startswith(TEMPORAL_DELIMITER) else data


def vp9_track(config: bytes, width: int, height: int) -> VideoTrack:
    """The track a vpcC record describes, with or without the four bytes of its box; `config` comes back without them.

    The record holds no size: take it from `vp9_size` of a key frame.
    """
    record = config[4:] if len(config) >= 12 and config[1:4] == b"\x00\x00\x00" else config
    if len(record) < 8:
        raise HeaderError(_("the encoder sent a VP9 header that cannot be read"))
    profile, level, depth = record[0], record[1], record[2] >> 4
    if profile > 3 or depth not in (8, 10, 12):
        raise HeaderError(_("the encoder sent a VP9 header that cannot be read"))
    return VideoTrack(
        codec=Codec.VP9,
        config=record,
        name=f"vp09.{profile:02d}.{level:02d}.{depth:02d}",
        width=width,
        height=height,
    )


def vp9_size(frame: bytes) -> tuple[int, int]:
    """Width and height in pixels from a key frame's uncompressed header (VP9 bit stream §6.2)."""
    bits = Bits(frame[:32])
    marker = bits.read(2)
    profile = bits.read(1) | bits.read(1) << 1
    if profile == 3:
        bits.skip(1)
    shows_existing, is_inter = bits.flag(), bits.flag()
    bits.skip(2)
    if marker != 2 or shows_existing or is_inter or bits.read(24) != VP9_SYNC:
        raise HeaderError(_("the encoder marks a VP9 frame as a key frame that is none"))
    if profile >= 2:
        bits.skip(1)
    if bits.read(3) == 7:
        bits.skip(1 if profile in (1, 3) else 0)  # sRGB: a reserved bit, no range
    else:
        bits.skip(1 + (3 if profile in (1, 3) else 0))
    return bits.read(16) + 1, bits.read(16) + 1


def _av1_size(units: bytes) -> tuple[int, int]:
    """Largest frame size from the sequence header among the record's OBUs (AV1 bit stream §5.5.1)."""
    at = 0
    while at < len(units):
        kind, extended, has_size = units[at] >> 3 & 15, units[at] >> 2 & 1, units[at] >> 1 & 1
        at += 1 + extended
        size = len(units) - at
        if has_size:
            size, at = _leb128(units, at)
        if kind == OBU_SEQUENCE_HEADER:
            return _av1_sequence_size(Bits(units[at : at + size]))
        at += size
    raise HeaderError(_("the encoder sent an AV1 header without a sequence header"))


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number in little-endian base 128 and the place after it (AV1 bit stream §4.10.5)."""
    value = 0
    for index, byte in enumerate(data[at : at + 8]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    raise HeaderError(_("the encoder sent an AV1 header that cannot be read"))


def _av1_sequence_size(bits: Bits) -> tuple[int, int]:
    bits.skip(4)
    if bits.flag():  # reduced_still_picture_header
        bits.skip(5)
    else:
        _skip_av1_operating_points(bits)
    width_bits, height_bits = bits.read(4) + 1, bits.read(4) + 1
    return bits.read(width_bits) + 1, bits.read(height_bits) + 1


def _skip_av1_operating_points(bits: Bits) -> None:
    delay_bits = 0
    if bits.flag():  # timing_info_present_flag
        bits.skip(64)
        if bits.flag():
            bits.ue()  # uvlc() is Exp-Golomb
        if bits.flag():  # decoder_model_info_present_flag
            delay_bits = bits.read(5) + 1
            bits.skip(32 + 10)
    has_display_delay = bits.flag()
    for _index in range(bits.read(5) + 1):
        bits.skip(12)
        if bits.read(5) > 7:
            bits.skip(1)
        if delay_bits and bits.flag():
            bits.skip(2 * delay_bits + 1)
        if has_display_delay and bits.flag():
            bits.skip(4)
