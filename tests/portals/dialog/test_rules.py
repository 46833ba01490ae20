"""Pure rules: the city's clocks on both nights, check digits, Markdown that may stand on a page."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.markup import render_markdown
from portals.dialog.actions import later
from portals.dialog.model import Phase
from portals.dialog.numbers import is_nip, is_pesel, is_regon
from portals.dialog.rules import moments, slug_of, which_of_two

WARSAW = ZoneInfo("Europe/Warsaw")


def local(*fields):
    """What a clock on the wall says."""
    return datetime(*fields)  # noqa: DTZ001


def test_moments_on_both_nights_of_the_clock_change():
    assert moments(local(2027, 3, 28, 2, 30), WARSAW) == ()
    assert moments(local(2027, 10, 31, 2, 30), WARSAW) == (
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
    )
    assert moments(local(2027, 3, 28, 3, 0), WARSAW) == (datetime(2027, 3, 28, 1, 0, tzinfo=UTC),)
    assert moments(local(2027, 7, 1, 20, 0), WARSAW) == (datetime(2027, 7, 1, 18, 0, tzinfo=UTC),)


@pytest.mark.parametrize(
    ("ends_at", "which"),
    [
        (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), "first"),  # 02:30, before the clocks go back
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), "second"),  # 02:30, an hour later
        (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), ""),  # 03:00, a second after 01:59:59
    ],
)
def test_a_deadline_in_the_night_of_the_clock_change_is_one_moment(ends_at, which):
    second = timedelta(seconds=1)
    phase = Phase(
        id=1,
        consultation_id=1,
        ordinal=1,
        title="",
        summary="",
        starts_at=ends_at - timedelta(hours=3),
        ends_at=ends_at,
        rev=1,
    )
    assert [phase.state(ends_at + late * second) for late in (-3600, -1, 0, 1, 3600)] == [
        "running", "running", "ended", "ended", "ended",
    ]  # fmt: skip
    assert which_of_two(ends_at, WARSAW) == which
    assert which_of_two(ends_at + timedelta(hours=2), WARSAW) == ""
    # what the form showed is what the form takes back
    local = ends_at.astimezone(WARSAW).replace(tzinfo=None)
    found = moments(local, WARSAW)
    assert found[0 if which != "second" else 1] == ends_at


def test_a_copy_keeps_the_time_of_day_over_a_clock_change():
    winter = datetime(2027, 3, 25, 19, 0, tzinfo=UTC)  # 20:00 on the city's clocks
    assert later(winter, 7, WARSAW) == datetime(2027, 4, 1, 18, 0, tzinfo=UTC)
    assert later(datetime(2027, 3, 21, 1, 30, tzinfo=UTC), 7, WARSAW) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_register_numbers():
    assert is_pesel("44051401359")
    assert not is_pesel("44051401358")
    assert is_nip("106-00-00-062")
    assert not is_nip("106-00-00-063")
    assert is_regon("123456785")
    assert not is_regon("123456784")
    assert not is_pesel("4405140135x")


def test_slugs_are_plain():
    assert slug_of("Żółta łódź — §7 „Nadrzecze”") == "zolta-lodz-7-nadrzecze"


def test_hostile_markdown_is_text():
    shown = render_markdown(
        "# Tytuł\n\n<script>alert(1)</script> [x](javascript:alert(1)) ![i](http://a/b.png) [y](https://example.org)"
    )
    assert "<h3>Tytuł</h3>" in shown
    assert "<script" not in shown
    assert 'href="javascript' not in shown
    assert "<img" not in shown
    assert 'rel="nofollow noopener ugc"' in shown
