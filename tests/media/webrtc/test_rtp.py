"""Payloads by their bytes (RFC 6184, RFC 7741)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.headers.annexb import h264_record
from media.webrtc.rtp import (
    MAX_PAYLOAD,
    PayloadError,
    is_vp8_key,
    nal_units,
    pack_h264,
    parameter_sets,
    unpack_h264,
    unpack_vp8,
)

SPS = bytes.fromhex("67640016acb402802dd0")
PPS = bytes.fromhex("68ee3cb0")
IDR = b"\x65" + bytes(range(1, 60))
SLICE = b"\x41" + bytes(range(1, 30))


def framed(*units):
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def test_one_small_unit_is_its_own_payload():
    assert pack_h264(framed(SLICE)) == [SLICE]


def test_a_key_frame_carries_its_parameters_in_one_stap_a():
    (payload,) = pack_h264(framed(IDR), (SPS, PPS))
    assert payload[0] == 0x78  # importance 3 of the units, kind 24
    assert payload[1:3] == b"\x00\x0a"
    assert payload[3:13] == SPS
    assert payload[13:15] == b"\x00\x04"
    assert payload[15:19] == PPS
    assert payload[19:21] == b"\x00\x3c"
    assert payload[21:] == IDR


def test_a_large_unit_is_cut_into_fu_a():
    unit = b"\x65" + bytes(25)
    first, second, third = pack_h264(framed(unit), limit=12)
    assert first == b"\x7c\x85" + bytes(10)
    assert second == b"\x7c\x05" + bytes(10)
    assert third == b"\x7c\x45" + bytes(5)


def test_delimiters_filler_and_repeated_parameters_are_left_out():
    frame = framed(b"\x09\xf0", SPS, PPS, b"\x0c\xff\xff", IDR)
    assert unpack_h264(pack_h264(frame, (SPS, PPS))) == [SPS, PPS, IDR]
    assert unpack_h264(pack_h264(frame)) == [SPS, PPS, IDR]


units = st.lists(
    st.tuples(st.sampled_from([1, 5, 6]), st.integers(1, 4000)).map(lambda one: bytes((0x60 | one[0],)) * one[1]),
    min_size=1,
    max_size=6,
)


@given(units=units, limit=st.integers(20, MAX_PAYLOAD))
def test_what_is_packed_comes_out_again(units, limit):
    payloads = pack_h264(framed(*units), limit=limit)
    assert max(map(len, payloads)) <= limit
    found = unpack_h264(payloads)
    assert [unit for unit in found if len(unit) > 1] == [unit for unit in units if len(unit) > 1]


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x7c\x05abc"],  # a middle without a beginning
        [b"\x7c\x85abc"],  # a beginning without an end
        [b"\x7c\x85abc", b"\x41\x00"],
        [b"\x7c\x85abc", b"\x7c\x85abc"],
        [b"\x78\x00\x09\x41"],  # an aggregate that is too short
        [b"\x79\x00\x00"],  # STAP-B, which mode 1 does not know
    ],
)
def test_frames_that_lack_a_piece_are_refused(payloads):
    with pytest.raises(PayloadError):
        unpack_h264(payloads)


@given(payloads=st.lists(st.binary(max_size=40), max_size=5))
def test_no_payload_breaks_the_reader(payloads):
    for read in (unpack_h264, lambda data: [unpack_vp8(data)]):
        try:
            units = read(payloads)
        except PayloadError:
            continue
        assert all(isinstance(unit, bytes) for unit in units)
        assert sum(map(len, units)) <= sum(map(len, payloads)), "nothing comes out that was not in it"


def test_vp8_descriptors():
    assert unpack_vp8([b"\x10\x9d\x01", b"\x00\x02"]) == b"\x9d\x01\x02"
    # X: picture id of 15 bits, TL0PICIDX, TID
    assert unpack_vp8([b"\x90\xf0\x81\x23\x05\x40\xaa"]) == b"\xaa"
    assert unpack_vp8([b"\x90\x80\x11\xaa\xbb"]) == b"\xaa\xbb"
    with pytest.raises(PayloadError):
        unpack_vp8([b"\x00\x01"])
    assert is_vp8_key(b"\x10\x02")
    assert not is_vp8_key(b"\x11\x02")
    assert not is_vp8_key(b"")


def test_parameter_sets_of_a_record():
    assert parameter_sets(h264_record([SPS, PPS])) == (SPS, PPS)
    with pytest.raises(PayloadError):
        parameter_sets(b"\x01\x64\x00\x16\xff\xe1\x00")


def test_lengths_that_overrun_end_the_frame():
    assert list(nal_units(framed(SLICE) + b"\x00\x00\x10\x00\x41")) == [SLICE]
