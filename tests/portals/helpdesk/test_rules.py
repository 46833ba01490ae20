"""Numbers, routing, states, fields, placeholders: tables of real cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals.helpdesk import rules
from portals.helpdesk.details import checked_details, checked_value, field_faults, key_of
from portals.helpdesk.fields_form import touched
from portals.helpdesk.model import CategoryField
from portals.helpdesk.numbers import digits_of, id_of, number_of
from portals.helpdesk.placeholders import filled, unknown_placeholders
from portals.helpdesk.setup_forms import category_fields
from portals.helpdesk.setup_model import RoutingRule

IDS = st.integers(min_value=1001, max_value=10**9)


def test_a_number_is_read_out_in_groups():
    assert digits_of(4217) == "42177"
    assert number_of(4217) == "4\u202f217-7"
    assert number_of(1_234_567) == "1\u202f234\u202f567-" + digits_of(1_234_567)[-1]


@pytest.mark.parametrize(
    "written",
    ["4 217-7", "4\u202f217-7", "42177", "#42177", "nr 4217-7", "Nr. 4 217 7", " 4.217-7 ", "4217–7", "№ 42177"],
)
def test_a_number_is_understood_however_it_is_typed(written):
    assert id_of(written) == 4217


@pytest.mark.parametrize(
    "written",
    ["", "7", "42178", "42717", "4217", "abc", "4217-", "-7", "0", "00", "04217", "4217-77", "٤٢١٧٧", "9" * 40],
)
def test_what_is_no_number_is_refused(written):
    assert id_of(written) is None


@given(IDS)
def test_every_number_leads_back(ticket_id):
    assert id_of(number_of(ticket_id)) == ticket_id
    assert id_of(digits_of(ticket_id)) == ticket_id


@given(IDS, st.data())
def test_a_mistyped_digit_is_always_found(ticket_id, data):
    digits = digits_of(ticket_id)
    place = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([one for one in "0123456789" if one != digits[place]]))
    assert id_of(digits[:place] + other + digits[place + 1 :]) is None


@given(IDS, st.data())
def test_swapped_neighbours_are_always_found(ticket_id, data):
    digits = digits_of(ticket_id)
    place = data.draw(st.integers(0, len(digits) - 2))
    if digits[place] != digits[place + 1]:
        swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        assert id_of(swapped) is None


RULES = (
    RoutingRule(id=1, place=30, words=["drukark", "toner"], queue_id=10),
    RoutingRule(id=2, place=10, category_id=5, queue_id=20),
    RoutingRule(id=3, place=20, unit_id=7, words=["siec"], queue_id=30),
    RoutingRule(id=4, place=20, unit_id=8, queue_id=40),
    RoutingRule(id=5, place=1, category_id=6, queue_id=50, active=False),
    RoutingRule(id=6, place=40, words=["wi fi"], queue_id=60),
)


@pytest.mark.parametrize(
    ("category", "path", "text", "queue"),
    [
        (5, "1.7", "Toner się skończył", 20),  # the category's rule stands before the words'
        (None, "1.7.9", "Brak SIECI w sali", 30),  # a unit below the rule's, marks and size do not count
        (None, "1.8.2", "Brak sieci", 40),
        (None, "", "Drukarka zacina papier", 10),
        (None, "1.77", "Sieć nie działa", None),  # 77 is not 7
        (6, "", "Nic takiego", None),  # switched off
        (None, "", "To jest poddrukarka", None),  # a word begins with it, not: holds it
        (None, "", "Wi-Fi w świetlicy", 60),
        (None, "", "", None),
    ],
)
def test_the_first_rule_that_holds_decides(category, path, text, queue):
    found = rules.route(RULES, category, path, text)
    assert (found.queue_id if found else None) == queue


@pytest.mark.parametrize(
    ("now", "then", "allowed"),
    [
        ("new", "open", True),
        ("new", "new", False),
        ("open", "new", False),
        ("pending", "pending", True),
        ("solved", "open", True),
        ("solved", "pending", False),
        ("closed", "open", True),
        ("closed", "solved", False),
        ("merged", "open", False),
    ],
)
def test_where_a_ticket_may_go(now, then, allowed):
    assert rules.can_go(now, then) is allowed


@pytest.mark.parametrize(
    ("state", "reason", "then"),
    [
        ("solved", None, "open"),
        ("pending", "requester", "open"),
        ("pending", "parts", None),
        ("new", None, None),
        ("open", None, None),
    ],
)
def test_where_a_word_of_the_requester_leaves_it(state, reason, then):
    assert rules.after_requester(state, reason) == then


@pytest.mark.parametrize(
    ("subject", "text", "found"),
    [
        ("Temat", "cokolwiek", "Temat"),
        ("", "Nie działa\nwcale", "Nie działa"),
        ("  \n ", "\n\n  Puste wiersze  \n", "Puste wiersze"),
        ("", "", ""),
        ("", "słowo " * 30, "słowo " * 13 + "…"),
        ("", "x" * 100, "x" * 80 + " …"),
    ],
)
def test_the_subject_is_the_first_words(subject, text, found):
    assert rules.subject_of(subject, text) == found


def test_who_is_named_in_a_note():
    text = "@adam i @Olga.Wilk, zob. adam@gryf.example oraz @adam. Koniec @piotr."
    assert rules.mentioned(text) == ["adam", "olga.wilk", "piotr"]


FIELDS = [
    CategoryField(key="model", label="Model", required=True),
    CategoryField(key="kind", label="Rodzaj", kind="choice", choices=["A", "B"]),
    CategoryField(key="count", label="Ile", kind="number", minimum=1, maximum=10),
    CategoryField(key="wired", label="Kabel", kind="yes_no"),
    CategoryField(key="since", label="Od", kind="date"),
]


def test_own_fields_are_checked_together():
    values, faults = checked_details(
        FIELDS, {"model": "  HP   M404 ", "kind": "A", "count": "2,5", "wired": "tak", "since": "2026-11-25"}
    )
    assert faults == {}
    assert values == {"model": "HP M404", "kind": "A", "count": 2.5, "wired": True, "since": "2026-11-25"}
    _values, faults = checked_details(FIELDS, {"kind": "C", "count": 11, "wired": "może", "since": "25.11", "x": 1})
    assert set(faults) == {
        "details.model", "details.kind", "details.count", "details.wired", "details.since", "details.x",
    }  # fmt: skip
    assert checked_details(FIELDS, {"count": 3}, whole=False) == ({"count": 3}, {})


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "", "dwa", True, "1" * 5000])
def test_what_is_no_number_of_a_field(value):
    kept, fault = checked_value(FIELDS[2], value)
    assert kept is None
    assert fault


def test_a_category_names_its_fields_well():
    assert field_faults([*FIELDS, FIELDS[0]])
    assert field_faults([CategoryField(key="a", label="A", kind="choice", choices=["jedna"])])
    assert field_faults([CategoryField(key="a", label="A", kind="number", minimum=5, maximum=1)])
    assert field_faults(FIELDS) == ""
    assert key_of("Co się dzieje?", []) == "co_sie_dzieje"
    assert key_of("Co się dzieje?", ["co_sie_dzieje"]) == "co_sie_dzieje_2"
    assert key_of("1. numer", []) == "f_1_numer"
    rows = [
        {"key": "old", "label": "Stare", "kind": "text"},
        {"label": "Nowe", "kind": "choice", "choices": "a; b;;"},
        {"label": " "},
    ]
    assert [(one["key"], one["choices"]) for one in category_fields(rows)] == [("old", []), ("nowe", ["a", "b"])]


def test_placeholders_are_filled_once():
    values = {"requester": "Jan {number}", "number": "4 217-7"}
    assert filled("Dzień dobry {requester}, sprawa { number }.", values) == "Dzień dobry Jan {number}, sprawa 4 217-7."
    assert filled("{device}{nic}", values) == "{nic}"
    assert unknown_placeholders("{number} {numer} {} {x y}") == ["numer", "", "x y"]


def test_only_what_was_touched_is_wanted():
    posted = {
        "queue_id": "2", "was_queue_id": "1", "subject": "To samo", "was_subject": "To samo ", "team_id": "3",
        "was_team_id": "4", "keep_team_id": "theirs", "was_gone": "1",
    }  # fmt: skip
    assert touched(posted) == ["queue_id"]
