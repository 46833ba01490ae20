"""SQL of drafts. Run inside a school (`tenancy.enter_school`)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from app.database import Tx
from schools.structure.bulk_store import insert_many
from schools.timetable.drafts.model import Entry, EntryDraft, Overlaps, VersionRow

_VERSION = (
    "SELECT v.id, v.year_id, v.name, v.valid_from, v.published_at, v.rev,"
    " (SELECT count(*) FROM timetable_entry e WHERE e.version_id = v.id) AS entries, y.name AS year,"
    " y.starts_on AS year_starts_on, y.ends_on AS year_ends_on"
    " FROM timetable_version v JOIN school_year y ON y.id = v.year_id"
)
_ENTRY = (
    "SELECT e.id, e.weekday, e.period, e.week, e.class_id, e.group_id, e.subject_id, e.staff_id, e.second_staff_id,"
    " e.room_id, coalesce(e.class_id, g.class_id) AS of_class_id, concat_ws(' ', coalesce(c.name, gc.name), g.name)"
    " AS target, j.name AS subject, t.first_name || ' ' || t.last_name AS staff,"
    " coalesce(u.first_name || ' ' || u.last_name, '') AS second_staff, coalesce(r.name, '') AS room"
    " FROM timetable_entry e JOIN subject j ON j.id = e.subject_id JOIN staff t ON t.id = e.staff_id"
    " LEFT JOIN staff u ON u.id = e.second_staff_id LEFT JOIN school_class c ON c.id = e.class_id"
    " LEFT JOIN school_group g ON g.id = e.group_id LEFT JOIN school_class gc ON gc.id = g.class_id"
    " LEFT JOIN room r ON r.id = e.room_id"
)
COLUMNS: Final = {
    "version_id": "bigint",
    "weekday": "smallint",
    "period": "smallint",
    "week": "text",
    "class_id": "bigint",
    "group_id": "bigint",
    "subject_id": "bigint",
    "staff_id": "bigint",
    "second_staff_id": "bigint",
    "room_id": "bigint",
}


async def versions(tx: Tx) -> list[VersionRow]:
    return await tx.all(VersionRow, f"{_VERSION} ORDER BY v.published_at IS NULL DESC, v.valid_from DESC, v.id DESC")


async def version(tx: Tx, version_id: int, *, lock: bool = False) -> VersionRow | None:
    sql = f"{_VERSION} WHERE v.id = $1" + (" FOR UPDATE OF v" if lock else "")
    return await tx.maybe(VersionRow, sql, version_id)


async def add_version(tx: Tx, year_id: int, name: str, valid_from: date) -> int:
    found: int = await tx.value(
        "INSERT INTO timetable_version (school_id, year_id, name, valid_from)"
        " VALUES (current_school(), $1, $2, $3) RETURNING id",
        year_id,
        name,
        valid_from,
    )
    return found


async def copy_entries(tx: Tx, from_id: int, to_id: int) -> None:
    names = ", ".join(name for name in COLUMNS if name != "version_id")
    await tx.execute(
        f"INSERT INTO timetable_entry (school_id, version_id, {names})"
        f" SELECT school_id, $2, {names} FROM timetable_entry WHERE version_id = $1 ORDER BY id",
        from_id,
        to_id,
    )


async def delete_version(tx: Tx, version_id: int) -> None:
    """A draft; its entries go with it."""
    await tx.execute("DELETE FROM timetable_entry WHERE version_id = $1", version_id)
    await tx.execute("DELETE FROM timetable_version WHERE id = $1 AND published_at IS NULL", version_id)


async def touch(tx: Tx, version_id: int) -> None:
    await tx.execute("UPDATE timetable_version SET rev = rev + 1 WHERE id = $1", version_id)


async def publish(tx: Tx, version_id: int, valid_from: date) -> None:
    await tx.execute(
        "UPDATE timetable_version SET published_at = now(), valid_from = $2, rev = rev + 1 WHERE id = $1",
        version_id,
        valid_from,
    )


async def published_before(tx: Tx, day: date) -> bool:
    """Whether a version is in force on the day."""
    return await tx.value("SELECT timetable_on($1::date)", day) is not None


async def published_on(tx: Tx, day: date) -> bool:
    """Whether another version begins on that very day."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM timetable_version WHERE valid_from = $1 AND published_at IS NOT NULL)", day
        )
    )


async def substitutions_from(tx: Tx, first: date, before: date | None) -> int:
    """Substitutions of days that get another timetable: they belong to lessons that are no more."""
    found: int = await tx.value(
        "SELECT count(*) FROM substitution WHERE on_date >= $1 AND ($2::date IS NULL OR on_date < $2)", first, before
    )
    return found


async def entries(tx: Tx, version_id: int) -> list[Entry]:
    return await tx.all(
        Entry, f"{_ENTRY} WHERE e.version_id = $1 ORDER BY e.weekday, e.period, target, e.week, e.id", version_id
    )


async def entry(tx: Tx, version_id: int, entry_id: int) -> Entry | None:
    return await tx.maybe(Entry, f"{_ENTRY} WHERE e.version_id = $1 AND e.id = $2", version_id, entry_id)


async def add_entries(tx: Tx, version_id: int, drafts: Sequence[EntryDraft]) -> list[int]:
    names = [name for name in COLUMNS if name != "version_id"]
    rows = [(version_id, *(getattr(one, name) for name in names)) for one in drafts]
    return await insert_many(tx, "timetable_entry", COLUMNS, rows)


async def change_entry(tx: Tx, entry_id: int, draft: EntryDraft) -> None:
    names = [name for name in COLUMNS if name != "version_id"]
    sets = ", ".join(f"{name} = ${place}" for place, name in enumerate(names, start=2))
    await tx.execute(
        f"UPDATE timetable_entry SET {sets} WHERE id = $1", entry_id, *(getattr(draft, name) for name in names)
    )


async def delete_entry(tx: Tx, entry_id: int) -> None:
    await tx.execute("DELETE FROM timetable_entry WHERE id = $1", entry_id)


async def overlaps(tx: Tx, day: date) -> Overlaps:
    """Groups with common pupils, and groups of several classes with the classes of their pupils, on a day."""
    rows = await tx.records(
        "WITH m AS (SELECT group_id, pupil_id FROM group_membership WHERE during @> $1::date)"
        " SELECT DISTINCT 'group' AS kind, a.group_id AS one, b.group_id AS other FROM m a JOIN m b USING (pupil_id)"
        "  WHERE a.group_id <> b.group_id"
        " UNION SELECT DISTINCT 'class', k.class_id, m.group_id FROM m JOIN class_membership k USING (pupil_id)"
        "  WHERE k.during @> $1::date",
        day,
    )
    pairs = {((row["kind"], row["one"]), ("group", row["other"])) for row in rows}
    return Overlaps(frozenset(pairs | {(other, one) for one, other in pairs}))


async def known(tx: Tx, year_id: int, draft: EntryDraft) -> str | None:
    """The first field that points at nothing of this school and year."""
    row = await tx.record(
        "SELECT $1::bigint IS NULL OR EXISTS (SELECT FROM school_class WHERE id = $1 AND year_id = $7) AS class_id,"
        " $2::bigint IS NULL OR EXISTS (SELECT FROM school_group WHERE id = $2 AND year_id = $7) AS group_id,"
        " EXISTS (SELECT FROM subject WHERE id = $3) AS subject_id,"
        " EXISTS (SELECT FROM staff WHERE id = $4) AS staff_id,"
        " $5::bigint IS NULL OR EXISTS (SELECT FROM staff WHERE id = $5) AS second_staff_id,"
        " $6::bigint IS NULL OR EXISTS (SELECT FROM room WHERE id = $6) AS room_id",
        draft.class_id,
        draft.group_id,
        draft.subject_id,
        draft.staff_id,
        draft.second_staff_id,
        draft.room_id,
        year_id,
    )
    assert row is not None
    return next((name for name, fine in row.items() if not fine), None)
