"""Hours and lengths as people write them."""

import pytest

from portals.helpdesk.sla.forms import read_escalations
from portals.helpdesk.sla.hours import (
    BACKWARDS,
    HOW,
    LENGTH,
    OVERLAPPING,
    TOO_LONG,
    Faulty,
    hours_text,
    length_text,
    read_hours,
    read_length,
)


@pytest.mark.parametrize(
    ("text", "spans", "shown"),
    [
        ("7:30-15:30", [(450, 930)], "7:30–15:30"),
        ("7.30 – 15.30", [(450, 930)], "7:30–15:30"),
        ("8-12, 12:30-16", [(480, 720), (750, 960)], "8:00–12:00, 12:30–16:00"),
        ("12:30-16; 8-12", [(480, 720), (750, 960)], "8:00–12:00, 12:30–16:00"),
        ("8-12,12-16", [(480, 960)], "8:00–16:00"),
        ("0-24", [(0, 1440)], "0:00–24:00"),
        ("24h", [(0, 1440)], "0:00–24:00"),
        ("Całą dobę", [(0, 1440)], "0:00–24:00"),
        ("22-24", [(1320, 1440)], "22:00–24:00"),
        ("", [], ""),
        ("  ", [], ""),
        ("—", [], ""),
        ("zamknięte", [], ""),
    ],
)
def test_hours(text, spans, shown):
    found = read_hours(text)
    assert [(one.opens, one.closes) for one in found] == spans
    assert hours_text(found) == shown
    assert read_hours(hours_text(found)) == found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("16-8", BACKWARDS),
        ("22-6", BACKWARDS),
        ("8-8", BACKWARDS),
        ("8-12, 11-14", OVERLAPPING),
        ("8-25", HOW),
        ("8-24:01", HOW),
        ("7:60-9", HOW),
        ("rano", HOW),
        ("8", HOW),
        ("8-12-16", HOW),
        ("8-12,,13-14", HOW),
        ("-8-12", HOW),
    ],
)
def test_hours_that_cannot_be_read(text, fault):
    with pytest.raises(Faulty) as problem:
        read_hours(text)
    assert str(problem.value) == fault


@pytest.mark.parametrize(
    ("text", "minutes", "shown"),
    [
        ("30 min", 30, "30 min"),
        ("30m", 30, "30 min"),
        ("4 h", 240, "4 h"),
        ("4h", 240, "4 h"),
        ("4 godz.", 240, "4 h"),
        ("1,5 h", 90, "1 h 30 min"),
        ("1 h 30 min", 90, "1 h 30 min"),
        ("1:30", 90, "1 h 30 min"),
        ("0:05", 5, "5 min"),
        ("1600 h", 96_000, "1600 h"),
        ("", None, ""),
    ],
)
def test_lengths(text, minutes, shown):
    assert read_length(text) == minutes
    assert length_text(minutes) == shown
    assert read_length(length_text(minutes)) == minutes


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("30", LENGTH),  # of what?
        ("szybko", LENGTH),
        ("0 h", LENGTH),
        ("0:00", LENGTH),
        ("1:75", LENGTH),
        ("-4 h", LENGTH),
        ("4 h 4 h", LENGTH),
        ("1601 h", TOO_LONG),
        ("99999 min", TOO_LONG),
    ],
)
def test_lengths_that_cannot_be_read(text, fault):
    with pytest.raises(Faulty) as problem:
        read_length(text)
    assert str(problem.value) == fault


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 h, 8 h", [120, 480]),
        ("2 h,8 h", [120, 480]),
        ("1,5 h, 30 min", [90, 30]),
        ("2 h; 0:45", [120, 45]),
        ("", []),
        (" , ", []),
    ],
)
def test_escalations(text, expected):
    assert read_escalations(text) == expected


def test_too_many_escalations():
    with pytest.raises(Faulty):
        read_escalations("1 h, 2 h, 3 h, 4 h")
