"""Conditions, questionnaires, answers, pasted texts, masked results: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portals.dialog.spreadsheets import Sheet, csv_of
from portals.dialog.surveys import counting, pasted, rules
from portals.dialog.surveys.model import Condition, Count
from portals.dialog.surveys.reading import read_answers
from tests.portals.dialog.surveys.sheet import options, question

RIDE = question("q1")
WHY = question("q2", "text", [Condition("q1", "is", "o2")])
MORE = question("q3", "text", [Condition("q2", "answered")])


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (("is", "o2"), "o2", True),
        (("is", "o2"), ["o1", "o2"], True),
        (("is", "o2"), None, False),
        (("is_not", "o2"), None, True),
        (("is_not", "o2"), ["o2"], False),
        (("at_least", "3"), 3, True),
        (("at_least", "3"), "2,5", False),
        (("at_most", "3"), "2,5", True),
        (("at_most", "3"), None, False),
        (("answered", ""), 0, True),
        (("answered", ""), None, False),
    ],
)
def test_a_condition_asks_for_an_answer(condition, value, expected):
    assert rules.holds(Condition("q1", *condition), value) is expected


def test_what_became_hidden_is_dropped_and_so_is_what_hangs_on_it():
    asked = [RIDE, WHY, MORE]
    given_answers = {"q1": "o2", "q2": "brak świateł", "q3": "dużo"}
    assert rules.kept(asked, given_answers) == given_answers
    assert rules.kept(asked, {**given_answers, "q1": "o1"}) == {"q1": "o1"}


def test_a_hidden_page_hides_its_questions():
    page = question("q4", "page", [Condition("q1", "is", "o1")])
    asked = [RIDE, page, question("q5", "text")]
    assert rules.visible(asked, {"q1": "o2", "q5": "x"}) == {"q1"}
    assert [one.number for one in rules.shown_pages(asked, {"q1": "o1"})] == [1, 2]
    assert [one.number for one in rules.shown_pages(asked, {"q1": "o2"})] == [1]


def test_faults_of_a_questionnaire():
    first = question("q1", when=[Condition("q2", "is", "o1")])
    second = question("q2", when=[Condition("q1", "is", "o1")])
    assert set(rules.faults([first, second])) == {"q1", "q2"}
    assert all("circle" in fault for fault in rules.faults([first, second]).values())
    assert "later" in rules.faults([first, question("q2")])["q1"]
    assert "not there" in rules.faults([question("q3", when=[Condition("q9", "answered")])])["q3"]
    assert "option" in rules.faults([RIDE, question("q2", when=[Condition("q1", "is", "o7")])])["q2"]
    # a page that hangs on a question of its own
    page = question("q6", "page", [Condition("q7", "is", "o1")])
    assert "circle" in rules.faults([page, question("q7")])["q6"]
    assert rules.faults([RIDE, WHY, MORE]) == {}
    assert "same text" in rules.fault_of(question("q1", options=options("Tak", "tak ")))
    assert "two options" in rules.fault_of(question("q1", options=options("Tak")))
    assert "scale" in rules.fault_of(question("q1", "scale", least=5, most=5))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_cycles_are_found_exactly_where_conditions_lead_back(edges):
    when = {number: {source for target, source in edges if target == number} for number in range(6)}
    asked = [question(f"q{n}", when=[Condition(f"q{one}", "answered") for one in sorted(when[n])]) for n in range(6)]
    reach = {n: set(when[n]) for n in when}
    for middle in when:  # Warshall's closure, said another way than the code does
        for start in when:
            if middle in reach[start]:
                reach[start] |= reach[middle]
    assert rules.in_cycles(asked) == {f"q{n}" for n in when if n in reach[n]}


@pytest.mark.parametrize(
    ("asked", "value", "fine"),
    [
        (question("q", required=True), None, False),
        (question("q"), None, True),
        (question("q"), "o9", False),
        (question("q", "multiple", most=2), ["o1", "o2", "o3"], False),
        (question("q", "multiple", least=2), ["o1"], False),
        (question("q", "multiple", least=1, most=2), ["o1", "o3"], True),
        (question("q", "ranking"), ["o2", "o1", "o3"], True),
        (question("q", "ranking"), ["o2", "o1"], False),
        (question("q", "ranking"), ["o2", "o2", "o3"], False),
        (question("q", "scale"), 6, False),
        (question("q", "matrix", rows=options("x", "y")), {"o1": "o3"}, True),
        (question("q", "matrix", rows=options("x", "y"), required=True), {"o1": "o3"}, False),
        (question("q", "matrix", rows=options("x")), {"o7": "o1"}, False),
        (question("q", "number", most=10), "10.5", False),
        (question("q", "number", most=10), "9,5", True),
        (question("q", "date"), "2026-11-29", True),
        (question("q", "text", most=3), "abcd", False),
    ],
)
def test_answers_are_checked(asked, value, fine):
    assert (rules.fault_in(asked, value) is None) is fine


def test_a_form_is_read_and_what_is_no_answer_stays_typed():
    asked = [question("q1", "ranking"), question("q2", "number"), question("q3", "date"), question("q4", "scale")]
    fields = {"q-q1-o1": "2", "q-q1-o2": "1", "q-q1-o3": "3", "q-q2": " 1 200,5 ", "q-q3": "29.11", "q-q4": "4"}
    filled = read_answers(fields, asked)
    assert filled.answers == {"q1": ["o2", "o1", "o3"], "q2": "1200.5", "q3": "29.11", "q4": 4}
    assert filled.typed == {"q3": "29.11"}
    assert rules.fault_in(asked[2], "29.11") is not None
    twice = read_answers({"q-q1-o1": "1", "q-q1-o2": "1"}, asked[:1])
    assert rules.fault_in(asked[0], twice.answers["q1"]) is not None
    assert twice.typed["q1"]["o2"] == "1"


def test_what_changes_no_meaning():
    old = question("q1", text="Czym jeździsz?", options=options("rower", "auto"))
    fixed = question("q1", text="Czym jezdzisz", options=options("Rower", "auto."), help="do pracy")
    assert rules.same_meaning(old, fixed)
    assert not rules.same_meaning(
        old, question("q1", text="Czym jeździsz?", options=options("rower", "auto", "pieszo"))
    )
    assert not rules.same_meaning(old, question("q1", text="Czym nie jeździsz?", options=old.options))
    assert rules.changed_meaning([RIDE, WHY], [RIDE])
    assert rules.changed_meaning([RIDE, WHY], [RIDE, question("q2", "text")])  # asked of more people than before
    assert not rules.changed_meaning([RIDE, question("q5")], [question("q5"), RIDE])


def test_questions_are_read_from_a_pasted_text():
    found = pasted.questions_in(
        "# Dojazd\n1. Czym do pracy? *\n( ) autobusem\n( ) rowerem\n\n2) Czego brakuje?\n> kilka naraz\n[ ] ścieżek\n"
        "[ ] wiat\nOceń centrum (skala 1-5)?\n4. Co jeszcze?\n"
    )
    assert [(one.type, one.text) for one in found] == [
        ("page", "Dojazd"),
        ("single", "Czym do pracy?"),
        ("multiple", "Czego brakuje?"),
        ("scale", "Oceń centrum?"),
        ("text", "Co jeszcze?"),
    ]
    assert found[1].required
    assert found[1].options == ["autobusem", "rowerem"]
    assert found[2].help == "kilka naraz"
    assert (found[3].least, found[3].most) == (1, 5)
    assert pasted.questions_in(" \n\n") == []


def test_small_cells_are_hidden_and_cannot_be_worked_out():
    def shown(*numbers, adds_up=True):
        return [one.shown for one in counting.masked([Count(str(n), "", n) for n in numbers], adds_up=adds_up)]

    assert shown(12, 7, 3) == [12, None, None]
    assert shown(12, 7, 3, adds_up=False) == [12, 7, None]
    assert shown(12, 0, 7) == [12, 0, 7]
    assert shown(12, 4, 4) == [12, None, None]
    assert shown(3) == [None]


@given(st.lists(st.integers(0, 40), min_size=2, max_size=6))
def test_no_small_cell_can_be_subtracted(numbers):
    told = counting.masked([Count(str(at), "", n) for at, n in enumerate(numbers)], adds_up=True)
    hidden = [n for n, one in zip(numbers, told, strict=True) if one.shown is None]
    assert all(one.shown is None or one.shown == 0 or one.shown >= 5 for one in told)
    others = [n for n in numbers if n > 0]
    assert not hidden or sum(hidden) >= 5 or len(hidden) == len(others)


def test_formulas_are_neutralised():
    sheet = Sheet("x", ["=a"], [["=cmd()|' /C calc'!A0", 5], ["-2+3", "zwykły"]])
    text = csv_of(sheet).decode()
    assert text.startswith("\ufeff'=a")
    assert "'=cmd()" in text
    assert "'-2+3;zwykły" in text
