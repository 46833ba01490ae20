import pytest

from media.hls.marks import MARKS_KEPT, Mark, Marks, mark_lines
from media.hls.muxer import Timing
from media.hls.window import Bounds, Start
from media.packager import Packager
from tests.media.hls import feed, rules

BEGAN = 1_700_000_000.0


def test_a_mark_to_the_letter():
    assert mark_lines(
        [
            Mark("agenda-1", BEGAN, BEGAN + 90.5, "Otwarcie obrad", "agenda-item", "1"),
            Mark("agenda-2", BEGAN + 90.5, None, "Budżet", "agenda-item", "2a"),
            Mark("x", BEGAN),
        ]
    ) == (
        '#EXT-X-DATERANGE:ID="agenda-1",CLASS="pl.gryf.agenda-item",START-DATE="2023-11-14T22:13:20.000Z",'
        'END-DATE="2023-11-14T22:14:50.500Z",X-NUMBER="1",X-TITLE="Otwarcie obrad"\n'
        '#EXT-X-DATERANGE:ID="agenda-2",CLASS="pl.gryf.agenda-item",START-DATE="2023-11-14T22:14:50.500Z",'
        'X-NUMBER="2a",X-TITLE="Budżet"\n'
        '#EXT-X-DATERANGE:ID="x",START-DATE="2023-11-14T22:13:20.000Z"\n'
    )


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ('Uchwała "Zielony Słupsk"', "Uchwała ”Zielony Słupsk”"),
        ("two\r\nlines\tand\x00more", "two lines and more"),
        ("a" * 300, "a" * 199 + "…"),
        ("a,b=c", "a,b=c"),
    ],
)
def test_a_title_cannot_break_a_playlist(title: str, shown: str):
    line = mark_lines([Mark("a", BEGAN, title=title)])
    assert line.endswith(f'X-TITLE="{shown}"\n')
    assert line.count("\n") == 1


def test_what_was_said_stays_and_only_an_end_is_added():
    marks = Marks()
    marks.add(Mark("a", BEGAN, None, "Budget", "agenda-item", "1"))
    marks.add(Mark("a", BEGAN + 5, None, "Roads", "agenda-item", "2"))
    assert (marks.version, marks.touching(BEGAN, BEGAN)) == (1, [Mark("a", BEGAN, None, "Budget", "agenda-item", "1")])
    marks.add(Mark("a", BEGAN + 5, BEGAN + 60, "Roads"))
    marks.add(Mark("a", BEGAN, BEGAN + 99))
    assert (marks.version, marks.touching(BEGAN, BEGAN)) == (
        2,
        [Mark("a", BEGAN, BEGAN + 60, "Budget", "agenda-item", "1")],
    )


def test_only_marks_that_touch_the_span_are_shown():
    marks = Marks()
    for mark in (
        Mark("over", 0, 99.9),
        Mark("into", 0, 100),
        Mark("whole", 0),
        Mark("inside", 105, 106),
        Mark("at the end", 110),
        Mark("to come", 110.1),
    ):
        marks.add(mark)
    assert [mark.id for mark in marks.touching(100, 110)] == ["into", "whole", "inside", "at the end"]


def test_marks_are_bounded():
    marks = Marks()
    for number in range(MARKS_KEPT + 5):
        marks.add(Mark(str(number), number))
    assert [mark.id for mark in marks.touching(0, 6)] == ["5", "6"]


async def test_a_live_playlist_shows_the_marks_of_its_window_and_of_no_other_time():
    clock = [BEGAN]
    packager = Packager("s", Timing(), Bounds(), Start(), clock=lambda: clock[0])
    tracks, packets = feed.both(8)
    packager.on_tracks(tracks)
    known: list[rules.Playlist] = []
    packager.marks.add(Mark("1", BEGAN - 1, None, "Opening", "agenda-item", "1"))
    for packet in feed.looped(packets, 8 * 90_000):
        position_s = packet.dts / 90_000
        if position_s > 60:
            break
        clock[0] = BEGAN + position_s
        packager.on_packet(packet)
        if position_s > 20:
            packager.marks.add(Mark("1", BEGAN - 1, BEGAN + 20))
            packager.marks.add(Mark("2", BEGAN + 20, None, "Budget", "agenda-item", "2"))
        text = packager.playlist()[0].decode()
        if not known or known[-1].last_part != rules.parse_media(text).last_part:
            found = rules.check_media(text)
            if known:
                rules.check_update(known[-1], found)
            known.append(found)
    shown = [[(mark["ID"], "END-DATE" in mark) for mark in found.marks] for found in known]
    assert shown[2] == [("1", False)]
    assert [("1", True), ("2", False)] in shown
    assert shown[-1] == [("2", False)], "the first ended before the window"
    before = packager.playlist()[0]
    packager.marks.add(Mark("2", BEGAN + 20, BEGAN + 59))
    assert packager.playlist()[0] != before, "a mark changes the playlist between parts too"
    delta = rules.check_media(packager.playlist(skip=True)[0].decode())
    assert [mark["ID"] for mark in delta.marks] == ["2"], "marks are never skipped"
