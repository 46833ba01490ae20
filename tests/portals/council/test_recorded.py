"""A recording's time on the clock."""

from datetime import UTC, datetime, timedelta

from media.record.recordings import RecordingSummary
from media.record.timeline import Gap
from portals.council.model import Span
from portals.council.recorded import unbroken

BEGAN = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_a_recording_without_gaps_is_one_span():
    assert unbroken(RecordingSummary(90.5, BEGAN, [], 1)) == [Span(0.0, BEGAN, 90.5)]


def test_each_gap_begins_a_span_that_goes_on_where_the_recording_stopped():
    gaps = [
        Gap(60.0, BEGAN + timedelta(seconds=60), 30.0),
        Gap(75.0, BEGAN + timedelta(seconds=105), 600.0),
    ]
    assert unbroken(RecordingSummary(100.0, BEGAN, gaps, 3)) == [
        Span(0.0, BEGAN, 60.0),
        Span(60.0, BEGAN + timedelta(seconds=90), 15.0),
        Span(75.0, BEGAN + timedelta(seconds=705), 25.0),
    ]
