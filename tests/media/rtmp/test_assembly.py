import pytest

from media.packet import Codec, Kind, Packet, Tracks
from media.rtmp.assembly import Assembler, Clock
from media.rtmp.flv import Unplayable
from tests.media.headers_samples import ASC_48000_MONO, AVCC_360P, AVCC_1080P, OPUS_HEAD_STEREO, VPCC
from tests.media.rtmp.client import AAC_FRAME, IDR, SLICE

AVC_HEADER, AAC_HEADER = b"\x17\x00\x00\x00\x00" + AVCC_360P, b"\xaf\x00" + ASC_48000_MONO
KEY, INTER, SOUND = b"\x17\x01\x00\x00\x00" + IDR, b"\x27\x01\x00\x00\x00" + SLICE, b"\xaf\x01" + AAC_FRAME


def settled() -> Assembler:
    assembler = Assembler()
    assembler.video(0, AVC_HEADER)
    assembler.audio(0, AAC_HEADER)
    return assembler


def times(assembler: Assembler, *video_ms: int) -> list[int]:
    return [item.dts // 90 for ms in video_ms for item in assembler.video(ms, INTER) if isinstance(item, Packet)]


def test_tracks_come_once_before_the_first_packet():
    assembler = settled()
    out = assembler.video(0, KEY)
    tracks, packet = out
    assert isinstance(tracks, Tracks)
    assert (tracks.video.name, tracks.audio.name) == ("avc1.42c01e", "mp4a.40.2")
    assert packet == Packet(Kind.VIDEO, 0, 0, key=True, data=IDR)
    assert assembler.audio(21, SOUND) == [Packet(Kind.AUDIO, 1890, 1890, key=True, data=AAC_FRAME)]


def test_composition_time_is_signed_and_in_ticks():
    assembler = settled()
    assembler.video(0, KEY)
    (ahead,) = assembler.video(40, b"\x27\x01\x00\x00\x50" + SLICE)
    (back,) = assembler.video(80, b"\x27\x01\xff\xff\xd8" + SLICE)
    assert (ahead.dts, ahead.pts) == (3600, 10800)
    assert (back.dts, back.pts) == (7200, 3600)


def test_packets_wait_for_a_late_track():
    assembler = Assembler()
    assembler.video(0, AVC_HEADER)
    assert assembler.video(0, KEY) == []
    assert assembler.video(40, INTER) == []
    assembler.audio(60, AAC_HEADER)
    tracks, *packets = assembler.audio(60, SOUND)
    assert tracks.audio is not None
    assert [packet.kind for packet in packets] == [Kind.VIDEO, Kind.VIDEO, Kind.AUDIO]


def test_waiting_ends_after_a_second_and_a_later_track_is_new_tracks():
    assembler = Assembler()
    assembler.video(0, AVC_HEADER)
    out = [item for ms in range(0, 1080, 40) for item in assembler.video(ms, KEY if ms == 0 else INTER)]
    assert isinstance(out[0], Tracks)
    assert out[0].audio is None
    assert len(out) == 1 + 26 + 1
    assembler.audio(1100, AAC_HEADER)
    tracks, packet = assembler.video(1120, INTER)
    assert (tracks.audio.name, packet.dts) == ("mp4a.40.2", 1120 * 90)


def test_metadata_that_announces_no_sound_ends_the_waiting():
    assembler = Assembler()
    assembler.expect(video=True, audio=False)
    assembler.video(0, AVC_HEADER)
    assert len(assembler.video(0, KEY)) == 2


def test_a_repeated_header_is_no_news_and_a_changed_one_is():
    assembler = settled()
    assembler.video(0, KEY)
    assert assembler.video(40, AVC_HEADER) == []
    assert len(assembler.video(40, KEY)) == 1
    assembler.video(80, b"\x17\x00\x00\x00\x00" + AVCC_1080P)
    tracks, _ = assembler.video(80, KEY)
    assert (tracks.video.width, tracks.video.height) == (1920, 1080)


def test_a_header_that_changes_while_packets_wait():
    assembler = Assembler()
    assembler.video(0, AVC_HEADER)
    assembler.video(0, KEY)
    first, packet = assembler.video(40, b"\x17\x00\x00\x00\x00" + AVCC_1080P)
    assert (first.video.width, packet.dts) == (640, 0)
    assert assembler.video(40, KEY)[0].video.width == 1920


def test_frames_before_their_header_are_dropped_and_counted():
    assembler = Assembler()
    assert assembler.video(0, KEY) == assembler.audio(0, SOUND) == []
    assert assembler.dropped == 2


def test_a_key_frame_without_idr_is_none():
    assembler = settled()
    assembler.video(0, KEY)
    assert [packet.key for packet in assembler.video(40, b"\x17\x01\x00\x00\x00" + SLICE)] == [False]


def test_short_nal_lengths_are_rewritten():
    assembler = Assembler()
    assembler.expect(video=True, audio=False)
    assembler.video(0, b"\x17\x00\x00\x00\x00" + AVCC_360P[:4] + b"\xfd" + AVCC_360P[5:])
    tracks, packet = assembler.video(0, b"\x17\x01\x00\x00\x00" + IDR[2:])
    assert (tracks.video.config, packet.data, packet.key) == (AVCC_360P, IDR, True)


def test_opus_frame_length_is_taken_from_the_first_frame():
    assembler = Assembler()
    assembler.expect(video=False, audio=True)
    assembler.audio(0, b"\x90Opus" + OPUS_HEAD_STEREO)
    tracks, packet = assembler.audio(0, b"\x91Opus\xf4\x01\x02")
    assert (tracks.audio.codec, tracks.audio.frame_samples, packet.data) == (Codec.OPUS, 480, b"\xf4\x01\x02")


def test_vp9_has_its_size_from_the_key_frame():
    assembler = Assembler()
    assembler.expect(video=True, audio=False)
    assert assembler.video(0, b"\x90vp09" + VPCC) == []
    assert assembler.video(0, b"\xa1vp09\x86\x00") == []
    tracks, packet = assembler.video(0, b"\x91vp09" + bytes.fromhex("824983420013f00f1070"))
    assert (tracks.video.width, tracks.video.height, packet.key) == (320, 242, True)


@pytest.mark.parametrize("body", [b"\x17\x00\x00\x00\x00\x01\x02", b"\x90hvc1\x01", b"\x12\x00\x00\x00\x00\x00"])
def test_unreadable_headers_are_a_verdict(body):
    with pytest.raises(Unplayable):
        Assembler().video(0, body)


def test_clock_wraps():
    clock = Clock()
    start = 0xFFFFFFFF - 100
    assert [clock.unwrapped_ms(start + step & 0xFFFFFFFF) for step in (0, 60, 120, 180)] == [1000, 1060, 1120, 1180]


def test_clock_jumps_are_taken_out():
    clock = Clock()
    said = (0, 40, 80, 3_000_000, 3_000_040, 0, 40)
    assert [clock.unwrapped_ms(ms) for ms in said] == [0, 40, 80, 120, 160, 200, 240]
    assert clock.unwrapped_ms(20_040) == 20_240, "a gap of 20 s is a gap"


def test_time_never_falls_within_a_track_nor_below_zero():
    assembler = settled()
    assembler.audio(0, SOUND)
    assert times(assembler, 100, 60, 140) == [100, 100, 140]
    clock = Clock()
    assert [clock.unwrapped_ms(ms) for ms in (10, 0, 5)] == [10, 0, 5]
    early = Clock()
    assert [early.unwrapped_ms(ms, kind) for ms, kind in ((4_000, Kind.VIDEO), (2_000, Kind.AUDIO))] == [1000, 0]


def test_a_track_that_was_set_back_goes_on_beside_the_other():
    clock = Clock()
    said = ((5_000, Kind.VIDEO), (5_010, Kind.AUDIO), (5_040, Kind.VIDEO), (1_050, Kind.AUDIO), (5_080, Kind.VIDEO))
    assert [clock.unwrapped_ms(*one) for one in said] == [1000, 1010, 1040, 1080, 1080]
    assert clock.unwrapped_ms(1_071, Kind.AUDIO) == 1101
    assert clock.unwrapped_ms(1_120, Kind.VIDEO) == 1150, "the picture follows, and takes the sound's way"
