"""Frames to packets, byte by byte."""

import pytest

from media.headers import HeaderError
from media.packet import Codec, Kind, Packet, Tracks
from media.webrtc.assembly import PICTURE_AWAITED, Assembly
from media.webrtc.reorder import RtpFrame
from tests.media.hls import feed
from tests.media.webrtc.test_rtp import IDR, PPS, SLICE, SPS

OPUS = b"\xfc\xff\xfe"  # 20 ms of silence


def picture(assembly, at, *payloads, after_loss=False):
    return assembly.picture(RtpFrame(at, list(payloads), after_loss), at)


def test_parameters_in_band_become_a_track():
    assembly = Assembly("h264", has_audio=False)
    assert assembly.needs_key
    assert picture(assembly, 0, SLICE) == []
    tracks, packet = picture(assembly, 3600, SPS, PPS, IDR)
    assert isinstance(tracks, Tracks)
    assert (tracks.video.codec, tracks.video.width, tracks.video.height) == (Codec.H264, 1280, 720)
    assert tracks.video.config[5:18] == b"\xe1\x00\x0a" + SPS
    assert tracks.audio is None
    assert packet == Packet(Kind.VIDEO, 3600, 3600, key=True, data=len(IDR).to_bytes(4, "big") + IDR)
    (packet,) = picture(assembly, 7200, SLICE)
    assert (packet.key, packet.dts) == (False, 7200)
    assert not assembly.needs_key
    assert len(picture(assembly, 10_800, SPS, PPS, IDR)) == 1  # the same track is no news
    assert assembly.keys == 2


def test_after_a_loss_nothing_comes_until_a_key_frame():
    assembly = Assembly("h264", has_audio=False)
    picture(assembly, 0, SPS, PPS, IDR)
    assert picture(assembly, 3600, SLICE, after_loss=True) == []
    assert assembly.needs_key
    assert picture(assembly, 7200, SLICE) == []
    (packet,) = picture(assembly, 10_800, IDR)
    assert packet.key
    assert picture(assembly, 14_400, b"\x7c\x05abc") == []  # a piece is missing
    assert assembly.needs_key


def test_another_picture_size_is_another_track():
    assembly = Assembly("h264", has_audio=False)
    picture(assembly, 0, SPS, PPS, IDR)
    other = feed.video(2, width=160, height=96)[0].config
    sps = other[8 : 8 + int.from_bytes(other[6:8], "big")]
    tracks, packet = picture(assembly, 3600, sps, PPS, IDR)
    assert (tracks.video.width, tracks.video.height) == (160, 96)
    assert packet.key


def test_a_picture_no_browser_plays_is_said_so():
    assembly = Assembly("h264", has_audio=False)
    with pytest.raises(HeaderError):
        picture(assembly, 0, bytes.fromhex("67f4001f"), PPS, IDR)


def test_sound_waits_for_the_picture_and_goes_alone_if_none_comes():
    assembly = Assembly("h264", has_audio=True)
    assert assembly.sound(RtpFrame(48_000, [OPUS], after_loss=False), 0) == []
    tracks, _key = picture(assembly, 0, SPS, PPS, IDR)
    assert tracks.audio.codec is Codec.OPUS
    assert (tracks.audio.sample_rate, tracks.audio.channels, tracks.audio.frame_samples) == (48_000, 2, 960)
    (packet,) = assembly.sound(RtpFrame(48_960, [OPUS], after_loss=False), 1800)
    assert packet == Packet(Kind.AUDIO, 1800, 1800, key=True, data=OPUS)
    alone = Assembly("h264", has_audio=True)
    assert alone.sound(RtpFrame(0, [OPUS], after_loss=False), 0) == []
    tracks, _packet = alone.sound(RtpFrame(960, [OPUS], after_loss=False), PICTURE_AWAITED)
    assert tracks.video is None


def test_sound_that_begins_late_is_announced_then():
    assembly = Assembly("h264", has_audio=True)
    picture(assembly, 0, SPS, PPS, IDR)
    tracks, _packet = assembly.sound(RtpFrame(0, [OPUS], after_loss=False), 900)
    assert tracks.video is not None
    assert tracks.audio is not None
    assert assembly.sound(RtpFrame(960, [b""], after_loss=False), 2700) == []


def test_vp8_is_handed_on_for_the_transcoder():
    assembly = Assembly("vp8", has_audio=False)
    assert picture(assembly, 0, b"\x10\x01later") == []
    (packet,) = picture(assembly, 3600, b"\x10\x10key")
    assert packet == Packet(Kind.VIDEO, 3600, 3600, key=True, data=b"\x10key")
