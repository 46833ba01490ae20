"""A roster against the school: pupils first, then guardians, of new pupils too, then staff and what they teach."""

from collections.abc import Mapping, Sequence

import msgspec

from schools.secretariat.imports.model import KnownGuardian, KnownPupil, KnownStaff, Plan, Step, Taught
from schools.secretariat.imports.others import plan_guardians, plan_staff
from schools.secretariat.imports.pupils import plan_pupils
from schools.secretariat.imports.roster import PUPIL_LINE, Roster
from schools.secretariat.imports.teachings import Person, plan_teachings


def plan_roster(
    roster: Roster,
    pupils: Sequence[KnownPupil],
    guardians: Sequence[KnownGuardian],
    staff: Sequence[KnownStaff],
    school: Taught,
) -> Plan:
    """One plan of all; what is wrong with a pupil is told once and not again for each guardian."""
    children = plan_pupils(roster.pupils, roster.faults, pupils, school.classes)
    bad = {one.line for one in children.faults}
    rights = plan_guardians(
        [one for one in roster.guardians if one.line not in bad and int(one.cells[PUPIL_LINE]) not in bad],
        [],
        guardians,
        [_expected(step, pupils) for step in children.steps],
    )
    workers = plan_staff(
        [one for one in roster.staff if one.line not in bad], [], staff, principal=school.is_principal, own=school.own
    )
    taught = plan_teachings(roster.assignments, _people(workers.steps), school)
    faults = [*children.faults, *rights.faults, *workers.faults, *taught.faults]
    return Plan(
        steps=[*children.steps, *rights.steps, *workers.steps, *taught.steps],
        faults=sorted(faults, key=lambda one: (one.line, one.column)),
    )


def _people(steps: Sequence[Step]) -> Mapping[int, Person]:
    return {one.line: Person(id=one.target_id or -one.line, name=one.name) for one in steps}


def _expected(step: Step, pupils: Sequence[KnownPupil]) -> KnownPupil:
    """The pupil as after the step; a new one has `-line` for an id until it is written."""
    known = next((one for one in pupils if one.id == step.target_id), None)
    said = {key: str(step.values[key]) for key in ("first_name", "last_name", "pesel") if step.values.get(key)}
    place = {"class_id": int(step.values["class_id"] or 0), "class_name": step.place}
    if known is not None:
        return msgspec.structs.replace(known, **said, **place)
    blank = {"second_name": "", "pesel": None, "born_on": None, "email": "", "left_on": None, "number": None}
    return KnownPupil(id=-step.line, **{**blank, **said, **place})  # type: ignore[arg-type]  # names of its fields
