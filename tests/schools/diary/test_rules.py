"""Excuses and attendance of families: ages, hours, sums by an oracle of their own."""

from datetime import date
from decimal import Decimal

import pytest

from app.errors import Invalid
from schools.diary import rules
from schools.diary.model import FamilyRules, NewExcuse
from schools.diary.rules import SubjectMark

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("born", "today", "of_age"),
    [
        (date(2008, 11, 30), TODAY, True),
        (date(2008, 12, 1), TODAY, False),
        (date(2008, 2, 29), date(2026, 2, 28), False),
        (date(2008, 2, 29), date(2026, 3, 1), True),
        (None, TODAY, False),
    ],
)
def test_who_is_of_age(born, today, of_age):
    assert rules.is_of_age(born, today) is of_age


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, FamilyRules(adults_excuse=False, pupils_write=True)),
        ({"families": {"adults_excuse": True}}, FamilyRules(adults_excuse=True, pupils_write=True)),
        ({"families": {"adults_excuse": "yes", "pupils_write": False}}, FamilyRules(pupils_write=False)),
        ({"families": "nonsense"}, FamilyRules()),
    ],
)
def test_what_a_school_says_of_families(settings, expected):
    assert rules.family_rules(settings) == expected


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"last_on": date(2026, 11, 29)}, "last_on"),
        ({"last_on": date(2027, 2, 28)}, "last_on"),
        ({"first_on": date(2027, 9, 1), "last_on": date(2027, 9, 1)}, "last_on"),
        ({"first_on": date(2020, 1, 1), "last_on": date(2020, 1, 2)}, "first_on"),
        ({"from_period": 2}, "to_period"),
        ({"from_period": 3, "to_period": 2}, "to_period"),
        ({"from_period": 1, "to_period": 2, "last_on": date(2026, 12, 1)}, "to_period"),
    ],
)
def test_an_excuse_that_makes_no_sense_is_refused_beside_its_field(more, field):
    values = {"first_on": TODAY, "last_on": TODAY, "reason": "Katar"} | more
    with pytest.raises(Invalid) as refused:
        rules.checked_excuse(NewExcuse(**values), TODAY)
    assert list(refused.value.fields) == [field]


def test_a_sensible_excuse_is_trimmed():
    wanted = NewExcuse(first_on=TODAY, last_on=TODAY, from_period=0, to_period=0, reason="  Katar ")
    assert rules.checked_excuse(wanted, TODAY).reason == "Katar"


def test_sums_by_subject_are_those_of_the_worked_example():
    """16 of 21 are 76.19 %: 12 present, 2 late, 1 late excused, 1 away; 3 absent, 2 excused; 4 released count nowhere."""
    counted = [
        ("present", False, 12),
        ("late", False, 2),
        ("late", True, 1),
        ("away", False, 1),
        ("absent", False, 3),
        ("absent", True, 2),
        ("released", False, 4),
    ]
    rows = [
        SubjectMark(subject_id=1, subject="Matematyka", category=category, excused=excused, hours=hours)
        for category, excused, hours in counted
    ]
    rows.append(SubjectMark(subject_id=2, subject="WF", category="released", excused=False, hours=5))
    mathematics, sport = rules.by_subject(rows)
    assert mathematics.percent == Decimal(1600) / Decimal(21)
    assert (mathematics.unexcused, mathematics.counts.absent, mathematics.counts.excused) == (3, 5, 3)
    assert rules.excused_share(mathematics) == Decimal(300) / Decimal(8)
    assert sport.percent is None
    assert rules.excused_share(sport) is None
    assert rules.all_together(rows, away_is_present=False).percent == Decimal(1500) / Decimal(21)
    assert rules.lowest([mathematics, sport]) == mathematics
    assert rules.lowest([sport]) is None
