"""H.264 as encoders and transport streams write it: NAL units behind start codes (ITU-T H.264 annex B). Pure."""

import re
from typing import Final

from media.headers.bits import HeaderError

START_CODE: Final = re.compile(rb"\x00\x00\x01")
SPS: Final = 7
PPS: Final = 8
DELIMITER: Final = 9


def annexb_units(data: bytes) -> list[bytes]:
    """The NAL units, without start codes and the zeros that belong to the next one."""
    starts = [match.end() for match in START_CODE.finditer(data)]
    ends = [start - 3 for start in starts[1:]] + [len(data)]
    units = (data[start:end].rstrip(b"\x00") for start, end in zip(starts, ends, strict=True))
    return [unit for unit in units if unit]


def h264_record(units: list[bytes]) -> bytes:
    """The avcC record (ISO/IEC 14496-15 §5.3.3.1) of the parameter sets among these units. Raises HeaderError."""
    sps = [unit for unit in units if unit[0] & 0x1F == SPS]
    pps = [unit for unit in units if unit[0] & 0x1F == PPS]
    if not sps or not pps or len(sps[0]) < 4:
        raise HeaderError("no parameter sets")
    sets = [bytes((0xE0 | len(sps),)), *(len(one).to_bytes(2, "big") + one for one in sps)]
    sets += [bytes((len(pps),)), *(len(one).to_bytes(2, "big") + one for one in pps)]
    profile = sps[0][1]
    high = bytes((0xFC | 1, 0xF8, 0xF8, 0)) if profile in {100, 110, 122, 144} else b""
    return bytes((1, *sps[0][1:4], 0xFF)) + b"".join(sets) + high


def with_lengths(units: list[bytes]) -> bytes:
    """A frame in the form of ISO BMFF: each unit behind its length in four bytes, delimiters and parameter sets out."""
    kept = (unit for unit in units if unit[0] & 0x1F not in {SPS, PPS, DELIMITER})
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in kept)
