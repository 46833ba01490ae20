"""Parameter sets of H.264 in an avcC record (ISO/IEC 14496-15 §5.3.3.1): more than one may stand in it. Pure.

A span that is encoded anew brings sets of its own under a number that its take does not use; then both fit into one
sample description, and a movie joined of both stays one file.
"""

import struct
from typing import Final

from media.headers.bits import Bits, HeaderError

_HEAD: Final = 6
_MOST_ID: Final = 31


def read_sets(config: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """Sequence parameter sets, picture parameter sets, and what follows them. Raises ValueError."""
    try:
        sps, at = _units(config, _HEAD, config[5] & 0x1F)
        pps, at = _units(config, at + 1, config[at])
    except (IndexError, struct.error):
        raise ValueError("an avcC record that is cut short") from None
    return sps, pps, config[at:]


def with_sets(config: bytes, sps: bytes, pps: bytes) -> bytes:
    """The record with one more of each; sets that are there already are not there twice."""
    known_sps, known_pps, rest = read_sets(config)
    all_sps = known_sps if sps in known_sps else [*known_sps, sps]
    all_pps = known_pps if pps in known_pps else [*known_pps, pps]
    head = bytes((config[0], config[1], config[2], max(config[3], sps[3]), config[4], 0xE0 | len(all_sps)))
    return head + _joined(all_sps) + bytes((len(all_pps),)) + _joined(all_pps) + rest


def free_id(config: bytes) -> int:
    """A number that neither a sequence nor a picture parameter set has."""
    sps, pps, _ = read_sets(config)
    try:
        used = {Bits(_plain(unit[4:])).ue() for unit in sps} | {Bits(_plain(unit[1:])).ue() for unit in pps}
    except HeaderError as problem:
        raise ValueError("a parameter set that cannot be read") from problem
    for number in range(1, _MOST_ID + 1):
        if number not in used:
            return number
    raise ValueError("every number of a parameter set is taken")


def covers(fuller: bytes, other: bytes) -> bool:
    """Whether a sample description declares all that the other one does, and they differ in nothing else."""
    if fuller == other:
        return True
    try:
        (entry, config), (other_entry, other_config) = _description(fuller), _description(other)
        (sps, pps, _), (other_sps, other_pps, _) = read_sets(config), read_sets(other_config)
    except ValueError:
        return False
    return entry == other_entry and set(other_sps) <= set(sps) and set(other_pps) <= set(pps)


def _description(stsd: bytes) -> tuple[bytes, bytes]:
    """Of an `stsd` box with one entry: the entry without its configuration, and its avcC record."""
    at = stsd.find(b"avcC")
    if at < 24 or stsd[20:24] != b"avc1":
        raise ValueError("no H.264")
    size = int.from_bytes(stsd[at - 4 : at], "big")
    return stsd[20 : at - 4] + stsd[at - 4 + size :], stsd[at + 4 : at - 4 + size]


def _units(config: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from(">H", config, at)
        found.append(config[at + 2 : at + 2 + length])
        at += 2 + length
    if at > len(config):
        raise IndexError
    return found, at


def _joined(units: list[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def _plain(unit: bytes) -> bytes:
    """Without emulation prevention bytes; the number stands in the first ones."""
    return unit[:16].replace(b"\x00\x00\x03", b"\x00\x00")
