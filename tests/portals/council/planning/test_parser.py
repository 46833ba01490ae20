"""Agendas as they are pasted: real-looking samples, and texts of chance."""

import re
import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portals.council.planning.outline import laid_out
from portals.council.planning.parser import parse_agenda


def outline(text: str) -> list[str]:
    """Numbers and titles as they will stand."""
    return [f"{line.number}|{line.draft.title}" for line in laid_out(parse_agenda(text).items)]


SAMPLES = {
    "dots": (
        "Porządek obrad:\n1. Otwarcie sesji.\n2. Stwierdzenie quorum.\n3. Przyjęcie protokołu z XXX sesji.",
        ["1|Otwarcie sesji.", "2|Stwierdzenie quorum.", "3|Przyjęcie protokołu z XXX sesji."],
    ),
    "brackets, tabs and non-breaking spaces": (
        "1)\tOtwarcie\u00a0sesji\n2)\tPrzyjęcie\u202fporządku obrad\n3)\u00a0Wolne wnioski",
        ["1|Otwarcie sesji", "2|Przyjęcie porządku obrad", "3|Wolne wnioski"],
    ),
    "no space after the dot": (
        "1.Otwarcie sesji\n2.Podjęcie uchwały\n3.„Bezpieczna szkoła” – informacja",
        ["1|Otwarcie sesji", "2|Podjęcie uchwały", "3|„Bezpieczna szkoła” – informacja"],
    ),
    "wrapped lines are joined": (
        (
            "1. Podjęcie uchwały w sprawie zmian\nw budżecie miasta na 2027 rok\noraz w wieloletniej prognozie.\n"
            "2. Interpelacje\ni zapytania radnych."
        ),
        [
            "1|Podjęcie uchwały w sprawie zmian w budżecie miasta na 2027 rok oraz w wieloletniej prognozie.",
            "2|Interpelacje i zapytania radnych.",
        ],
    ),
    "a date at the start of a wrapped line is no item": (
        "1. Sprawozdanie według stanu na dzień\n25. listopada tego roku\n2. Informacja z dnia\n3.11.2026 r. o budżecie",
        ["1|Sprawozdanie według stanu na dzień 25. listopada tego roku", "2|Informacja z dnia 3.11.2026 r. o budżecie"],
    ),
    "times are no numbers": (
        "1. Przerwa do godziny\n10.30 albo dłużej\n2. Zamknięcie",
        ["1|Przerwa do godziny 10.30 albo dłużej", "2|Zamknięcie"],
    ),
    "sub-numbers": (
        "7. Podjęcie uchwał w sprawie:\n7.1. budżetu,\n7.2 planu pracy,\n7.3) nazwy ronda\n8. Interpelacje",
        ["7|Podjęcie uchwał w sprawie:", "7.1|budżetu,", "7.2|planu pracy,", "7.3|nazwy ronda", "8|Interpelacje"],
    ),
    "letters below numbers": (
        "1. Otwarcie\n2. Podjęcie uchwał:\na) w sprawie budżetu,\nb) w sprawie ronda;\n3. Zamknięcie",
        ["1|Otwarcie", "2|Podjęcie uchwał:", "2a|w sprawie budżetu,", "2b|w sprawie ronda;", "3|Zamknięcie"],
    ),
    "brackets below dots": (
        "6. Informacja prezydent.\n7. Uchwały:\n1) budżet,\n2) rondo.\n8. Interpelacje.\n9. Zamknięcie.",
        [
            "6|Informacja prezydent.",
            "7|Uchwały:",
            "7.1|budżet,",
            "7.2|rondo.",
            "8|Interpelacje.",
            "9|Zamknięcie.",
        ],
    ),
    "an item put between": (
        "7. Budżet\n7a. Opłaty targowe\n8. Interpelacje",
        ["7|Budżet", "7a|Opłaty targowe", "8|Interpelacje"],
    ),
    "Roman parts with items that go on": (
        "I. Sprawy regulaminowe\n1. Otwarcie\n2. Quorum\nII. Uchwały\n3. Budżet\n4. Rondo",
        ["I|Sprawy regulaminowe", "1|Otwarcie", "2|Quorum", "II|Uchwały", "3|Budżet", "4|Rondo"],
    ),
    "Roman alone": ("I. Otwarcie\nII. Budżet\nIII. Zamknięcie", ["I|Otwarcie", "II|Budżet", "III|Zamknięcie"]),
    "bullets of Word": (
        "\uf0b7 Otwarcie sesji\n\uf0b7 Przyjęcie porządku\n• 12 lat szkoły nr 4\n– Wolne wnioski",
        ["1|Otwarcie sesji", "2|Przyjęcie porządku", "3|12 lat szkoły nr 4", "4|Wolne wnioski"],
    ),
    "bullets below a number": (
        "1. Podjęcie uchwał:\n- budżet\n- rondo\n2. Zamknięcie",
        ["1|Podjęcie uchwał:", "1.1|budżet", "1.2|rondo", "2|Zamknięcie"],
    ),
    "a soft hyphen at a line's end": (
        "1. Przyjęcie protoko\u00ad\nłu z sesji\n2. Spra\u00adwoz\u00addanie",
        ["1|Przyjęcie protokołu z sesji", "2|Sprawozdanie"],
    ),
    "a hard hyphen keeps its halves": (
        "1. Obwód Polsko-\nNiemiecki\n2. Zamknięcie",
        ["1|Obwód Polsko-Niemiecki", "2|Zamknięcie"],
    ),
    "quotes of Windows": (
        "1. Program \x84Bezpieczna szkoła\x94 \x96 sprawozdanie\n2. ,,Nadrzecze II''",
        ["1|Program „Bezpieczna szkoła” – sprawozdanie", "2|„Nadrzecze II”"],
    ),
    "numbers on lines of their own, as tables are copied": (
        "1.\nOtwarcie sesji\n2.\nBudżet\nna 2027 rok\n3.\nZamknięcie",
        ["1|Otwarcie sesji", "2|Budżet na 2027 rok", "3|Zamknięcie"],
    ),
    "blank lines between items": (
        "1. Otwarcie\n\n2. Budżet\n\nna 2027 rok\n\n3. Zamknięcie",
        ["1|Otwarcie", "2|Budżet na 2027 rok", "3|Zamknięcie"],
    ),
    "pkt in front": (
        "Pkt 1. Otwarcie\nPkt 2. Budżet\npkt 3 Zamknięcie",
        ["1|Otwarcie", "2|Budżet", "3|Zamknięcie"],
    ),
    "no numbers at all": (
        "Otwarcie sesji\nPrzyjęcie porządku obrad\ni protokołu\n2027 r. — budżet",
        ["1|Otwarcie sesji", "2|Przyjęcie porządku obrad i protokołu", "3|2027 r. — budżet"],
    ),
    "mixed marks": (
        "1. Otwarcie sesji\n2) Przyjęcie porządku\n3.1. Budżet\nIV. Interpelacje\n– Wolne wnioski",
        ["1|Otwarcie sesji", "2|Przyjęcie porządku", "3.1|Budżet", "IV|Interpelacje", "IV.1|Wolne wnioski"],
    ),
    "Windows and old Mac line ends": (
        "1. Otwarcie\r\n2. Budżet\r3. Zamknięcie",
        ["1|Otwarcie", "2|Budżet", "3|Zamknięcie"],
    ),
    "decomposed letters": ("1. Żółć".replace("Ż", "Z\u0307"), ["1|Żółć"]),
    "nothing": (" \n\t\n", []),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples(name):
    text, expected = SAMPLES[name]
    assert outline(text) == expected


def test_depths_of_sub_items():
    parsed = parse_agenda("1. A\n1.1. B\n1.1.1. C\n1.2. D\n2. E\na) F\nb) G")
    assert [one.depth for one in parsed.items] == [0, 1, 2, 1, 0, 1, 1]


def test_attachments_belong_to_their_item_and_the_rest_is_shown():
    parsed = parse_agenda(
        "URZĄD MIEJSKI\nPorządek obrad XXXII sesji\n\n1. Otwarcie.\n2. Budżet na 2027 rok.\n"
        "Załącznik nr 1: projekt uchwały\nwraz z uzasadnieniem\n- zał. nr 2 opinia RIO\n3. Zamknięcie.\n\n"
        "Przewodnicząca Rady\nAnna Kowal\n\nStrona 1 z 2"
    )
    assert [one.title for one in parsed.items] == ["Otwarcie.", "Budżet na 2027 rok.", "Zamknięcie."]
    assert parsed.read[1].attachments == [
        "Załącznik nr 1: projekt uchwały wraz z uzasadnieniem",
        "- zał. nr 2 opinia RIO",
    ]
    assert parsed.preamble == ["URZĄD MIEJSKI", "Porządek obrad XXXII sesji"]
    assert parsed.skipped == ["Przewodnicząca Rady", "Anna Kowal", "Strona 1 z 2"]


def letters(text: str) -> Counter[str]:
    return Counter(sign for sign in unicodedata.normalize("NFC", text) if sign.isalnum())


def words(text: str) -> Counter[str]:
    """Runs of digits and of letters: «8.1Budżet», pasted without its space, is read as 8.1 and Budżet."""
    return Counter(re.findall(r"\d+|[^\W\d_]+", unicodedata.normalize("NFC", text)))


def everything(text: str) -> str:
    parsed = parse_agenda(text)
    pieces = [*parsed.preamble, *parsed.skipped]
    for item in parsed.read:
        pieces += [item.mark, item.title, *item.attachments]
    assert [one.title for one in parsed.items] == [one.title for one in parsed.read]
    return "\n".join(pieces)


LINES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "",
                "1. ",
                "2) ",
                "3",
                "7.1. ",
                "7.2 ",
                "a) ",
                "b) ",
                "IV. ",
                "I.",
                "- ",
                "• ",
                "\uf0b7",
                "10.30 ",
                "\t",
                "pkt 4. ",
                "12. ",
                "(5) ",
                "7a. ",
                "o ",
                "Zał. ",
                "Strona ",
                "8.",
                "x. ",
            ]
        ),
        st.text(alphabet="aąbcćeęółżź ŻŁ127.,-–„”()'\u00a0\u00ad\u200b", max_size=14),
    ).map("".join),
    max_size=14,
).map("\n".join)


@settings(max_examples=400, deadline=None)
@given(LINES)
@example("o A")
@example("1.\n1.")
@example("7.\n")
@example("8.1a")
@example("8.1Ż")
def test_never_raises_and_never_loses_a_word_of_an_agenda(text):
    shown = everything(text)
    assert letters(shown) == letters(text)
    if "\u00ad" not in text and "\u200b" not in text:
        assert words(shown) == words(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_never_raises_and_never_loses_a_letter_of_any_text(text):
    # invisible signs and what is no text (unassigned, surrogates) are left out; the rest is there
    kept = "".join(sign for sign in text if unicodedata.category(sign) not in {"Cn", "Cs"})
    assert letters(everything(kept)) == letters(kept)


def test_a_long_text_is_read_quickly():
    import time

    text = "\n".join(f"{number}. Punkt numer {number} o sprawach miasta" for number in range(1, 900)) * 4
    began = time.process_time()
    assert len(parse_agenda(text).read) > 800
    assert time.process_time() - began < 3
