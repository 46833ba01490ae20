"""Guardians and staff: each line against those whom the school has."""

from collections.abc import Sequence
from typing import Final

from app.i18n import _
from app.tables import Fault, Row, day_of, plain
from schools.secretariat.imports.model import (
    Difference,
    KnownGuardian,
    KnownPupil,
    KnownStaff,
    Plan,
    Step,
)
from schools.secretariat.imports.pupils import class_key, person_key

KINDS: Final = {
    "": "parent",
    "rodzic": "parent",
    "matka": "parent",
    "ojciec": "parent",
    "opiekun": "legal",
    "opiekunprawny": "legal",
    "rodzinazastepcza": "foster",
    "opiekunzastepczy": "foster",
    "inny": "other",
    "inna": "other",
}
ROLES: Final = {
    "": "teacher",
    "nauczyciel": "teacher",
    "nauczycielka": "teacher",
    "sekretariat": "secretary",
    "sekretarz": "secretary",
    "sekretarka": "secretary",
    "pedagog": "counsellor",
    "dyrektor": "principal",
}
ADDED: Final = "added_roles"
"""Cell of roles, in the database's words, that come to those somebody has already."""
FIELDS: Final = {
    "last_name": _("Surname"),
    "first_name": _("First name"),
    "email": _("E-mail"),
    "phone": _("Telephone"),
    "kind": _("Who it is"),
    "since": _("Right from day"),
    "until": _("Last day of the right"),
    "short": _("Initials"),
    "roles": _("Roles"),
}


def plan_guardians(
    rows: Sequence[Row], faults: Sequence[Fault], known: Sequence[KnownGuardian], pupils: Sequence[KnownPupil]
) -> Plan:
    """One line, one right: a guardian of two children stands twice, and is one person by the e-mail address."""
    found, steps = list(faults), []
    bad = {one.line for one in faults}
    seen: dict[tuple[object, ...], int] = {}
    names: dict[str, str] = {}
    for row in rows:
        if row.line in bad:
            continue
        pupil, problem = _child(row, pupils)
        if problem is None and plain(row.cells.get("kind", "")) not in KINDS:
            text = _("«%(word)s» is not known here. Known are: rodzic, opiekun prawny, rodzina zastępcza, inny")
            problem = Fault(line=row.line, column="Rodzaj", text=text, values={"word": row.cells["kind"]})
        since, until = day_of(row.cells.get("since", "")), day_of(row.cells.get("until", ""))
        if problem is None and since is not None and until is not None and until < since:
            problem = Fault(line=row.line, column="Prawo do", text=_("The right would end before it begins"))
        if problem is None and pupil is not None:
            key = (_identity(row), pupil.id)
            first = seen.setdefault(key, row.line)
            problem = _shared_address(row, known, names)
            if first != row.line:
                text = _("The same guardian of the same pupil stands in line %(line)s already")
                problem = Fault(line=row.line, text=text, values={"line": str(first)})
        if problem is not None or pupil is None:
            found += [problem] if problem else []
            continue
        steps.append(_right(row, pupil, known))
    return Plan(steps=steps, faults=sorted(found, key=lambda one: (one.line, one.column)))


def _shared_address(row: Row, known: Sequence[KnownGuardian], names: dict[str, str]) -> Fault | None:
    """Two parents with one address are two people: the second one would take the first one's place."""
    email, first_name = row.cells.get("email", "").casefold(), row.cells["first_name"]
    if not email:
        return None
    owner = next((one.first_name for one in known if one.email.casefold() == email), names.get(email, first_name))
    names.setdefault(email, first_name)
    if owner.casefold() == first_name.casefold():
        return None
    text = _("This address belongs to somebody named %(name)s: each guardian needs an address of their own, or none")
    return Fault(line=row.line, column="E-mail", text=text, values={"name": owner})


def _identity(row: Row) -> object:
    """Who a line is about, within its file."""
    email = row.cells.get("email", "").casefold()
    name = person_key(row.cells["first_name"], row.cells["last_name"])
    return (email, name[0]) if email else name


def _child(row: Row, pupils: Sequence[KnownPupil]) -> tuple[KnownPupil | None, Fault | None]:
    pesel = row.cells.get("pupil_pesel", "")
    if pesel:
        fits = [one for one in pupils if one.pesel == pesel]
        column = "PESEL ucznia"
    else:
        name = person_key(row.cells.get("pupil_first_name", ""), row.cells.get("pupil_last_name", ""))
        place = class_key(row.cells.get("pupil_class", ""))
        fits = [one for one in pupils if person_key(one.first_name, one.last_name) == name]
        fits = [one for one in fits if not place or class_key(one.class_name) == place]
        column = "Nazwisko ucznia"
        if name == ("", ""):
            return None, Fault(line=row.line, column=column, text=_("Name the pupil: PESEL, or name and class"))
    if len(fits) == 1:
        return fits[0], None
    if fits:
        text = _("%(count)s pupils of this school have this name: add the pupil's PESEL number or class")
        return None, Fault(line=row.line, column=column, text=text, values={"count": str(len(fits))})
    return None, Fault(line=row.line, column=column, text=_("The school has no such pupil"))


def _right(row: Row, pupil: KnownPupil, known: Sequence[KnownGuardian]) -> Step:
    email = row.cells.get("email", "").casefold()
    name = person_key(row.cells["first_name"], row.cells["last_name"])
    same = [one for one in known if email and one.email.casefold() == email]
    if not same:
        same = [one for one in known if person_key(one.first_name, one.last_name) == name and one.pupil_id == pupil.id]
    held = next((one for one in same if one.pupil_id == pupil.id), None)
    target = held or (same[0] if same else None)
    wanted = {key: row.cells[key] for key in ("last_name", "first_name", "email", "phone") if row.cells.get(key)}
    for key in ("since", "until"):
        day = day_of(row.cells.get(key, ""))
        if day is not None:
            wanted[key] = day.isoformat()
    if row.cells.get("kind") or held is None:
        wanted["kind"] = KINDS[plain(row.cells.get("kind", ""))]
    was: dict[str, str] = {}
    if target is not None:
        was = {key: getattr(target, key) for key in ("last_name", "first_name", "email", "phone")}
    if held is not None:
        was |= {
            "kind": held.kind,
            "since": held.since.isoformat() if held.since else "",
            "until": held.until.isoformat() if held.until else "",
        }
    differences = _differences(wanted, was)
    return Step(
        line=row.line,
        about="guardian",
        name=f"{row.cells['last_name']} {row.cells['first_name']}",
        place=f"{pupil.last_name} {pupil.first_name}, {pupil.class_name}",
        sort="new" if held is None else "changed" if differences else "same",
        differences=differences,
        target_id=target.id if target else None,
        second_id=held.right_id if held else None,
        values={**wanted, "pupil_id": pupil.id},
    )


def _differences(wanted: dict[str, str], was: dict[str, str]) -> list[Difference]:
    return [
        Difference(field=FIELDS[key], was=was.get(key, ""), now=value)
        for key, value in wanted.items()
        if was.get(key, "") != value
    ]


def plan_staff(
    rows: Sequence[Row],
    faults: Sequence[Fault],
    known: Sequence[KnownStaff],
    *,
    principal: bool,
    own: int | None = None,
) -> Plan:
    """`principal`: whoever imports may give roles that open the whole register. `own`: who it is; nobody their own."""
    found, steps = list(faults), []
    bad = {one.line for one in faults}
    seen: dict[object, int] = {}
    for row in rows:
        if row.line in bad:
            continue
        roles, problem = _roles(row)
        first = seen.setdefault(_identity(row), row.line)
        if problem is None and first != row.line:
            text = _("The same person stands in line %(line)s already")
            problem = Fault(line=row.line, text=text, values={"line": str(first)})
        name = person_key(row.cells["first_name"], row.cells["last_name"])
        email = row.cells.get("email", "").casefold()
        fits = [one for one in known if email and one.email.casefold() == email]
        fits = fits or [one for one in known if person_key(one.first_name, one.last_name) == name]
        if problem is None and len(fits) > 1:
            problem = Fault(line=row.line, column="Nazwisko", text=_("Two people of this school have this name"))
        target = fits[0] if fits else None
        if row.cells.get(ADDED):
            roles = _with(row.cells[ADDED].split(","), target)
        elif not row.cells.get("roles") and target is not None:
            roles = sorted(target.roles)
        if (
            problem is None
            and not principal
            and {"principal", "counsellor"} & (set(roles) ^ set(target.roles if target else []))
        ):
            problem = Fault(line=row.line, column="Role", text=_("Only the principal gives or takes this role"))
        if problem is None and target is not None and target.id == own and set(roles) != set(target.roles):
            problem = Fault(line=row.line, column="Role", text=_("Nobody changes their own roles"))
        if problem is not None:
            found.append(problem)
            continue
        steps.append(_worker(row, roles, target))
    return Plan(steps=steps, faults=sorted(found, key=lambda one: (one.line, one.column)))


def _with(added: Sequence[str], target: KnownStaff | None) -> list[str]:
    """A principal needs no role of the office."""
    had = set(target.roles if target is not None else [])
    return sorted(had | {one for one in added if one != "secretary" or "principal" not in had})


def _roles(row: Row) -> tuple[list[str], Fault | None]:
    words = [plain(word) for word in row.cells.get("roles", "").replace("/", ",").replace("+", ",").split(",")]
    unknown = [word for word in words if word not in ROLES]
    if unknown:
        text = _("«%(word)s» is not known here. Known are: nauczyciel, sekretariat, pedagog, dyrektor")
        return [], Fault(line=row.line, column="Role", text=text, values={"word": row.cells["roles"]})
    return sorted({ROLES[word] for word in words}), None


def _worker(row: Row, roles: list[str], target: KnownStaff | None) -> Step:
    wanted = {key: row.cells[key] for key in ("last_name", "first_name", "short", "email") if row.cells.get(key)}
    wanted["roles"] = ", ".join(roles)
    was: dict[str, str] = {}
    if target is not None:
        was = {key: getattr(target, key) for key in ("last_name", "first_name", "short", "email")}
        was["roles"] = ", ".join(sorted(target.roles))
    differences = _differences(wanted, was)
    return Step(
        line=row.line,
        about="staff",
        name=f"{row.cells['last_name']} {row.cells['first_name']}",
        place=wanted["roles"],
        sort="new" if target is None else "changed" if differences else "same",
        differences=differences,
        target_id=target.id if target else None,
        values=dict(wanted),
    )
