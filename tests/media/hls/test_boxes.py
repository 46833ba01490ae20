import io

import av
import pytest

from media.hls.boxes import box, full_box, init_section
from media.packet import AudioTrack, Codec, Tracks, VideoTrack
from tests.media.hls import feed


def test_box_is_size_name_body():
    assert box(b"free", b"ab", b"c") == b"\x00\x00\x00\x0bfreeabc"
    assert full_box(b"vmhd", 0, 1, b"") == b"\x00\x00\x00\x0cvmhd\x00\x00\x00\x01"


def test_esds_of_aac_lc_48_khz_stereo():
    audio = AudioTrack(Codec.AAC, b"\x11\x90", "mp4a.40.2", 48_000, 2)
    expected = bytes.fromhex(
        "00000033" "65736473" "00000000"
        "0380808022" "000000"
        "0480808014" "40" "15" "000000" "00000000" "00000000"
        "0580808002" "1190"
        "0680808001" "02"
    )  # fmt: skip
    section = init_section(Tracks(audio=audio))
    assert expected in section
    assert b"mp4a" + bytes(6) + b"\x00\x01" + bytes(8) + b"\x00\x02\x00\x10" + bytes(4) + b"\xbb\x80\x00\x00" in section


def test_a_rate_over_16_bits_stands_only_in_the_decoders_configuration():
    audio = AudioTrack(Codec.AAC, b"\x10\x10", "mp4a.40.2", 96_000, 2)
    assert bytes(8) + b"\x00\x02\x00\x10" + bytes(8) in init_section(Tracks(audio=audio))


def test_vp9_record_with_and_without_its_version():
    record = bytes.fromhex("00 1f 80 02 02 02 0000".replace(" ", ""))
    for config in (record, b"\x01\x00\x00\x00" + record):
        video = VideoTrack(Codec.VP9, config, "vp09.00.31.08", 64, 64)
        assert b"\x00\x00\x00\x14vpcC\x01\x00\x00\x00" + record in init_section(Tracks(video=video))


def test_vp8_has_no_place_in_mp4():
    with pytest.raises(ValueError, match="ISO BMFF"):
        init_section(Tracks(video=VideoTrack(Codec.VP8, b"", "vp08", 64, 64)))


def test_every_box_is_as_long_as_it_says_and_ffmpeg_reads_the_tracks():
    tracks, _ = feed.both(1)
    section = init_section(tracks, 7200)
    assert section[4:8] == b"ftyp"
    first = int.from_bytes(section[:4], "big")
    assert section[first + 4 : first + 8] == b"moov"
    assert first + int.from_bytes(section[first : first + 4], "big") == len(section)
    with av.open(io.BytesIO(section), format="mp4") as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.width, picture.height, picture.codec_context.name) == (320, 180, "h264")
        assert (sound.rate, sound.channels, sound.codec_context.name) == (48_000, 2, "aac")


def test_an_edit_list_takes_the_composition_offset_off():
    tracks, _ = feed.both(1)
    assert b"elst" not in init_section(tracks)
    assert b"elst" + bytes.fromhex("00000000 00000001 00000000 00001c20 00010000") in init_section(tracks, 7200)
