from media.hls.muxer import Timing
from media.hls.playlist import (
    ListedPart,
    Segment,
    Variant,
    date_time,
    media_playlist,
    multivariant_playlist,
    segment_lines,
)
from media.packet import AudioTrack, Codec, Tracks, VideoTrack
from tests.media.hls import rules

PART = ListedPart(46_800, independent=False)
FIRST = ListedPart(46_800, independent=True)


def segment(msn: int, take: int = 0, *, opens: bool = False, duration_90k: int = 187_200) -> Segment:
    parts = (FIRST, *(PART,) * (duration_90k // 46_800 - 1))
    return Segment(msn, take, take, opens, 1_700_000_000 + msn * 2.08, duration_90k, parts)


def opened(msn: int) -> Segment:
    return Segment(
        msn, 0, 0, opens_take=False, began_at_s=1_700_000_000 + msn * 2.08, duration_90k=46_800, parts=(FIRST,)
    )


def test_a_playlist_to_the_letter():
    text = media_playlist(
        Timing(),
        [segment_lines(segment(7, opens=True))],
        opened(8),
        8,
    )
    assert text == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:9\n"
        "#EXT-X-TARGETDURATION:6\n"
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.650\n"
        "#EXT-X-PART-INF:PART-TARGET=0.550\n"
        "#EXT-X-MEDIA-SEQUENCE:7\n"
        "#EXT-X-DISCONTINUITY-SEQUENCE:0\n"
        '#EXT-X-MAP:URI="init-0.mp4"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:34.560Z\n"
        '#EXT-X-PART:DURATION=0.52000,URI="7.0.m4s",INDEPENDENT=YES\n'
        '#EXT-X-PART:DURATION=0.52000,URI="7.1.m4s"\n'
        '#EXT-X-PART:DURATION=0.52000,URI="7.2.m4s"\n'
        '#EXT-X-PART:DURATION=0.52000,URI="7.3.m4s"\n'
        "#EXTINF:2.08000,\n"
        "7.m4s\n"
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:36.640Z\n"
        '#EXT-X-PART:DURATION=0.52000,URI="8.0.m4s",INDEPENDENT=YES\n'
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.1.m4s"\n'
    )
    rules.check_media(text)


def test_a_stream_before_its_first_part_hints_at_it():
    text = media_playlist(Timing(), [], None, 5)
    found = rules.check_media(text)
    assert (found.first_msn, found.hint) == (5, "5.0.m4s")


def test_a_discontinuity_is_counted_when_its_tag_has_gone():
    lines = [segment_lines(segment(msn, take=msn // 3, opens=msn % 3 == 0)) for msn in range(1, 9)]
    whole = rules.check_media(media_playlist(Timing(), lines, None, 9))
    for cut in range(8):
        found = rules.check_media(media_playlist(Timing(), lines[cut:], None, 9))
        assert [s.discontinuity for s in found.segments] == [s.discontinuity for s in whole.segments[cut:]]
        assert [s.map_uri for s in found.segments] == [f"init-{msn // 3}.mp4" for msn in range(1 + cut, 9)]


def test_parts_are_listed_near_the_end_alone():
    lines = [segment_lines(segment(msn)) for msn in range(1, 31)]
    found = rules.check_media(media_playlist(Timing(), lines, None, 31))
    assert [bool(s.parts) for s in found.segments] == [False] * 22 + [True] * 8


def test_a_delta_update_leaves_out_what_is_old_and_agrees_with_the_whole():
    lines = [segment_lines(segment(msn, take=msn // 10, opens=msn % 10 == 0)) for msn in range(1, 31)]
    opened = Segment(31, 3, 3, opens_take=False, began_at_s=1_700_000_064.0, duration_90k=46_800, parts=(FIRST,))
    whole = rules.check_media(media_playlist(Timing(), lines, opened, 31))
    assert whole.control["CAN-SKIP-UNTIL"] == "36.0"
    delta = rules.check_media(media_playlist(Timing(), lines, opened, 31, skip=True))
    assert delta.skipped == 12
    kept = whole.segments[delta.skipped :]
    assert [(s.msn, s.uri, s.duration, s.parts) for s in delta.segments] == [
        (s.msn, s.uri, s.duration, s.parts) for s in kept
    ]
    assert delta.open_parts == whole.open_parts
    assert sum(s.duration for s in kept) >= 36


def test_a_short_playlist_is_not_skipped():
    lines = [segment_lines(segment(msn)) for msn in range(1, 10)]
    text = media_playlist(Timing(), lines, None, 10)
    assert media_playlist(Timing(), lines, None, 10, skip=True) == text
    assert "CAN-SKIP-UNTIL" not in text


def test_the_end_is_said_and_nothing_hinted():
    text = media_playlist(Timing(), [segment_lines(segment(1))], None, 2, ended=True)
    assert text.endswith("1.m4s\n#EXT-X-ENDLIST\n")
    assert "PRELOAD" not in text


def test_a_gap_is_marked():
    gone = Segment(4, 0, 0, opens_take=False, began_at_s=0, duration_90k=180_000, gap=True)
    assert "#EXT-X-GAP\n#EXTINF:2.00000,\n4.m4s\n" in media_playlist(Timing(), [segment_lines(gone)], None, 5)


def test_multivariant_declares_the_tracks_that_exist():
    video = VideoTrack(Codec.H264, b"", "avc1.64001f", 1280, 720)
    audio = AudioTrack(Codec.AAC, b"", "mp4a.40.2", 48_000, 2)
    assert multivariant_playlist(Variant(Tracks(video, audio), 2_600_000, 2_400_000, 25)) == (
        "#EXTM3U\n#EXT-X-VERSION:9\n"
        '#EXT-X-STREAM-INF:BANDWIDTH=2600000,AVERAGE-BANDWIDTH=2400000,CODECS="avc1.64001f,mp4a.40.2",'
        "RESOLUTION=1280x720,FRAME-RATE=25.000\nlive.m3u8\n"
    )
    sound = multivariant_playlist(Variant(Tracks(audio=audio), 128_000, 128_000))
    assert 'CODECS="mp4a.40.2"\n' in sound
    assert "RESOLUTION" not in sound


def test_times_are_utc_to_the_millisecond():
    assert date_time(0.9996) == "1970-01-01T00:00:01.000Z"
    assert date_time(1_700_000_000) == "2023-11-14T22:13:20.000Z"
