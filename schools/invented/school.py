"""Puts a whole invented school into the database: for demonstrations and for tests. A few statements a table."""

from datetime import date, time, timedelta
from typing import Final

import msgspec
from asyncpg import Range

from app.database import Tx
from schools.invented.calendar import days_off
from schools.invented.people import People
from schools.invented.plan import SPLIT, SUBJECTS, Slot, staffing, week
from schools.register.rules import USUAL_TYPES
from schools.structure import bulk_store
from schools.structure.rules import polish_key
from schools.structure.tenancy import enter_school

BELLS: Final = ("08:00", "08:55", "09:50", "10:45", "11:50", "12:55", "13:50", "14:45")
LESSON: Final = timedelta(minutes=45)
REACH: Final = timedelta(days=60)


class SchoolPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is built. `classes`: names of level and letter, `4a`; `days`: taught days of a week from Monday."""

    name: str
    short_name: str
    kind: str = "primary"
    number: int | None = None
    rspo: str | None = None
    classes: tuple[str, ...]
    pupils: int
    """In each class, give or take one."""
    year: int
    """In which the school year begins."""
    seed: int = 1
    small: bool = True
    days: int = 5
    time_zone: str = "Europe/Warsaw"
    around: date | None = None
    """The year is longer than usual where it must be to reach two months before and after this day."""

    @property
    def first_on(self) -> date:
        usual = date(self.year, 9, 1)
        return min(usual, self.around - REACH) if self.around else usual

    @property
    def last_on(self) -> date:
        usual = date(self.year + 1, 8, 31)
        return max(usual, self.around + REACH) if self.around else usual


class BuiltClass(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    homeroom_id: int
    pupils: tuple[int, ...]
    """In the order of their numbers."""
    groups: tuple[int, int]


class Built(msgspec.Struct, frozen=True, kw_only=True):
    """What was built: ids. `office`: principal, secretary, counsellor."""

    school_id: int
    year_id: int
    version_id: int
    teachers: tuple[int, ...]
    mathematicians: tuple[int, ...]
    principal_id: int
    secretary_id: int
    counsellor_id: int
    classes: dict[str, BuiltClass]
    guardians: dict[int, int]
    """Pupil → one guardian."""
    subjects: dict[str, int]
    types: dict[str, int]
    """Code → id."""


async def build_school(tx: Tx, plan: SchoolPlan) -> Built:
    """A school with people, timetable and types of attendance, and no lesson held. The transaction is inside of it."""
    people = People(plan.seed)
    school_id = await bulk_store.add_school(
        tx, plan.name, plan.short_name, plan.kind, number=plan.number, rspo=plan.rspo, time_zone=plan.time_zone
    )
    await enter_school(tx, school_id)
    name = f"{plan.year}/{plan.year + 1}"
    year_id = await bulk_store.add_year(tx, name, plan.first_on, date(plan.year + 1, 2, 1), plan.last_on)
    who = staffing(plan.classes, small=plan.small)
    teachers = await _staff(tx, people, who.count, ["teacher"])
    principal_id, secretary_id, counsellor_id = [
        (await _staff(tx, people, 1, [role]))[0] for role in ("principal", "secretary", "counsellor")
    ]
    if not plan.small:
        teachers += await _staff(tx, people, 6, ["teacher"])  # library, day room, support
    subjects = await _named(tx, "subject", SUBJECTS)
    homeroom = {name: teachers[place] for name, place in who.homeroom.items()}
    classes = await _classes(tx, plan, people, year_id, homeroom)
    guardians = await _guardians(tx, people, [one for built in classes.values() for one in built.pupils])
    types = await bulk_store.insert_many(
        tx,
        "attendance_type",
        {
            "code": "text",
            "name": "text",
            "category": "text",
            "excused": "boolean",
            "key": "text",
            "position": "smallint",
        },
        [(*one, place) for place, one in enumerate(USUAL_TYPES, start=1)],
    )
    version_id = await _timetable(tx, plan, year_id, week(plan.classes, who, plan.days), teachers, classes, subjects)
    return Built(
        school_id=school_id,
        year_id=year_id,
        version_id=version_id,
        teachers=tuple(teachers),
        mathematicians=tuple(teachers[place] for place in who.pools["Matematyka"]),
        principal_id=principal_id,
        secretary_id=secretary_id,
        counsellor_id=counsellor_id,
        classes=classes,
        guardians=guardians,
        subjects=subjects,
        types={one[0]: id_ for one, id_ in zip(USUAL_TYPES, types, strict=True)},
    )


async def _staff(tx: Tx, people: People, count: int, roles: list[str]) -> list[int]:
    rows = []
    for _number in range(count):
        first, last = people.person()
        rows.append((first, last, first[0] + last[:2], ",".join(roles)))
    ids = await bulk_store.insert_many(
        tx, "staff", {"first_name": "text", "last_name": "text", "short": "text"}, [row[:3] for row in rows]
    )
    if roles != ["teacher"]:
        for one in ids:
            await bulk_store.set_roles(tx, one, roles)
    return ids


async def _named(tx: Tx, table: str, names: dict[str, str]) -> dict[str, int]:
    rows = [(name, short, place) for place, (name, short) in enumerate(names.items(), start=1)]
    ids = await bulk_store.insert_many(tx, table, {"name": "text", "short": "text", "position": "smallint"}, rows)
    return dict(zip(names, ids, strict=True))


async def _classes(
    tx: Tx, plan: SchoolPlan, people: People, year_id: int, homeroom: dict[str, int]
) -> dict[str, BuiltClass]:
    class_ids = await bulk_store.insert_many(
        tx,
        "school_class",
        {"year_id": "bigint", "level": "smallint", "letter": "text", "homeroom_id": "bigint", "building": "text"},
        [(year_id, int(name[0]), name[1:], homeroom[name], "A" if int(name[0]) > 3 else "B") for name in plan.classes],
    )
    rows: list[tuple[object, ...]] = []
    place_of: list[tuple[str, int]] = []
    for index, name in enumerate(plan.classes):
        size = plan.pupils + (index % 3 - 1 if not plan.small else 0)
        drawn = [people.pupil(plan.year - 6 - int(name[0]), index * 40 + number) for number in range(size)]
        # numbers in the register follow Polish order, as a secretary would give them
        drawn.sort(key=lambda one: (polish_key(one[1]), polish_key(one[0])))
        for number, (given, last, born, pesel) in enumerate(drawn, start=1):
            rows.append((given, last, born, pesel))
            place_of.append((name, number))
    pupil_ids = await bulk_store.insert_many(
        tx, "pupil", {"first_name": "text", "last_name": "text", "born_on": "date", "pesel": "text"}, rows
    )
    id_of = dict(zip(plan.classes, class_ids, strict=True))
    during = Range(plan.first_on, plan.last_on + timedelta(days=1))
    await bulk_store.insert_many(
        tx,
        "class_membership",
        {"pupil_id": "bigint", "class_id": "bigint", "during": "daterange", "number": "smallint"},
        [(one, id_of[name], during, number) for one, (name, number) in zip(pupil_ids, place_of, strict=True)],
    )
    group_ids = await bulk_store.insert_many(
        tx,
        "school_group",
        {"year_id": "bigint", "class_id": "bigint", "name": "text"},
        [(year_id, id_of[name], f"gr. {number}") for name in plan.classes for number in (1, 2)],
    )
    built: dict[str, BuiltClass] = {}
    members: list[tuple[object, ...]] = []
    for index, name in enumerate(plan.classes):
        pupils = tuple(one for one, (where, _n) in zip(pupil_ids, place_of, strict=True) if where == name)
        groups = (group_ids[2 * index], group_ids[2 * index + 1])
        half = (len(pupils) + 1) // 2
        members += [(one, groups[0 if place < half else 1], during) for place, one in enumerate(pupils)]
        built[name] = BuiltClass(id=id_of[name], name=name, homeroom_id=homeroom[name], pupils=pupils, groups=groups)
    await bulk_store.insert_many(
        tx, "group_membership", {"pupil_id": "bigint", "group_id": "bigint", "during": "daterange"}, members
    )
    return built


async def _guardians(tx: Tx, people: People, pupils: list[int]) -> dict[int, int]:
    rows = [(*people.person(), f"59 800 {number // 100:02} {number % 100:02}") for number in range(len(pupils))]
    ids = await bulk_store.insert_many(
        tx, "guardian", {"first_name": "text", "last_name": "text", "phone": "text"}, rows
    )
    await bulk_store.insert_many(
        tx,
        "guardianship",
        {"guardian_id": "bigint", "pupil_id": "bigint"},
        list(zip(ids, pupils, strict=True)),
    )
    return dict(zip(pupils, ids, strict=True))


async def _timetable(
    tx: Tx,
    plan: SchoolPlan,
    year_id: int,
    slots: list[Slot],
    teachers: list[int],
    classes: dict[str, BuiltClass],
    subjects: dict[str, int],
) -> int:
    rooms = await _bells_and_rooms(tx, plan)
    version_id = await bulk_store.add_version(tx, year_id, "Plan od września", plan.first_on)
    taught = [_target(classes[slot.level_letter], slot) for slot in slots]
    await bulk_store.insert_many(
        tx,
        "timetable_entry",
        {
            "version_id": "bigint",
            "weekday": "smallint",
            "period": "smallint",
            "class_id": "bigint",
            "group_id": "bigint",
            "subject_id": "bigint",
            "staff_id": "bigint",
            "room_id": "bigint",
        },
        [
            (
                version_id,
                slot.weekday,
                slot.period,
                class_id,
                group_id,
                subjects[slot.subject],
                teachers[slot.teacher],
                rooms[slot.teacher % len(rooms)],
            )
            for slot, (class_id, group_id) in zip(slots, taught, strict=True)
        ],
    )
    await _teaching(tx, slots, taught, teachers, subjects)
    await bulk_store.publish_version(tx, version_id)
    return version_id


async def _teaching(
    tx: Tx,
    slots: list[Slot],
    taught: list[tuple[int | None, int | None]],
    teachers: list[int],
    subjects: dict[str, int],
) -> None:
    pairs = {
        (teachers[slot.teacher], subjects[slot.subject], class_id, group_id)
        for slot, (class_id, group_id) in zip(slots, taught, strict=True)
    }
    await bulk_store.insert_many(
        tx,
        "teaching",
        {"staff_id": "bigint", "subject_id": "bigint", "class_id": "bigint", "group_id": "bigint"},
        sorted(pairs, key=str),
    )


async def _bells_and_rooms(tx: Tx, plan: SchoolPlan) -> list[int]:
    """Rooms' ids."""
    schedule_id = await bulk_store.add_bell_schedule(tx, "Zwykłe dzwonki")
    starts = [time.fromisoformat(clock) for clock in BELLS]
    await bulk_store.insert_many(
        tx,
        "bell",
        {"schedule_id": "bigint", "period": "smallint", "starts": "time", "ends": "time"},
        [(schedule_id, number, one, _later(one)) for number, one in enumerate(starts, start=1)],
        with_id=False,
    )
    await bulk_store.insert_many(
        tx, "school_day", {"on_date": "date", "is_off": "boolean", "name": "text"}, _days_off(plan), with_id=False
    )
    return await bulk_store.insert_many(
        tx, "room", {"name": "text", "building": "text"}, [(str(100 + n), "A" if n < 20 else "B") for n in range(1, 33)]
    )


def _target(built: BuiltClass, slot: Slot) -> tuple[int | None, int | None]:
    if slot.group and slot.subject in SPLIT:
        return None, built.groups[slot.group - 1]
    return built.id, None


def _later(start: time) -> time:
    minutes = start.hour * 60 + start.minute + int(LESSON.total_seconds()) // 60
    return time(minutes // 60, minutes % 60)


def _days_off(plan: SchoolPlan) -> list[tuple[date, bool, str]]:
    """None where a test teaches all week."""
    return [] if plan.days > 5 else [(day, True, name) for day, name in days_off(plan.year)]
