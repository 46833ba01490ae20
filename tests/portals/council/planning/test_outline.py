"""How items nest and are numbered, with real agendas."""

import pytest

from portals.council.model import AgendaItem, ItemDraft
from portals.council.planning import outline


def numbers(*drafts: tuple) -> list[str]:
    return [line.number for line in outline.laid_out([ItemDraft("x", *one) for one in drafts])]


@pytest.mark.parametrize(
    ("drafts", "expected"),
    [
        ([(0,), (0,), (0,)], ["1", "2", "3"]),
        ([(0,), (1,), (1,), (0,), (1,)], ["1", "1.1", "1.2", "2", "2.1"]),
        ([(0,), (1,), (2,), (2,), (1,), (2,)], ["1", "1.1", "1.1.1", "1.1.2", "1.2", "1.2.1"]),
        # a number by hand: counting goes on from digits and passes over letters
        ([(0, "6"), (0,), (0, "7a"), (0,)], ["6", "7", "7a", "8"]),
        ([(0,), (1, "1.4"), (1,), (1, "1.5a"), (1,)], ["1", "1.4", "1.5", "1.5a", "1.6"]),
        ([(0, "7a"), (1,)], ["7a", "7a.1"]),
        ([(0, "I"), (1, "1"), (1, "2"), (0, "II"), (1, "3")], ["I", "1", "2", "II", "3"]),
        # nothing hangs below nothing
        ([(2,), (2,), (0,)], ["1", "1.1", "2"]),
    ],
)
def test_numbers(drafts, expected):
    assert numbers(*drafts) == expected


def test_parents_stand_before_their_sub_items():
    lines = outline.laid_out([ItemDraft("x", depth) for depth in (0, 1, 2, 1, 0, 1)])
    assert [line.parent for line in lines] == [None, 0, 1, 0, None, 4]


@pytest.mark.parametrize(
    ("drafts", "expected"),
    [
        ([], [(None, "An agenda needs at least one item")]),
        ([ItemDraft("x")] * 201, [(None, "This is too long: 200 items at most")]),
        ([ItemDraft("a"), ItemDraft("  ")], [(1, "An item needs a title")]),
        ([ItemDraft("ą" * 501)], [(0, "An item is too long: 500 characters at most")]),
        ([ItemDraft("a", 0, "1234567890123")], [(0, "This number is too long: 12 characters at most")]),
        ([ItemDraft("a", minutes=0)], [(0, "Minutes are between 1 and 1440")]),
        ([ItemDraft("a", minutes=1440), ItemDraft("ą" * 500, 1, "123456789012")], []),
    ],
)
def test_faults_name_the_item(drafts, expected):
    assert outline.faults(drafts) == expected


def test_titles_written_anew_keep_their_items_wherever_they_move():
    items = [
        AgendaItem(
            id=number,
            session_id=1,
            position=number,
            number=text,
            title=title,
            state="waiting",
            began_at=None,
            rev=1,
            depth=depth,
            by_hand=by_hand,
        )
        for number, text, title, depth, by_hand in [
            (1, "1", "A", 0, False),
            (2, "1a", "B", 1, True),
            (3, "2", "A", 0, False),
        ]
    ]
    assert outline.matched(items, ["B", "C", "A", "A", "A"]) == [
        ItemDraft("B", 1, "1a", None, 2),
        ItemDraft("C"),
        ItemDraft("A", 0, "", None, 1),
        ItemDraft("A", 0, "", None, 3),
        ItemDraft("A"),
    ]
