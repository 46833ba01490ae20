"""Two small schools, built once a worker and copied for each test that asks for `stage`.

async def test_x(stage):                                  # from tests/schools/conftest.py
    lesson = await stage.opened(TEACHER)                  # a lesson of today's plan, opened by its teacher
    await stage.mark(TEACHER, lesson, {pupil_id: "—"})    # by the types' codes
    async with stage.inside() as tx: …                    # SQL as the application reads it: inside school A
    stage.backplane.of(room)                              # events

School A: 4a and 5a with 25 pupils each, B: 4a with 25. Every day of the week is taught, so tests run on Sundays too,
and the school year goes on for two months, so they run on 31 August.
"""

from contextlib import asynccontextmanager
from datetime import date

import msgspec

from app.actor import Actor, Grant
from app.database import Database
from schools.invented.school import Built, SchoolPlan, build_school
from schools.register import actions, store
from schools.register.model import Lesson, MarkAnswer, Patch
from schools.structure import bulk_store
from schools.structure import store as structure
from schools.structure.demo import school_year
from schools.structure.tenancy import school_transaction
from schools.timetable import store as timetable
from tests.local_day import local_day
from tests.portals.dialog.stage import Backplane

TEACHER = Actor(account_id=1, name="Katarzyna Lewandowska", login="teacher")
"""Mathematics in 4a and 5a, every day."""
HOMEROOM = Actor(account_id=2, name="Marcin Wolny", login="homeroom")
"""Of 4a, and its Polish."""
OTHER_TEACHER = Actor(account_id=3, name="Ewa Żółć", login="other")
"""Of 5a: homeroom and Polish; nothing in 4a."""
PRINCIPAL = Actor(account_id=4, name="Hanna Stępień", login="principal")
SECRETARY = Actor(account_id=5, name="Bożena Cieślak", login="secretary")
COUNSELLOR = Actor(account_id=6, name="Łucja Sadowa", login="counsellor")
PARENT = Actor(account_id=7, name="Tomasz Zawada", login="parent")
"""Of `stage.child` (4a of A) and `stage.child_b` (4a of B)."""
PUPIL = Actor(account_id=8, name="Hania Zawada", login="pupil")
"""`stage.child`."""
STRANGER = Actor(account_id=9, name="Jan Wrona", login="stranger")
FOREIGN_TEACHER = Actor(account_id=10, name="Paweł Sowa", login="teacher.b")
FOREIGN_PRINCIPAL = Actor(account_id=11, name="Rafał Gajda", login="principal.b")
DEPARTMENT = Actor(
    account_id=12, name="Renata Morska", login="department", grants=(Grant("education_department", "1"),)
)
NOBODY = Actor()
PEOPLE = (
    TEACHER,
    HOMEROOM,
    OTHER_TEACHER,
    PRINCIPAL,
    SECRETARY,
    COUNSELLOR,
    PARENT,
    PUPIL,
    STRANGER,
    FOREIGN_TEACHER,
    FOREIGN_PRINCIPAL,
    DEPARTMENT,
)
OUTSIDERS = (NOBODY, STRANGER, FOREIGN_TEACHER, FOREIGN_PRINCIPAL, DEPARTMENT)


class Ids(msgspec.Struct, frozen=True):
    """What the template holds."""

    a: Built
    b: Built
    first_on: date
    last_on: date
    """Of the school year."""


async def build(database: Database) -> Ids:
    """Fills the template."""
    async with database.transaction() as tx:
        for actor in PEOPLE:
            found = await tx.value(
                "INSERT INTO account (login, name, email, folded) VALUES ($1, $2, $3, lower($2)) RETURNING id",
                actor.login,
                actor.name,
                f"{actor.login}@gryf.example",
            )
            assert found == actor.account_id
        today = local_day()
        plan_a = SchoolPlan(
            name="Szkoła A",
            short_name="A",
            classes=("4a", "5a"),
            pupils=25,
            year=school_year(today),
            days=7,
            around=today,
        )
        a = await build_school(tx, plan_a)
        for kind, person, actor in (
            ("staff", a.mathematicians[0], TEACHER),
            ("staff", a.classes["4a"].homeroom_id, HOMEROOM),
            ("staff", a.classes["5a"].homeroom_id, OTHER_TEACHER),
            ("staff", a.principal_id, PRINCIPAL),
            ("staff", a.secretary_id, SECRETARY),
            ("staff", a.counsellor_id, COUNSELLOR),
            ("guardian", a.guardians[a.classes["4a"].pupils[3]], PARENT),
            ("pupil", a.classes["4a"].pupils[3], PUPIL),
        ):
            await bulk_store.bind_account(tx, kind, person, actor.account_id)
        await structure.leave_tenant(tx)
        b = await build_school(
            tx, msgspec.structs.replace(plan_a, name="Szkoła B", short_name="B", classes=("4a",), seed=7)
        )
        await bulk_store.bind_account(tx, "staff", b.mathematicians[0], FOREIGN_TEACHER.account_id)
        await bulk_store.bind_account(tx, "staff", b.principal_id, FOREIGN_PRINCIPAL.account_id)
        await bulk_store.bind_account(tx, "guardian", b.guardians[b.classes["4a"].pupils[5]], PARENT.account_id)
        await structure.leave_tenant(tx)
    return Ids(a, b, plan_a.first_on, plan_a.last_on)


class Stage:
    """A copy of the two schools for one test."""

    def __init__(self, database: Database, ids: Ids):
        self.database = database
        self.backplane = database.backplane = Backplane()
        self.a, self.b, self.today = ids.a, ids.b, local_day()
        self.first_on, self.last_on = ids.first_on, ids.last_on
        self.school_id = self.a.school_id
        self.child = self.a.classes["4a"].pupils[3]
        self.child_b = self.b.classes["4a"].pupils[5]

    def inside(self, school_id: int | None = None):
        """A transaction of the application's role inside a school (A)."""
        return school_transaction(self.database, school_id or self.school_id)

    @asynccontextmanager
    async def as_application(self):
        """The application's role with no school entered."""
        async with self.database.transaction() as tx:
            await structure.set_tenant(tx, "gryf_schools", school="", account="")
            yield tx

    async def planned(self, built: Built | None = None, class_name: str = "4a", subject: str = "Matematyka"):
        """Today's plan of a class in a subject: whole-class lessons."""
        built = built or self.a
        async with self.inside(built.school_id) as tx:
            day = await timetable.planned_for_class(tx, built.classes[class_name].id, self.today)
        return next(one for one in day if one.subject == subject)

    async def opened(self, actor: Actor = TEACHER, class_name: str = "4a", subject: str = "Matematyka") -> Lesson:
        planned = await self.planned(class_name=class_name, subject=subject)
        return await actions.open_lesson(self.database, actor, self.school_id, planned.entry_id, self.today)

    async def mark(
        self, actor: Actor, lesson: Lesson, codes: dict[int, str | None], *, op: str = "operation", **more
    ) -> MarkAnswer:
        """Each pupil with a type's code, upon what stands now; `more`: other fields of the patches, `reason`."""
        reason = more.pop("reason", "")
        async with self.inside() as tx:
            revs = {row.pupil_id: row.mark.rev for row in await store.grid(tx, lesson.id) if row.mark}
        patches = [
            Patch(
                pupil_id=pupil_id,
                type=self.a.types[code] if code else None,
                op_id=f"{op}-{pupil_id}",
                **{"base_rev": revs.get(pupil_id, 0), **more},
            )
            for pupil_id, code in codes.items()
        ]
        return await actions.mark(self.database, actor, self.school_id, lesson.id, patches, reason)

    async def audited(self) -> list[str]:
        async with self.database.transaction() as tx:
            return [row["action"] for row in await tx.records("SELECT action FROM audit_entry ORDER BY id")]
