"""Class lists: each line against the pupils that the school has."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from app.i18n import _
from app.tables import Fault, Row, day_of
from schools.secretariat.imports.model import Difference, KnownPupil, Plan, Step
from schools.secretariat.rules import OTHER_BIRTH
from schools.structure.rules import born_on

FIELDS: Final = {
    "last_name": _("Surname"),
    "first_name": _("First name"),
    "second_name": _("Second name"),
    "pesel": _("PESEL number"),
    "born_on": _("Birth date"),
    "email": _("E-mail"),
    "class": _("Class"),
    "number": _("Number in the register"),
}


def class_key(name: str) -> str:
    """`4 A` and `4a` are one class."""
    return "".join(name.lower().split())


def person_key(first: str, last: str) -> tuple[str, str]:
    return first.casefold(), last.casefold()


def plan_pupils(
    rows: Sequence[Row], faults: Sequence[Fault], known: Sequence[KnownPupil], classes: Mapping[str, int]
) -> Plan:
    """`classes`: name → id, of the year the import is for. All faults are found, not only the first."""
    found, steps = list(faults), []
    bad = {one.line for one in faults}
    by_class = {class_key(name): (name, key) for name, key in classes.items()}
    seen_pesel: dict[str, int] = {}
    seen: dict[tuple[object, ...], int] = {}
    targets: dict[int, int] = {}
    for row in rows:
        if row.line in bad:
            continue
        problem = _row_fault(row, by_class, classes) or _repeated(row, seen_pesel, seen)
        target = None
        if problem is None:
            target, problem = _matched(row, known)
        if problem is None and target is not None and target.id in targets:
            text = _("The same pupil stands in line %(line)s already")
            problem = Fault(line=row.line, text=text, values={"line": str(targets[target.id])})
        if problem is not None:
            found.append(problem)
            continue
        if target is not None:
            targets[target.id] = row.line
        steps.append(_step(row, target, by_class[class_key(row.cells["class"])]))
    found += _numbers_twice(steps)
    return Plan(steps=steps, faults=sorted(found, key=lambda one: (one.line, one.column)))


def born(row: Row) -> date | None:
    """What the line says, or its PESEL does."""
    return day_of(row.cells.get("born_on", "")) or born_on(row.cells.get("pesel", ""))


def _row_fault(row: Row, by_class: Mapping[str, tuple[str, int]], classes: Mapping[str, int]) -> Fault | None:
    if class_key(row.cells["class"]) not in by_class:
        text = _("There is no class «%(name)s» in this school year. There are: %(names)s")
        names = ", ".join(classes) or "–"
        return Fault(line=row.line, column="Klasa", text=text, values={"name": row.cells["class"], "names": names})
    said = day_of(row.cells.get("born_on", ""))
    if said is not None and row.cells.get("pesel") and born_on(row.cells["pesel"]) != said:
        return Fault(line=row.line, column="Data urodzenia", text=OTHER_BIRTH)
    return None


def _repeated(row: Row, seen_pesel: dict[str, int], seen: dict[tuple[object, ...], int]) -> Fault | None:
    """The same PESEL, or without one the same name, birth date and class."""
    pesel = row.cells.get("pesel", "")
    text = _("The same pupil stands in line %(line)s already")
    if pesel:
        first = seen_pesel.setdefault(pesel, row.line)
    else:
        key = (*person_key(row.cells["first_name"], row.cells["last_name"]), born(row), class_key(row.cells["class"]))
        first = seen.setdefault(key, row.line)
    return None if first == row.line else Fault(line=row.line, text=text, values={"line": str(first)})


def _matched(row: Row, known: Sequence[KnownPupil]) -> tuple[KnownPupil | None, Fault | None]:
    """By PESEL; else by name with birth date or class. Two that fit are never guessed between."""
    pesel = row.cells.get("pesel", "")
    name = person_key(row.cells["first_name"], row.cells["last_name"])
    if pesel:
        same = [one for one in known if one.pesel == pesel]
        if same:
            return same[0], None
    fits = [
        one
        for one in known
        if person_key(one.first_name, one.last_name) == name and not (pesel and one.pesel and one.pesel != pesel)
    ]
    day = born(row)
    if day is not None:
        fits = [one for one in fits if one.born_on in {None, day}]
    if len(fits) > 1:
        here = [one for one in fits if class_key(one.class_name) == class_key(row.cells["class"])]
        fits = here if len(here) == 1 else fits
    if len(fits) > 1:
        text = _("%(count)s pupils of this school have this name: add the PESEL number or the birth date")
        return None, Fault(line=row.line, column="PESEL", text=text, values={"count": str(len(fits))})
    return (fits[0] if fits else None), None


def _step(row: Row, target: KnownPupil | None, place: tuple[str, int]) -> Step:
    class_name, class_id = place
    day = born(row)
    wanted: dict[str, str] = {
        key: row.cells[key]
        for key in ("last_name", "first_name", "second_name", "pesel", "email")
        if row.cells.get(key)
    }
    if day is not None:
        wanted["born_on"] = day.isoformat()
    if row.cells.get("number"):
        wanted["number"] = str(int(row.cells["number"]))
    wanted["class"] = class_name
    was = _as_known(target)
    differences = [
        Difference(field=FIELDS[key], was=_shown(key, was.get(key, "")), now=_shown(key, value))
        for key, value in wanted.items()
        if was.get(key, "") != value
    ]
    sort = "new" if target is None else "changed" if differences else "same"
    return Step(
        line=row.line,
        about="pupil",
        name=f"{row.cells['last_name']} {row.cells['first_name']}",
        place=class_name,
        sort=sort,  # type: ignore[arg-type]  # one of the three words
        differences=differences,
        target_id=target.id if target else None,
        values={**wanted, "class_id": class_id, "old_class_id": target.class_id if target else None},
    )


def _as_known(target: KnownPupil | None) -> dict[str, str]:
    if target is None:
        return {}
    return {
        "last_name": target.last_name,
        "first_name": target.first_name,
        "second_name": target.second_name,
        "pesel": target.pesel or "",
        "email": target.email,
        "born_on": target.born_on.isoformat() if target.born_on else "",
        "class": target.class_name,
        "number": str(target.number or ""),
    }


def _shown(key: str, value: str) -> str:
    """A PESEL is shown by its end alone: the preview is no way around the card's log."""
    return f"•••••••••{value[-2:]}" if key == "pesel" and value else value


def _numbers_twice(steps: Sequence[Step]) -> list[Fault]:
    seen: dict[tuple[object, object], int] = {}
    found = []
    for one in steps:
        if one.values.get("number"):
            first = seen.setdefault((one.values["class_id"], one.values["number"]), one.line)
            if first != one.line:
                text = _("Line %(line)s gives this number in the same class already")
                found.append(Fault(line=one.line, column="Numer w dzienniku", text=text, values={"line": str(first)}))
    return found
