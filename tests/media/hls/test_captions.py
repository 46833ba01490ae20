"""Captions of a live stream: their playlist, their files, and what stays as it was for a stream without any."""

import re

import pytest

from media.hls.captions import AiredCaption, CaptionFeed, LiveCaptions, Slice, captions_playlist, slice_of
from media.hls.playlist import CaptionRendition, NamedVariant, Variant, multivariant_playlist
from tests.hls_playlists import parse_media
from tests.hls_rules import media_problems, multivariant_problems, update_problems
from tests.media.hls import feed
from tests.media.test_packager import fed, push_more

START_S = 1_700_000_000.0
CUE = re.compile(r"^(c\d+)\n(\S+) --> (\S+)\n(.+?)\n$", re.MULTILINE | re.DOTALL)


def captions(text: str) -> list[tuple[str, str, str, str]]:
    assert text.startswith("WEBVTT\nX-TIMESTAMP-MAP=")
    return [(name, begin, end, words) for name, begin, end, words in CUE.findall(text)]


def test_a_caption_stands_in_each_part_it_touches_with_the_same_times():
    captioned = CaptionFeed("pl", "Polski")
    captioned.add(AiredCaption(7, START_S + 2.4, START_S + 5.4, "Otwieram sesję"))
    parts = [Slice(0, 180_000 + 45_000 * n, 45_000, START_S + 2 + n / 2) for n in range(9)]
    found = [captions(captioned.vtt(part)) for part in parts]
    assert [len(one) for one in found] == [1, 1, 1, 1, 1, 1, 1, 0, 0]
    assert {one[0] for one in found if one} == {("c7", "00:00:02.400", "00:00:05.400", "Otwieram sesję")}
    # a later part whose clock says something else changes nothing
    late = Slice(0, 180_000 + 45_000 * 3, 45_000, START_S + 3.53)
    assert captions(captioned.vtt(late)) == found[0]


def test_the_map_ties_the_file_to_its_part():
    text = CaptionFeed("pl", "Polski").vtt(Slice(3, 2 * 3600 * 90_000 + 9, 45_000, START_S))
    assert text == "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:02:00:00.000,MPEGTS:648000009\n"


def test_a_caption_over_a_change_of_encoder_goes_on_in_the_new_take():
    captioned = CaptionFeed("pl", "Polski")
    captioned.add(AiredCaption(1, START_S + 9, START_S + 13, "Głosujemy"))
    assert captions(captioned.vtt(Slice(0, 8 * 90_000, 180_000, START_S + 8)))[0][1] == "00:00:09.000"
    assert captions(captioned.vtt(Slice(1, 0, 180_000, START_S + 10))) == [
        ("c1", "00:00:00.000", "00:00:03.000", "Głosujemy")
    ]


def test_words_cannot_break_the_file():
    captioned = CaptionFeed("pl", "Polski")
    captioned.add(AiredCaption(1, START_S, START_S + 2, "a --> b\n\n<script>&\nc"))
    text = captioned.vtt(Slice(0, 0, 180_000, START_S))
    assert captions(text) == [("c1", "00:00:00.000", "00:00:02.000", "a --&gt; b\n&lt;script&gt;&amp;\nc")]


def test_a_line_that_is_told_twice_is_aired_once():
    captioned = CaptionFeed("pl", "Polski")
    for _ in range(2):
        captioned.add(AiredCaption(1, START_S, START_S + 2, "raz"))
    assert len(captions(captioned.vtt(Slice(0, 0, 180_000, START_S)))) == 1


async def test_the_playlist_is_that_of_the_pictures():
    packager = fed(5.3)
    pictures = packager.playlist()[0].decode()
    text = captions_playlist(pictures)
    found, of_pictures = parse_media(text), parse_media(pictures)
    assert media_problems(found) == []
    assert "m4s" not in text
    assert "EXT-X-MAP" not in text
    assert [(one.msn, one.duration, one.moment) for one in found.segments] == [
        (one.msn, one.duration, one.moment) for one in of_pictures.segments
    ]
    assert [one.uri for one in found.segments] == [f"{one.msn}.vtt" for one in of_pictures.segments]
    assert found.hint == of_pictures.hint.replace(".m4s", ".vtt")
    push_more(packager, 5.3, 7.9)
    later = parse_media(captions_playlist(packager.playlist()[0].decode()))
    assert update_problems(found, later) == []
    assert later.last_part > found.last_part


async def test_every_listed_segment_and_part_has_its_place_and_they_touch():
    packager = fed(7.9)
    end = None
    for segment in parse_media(captions_playlist(packager.playlist()[0].decode())).segments:
        whole = slice_of(packager.window.described(segment.msn))
        parts = [slice_of(packager.window.described(segment.msn), index) for index in range(len(segment.parts))]
        assert parts[0].dts_90k == whole.dts_90k
        assert parts[-1].dts_90k + parts[-1].duration_90k == whole.dts_90k + whole.duration_90k
        assert end is None or whole.dts_90k == end
        end = whole.dts_90k + whole.duration_90k
        assert slice_of(packager.window.described(segment.msn), len(segment.parts)) is None


def variant() -> Variant:
    return Variant(feed.both(8)[0], 2_000_000, 1_800_000, 25.0)


def test_a_stream_without_captions_keeps_its_playlist():
    none = multivariant_playlist(variant(), others=[NamedVariant("360p", "360p/live.m3u8", variant())])
    assert "SUBTITLES" not in none
    assert none == multivariant_playlist(
        variant(), others=[NamedVariant("360p", "360p/live.m3u8", variant())], captions=[]
    )


def test_captions_are_named_for_every_picture():
    live = LiveCaptions()
    live.offer("s", "pl", "Polski")
    live.offer("s", "pl", "Polski")
    assert live.renditions("s") == [CaptionRendition("pl", "Polski", "captions/pl/live.m3u8")]
    text = multivariant_playlist(
        variant(), others=[NamedVariant("360p", "360p/live.m3u8", variant())], captions=live.renditions("s")
    )
    assert multivariant_problems(text) == []
    assert (
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="Polski",LANGUAGE="pl",DEFAULT=NO,AUTOSELECT=YES,'
        'FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog",URI="captions/pl/live.m3u8"'
    ) in text
    assert text.count('SUBTITLES="captions"') == 2
    live.forget("s")
    assert live.renditions("s") == []


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ('URI="captions/pl/live.m3u8"', "URI"),
        (",FORCED=NO", "FORCED"),
        (',SUBTITLES="captions"\n360p', "some variants"),
        ('GROUP-ID="captions"', "group"),
    ],
)
def test_the_rules_see_what_is_wrong_with_captions(broken, word):
    text = multivariant_playlist(
        variant(),
        others=[NamedVariant("360p", "360p/live.m3u8", variant())],
        captions=[CaptionRendition("pl", "Polski", "captions/pl/live.m3u8")],
    )
    assert broken in text
    repaired = broken.replace(',SUBTITLES="captions"', "") if "360p" in broken else ""
    faults = multivariant_problems(text.replace(broken, repaired).replace(',"', ","))
    assert any(word in fault for fault in faults), faults
