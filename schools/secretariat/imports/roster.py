"""OneRoster 1.1 CSV as a ZIP: pupils of the classes, their guardians, staff and what they teach, turned into rows.

Source: IMS OneRoster 1.1 CSV binding. Read are users, classes, courses, enrollments and demographics; orgs and
academicSessions are checked for being there. `endDate` of an enrolment is the first day without it; `tobedeleted` is
left out. A guardian belongs to a pupil by `agentSourcedIds`, of either of them. An `administrator` comes to the
school's office (sekretariat), and is the principal only where the file says so in a column of its own
(`metadata.role`): the word alone does not open the whole register. A `proctor` is not taken.
"""

import io
import zipfile
from datetime import date
from typing import Final

import msgspec

from app.files.archive import ArchiveLimits, Unsafe, check_archive
from app.i18n import _
from app.tables import Fault, Refused, Row, formula_fault, plain, read_csv
from schools.secretariat.imports.assignments import (
    Assignment,
    Record,
    holds,
    is_homeroom,
    read_assignments,
    role_faults,
)
from schools.secretariat.imports.columns import MOST_ROWS, cell_fault
from schools.secretariat.imports.others import ADDED

FILES: Final = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "classes": ("sourcedId", "title"),
    "users": ("sourcedId", "givenName", "familyName", "role"),
    "enrollments": ("sourcedId", "classSourcedId", "userSourcedId", "role"),
}
LIMITS: Final = ArchiveLimits(
    members=40, unpacked_bytes=64 * 1024 * 1024, ratio=100, free_bytes=4 * 1024 * 1024, depth=1
)

GUARDIANS: Final = {"guardian": "opiekun prawny", "parent": "rodzic", "relative": "inny"}
"""Role → the word of a list of guardians."""
STAFF: Final = frozenset({"teacher", "aide", "administrator"})
USERS: Final = frozenset({*GUARDIANS, *STAFF, "student", "proctor"})
POSITIONS: Final = ("metadata.role", "metadata.position", "metadata.jobTitle")
"""Columns of one's own, in which files say what an administrator is."""
HEADS: Final = ("dyrektor", "wicedyrektor", "zastepcadyrektora", "principal", "headteacher")
PUPIL_LINE: Final = "pupil_line"
"""In a guardian's row: the line of users.csv that the pupil stands in."""


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as of a list each. Lines are those of users.csv; a guardian has a row for each child."""

    pupils: list[Row]
    guardians: list[Row]
    staff: list[Row]
    assignments: list[Assignment]
    faults: list[Fault]


def read_roster(data: bytes, day: date) -> Roster:
    """The rows as of `day`. Raises `Refused`."""
    tables = _tables(data)
    users = {cells["sourcedId"]: (line, cells) for line, cells in tables["users"]}
    placed, faults = _placed(tables, users, day)
    assignments, untaught = read_assignments(tables, users, placed, day)
    faults += [*untaught, *role_faults(tables), *_unknown_roles(tables["users"])]
    born = {cells.get("sourcedId", ""): cells.get("birthDate", "") for _line, cells in tables.get("demographics", [])}
    children = {who: _pupil(*users[who], title, born.get(who, "")) for who, title in placed.items()}
    guardians, lost = _guardians(users, children)
    teaching = {one.user_line for one in assignments if not one.is_homeroom}
    staff = [_worker(line, cells, teaching) for line, cells in users.values() if cells["role"] in STAFF]
    pupils = sorted(children.values(), key=lambda one: one.line)
    told = {(one.line, one.column): one for row in (*pupils, *guardians, *staff) for one in _faults(row)}
    faults = [*faults, *lost, *told.values()]
    return Roster(pupils=pupils, guardians=guardians, staff=staff, assignments=assignments, faults=faults)


def _unknown_roles(users: list[Record]) -> list[Fault]:
    text = _("«%(word)s» is no role of a user. Known are: %(names)s")
    names = ", ".join(sorted(USERS))
    return [
        Fault(line=line, column="users.csv, role", text=text, values={"word": cells["role"], "names": names})
        for line, cells in users
        if cells["role"] not in USERS
    ]


def _worker(line: int, user: dict[str, str], teaching: set[int]) -> Row:
    """Somebody who works here; an administrator with the roles that come to those they have."""
    cells = {key: cell for key, cell in _person(user).items() if key != "second_name"}
    if user["role"] == "administrator":
        said = " ".join(user.get(name, "") for name in POSITIONS)
        added = ["principal" if plain(said).startswith(HEADS) else "secretary"]
        cells[ADDED] = ",".join([*added, "teacher"] if line in teaching else added)
    return Row(line, cells)


def _placed(tables: dict[str, list[Record]], users: dict[str, Record], day: date) -> tuple[dict[str, str], list[Fault]]:
    """Pupils on a day: `sourcedId` → title of the class."""
    classes = {cells["sourcedId"]: cells for _line, cells in tables["classes"]}
    placed: dict[str, str] = {}
    faults = []
    for line, cells in tables["enrollments"]:
        if cells["role"] != "student" or not holds(cells, day):
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
        if not is_homeroom(classes[where]):
            continue
        if placed.get(who, where) != where:
            faults.append(
                Fault(line=line, column="enrollments.csv", text=_("This pupil would be in two classes at once"))
            )
            continue
        placed[who] = where
    return {who: classes[where]["title"] for who, where in placed.items()}, faults


def _guardians(users: dict[str, Record], children: dict[str, Row]) -> tuple[list[Row], list[Fault]]:
    """A row for each guardian and child, whichever of the two names the other."""
    faults = []
    pairs: set[tuple[str, str]] = set()
    for who, (line, cells) in users.items():
        named = [one.strip() for one in cells.get("agentSourcedIds", "").split(",") if one.strip()]
        if who in children:
            if any(one not in users for one in named):
                text = _("This pupil's guardian is in no line of the file")
                faults.append(Fault(line=line, column="users.csv, agentSourcedIds", text=text))
            pairs |= {(one, who) for one in named if one in users and users[one][1]["role"] in GUARDIANS}
        elif cells["role"] in GUARDIANS:
            pairs |= {(who, one) for one in named if one in children}
    rows = []
    for who, child in pairs:
        line, cells = users[who]
        pupil = children[child]
        found = _person(cells) | {"kind": GUARDIANS[cells["role"]], PUPIL_LINE: str(pupil.line)}
        found.pop("second_name", None)
        if cells.get("phone") or cells.get("sms"):
            found["phone"] = cells.get("phone") or cells["sms"]
        given = {"first_name": "pupil_first_name", "last_name": "pupil_last_name", "class": "pupil_class"}
        found |= {key: pupil.cells[name] for name, key in given.items()}
        if "pesel" in pupil.cells:
            found["pupil_pesel"] = pupil.cells["pesel"]
        rows.append(Row(line, found))
    return sorted(rows, key=lambda one: (one.line, int(one.cells[PUPIL_LINE]))), faults


def _person(user: dict[str, str]) -> dict[str, str]:
    """Cells that everybody has."""
    cells = {"first_name": user["givenName"], "last_name": user["familyName"]}
    if user.get("middleName"):
        cells["second_name"] = user["middleName"]
    if user.get("email"):
        cells["email"] = user["email"]
    return cells


def _pupil(line: int, user: dict[str, str], title: str, birth: str) -> Row:
    cells = _person(user) | {"class": title}
    if birth:
        cells["born_on"] = birth
    identifier = user.get("identifier", "")
    if len(identifier) == 11 and identifier.isdecimal():
        cells["pesel"] = identifier
    return Row(line, cells)


def _faults(row: Row) -> list[Fault]:
    found = []
    for key, value in row.cells.items():
        if key.startswith("pupil_"):
            continue  # said of the pupil's own line
        if value:
            text = formula_fault(value) or cell_fault(key, value)
        else:
            text = _("Nothing stands here") if key in {"first_name", "last_name"} else ""
        if text:
            found.append(Fault(line=row.line, column=f"users.csv, {key}", text=text))
    return found


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
    table = read_csv(data, MOST_ROWS, ",")
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
