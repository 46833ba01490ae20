import msgspec
import pytest

from media.archive.spans import poster_frames, runs, spans, step_s, storyboard_frames
from media.archive.webvtt import Cue, storyboard_vtt, timestamp
from media.packet import Tracks
from media.record.timeline import cut, duration_s, is_trimmed, shown, snapped
from tests.media.archive.test_playlist import index

S = 90_000


def test_segments_that_touch_are_one_span():
    found = spans(index(2, 2, 2, 2, 2, 2, takes=2))
    assert [(s.take, s.offset, s.length, s.dts_90k, s.position_90k, s.duration_90k) for s in found] == [
        (0, 1000, 15_000, 0, 0, 6 * S),
        (1, 1000, 15_000, 0, 6 * S, 6 * S),
    ]
    whole = index(2, 2, 2, 2)
    holed = msgspec.structs.replace(whole, segments=whole.segments[:1] + whole.segments[2:])
    assert [s.length for s in spans(holed)] == [5000, 10_000]


def test_runs_are_neighbours_with_equal_tracks():
    found = runs(index(*[2] * 8, takes=4), {0: "a", 1: "a", 2: "b", 3: "a"})
    assert [[span.take for span in run] for run in found] == [[0, 1], [2], [3]]


@pytest.mark.parametrize(
    ("begin_s", "end_s", "got"),
    [(0, 12, (0, 12)), (3, 5, (2, 6)), (2, 4, (2, 4)), (7, 8, (6, 8)), (9, 99, (6, 12)), (11.9, 12, (10, 12))],
)
def test_cuts_begin_with_an_idr_and_lose_nothing(begin_s, end_s, got):
    """Segments of 2 s; the one at 8 s does not begin with an IDR."""
    whole = index(*[2] * 6, dependent={4})
    assert snapped(whole, begin_s * S, end_s * S) == (got[0] * S, got[1] * S)
    piece = cut(whole, begin_s * S, end_s * S)
    assert duration_s(piece) == got[1] - got[0]
    assert [segment.position_90k for segment in piece.segments] == [2 * S * n for n in range(len(piece.segments))]
    assert piece.segments[0].independent
    assert spans(piece)[0].position_90k == 0


def test_a_cut_keeps_only_the_takes_it_needs():
    piece = cut(index(*[2] * 6, takes=3), 5 * S, 7 * S)
    assert [take.number for take in piece.takes] == [1]
    assert cut(index(2, 2), 0, 0).segments == ()


def test_a_trim_counts_once_the_recording_has_ended():
    whole = index(*[2] * 6)
    trimmed = msgspec.structs.replace(whole.recording, trim_begin_90k=4 * S, trim_end_90k=8 * S)
    assert duration_s(shown(msgspec.structs.replace(whole, recording=trimmed))) == 4
    goes_on = msgspec.structs.replace(trimmed, ended_at=None)
    assert not is_trimmed(goes_on)
    assert duration_s(shown(msgspec.structs.replace(whole, recording=goes_on))) == 12
    begin_only = msgspec.structs.replace(trimmed, trim_end_90k=None)
    assert duration_s(shown(msgspec.structs.replace(whole, recording=begin_only))) == 8
    assert shown(whole) is whole


def test_pictures_of_a_storyboard_are_a_step_apart():
    assert [f.position_90k // S for f in storyboard_frames(index(*[2] * 12), 5)] == [0, 6, 12, 18]
    assert [f.position_90k // S for f in storyboard_frames(index(*[2] * 6, dependent={0, 3}), 5)] == [2, 8]
    assert (step_s(3600), step_s(3601)) == (5.0, 10.0)
    assert storyboard_frames(without_picture(), 5) == poster_frames(without_picture(), 12) == []


def without_picture():
    whole = index(2, 2)
    takes = tuple(msgspec.structs.replace(take, tracks=Tracks(audio=take.tracks.audio)) for take in whole.takes)
    return msgspec.structs.replace(whole, takes=takes)


def test_candidates_for_a_poster_lie_in_the_first_half():
    found = [frame.position_90k // S for frame in poster_frames(index(*[2] * 100), 5)]
    assert found == [10, 30, 50, 70, 90]
    assert [frame.position_90k // S for frame in poster_frames(index(2, 2), 5)] == [0]


def test_webvtt_to_the_letter():
    cues = [Cue(0, 5, "storyboard-1.jpg?v=ab", (0, 0, 160, 90)), Cue(3599.9996, 36_061.5, "b.jpg", (160, 90, 160, 90))]
    assert storyboard_vtt(cues) == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:05.000\nstoryboard-1.jpg?v=ab#xywh=0,0,160,90\n"
        "\n01:00:00.000 --> 10:01:01.500\nb.jpg#xywh=160,90,160,90\n"
    )
    assert timestamp(0.0004) == "00:00:00.000"
