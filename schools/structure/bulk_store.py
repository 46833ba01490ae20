"""Many rows in one statement: for imports and demonstrations. COPY does not pass row-level security, this does."""

from collections.abc import Mapping, Sequence

from app.database import Tx

TABLES = frozenset(
    {
        "staff",
        "pupil",
        "guardian",
        "guardianship",
        "school_class",
        "class_membership",
        "school_group",
        "group_membership",
        "subject",
        "room",
        "teaching",
        "timetable_entry",
        "bell",
        "school_day",
        "attendance_type",
    }
)


async def insert_many(
    tx: Tx, table: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]], *, with_id: bool = True
) -> list[int]:
    """Ids in the order of the rows; the school is the one that was entered. `columns`: name → type.

    Table and columns are constants of the caller, never what somebody sent. `with_id` False: the table has no id.
    """
    assert table in TABLES
    if not rows:
        return []
    names = ", ".join(columns)
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(columns.values(), start=1))
    sql = (
        f"INSERT INTO {table} (school_id, {names}) SELECT current_school(), {names}"
        f" FROM unnest({arrays}) WITH ORDINALITY AS given ({names}, ordinal_place) ORDER BY ordinal_place"
    )
    given = [[row[place] for row in rows] for place in range(len(columns))]
    if not with_id:
        await tx.execute(sql, *given)
        return []
    return [row["id"] for row in await tx.records(f"{sql} RETURNING id", *given)]


async def add_school(
    tx: Tx, name: str, short_name: str, kind: str, *, number: int | None, rspo: str | None, time_zone: str
) -> int:
    """Outside of any school."""
    found: int = await tx.value(
        "INSERT INTO school (name, short_name, kind, number, rspo, time_zone) VALUES ($1, $2, $3, $4, $5, $6)"
        " RETURNING id",
        name,
        short_name,
        kind,
        number,
        rspo,
        time_zone,
    )
    return found


async def add_year(tx: Tx, name: str, starts_on: object, second_starts_on: object, ends_on: object) -> int:
    found: int = await tx.value(
        "INSERT INTO school_year (school_id, name, starts_on, second_starts_on, ends_on, week_a_on)"
        " VALUES (current_school(), $1, $2, $3, $4, $2) RETURNING id",
        name,
        starts_on,
        second_starts_on,
        ends_on,
    )
    return found


async def add_bell_schedule(tx: Tx, name: str) -> int:
    """The usual one."""
    found: int = await tx.value(
        "INSERT INTO bell_schedule (school_id, name, is_default) VALUES (current_school(), $1, true) RETURNING id", name
    )
    return found


async def add_version(tx: Tx, year_id: int, name: str, valid_from: object) -> int:
    """A draft."""
    found: int = await tx.value(
        "INSERT INTO timetable_version (school_id, year_id, name, valid_from)"
        " VALUES (current_school(), $1, $2, $3) RETURNING id",
        year_id,
        name,
        valid_from,
    )
    return found


async def publish_version(tx: Tx, version_id: int) -> None:
    """From here on it does not change."""
    await tx.execute("UPDATE timetable_version SET published_at = now(), rev = rev + 1 WHERE id = $1", version_id)


async def bind_account(tx: Tx, kind: str, person_id: int, account_id: int | None) -> None:
    """Says who signs in as a staff member, a pupil or a guardian."""
    assert kind in {"staff", "pupil", "guardian"}
    await tx.execute(f"UPDATE {kind} SET account_id = $2, rev = rev + 1 WHERE id = $1", person_id, account_id)


async def set_roles(tx: Tx, staff_id: int, roles: Sequence[str]) -> None:
    await tx.execute("UPDATE staff SET roles = $2, rev = rev + 1 WHERE id = $1", staff_id, list(roles))


async def rename(tx: Tx, kind: str, person_id: int, first_name: str, last_name: str) -> None:
    assert kind in {"staff", "pupil", "guardian"}
    short = ", short = left($2, 1) || left($3, 2)" if kind == "staff" else ""
    await tx.execute(
        f"UPDATE {kind} SET first_name = $2, last_name = $3{short}, rev = rev + 1 WHERE id = $1",
        person_id,
        first_name,
        last_name,
    )


async def count_anew(tx: Tx) -> None:
    """PostgreSQL looks at what has just been filled, so that its plans fit. Outside of any school."""
    await tx.execute(
        "ANALYZE class_membership, group_membership, pupil, staff, timetable_entry, teaching, school_class"
    )
