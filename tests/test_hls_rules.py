"""The tool itself is able to fail: each rule is broken once, and found."""

import pytest

from tests.hls_playlists import parse_media
from tests.hls_rules import media_problems, multivariant_problems, problems

LIVE = """#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.650,CAN-SKIP-UNTIL=12.0
#EXT-X-PART-INF:PART-TARGET=0.550
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-DATERANGE:ID="a",CLASS="pl.gryf.agenda-item",START-DATE="2026-11-25T10:00:00Z",X-TITLE="Budget"
#EXT-X-MAP:URI="init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-25T10:00:00.000Z
#EXT-X-PART:DURATION=0.52000,URI="7.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.52000,URI="7.1.m4s"
#EXT-X-PART:DURATION=0.44000,URI="7.2.m4s"
#EXTINF:1.48000,
7.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-25T10:00:09.000Z
#EXT-X-PART:DURATION=0.52000,URI="8.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.52000,URI="8.1.m4s"
#EXTINF:1.04000,
8.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-25T10:00:10.040Z
#EXT-X-PART:DURATION=0.52000,URI="9.0.m4s",INDEPENDENT=YES
#EXT-X-RENDITION-REPORT:URI="480p/live.m3u8",LAST-MSN=9,LAST-PART=0
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="9.1.m4s"
"""

VOD = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="0.mp4",BYTERANGE="1000@0"
#EXT-X-PROGRAM-DATE-TIME:2026-11-25T10:00:00.000Z
#EXTINF:6.00000,
#EXT-X-BYTERANGE:15000@1000
0.mp4
#EXT-X-PROGRAM-DATE-TIME:2026-11-25T10:00:06.000Z
#EXTINF:2.00000,
#EXT-X-BYTERANGE:5000@16000
0.mp4
#EXT-X-ENDLIST
"""

MULTIVARIANT = """#EXTM3U
#EXT-X-VERSION:9
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Polski",DEFAULT=YES,AUTOSELECT=YES
#EXT-X-STREAM-INF:BANDWIDTH=2600000,AVERAGE-BANDWIDTH=2400000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"
live.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.2"
audio/live.m3u8
"""


def test_good_playlists_have_no_problems():
    assert problems(LIVE) == []
    assert media_problems(parse_media(LIVE), {"480p/live.m3u8"}) == []
    assert problems(VOD) == []
    assert problems(MULTIVARIANT) == []


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("#EXTM3U\n", "", "first line"),
        ("#EXT-X-MAP:", "\n#EXT-X-MAP:", "empty line"),
        ("#EXT-X-MAP:", "#EXT-X-KARTE:", "does not belong"),
        ("#EXT-X-VERSION:9", "#EXT-X-VERSION:2", "need EXT-X-VERSION 3"),
        ("#EXT-X-VERSION:9", "#EXT-X-VERSION:5", "EXT-X-MAP needs EXT-X-VERSION 6"),
        ("#EXT-X-VERSION:9", "#EXT-X-VERSION:9\n#EXT-X-VERSION:9", "comes 2 times"),
        ("#EXT-X-TARGETDURATION:2\n", "", "no EXT-X-TARGETDURATION"),
        ("TARGETDURATION:2", "TARGETDURATION:1.5", "cannot be read"),
        ("MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:0", "begins at 0"),
        ("EXTINF:1.48000,", "EXTINF:2.50000,", "the target duration is 2"),
        ("EXTINF:1.48000,", "EXTINF:1.28000,", "the parts of segment 7 last 1.480"),
        ("EXTINF:1.48000,", "EXTINF:1.48000", "needs a comma"),
        ("#EXTINF:1.48000,\n", "", "no EXTINF before 7.m4s"),
        ('#EXT-X-MAP:URI="init-1.mp4"\n', "", "no EXT-X-MAP before segment 7"),
        ("#EXT-X-DISCONTINUITY\n", "", "without EXT-X-DISCONTINUITY"),
        (
            "#EXT-X-DISCONTINUITY\n#EXT-X-MAP:",
            '#EXT-X-PART:DURATION=0.5,URI="x"\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:',
            "within a segment",
        ),
        ("10:00:09.000Z", "09:00:09.000Z", "segment 8 begins before segment 7"),
        ("10:00:09.000Z", "10:00:09.000", "no time zone"),
        ("8.m4s\n", "7.m4s\n", "7.m4s is listed twice"),
        ('URI="8.1.m4s"', 'URI="7.1.m4s"', "7.1.m4s is listed twice"),
        ("8.m4s\n", "/hls/8.m4s\n", "is not relative"),
        ("8.m4s\n", "https://city.example/8.m4s\n", "is not relative"),
        ('DURATION=0.52000,URI="7.1', 'DURATION=0.60000,URI="7.1', "the part target is 0.55"),
        ('DURATION=0.52000,URI="7.1', 'DURATION=0.30000,URI="7.1', "less than 85 %"),
        ("#EXT-X-PART-INF:PART-TARGET=0.550\n", "", "EXT-X-PART without EXT-X-PART-INF"),
        ("CAN-BLOCK-RELOAD=YES,", "", "without CAN-BLOCK-RELOAD"),
        ("PART-HOLD-BACK=1.650", "PART-HOLD-BACK=1.600", "three times 0.55"),
        ("PART-HOLD-BACK=1.650", "PART-HOLD-BACK=1.650,HOLD-BACK=5.9", "three target durations"),
        ("CAN-SKIP-UNTIL=12.0", "CAN-SKIP-UNTIL=11.9", "six target durations"),
        ("#EXT-X-MAP:URI=", "#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n#EXT-X-MAP:URI=", "nearer than CAN-SKIP-UNTIL"),
        ("#EXT-X-DISCONTINUITY\n", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n#EXT-X-DISCONTINUITY\n", "before the segments"),
        ('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="9.1.m4s"\n', "", "hints at its next part"),
        ('URI="9.1.m4s"', 'URI="9.0.m4s"', "the hinted part 9.0.m4s is listed already"),
        ("#EXT-X-PRELOAD-HINT", "#EXT-X-ENDLIST\n#EXT-X-PRELOAD-HINT", "a hint after the end"),
        ("#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-BITRATE", "needs EXT-X-PROGRAM-DATE-TIME"),
        ('ID="a",', "", "without ID"),
        ('START-DATE="2026-11-25T10:00:00Z",', "", "no START-DATE"),
        ('10:00:00Z"', '10:00:00Z",END-DATE="2026-11-25T09:00:00Z"', "ends before it begins"),
        ('10:00:00Z"', '10:00:00Z",DURATION=9,END-DATE="2026-11-25T10:00:08Z"', "disagree"),
        ('10:00:00Z"', '10:00:00Z",DURATION=9,END-ON-NEXT=YES', "needs CLASS and no end"),
        ("X-TITLE", "TITLE", "has the attributes ['TITLE']"),
        ('X-TITLE="Budget"', 'X-TITLE="The "budget""', "malformed attribute list"),
        ('ID="a",', 'ID="a",ID="b",', "comes twice in one tag"),
        ('ID="a",', "ID=a,", "must be a quoted string"),
        (
            "#EXT-X-MAP:",
            '#EXT-X-DATERANGE:ID="a",START-DATE="2026-11-25T10:00:01Z"\n#EXT-X-MAP:',
            "START-DATE of mark a was",
        ),
        ('URI="480p/live.m3u8"', 'URI="/hls/480p/live.m3u8"', "needs a relative URI"),
        ("LAST-MSN=9,", "", "has no LAST-MSN"),
        (",LAST-PART=0", "", "has no LAST-PART"),
    ],
)
def test_a_broken_live_playlist(right: str, wrong: str, expected: str):
    assert right in LIVE
    found = problems(LIVE.replace(right, wrong))
    assert any(expected in sentence for sentence in found), found


def test_a_clock_that_leaves_its_timeline():
    assert any("begins 8.000 s after one of 1.04" in one for one in problems(longer(LIVE, "10:00:18.040Z")))


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("#EXT-X-ENDLIST\n", "", "ends with EXT-X-ENDLIST"),
        ("TYPE:VOD", "TYPE:LIVE", "EXT-X-PLAYLIST-TYPE is LIVE"),
        ("5000@16000", "5000@15000", "listed twice or are none"),
        ("5000@16000", "0@16000", "listed twice or are none"),
        ("5000@16000\n0.mp4", "5000@16000\n0.mp4\n#EXTINF:2,", "EXTINF without a segment"),
        ("#EXTINF:2.00000,", "#EXTINF:0,", "lasts nothing"),
        ("#EXT-X-ENDLIST\n", "#EXT-X-ENDLIST\n#EXTINF:2,\n1.mp4\n", "after EXT-X-ENDLIST"),
    ],
)
def test_a_broken_archive(right: str, wrong: str, expected: str):
    assert right in VOD
    found = problems(VOD.replace(right, wrong))
    assert any(expected in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("BANDWIDTH=128000,", "", "needs BANDWIDTH"),
        ("AVERAGE-BANDWIDTH=2400000", "AVERAGE-BANDWIDTH=2700000", "is more than BANDWIDTH"),
        ('CODECS="mp4a.40.2"', 'CODECS="aac"', "CODECS names 'aac'"),
        (',CODECS="mp4a.40.2"', "", "CODECS names ''"),
        (",RESOLUTION=1280x720", "", "needs RESOLUTION"),
        ('CODECS="mp4a.40.2"', 'CODECS="mp4a.40.2",RESOLUTION=1x1', "without a picture"),
        ('AUDIO="a"', 'AUDIO="b"', "AUDIO group 'b' is not there"),
        ('NAME="Polski",', "", "EXT-X-MEDIA needs NAME"),
        ("audio/live.m3u8", "live.m3u8", "two variants"),
        ("audio/live.m3u8\n", "", "without its address"),
        ("audio/live.m3u8", "/audio/live.m3u8", "is not relative"),
        ("live.m3u8\n#EXT-X-STREAM-INF", "live.m3u8\n#EXTINF:2,\n#EXT-X-STREAM-INF", "does not belong"),
    ],
)
def test_a_broken_multivariant_playlist(right: str, wrong: str, expected: str):
    assert right in MULTIVARIANT
    found = multivariant_problems(MULTIVARIANT.replace(right, wrong))
    assert any(expected in sentence for sentence in found), found


def longer(text: str, moment: str = "10:00:10.560Z") -> str:
    """The same a part and a segment later."""
    parts = '#EXT-X-PART:DURATION=0.52000,URI="9.1.m4s"\n#EXTINF:1.04000,\n9.m4s\n'
    parts += f"#EXT-X-PROGRAM-DATE-TIME:2026-11-25T{moment}\n#EXTINF:1.00000,\n10.m4s\n"
    text = text.replace("#EXT-X-RENDITION-REPORT", f"{parts}#EXT-X-RENDITION-REPORT")
    return text.replace('URI="9.1.m4s"\n"', "").replace('HINT:TYPE=PART,URI="9.1.m4s"', 'HINT:TYPE=PART,URI="11.0.m4s"')


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("TARGETDURATION:2", "TARGETDURATION:3", "target was 2 and is 3"),
        ("PART-TARGET=0.550", "PART-TARGET=0.540", "part_target was 0.55"),
        ("MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:6", "fell from 7 to 6"),
        ("DISCONTINUITY-SEQUENCE:1", "DISCONTINUITY-SEQUENCE:0", "EXT-X-DISCONTINUITY-SEQUENCE fell"),
        ("#EXT-X-DISCONTINUITY\n", "", "discontinuity of segment 8 was 2, is 1"),
        ("EXTINF:1.04000,\n8", "EXTINF:1.05000,\n8", "duration of segment 8 was 1.04"),
        ("\n7.m4s", "\n7-other.m4s", "uri of segment 7 was 7.m4s"),
        ("10:00:09.000Z", "10:00:08.000Z", "moment of segment 8"),
        ("7.1.m4s", "7.x.m4s", "the parts of segment 7 changed"),
        ("9.0.m4s", "9.x.m4s", "the parts of the open segment 9 changed"),
        ("9.1.m4s", "9.x.m4s", "9.1.m4s was hinted at, 9.x.m4s came"),
        ("MEDIA-SEQUENCE:7", "MEDIA-SEQUENCE:8", "a segment was removed though only"),
        ('X-TITLE="Budget"', 'X-TITLE="Roads"', "X-TITLE of mark a was 'Budget' and is 'Roads'"),
    ],
)
def test_an_update_that_may_not_follow(right: str, wrong: str, expected: str):
    after = longer(LIVE)
    assert problems(after, LIVE) == []
    assert right in after
    found = problems(after.replace(right, wrong), LIVE)
    assert any(expected in sentence for sentence in found), found


def test_what_was_said_stays_said():
    assert any("listed to (9, 1)" in one for one in problems(LIVE, longer(LIVE)))
    assert any("was taken back" in one for one in problems(VOD.replace("#EXT-X-ENDLIST\n", ""), VOD))
    event = VOD.replace("VOD", "EVENT").replace("#EXT-X-ENDLIST\n", "")
    assert problems(event, event) == []
    assert any("only grows" in one for one in problems(event.replace("SEQUENCE:1", "SEQUENCE:2"), event))


def test_parts_far_from_the_end_and_reports_that_are_missing():
    late = LIVE
    for number in range(10, 18):
        late = late.replace(
            "#EXT-X-PROGRAM-DATE-TIME:2026-11-25T10:00:10.040Z",
            f"#EXTINF:2.0,\nx{number}.m4s\n#EXT-X-PROGRAM-DATE-TIME:2026-11-25T10:00:10.040Z",
        )
    assert any("the parts of segment 7 are listed" in one for one in problems(late))
    found = media_problems(parse_media(LIVE), {"720p/live.m3u8", "480p/live.m3u8"})
    assert found == [
        "§4.4.5.4: reports on ['480p/live.m3u8'], the other renditions are ['480p/live.m3u8', '720p/live.m3u8']"
    ]
    twice = LIVE.replace(
        "#EXT-X-PRELOAD", '#EXT-X-RENDITION-REPORT:URI="480p/live.m3u8",LAST-MSN=9,LAST-PART=0\n#EXT-X-PRELOAD'
    )
    assert any("two reports" in one for one in problems(twice))


def test_independent_segments_that_are_none():
    text = LIVE.replace("#EXT-X-MEDIA-SEQUENCE", "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MEDIA-SEQUENCE")
    assert problems(text) == []
    assert any(
        "does not begin with an independent part" in one for one in problems(text.replace(",INDEPENDENT=YES", ""))
    )


def test_gaps_are_gaps_in_their_parts_too():
    text = LIVE.replace("#EXTINF:1.48000,", "#EXT-X-GAP\n#EXTINF:1.48000,")
    assert any("segment 7 is a gap and its parts are not" in one for one in problems(text))
