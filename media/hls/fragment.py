"""One CMAF part: `prft`, `moof`, `mdat` (ISO/IEC 14496-12 §8.8, §8.16.5). Pure, and joined once.

`prft` carries when the part began by the clock on the wall, and `mfhd` which part of which segment it is, so that a
recording whose index was lost tells its index itself.
"""

import struct
from typing import Final

from media.hls.boxes import AUDIO_ID, VIDEO_ID

PARTS_IN_SEGMENT: Final = 64
"""`mfhd.sequence_number` is `msn * 64 + part`, modulo 2**32: it grows with every part and names it."""

KEY_FLAGS: Final = 0x02000000
"""`sample_depends_on` 2: an IDR, or any audio frame."""
DELTA_FLAGS: Final = 0x01010000
"""`sample_depends_on` 1 and not a sync sample."""

NTP_EPOCH_S: Final = 2_208_988_800
"""Seconds from 1900 to 1970."""

PRFT: Final = struct.Struct(">I4sIIQQ")
_MOOF: Final = struct.Struct(">I4sI4sII")
_VIDEO_TRAF: Final = struct.Struct(">I4sI4sIII4sIQI4sIIi")
_AUDIO_TRAF: Final = struct.Struct(">I4sI4sIIIII4sIQI4sIIi")
_EMPTY_TRAF: Final = struct.Struct(">I4sI4sIII4sIQ")
_MDAT: Final = struct.Struct(">I4s")
_VIDEO_SAMPLE_BYTES: Final = 16
_AUDIO_SAMPLE_BYTES: Final = 4


def part_header(sequence: int, began_at_s: float, dts_90k: int) -> tuple[bytes, int]:
    """`prft`, and the `mfhd` sequence number to go with it."""
    ntp = int((began_at_s + NTP_EPOCH_S) * 4294967296)
    return PRFT.pack(PRFT.size, b"prft", 1 << 24, VIDEO_ID, ntp, dts_90k), sequence & 0xFFFFFFFF


def build_part(
    prft: bytes,
    sequence: int,
    video_dts: int,
    video_fields: list[int],
    video: list[bytes],
    audio_at: int,
    audio_frame: int,
    audio: list[bytes],
) -> bytes:
    """The bytes of a part. Only the muxer calls this, with all it has.

    `video_fields` holds duration, size, flags and composition offset (two's complement) of each sample, flat.
    `audio_at` and `audio_frame` count samples of sound. With no samples at all the part says that its time is empty.
    """
    video_traf = _VIDEO_TRAF.size + _VIDEO_SAMPLE_BYTES * len(video) if video else 0
    audio_traf = _AUDIO_TRAF.size + _AUDIO_SAMPLE_BYTES * len(audio) if audio else 0
    if not video and not audio:
        return _empty_part(prft, sequence, video_dts)
    moof = _MOOF.size + video_traf + audio_traf
    chunks = [prft, _MOOF.pack(moof, b"moof", 16, b"mfhd", 0, sequence)]
    offset = moof + _MDAT.size
    if video:
        trun = 20 + _VIDEO_SAMPLE_BYTES * len(video)
        chunks.append(
            _VIDEO_TRAF.pack(
                *(video_traf, b"traf"),
                *(16, b"tfhd", 0x020000, VIDEO_ID),
                *(20, b"tfdt", 0x01000000, video_dts),
                *(trun, b"trun", 0x01000F01, len(video), offset),
            )
        )
        chunks.append(struct.pack(f">{len(video_fields)}I", *video_fields))
        offset += sum(video_fields[1::4])
    if audio:
        sizes = [len(frame) for frame in audio]
        chunks.append(
            _AUDIO_TRAF.pack(
                *(audio_traf, b"traf"),
                *(24, b"tfhd", 0x020028, AUDIO_ID, audio_frame, KEY_FLAGS),
                *(20, b"tfdt", 0x01000000, audio_at),
                *(20 + _AUDIO_SAMPLE_BYTES * len(audio), b"trun", 0x00000201, len(audio), offset),
            )
        )
        chunks.append(struct.pack(f">{len(sizes)}I", *sizes))
        offset += sum(sizes)
    chunks.append(_MDAT.pack(offset - moof, b"mdat"))
    return b"".join((*chunks, *video, *audio))


def _empty_part(prft: bytes, sequence: int, dts: int) -> bytes:
    """A part in which nothing begins (a picture slower than the parts): a `traf` with `duration-is-empty`."""
    traf = _EMPTY_TRAF.size
    return b"".join(
        (
            prft,
            _MOOF.pack(_MOOF.size + traf, b"moof", 16, b"mfhd", 0, sequence),
            _EMPTY_TRAF.pack(traf, b"traf", 16, b"tfhd", 0x030000, VIDEO_ID, 20, b"tfdt", 0x01000000, dts),
            _MDAT.pack(_MDAT.size, b"mdat"),
        )
    )
