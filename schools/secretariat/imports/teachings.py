"""Teachers' enrolments against the school: which subject, which class or group, what is new of it. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from app.i18n import _
from app.search import folded
from app.tables import Fault, plain
from schools.secretariat.imports.assignments import FILE, Assignment
from schools.secretariat.imports.model import Difference, KnownTeaching, Plan, Step, Taught

LAST_DAY: Final = _("Last day")
KIND: Final = _("Kind of teaching")
HOMEROOM: Final = _("Homeroom teacher")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a line of users.csv is about. `id`: `-line` for one who comes by the same file."""

    id: int
    name: str


def plan_teachings(assignments: Sequence[Assignment], people: Mapping[int, Person], school: Taught) -> Plan:
    """`people`: by the line of users.csv; others have a fault already."""
    steps: list[Step] = []
    faults: list[Fault] = []
    seen: set[tuple[object, ...]] = set()
    for one in assignments:
        person = people.get(one.user_line)
        if person is None:
            continue
        made = _homeroom(one, person, school) if one.is_homeroom else _teaching(one, person, school)
        if isinstance(made, Fault):
            faults.append(made)
            continue
        key = (made.about, *(made.values.get(name) for name in ("class_id", "staff_id", "subject_id", "place")))
        if made.about == "homeroom":
            key = ("homeroom", made.values["class_id"])
        if key in seen:
            if made.about == "homeroom":
                text = _("The class has a homeroom teacher by another line already")
                faults.append(Fault(line=one.line, column=FILE, text=text))
            continue  # the same in another term
        seen.add(key)
        if made.sort != "same" and person.id == school.own and not school.is_principal:
            text = _("Somebody else has to enter what you teach")
            faults.append(Fault(line=one.line, column=FILE, text=text))
            continue
        steps.append(made)
    return Plan(steps=steps, faults=faults)


def _homeroom(one: Assignment, person: Person, school: Taught) -> Step | Fault:
    found = [name for name in school.classes if _named(name, one.title)]
    if len(found) != 1:
        text = _("There is no class «%(name)s» in this school year. There are: %(names)s")
        names = ", ".join(school.classes) or "–"
        return Fault(line=one.line, column=FILE, text=text, values={"name": one.title, "names": names})
    class_id = school.classes[found[0]]
    was_id, was = school.homerooms.get(class_id, (None, ""))
    is_same = was_id == person.id
    return Step(
        line=one.line,
        about="homeroom",
        name=person.name,
        place=found[0],
        sort="same" if is_same else "changed",
        differences=[] if is_same else [Difference(field=HOMEROOM, was=was, now=person.name)],
        values={"class_id": class_id, "staff_id": person.id, "was_id": was_id},
    )


def _teaching(one: Assignment, person: Person, school: Taught) -> Step | Fault:
    found = _place(one, school)
    if isinstance(found, Fault):
        return found
    place, place_name = found
    subject_id = _subject(one, school)
    if subject_id is None:
        text = _("No subject of this school is named by the class «%(title)s». There are: %(names)s")
        names = ", ".join(name for _id, name, _short in school.subjects) or "–"
        return Fault(line=one.line, column=FILE, text=text, values={"title": one.title, "names": names})
    after = school.ends_on + timedelta(days=1)
    until = min(one.until, after) if one.until is not None else None
    held = next(
        (
            known
            for known in school.teachings
            if (known.staff_id, known.subject_id, known.place) == (person.id, subject_id, place)
        ),
        None,
    )
    differences = [] if held is None else _differences(held, one.kind, until)
    subject = next(name for id_, name, _short in school.subjects if id_ == subject_id)
    return Step(
        line=one.line,
        about="teaching",
        name=person.name,
        place=f"{place_name}, {subject}",
        sort="new" if held is None else "changed" if differences else "same",
        differences=differences,
        second_id=held.id if held else None,
        values={
            "staff_id": person.id,
            "subject_id": subject_id,
            "place": place,
            "kind": one.kind,
            "until": (until or (held.until if held and held.until else after)).isoformat(),
        },
    )


def _differences(held: KnownTeaching, kind: str, until: date | None) -> list[Difference]:
    found = []
    if held.kind != kind:
        found.append(Difference(field=KIND, was=held.kind, now=kind))
    if until is not None and held.until != until:
        found.append(Difference(field=LAST_DAY, was=_last(held.until), now=_last(until)))
    return found


def _last(until: date | None) -> str:
    return (until - timedelta(days=1)).isoformat() if until else ""


def _place(one: Assignment, school: Taught) -> tuple[str, str] | Fault:
    """`c1` or `g1` and its name: by the title, or by the pupils where they are all of one class."""
    text = f"{one.title} {one.code}"
    named = [name for name in school.classes if _named(name, text)]
    if not named:
        across = [group for group in school.groups if not group[1] and _named(group[2], text)]
        if len(across) == 1:
            return f"g{across[0][0]}", across[0][2]
        named = [name for name in school.classes if one.part_of and plain(name) == plain(one.part_of)]
    elif one.part_of and plain(one.part_of) not in {plain(name) for name in named}:
        named = []
    if len(named) != 1:
        words = _("Write in the title of «%(title)s» which class or group it is, such as «4a gr. 1 Historia»")
        return Fault(line=one.line, column=FILE, text=words, values={"title": one.title})
    groups = [group for group in school.groups if group[1] == named[0] and _named(group[2], text)]
    if len(groups) > 1:
        longest = max(groups, key=lambda group: len(group[2]))
        groups = [longest] if all(_named(group[2], longest[2]) for group in groups) else groups
    if len(groups) == 1:
        return f"g{groups[0][0]}", f"{named[0]} {groups[0][2]}"
    if groups or not one.is_whole:
        words = _("«%(title)s» is a part of class %(name)s: write the group in its title. There are: %(names)s")
        names = ", ".join(group[2] for group in school.groups if group[1] == named[0]) or "–"
        return Fault(
            line=one.line, column=FILE, text=words, values={"title": one.title, "name": named[0], "names": names}
        )
    return f"c{school.classes[named[0]]}", named[0]


def _subject(one: Assignment, school: Taught) -> int | None:
    """What the class or its course says, else what stands in the title; of several names there the longest."""
    for word in one.subjects:
        for subject_id, name, short in school.subjects:
            if plain(word) and plain(word) in {plain(name), plain(short)}:
                return subject_id
    for word in (*one.subjects, one.title):
        found = [(len(name), subject_id) for subject_id, name, _short in school.subjects if _named(name, word)]
        if found:
            return max(found)[1]
    return None


def _named(name: str, text: str) -> bool:
    """Whether a name stands in a text as words of its own: `4a` in «4 A – Historia» and not in «14a»."""
    parts = re.findall(r"\d+|[a-z]+", folded(name))
    if not parts:
        return False
    pattern = r"[^a-z0-9]*".join(parts)
    return re.search(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", folded(text)) is not None
