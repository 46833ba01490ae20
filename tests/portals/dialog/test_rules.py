"""Pure rules: the city's clocks on both nights, check digits, Markdown that may stand on a page."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.markup import render_markdown
from portals.dialog.actions import later
from portals.dialog.numbers import is_nip, is_pesel, is_regon
from portals.dialog.rules import moments, slug_of

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
