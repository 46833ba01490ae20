from media.archive.playlist import archive_media_playlist, archive_multivariant_playlist
from media.hls.marks import Mark
from media.packet import AudioTrack, Codec, Tracks, VideoTrack
from media.record.model import RecordedSegment, Recording, Take, utc
from media.record.timeline import RecordingIndex
from tests.media.hls import rules

BEGAN = 1_700_000_000


def index(*lengths_s: float, ended: bool = True, takes: int = 1, dependent: set[int] = frozenset()) -> RecordingIndex:
    segments, position, dts, offset, take = [], 0, 0, 1000, 0
    for number, length_s in enumerate(lengths_s):
        if take + 1 < takes and number >= len(lengths_s) * (take + 1) // takes:
            take, dts, offset = take + 1, 0, 1000
        duration = round(length_s * 90_000)
        segments.append(
            RecordedSegment(
                "s",
                number + 1,
                take,
                offset,
                5000,
                utc(BEGAN + position / 90_000 + 60 * take),
                position,
                dts,
                duration,
                number not in dependent,
                bytes(32),
            )
        )
        position, dts, offset = position + duration, dts + duration, offset + 5000
    tracks = Tracks(
        VideoTrack(Codec.H264, b"", "avc1.64001f", 1280, 720), AudioTrack(Codec.AAC, b"", "mp4a.40.2", 48_000, 2)
    )
    return RecordingIndex(
        Recording("s", utc(BEGAN), utc(BEGAN + 100) if ended else None, 500, 2.0, 6, 9, takes),
        tuple(Take("s", number, utc(BEGAN), tracks, 1000) for number in range(takes)),
        tuple(segments),
    )


def test_an_archive_to_the_letter():
    assert archive_media_playlist(index(2, 2, 2, 2)) == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:1\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-MAP:URI="0.mp4",BYTERANGE="1000@0"\n'
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z\n#EXTINF:6.00000,\n#EXT-X-BYTERANGE:15000@1000\n0.mp4\n"
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:26.000Z\n#EXTINF:2.00000,\n#EXT-X-BYTERANGE:5000@16000\n0.mp4\n"
        "#EXT-X-ENDLIST\n"
    )


def test_takes_are_apart_and_bytes_are_all_there():
    found = rules.check_media(archive_media_playlist(index(*[2] * 12, takes=3)))
    assert [s.discontinuity for s in found.segments] == [0, 0, 1, 1, 2, 2]
    assert [s.map_uri for s in found.segments] == ["0.mp4"] * 2 + ["1.mp4"] * 2 + ["2.mp4"] * 2
    assert sum(s.byte_range[0] for s in found.segments if s.byte_range) == 60_000
    assert sum(s.duration for s in found.segments) == 24


def test_what_does_not_begin_with_an_idr_is_joined_to_what_does():
    found = rules.check_media(archive_media_playlist(index(6, 4, 6, 4, dependent={1, 3})))
    assert [s.duration for s in found.segments] == [10, 10]
    assert found.target == 10


def test_a_hole_in_a_take_is_a_discontinuity():
    whole = index(2, 2, 2, 2, 2, 2)
    holed = RecordingIndex(whole.recording, whole.takes, whole.segments[:2] + whole.segments[4:])
    found = rules.check_media(archive_media_playlist(holed))
    assert [(s.duration, s.discontinuity) for s in found.segments] == [(4, 0), (4, 1)]


def test_a_recording_that_grows_has_no_end_and_a_target_for_what_comes():
    found = rules.check_media(archive_media_playlist(index(*[2] * 9, ended=False)))
    assert found.kind == "EVENT"
    assert not found.ended
    assert [s.duration for s in found.segments] == [6, 6], "the last range may still grow"
    longer = rules.check_media(archive_media_playlist(index(*[2] * 13, ended=False)))
    rules.check_update(found, longer)


def test_multivariant_of_a_recording():
    text = archive_multivariant_playlist(index(2, 2))
    assert 'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720' in text
    assert "BANDWIDTH=20000," in text
    assert text.endswith("\nmedia.m3u8\n")


def test_marks_within_the_recording():
    marks = [
        Mark("before", BEGAN - 60, BEGAN - 1),
        Mark("1", BEGAN - 1, BEGAN + 3, "Opening", "agenda-item", "1"),
        Mark("2", BEGAN + 3, None, "Budget", "agenda-item", "2"),
        Mark("after", BEGAN + 60),
    ]
    text = archive_media_playlist(index(2, 2, 2, 2), marks)
    found = rules.check_media(text)
    assert [mark["ID"] for mark in found.marks] == ["1", "2"]
    assert 'END-DATE="2023-11-14T22:13:23.000Z",X-NUMBER="1",X-TITLE="Opening"\n' in text
    growing = rules.check_media(archive_media_playlist(index(*[2] * 9, ended=False), marks[:3]))
    later = [*marks[:2], Mark("2", BEGAN + 3, BEGAN + 9, "Budget", "agenda-item", "2")]
    rules.check_update(growing, rules.check_media(archive_media_playlist(index(*[2] * 13, ended=False), later)))
