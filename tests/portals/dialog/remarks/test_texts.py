"""Texts of legal acts into paragraphs, versions compared, places found again: pure rules, and Word files."""

import io
import time
import unicodedata

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from portals.dialog.remarks.anchors import Finder, quoted, selected
from portals.dialog.remarks.comparing import difference, identified, pieces
from portals.dialog.remarks.reading import as_text, read_lines
from portals.dialog.remarks.rules import tidy
from portals.dialog.remarks.word import docx_text

WRAPPED = """UCHWAŁA NR XXXI/2026
Na podstawie art. 18 ust. 2 pkt 15 ustawy z dnia 8 marca 1990 r.
o samorządzie gminnym (Dz. U. z 2025 r. poz.
1153) uchwala się, co następuje:
§ 1.
Ustala się strefę pieszą.
§ 2. 1. W strefie sadzi się
40 drzew:
1) lipy;
2) klony:
a) zwyczajne,
b) polne.
2. Fontanna działa latem.
Rozdział 2
Przepisy końcowe
Art. 7a. Wykonanie powierza się Prezydentowi."""


def paragraphs(text: str):
    return identified([], read_lines(text))


def test_labels_are_kept_and_cited_and_wrapped_lines_are_joined():
    lines = read_lines(WRAPPED)
    assert [(one.label, one.place) for one in lines if one.label] == [
        ("§ 1.", "§ 1"),
        ("§ 2. 1.", "§ 2 ust. 1"),
        ("1)", "§ 2 ust. 1 pkt 1"),
        ("2)", "§ 2 ust. 1 pkt 2"),
        ("a)", "§ 2 ust. 1 pkt 2 lit. a"),
        ("b)", "§ 2 ust. 1 pkt 2 lit. b"),
        ("2.", "§ 2 ust. 2"),
        ("Art. 7a.", "art. 7a"),
    ]
    assert [one.text for one in lines if one.kind == "heading"] == [
        "UCHWAŁA NR XXXI/2026",
        "Rozdział 2. Przepisy końcowe",
    ]
    assert lines[1].text.endswith("(Dz. U. z 2025 r. poz. 1153) uchwala się, co następuje:")
    assert lines[3].text == "W strefie sadzi się 40 drzew:"


def test_what_the_clerk_edits_reads_into_the_same_paragraphs():
    lines = read_lines(WRAPPED)
    assert read_lines(as_text(lines)) == lines
    assert read_lines(" \n\t\n") == []
    assert read_lines("# Tytuł\n\n**§ 3.** Tekst\x00 z NUL")[1].label == "§ 3."


@given(st.text(max_size=300))
def test_any_text_reads_without_loss_of_letters(text):
    read = "".join(one.label + one.text for one in read_lines(text))
    kept = [sign for sign in read if sign.isalpha()]
    assert kept == [sign for sign in unicodedata.normalize("NFC", text) if sign.isalpha()]


def test_word_counts_its_lists_as_they_are_shown():
    document = docx.Document()
    document.add_heading("Regulamin", 1)
    document.add_paragraph("§ 1. Zasady ogólne.")
    for text in ("pierwszy", "drugi"):
        _number(document.add_paragraph(text), 77, 0)
    _number(document.add_paragraph("litera"), 77, 1)
    _number(document.add_paragraph("trzeci"), 77, 0)
    _list(document, 77, ("decimal", "%1)"), ("lowerLetter", "%2)"))
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "stawka", "3,00 zł"
    made = io.BytesIO()
    document.save(made)
    made.seek(0)
    text = docx_text(made)
    assert text.split("\n\n") == [
        "# Regulamin", "§ 1. Zasady ogólne.", "1) pierwszy", "2) drugi", "a) litera", "3) trzeci", "stawka | 3,00 zł",
    ]  # fmt: skip
    with pytest.raises(Invalid):
        docx_text(io.BytesIO(b"PK\x03\x04 nothing"))


def _number(paragraph, list_id: int, level: int) -> None:
    number = paragraph._p.get_or_add_pPr()._add_numPr()
    number._add_numId().val = list_id
    number._add_ilvl().val = level


def _list(document, list_id: int, *levels: tuple[str, str]) -> None:
    root = document.part.numbering_part.element
    abstract = _element(root, "w:abstractNum", {"w:abstractNumId": "77"}, first=True)
    for depth, (form, text) in enumerate(levels):
        level = _element(abstract, "w:lvl", {"w:ilvl": str(depth)})
        for name, value in (("w:start", "1"), ("w:numFmt", form), ("w:lvlText", text)):
            _element(level, name, {"w:val": value})
    _element(_element(root, "w:num", {"w:numId": str(list_id)}), "w:abstractNumId", {"w:val": "77"})


def _element(parent, name: str, values: dict, *, first: bool = False):
    made = OxmlElement(name)
    for key, value in values.items():
        made.set(qn(key), value)
    if first:
        parent.insert(0, made)
    else:
        parent.append(made)
    return made


def test_a_paragraph_stays_itself_when_it_is_reworded_or_moved():
    old = paragraphs(
        "§ 1. Ustala się strefę pieszą.\n§ 2. Sadzi się 40 drzew w strefie.\n§ 3. Imprezy trwają do 22:00."
    )
    new = identified(old, read_lines("§ 1. Imprezy trwają do 22:00.\n§ 2. Ustala się strefę pieszą.\n§ 3. Sadzi się 46 drzew w strefie.\n§ 4. Nowy."))  # fmt: skip
    known = {one.paragraph_id: one.text for one in old}
    assert [known.get(one.paragraph_id, "") for one in new] == [old[2].text, old[0].text, old[1].text, ""]
    rows = difference(old, new)
    assert [one.change for one in rows] == ["moved", "changed", "changed", "added"]
    assert rows[2].pieces == [("same", "Sadzi się "), ("removed", "40"), ("added", "46"), ("same", " drzew w strefie.")]
    assert [one.change for one in difference(new, old)].count("removed") == 1


def test_words_are_kept_but_for_signs_that_turn_or_steer():
    assert tidy(" Z\u0307ółw\x00\x1b[31m\r\ni \u202eksiążka\u2069 👩‍👧 ") == "Żółw[31m\ni książka 👩‍👧"


@given(st.text(max_size=80), st.text(max_size=80))
def test_pieces_hold_both_texts_whole(old, new):
    found = pieces(old, new)
    assert "".join(words for kind, words in found if kind != "added") == old
    assert "".join(words for kind, words in found if kind != "removed") == new


def test_of_several_places_the_one_with_the_same_surroundings_is_taken():
    old = paragraphs("§ 1. Stawka wynosi 3 zł za dzień, a w soboty stawka wynosi 3 zł za godzinę.")[0]
    second = old.text.index("3 zł", old.text.index("soboty"))
    way = quoted(old, second, second + 4)
    new = identified([old], read_lines("§ 1. Stawka wynosi 3 zł za dobę, lecz w soboty stawka wynosi 3 zł za godzinę."))
    anchor = Finder(new).anchor(way)
    assert anchor.how == "exact"
    assert new[0].text[anchor.starts :] == "3 zł za godzinę."
    assert selected(old, "3 zł", second + 2) == (second, second + 4)
    assert selected(old, "4 zł", 0) is None


def test_words_that_are_gone_leave_an_orphan_and_words_that_moved_are_found():
    old = paragraphs("§ 1. Zakazuje się postoju przyczep kempingowych na placu.\n§ 2. Opłata wynosi 3 zł.")
    words = "postoju przyczep kempingowych"
    way = quoted(old[0], old[0].text.index(words), old[0].text.index(words) + len(words))
    assert (way.quote, way.prefix, way.suffix) == (words, "Zakazuje się ", " na placu.")
    moved = identified(
        old,
        read_lines(
            "§ 1. Plac jest dla pieszych.\n§ 9. W całym mieście, poza miejscami wskazanymi przez radę w uchwale o drogach, nie ma postoju przyczep kempingowych."
        ),
    )
    assert (Finder(moved).anchor(way).how, Finder(moved).anchor(way).paragraph_id) == ("context", moved[1].paragraph_id)
    gone = Finder(identified(old, read_lines("§ 1. Plac jest dla pieszych.")))
    assert gone.anchor(way).how == "orphan"
    assert gone.anchor(quoted(old[1], 0, 0)).how == "orphan"


def test_thousands_of_remarks_on_hundreds_of_paragraphs_are_carried_over_in_seconds():
    """300 paragraphs of which every third is reworded, 2,000 remarks: processor time, so a busy machine does not matter."""
    texts = [
        f"§ {n}. Postanowienie numer {n} dotyczy sprawy {n * 7} i {n * 13} w dzielnicy {n % 9}." for n in range(300)
    ]
    old = paragraphs("\n".join(texts))
    changed = [
        text.replace("dotyczy sprawy", "obejmuje sprawę") if n % 3 == 0 else text for n, text in enumerate(texts)
    ]
    began = time.process_time()
    new = identified(old, read_lines("\n".join(changed[5:])))
    finder = Finder(new)
    found = [finder.anchor(quoted(old[n % 300], 0, 40)) for n in range(2000)]
    assert time.process_time() - began < 20
    assert {one.how for one in found} == {"exact", "fuzzy"}
