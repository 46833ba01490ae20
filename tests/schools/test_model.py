"""Whatever happens to a class, what is counted equals what plain Python counts from the same story.

A machine moves pupils, stands teachers in, cancels, opens, marks, corrects, excuses and voids lessons, on the days of the
clock change too; one transaction a story, rolled back at its end.
"""

import asyncio
import os
from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from app.database import Database, open_pool
from app.errors import Conflict
from schools.grades import rules as grading
from schools.invented.school import BELLS
from schools.register import actions, rules, store
from schools.register.model import DayLessonChanged, Patch
from schools.structure.demo import school_year
from schools.structure.tenancy import school_transaction
from tests.databases import copy_database, drop_database
from tests.local_day import local_day, within_one_day
from tests.portals.dialog.stage import Backplane
from tests.schools.stage import PRINCIPAL

WARSAW = ZoneInfo("Europe/Warsaw")
CATEGORY = {"●": "present", "—": "absent", "u": "absent", "s": "late", "su": "late", "ns": "away", "z": "released"}
EXCUSED = {"u", "su"}
LONGEST_S = 40


class Over(Exception):
    """The story is over: nothing of it stays."""


def clock_changes(year: int) -> list[date]:
    """Last Sundays of October and March of a school year."""
    found = [date(year, 10, 31), date(year + 1, 3, 31)]
    return [day - timedelta(days=day.isoweekday() % 7) for day in found]


class Story(RuleBasedStateMachine):
    run: ClassVar[Any]
    database: ClassVar[Database]
    ids: ClassVar[Any]
    entries: ClassVar[dict[int, list[dict[str, Any]]]]
    """Weekday → entries of both classes and their groups."""
    days: ClassVar[list[date]]

    def __init__(self) -> None:
        super().__init__()
        self.transaction = school_transaction(self.database, self.ids.a.school_id)
        self.tx = self.run(self.transaction.__aenter__())
        first, end = self.ids.first_on, self.ids.last_on + timedelta(days=1)
        self.pupils = [one for built in self.ids.a.classes.values() for one in built.pupils[:4]]
        self.stays = {one: [(built.id, first, end)] for built in self.ids.a.classes.values() for one in built.pupils}
        self.groups = {group: set() for built in self.ids.a.classes.values() for group in built.groups}
        for built in self.ids.a.classes.values():
            half = (len(built.pupils) + 1) // 2
            for place, one in enumerate(built.pupils):
                self.groups[built.groups[place >= half]].add(one)
        self.lessons: dict[int, dict[str, Any]] = {}
        self.plan: dict[tuple[int, date], tuple[str, int]] = {}
        self.changes = Counter[int]()
        self.serial = 0

    def teardown(self) -> None:
        self.run(self.transaction.__aexit__(Over, Over(), None))

    def members(self, lesson: dict[str, Any]) -> set[int]:
        own = self.groups.get(lesson["group_id"])
        if own is None:
            own = {
                one for one, stays in self.stays.items()
                if any(where == lesson["class_id"] and begin <= lesson["day"] < end for where, begin, end in stays)
            }  # fmt: skip
        return own | lesson["marks"].keys()

    @rule(day=st.integers(0, 5), place=st.integers(0, 9))
    def opens(self, day: int, place: int) -> None:
        on = self.days[day % len(self.days)]
        entries = self.entries[on.isoweekday()]
        entry = entries[place % len(entries)]
        kind, stand_in = self.plan.get((entry["id"], on), ("", 0))
        opening = actions.open_in(self.tx, PRINCIPAL, self.ids.a.school_id, entry["id"], on)
        known = next((one for one in self.lessons.values() if (one["entry"], one["day"]) == (entry["id"], on)), None)
        if kind == "cancellation" and known is None:
            with pytest.raises(Conflict):
                self.run(opening)
            return
        lesson = self.run(opening)
        if known is not None:
            assert lesson.id == known["id"]
            return
        begins = datetime.combine(on, time.fromisoformat(BELLS[entry["period"] - 1]), WARSAW)
        assert (lesson.starts_at, lesson.ends_at - lesson.starts_at) == (begins, timedelta(minutes=45))
        assert (lesson.staff_id, lesson.absent_id) == (
            (stand_in, entry["staff_id"]) if kind else (entry["staff_id"], None)
        )
        self.lessons[lesson.id] = {
            "id": lesson.id, "entry": entry["id"], "day": on, "class_id": entry["class_id"], "group_id": entry["group_id"],
            "subject": entry["subject_id"], "marks": {}, "void": False,
        }  # fmt: skip

    @rule(day=st.integers(0, 5), place=st.integers(0, 9), kind=st.sampled_from(["substitution", "cancellation"]))
    def changes_the_plan(self, day: int, place: int, kind: str) -> None:
        on = self.days[day % len(self.days)]
        entry = self.entries[on.isoweekday()][place % len(self.entries[on.isoweekday()])]
        if (entry["id"], on) in self.plan or any(
            (one["entry"], one["day"]) == (entry["id"], on) for one in self.lessons.values()
        ):
            return
        stand_in = next(one for one in self.ids.a.teachers if one != entry["staff_id"])
        self.plan[entry["id"], on] = (kind, stand_in)
        self.run(
            self.tx.execute(
                "INSERT INTO substitution (school_id, on_date, entry_id, kind, absent_id, staff_id)"
                " VALUES (current_school(), $1, $2, $3, $4, $5)",
                on, entry["id"], kind, entry["staff_id"], stand_in if kind == "substitution" else None,
            )
        )  # fmt: skip

    @precondition(lambda self: self.lessons)
    @rule(place=st.integers(0, 20), who=st.lists(st.tuples(st.integers(0, 7), st.sampled_from([*CATEGORY, None])), min_size=1, max_size=4),
          excused=st.sampled_from([None, None, True, False]), stale=st.booleans())  # fmt: skip
    def marks(self, place: int, who: list[tuple[int, str | None]], excused: bool | None, stale: bool) -> None:
        """First marks, corrections, excuses, and marks upon what somebody else has changed meanwhile."""
        lesson = list(self.lessons.values())[place % len(self.lessons)]
        if lesson["void"]:
            return
        patches, expected = [], []
        current = dict(lesson["marks"])
        touched: set[int] = set()
        rev = 1 + max((one["rev"] for one in current.values()), default=0)
        allowed = self.members(lesson)
        for index, code in who:
            pupil = self.pupils[index]
            held = current.get(pupil)
            base = 0 if held is None else lesson["marks"].get(pupil, {"rev": 0})["rev"]
            base += stale
            flag = code is not None and (code in EXCUSED if excused is None else excused)
            self.serial += 1
            patches.append(
                Patch(pupil_id=pupil, type=None if code is None else self.ids.a.types[code], base_rev=base,
                      op_id=f"operation-{self.serial}", excused=excused)
            )  # fmt: skip
            if pupil not in allowed:
                expected.append("refused")
            elif (code is None) if held is None else (held["code"], held["excused"]) == (code, flag):
                expected.append("same")
            elif stale and pupil not in touched:
                expected.append("conflict")
            else:
                expected.append("saved")
                current[pupil] = {"code": code, "excused": flag, "rev": rev}
                touched.add(pupil)
                self.changes[lesson["id"]] += 1
        answer = self.run(actions.mark_in(self.tx, PRINCIPAL, self.ids.a.school_id, lesson["id"], patches, "korekta"))
        assert [one.outcome for one in answer.results] == expected
        lesson["marks"] = current
        if "saved" in expected:  # what dashboards are told is what they would read
            told = [one.event for one in self.tx.outbox if isinstance(one.event, DayLessonChanged)][-1]
            assert told.lesson == self.run(store.day_lesson(self.tx, lesson["id"]))

    @rule(who=st.integers(0, 7), day=st.integers(0, 5))
    def moves(self, who: int, day: int) -> None:
        """To the other class, from a day on."""
        pupil, on = self.pupils[who], self.days[day % len(self.days)]
        where, begin, end = self.stays[pupil][-1]
        if on <= begin:
            return
        other = next(one.id for one in self.ids.a.classes.values() if one.id != where)
        self.stays[pupil] = [*self.stays[pupil][:-1], (where, begin, on), (other, on, end)]
        self.run(
            self.tx.execute(
                "UPDATE class_membership SET during = daterange($2, $3) WHERE pupil_id = $1 AND during @> $3::date",
                pupil,
                begin,
                on,
            )
        )
        self.run(
            self.tx.execute(
                "INSERT INTO class_membership (school_id, pupil_id, class_id, during)"
                " VALUES (current_school(), $1, $2, daterange($3, $4))",
                pupil, other, on, end,
            )
        )  # fmt: skip

    @precondition(lambda self: self.lessons)
    @rule(place=st.integers(0, 20))
    def voids(self, place: int) -> None:
        lesson = list(self.lessons.values())[place % len(self.lessons)]
        lesson["void"] = True
        self.run(self.tx.execute("UPDATE lesson SET state = 'void' WHERE id = $1", lesson["id"]))

    @invariant()
    def lessons_have_their_pupils_and_sums(self) -> None:
        for number, lesson in self.lessons.items():
            rows = self.run(self.tx.records("SELECT pupil_id FROM pupils_of_lesson($1)", number))
            found = [row["pupil_id"] for row in rows]
            assert (len(found), set(found)) == (len(set(found)), self.members(lesson))
            day = self.run(store.day_lesson(self.tx, number))
            said = {one: CATEGORY[mark["code"]] for one, mark in lesson["marks"].items() if mark["code"]}
            counts = Counter(said.values())
            assert (day.expected, day.marked) == (len(found), len(said))
            assert day.present == counts["present"] + counts["late"] + counts["away"]
            assert day.counted == len(said) - counts["released"]
            assert day.absent == sorted(one for one, kind in said.items() if kind == "absent")
            assert day.late == sorted(one for one, kind in said.items() if kind == "late")

    @invariant()
    def percentages_are_those_of_plain_python(self) -> None:
        rows = self.run(self.tx.records("SELECT pupil_id, subject_id, category, excused FROM attendance"))
        for subject in (None, *{lesson["subject"] for lesson in self.lessons.values()}):
            for pupil in self.pupils:
                counts = rules.tally(
                    (row["category"], row["excused"])
                    for row in rows
                    if row["pupil_id"] == pupil and subject in {None, row["subject_id"]}
                )
                told = [
                    lesson["marks"][pupil]
                    for lesson in self.lessons.values()
                    if pupil in lesson["marks"] and not lesson["void"] and subject in {None, lesson["subject"]}
                ]
                assert shown(rules.percent_present(counts)) == plain_percent(told)
                assert counts.excused == sum(
                    one["excused"] and CATEGORY.get(one["code"]) in {"absent", "late"} for one in told
                )

    @invariant()
    def nothing_is_missing_in_the_history(self) -> None:
        rows = self.run(self.tx.records("SELECT lesson_id, count(*) AS count FROM attendance_history GROUP BY 1"))
        assert {row["lesson_id"]: row["count"] for row in rows} == {key: n for key, n in self.changes.items() if n}


def shown(percent: Decimal | None) -> str:
    return "" if percent is None else str(percent.quantize(Decimal("0.01"), ROUND_HALF_UP))


def plain_percent(marks: list[dict[str, Any]]) -> str:
    """(● + s + su + ns) / (● + s + su + ns + — + u), half up, said in integers."""
    there = sum(one["code"] in {"●", "s", "su", "ns"} for one in marks)
    away = sum(one["code"] in {"—", "u"} for one in marks)
    if there + away == 0:
        return ""
    hundredths = (2 * 10_000 * there + there + away) // (2 * (there + away))
    return f"{hundredths // 100}.{hundredths % 100:02}"


def test_every_story_counts_as_plain_python_does(postgres_url, schools_template):
    template, ids = schools_template
    name = f"gryf_story_{os.getpid()}"
    with asyncio.Runner() as runner:
        url = runner.run(copy_database(postgres_url, name, template))
        pool = runner.run(open_pool(url, 2))
        Story.run, Story.database, Story.ids = staticmethod(runner.run), Database(pool, Backplane()), ids
        runner.run(within_one_day(LONGEST_S))
        today = local_day()
        known = [*clock_changes(school_year(today)), *(today - timedelta(days=back) for back in (0, 1, 7, 30))]
        Story.days = sorted({day for day in known if ids.first_on <= day <= today})
        Story.entries = runner.run(entries_of(Story.database, ids))
        try:
            run_state_machine_as_test(
                Story,
                settings=settings(
                    max_examples=25,
                    stateful_step_count=14,
                    deadline=None,
                    phases=(Phase.generate,),  # a story is short: looking for a shorter one would take minutes
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(pool.close())
            runner.run(drop_database(postgres_url, name))


async def entries_of(database: Database, ids: Any) -> dict[int, list[dict[str, Any]]]:
    """Entries of 4a and its groups, one of 5a; each subject twice a day at least once in the week."""
    async with school_transaction(database, ids.a.school_id) as tx:
        rows = await tx.records(
            "SELECT e.id, e.weekday, e.period, e.class_id, e.group_id, e.subject_id, e.staff_id FROM timetable_entry e"
            " LEFT JOIN school_group g ON g.id = e.group_id WHERE coalesce(e.class_id, g.class_id) = ANY($1) ORDER BY e.id",
            [one.id for one in ids.a.classes.values()],
        )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["weekday"], []).append(dict(row))
    days = [
        Counter((one["class_id"], one["subject_id"]) for one in entries if one["class_id"])
        for entries in found.values()
    ]
    assert any(count > 1 for day in days for count in day.values()), "no subject is taught twice a day"
    return {day: sorted(entries, key=lambda one: (one["subject_id"], one["id"])) for day, entries in found.items()}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([Decimal(one) for one in ("0", "1", "2.5", "3", "10")]),
            st.lists(st.sampled_from(["1", "2", "3+", "4-", "4", "5", "6", "np", "bz", None]), max_size=3),
        ),
        max_size=6,
    ),
    st.sampled_from(["last", "better", "both"]),
)
def test_averages_are_those_of_plain_python(columns, resit):
    plain = {"1": 1, "2": 2, "3+": Fraction(333, 100), "4-": Fraction(367, 100), "4": 4, "5": 5, "6": 6}
    rules_of_school = grading.GradeSettings(resit=resit)
    total = weights = Fraction(0)
    counted: list[Fraction] = []
    marks: list[tuple[Decimal, Decimal]] = []
    for weight, texts in columns:
        marks += [(value, weight) for value in grading.counting(texts, rules_of_school)]
        values = [Fraction(plain[text]) for text in texts if text in plain]
        if values and resit != "both":
            values = [values[-1] if resit == "last" else max(values)]
        counted += values
        total += sum((value * Fraction(weight) for value in values), Fraction(0))
        weights += Fraction(weight) * len(values)
    found = grading.average(marks)
    if not counted:
        assert found is None
    else:
        wanted = total / weights if weights else sum(counted, Fraction(0)) / len(counted)
        assert abs(Fraction(found) - wanted) < Fraction(1, 10**20)
