"""SQL of imports: what the school has, and what a plan writes. Inside a school."""

from collections.abc import Mapping, Sequence
from datetime import date

from app.database import Tx
from schools.secretariat.imports.model import KnownGuardian, KnownPupil, KnownStaff, KnownTeaching
from schools.secretariat.model import Waiting

_WAITING = "id, kind, file_name, content, from_day, made_by, made_at, done_at"


async def known_pupils(tx: Tx, day: date) -> list[KnownPupil]:
    """Everybody, those who have left too: they may come back by a file."""
    return await tx.all(
        KnownPupil,
        "SELECT p.id, p.first_name, p.second_name, p.last_name, p.pesel, p.born_on, p.email, p.left_on, m.class_id,"
        " coalesce(c.name, '') AS class_name, m.number FROM pupil p"
        " LEFT JOIN class_membership m ON m.pupil_id = p.id AND m.during @> $1::date"
        " LEFT JOIN school_class c ON c.id = m.class_id ORDER BY p.id",
        day,
    )


async def known_guardians(tx: Tx) -> list[KnownGuardian]:
    """`until` is the last day with the right, as files say it. Of several rights to one pupil the newest."""
    return await tx.all(
        KnownGuardian,
        "SELECT DISTINCT ON (g.id, r.pupil_id) g.id, g.first_name, g.last_name, g.email, g.phone, r.pupil_id,"
        " r.id AS right_id, coalesce(r.kind, 'parent') AS kind, lower(r.during) AS since, upper(r.during) - 1 AS until"
        " FROM guardian g LEFT JOIN guardianship r ON r.guardian_id = g.id"
        " ORDER BY g.id, r.pupil_id, upper(r.during) DESC NULLS FIRST",
    )


async def known_staff(tx: Tx) -> list[KnownStaff]:
    return await tx.all(
        KnownStaff,
        "SELECT id, first_name, last_name, short, email, roles FROM staff WHERE during @> school_today() ORDER BY id",
    )


async def known_teachings(tx: Tx, day: date, until: date) -> list[KnownTeaching]:
    """Between two days, the second one outside."""
    return await tx.all(
        KnownTeaching,
        "SELECT DISTINCT ON (staff_id, subject_id, class_id, group_id) id, staff_id, subject_id,"
        " CASE WHEN class_id IS NOT NULL THEN 'c' || class_id ELSE 'g' || group_id END AS place, kind,"
        " upper(during) AS until FROM teaching WHERE during && daterange($1::date, $2::date)"
        " ORDER BY staff_id, subject_id, class_id, group_id, lower(during) NULLS FIRST, id",
        day,
        until,
    )


async def homerooms(tx: Tx, year_id: int) -> dict[int, tuple[int | None, str]]:
    """Class → its homeroom teacher."""
    rows = await tx.records(
        "SELECT c.id, c.homeroom_id, coalesce(s.last_name || ' ' || s.first_name, '') AS name FROM school_class c"
        " LEFT JOIN staff s ON s.id = c.homeroom_id WHERE c.year_id = $1",
        year_id,
    )
    return {row["id"]: (row["homeroom_id"], row["name"]) for row in rows}


async def add_waiting(tx: Tx, kind: str, file_name: str, content: bytes, from_day: date, made_by: int | None) -> int:
    """Files that nobody has decided on for a day are forgotten, and so is whatever the person sent before."""
    await tx.execute(
        "DELETE FROM people_import WHERE done_at IS NULL AND (made_at < now() - interval '1 day' OR made_by = $1)",
        made_by,
    )
    found: int = await tx.value(
        "INSERT INTO people_import (school_id, kind, file_name, content, from_day, made_by)"
        " VALUES (current_school(), $1, $2, $3, $4, $5) RETURNING id",
        kind,
        file_name,
        content,
        from_day,
        made_by,
    )
    return found


async def waiting(tx: Tx, import_id: int, *, lock: bool = False) -> Waiting | None:
    suffix = " FOR UPDATE" if lock else ""
    return await tx.maybe(Waiting, f"SELECT {_WAITING} FROM people_import WHERE id = $1{suffix}", import_id)


async def imports(tx: Tx) -> list[Waiting]:
    """Newest first, without their content."""
    return await tx.all(
        Waiting,
        "SELECT id, kind, file_name, NULL::bytea AS content, from_day, made_by, made_at, done_at FROM people_import"
        " ORDER BY id DESC LIMIT 20",
    )


async def mark_done(tx: Tx, import_id: int) -> None:
    await tx.execute("UPDATE people_import SET done_at = now(), content = NULL WHERE id = $1", import_id)


async def drop(tx: Tx, import_id: int) -> None:
    await tx.execute("DELETE FROM people_import WHERE id = $1 AND done_at IS NULL", import_id)


async def write_pupil(tx: Tx, pupil_id: int | None, values: Mapping[str, str | int | None]) -> int:
    """What a line says of a pupil; what it does not say stays."""
    born = date.fromisoformat(str(values["born_on"])) if values.get("born_on") else None
    given = [values.get(key) for key in ("first_name", "second_name", "last_name", "pesel", "email")]
    if pupil_id is None:
        made: int = await tx.value(
            "INSERT INTO pupil (school_id, first_name, second_name, last_name, pesel, email, born_on)"
            " VALUES (current_school(), $1, coalesce($2, ''), $3, $4, coalesce($5, ''), $6) RETURNING id",
            *given,
            born,
        )
        return made
    await tx.execute(
        "UPDATE pupil SET first_name = coalesce($2, first_name), second_name = coalesce($3, second_name),"
        " last_name = coalesce($4, last_name), pesel = coalesce($5, pesel), email = coalesce($6, email),"
        " born_on = coalesce($7, born_on), left_on = NULL, rev = rev + 1 WHERE id = $1",
        pupil_id,
        *given,
        born,
    )
    return pupil_id


async def stay_on(tx: Tx, pupil_id: int, day: date) -> int | None:
    found: int | None = await tx.value(
        "SELECT id FROM class_membership WHERE pupil_id = $1 AND during @> $2::date", pupil_id, day
    )
    return found


async def has_later_stay(tx: Tx, pupil_id: int, day: date, until: date) -> bool:
    """A change of class that is entered already, in the same year."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM class_membership WHERE pupil_id = $1 AND lower(during) > $2"
            " AND lower(during) < $3)",
            pupil_id,
            day,
            until,
        )
    )


async def set_number(tx: Tx, pupil_id: int, class_id: int, day: date, number: int) -> None:
    await tx.execute(
        "UPDATE class_membership SET number = $4 WHERE pupil_id = $1 AND class_id = $2 AND during @> $3::date",
        pupil_id,
        class_id,
        day,
        number,
    )


async def write_guardian(tx: Tx, guardian_id: int | None, values: Mapping[str, str | int | None]) -> int:
    given = [values.get(key) for key in ("first_name", "last_name", "email", "phone")]
    if guardian_id is None:
        made: int = await tx.value(
            "INSERT INTO guardian (school_id, first_name, last_name, email, phone)"
            " VALUES (current_school(), $1, $2, coalesce($3, ''), coalesce($4, '')) RETURNING id",
            *given,
        )
        return made
    await tx.execute(
        "UPDATE guardian SET first_name = $2, last_name = $3, email = coalesce($4, email),"
        " phone = coalesce($5, phone), rev = rev + 1 WHERE id = $1",
        guardian_id,
        *given,
    )
    return guardian_id


async def write_right(
    tx: Tx,
    right_id: int | None,
    guardian_id: int,
    pupil_id: int,
    kind: str | None,
    since: date | None,
    until: date | None,
) -> None:
    """`until`: the first day without it; what is not said stays."""
    if right_id is None:
        await tx.execute(
            "INSERT INTO guardianship (school_id, guardian_id, pupil_id, kind, during)"
            " VALUES (current_school(), $1, $2, coalesce($3, 'parent'), daterange($4::date, $5::date))",
            guardian_id,
            pupil_id,
            kind,
            since,
            until,
        )
        return
    await tx.execute(
        "UPDATE guardianship SET kind = coalesce($2, kind),"
        " during = daterange(coalesce($3::date, lower(during)), coalesce($4::date, upper(during))) WHERE id = $1",
        right_id,
        kind,
        since,
        until,
    )


async def write_staff(
    tx: Tx, staff_id: int | None, values: Mapping[str, str | int | None], roles: Sequence[str]
) -> int:
    given = [values.get(key) for key in ("first_name", "last_name", "short", "email")]
    if staff_id is None:
        made: int = await tx.value(
            "INSERT INTO staff (school_id, first_name, last_name, short, email, roles)"
            " VALUES (current_school(), $1, $2, coalesce($3, ''), coalesce($4, ''), $5) RETURNING id",
            *given,
            list(roles),
        )
        return made
    await tx.execute(
        "UPDATE staff SET first_name = $2, last_name = $3, short = coalesce($4, short), email = coalesce($5, email),"
        " roles = $6, rev = rev + 1 WHERE id = $1",
        staff_id,
        *given,
        list(roles),
    )
    return staff_id
