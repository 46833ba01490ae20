"""Tables that people send: every encoding and delimiter is found, and what is no table is refused with a line."""

from datetime import date

import pytest

from app.tables import (
    Column,
    Refused,
    Table,
    day_of,
    decoded,
    delimiter_of,
    formula_fault,
    read_csv,
    rows_of,
    sheet_table,
    tidy,
)

PLAIN = "Nazwisko;Imię;Klasa\nŻółć;Łucja;4a\n"
COLUMNS = (
    Column(key="name", headings=("Nazwisko", "last name"), required=True, filled=True),
    Column(key="room", headings=("Sala",)),
)


def judged(text: str, **how):
    def too_long(_key: str, value: str) -> str:
        return "too long" if len(value) > 5 else ""

    return rows_of(read_csv(text.encode(), 100), COLUMNS, too_long, **how)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (PLAIN.encode(), "UTF-8"),
        (PLAIN.encode("utf-8-sig"), "UTF-8"),
        (PLAIN.encode("utf-16"), "UTF-16"),
        (PLAIN.encode("cp1250"), "CP1250"),
        ("Nazwisko;Imię;Klasa\nŹdźbło;Świętosław;4a\n".encode("cp1250"), "CP1250"),
        ("Nazwisko;Imię;Klasa\nŹdźbło;Świętosław;4a\n".encode("iso-8859-2"), "ISO-8859-2"),
        (PLAIN.replace(";", ",").encode(), "UTF-8"),
        (PLAIN.replace(";", "\t").replace("\n", "\r\n").encode(), "UTF-8"),
    ],
)
def test_encodings_and_delimiters_are_found(data, encoding):
    table = read_csv(data, 100)
    assert table.encoding == encoding
    assert table.header == ["Nazwisko", "Imię", "Klasa"]
    assert table.rows[0][1][0] in {"Żółć", "Źdźbło"}
    assert table.rows[0][1][2] == "4a"


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"", 1, "empty"),
        (b"\n\n", 1, "empty"),
        (b"PK\x03\x04\0\0", 1, "not a table"),
        (b"\xff\xfea", 1, "damaged"),
        ("Nazwisko\nŁ".encode() + b"\x98\n", 2, "fit no known encoding"),
        ('Nazwisko;Imię;Klasa\nKos;Jan;4a\n"Lis;Ewa;4a\n'.encode(), 3, "quotation mark"),
        (";".join(["Model"] * 41).encode(), 1, "too many columns"),
    ],
)
def test_what_is_no_table_is_refused(data, line, words):
    with pytest.raises(Refused, match=words) as refused:
        read_csv(data, 100)
    assert refused.value.fault.line == line


def test_more_lines_than_a_file_may_have():
    text = b"Model\n" + b"x\n" * 11
    assert len(read_csv(text, 11).rows) == 11
    for read in (lambda: read_csv(text, 10), lambda: sheet_table([["Model"], *[["x"]] * 11], 10)):
        with pytest.raises(Refused) as problem:
            read()
        assert (problem.value.fault.line, problem.value.fault.values) == (12, {"count": "10"})


def test_a_sheet_without_a_word_is_empty():
    with pytest.raises(Refused, match="empty"):
        sheet_table([["", " "], []], 100)


def test_days_as_people_write_them():
    assert day_of("2014-03-25") == day_of("25.03.2014") == day_of("25/3/2014") == date(2014, 3, 25)
    assert day_of("03.25.2014") is None
    assert day_of("25.03.14") is None
    assert day_of("31.02.2014") is None


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@SUM(A1)", "-Jan", "+A1", "-2+cmd|'/C calc'!A0", "+1+HYPERLINK(A1)", "- =1", "+48 600 Sheet2!A1"],
)
def test_formulas_are_refused(text):
    assert "formula" in formula_fault(text)


@pytest.mark.parametrize("text", ["-", "+48 59 842 84 00", "+48 (59) 842", "-5", "- 5 °C", "a=b", "Kos-Lis"])
def test_what_only_looks_like_a_formula_is_taken(text):
    assert formula_fault(text) == ""


def test_cells_come_by_column_and_faults_with_their_places():
    rows, faults = judged("Sala;last name\n12;Kos\n\n13\n=1;Wilga\n;Lis;x\n;Dzięcioł\n")
    assert [(row.line, row.cells) for row in rows] == [
        (2, {"room": "12", "name": "Kos"}),
        (4, {"room": "13", "name": ""}),
        (5, {"room": "=1", "name": "Wilga"}),
        (7, {"room": "", "name": "Dzięcioł"}),
    ]
    assert [(one.line, one.column) for one in faults] == [(4, "Nazwisko"), (5, "Sala"), (6, ""), (7, "Nazwisko")]


def test_a_cell_is_mended_before_it_is_judged():
    rows, faults = judged("Nazwisko\nDzięcioł\n", mended=lambda key, cell: f"{key[0]}{cell[:3]}")
    assert (rows[0].cells, faults) == ({"name": "nDzi"}, [])


def test_pieces_of_reading():
    assert decoded("Ąśź".encode("iso-8859-2"))[1] == "ISO-8859-2"
    assert decoded("ąśź".encode("cp1250")) == ("ąśź", "CP1250")
    assert delimiter_of('"a;b;c",d') == ","
    assert delimiter_of("a") == ";"
    assert tidy(" a\u200b\u0000 \u00a0o\u0301 ") == "a ó"
    table = Table(header=["NAZWISKO", "sala"], rows=[(2, ["a"])], encoding="", delimiter="")
    rows, wrong = rows_of(table, COLUMNS, lambda _key, _value: "")
    assert (rows[0].cells, wrong) == ({"name": "a", "room": ""}, [])
