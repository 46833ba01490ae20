"""SQL of the people pages. Inside a school."""

from collections.abc import Sequence
from datetime import date

from app.database import Tx
from schools.secretariat.model import (
    ClassSize,
    GuardianDraft,
    GuardianRow,
    PupilDraft,
    PupilFile,
    PupilLine,
    Right,
    StaffDraft,
    StaffLine,
    Stay,
    TeachingLine,
)

_LINES = (
    "SELECT p.id, p.first_name, p.second_name, p.last_name, p.born_on, m.class_id, coalesce(c.name, '') AS class_name,"
    " m.number, p.account_id, p.left_on, (SELECT count(*) FROM guardianship r WHERE r.pupil_id = p.id"
    "  AND r.during @> $1::date)::int AS guardians, p.rev"
    " FROM pupil p LEFT JOIN class_membership m ON m.pupil_id = p.id AND m.during @> $1::date"
    " LEFT JOIN school_class c ON c.id = m.class_id"
)


async def lock_people(tx: Tx, school_id: int) -> None:
    """One change of many people at a time; until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('secretariat', $1))", school_id)


async def pupils(
    tx: Tx, day: date, *, words: Sequence[str], class_id: int | None, left: bool, offset: int, limit: int
) -> list[PupilLine]:
    """In Polish order; of a class by number. `words` without diacritics, all of them must be found."""
    order = "m.number NULLS LAST, p.sort_key, p.id" if class_id is not None else "p.sort_key, p.id"
    return await tx.all(
        PupilLine,
        f"{_LINES} WHERE ($2::bigint IS NULL OR m.class_id = $2)"
        " AND (p.left_on IS NOT NULL AND p.left_on <= $1) = $3"
        " AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS word WHERE strpos(p.folded, word) = 0)"
        f" ORDER BY {order} OFFSET $5 LIMIT $6",
        day,
        class_id,
        left,
        list(words),
        offset,
        limit,
    )


async def classes(tx: Tx, year_id: int, day: date) -> list[ClassSize]:
    return await tx.all(
        ClassSize,
        "SELECT c.id, c.name, c.level, c.letter, coalesce(s.last_name || ' ' || s.first_name, '') AS homeroom,"
        " (SELECT count(*) FROM class_membership m WHERE m.class_id = c.id AND m.during @> $2::date)::int AS pupils"
        " FROM school_class c LEFT JOIN staff s ON s.id = c.homeroom_id WHERE c.year_id = $1"
        " ORDER BY c.level, c.letter",
        year_id,
        day,
    )


async def pupil_file(tx: Tx, pupil_id: int, *, lock: bool = False) -> PupilFile | None:
    if lock:
        await tx.execute("SELECT FROM pupil WHERE id = $1 FOR UPDATE", pupil_id)
    return await tx.maybe(
        PupilFile,
        "SELECT p.id, p.account_id, coalesce(a.login, '') AS login, p.first_name, p.second_name, p.last_name, p.email,"
        " coalesce(right(p.pesel, 2), '') AS pesel_end, p.born_on, p.left_on, p.rev"
        " FROM pupil p LEFT JOIN account a ON a.id = p.account_id WHERE p.id = $1",
        pupil_id,
    )


async def pesel(tx: Tx, pupil_id: int) -> str:
    return str(await tx.value("SELECT coalesce(pesel, '') FROM pupil WHERE id = $1", pupil_id) or "")


async def pesel_owner(tx: Tx, number: str) -> int | None:
    found: int | None = await tx.value("SELECT id FROM pupil WHERE pesel = $1", number)
    return found


async def stays(tx: Tx, pupil_id: int) -> list[Stay]:
    """Newest first."""
    return await tx.all(
        Stay,
        "SELECT m.id, m.class_id, c.name AS class_name, c.year_id, y.name AS year_name, m.number,"
        " lower(m.during) AS since, upper(m.during) AS until FROM class_membership m"
        " JOIN school_class c ON c.id = m.class_id JOIN school_year y ON y.id = c.year_id"
        " WHERE m.pupil_id = $1 ORDER BY lower(m.during) DESC",
        pupil_id,
    )


async def groups_of(tx: Tx, pupil_id: int, day: date) -> list[tuple[str, int | None]]:
    """Names and the class a group is a part of, on or after a day."""
    rows = await tx.records(
        "SELECT g.name, g.class_id FROM group_membership m JOIN school_group g ON g.id = m.group_id"
        " WHERE m.pupil_id = $1 AND NOT m.during << daterange($2::date, NULL) ORDER BY g.name",
        pupil_id,
        day,
    )
    return [(row["name"], row["class_id"]) for row in rows]


async def rights(tx: Tx, pupil_id: int) -> list[Right]:
    """Those that hold first."""
    return await tx.all(
        Right,
        "SELECT r.id, g.id AS guardian_id, g.account_id, coalesce(a.login, '') AS login, g.first_name, g.last_name,"
        " g.email, g.phone, r.kind, lower(r.during) AS since, upper(r.during) AS until,"
        " r.during @> school_today() AS holds, (SELECT count(DISTINCT o.pupil_id) FROM guardianship o"
        "  WHERE o.guardian_id = g.id AND o.during @> school_today())::int AS children"
        " FROM guardianship r JOIN guardian g ON g.id = r.guardian_id LEFT JOIN account a ON a.id = g.account_id"
        " WHERE r.pupil_id = $1 ORDER BY r.during @> school_today() DESC, g.sort_key, r.id",
        pupil_id,
    )


async def add_pupil(tx: Tx, draft: PupilDraft) -> int:
    found: int = await tx.value(
        "INSERT INTO pupil (school_id, first_name, second_name, last_name, email, pesel, born_on)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, $6) RETURNING id",
        draft.first_name,
        draft.second_name,
        draft.last_name,
        draft.email,
        draft.pesel,
        draft.born_on,
    )
    return found


async def change_pupil(tx: Tx, pupil_id: int, draft: PupilDraft, rev: int) -> bool:
    done = await tx.execute(
        "UPDATE pupil SET first_name = $2, second_name = $3, last_name = $4, email = $5,"
        " pesel = coalesce($6, pesel), born_on = $7, rev = rev + 1 WHERE id = $1 AND rev = $8",
        pupil_id,
        draft.first_name,
        draft.second_name,
        draft.last_name,
        draft.email,
        draft.pesel,
        draft.born_on,
        rev,
    )
    return done == "UPDATE 1"


async def set_left(tx: Tx, pupil_ids: Sequence[int], left_on: date | None) -> None:
    await tx.execute(
        "UPDATE pupil SET left_on = $2, rev = rev + 1 WHERE id = ANY($1::bigint[])", list(pupil_ids), left_on
    )


async def cut_stays(tx: Tx, pupil_ids: Sequence[int], day: date) -> None:
    """In no class and no group from the day on; earlier time stays as it was."""
    for table in ("class_membership", "group_membership"):
        await tx.execute(
            f"DELETE FROM {table} WHERE pupil_id = ANY($1::bigint[]) AND lower(during) >= $2::date",
            list(pupil_ids),
            day,
        )
        await tx.execute(
            f"UPDATE {table} SET during = during * daterange(NULL, $2::date)"
            " WHERE pupil_id = ANY($1::bigint[]) AND NOT during << daterange($2::date, NULL)",
            list(pupil_ids),
            day,
        )


async def leave_groups(tx: Tx, pupil_id: int, class_id: int, day: date) -> None:
    """Groups that are a part of a class, from the day on."""
    mine = "group_id IN (SELECT id FROM school_group WHERE class_id = $2) AND pupil_id = $1"
    await tx.execute(
        f"DELETE FROM group_membership WHERE {mine} AND lower(during) >= $3::date", pupil_id, class_id, day
    )
    await tx.execute(
        f"UPDATE group_membership SET during = during * daterange(NULL, $3::date)"
        f" WHERE {mine} AND NOT during << daterange($3::date, NULL)",
        pupil_id,
        class_id,
        day,
    )


async def cut_class(tx: Tx, stay_id: int, day: date) -> None:
    """Ends a time in a class; one that had not begun is no more."""
    await tx.execute("DELETE FROM class_membership WHERE id = $1 AND lower(during) >= $2::date", stay_id, day)
    await tx.execute(
        "UPDATE class_membership SET during = during * daterange(NULL, $2::date) WHERE id = $1", stay_id, day
    )


async def add_stay(tx: Tx, pupil_id: int, class_id: int, since: date, until: date, number: int | None) -> None:
    await tx.execute(
        "INSERT INTO class_membership (school_id, pupil_id, class_id, during, number)"
        " VALUES (current_school(), $1, $2, daterange($3::date, $4::date), $5)",
        pupil_id,
        class_id,
        since,
        until,
        number,
    )


async def next_number(tx: Tx, class_id: int) -> int:
    """Behind all who have ever been in the class: numbers of the register are not used twice."""
    return int(
        await tx.value("SELECT coalesce(max(number), 0) + 1 FROM class_membership WHERE class_id = $1", class_id)
    )


async def marks_after(tx: Tx, pupil_id: int, class_id: int, day: date) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM attendance_mark k JOIN lesson l ON l.id = k.lesson_id WHERE k.pupil_id = $1"
            " AND k.type_id IS NOT NULL AND l.class_id = $2 AND l.on_date >= $3",
            pupil_id,
            class_id,
            day,
        )
    )


async def renumber(tx: Tx, class_id: int, day: date) -> int:
    """Numbers of a class in Polish order, from 1."""
    done = await tx.execute(
        "UPDATE class_membership m SET number = n.number FROM (SELECT m.id, row_number() OVER"
        "  (ORDER BY p.sort_key, p.id) AS number FROM class_membership m JOIN pupil p ON p.id = m.pupil_id"
        "  WHERE m.class_id = $1 AND m.during @> $2::date) AS n WHERE m.id = n.id",
        class_id,
        day,
    )
    return int(done.split()[-1])


async def guardian_with(tx: Tx, email: str) -> GuardianRow | None:
    return await tx.maybe(
        GuardianRow,
        "SELECT id, account_id, first_name, last_name, email, phone FROM guardian WHERE lower(email) = lower($1)"
        " AND $1 <> '' ORDER BY id LIMIT 1",
        email,
    )


async def guardian(tx: Tx, guardian_id: int) -> GuardianRow | None:
    return await tx.maybe(
        GuardianRow,
        "SELECT id, account_id, first_name, last_name, email, phone FROM guardian WHERE id = $1",
        guardian_id,
    )


async def add_guardian(tx: Tx, draft: GuardianDraft) -> int:
    found: int = await tx.value(
        "INSERT INTO guardian (school_id, first_name, last_name, email, phone)"
        " VALUES (current_school(), $1, $2, $3, $4) RETURNING id",
        draft.first_name,
        draft.last_name,
        draft.email,
        draft.phone,
    )
    return found


async def add_right(tx: Tx, guardian_id: int, pupil_id: int, kind: str, since: date | None) -> None:
    await tx.execute(
        "INSERT INTO guardianship (school_id, guardian_id, pupil_id, kind, during)"
        " VALUES (current_school(), $1, $2, $3, daterange($4::date, NULL))",
        guardian_id,
        pupil_id,
        kind,
        since,
    )


async def has_right(tx: Tx, guardian_id: int, pupil_id: int, since: date | None) -> bool:
    """Some right that is not over by then."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM guardianship WHERE guardian_id = $1 AND pupil_id = $2"
            " AND during && daterange($3::date, NULL))",
            guardian_id,
            pupil_id,
            since,
        )
    )


async def right_of(tx: Tx, right_id: int) -> tuple[int, int] | None:
    """Pupil and guardian of a right."""
    row = await tx.record("SELECT pupil_id, guardian_id FROM guardianship WHERE id = $1 FOR UPDATE", right_id)
    return None if row is None else (row["pupil_id"], row["guardian_id"])


async def end_right(tx: Tx, right_id: int, day: date) -> None:
    """`day`: the first one without it."""
    await tx.execute("DELETE FROM guardianship WHERE id = $1 AND lower(during) >= $2::date", right_id, day)
    await tx.execute("UPDATE guardianship SET during = daterange(lower(during), $2::date) WHERE id = $1", right_id, day)


async def accounts_that_ended(tx: Tx) -> list[int]:
    """Accounts of guardians, pupils and staff whose right ends with today."""
    rows = await tx.records(
        "SELECT g.account_id FROM guardianship r JOIN guardian g ON g.id = r.guardian_id"
        " WHERE upper(r.during) = school_today() AND g.account_id IS NOT NULL"
        " UNION SELECT account_id FROM pupil WHERE left_on = school_today() AND account_id IS NOT NULL"
        " UNION SELECT account_id FROM staff WHERE upper(during) = school_today() AND account_id IS NOT NULL"
    )
    return [row["account_id"] for row in rows]


_STAFF = (
    "SELECT s.id, s.account_id, coalesce(a.login, '') AS login, s.first_name, s.last_name, s.short, s.email, s.roles,"
    " upper(s.during) AS until, s.rev, coalesce((SELECT string_agg(c.name, ', ' ORDER BY c.level, c.letter)"
    "  FROM school_class c WHERE c.homeroom_id = s.id AND c.year_id = $1), '') AS homeroom,"
    " coalesce((SELECT string_agg(DISTINCT b.name, ', ') FROM teaching t JOIN subject b ON b.id = t.subject_id"
    "  WHERE t.staff_id = s.id AND t.during @> school_today()), '') AS teaches"
    " FROM staff s LEFT JOIN account a ON a.id = s.account_id"
)


async def staff_lines(tx: Tx, year_id: int | None, words: Sequence[str], *, gone: bool = False) -> list[StaffLine]:
    return await tx.all(
        StaffLine,
        f"{_STAFF} WHERE (s.during >> daterange(NULL, school_today(), '[]') OR s.during @> school_today()) <> $3"
        " AND NOT EXISTS (SELECT FROM unnest($2::text[]) AS word WHERE strpos(s.folded, word) = 0)"
        " ORDER BY s.sort_key, s.id",
        year_id,
        list(words),
        gone,
    )


async def staff_file(tx: Tx, staff_id: int, year_id: int | None) -> StaffLine | None:
    return await tx.maybe(StaffLine, f"{_STAFF} WHERE s.id = $2", year_id, staff_id)


async def add_staff(tx: Tx, draft: StaffDraft) -> int:
    found: int = await tx.value(
        "INSERT INTO staff (school_id, first_name, last_name, short, email, roles, during)"
        " VALUES (current_school(), $1, $2, $3, $4, $5, daterange(NULL, $6::date)) RETURNING id",
        draft.first_name,
        draft.last_name,
        draft.short,
        draft.email,
        draft.roles,
        draft.until,
    )
    return found


async def change_staff(tx: Tx, staff_id: int, draft: StaffDraft, rev: int) -> bool:
    done = await tx.execute(
        "UPDATE staff SET first_name = $2, last_name = $3, short = $4, email = $5, roles = $6,"
        " during = daterange(lower(during), $7::date), rev = rev + 1 WHERE id = $1 AND rev = $8",
        staff_id,
        draft.first_name,
        draft.last_name,
        draft.short,
        draft.email,
        draft.roles,
        draft.until,
        rev,
    )
    return done == "UPDATE 1"


async def teachings(tx: Tx, staff_id: int) -> list[TeachingLine]:
    """Those that are not over."""
    return await tx.all(
        TeachingLine,
        "SELECT t.id, b.name AS subject, coalesce(c.name, coalesce(k.name || ' ', '') || g.name) AS place, t.kind,"
        " lower(t.during) AS since, upper(t.during) AS until FROM teaching t JOIN subject b ON b.id = t.subject_id"
        " LEFT JOIN school_class c ON c.id = t.class_id LEFT JOIN school_group g ON g.id = t.group_id"
        " LEFT JOIN school_class k ON k.id = g.class_id"
        " WHERE t.staff_id = $1 AND (upper(t.during) IS NULL OR upper(t.during) > school_today())"
        " ORDER BY b.name, place",
        staff_id,
    )
