"""Which columns are known, under which headings, and what may stand in them."""

from typing import Final

from app import tables
from app.i18n import _
from app.tables import Column, Fault, Row, Table, day_of
from schools.secretariat.rules import EMAIL, WRONG_EMAIL, WRONG_PESEL
from schools.structure.rules import born_on

_LAST: Final = Column(key="last_name", headings=("Nazwisko", "last name", "familyName"), required=True, filled=True)
_FIRST: Final = Column(
    key="first_name",
    headings=("Imię", "imie pierwsze", "pierwsze imie", "first name", "givenName"),
    required=True,
    filled=True,
)
_EMAIL: Final = Column(key="email", headings=("E-mail", "email", "adres e-mail", "adres email", "poczta"))
COLUMNS: Final[dict[str, tuple[Column, ...]]] = {
    "pupils": (
        _LAST,
        _FIRST,
        Column(key="second_name", headings=("Drugie imię", "imie drugie", "second name")),
        Column(key="class", headings=("Klasa", "oddzial", "class"), required=True, filled=True),
        Column(key="pesel", headings=("PESEL", "numer pesel", "nr pesel")),
        Column(key="born_on", headings=("Data urodzenia", "urodzony", "birth date")),
        Column(key="number", headings=("Numer w dzienniku", "nr w dzienniku", "nr", "lp", "numer")),
        _EMAIL,
    ),
    "guardians": (
        _LAST,
        _FIRST,
        _EMAIL,
        Column(key="phone", headings=("Telefon", "nr telefonu", "numer telefonu", "phone")),
        Column(key="kind", headings=("Rodzaj", "pokrewienstwo", "kim jest")),
        Column(key="since", headings=("Prawo od", "od dnia", "od")),
        Column(key="until", headings=("Prawo do", "do dnia", "do")),
        Column(key="pupil_pesel", headings=("PESEL ucznia", "pesel dziecka")),
        Column(key="pupil_last_name", headings=("Nazwisko ucznia", "nazwisko dziecka")),
        Column(key="pupil_first_name", headings=("Imię ucznia", "imie dziecka")),
        Column(key="pupil_class", headings=("Klasa ucznia", "klasa dziecka", "klasa")),
    ),
    "staff": (
        _LAST,
        _FIRST,
        Column(key="short", headings=("Skrót", "inicjaly", "short")),
        Column(key="roles", headings=("Role", "rola", "funkcja", "stanowisko")),
        _EMAIL,
    ),
}
MOST_ROWS: Final = 5000
MOST_CELL: Final = 300


def rows_of(table: Table, kind: str) -> tuple[list[Row], list[Fault]]:
    """Cells by column. Raises `Refused` for a heading that is unknown, doubled or missing."""
    return tables.rows_of(table, COLUMNS[kind], cell_fault, _mended)


def _mended(key: str, cell: str) -> str:
    """A spreadsheet that took a PESEL for a number has eaten its leading zeros (born in 2000–2009).

    They are given back only where the number is right with them.
    """
    if key in {"pesel", "pupil_pesel"} and 8 <= len(cell) < 11 and cell.isdecimal() and born_on(cell.zfill(11)):
        return cell.zfill(11)
    return cell


def cell_fault(key: str, value: str) -> str:
    """What is wrong with a cell that is not empty; empty where nothing is."""
    if len(value) > MOST_CELL:
        return _("This is too long")
    if key in {"pesel", "pupil_pesel"} and born_on(value) is None:
        return WRONG_PESEL
    if key in {"born_on", "since", "until"} and day_of(value) is None:
        return _("This is not a date. Write 2014-03-25 or 25.03.2014")
    if key == "email" and not EMAIL.fullmatch(value):
        return WRONG_EMAIL
    if key == "number" and not (value.isascii() and value.isdecimal() and 1 <= int(value[:6]) <= 99):
        return _("A number in the register is from 1 to 99")
    if key in {"first_name", "last_name"} and any(sign.isdigit() or sign in '<>;"' for sign in value):
        return _("A name holds no digits and no such signs")
    return ""
