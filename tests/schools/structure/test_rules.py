"""Names, numbers, weeks: known values."""

from datetime import date

import pytest

from schools.structure import rules


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("00320506835", date(2000, 12, 5)),
        ("44051401359", date(1944, 5, 14)),
        ("55558888888", None),  # passes the checksum, its date is impossible
        ("44051401358", None),
        ("4405140135", None),
        ("4405140135x", None),
        ("", None),
    ],
)
def test_a_pesel_says_a_possible_date(number, born):
    assert rules.born_on(number) == born


NAMES = ["Łoś", "Zając", "Ćwik", "Lis", "Żak", "Czapla", "Źrebak", "Mróz", "Ącki", "Acki", "Bąk", "Ludwik", "Nowak-Kos"]
SORTED = [
    "Acki",
    "Ącki",
    "Bąk",
    "Czapla",
    "Ćwik",
    "Lis",
    "Ludwik",
    "Łoś",
    "Mróz",
    "Nowak-Kos",
    "Zając",
    "Źrebak",
    "Żak",
]


def test_names_sort_as_in_polish():
    assert sorted(NAMES, key=rules.polish_key) == SORTED


def test_marks_do_not_hinder_a_search():
    assert rules.plain_letters("Żółć Łucja") == "zolc lucja"


async def test_the_database_sorts_and_folds_in_the_same_way(stage):
    async with stage.inside() as tx:
        rows = await tx.records(
            "SELECT polish_key(n) AS key, plain_letters(n) AS plain FROM unnest($1::text[]) n", NAMES
        )
    assert [row["key"] for row in rows] == [rules.polish_key(name) for name in NAMES]
    assert [row["plain"] for row in rows] == [rules.plain_letters(name) for name in NAMES]


def test_weeks_alternate_over_the_new_year():
    first = date(2026, 9, 1)  # a Tuesday
    assert rules.week_letter(None, first) == ""
    assert rules.week_letter(first, date(2026, 8, 31)) == "A"
    assert rules.week_letter(first, date(2026, 9, 6)) == "A"
    assert rules.week_letter(first, date(2026, 9, 7)) == "B"
    assert rules.week_letter(first, date(2027, 1, 4)) == "A"  # 18 weeks later
