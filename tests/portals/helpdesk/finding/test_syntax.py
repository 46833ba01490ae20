"""A question in writing: what is a filter, what a word, what a number, and that writing it and reading it are one."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import Analyser
from portals.helpdesk.finding import syntax
from portals.helpdesk.finding.model import Choice, Choices, Question, Reach, Wanted
from portals.helpdesk.finding.narrowing import narrowed, quarter_of, windows
from portals.helpdesk.numbers import digits_of, number_of

CHOICES = Choices(
    queues=[Choice(1, "Helpdesk"), Choice(2, "Sieć i łącza")],
    categories=[Choice(3, "Zepsuty sprzęt"), Choice(4, "Sieć")],
    units=[Choice(10, "Miasto", "Miasto", "10"), Choice(11, "Szkoła Podstawowa nr 4", "SP 4", "10.11"),
           Choice(12, "Szkoła Podstawowa nr 40", "SP 40", "10.12"), Choice(13, "Sekretariat", "S", "10.11.13")],
    models=[Choice(20, "HP M404"), Choice(21, "Lenovo ThinkPad L14")],
    agents=[Choice(30, "Adam Bielski", "adam"), Choice(31, "Adam Nowak", "nowak")],
)  # fmt: skip
READER = syntax.Reader(30, date(2026, 11, 30), ZoneInfo("Europe/Warsaw"))
ANALYSER = Analyser()


def read(q: str = "", **more: str) -> syntax.Said:
    return syntax.understood(Question(q=q, **more), ANALYSER.query, CHOICES, READER)


def wanted(q: str) -> Wanted:
    said = read(q)
    assert said.faults == {}, q
    return said.wanted


def test_filters_are_taken_out_and_words_stay():
    said = read('drukarka stan:otwarte jednostka:"SP 4" zacina osoba:ja')
    assert said.words == "drukarka zacina"
    assert said.fields == {"state": "otwarte", "unit": "SP 4", "assignee": "ja"}
    assert said.wanted.states == ("new", "open", "pending")
    assert said.wanted.unit_ids == [11, 13]  # with those below it; SP 40 is another one
    assert said.wanted.assignee_id == 30


@pytest.mark.parametrize("word", ["http://gryf.example/x", "10:30", "C:", "uwaga:", "inne:coś", 'stan:""', "\u0660:1"])
def test_what_only_looks_like_a_filter_is_a_word(word):
    said = read(f"adres {word}")
    assert said.fields == {}
    assert said.faults == {}


def test_polish_and_english_say_the_same():
    for polish, english in (
        ("stan:czeka", "state:waiting"),
        ("stan:rozwiązane", "state:solved"),
        ("kolejka:sieć", "queue:siec"),
        ("osoba:nikt", "assignee:nobody"),
        ("priorytet:krytyczny", "priority:critical"),
        ("sla:złamane", "sla:broken"),
        ("od:dziś", "since:today"),
        ("do:wczoraj", "until:yesterday"),
        ("kolejność:najnowsze x", "sort:newest x"),
    ):
        assert wanted(polish) == wanted(english), polish


def test_names_by_id_by_whole_by_beginning_by_part():
    assert wanted("jednostka:11").unit_ids == [11, 13]
    assert wanted('jednostka:"sp 40"').unit_ids == [12]
    assert wanted("kategoria:zepsuty").category_id == 3
    assert wanted("kolejka:łącza").queue_id == 2
    assert wanted("osoba:nowak").assignee_id == 31
    assert wanted("model:thinkpad").model_ids == [21]
    assert read("osoba:adam").wanted.assignee_id == 30  # a login, whole
    assert read("osoba:Ada").faults["assignee"].text == syntax.SEVERAL
    assert read('jednostka:"szkoła podstawowa"').faults["unit"].text == syntax.SEVERAL
    assert read("jednostka:nieznana").faults["unit"].text == syntax.UNKNOWN
    assert read("model:xyz").faults["model"].text == syntax.UNKNOWN


def test_days_are_those_of_the_city():
    assert wanted("od:2026-11-30").since == datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
    assert wanted("do:2026-11-30").until == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert wanted("od:1d").since == wanted("od:dziś").since
    assert wanted("od:7d").since == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    long_day = wanted("od:2026-10-25 do:2026-10-25")  # of 25 hours
    assert long_day.since == datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    assert long_day.until == datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
    for wrong in ("od:kiedyś", "od:31.02.2026", "do:0001-01-01", "do:9999-12-31"):
        assert list(read(wrong).faults.values()) == [syntax.Fault(syntax.NO_DAY)], wrong
    assert read("od:2026-11-30 do:2026-11-29").faults == {"until": syntax.Fault(syntax.BACKWARDS)}


def test_numbers_in_every_spelling():
    for ticket_id in (1001, 4217, 123_456, 1_234_567):
        number, digits = number_of(ticket_id), digits_of(ticket_id)
        for written in (number, digits, f"#{digits}", f"# {number}", f"nr {number}", f"Nr. {digits}", f"T-{digits}", f"t{digits}",
                        number.replace("\u202f", " "), number.replace("\u202f", "."), f" {digits} "):  # fmt: skip
            assert read(written).wanted.ticket_id == ticket_id, written
            assert f"'{digits}'" in read(written).wanted.tsquery
        for written in (f"drukarka #{digits}", f"drukarka {number}", f"nr {number} drukarka", f"T-{digits} drukarka"):
            assert f"'{digits}'" in read(written).wanted.tsquery, written
            assert read(written).wanted.ticket_id is None
    assert read("sala 12 3").wanted.ticket_id is None
    assert "'000013'" in read("00001-3").wanted.tsquery  # a device's label


def test_what_only_excludes_or_stands_everywhere_is_no_question():
    for words in ("-drukarka", "i oraz na", "!!!"):
        assert read(words).faults == {"q": syntax.Fault(syntax.COMMON)}, words
    assert read("i stan:otwarte").faults.keys() == {"q"}
    assert read("stan:otwarte").faults == {}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "q": st.sampled_from(["drukarka", '"nie drukuje"', "laptop -bateria", "druk*"]),
            "state": st.sampled_from([*syntax.STATES]),
            "queue": st.sampled_from(["1", "2"]),
            "category": st.sampled_from(["3", "4"]),
            "unit": st.sampled_from(["10", "11", "12"]),
            "model": st.sampled_from(["HP M404", "thinkpad"]),
            "assignee": st.sampled_from(["me", "nobody", "30", "31"]),
            "priority": st.sampled_from(["1", "2", "3", "4"]),
            "since": st.sampled_from(["7d", "2026-01-01"]),
            "until": st.sampled_from(["today", "2026-12-01"]),
            "sla": st.just("late"),
            "sort": st.sampled_from(["best", "newest"]),
        },
    ),
    st.booleans(),
)
def test_written_and_read_again_it_is_the_same(fields, polish):
    said = syntax.understood(Question(**fields), ANALYSER.query, CHOICES, READER)
    again = read(syntax.written(said, CHOICES, polish=polish))
    assert again.faults == {}
    assert again.wanted == said.wanted


@given(st.text(max_size=120))
def test_whatever_is_typed_is_answered(text):
    said = read(text)
    assert isinstance(said.wanted, Wanted)
    syntax.written(said, CHOICES, polish=True)


def test_narrowing_never_leaves_out_what_is_wanted():
    now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    agent = Reach(30, [1, 2])
    first, last = windows(now, Wanted(tsquery="'x'"))
    assert last is None
    assert first is not None
    assert quarter_of(now) - quarter_of(first) == 2
    text = narrowed(agent, wanted('hasło stan:otwarte jednostka:"SP 4" osoba:ja od:2026-09-01'), None, now)
    for part in (
        "('~a30' | '~q1' | '~q2')",
        "('~u11' | '~u13')",
        "('~a30')",
        "'~o1'",
        "'~t8106'",
        "'~t8107'",
        "'~t8108'",
    ):
        assert part in text, (part, text)
    assert "~o" not in narrowed(agent, wanted("hasło stan:połączone"), None, now).replace("'~o0'", "")
    assert "~t" not in narrowed(Reach(1, [], everything=True), wanted("hasło od:2001-01-01"), None, now)
    assert windows(now, wanted("hasło od:7d")) == [None]
