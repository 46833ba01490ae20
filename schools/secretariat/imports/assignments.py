"""Teachers' enrolments of a OneRoster archive: who teaches which class of the file, and how it names itself. Pure.

A class of the type `homeroom` has a homeroom teacher (wychowawca): its primary teacher, or its only one. In any other
class a teacher has a subject; pupils who are enrolled in it tell which class of the school it is, or a part of which.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from app.i18n import _
from app.tables import Fault, day_of

Record = tuple[int, dict[str, str]]
Tables = Mapping[str, Sequence[Record]]

FILE: Final = "enrollments.csv"
KNOWN: Final = frozenset({"student", "teacher", "administrator", "proctor"})
"""Roles of an enrolment."""
TEACHING: Final = frozenset({"teacher", "aide", "administrator"})
"""Roles of a user who may teach."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A teacher's enrolment. `line` is that of enrollments.csv, `user_line` the teacher's in users.csv."""

    line: int
    user_line: int
    title: str
    code: str
    subjects: tuple[str, ...]
    """Words that may name the subject, the best first."""
    is_homeroom: bool
    kind: Literal["teacher", "second", "support"]
    until: date | None
    """The first day without it."""
    part_of: str = ""
    """Title of the class of which all its pupils are; empty where there are none, or of several classes."""
    is_whole: bool = True
    """Its pupils are all of that class."""


def read_assignments(
    tables: Tables, users: Mapping[str, Record], placed: Mapping[str, str], day: date
) -> tuple[list[Assignment], list[Fault]]:
    """`placed`: pupils' `sourcedId` → title of their class."""
    classes = {cells["sourcedId"]: cells for _line, cells in tables["classes"]}
    courses = {cells["sourcedId"]: cells for _line, cells in tables["courses"]}
    held = [one for one in tables["enrollments"] if holds(one[1], day)]
    faults = []
    teaching: dict[str, list[Record]] = {}
    for line, cells in held:
        if cells["role"] != "teacher":
            continue
        who, where = cells["userSourcedId"], cells["classSourcedId"]
        if who not in users or where not in classes:
            text = _("This enrolment names somebody or a class that is in no file")
            faults.append(Fault(line=line, column=FILE, text=text))
        elif users[who][1]["role"] not in TEACHING:
            text = _("Whoever is enrolled as a teacher here is no teacher in users.csv")
            faults.append(Fault(line=line, column=FILE, text=text))
        else:
            teaching.setdefault(where, []).append((line, cells))
    pupils = _pupils(held, placed)
    sizes = {title: sum(1 for one in placed.values() if one == title) for title in placed.values()}
    made: list[Assignment] = []
    for where, lines in teaching.items():
        made += _of_class(classes[where], courses, lines, users, _share(pupils.get(where, []), sizes))
    return sorted(made, key=lambda one: one.line), faults


def role_faults(tables: Tables) -> list[Fault]:
    """Roles that OneRoster does not know, days that are none: such a line would be left out in silence."""
    found = []
    for line, cells in tables["enrollments"]:
        if cells["role"] not in KNOWN:
            text = _("«%(word)s» is no role of an enrolment. Known are: %(names)s")
            values = {"word": cells["role"], "names": ", ".join(sorted(KNOWN))}
            found.append(Fault(line=line, column=FILE, text=text, values=values))
        for key in ("beginDate", "endDate"):
            if cells.get(key) and day_of(cells[key]) is None:
                text = _("This is not a date. Write 2014-03-25 or 25.03.2014")
                found.append(Fault(line=line, column=f"{FILE}, {key}", text=text))
    return found


def holds(cells: Mapping[str, str], day: date) -> bool:
    """Whether an enrolment holds on a day: `endDate` itself is outside."""
    since, until = day_of(cells.get("beginDate", "")), day_of(cells.get("endDate", ""))
    return (since is None or since <= day) and (until is None or day < until)


def is_homeroom(cells: Mapping[str, str]) -> bool:
    return cells.get("classType", "homeroom") in {"homeroom", ""}


def _of_class(
    found: Mapping[str, str],
    courses: Mapping[str, Mapping[str, str]],
    lines: Sequence[Record],
    users: Mapping[str, Record],
    share: tuple[str, bool],
) -> list[Assignment]:
    has_primary = any(_primary(cells) for _line, cells in lines)
    course = courses.get(found.get("courseSourcedId", ""), {})
    named = [word.strip() for word in found.get("subjects", "").split(",")]
    words = (*named, course.get("title", ""), *(word.strip() for word in course.get("subjects", "").split(",")))
    made = []
    for line, cells in lines:
        user_line, user = users[cells["userSourcedId"]]
        leads = _primary(cells) or not has_primary
        if is_homeroom(found) and not leads:
            continue  # helps the homeroom teacher: nothing that a register knows
        made.append(
            Assignment(
                line=line,
                user_line=user_line,
                title=found["title"],
                code=found.get("classCode", ""),
                subjects=tuple(word for word in words if word),
                is_homeroom=is_homeroom(found),
                kind="support" if user["role"] == "aide" else "teacher" if leads else "second",
                until=day_of(cells.get("endDate", "")),
                part_of=share[0],
                is_whole=share[1],
            )
        )
    return made


def _primary(cells: Mapping[str, str]) -> bool:
    return cells.get("primary", "").lower() == "true"


def _pupils(held: Sequence[Record], placed: Mapping[str, str]) -> dict[str, list[str]]:
    """Class of the file → titles of its pupils' own classes, one for each pupil."""
    found: dict[str, list[str]] = {}
    for _line, cells in held:
        title = placed.get(cells["userSourcedId"])
        if cells["role"] == "student" and title is not None:
            found.setdefault(cells["classSourcedId"], []).append(title)
    return found


def _share(titles: Sequence[str], sizes: Mapping[str, int]) -> tuple[str, bool]:
    if len(set(titles)) != 1:
        return "", True
    return titles[0], len(titles) >= sizes[titles[0]]
