"""SQL of planning: whole agendas, dates, calling off, lists by body."""

from datetime import datetime

import asyncpg

from app.database import Tx
from app.errors import Conflict
from portals.council.model import Committee, Session
from portals.council.store import _SESSION

_COMMITTEE = "id, term_id, name, task, dissolved_on, rev"


async def add_item(
    tx: Tx, session_id: int, *, position: int, number: str, title: str, depth: int, by_hand: bool, minutes: int | None
) -> int:
    return int(
        await tx.value(
            "INSERT INTO agenda_item (session_id, position, number, title, depth, by_hand, planned_minutes)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            session_id,
            position,
            number,
            title,
            depth,
            by_hand,
            minutes,
        )
    )


async def change_item(
    tx: Tx, item_id: int, *, position: int, number: str, title: str, depth: int, by_hand: bool, minutes: int | None
) -> None:
    """Writes what differs; an item that stays as it is keeps its rev."""
    await tx.execute(
        "UPDATE agenda_item SET position = $2, number = $3, title = $4, depth = $5, by_hand = $6,"
        " planned_minutes = $7, rev = rev + 1 WHERE id = $1"
        " AND (position, number, title, depth, by_hand) IS DISTINCT FROM ($2, $3, $4, $5::smallint, $6)"
        " OR id = $1 AND planned_minutes IS DISTINCT FROM $7",
        item_id,
        position,
        number,
        title,
        depth,
        by_hand,
        minutes,
    )


async def set_parent(tx: Tx, item_id: int, parent_id: int | None) -> None:
    await tx.execute(
        "UPDATE agenda_item SET parent_id = $2, rev = rev + 1 WHERE id = $1 AND parent_id IS DISTINCT FROM $2",
        item_id,
        parent_id,
    )


async def remove_items(tx: Tx, session_id: int, item_ids: list[int]) -> None:
    """Raises Conflict where something else refers to one of them."""
    try:
        await tx.execute("DELETE FROM agenda_item WHERE session_id = $1 AND id = ANY($2)", session_id, item_ids)
    except asyncpg.ForeignKeyViolationError:
        raise Conflict("An item that something was decided about cannot be taken away") from None


async def count_agenda(tx: Tx, session_id: int) -> Session:
    """The agenda was written anew."""
    return await tx.one(
        Session,
        f"UPDATE council_session SET agenda_rev = agenda_rev + 1, rev = rev + 1 WHERE id = $1 RETURNING {_SESSION}",
        session_id,
    )


async def call_off(tx: Tx, session_id: int, reason: str) -> Session:
    return await tx.one(
        Session,
        "UPDATE council_session SET called_off_at = now(), called_off_reason = $2, rev = rev + 1"
        f" WHERE id = $1 RETURNING {_SESSION}",
        session_id,
        reason,
    )


async def restore(tx: Tx, session_id: int) -> Session:
    return await tx.one(
        Session,
        "UPDATE council_session SET called_off_at = NULL, called_off_reason = '', rev = rev + 1"
        f" WHERE id = $1 RETURNING {_SESSION}",
        session_id,
    )


async def committee(tx: Tx, committee_id: int) -> Committee | None:
    return await tx.maybe(Committee, f"SELECT {_COMMITTEE} FROM council_committee WHERE id = $1", committee_id)


async def committees(tx: Tx, term_id: int) -> list[Committee]:
    """Those that work; dissolved ones are history."""
    return await tx.all(
        Committee,
        f"SELECT {_COMMITTEE} FROM council_committee WHERE term_id = $1"
        " AND (dissolved_on IS NULL OR dissolved_on >= current_date) ORDER BY name",
        term_id,
    )


async def committees_with_sessions(tx: Tx) -> list[Committee]:
    """Those a list of sessions can be filtered by, newest terms first."""
    return await tx.all(
        Committee,
        "SELECT council_committee.id, term_id, council_committee.name, task, dissolved_on, council_committee.rev"
        " FROM council_committee JOIN council_term ON council_term.id = term_id"
        " WHERE EXISTS (SELECT FROM council_session WHERE committee_id = council_committee.id)"
        " ORDER BY council_term.began_on DESC, council_committee.name",
    )


async def sessions_by_state(
    tx: Tx, state: str, committee_ids: list[int] | None, limit: int, offset: int = 0
) -> list[Session]:
    """`committee_ids` None: of every body; empty: of the council alone. Planned: next first, else newest first."""
    order = "planned_at, id" if state == "planned" else "started_at DESC, id DESC"
    return await tx.all(
        Session,
        f"SELECT {_SESSION} FROM council_session WHERE state = $1"
        " AND (called_off_at IS NULL OR planned_at > now() - interval '1 day')"
        " AND ($2::bigint[] IS NULL OR committee_id = ANY($2)"
        " OR cardinality($2::bigint[]) = 0 AND committee_id IS NULL)"
        f" ORDER BY {order} LIMIT $3 OFFSET $4",
        state,
        committee_ids,
        limit,
        offset,
    )


async def sessions_between(tx: Tx, since: datetime, until: datetime, committee_ids: list[int] | None) -> list[Session]:
    """For a calendar: by when they begin or began."""
    return await tx.all(
        Session,
        f"SELECT {_SESSION} FROM council_session"
        " WHERE coalesce(started_at, planned_at) >= $1 AND coalesce(started_at, planned_at) < $2"
        " AND ($3::bigint[] IS NULL OR committee_id = ANY($3)"
        " OR cardinality($3::bigint[]) = 0 AND committee_id IS NULL)"
        " ORDER BY coalesce(started_at, planned_at), id",
        since,
        until,
        committee_ids,
    )
