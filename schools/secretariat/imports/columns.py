"""Which columns are known, under which headings, and what may stand in them."""

import re
from datetime import date, datetime
from typing import Final

import msgspec

from app.i18n import _
from schools.secretariat.imports.model import Fault, Refused, Row, Table
from schools.secretariat.rules import EMAIL, WRONG_EMAIL, WRONG_PESEL
from schools.structure.rules import born_on, plain_letters


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """`headings` are compared without diacritics, case and signs; the first one is named to people."""

    key: str
    headings: tuple[str, ...]
    required: bool = False
    """The file must have it."""
    filled: bool = False
    """And something in each line."""


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
_DAY: Final = (re.compile(r"\d{4}-\d{1,2}-\d{1,2}"), re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}"))


def folded(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", plain_letters(heading))


def rows_of(table: Table, kind: str) -> tuple[list[Row], list[Fault]]:
    """Cells by column. Raises `Refused` for a heading that is unknown, doubled or missing."""
    columns = COLUMNS[kind]
    known = {folded(heading): column.key for column in columns for heading in column.headings}
    names = ", ".join(column.headings[0] for column in columns)
    keys: list[str] = []
    for heading in table.header:
        key = known.get(folded(heading))
        if key is None:
            text = _("The column «%(heading)s» is not known. Known are: %(names)s")
            raise Refused(Fault(line=1, column=heading, text=text, values={"heading": heading, "names": names}))
        if key in keys:
            raise Refused(Fault(line=1, column=heading, text=_("This column stands twice")))
        keys.append(key)
    for column in columns:
        if column.required and column.key not in keys:
            text = _("The column «%(heading)s» is missing")
            raise Refused(Fault(line=1, text=text, values={"heading": column.headings[0]}))
    rows, faults = [], []
    for line, cells in table.rows:
        if len(cells) > len(keys) and any(cells[len(keys) :]):
            faults.append(
                Fault(line=line, text=_("This line has more cells than the header: is a name split by a sign?"))
            )
            continue
        row = Row(line, {key: _mended(key, cell) for key, cell in zip(keys, cells, strict=False)})
        found = list(_cell_faults(row, columns))
        faults += found
        rows.append(row)
    return rows, faults


def _mended(key: str, cell: str) -> str:
    """A spreadsheet that took a PESEL for a number has eaten its leading zeros (born in 2000–2009).

    They are given back only where the number is right with them.
    """
    if key in {"pesel", "pupil_pesel"} and 8 <= len(cell) < 11 and cell.isdecimal() and born_on(cell.zfill(11)):
        return cell.zfill(11)
    return cell


def _cell_faults(row: Row, columns: tuple[Column, ...]) -> list[Fault]:
    found = []
    for column in columns:
        if column.key not in row.cells and not column.required:
            continue
        value, heading = row.cells.get(column.key, ""), column.headings[0]
        text = _("Nothing stands here") if column.filled and not value else cell_fault(column.key, value)
        if text:
            found.append(Fault(line=row.line, column=heading, text=text))
    return found


def cell_fault(key: str, value: str) -> str:
    """What is wrong with a cell; empty where nothing is."""
    if not value:
        return ""
    if len(value) > 300:
        return _("This is too long")
    if value[0] in "=@" or (value[0] in "+-" and key != "phone"):
        return _("This begins like a formula of a spreadsheet")
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


def day_of(text: str) -> date | None:
    """A date as people write it here."""
    try:
        if _DAY[0].fullmatch(text):
            return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  # a day has no time zone
        if _DAY[1].fullmatch(text):
            return datetime.strptime(re.sub(r"[/-]", ".", text), "%d.%m.%Y").date()  # noqa: DTZ007  # the same
    except ValueError:
        pass
    return None
