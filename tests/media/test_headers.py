from fractions import Fraction

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.headers import (
    HeaderError,
    aac_track,
    av1_track,
    h264_track,
    hevc_track,
    is_random_access,
    nal_length_size,
    opus_frame_samples,
    opus_track,
    vp9_size,
    vp9_track,
    with_four_byte_lengths,
    without_temporal_delimiter,
)
from media.headers.bits import Bits
from media.packet import Codec
from tests.media.headers_samples import (
    ASC_44100_STEREO,
    AV1C_642X362,
    AVCC_360P,
    AVCC_576I,
    AVCC_1080P,
    DOPS_STEREO,
    HVCC_1922X1082,
    OPUS_HEAD_STEREO,
    VPCC,
)


@pytest.mark.parametrize(
    ("config", "name", "size"),
    [
        (AVCC_1080P, "avc1.42c028", (1920, 1080)),
        (AVCC_360P, "avc1.42c01e", (640, 360)),
        (AVCC_576I, "avc1.64001e", (720, 576)),
    ],
)
def test_h264(config, name, size):
    track = h264_track(config)
    assert (track.codec, track.name, (track.width, track.height)) == (Codec.H264, name, size)
    assert track.config == config


def annex_b_to_avcc(extradata: bytes) -> bytes:
    sps, pps = extradata.split(b"\x00\x00\x00\x01")[1:3]
    return (
        b"\x01"
        + sps[1:4]
        + b"\xff\xe1"
        + len(sps).to_bytes(2, "big")
        + sps
        + b"\x01"
        + len(pps).to_bytes(2, "big")
        + pps
    )


def x264_config(width: int, height: int, pix_fmt: str, **options: str) -> bytes:
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pix_fmt
    encoder.time_base = Fraction(1, 25)
    encoder.flags |= 1 << 22  # global header
    encoder.options = options
    encoder.open()
    return annex_b_to_avcc(bytes(encoder.extradata))


@pytest.mark.parametrize(
    ("width", "height", "options"),
    [
        (1280, 720, {}),
        (854, 480, {"profile": "high"}),
        (1366, 766, {"profile": "main"}),
        (64, 64, {"x264-params": "cqm=jvt"}),
    ],
)
def test_h264_as_x264_writes_it(width, height, options):
    track = h264_track(x264_config(width, height, "yuv420p", **options))
    assert (track.width, track.height) == (width, height)


@pytest.mark.parametrize("pix_fmt", ["yuv444p", "yuv422p", "yuv420p10le"])
def test_h264_that_browsers_do_not_play(pix_fmt):
    with pytest.raises(HeaderError, match="8 bits and 4:2:0 only"):
        h264_track(x264_config(320, 240, pix_fmt))


def test_short_lengths_become_four_bytes():
    config = AVCC_360P[:4] + b"\xfd" + AVCC_360P[5:]
    assert nal_length_size(Codec.H264, config) == 2
    assert h264_track(config).config == AVCC_360P
    assert with_four_byte_lengths(b"\x00\x02ab\x00\x00\x00\x01c", 2) == b"\x00\x00\x00\x02ab\x00\x00\x00\x01c"
    assert with_four_byte_lengths(b"\x03abc\x09ab", 1) == b"\x00\x00\x00\x03abc"


def test_random_access():
    sei, idr, slice_ = b"\x00\x00\x00\x02\x06\x05", b"\x00\x00\x00\x02\x65\x88", b"\x00\x00\x00\x02\x41\x9a"
    assert is_random_access(Codec.H264, sei + idr)
    assert not is_random_access(Codec.H264, sei + slice_)
    assert not is_random_access(Codec.H264, sei)
    assert is_random_access(Codec.HEVC, b"\x00\x00\x00\x03\x26\x01\xaf")
    assert not is_random_access(Codec.HEVC, b"\x00\x00\x00\x03\x02\x01\xd0")
    assert not is_random_access(Codec.H264, b"\xff\xff\xff\xff\x06")


def test_hevc():
    track = hevc_track(HVCC_1922X1082)
    assert (track.codec, track.name, track.width, track.height) == (Codec.HEVC, "hvc1.1.6.L120.90", 1922, 1082)


def test_av1():
    track = av1_track(AV1C_642X362)
    assert (track.codec, track.name, track.width, track.height) == (Codec.AV1, "av01.0.01M.08", 642, 362)
    assert without_temporal_delimiter(b"\x12\x00\x32\x01") == b"\x32\x01"
    assert without_temporal_delimiter(b"\x32\x01") == b"\x32\x01"


def test_vp9():
    key_frame = bytes.fromhex("824983420013f00f1070")
    assert vp9_size(key_frame) == (320, 242)
    track = vp9_track(b"\x01\x00\x00\x00" + VPCC, 320, 242)
    assert (track.name, track.config, track.width) == ("vp09.00.20.08", VPCC, 320)
    assert vp9_track(VPCC, 320, 242) == track
    with pytest.raises(HeaderError):
        vp9_size(b"\x86\x00\x40\x92\x9c\x00\x00\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("config", "name", "rate", "channels", "samples"),
    [
        (ASC_44100_STEREO, "mp4a.40.2", 44100, 2, 1024),
        (bytes.fromhex("1188"), "mp4a.40.2", 48000, 1, 1024),
        (bytes.fromhex("118c"), "mp4a.40.2", 48000, 1, 960),
        (bytes.fromhex("131056e598"), "mp4a.40.5", 48000, 2, 2048),  # LC at 24 kHz, SBR told behind it
        (bytes.fromhex("2b118800"), "mp4a.40.5", 48000, 2, 2048),  # SBR told first
        (bytes.fromhex("eb098800"), "mp4a.40.29", 48000, 2, 2048),  # PS: one channel coded, two heard
        (bytes.fromhex("17805dc010"), "mp4a.40.2", 48000, 2, 1024),  # rate written out
    ],
)
def test_aac(config, name, rate, channels, samples):
    track = aac_track(config)
    assert (track.name, track.sample_rate, track.channels, track.frame_samples) == (name, rate, channels, samples)
    assert track.config == config


def test_aac_with_program_config_element():
    # LC, 48 kHz, channelConfiguration 0; one front pair and one front single: three channels
    bits = f"{2:05b}{3:04b}{0:04b}000" + "0000" + "01" + "0011" + f"{2:04b}{0:04b}{0:04b}{0:02b}{0:03b}{0:04b}" + "000"
    bits += "10000" + "00000"
    bits = bits.ljust((len(bits) + 7) // 8 * 8, "0") + "00000000"
    track = aac_track(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    assert track.channels == 3


@pytest.mark.parametrize("object_type", [1, 4, 23, 39])
def test_aac_that_browsers_do_not_play(object_type):
    config = f"{object_type:05b}" if object_type < 32 else f"{31:05b}{object_type - 32:06b}"
    bits = (config + f"{3:04b}{2:04b}").ljust(40, "0")
    with pytest.raises(HeaderError, match="AAC-LC"):
        aac_track(int(bits, 2).to_bytes(5, "big"))


def test_opus():
    track = opus_track(OPUS_HEAD_STEREO)
    assert (track.name, track.config, track.sample_rate, track.channels) == ("Opus", DOPS_STEREO, 48000, 2)
    assert opus_track(OPUS_HEAD_STEREO.removeprefix(b"OpusHead")) == track


def test_opus_frame_length():
    assert opus_frame_samples(b"\xfc\x00") == 960  # CELT, 20 ms
    assert opus_frame_samples(b"\x18\x00") == 2880  # SILK, 60 ms
    assert opus_frame_samples(b"\xe1\x00") == 240  # two frames of 2.5 ms
    assert opus_frame_samples(b"\xfb\x03") == 2880  # three frames of 20 ms
    assert opus_frame_samples(b"") == 0


def test_exp_golomb():
    bits = Bits(0b1_010_011_00100_00101_0000000.to_bytes(3, "big"))
    assert [bits.ue() for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(HeaderError):
        Bits(b"\x00" * 8).ue()
    with pytest.raises(HeaderError):
        Bits(b"\x00").read(9)


@settings(deadline=None)
@given(
    data=st.binary(max_size=80),
    read=st.sampled_from([h264_track, hevc_track, av1_track, aac_track, opus_track, vp9_size]),
    prefix=st.sampled_from(
        [b"", AVCC_360P[:12], AVCC_576I[:14], HVCC_1922X1082[:60], AV1C_642X362[:6], b"\x12", b"\x2b"]
    ),
)
def test_rubbish_raises_header_error_alone(data, read, prefix):
    try:
        read(prefix + data)
    except HeaderError as problem:
        assert str(problem)
