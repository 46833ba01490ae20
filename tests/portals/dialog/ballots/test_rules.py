"""What a ballot may say, on the screen and on paper."""

from zoneinfo import ZoneInfo

import msgspec
import pytest
from babel.support import NullTranslations

from app.errors import Invalid
from app.i18n import Locale
from portals.dialog.ballots import rules
from portals.dialog.ballots.model import SecretBallot, VoteSettings
from tests.portals.dialog.ballots.test_counting import options

ENGLISH = Locale("en", NullTranslations(), ZoneInfo("Europe/Warsaw"))
CITY = ("", "", "Zatorze", "Zatorze", "Nadrzecze")
SLUPSK = VoteSettings(budget=True, city_pool=100, most=2, city_most=1, district_most=1)


@pytest.mark.parametrize(
    ("settings", "marks", "words"),
    [
        (VoteSettings(), {}, "Nothing is chosen"),
        (VoteSettings(), {9: 1}, "not on the ballot"),
        (VoteSettings(), {1: 0}, "form that is expected"),
        (VoteSettings(), {1: -1}, "form that is expected"),
        (VoteSettings(method="single"), {1: 1, 2: 1}, "Choose one"),
        (VoteSettings(most=2), {1: 1, 2: 1, 3: 1}, "at most"),
        (VoteSettings(), {1: 2}, "form that is expected"),
        (VoteSettings(method="points", most=5), {1: 3, 2: 3}, "points are given away"),
        (VoteSettings(method="points", most=5, most_each=2), {1: 3}, "points at most"),
        (VoteSettings(method="ranked"), {1: 1, 2: 1}, "no number twice"),
        (VoteSettings(method="ranked"), {1: 1, 2: 3}, "no number twice"),
        (SLUPSK, {1: 1, 2: 1}, "city's projects"),
        (SLUPSK, {3: 1, 4: 1}, "districts' projects"),
        (VoteSettings(budget=True, city_pool=1), {3: 1, 5: 1}, "one district only"),
        (VoteSettings(budget=True, city_pool=1, district_choice="own"), {5: 1}, "your own district"),
    ],
)
def test_a_ballot_that_cannot_be_taken_says_why(settings, marks, words):
    fault = rules.ballot_fault(settings, options(1, 1, 1, 1, 1, districts=CITY), marks, "Zatorze")
    assert fault is not None
    assert words in fault.text(ENGLISH)


@pytest.mark.parametrize(
    ("settings", "marks"),
    [
        (VoteSettings(method="single"), {2: 1}),
        (VoteSettings(most=2), {1: 1, 2: 1}),
        (VoteSettings(method="points", most=5), {1: 3, 2: 2}),
        (VoteSettings(method="ranked"), {3: 1, 1: 2}),
        (SLUPSK, {1: 1, 3: 1}),
        (VoteSettings(budget=True, city_pool=1, district_choice="any"), {3: 1, 5: 1}),
        (VoteSettings(budget=True, city_pool=1, district_choice="own"), {1: 1, 4: 1}),
    ],
)
def test_a_good_ballot_is_taken(settings, marks):
    assert rules.ballot_fault(settings, options(1, 1, 1, 1, 1, districts=CITY), marks, "Zatorze") is None


@pytest.mark.parametrize(
    ("method", "written", "expected"),
    [
        ("single", "2 x 120\n1", [({2: 1}, 120), ({1: 1}, 1)]),
        ("approval", "1, 3 × 12\n\n2", [({1: 1, 3: 1}, 12), ({2: 1}, 1)]),
        ("points", "1:2, 3:1 * 4", [({1: 2, 3: 1}, 4)]),
        ("ranked", "3 > 1 x 2", [({3: 1, 1: 2}, 2)]),
    ],
)
def test_paper_lines_are_read(method, written, expected):
    assert rules.paper_lines(VoteSettings(method=method), options(0, 0, 0), written, ENGLISH) == expected


@pytest.mark.parametrize(
    ("method", "line"),
    [
        ("single", "1, 2"),
        ("single", "x 5"),
        ("approval", "1, 1"),
        ("approval", "7"),
        ("approval", "1 x 0"),
        ("points", "1"),
        ("points", "1:9"),
        ("ranked", "one > two"),
        ("approval", "=cmd()"),
        ("approval", "١"),
    ],
)
def test_a_paper_line_that_cannot_count_is_named(method, line):
    with pytest.raises(Invalid) as refused:
        rules.paper_lines(VoteSettings(method=method, most=3), options(0, 0, 0), f"\n{line}", ENGLISH)
    assert "Line 2:" in refused.value.fields["written"]


def test_pools_are_read_as_people_write_them():
    assert rules.pools_of("Zatorze: 150 000 zł\nNadrzecze = 80.000") == {"Zatorze": 150000, "Nadrzecze": 80000}
    assert rules.pools_of("") == {}
    assert rules.pools_of("Zatorze") is None
    assert rules.pools_of("Zatorze: 1\nZatorze: 2") is None


def test_rules_that_contradict_themselves_are_named():
    assert rules.settings_faults(VoteSettings()) == {}
    assert set(rules.settings_faults(VoteSettings(results="live", changeable=True))) == {"results", "changeable"}
    assert set(rules.settings_faults(VoteSettings(budget=True))) == {"city_pool"}
    assert "winners" in rules.settings_faults(VoteSettings(method="ranked", winners=2))
    assert "district_pools" in rules.settings_faults(VoteSettings(district_pools="?"))


def test_receipts_are_read_as_people_type_them():
    receipt = rules.new_receipt()
    assert rules.receipt_of(f" {rules.shown_receipt(receipt).lower()} ") == receipt
    assert rules.receipt_of("0OI1") == ""
    assert len({rules.new_receipt() for _number in range(1000)}) == 1000


def test_every_ballot_of_a_vote_has_the_same_length():
    many = options(*[0] * 40)
    longest = SecretBallot(rules.new_receipt(), {10**17 + one.id: 1000 for one in many})
    assert len(msgspec.json.encode(longest)) <= rules.sealed_width(many)
    one = SecretBallot(rules.new_receipt(), {10**17: 1000})
    assert len(msgspec.json.encode(one)) <= rules.sealed_width(many[:1])
