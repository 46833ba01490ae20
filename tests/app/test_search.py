"""Polish words as PostgreSQL gets them: who finds whom, what is marked, and what cannot break out of a literal."""

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search import Analyser, folded

ANALYSER = Analyser()


async def finds(tx, question: str, text: str) -> bool:
    query = ANALYSER.query(question)
    if not query.tsquery:
        return False
    return await tx.value("SELECT $1::tsvector @@ $2::tsquery", ANALYSER.vector(("D", text)), query.tsquery)


@pytest.mark.parametrize(
    ("question", "text", "found"),
    [
        ("zolw", "W parku zamieszkał żółw błotny", True),
        ("żółwie", "W parku zamieszkał żółw błotny", True),
        ("zolwiami", "Opieka nad żółwiami", True),
        ("żółw", "Opieka nad zolwiami", True),
        ("sesji", "Otwarcie. Sesja Rady Miejskiej", True),
        ("sesja", "porządek XXXI sesji", True),
        ("radnych", "radny zabrał głos", True),
        ("szkoła", "remonty w szkołach", True),
        ("szkole", "remont szkół", True),
        ("droga", "budowa dróg", True),
        ("Jasinski", "Radny Paweł Jasiński", True),
        ("jasińskiego", "Radny Paweł Jasiński", True),
        ("budżet szkoła", "budżet miasta na szkoły", True),
        ("budżet szpital", "budżet miasta na szkoły", False),
        ('"budżet miasta"', "budżet naszego miasta", False),
        ('"budżet miasta"', "Projekt budżetu miasta", True),
        ('"uchwały w sprawie budżetu"', "podjęcie uchwały w sprawie budżetu", True),
        ('"uchwały w sprawie budżetu"', "podjęcie uchwały z budżetu", False),
        ("budżet -szkoła", "budżet miasta na szkoły", False),
        ("budżet -szpital", "budżet miasta na szkoły", True),
        ("kowal*", "Głos ma radna Kowalczykowa", True),
        ("kowal", "Głos ma radna Kowalczykowa", False),
        ("XXXI/245/26", "Uchwała nr XXXI/245/26 z dnia", True),
        ("XXXI/245/26", "Uchwała nr XXXI/26/245 z dnia", False),
        ("w sprawie", "w sprawie budżetu", False),
        ("Київ", "партнерство з містом Київ", True),
        ("kon", "zielony koń", True),
        ("rolek", "brudne rolki w drukarce", True),
        ("rolki", "zestaw rolek", True),
        ("bęben", "zużyte bębny", True),
        ("bębna", "BĘBEN do drukarki", True),
        ("beben", "wymiana bębna", True),
        ("drukarka", "dwanaście drukarek", True),
        ("haseł", "zapomniane hasło", True),
        ("hasło", "zmiana haseł", True),
        ("hasel", "zapomniane hasła", True),
        ("kabel", "brak kabla", True),
        ("kable", "urwany kabel", True),
        ("okien", "nie otwiera się okno", True),
        ("gniazdek", "iskrzy w gniazdku", True),
        ("wtyczki", "pudełko wtyczek", True),
        ("wniosku", "złożony wniosek", True),
        ("palec", "odcisk palca", True),
        ("stopnia", "stopień zużycia", True),
        ('"rolek drukarki"', "wymiana rolki drukarki", True),
        ("rolek", "rola gruntu", False),
        ("drukarek", "drukarz", False),
        ("lek", "ulk", False),
        ("szkoleń", "program szkolny", False),
        ("chęć", "chcę", False),
        ("komputer", "komputery i serwery", True),
        ("numer", "numery seryjne", True),
    ],
)
async def test_who_asks_so_finds_it(database, question, text, found):
    async with database.transaction(readonly=True) as tx:
        assert await finds(tx, question, text) is found


@pytest.mark.parametrize(
    ("word", "lexemes"),
    [
        ("rolek", ("rolek", "rolk")),
        ("rolki", ("rolk",)),
        ("haseł", ("hasel", "hasl")),
        ("okien", ("okien", "okn")),
        ("komputera", ("komputer",)),  # its e is not at the end of the word
        ("lek", ("lek",)),
        ("tlen", ("tlen", "tln")),
        ("szkoleń", ("szkolen",)),
        ("chęć", ("chec",)),
        ("ser", ("ser",)),
    ],
)
def test_a_fleeting_e_is_left_out_beside(word, lexemes):
    assert ANALYSER.lexemes(word) == lexemes


async def test_a_title_weighs_more_than_what_was_said(database):
    query = ANALYSER.query("rondo")
    rank = "SELECT ts_rank_cd($1::tsvector, $2::tsquery)"
    async with database.transaction(readonly=True) as tx:
        title = await tx.value(rank, ANALYSER.vector(("A", "Rondo przy ulicy"), ("D", "głos")), query.tsquery)
        body = await tx.value(rank, ANALYSER.vector(("A", "Głos w dyskusji"), ("D", "rondo")), query.tsquery)
    assert title > body > 0


async def test_a_phrase_does_not_run_from_the_title_into_the_text(database):
    vector = ANALYSER.vector(("A", "plan"), ("D", "miejscowy"))
    async with database.transaction(readonly=True) as tx:
        assert not await tx.value(
            "SELECT $1::tsvector @@ $2::tsquery", vector, ANALYSER.query('"plan miejscowy"').tsquery
        )


def test_common_words_and_exclusions_alone_are_no_question():
    assert [ANALYSER.query(text).tsquery for text in ("", "  ", "w i na", "-budżet", '""', "!&|()", "-")] == [""] * 7


def test_hits_are_marked_as_they_stand_in_the_text():
    snippet = ANALYSER.marked("Opieka nad Żółwiami w parku", ANALYSER.query("zolw park"))
    assert [(piece.text, piece.hit) for piece in snippet.pieces] == [
        ("Opieka nad ", False),
        ("Żółwiami", True),
        (" w ", False),
        ("parku", True),
    ]
    assert snippet.offset == 11


def test_a_phrase_marks_only_where_it_stands_whole():
    snippet = ANALYSER.marked("Plan pracy. Miejscowy plan. Plan miejscowy.", ANALYSER.query('"plan miejscowy"'))
    assert [piece.text for piece in snippet.pieces if piece.hit] == ["Plan", "miejscowy"]
    assert snippet.offset == 28


def test_a_snippet_of_a_long_text_is_the_stretch_with_most_of_the_question():
    text = "słowo " * 200 + "budżet " + "słowo " * 200 + "budżet na remont szkoły " + "słowo " * 200
    snippet = ANALYSER.marked(text, ANALYSER.query("budżet remont szkoła"))
    assert [piece.text for piece in snippet.pieces if piece.hit] == ["budżet", "remont", "szkoły"]
    assert snippet.pieces[0].text == "… "
    assert snippet.pieces[-1].text == " …"
    whole = "".join(piece.text for piece in snippet.pieces[1:-1])
    assert len(whole) <= 240
    assert whole in text
    assert text[snippet.offset :].startswith("budżet na remont")


def test_without_a_hit_the_beginning_is_shown():
    snippet = ANALYSER.marked("Otwarcie " * 100, ANALYSER.query("żółw"))
    assert snippet.offset is None
    assert snippet.pieces[0].text.startswith("Otwarcie")


def test_folding_names_letters_that_unicode_does_not_take_apart():
    assert folded("ZAŻÓŁĆ GĘŚLĄ JAŹŃ Straße Ødegård") == "zazolc gesla jazn strasse odegard"


async def test_a_long_text_stays_within_what_a_tsvector_keeps(database):
    text = " ".join(["uchwała", *(f"słowo{number}" for number in range(30_000)), *["uchwała"] * 400, "ż" * 3000])
    async with database.transaction(readonly=True) as tx:
        assert await tx.value("SELECT length($1::tsvector)", ANALYSER.vector(("D", text))) > 30_000
        assert await finds(tx, "słowo29999", text)


@given(st.text(max_size=60))
def test_no_text_leaves_its_literal(text):
    literals = [ANALYSER.vector(("A", text)), ANALYSER.query(text).tsquery]
    for literal in literals:
        outside = literal.split("'")[::2]
        assert all(set(part) <= set(" :,ABCD0123456789()|&!<>*") for part in outside), literal
        assert "\\" not in literal


async def test_whatever_is_typed_is_a_valid_query(database):
    odd = [
        '"',
        "''",
        "\\",
        "a\\'b",
        "(&|!)",
        "x:*",
        "-",
        '-"',
        "*",
        "a* b*",
        "\x00ą",
        "l'été",
        "<->",
        "a" * 5000,
        "ﬁ ǅ İ",
    ]
    asked = []
    async with database.transaction(readonly=True) as tx:
        for text in odd:
            query = ANALYSER.query(text)
            if query.tsquery:
                try:
                    await tx.value("SELECT 'x'::tsvector @@ $1::tsquery", query.tsquery)
                except asyncpg.PostgresError as problem:
                    pytest.fail(f"{text!r}: {problem}")
                asked.append(text)
            pieces = ANALYSER.marked("Zażółć gęślą jaźń", query).pieces
            assert "".join(piece.text for piece in pieces) == "Zażółć gęślą jaźń", text
    assert {"a\\'b", "x:*", "a* b*", "l'été"} <= set(asked), "these have words to look for"
