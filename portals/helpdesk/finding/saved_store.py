"""SQL of saved views."""

from typing import Any, Final

import msgspec

from app.database import Tx
from portals.helpdesk.finding.model import Choice


class SavedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A view as it is stored. `removed`: it can be brought back; `default`: for the account that was asked for."""

    id: int
    owner_id: int | None
    team_id: int | None
    team_name: str
    name: str
    question: dict[str, str]
    place: int
    removed: bool
    before: dict[str, Any] | None
    default: bool
    rev: int


_SELECT: Final = """
SELECT v.id, v.owner_id, v.team_id, coalesce(t.name, '') AS team_name, v.name, v.question, v.place,
       v.removed_at IS NOT NULL AS removed, v.before, d.view_id IS NOT NULL AS "default", v.rev
  FROM helpdesk_view v LEFT JOIN helpdesk_team t ON t.id = v.team_id
  LEFT JOIN helpdesk_view_default d ON d.view_id = v.id AND d.account_id = $1
"""
_MINE: Final = (
    "(v.owner_id = $1 OR v.team_id IN (SELECT m.team_id FROM helpdesk_team_member m WHERE m.account_id = $1)"
    " OR ($2 AND v.team_id IS NOT NULL))"
)


async def views(tx: Tx, account_id: int, *, every_team: bool) -> list[SavedRow]:
    """Own ones and those of one's teams (`every_team`: of all), in order."""
    return await tx.all(
        SavedRow,
        f"{_SELECT} WHERE v.removed_at IS NULL AND {_MINE} ORDER BY v.place, lower(v.name), v.id",
        account_id,
        every_team,
    )


async def default_of(tx: Tx, account_id: int, *, every_team: bool) -> SavedRow | None:
    """What the search opens with; one that is no longer shared with the account is none."""
    return await tx.maybe(
        SavedRow, f"{_SELECT} WHERE v.removed_at IS NULL AND d.view_id IS NOT NULL AND {_MINE}", account_id, every_team
    )


async def view(tx: Tx, account_id: int, view_id: int, *, every_team: bool) -> SavedRow | None:
    """One of them, removed or not; locked."""
    found = await tx.value("SELECT id FROM helpdesk_view WHERE id = $1 FOR UPDATE", view_id)
    if found is None:
        return None
    return await tx.maybe(SavedRow, f"{_SELECT} WHERE v.id = $3 AND {_MINE}", account_id, every_team, view_id)


async def count(tx: Tx, owner_id: int | None, team_id: int | None) -> int:
    return int(
        await tx.value(
            "SELECT count(*) FROM helpdesk_view WHERE removed_at IS NULL AND (owner_id = $1 OR team_id = $2)",
            owner_id,
            team_id,
        )
    )


async def add(
    tx: Tx, owner_id: int | None, team_id: int | None, name: str, question: dict[str, str], place: int
) -> int:
    return int(
        await tx.value(
            "INSERT INTO helpdesk_view (owner_id, team_id, name, question, place) VALUES ($1, $2, $3, $4, $5)"
            " RETURNING id",
            owner_id,
            team_id,
            name,
            question,
            place,
        )
    )


async def change(tx: Tx, row: SavedRow, before: dict[str, Any] | None) -> None:
    """Writes what `row` says, with a higher rev; `before`: what undoing would put back."""
    await tx.execute(
        "UPDATE helpdesk_view SET owner_id = $2, team_id = $3, name = $4, question = $5, place = $6,"
        " removed_at = CASE WHEN $7 THEN coalesce(removed_at, now()) END, before = $8, rev = rev + 1 WHERE id = $1",
        row.id,
        row.owner_id,
        row.team_id,
        row.name,
        row.question,
        row.place,
        row.removed,
        before,
    )


async def set_default(tx: Tx, account_id: int, view_id: int, *, default: bool) -> None:
    if default:
        await tx.execute(
            "INSERT INTO helpdesk_view_default VALUES ($1, $2) ON CONFLICT (account_id)"
            " DO UPDATE SET view_id = excluded.view_id",
            account_id,
            view_id,
        )
    else:
        await tx.execute(
            "DELETE FROM helpdesk_view_default WHERE account_id = $1 AND view_id = $2", account_id, view_id
        )


async def forget_removed(tx: Tx) -> None:
    """What was removed a day ago is not brought back any more."""
    await tx.execute("DELETE FROM helpdesk_view WHERE removed_at < now() - interval '1 day'")


async def teams(tx: Tx) -> list[Choice]:
    return await tx.all(Choice, "SELECT id, name FROM helpdesk_team WHERE active ORDER BY lower(name), id")


async def readers(tx: Tx, row: SavedRow) -> list[int]:
    """Accounts in whose lists a view stands: its owner, or the team's members and the leads."""
    records = await tx.records(
        "SELECT $1::bigint AS id WHERE $1 IS NOT NULL UNION"
        " SELECT account_id FROM helpdesk_team_member WHERE team_id = $2 UNION"
        " SELECT account_id FROM active_grant WHERE $2 IS NOT NULL AND role = 'helpdesk_lead' ORDER BY 1",
        row.owner_id,
        row.team_id,
    )
    return [one["id"] for one in records]
