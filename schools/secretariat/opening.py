"""A school begins: its row, its first year, the usual kinds of attendance and bells, and who leads it.

Run by the city's operator (`run.py school add`); everything else is then done by the school's own people.
"""

from datetime import date, time
from typing import Annotated, Final

import msgspec

from app.actor import SYSTEM
from app.database import Database
from app.errors import Invalid
from app.identity.actions import find_account
from schools.register.rules import USUAL_TYPES
from schools.structure import bulk_store
from schools.structure import store as structure
from schools.structure.model import SchoolKind
from schools.structure.tenancy import enter_school

BELLS: Final = (
    *((time(8), time(8, 45)), (time(8, 55), time(9, 40)), (time(9, 50), time(10, 35)), (time(10, 45), time(11, 30))),
    *((time(11, 50), time(12, 35)), (time(12, 55), time(13, 40)), (time(13, 50), time(14, 35))),
    (time(14, 45), time(15, 30)),
)
"""The usual ones, to be changed by the school."""


class NewSchool(msgspec.Struct, frozen=True, kw_only=True):
    """`year`: in which its first school year begins. `principal`: login of an account that is there."""

    name: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]
    short_name: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    kind: SchoolKind
    number: int | None
    rspo: str | None
    year: Annotated[int, msgspec.Meta(ge=2000, le=2200)]
    principal: str
    time_zone: str


async def open_school(database: Database, new: NewSchool) -> int:
    """Its id. Raises `NotFound` for an unknown account, `Invalid` where the school is there already."""
    account = await find_account(database, new.principal)
    first, _sign, last = account.name.rpartition(" ")
    async with database.transaction() as tx:
        if any(one.name == new.name or (new.rspo and one.rspo == new.rspo) for one in await structure.schools(tx)):
            raise Invalid("There is a school of this name or number already")
        school_id = await bulk_store.add_school(
            tx, new.name, new.short_name, new.kind, number=new.number, rspo=new.rspo, time_zone=new.time_zone
        )
        await enter_school(tx, school_id)
        await bulk_store.add_year(
            tx,
            f"{new.year}/{new.year + 1}",
            date(new.year, 9, 1),
            date(new.year + 1, 2, 1),
            date(new.year + 1, 8, 31),
        )
        await bulk_store.insert_many(
            tx,
            "attendance_type",
            dict(zip(("code", "name", "category", "excused", "key", "position"), TYPES, strict=True)),
            [(*one, place) for place, one in enumerate(USUAL_TYPES, start=1)],
        )
        schedule_id = await bulk_store.add_bell_schedule(tx, "Zwykłe dzwonki")
        await bulk_store.insert_many(
            tx,
            "bell",
            {"schedule_id": "bigint", "period": "smallint", "starts": "time", "ends": "time"},
            [(schedule_id, period, *hours) for period, hours in enumerate(BELLS, start=1)],
            with_id=False,
        )
        [staff_id] = await bulk_store.insert_many(
            tx,
            "staff",
            {"first_name": "text", "last_name": "text", "short": "text"},
            [(first or last, last, f"{first[:1]}{last[:2]}")],
        )
        await bulk_store.set_roles(tx, staff_id, ["principal"])
        await bulk_store.bind_account(tx, "staff", staff_id, account.id)
        await structure.leave_tenant(tx)
        await tx.audit(SYSTEM, "school.open", f"school/{school_id}", name=new.name, principal=account.login)
        return school_id


TYPES: Final = ("text", "text", "text", "boolean", "text", "smallint")
