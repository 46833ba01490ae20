import pytest

from media.packet import Codec
from media.rtmp.flv import Part, Unplayable, parse_audio, parse_video


def what(tag):
    return tag.part, tag.codec, tag.key, tag.composition_ms, tag.body


def test_h264():
    assert what(parse_video(b"\x17\x00\x00\x00\x00conf")) == (Part.HEADER, Codec.H264, True, 0, b"conf")
    assert what(parse_video(b"\x17\x01\x00\x00\x28data")) == (Part.FRAME, Codec.H264, True, 40, b"data")
    assert what(parse_video(b"\x27\x01\xff\xff\xd8data")) == (Part.FRAME, Codec.H264, False, -40, b"data")


def test_aac():
    assert what(parse_audio(b"\xaf\x00\x11\x88")) == (Part.HEADER, Codec.AAC, True, 0, b"\x11\x88")
    assert what(parse_audio(b"\xaf\x01raw")) == (Part.FRAME, Codec.AAC, True, 0, b"raw")


@pytest.mark.parametrize(
    "body", [b"", b"\x17", b"\x17\x02\x00\x00\x00", b"\x17\x00\x00\x00\x00", b"\x57\x00\x00\x00\x00\x00"]
)
def test_video_without_content(body):
    assert parse_video(body).part is Part.NOTHING


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\x90hvc1conf", (Part.HEADER, Codec.HEVC, True, 0, b"conf")),
        (b"\x91hvc1\x00\x00\x50data", (Part.FRAME, Codec.HEVC, True, 80, b"data")),
        (b"\xa3hvc1data", (Part.FRAME, Codec.HEVC, False, 0, b"data")),
        (b"\xa1avc1\xff\xff\xffdata", (Part.FRAME, Codec.H264, False, -1, b"data")),
        (b"\x91av01data", (Part.FRAME, Codec.AV1, True, 0, b"data")),
        (b"\xa1vp09data", (Part.FRAME, Codec.VP9, False, 0, b"data")),
        (b"\x97\x02abc\x11av01data", (Part.FRAME, Codec.AV1, True, 0, b"data")),  # ModEx, three bytes of it
        (b"\x97\xff\x00\x01ab\x01av01data", (Part.FRAME, Codec.AV1, True, 0, b"data")),  # ModEx with a long length
        (b"\x96\x01av01\x00data", (Part.FRAME, Codec.AV1, True, 0, b"data")),  # one track
        (b"\x96\x11av01\x00\x00\x00\x02ab\x01\x00\x00\x01c", (Part.FRAME, Codec.AV1, True, 0, b"ab")),  # many tracks
        (
            b"\x96\x21vp09\x01\x00\x00\x01cav01\x00\x00\x00\x02ab",
            (Part.FRAME, Codec.AV1, True, 0, b"ab"),
        ),  # many codecs
    ],
)
def test_enhanced_video(body, expected):
    assert what(parse_video(body)) == expected


@pytest.mark.parametrize(
    "body", [b"\x92hvc1", b"\x94hvc1meta", b"\x96\x01av01\x01data", b"\xd1hvc1\x00", b"\x97\x00", b"\x96\x11av0"]
)
def test_enhanced_video_of_no_use(body):
    assert parse_video(body).part is Part.NOTHING


def test_enhanced_audio():
    assert what(parse_audio(b"\x90OpusOpusHead")) == (Part.HEADER, Codec.OPUS, True, 0, b"OpusHead")
    assert what(parse_audio(b"\x91Opusdata")) == (Part.FRAME, Codec.OPUS, True, 0, b"data")
    assert what(parse_audio(b"\x95\x01mp4a\x00data")) == (Part.FRAME, Codec.AAC, True, 0, b"data")
    assert parse_audio(b"\x94Opus\x00\x02").part is Part.NOTHING


@pytest.mark.parametrize(
    ("parse", "body", "name"),
    [
        (parse_video, b"\x12data-of-it", "Sorenson H.263"),
        (parse_video, b"\x91vp08data", "VP8"),
        (parse_video, b"\x90zz\xff9data", "zzÿ9"),
        (parse_audio, b"\x2fdata", "MP3"),
        (parse_audio, b"\xb2data", "Speex"),
        (parse_audio, b"\x90fLaCdata", "FLAC"),
    ],
)
def test_what_browsers_do_not_play_is_named(parse, body, name):
    with pytest.raises(Unplayable) as verdict:
        parse(body)
    assert verdict.value.values == {"codec": name}
    assert f"as {name}, which browsers do not play: set the encoder's" in str(verdict.value)
