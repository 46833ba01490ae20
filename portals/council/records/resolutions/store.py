"""All SQL of the register of resolutions."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from app.database import Tx
from portals.council.records.resolutions.model import Adopted, Draft, Resolution

_COLUMNS: Final = (
    "resolution.id, resolution.number, resolution.title, resolution.passed_on, resolution.session_id,"
    " resolution.item_id, resolution.vote_id, resolution.state, resolution.remark, resolution.in_force_on,"
    " resolution.journal, resolution.replaced_by, resolution.file_id, resolution.rev, resolution.changed_at,"
    " session.slug AS session_slug, session.title AS session_title, vote.votes_for, vote.votes_against,"
    " vote.abstained, vote.opened_at AS voted_at, newer.number AS replaced_by_number, file.name AS file_name,"
    " file.bytes AS file_bytes"
)
_JOINED: Final = (
    " FROM council_resolution AS resolution"
    " LEFT JOIN council_session AS session ON session.id = resolution.session_id"
    " LEFT JOIN council_vote AS vote ON vote.id = resolution.vote_id"
    " LEFT JOIN council_resolution AS newer ON newer.id = resolution.replaced_by"
    " LEFT JOIN file ON file.id = resolution.file_id"
)


async def resolution(tx: Tx, resolution_id: int) -> Resolution | None:
    return await tx.maybe(Resolution, f"SELECT {_COLUMNS}{_JOINED} WHERE resolution.id = $1", resolution_id)


async def lock(tx: Tx, resolution_id: int) -> bool:
    return bool(await tx.value("SELECT true FROM council_resolution WHERE id = $1 FOR UPDATE", resolution_id))


async def newest(tx: Tx, limit: int, offset: int = 0, year: int | None = None) -> list[Resolution]:
    return await tx.all(
        Resolution,
        f"SELECT {_COLUMNS}{_JOINED} WHERE ($3::integer IS NULL OR extract(year FROM resolution.passed_on) = $3)"
        " ORDER BY resolution.passed_on DESC, resolution.id DESC LIMIT $1 OFFSET $2",
        limit,
        offset,
        year,
    )


async def count(tx: Tx, year: int | None = None) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM council_resolution WHERE $1::integer IS NULL OR extract(year FROM passed_on) = $1",
            year,
        )
    )


async def years(tx: Tx) -> list[int]:
    rows = await tx.records(
        "SELECT DISTINCT extract(year FROM passed_on)::integer AS year FROM council_resolution ORDER BY year DESC"
    )
    return [row["year"] for row in rows]


async def numbers_in_term(tx: Tx, passed_on: date) -> list[str]:
    """Numbers given out in the term in which a day lies; all of them where it lies in none."""
    rows = await tx.records(
        "SELECT number FROM council_resolution WHERE passed_on >= coalesce("
        "(SELECT max(began_on) FROM council_term WHERE began_on <= $1), '-infinity'::date)",
        passed_on,
    )
    return [row["number"] for row in rows]


async def id_of_number(tx: Tx, number: str) -> int | None:
    found: int | None = await tx.value("SELECT id FROM council_resolution WHERE number = $1", number)
    return found


async def adopted(tx: Tx, vote_id: int | None = None) -> list[Adopted]:
    """Votes of the council that adopted something about a resolution and stand in no register; one, or the newest."""
    return await tx.all(
        Adopted,
        "SELECT vote.id AS vote_id, vote.title, vote.session_id, session.number AS session_number,"
        " session.title AS session_title, vote.item_id, item.title AS item_title, vote.closed_at"
        " FROM council_vote AS vote JOIN council_session AS session ON session.id = vote.session_id"
        " LEFT JOIN agenda_item AS item ON item.id = vote.item_id"
        " WHERE vote.state = 'closed' AND vote.outcome = 'adopted' AND session.committee_id IS NULL"
        " AND vote.id NOT IN (SELECT vote_id FROM council_vote_withheld)"
        " AND NOT EXISTS (SELECT FROM council_resolution WHERE council_resolution.vote_id = vote.id)"
        " AND NOT EXISTS (SELECT FROM council_vote AS later WHERE later.repeats_id = vote.id"
        "  AND later.state = 'closed')"
        " AND (vote.id = $1 OR ($1::bigint IS NULL AND concat(vote.title, ' ', item.title) ILIKE '%uchwał%'))"
        " ORDER BY vote.closed_at DESC LIMIT 30",
        vote_id,
    )


async def add(tx: Tx, draft: Draft, place: dict[str, Any], replaced_by: int | None) -> int:
    return int(
        await tx.value(
            "INSERT INTO council_resolution (number, title, passed_on, vote_id, state, remark, in_force_on, journal,"
            " session_id, item_id, replaced_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id",
            draft.number,
            draft.title,
            draft.passed_on,
            draft.vote_id,
            draft.state,
            draft.remark,
            draft.in_force_on,
            draft.journal,
            place.get("session_id"),
            place.get("item_id"),
            replaced_by,
        )
    )


async def change(tx: Tx, resolution_id: int, draft: Draft, replaced_by: int | None) -> None:
    await tx.execute(
        "UPDATE council_resolution SET number = $2, title = $3, passed_on = $4, state = $5, remark = $6,"
        " in_force_on = $7, journal = $8, replaced_by = $9, rev = rev + 1, changed_at = now() WHERE id = $1",
        resolution_id,
        draft.number,
        draft.title,
        draft.passed_on,
        draft.state,
        draft.remark,
        draft.in_force_on,
        draft.journal,
        replaced_by,
    )


async def set_file(tx: Tx, resolution_id: int, file_id: UUID | None) -> None:
    await tx.execute(
        "UPDATE council_resolution SET file_id = $2, rev = rev + 1, changed_at = now() WHERE id = $1",
        resolution_id,
        file_id,
    )
