"""RTP payloads of H.264 (RFC 6184) and VP8 (RFC 7741). Pure: frames to payloads and back."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

MAX_PAYLOAD: Final = 1200
"""Bytes of an RTP payload: with headers and SRTP's tag a datagram fits IPv6's least MTU of 1280."""

SLICE, IDR, SEI, SPS, PPS, AUD, FILLER = 1, 5, 6, 7, 8, 9, 12
STAP_A: Final = 24
FU_A: Final = 28

HEADER: Final = struct.Struct("!BBHII")
"""RTP's fixed header (RFC 3550 §5.1): flags, marker and payload type, sequence number, timestamp, SSRC."""

VERSION: Final = 0x80
MARKER: Final = 0x80


class PayloadError(ValueError):
    """A payload that does not follow its format, or a frame that lacks a piece."""


def nal_units(data: bytes) -> Iterator[bytes]:
    """NAL units of a frame in `Packet`'s form: each behind a 4-byte length. One that overruns ends the frame."""
    at, end = 0, len(data)
    while at + 4 < end:
        length = int.from_bytes(data[at : at + 4], "big")
        at += 4
        if at + length > end:
            return
        if length:
            yield data[at : at + length]
        at += length


def parameter_sets(config: bytes) -> tuple[bytes, ...]:
    """SPS and PPS of an avcC record (ISO/IEC 14496-15 §5.3.3.1)."""
    found: list[bytes] = []
    try:
        at, count = 6, config[5] & 0x1F
        for _index in range(2):
            for _unit in range(count):
                (length,) = struct.unpack_from(">H", config, at)
                found.append(config[at + 2 : at + 2 + length])
                at += 2 + length
            if at >= len(config):
                break
            count, at = config[at], at + 1
    except (IndexError, struct.error):
        raise PayloadError("an avcC record that is cut short") from None
    return tuple(unit for unit in found if unit)


def pack_h264(data: bytes, parameters: Sequence[bytes] = (), limit: int = MAX_PAYLOAD) -> list[bytes]:
    """Payloads of one frame in packetization mode 1; `parameters` (SPS, PPS) go before it, for a key frame.

    Small units share a STAP-A, large ones are cut into FU-A. Delimiters and filler say nothing to a decoder: left out.
    """
    units = [unit for unit in nal_units(data) if unit[0] & 0x1F not in (AUD, FILLER)]
    if parameters and any(unit[0] & 0x1F in (SPS, PPS) for unit in units):
        units = [unit for unit in units if unit[0] & 0x1F not in (SPS, PPS)]
    payloads: list[bytes] = []
    together: list[bytes] = []
    size = 1
    for unit in (*parameters, *units):
        if together and size + 2 + len(unit) > limit:
            payloads.append(_aggregated(together))
            together, size = [], 1
        if len(unit) > limit:
            payloads += _fragments(unit, limit)
        else:
            together.append(unit)
            size += 2 + len(unit)
    if together:
        payloads.append(_aggregated(together))
    return payloads


def unpack_h264(payloads: Sequence[bytes]) -> list[bytes]:
    """NAL units of one frame. Raises `PayloadError` where a piece is missing or broken."""
    units: list[bytes] = []
    pieces: list[bytes] | None = None
    for payload in payloads:
        if len(payload) < 2:
            continue  # padding that probes the network
        kind = payload[0] & 0x1F
        if kind == FU_A:
            pieces = _joined(payload, pieces, units)
            continue
        if pieces is not None:
            raise PayloadError("a fragmented unit has no end")
        if kind == STAP_A:
            units += _separated(payload)
        elif 0 < kind < STAP_A:
            units.append(payload)
        else:
            raise PayloadError(f"a payload of kind {kind}, which was not agreed on")
    if pieces is not None:
        raise PayloadError("a fragmented unit has no end")
    return units


def unpack_vp8(payloads: Sequence[bytes]) -> bytes:
    """One VP8 frame without the payload descriptors (RFC 7741 §4.2). Raises `PayloadError`."""
    parts: list[bytes] = []
    for payload in payloads:
        if not payload:
            continue
        at = _vp8_descriptor(payload)
        if not parts and (not payload[0] & 0x10 or payload[0] & 0x07):
            raise PayloadError("the frame's first piece is missing")
        parts.append(payload[at:])
    return b"".join(parts)


def is_vp8_key(frame: bytes) -> bool:
    """Whether decoding can start at this frame (RFC 6386 §9.1)."""
    return bool(frame) and not frame[0] & 1


def _aggregated(units: list[bytes]) -> bytes:
    if len(units) == 1:
        return units[0]
    importance = max(unit[0] & 0x60 for unit in units)
    return bytes((importance | STAP_A,)) + b"".join(struct.pack("!H", len(unit)) + unit for unit in units)


def _separated(payload: bytes) -> list[bytes]:
    units: list[bytes] = []
    at = 1
    while at + 2 < len(payload):
        (length,) = struct.unpack_from("!H", payload, at)
        at += 2
        if not length or at + length > len(payload):
            raise PayloadError("an aggregated payload is cut short")
        units.append(payload[at : at + length])
        at += length
    return units


def _fragments(unit: bytes, limit: int) -> list[bytes]:
    """FU-A (RFC 6184 §5.8): all but the last are equally long."""
    indicator, kind = unit[0] & 0xE0 | FU_A, unit[0] & 0x1F
    room = limit - 2
    found: list[bytes] = []
    for at in range(1, len(unit), room):
        flags = (0x80 if at == 1 else 0) | (0x40 if at + room >= len(unit) else 0)
        found.append(bytes((indicator, flags | kind)) + unit[at : at + room])
    return found


def _joined(payload: bytes, pieces: list[bytes] | None, units: list[bytes]) -> list[bytes] | None:
    """Adds a fragment; returns the pieces of a unit that is not whole yet."""
    flags = payload[1]
    if flags & 0x80:
        if pieces is not None:
            raise PayloadError("a fragmented unit has no end")
        pieces = [bytes((payload[0] & 0xE0 | flags & 0x1F,))]
    elif pieces is None:
        raise PayloadError("a fragmented unit has no beginning")
    pieces.append(payload[2:])
    if not flags & 0x40:
        return pieces
    units.append(b"".join(pieces))
    return None


def _vp8_descriptor(payload: bytes) -> int:
    """Length of the payload descriptor."""
    at = 1
    try:
        if payload[0] & 0x80:
            flags = payload[1]
            at = 2
            if flags & 0x80:
                at += 2 if payload[at] & 0x80 else 1
            at += bool(flags & 0x40)
            at += bool(flags & 0x30)
    except IndexError:
        raise PayloadError("a VP8 descriptor is cut short") from None
    if at > len(payload):
        raise PayloadError("a VP8 descriptor is cut short")
    return at
