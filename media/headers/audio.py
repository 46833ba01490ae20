"""AAC and Opus: AudioSpecificConfig, OpusHead, and how long a frame is."""

import struct
from typing import Final

import msgspec

from app.i18n import _
from media.headers.bits import Bits, HeaderError
from media.packet import AudioTrack, Codec

AAC_RATES: Final = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""Hz by samplingFrequencyIndex (ISO/IEC 14496-3 table 1.18)."""

AAC_CHANNELS: Final = (0, 1, 2, 3, 4, 5, 6, 8)
"""Channels by channelConfiguration (table 1.19); 0 means that a program config element says it."""

LC: Final = 2
SBR: Final = 5
PS: Final = 29

OPUS_FRAME_SAMPLES: Final = (
    *(480, 960, 1920, 2880) * 3,  # SILK: 10, 20, 40, 60 ms
    *(480, 960) * 2,  # hybrid: 10, 20 ms
    *(120, 240, 480, 960) * 4,  # CELT: 2.5, 5, 10, 20 ms
)
"""Samples at 48 kHz of one Opus frame by the TOC's configuration (RFC 6716 table 2)."""


class _Aac(msgspec.Struct):
    """What an AudioSpecificConfig says, while it is read."""

    object_type: int
    core_rate: int
    channels: int
    rate: int
    short_frames: bool = False


def aac_track(config: bytes) -> AudioTrack:
    """The track an AudioSpecificConfig describes (ISO/IEC 14496-3 §1.6.2.1): AAC-LC, HE-AAC and HE-AAC v2.

    HE-AAC signalled explicitly, in either of the two ways, has the doubled rate and doubled frame; implicit SBR cannot
    be seen in the header and stays what the header says.
    """
    bits = Bits(config[:64])
    first_type = _object_type(bits)
    core_rate = _rate(bits)
    channels = AAC_CHANNELS[index] if (index := bits.read(4)) < len(AAC_CHANNELS) else 0
    said = _Aac(object_type=first_type, core_rate=core_rate, channels=channels, rate=core_rate)
    core_type = first_type
    if first_type in (SBR, PS):
        said.rate = _rate(bits)
        core_type = _object_type(bits)
    if core_type != LC:
        raise HeaderError(_("browsers play AAC of the kinds LC and HE only: set the encoder's sound to AAC-LC"))
    said.short_frames = bits.flag()
    if bits.flag():
        bits.skip(14)
    bits.skip(1)
    if index == 0:
        said.channels = _program_channels(bits)
    if first_type == LC:
        _read_late_extension(bits, said)
    if not (said.channels and 7350 <= said.core_rate <= 96000 and said.rate <= 96000):
        raise HeaderError(_("the encoder sent an AAC header that cannot be read"))
    frame_samples = (960 if said.short_frames else 1024) * said.rate // said.core_rate
    return AudioTrack(
        codec=Codec.AAC,
        config=config,
        name=f"mp4a.40.{said.object_type}",
        sample_rate=said.rate,
        channels=2 if said.object_type == PS else said.channels,
        frame_samples=frame_samples,
    )


def opus_head(config: bytes) -> bytes:
    """The OpusHead packet of an Opus track's `config`: the same fields, little-endian."""
    _, channels, pre_skip, rate, gain, family = struct.unpack_from(">BBHIhB", config)
    return b"OpusHead" + struct.pack("<BBHIhB", 1, channels, pre_skip, rate, gain, family) + config[11:]


def opus_track(head: bytes) -> AudioTrack:
    """The track an OpusHead packet (RFC 7845 §5.1) describes; `config` becomes the body of a dOps box."""
    body = head.removeprefix(b"OpusHead")
    if len(body) < 11 or body[0] >> 4:
        raise HeaderError(_("the encoder sent an Opus header that cannot be read"))
    _version, channels, pre_skip, rate, gain, family = struct.unpack_from("<BBHIhB", body)
    mapping = body[11 : 13 + channels] if family else b""
    if not 0 < channels <= 8 or (family and len(mapping) != 2 + channels):
        raise HeaderError(_("the encoder sent an Opus header that cannot be read"))
    return AudioTrack(
        codec=Codec.OPUS,
        config=struct.pack(">BBHIhB", 0, channels, pre_skip, rate, gain, family) + mapping,
        name="Opus",
        sample_rate=48000,
        channels=channels,
        frame_samples=960,
    )


def opus_frame_samples(packet: bytes) -> int:
    """Samples at 48 kHz in one Opus packet (RFC 6716 §3.2); 0 for a packet that cannot be read."""
    if not packet:
        return 0
    frame = OPUS_FRAME_SAMPLES[packet[0] >> 3]
    code = packet[0] & 3
    count = (1, 2, 2)[code] if code < 3 else packet[1] & 0x3F if len(packet) > 1 else 0
    return min(frame * count, 5760)


def _object_type(bits: Bits) -> int:
    kind = bits.read(5)
    return 32 + bits.read(6) if kind == 31 else kind


def _rate(bits: Bits) -> int:
    """Hz."""
    index = bits.read(4)
    if index == 15:
        return bits.read(24)
    if index >= len(AAC_RATES):
        raise HeaderError(_("the encoder sent an AAC header that cannot be read"))
    return AAC_RATES[index]


def _program_channels(bits: Bits) -> int:
    """Channels that a program_config_element lists (ISO/IEC 14496-3 §4.4.1.1)."""
    bits.skip(4 + 2 + 4)
    front, side, back, low = bits.read(4), bits.read(4), bits.read(4), bits.read(2)
    data, coupling = bits.read(3), bits.read(4)
    for mixdown in (4, 4, 3):
        if bits.flag():
            bits.skip(mixdown)
    channels = low
    for _index in range(front + side + back):
        channels += 2 if bits.flag() else 1
        bits.skip(4)
    bits.skip(4 * low + 4 * data + 5 * coupling)
    bits.skip(bits.left % 8)
    bits.skip(8 * bits.read(8))
    return channels


def _read_late_extension(bits: Bits, said: _Aac) -> None:
    """SBR and PS signalled after the core's configuration, where old decoders do not look."""
    if bits.left < 16 or bits.read(11) != 0x2B7:
        return
    if _object_type(bits) != SBR or not bits.left or not bits.flag():
        return
    said.rate = _rate(bits)
    said.object_type = SBR
    if bits.left >= 12 and bits.read(11) == 0x548 and bits.flag():
        said.object_type = PS
