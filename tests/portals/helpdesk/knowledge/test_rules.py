"""Pure parts: spelling, differences, people left out."""

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.markup import render_article, render_markdown
from portals.helpdesk.knowledge.differing import lines_between
from portals.helpdesk.knowledge.matching import Kindred, distance, nearest, plain_text, words_of
from portals.helpdesk.knowledge.scrubbing import without_people


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [
        ("drukarka", "drukarka", 0),
        ("drukrka", "drukarka", 1),
        ("durkarka", "drukarka", 1),
        ("drukarkaa", "drukarka", 1),
        ("projketor", "projektor", 1),
        ("projekkor", "projektor", 1),
        ("haslo", "hasla", 1),
        ("ab", "ba", 1),
        ("kot", "plot", 2),
    ],
)
def test_distance(one, other, steps):
    assert distance(one, other, 2) == distance(other, one, 2) == steps


def test_far_words_are_only_known_to_be_far():
    assert distance("drukarka", "monitor", 2) > 2
    assert distance("abc", "abcdef", 2) > 2


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_distance_is_zero_for_equals_alone_and_the_same_both_ways(one, other):
    assert (distance(one, other, 8) == 0) == (one == other)
    assert distance(one, other, 8) == distance(other, one, 8)


def test_short_words_are_not_guessed():
    near = [Kindred("kot", "kod", ["kod"], 0.5)]
    assert nearest("kot", near) == []
    assert nearest("toner", [Kindred("toner", "monitor", ["monitor"], 0.3)]) == []
    assert [one.word for one in nearest("tonre", [Kindred("tonre", "toner", ["toner"], 0.4)])] == ["toner"]


def test_words_and_plain_text():
    assert words_of("Wi-Fi nie działa") == ["Wi", "Fi", "nie", "działa", "WiFi"]
    text = "# Jak to zrobić\n\nWciśnij **Ctrl** i `P`.\n\n- raz\n- dwa ![widok](obraz:1)\n\n| a | b |\n|-|-|\n| c | d |"
    plain, headings = plain_text(text)
    assert plain == "Jak to zrobić Wciśnij Ctrl i P. raz dwa widok a b c d"
    assert headings == "Jak to zrobić"
    assert not set("*`#|!") & set(plain)


NAMES = ("Anna Kowalska", "Jan Wrona", "Ewa Żółć")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Proszę pisać na anna.kowalska@szkola.example.pl", "Proszę pisać na [e-mail]"),
        ("tel. 59 848 83 00", "tel. [numer]"),
        ("tel. +48 500-600-700 lub (59) 8488300", "tel. [numer] lub [numer]"),
        ("Kowalskiej nie drukuje, Wronie też, a Żółci tak", "[osoba] nie drukuje, [osoba] też, a [osoba] tak"),
        ("Laptop Pani Marii Nowak-Lis z sekretariatu", "Laptop [osoba] z sekretariatu"),
        ("Pan konserwator był w sali 112", "Pan konserwator był w sali 112"),
        ("Pytaj @jan.wrona o szczegóły", "Pytaj [osoba] o szczegóły"),
        ("Jan Wrona", "[osoba]"),
        (
            "Adres 192.168.10.21, dnia 2026-11-30 o 10:15, pokój 12",
            "Adres 192.168.10.21, dnia 2026-11-30 o 10:15, pokój 12",
        ),
        ("Kod błędu 0x80070035 i 49.4C02", "Kod błędu 0x80070035 i 49.4C02"),
        ("Działa już.\n\nPozdrawiam\nJan Wrona\n500 600 700", "Działa już."),
        ("Dziękuję\nZ poważaniem\nA. Nowak", "Dziękuję"),
    ],
)
def test_people_are_left_out(text, clean):
    assert without_people(text, NAMES) == clean


def shown(old: str, new: str) -> list[str]:
    marks = {"same": "{}", "out": "-{}-", "in": "+{}+"}
    return [
        f"…{line.left_out}" if line.left_out else "".join(marks[part.kind].format(part.text) for part in line.parts)
        for line in lines_between(old, new)
    ]


def test_differences_of_lines_and_words():
    assert shown("a\nb\nc", "a\nb\nc") == ["…3"]
    assert shown("Naciśnij klawisz P", "Naciśnij klawisz F7") == ["Naciśnij klawisz -P-+F7+"]
    old = "\n".join(f"wiersz {number}" for number in range(20))
    new = old.replace("wiersz 10", "wiersz dziesiąty")
    assert shown(old, new) == [
        "…8", "wiersz 8", "wiersz 9", "wiersz -10-+dziesiąty+", "wiersz 11", "wiersz 12", "…7",
    ]  # fmt: skip
    assert shown("a", "a\nzupełnie nowy wiersz") == ["a", "+zupełnie nowy wiersz+"]
    assert shown("a\nb", "b") == ["-a-", "b"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n".join(str(one % 3) for one in range(19_000)), "\n".join(str(one % 5) for one in range(19_000))),
        ("\n".join(str(one % 3) for one in range(300)), "\n".join(str(one % 5) for one in range(300))),
        ("a b " * 10_000, "b a " * 10_000),
        ("\n" * 39_000, "\n" * 38_000),
        ("\n".join("raz dwa " * 20 for _one in range(250)), "\n".join("dwa trzy raz " * 13 for _one in range(250))),
    ],
)
def test_texts_that_repeat_themselves_are_compared_in_time(old, new):
    began = time.process_time()
    lines = lines_between(old, new)
    assert time.process_time() - began < 3
    assert lines


@given(st.lists(st.text("ab \n", max_size=12), max_size=6), st.lists(st.text("ab \n", max_size=12), max_size=6))
def test_both_texts_can_be_read_from_the_difference(before, after):
    old, new = "\n".join(before), "\n".join(after)
    assume(old.splitlines() != new.splitlines())
    lines = lines_between(old, new, around=10_000)
    out, put_in = [], []
    for line in lines:
        kinds = {part.kind for part in line.parts}
        if kinds != {"in"}:
            out.append("".join(part.text for part in line.parts if part.kind != "in"))
        if kinds != {"out"}:
            put_in.append("".join(part.text for part in line.parts if part.kind != "out"))
    assert (out, put_in) == (old.splitlines(), new.splitlines())


def test_an_article_shows_its_own_pictures_alone():
    text = "# Tytuł <b>\n\n![widok](obraz:1) ![obcy](https://zly.example/x.png) ![brak](obraz:9)\n\n## Drugi `x`\n\n[a](javascript:alert(1))"
    shown = render_article(text, {"obraz:1": "/pomoc/wiedza/1/obrazy/1"})
    assert [tuple(one) for one in shown.contents] == [(2, "s-1", "Tytuł <b>"), (3, "s-2", "Drugi x")]
    assert '<img src="/pomoc/wiedza/1/obrazy/1" alt="widok" loading="lazy"> obcy brak' in shown.html
    assert shown.html.count("<img") == 1
    assert '<h2 id="s-1">Tytuł &lt;b&gt;</h2>' in shown.html
    assert "href" not in shown.html


def test_nobody_puts_an_id_or_a_picture_into_a_ticket():
    assert str(render_markdown("# A\n\n![b](obraz:1)")) == "<h3>A</h3>\n<p></p>\n"
