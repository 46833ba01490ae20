"""H.264 and HEVC: decoder configuration records (ISO/IEC 14496-15), sequence parameter sets, NAL unit lengths."""

import struct
from typing import Final

from app.i18n import _
from media.headers.bits import Bits, HeaderError
from media.packet import Codec, VideoTrack

SCALING_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""H.264 profiles whose SPS names chroma format, bit depth and scaling lists (ITU-T H.264 §7.3.2.1.1)."""

MAX_SIDE: Final = 8192
"""Pixels a side; more is a broken header or an attack on decoders."""


def h264_track(config: bytes) -> VideoTrack:
    """The track an avcC record describes; its `config` promises 4-byte lengths (see `with_four_byte_lengths`)."""
    if len(config) < 8 or config[0] != 1:
        raise HeaderError(_("the encoder sent an H.264 header that cannot be read"))
    if not config[5] & 0x1F:
        raise HeaderError(_("the encoder sent an H.264 header without a sequence parameter set"))
    (length,) = struct.unpack_from(">H", config, 6)
    sps = config[8 : 8 + length]
    if length < 4 or len(sps) != length:
        raise HeaderError(_("the encoder sent an H.264 header that is cut short"))
    width, height = _h264_size(sps)
    return VideoTrack(
        codec=Codec.H264,
        config=config[:4] + bytes((config[4] | 0b11,)) + config[5:],
        name=f"avc1.{sps[1]:02x}{sps[2]:02x}{sps[3]:02x}",
        width=width,
        height=height,
    )


def hevc_track(config: bytes) -> VideoTrack:
    """The track an hvcC record describes; its `config` promises 4-byte lengths."""
    if len(config) < 23:
        raise HeaderError(_("the encoder sent an HEVC header that cannot be read"))
    width, height = _hevc_size(_hevc_sps(config))
    return VideoTrack(
        codec=Codec.HEVC,
        config=config[:21] + bytes((config[21] | 0b11,)) + config[22:],
        name=_hevc_name(config),
        width=width,
        height=height,
    )


def nal_length_size(codec: Codec, config: bytes) -> int:
    """Bytes before each NAL unit in the publisher's frames: 1, 2, 3 or 4. Ask before the track is made."""
    at = 4 if codec is Codec.H264 else 21
    return (config[at] & 0b11) + 1 if len(config) > at else 4


def with_four_byte_lengths(data: bytes, length_size: int) -> bytes:
    """A frame whose NAL units have `length_size`-byte lengths, in the 4-byte form. A length that overruns ends it."""
    units: list[bytes] = []
    at, end = 0, len(data)
    while at + length_size < end:
        length = int.from_bytes(data[at : at + length_size], "big")
        at += length_size
        if at + length > end:
            break
        if length:
            units += (length.to_bytes(4, "big"), data[at : at + length])
        at += length
    return b"".join(units)


def is_random_access(codec: Codec, data: bytes) -> bool:
    """Whether a frame in 4-byte form holds an IDR slice (H.264) or an intra random access picture (HEVC)."""
    at, last = 0, len(data) - 5
    while at <= last:
        head = data[at + 4]
        if codec is Codec.H264:
            kind = head & 0x1F
            if kind in (1, 5):
                return kind == 5
        else:
            kind = head >> 1 & 0x3F
            if kind < 32:
                return 16 <= kind <= 21
        at += 4 + int.from_bytes(data[at : at + 4], "big")
    return False


def _unescaped(nal: bytes) -> bytes:
    """A NAL unit without emulation prevention bytes."""
    return nal.replace(b"\x00\x00\x03", b"\x00\x00")


def _checked(width: int, height: int) -> tuple[int, int]:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise HeaderError(
            _("the picture is larger than 8192 pixels a side, or empty: set a smaller one in the encoder")
        )
    return width, height


def _h264_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels after cropping (ITU-T H.264 §7.3.2.1.1)."""
    bits = Bits(_unescaped(sps[1:]))
    profile = bits.read(8)
    bits.skip(16)
    bits.ue()
    chroma = 1
    if profile in SCALING_PROFILES:
        chroma = bits.ue()
        _require_8_bit_420(chroma, luma_extra=bits.ue(), chroma_extra=bits.ue())
        bits.skip(1)
        if bits.flag():
            _skip_scaling_lists(bits, 8)
    bits.ue()
    _skip_picture_order(bits)
    bits.ue()
    bits.skip(1)
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frames_only = bits.flag()
    if not frames_only:
        bits.skip(1)
    field_factor = 1 if frames_only else 2
    height = map_units * 16 * field_factor
    bits.skip(1)
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= (left + right) * (2 if chroma == 1 else 1)
        height -= (top + bottom) * field_factor * (2 if chroma == 1 else 1)
    return _checked(width, height)


def _require_8_bit_420(chroma: int, luma_extra: int, chroma_extra: int) -> None:
    if chroma > 1 or luma_extra or chroma_extra:
        raise HeaderError(
            _("browsers play H.264 with 8 bits and 4:2:0 only: set the encoder to the profile High or Main")
        )


def _skip_scaling_lists(bits: Bits, count: int) -> None:
    for index in range(count):
        if not bits.flag():
            continue
        last = following = 8
        for _index in range(16 if index < 6 else 64):
            if following:
                following = (last + bits.se()) % 256
            last = following or last


def _skip_picture_order(bits: Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        cycle = bits.ue()
        if cycle > 255:
            raise HeaderError(_("the encoder sent an H.264 header that cannot be read"))
        for _index in range(cycle):
            bits.se()


def _hevc_sps(config: bytes) -> bytes:
    """The first sequence parameter set of an hvcC record (ISO/IEC 14496-15 §8.3.3.1.2)."""
    at = 23
    try:
        for _index in range(config[22]):
            kind = config[at] & 0x3F
            (count,) = struct.unpack_from(">H", config, at + 1)
            at += 3
            for _index in range(count):
                (length,) = struct.unpack_from(">H", config, at)
                if kind == 33:
                    return config[at + 2 : at + 2 + length]
                at += 2 + length
    except (IndexError, struct.error):
        raise HeaderError(_("the encoder sent an HEVC header that is cut short")) from None
    raise HeaderError(_("the encoder sent an HEVC header without a sequence parameter set"))


def _hevc_size(sps: bytes) -> tuple[int, int]:
    """Width and height in pixels after the conformance window (ITU-T H.265 §7.3.2.2.1)."""
    bits = Bits(_unescaped(sps[2:]))
    bits.skip(4)
    sub_layers = bits.read(3)
    bits.skip(1 + 88 + 8)
    present = [(bits.flag(), bits.flag()) for _index in range(sub_layers)]
    if sub_layers:
        bits.skip(2 * (8 - sub_layers))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)
    bits.ue()
    chroma = bits.ue()
    if chroma != 1:
        raise HeaderError(_("browsers play HEVC with 4:2:0 only: set the encoder to the profile Main or Main 10"))
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= 2 * (left + right)
        height -= 2 * (top + bottom)
    return _checked(width, height)


def _hevc_name(config: bytes) -> str:
    """RFC 6381 name of an hvcC record (ISO/IEC 14496-15 annex E)."""
    space = ("", "A", "B", "C")[config[1] >> 6]
    profile = config[1] & 0x1F
    compatible = int(f"{int.from_bytes(config[2:6], 'big'):032b}"[::-1], 2)
    tier = "H" if config[1] & 0x20 else "L"
    constraints = config[6:12].rstrip(b"\x00")
    return ".".join(
        [f"hvc1.{space}{profile}", f"{compatible:X}", f"{tier}{config[12]}", *(f"{byte:X}" for byte in constraints)]
    )
