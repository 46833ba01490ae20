"""SQL of schools and who is in them. Run inside a school (`tenancy.enter_school`) unless said otherwise."""

from datetime import date

from app.database import Tx
from schools.structure.model import (
    Member,
    Membership,
    Pupil,
    PupilFacts,
    School,
    SchoolClass,
    SchoolGroup,
    SchoolYear,
    Staff,
)

_SCHOOL = "id, rspo, number, name, short_name, kind, time_zone, settings, rev"
_YEAR = "id, school_id, name, starts_on, second_starts_on, ends_on, week_a_on, closed_at, rev"
_CLASS = "id, school_id, year_id, level, letter, name, homeroom_id, building, rev"
_GROUP = "id, school_id, year_id, class_id, name, rev"
_STAFF = "id, account_id, first_name, last_name, short, roles, rev"
_PUPIL = "id, account_id, first_name, second_name, last_name, left_on, rev"
MEMBER = """
SELECT s.id AS school_id, s.name AS school_name, s.time_zone, d.today, $2::bigint AS account_id, st.id AS staff_id,
       coalesce(st.roles, '{}') AS roles, coalesce(st.short, '') AS short, g.id AS guardian_id, p.id AS pupil_id,
       coalesce((s.settings -> 'security' -> 'second_factor') = 'true', false) AS needs_second_factor
  FROM school s CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE s.time_zone)::date AS today) AS d
  LEFT JOIN staff st ON st.school_id = s.id AND st.account_id = $2 AND st.during @> d.today
  LEFT JOIN guardian g ON g.school_id = s.id AND g.account_id = $2 AND EXISTS (
       SELECT FROM guardianship r WHERE r.guardian_id = g.id AND r.during @> d.today)
  LEFT JOIN pupil p ON p.school_id = s.id AND p.account_id = $2 AND (p.left_on IS NULL OR p.left_on > d.today)
 WHERE s.id = $1 AND num_nonnulls(st.id, g.id, p.id) > 0
"""
"""`Member` of a school ($1) and an account ($2); loaders that ask for more in the same look begin with it."""


async def set_tenant(tx: Tx, role: str, *, school: str, account: str, plans: str = "auto") -> None:
    """Becomes the role until the transaction ends, inside this school (empty: in none).

    `plans`: PostgreSQL's `plan_cache_mode` until then.
    """
    if tx.role == (role, school, account):  # an action and each of its loaders enter the school
        return
    await tx.execute(
        "SELECT set_config('role', $1, true), set_config('app.school', $2, true), set_config('app.account', $3, true),"
        " set_config('plan_cache_mode', $4, true)",
        role,
        school,
        account,
        plans,
    )
    tx.role = (role, school, account)


async def leave_tenant(tx: Tx) -> None:
    """What the connection signed in as, again."""
    await set_tenant(tx, "none", school="", account="")


async def schools(tx: Tx) -> list[School]:
    """All of the city; outside of a school too."""
    return await tx.all(School, f"SELECT {_SCHOOL} FROM school ORDER BY kind, number NULLS LAST, name")


async def school(tx: Tx, school_id: int) -> School | None:
    return await tx.maybe(School, f"SELECT {_SCHOOL} FROM school WHERE id = $1", school_id)


async def member(tx: Tx, school_id: int, account_id: int) -> Member | None:
    """Who an account is in the school that was entered; with neither staff, guardian nor pupil it is nobody."""
    return await tx.maybe(Member, MEMBER, school_id, account_id)


async def memberships(tx: Tx) -> list[Membership]:
    """Schools of the account that `tenancy.enter_as_oneself` has named. Dates of rights are looked at in the school."""
    return await tx.all(
        Membership,
        "SELECT s.id AS school_id, s.name, s.short_name, s.kind, coalesce(st.roles, '{}') AS roles,"
        " g.id IS NOT NULL AS is_guardian, p.id IS NOT NULL AS is_pupil, p.id AS pupil_id"
        " FROM school s CROSS JOIN LATERAL (SELECT (now() AT TIME ZONE s.time_zone)::date AS today) AS d"
        " LEFT JOIN staff st ON st.school_id = s.id AND st.account_id = current_account() AND st.during @> d.today"
        " LEFT JOIN guardian g ON g.school_id = s.id AND g.account_id = current_account()"
        " LEFT JOIN pupil p ON p.school_id = s.id AND p.account_id = current_account()"
        "   AND (p.left_on IS NULL OR p.left_on > d.today)"
        " WHERE num_nonnulls(st.id, g.id, p.id) > 0 ORDER BY s.name",
    )


async def year_on(tx: Tx, school_id: int, day: date) -> SchoolYear | None:
    """The school year that the day lies in."""
    return await tx.maybe(
        SchoolYear,
        f"SELECT {_YEAR} FROM school_year WHERE school_id = $1 AND $2 BETWEEN starts_on AND ends_on",
        school_id,
        day,
    )


async def year_begun(tx: Tx, school_id: int, day: date) -> SchoolYear | None:
    """The same; on a day that lies in none, the last one before."""
    return await tx.maybe(
        SchoolYear,
        f"SELECT {_YEAR} FROM school_year WHERE school_id = $1 AND starts_on <= $2 ORDER BY starts_on DESC LIMIT 1",
        school_id,
        day,
    )


async def school_class(tx: Tx, class_id: int) -> SchoolClass | None:
    return await tx.maybe(SchoolClass, f"SELECT {_CLASS} FROM school_class WHERE id = $1", class_id)


async def classes(tx: Tx, year_id: int) -> list[SchoolClass]:
    return await tx.all(
        SchoolClass, f"SELECT {_CLASS} FROM school_class WHERE year_id = $1 ORDER BY level, letter", year_id
    )


async def groups(tx: Tx, year_id: int) -> list[SchoolGroup]:
    return await tx.all(
        SchoolGroup, f"SELECT {_GROUP} FROM school_group WHERE year_id = $1 ORDER BY class_id, name", year_id
    )


async def staff(tx: Tx, staff_id: int) -> Staff | None:
    return await tx.maybe(Staff, f"SELECT {_STAFF} FROM staff WHERE id = $1", staff_id)


async def staff_list(tx: Tx) -> list[Staff]:
    """Who works here today."""
    return await tx.all(Staff, f"SELECT {_STAFF} FROM staff WHERE during @> school_today() ORDER BY sort_key, id")


async def pupil(tx: Tx, pupil_id: int) -> Pupil | None:
    return await tx.maybe(Pupil, f"SELECT {_PUPIL} FROM pupil WHERE id = $1", pupil_id)


async def pupils_of_class(tx: Tx, class_id: int, day: date) -> list[Pupil]:
    """By number in the register, then in Polish order."""
    columns = ", ".join(f"p.{name.strip()}" for name in _PUPIL.split(","))
    return await tx.all(
        Pupil,
        f"SELECT {columns} FROM class_membership m JOIN pupil p ON p.id = m.pupil_id"
        " WHERE m.class_id = $1 AND m.during @> $2::date ORDER BY m.number NULLS LAST, p.sort_key, p.id",
        class_id,
        day,
    )


async def children(tx: Tx, guardian_id: int, day: date) -> list[Pupil]:
    """Pupils whom the guardian may know of on a day."""
    columns = ", ".join(f"p.{name.strip()}" for name in _PUPIL.split(","))
    return await tx.all(
        Pupil,
        f"SELECT {columns} FROM guardianship r JOIN pupil p ON p.id = r.pupil_id"
        " WHERE r.guardian_id = $1 AND r.during @> $2::date ORDER BY p.sort_key, p.id",
        guardian_id,
        day,
    )


async def teaches_class(tx: Tx, staff_id: int, class_id: int, day: date) -> bool:
    """By assignment to the class or a group with its pupils, or with a lesson there on the day (substitutions)."""
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM teaching t LEFT JOIN school_group g ON g.id = t.group_id"
            "  WHERE t.staff_id = $1 AND t.during @> $3::date AND (t.class_id = $2 OR g.class_id = $2"
            "   OR g.class_id IS NULL AND EXISTS (SELECT FROM group_membership m"
            "    JOIN class_membership c USING (pupil_id)"
            "    WHERE m.group_id = g.id AND c.class_id = $2 AND m.during @> $3::date AND c.during @> $3::date)))"
            " OR EXISTS (SELECT FROM planned_on($3::date) e LEFT JOIN school_group g ON g.id = e.group_id"
            "  WHERE $1 IN (e.staff_id, e.second_staff_id) AND (e.class_id = $2 OR g.class_id = $2))",
            staff_id,
            class_id,
            day,
        )
    )


async def pupil_facts(tx: Tx, pupil_id: int, staff_id: int | None, guardian_id: int | None, day: date) -> PupilFacts:
    """What the pupil is to a staff member and to a guardian on a day."""
    return await tx.one(
        PupilFacts,
        "SELECT c.class_id, coalesce(k.homeroom_id = $2, false) AS is_homeroom,"
        " $2::bigint IS NOT NULL AND (EXISTS (SELECT FROM teaching t WHERE t.staff_id = $2 AND t.during @> $4::date"
        "   AND (t.class_id = c.class_id OR EXISTS (SELECT FROM group_membership m WHERE m.group_id = t.group_id"
        "    AND m.pupil_id = p.id AND m.during @> $4::date)))"
        "  OR EXISTS (SELECT FROM planned_on($4::date) e WHERE $2 IN (e.staff_id, e.second_staff_id)"
        "   AND (e.class_id = c.class_id OR EXISTS (SELECT FROM group_membership m WHERE m.group_id = e.group_id"
        "    AND m.pupil_id = p.id AND m.during @> $4::date)))) AS teaches,"
        " EXISTS (SELECT FROM guardianship r WHERE r.guardian_id = $3 AND r.pupil_id = p.id AND r.during @> $4::date)"
        "  AS is_guardian"
        " FROM pupil p LEFT JOIN class_membership c ON c.pupil_id = p.id AND c.during @> $4::date"
        " LEFT JOIN school_class k ON k.id = c.class_id WHERE p.id = $1",
        pupil_id,
        staff_id,
        guardian_id,
        day,
    )
