"""OneRoster 1.1 CSV as a ZIP: pupils of the classes, turned into the rows of a class list.

Source: IMS OneRoster 1.1 CSV binding. Read are users, classes, enrollments and demographics; orgs, academicSessions and
courses are checked for being there. `endDate` of an enrolment is the first day without it; `tobedeleted` is left out.
"""

import io
import zipfile
from datetime import date
from typing import Final

from app.files.archive import ArchiveLimits, Unsafe, check_archive
from app.i18n import _
from schools.secretariat.imports.columns import cell_fault, day_of
from schools.secretariat.imports.model import Fault, Refused, Row
from schools.secretariat.imports.table import read_csv

FILES: Final = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "classes": ("sourcedId", "title"),
    "users": ("sourcedId", "givenName", "familyName", "role"),
    "enrollments": ("sourcedId", "classSourcedId", "userSourcedId", "role"),
}
LIMITS: Final = ArchiveLimits(
    members=40, unpacked_bytes=64 * 1024 * 1024, ratio=100, free_bytes=4 * 1024 * 1024, depth=1
)

Record = tuple[int, dict[str, str]]


def read_roster(data: bytes, day: date) -> tuple[list[Row], list[Fault]]:
    """Rows of a class list as of `day`. Raises `Refused`. Lines are those of users.csv."""
    tables = _tables(data)
    users = {cells["sourcedId"]: (line, cells) for line, cells in tables["users"]}
    classes = {cells["sourcedId"]: cells for _line, cells in tables["classes"]}
    born = {cells.get("sourcedId", ""): cells.get("birthDate", "") for _line, cells in tables.get("demographics", [])}
    rows, faults = [], []
    placed: dict[str, str] = {}
    for line, cells in tables["enrollments"]:
        if cells["role"] != "student" or not _holds(cells, day):
            continue
        who, where = cells["userSourcedId"], cells["classSourcedId"]
        if who not in users or where not in classes:
            faults.append(
                Fault(
                    line=line,
                    column="enrollments.csv",
                    text=_("This enrolment names somebody or a class that is in no file"),
                )
            )
            continue
        if classes[where].get("classType", "homeroom") not in {"homeroom", ""}:
            continue
        if placed.get(who, where) != where:
            faults.append(
                Fault(line=line, column="enrollments.csv", text=_("This pupil would be in two classes at once"))
            )
            continue
        if who in placed:
            continue
        placed[who] = where
        user_line, user = users[who]
        row = _row(user_line, user, classes[where]["title"], born.get(who, ""))
        rows.append(row)
        faults += _faults(row)
    return sorted(rows, key=lambda one: one.line), faults


def _row(line: int, user: dict[str, str], title: str, birth: str) -> Row:
    cells = {"first_name": user["givenName"], "last_name": user["familyName"], "class": title}
    if user.get("middleName"):
        cells["second_name"] = user["middleName"]
    if user.get("email"):
        cells["email"] = user["email"]
    if birth:
        cells["born_on"] = birth
    identifier = user.get("identifier", "")
    if len(identifier) == 11 and identifier.isdecimal():
        cells["pesel"] = identifier
    return Row(line, cells)


def _faults(row: Row) -> list[Fault]:
    found = []
    for key, value in row.cells.items():
        text = cell_fault(key, value) if value or key not in {"first_name", "last_name"} else _("Nothing stands here")
        if text:
            found.append(Fault(line=row.line, column=f"users.csv, {key}", text=text))
    return found


def _holds(cells: dict[str, str], day: date) -> bool:
    """Whether an enrolment holds on a day: `endDate` itself is outside."""
    since, until = day_of(cells.get("beginDate", "")), day_of(cells.get("endDate", ""))
    return (since is None or since <= day) and (until is None or day < until)


def _tables(data: bytes) -> dict[str, list[Record]]:
    try:
        check_archive(io.BytesIO(data), LIMITS)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {
                name.rsplit("/", 1)[-1].removesuffix(".csv"): name
                for name in archive.namelist()
                if name.endswith(".csv")
            }
            missing = [name for name in FILES if name not in names]
            if missing:
                text = _("The archive has no file %(name)s.csv")
                raise Refused(Fault(line=1, text=text, values={"name": missing[0]}))
            wanted = (*FILES, "demographics")
            return {name: _records(name, archive.read(names[name])) for name in wanted if name in names}
    except Unsafe as problem:
        raise Refused(Fault(line=1, text=str(problem))) from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise Refused(Fault(line=1, text=_("This archive is damaged"))) from None


def _records(name: str, data: bytes) -> list[Record]:
    """Lines that are not to be deleted."""
    if not data.strip():
        raise Refused(Fault(line=1, column=f"{name}.csv", text=_("This file is empty")))
    table = read_csv(data, ",")
    for needed in NEEDED.get(name, ("sourcedId",)):
        if needed not in table.header:
            text = _("The column «%(heading)s» is missing")
            raise Refused(Fault(line=1, column=f"{name}.csv", text=text, values={"heading": needed}))
    records = []
    for line, cells in table.rows:
        if len(cells) < len(table.header):
            raise Refused(Fault(line=line, column=f"{name}.csv", text=_("This line has fewer cells than the header")))
        record = dict(zip(table.header, cells, strict=False))
        if record.get("status", "").lower() != "tobedeleted":
            records.append((line, record))
    return records
