"""SQL of calendars' addresses. Run inside a school (`tenancy.enter_school`)."""

from datetime import date

from app.database import Tx
from schools.timetable.feeds.model import Address, Stamp

_ADDRESS = (
    "SELECT f.id, f.account_id, f.staff_id, f.pupil_id, coalesce(s.first_name || ' ' || s.last_name,"
    " p.first_name || ' ' || p.last_name) AS name, f.made_at FROM timetable_feed f"
    " LEFT JOIN staff s ON s.id = f.staff_id LEFT JOIN pupil p ON p.id = f.pupil_id"
)


async def addresses(tx: Tx, account_id: int) -> list[Address]:
    """That are valid."""
    return await tx.all(
        Address, f"{_ADDRESS} WHERE f.account_id = $1 AND f.revoked_at IS NULL ORDER BY f.id", account_id
    )


async def address_of(tx: Tx, token_hash: bytes) -> Address | None:
    return await tx.maybe(Address, f"{_ADDRESS} WHERE f.token_hash = $1 AND f.revoked_at IS NULL", token_hash)


async def revoke(tx: Tx, account_id: int, staff_id: int | None, pupil_id: int | None) -> int:
    """How many there were."""
    rows = await tx.records(
        "UPDATE timetable_feed SET revoked_at = now() WHERE account_id = $1 AND revoked_at IS NULL"
        " AND staff_id IS NOT DISTINCT FROM $2 AND pupil_id IS NOT DISTINCT FROM $3 RETURNING id",
        account_id,
        staff_id,
        pupil_id,
    )
    return len(rows)


async def add(tx: Tx, account_id: int, staff_id: int | None, pupil_id: int | None, token_hash: bytes) -> int:
    found: int = await tx.value(
        "INSERT INTO timetable_feed (school_id, account_id, staff_id, pupil_id, token_hash)"
        " VALUES (current_school(), $1, $2, $3, $4) RETURNING id",
        account_id,
        staff_id,
        pupil_id,
        token_hash,
    )
    return found


async def is_enabled(tx: Tx, account_id: int) -> bool:
    return bool(await tx.value("SELECT disabled_at IS NULL FROM account WHERE id = $1", account_id))


async def stamps(tx: Tx, first: date, last: date) -> dict[tuple[int, date], Stamp]:
    rows = await tx.records(
        "SELECT entry_id, on_date, rev, at FROM timetable_change WHERE on_date BETWEEN $1 AND $2", first, last
    )
    return {(row["entry_id"], row["on_date"]): Stamp(rev=row["rev"], at=row["at"]) for row in rows}
