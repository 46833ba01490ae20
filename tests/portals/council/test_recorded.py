"""A recording's time on the clock."""

from datetime import UTC, datetime, timedelta

from media.packet import CLOCK_HZ
from media.record.model import RecordedSegment
from media.record.timeline import RecordingIndex, Stretch, position_at, stretches

BEGAN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def index(*late_s: float) -> RecordingIndex:
    """Segments of 2 s; each one so many seconds later on the clock than the recording's own time says."""
    segments = [
        RecordedSegment(
            stream_id="x",
            msn=number,
            take=0,
            byte_offset=0,
            byte_length=1,
            began_at=BEGAN + timedelta(seconds=number * 2 + late),
            position_90k=number * 2 * CLOCK_HZ,
            dts_90k=number * 2 * CLOCK_HZ,
            duration_90k=2 * CLOCK_HZ,
            independent=True,
            sha256=b"",
        )
        for number, late in enumerate(late_s)
    ]
    return RecordingIndex(None, (), tuple(segments))


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def test_a_recording_without_gaps_is_one_stretch():
    assert stretches(index(0, 0.01, 0, 0.02)) == [Stretch(0.0, BEGAN, 8.0)]
    assert stretches(index()) == []


def test_each_gap_begins_a_stretch_that_goes_on_where_the_recording_stopped():
    assert stretches(index(0, 0, 30, 30, 630)) == [
        Stretch(0.0, BEGAN, 4.0),
        Stretch(4.0, after(34), 4.0),
        Stretch(8.0, after(638), 2.0),
    ]


def test_a_clock_that_settles_begins_one_too_and_small_steps_add_up():
    assert stretches(index(0.9, 0.9, -0.3, -0.3)) == [Stretch(0.0, after(0.9), 4.0), Stretch(4.0, after(3.7), 4.0)]
    assert [one.position_s for one in stretches(index(0, 0.04, 0.08, 0.12, 0.16))] == [0.0, 6.0]


def test_moments_lie_where_the_server_says_whatever_the_clock_did():
    known = index(0.9, 0.9, -0.3, -0.3, 30)
    for moment_s in (1.0, 2.5, 4.2, 7.5, 39.0):
        moment = BEGAN.timestamp() + moment_s
        one = next(one for one in reversed(stretches(known)) if one.began_at.timestamp() <= moment)
        placed = one.position_s + min(moment - one.began_at.timestamp(), one.duration_s)
        assert abs(placed - position_at(known, moment)) <= 0.1
