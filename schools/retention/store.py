"""SQL of keeping and erasing. Run inside a school, school after school."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from app.database import Tx
from schools.retention.model import Erasure, Keep, Rule, Year

_ERASURE = "id, school_id, keep, year_id, kept_years, ground, decided_by, decided_at, done_at, counts, rev"


async def table_rules(tx: Tx) -> list[Rule]:
    """In the order in which rows go."""
    return await tx.all(Rule, "SELECT name, keep FROM school_retention_rule ORDER BY place")


async def today(tx: Tx) -> date:
    found: date = await tx.value("SELECT school_today()")
    return found


async def years(tx: Tx) -> list[Year]:
    """Oldest first."""
    return await tx.all(
        Year,
        "SELECT y.id, y.name, y.ends_on, (SELECT count(*) FROM school_class c WHERE c.year_id = y.id) AS classes,"
        " (SELECT count(DISTINCT m.pupil_id) FROM school_class c JOIN class_membership m ON m.class_id = c.id"
        "   WHERE c.year_id = y.id) AS pupils, (SELECT count(*) FROM school_last_pupils(y.id)) AS last_pupils"
        " FROM school_year y WHERE y.school_id = current_school() ORDER BY y.ends_on",
    )


async def year(tx: Tx, year_id: int) -> Year | None:
    return next((one for one in await years(tx) if one.id == year_id), None)


async def erasures(tx: Tx) -> list[Erasure]:
    return await tx.all(Erasure, f"SELECT {_ERASURE} FROM school_erasure ORDER BY id DESC")


async def undone(tx: Tx) -> list[Erasure]:
    """Registers first, oldest years first: pupils go after the registers of their years."""
    return await tx.all(
        Erasure,
        "SELECT e.id, e.school_id, e.keep, e.year_id, e.kept_years, e.ground, e.decided_by, e.decided_at, e.done_at,"
        " e.counts, e.rev FROM school_erasure e JOIN school_year y ON y.id = e.year_id WHERE e.done_at IS NULL"
        " ORDER BY e.keep DESC, y.ends_on",
    )


async def add_erasure(
    tx: Tx, keep: Keep, year_id: int, kept_years: int, ground: str, decided_by: str
) -> Erasure | None:
    """None where there is a decision already."""
    return await tx.maybe(
        Erasure,
        "INSERT INTO school_erasure (school_id, keep, year_id, kept_years, ground, decided_by)"
        f" VALUES (current_school(), $1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING {_ERASURE}",
        keep,
        year_id,
        kept_years,
        ground,
        decided_by,
    )


async def take_back(tx: Tx, erasure_id: int) -> Erasure | None:
    """None where it is no more, or done."""
    return await tx.maybe(
        Erasure, f"DELETE FROM school_erasure WHERE id = $1 AND done_at IS NULL RETURNING {_ERASURE}", erasure_id
    )


async def erase(tx: Tx, erasure_id: int) -> None:
    """Carries out a decision, with the owner's rights; raises where its time is not over after all."""
    await tx.value("SELECT school_erase($1)", erasure_id)


async def erasure(tx: Tx, erasure_id: int) -> Erasure | None:
    return await tx.maybe(Erasure, f"SELECT {_ERASURE} FROM school_erasure WHERE id = $1", erasure_id)


async def files(tx: Tx) -> list[UUID]:
    """All that the school's letters and archives hold."""
    rows = await tx.records(
        "SELECT DISTINCT f.file_id FROM message_file f"
        " UNION SELECT a.file_id FROM school_archive a WHERE a.file_id IS NOT NULL"
    )
    return [row["file_id"] for row in rows]


async def still_held(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Those of the files that something still names."""
    rows = await tx.records(
        "SELECT file_id FROM message_file WHERE file_id = ANY ($1::uuid[])"
        " UNION SELECT file_id FROM school_archive WHERE file_id = ANY ($1::uuid[])",
        list(ids),
    )
    return {row["file_id"] for row in rows}
