"""All SQL of council sessions."""

from datetime import datetime

from app.database import Tx
from media.continuity.model import SlateKind, Slot
from portals.council.model import (
    AgendaItem,
    ChatMessage,
    Councillor,
    KeyOwner,
    Mark,
    Session,
    SessionDraft,
    StreamKey,
    Term,
)

_SESSION = (
    "id, slug, number, title, place, planned_at, state, stream_id, chat_open, started_at, ended_at, rev, committee_id,"
    " coalesce((SELECT name FROM council_committee WHERE council_committee.id = committee_id), '') AS committee,"
    " called_off_at, called_off_reason, agenda_rev"
)
_ITEM = "id, session_id, position, number, title, state, began_at, rev, parent_id, depth, by_hand, planned_minutes"
_KEY = "id, session_id, label, hint, created_at, last_used_at, revoked_at, slot"
# a hidden message loses its words and its author on the way out of the database
_MESSAGE = (
    "id, session_id, CASE WHEN hidden_at IS NULL THEN author ELSE '' END AS author,"
    " CASE WHEN hidden_at IS NULL THEN body ELSE '' END AS body, sent_at, hidden_at IS NOT NULL AS hidden, rev"
)


async def session_by_id(tx: Tx, session_id: int) -> Session | None:
    return await tx.maybe(Session, f"SELECT {_SESSION} FROM council_session WHERE id = $1", session_id)


async def session_by_slug(tx: Tx, slug: str) -> Session | None:
    return await tx.maybe(Session, f"SELECT {_SESSION} FROM council_session WHERE slug = $1", slug)


async def session_by_stream(tx: Tx, stream_id: str) -> Session | None:
    return await tx.maybe(Session, f"SELECT {_SESSION} FROM council_session WHERE stream_id = $1", stream_id)


async def locked_session(tx: Tx, session_id: int) -> Session | None:
    """The session, locked until the transaction ends: two clerks pressing at once follow each other."""
    return await tx.maybe(Session, f"SELECT {_SESSION} FROM council_session WHERE id = $1 FOR UPDATE", session_id)


async def live_sessions(tx: Tx) -> list[Session]:
    return await tx.all(Session, f"SELECT {_SESSION} FROM council_session WHERE state = 'live' ORDER BY started_at")


async def coming_sessions(tx: Tx, limit: int) -> list[Session]:
    """What is planned; a session that was called off is told until the day after it would have been."""
    return await tx.all(
        Session,
        f"SELECT {_SESSION} FROM council_session WHERE state = 'planned'"
        " AND (called_off_at IS NULL OR planned_at > now() - interval '1 day') ORDER BY planned_at, id LIMIT $1",
        limit,
    )


async def past_sessions(tx: Tx, limit: int, offset: int) -> list[Session]:
    return await tx.all(
        Session,
        f"SELECT {_SESSION} FROM council_session WHERE state = 'ended' ORDER BY started_at DESC, id DESC"
        " LIMIT $1 OFFSET $2",
        limit,
        offset,
    )


async def slug_taken(tx: Tx, slug: str, but_id: int) -> bool:
    return bool(await tx.value("SELECT true FROM council_session WHERE slug = $1 AND id <> $2", slug, but_id))


async def add_session(tx: Tx, slug: str, stream_id: str, draft: SessionDraft) -> Session:
    return await tx.one(
        Session,
        "INSERT INTO council_session (slug, stream_id, number, title, place, planned_at, committee_id)"
        f" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING {_SESSION}",
        slug,
        stream_id,
        draft.number,
        draft.title,
        draft.place,
        draft.planned_at,
        draft.committee_id,
    )


async def change_session(tx: Tx, session_id: int, slug: str, draft: SessionDraft) -> Session:
    return await tx.one(
        Session,
        "UPDATE council_session SET slug = $2, number = $3, title = $4, place = $5, planned_at = $6,"
        f" committee_id = $7, rev = rev + 1 WHERE id = $1 RETURNING {_SESSION}",
        session_id,
        slug,
        draft.number,
        draft.title,
        draft.place,
        draft.planned_at,
        draft.committee_id,
    )


async def start_session(tx: Tx, session_id: int) -> Session:
    return await tx.one(
        Session,
        "UPDATE council_session SET state = 'live', started_at = clock_timestamp(), rev = rev + 1"
        f" WHERE id = $1 RETURNING {_SESSION}",
        session_id,
    )


async def end_session(tx: Tx, session_id: int) -> Session:
    return await tx.one(
        Session,
        "UPDATE council_session SET state = 'ended', ended_at = clock_timestamp(), chat_open = false, rev = rev + 1"
        f" WHERE id = $1 RETURNING {_SESSION}",
        session_id,
    )


async def backdate_session(tx: Tx, session_id: int, started_at: datetime, ended_at: datetime) -> None:
    """For demo data alone: a session that was held in the past."""
    await tx.execute(
        "UPDATE council_session SET started_at = $2, ended_at = $3 WHERE id = $1", session_id, started_at, ended_at
    )


async def set_chat_open(tx: Tx, session_id: int, is_open: bool) -> Session:
    return await tx.one(
        Session,
        f"UPDATE council_session SET chat_open = $2, rev = rev + 1 WHERE id = $1 RETURNING {_SESSION}",
        session_id,
        is_open,
    )


async def agenda(tx: Tx, session_id: int) -> list[AgendaItem]:
    return await tx.all(
        AgendaItem, f"SELECT {_ITEM} FROM agenda_item WHERE session_id = $1 ORDER BY position", session_id
    )


async def item(tx: Tx, session_id: int, item_id: int) -> AgendaItem | None:
    return await tx.maybe(
        AgendaItem, f"SELECT {_ITEM} FROM agenda_item WHERE session_id = $1 AND id = $2", session_id, item_id
    )


async def close_current_item(tx: Tx, session_id: int) -> AgendaItem | None:
    """The item that was debated is done now."""
    return await tx.maybe(
        AgendaItem,
        "UPDATE agenda_item SET state = 'done', rev = rev + 1 WHERE session_id = $1 AND state = 'current'"
        f" RETURNING {_ITEM}",
        session_id,
    )


async def make_item_current(tx: Tx, item_id: int) -> AgendaItem:
    return await tx.one(
        AgendaItem,
        "UPDATE agenda_item SET state = 'current', began_at = coalesce(began_at, clock_timestamp()), rev = rev + 1"
        f" WHERE id = $1 RETURNING {_ITEM}",
        item_id,
    )


async def add_mark(tx: Tx, session_id: int, item_id: int) -> None:
    await tx.execute("INSERT INTO agenda_mark (session_id, item_id) VALUES ($1, $2)", session_id, item_id)


async def add_past_mark(tx: Tx, session_id: int, item_id: int, marked_at: datetime) -> None:
    """For demo data alone: an item that was debated in the past."""
    await tx.execute(
        "UPDATE agenda_item SET state = 'done', began_at = $2, rev = rev + 1 WHERE id = $1", item_id, marked_at
    )
    await tx.execute(
        "INSERT INTO agenda_mark (session_id, item_id, marked_at) VALUES ($1, $2, $3)", session_id, item_id, marked_at
    )


async def marks(tx: Tx, session_id: int) -> list[Mark]:
    return await tx.all(
        Mark,
        "SELECT item_id, marked_at FROM agenda_mark WHERE session_id = $1 ORDER BY marked_at, id",
        session_id,
    )


async def add_stream_key(
    tx: Tx, session_id: int, label: str, key_hash: bytes, hint: str, created_by: int | None, slot: Slot
) -> StreamKey:
    return await tx.one(
        StreamKey,
        "INSERT INTO stream_key (session_id, label, key_hash, hint, created_by, slot) VALUES ($1, $2, $3, $4, $5, $6)"
        f" RETURNING {_KEY}",
        session_id,
        label,
        key_hash,
        hint,
        created_by,
        slot.value,
    )


async def stream_keys(tx: Tx, session_id: int) -> list[StreamKey]:
    return await tx.all(StreamKey, f"SELECT {_KEY} FROM stream_key WHERE session_id = $1 ORDER BY id", session_id)


async def revoke_stream_key(tx: Tx, session_id: int, key_id: int) -> StreamKey | None:
    return await tx.maybe(
        StreamKey,
        "UPDATE stream_key SET revoked_at = now() WHERE session_id = $1 AND id = $2 AND revoked_at IS NULL"
        f" RETURNING {_KEY}",
        session_id,
        key_id,
    )


async def owner_of_key(tx: Tx, key_hash: bytes) -> KeyOwner | None:
    """What a key that is not revoked opens; notes that it was used."""
    return await tx.maybe(
        KeyOwner,
        "UPDATE stream_key SET last_used_at = now() FROM council_session"
        " WHERE key_hash = $1 AND revoked_at IS NULL AND council_session.id = stream_key.session_id"
        " RETURNING stream_key.id AS key_id, label, slot, council_session.id AS session_id, stream_id, state,"
        " (SELECT kind FROM council_interval AS i WHERE i.session_id = council_session.id AND i.ended_at IS NULL)"
        " AS slate",
        key_hash,
    )


async def standing_slates(tx: Tx) -> dict[int, SlateKind]:
    """Sessions with a break or a closed part that has not ended, by id."""
    rows = await tx.records("SELECT session_id, kind FROM council_interval WHERE ended_at IS NULL")
    return {row["session_id"]: SlateKind(row["kind"]) for row in rows}


async def is_closed(tx: Tx, session_id: int) -> bool:
    """Whether a part goes on that is closed to the public (wyłączenie jawności)."""
    return bool(
        await tx.value(
            "SELECT true FROM council_interval_seen WHERE session_id = $1 AND kind = 'closed' AND ended_at IS NULL",
            session_id,
        )
    )


async def add_message(tx: Tx, session_id: int, account_id: int, author: str, body: str) -> ChatMessage:
    return await tx.one(
        ChatMessage,
        f"INSERT INTO chat_message (session_id, account_id, author, body) VALUES ($1, $2, $3, $4) RETURNING {_MESSAGE}",
        session_id,
        account_id,
        author,
        body,
    )


async def newest_messages(tx: Tx, session_id: int, limit: int, before_id: int | None = None) -> list[ChatMessage]:
    """Oldest first."""
    return await tx.all(
        ChatMessage,
        f"SELECT * FROM (SELECT {_MESSAGE} FROM chat_message WHERE session_id = $1 AND ($3::bigint IS NULL OR id < $3)"
        " ORDER BY id DESC LIMIT $2) AS newest ORDER BY id",
        session_id,
        limit,
        before_id,
    )


async def hide_message(tx: Tx, session_id: int, message_id: int, hidden_by: int | None) -> ChatMessage | None:
    return await tx.maybe(
        ChatMessage,
        "UPDATE chat_message SET hidden_at = now(), hidden_by = $3, rev = rev + 1"
        f" WHERE session_id = $1 AND id = $2 AND hidden_at IS NULL RETURNING {_MESSAGE}",
        session_id,
        message_id,
        hidden_by,
    )


async def restore_message(tx: Tx, session_id: int, message_id: int) -> ChatMessage | None:
    return await tx.maybe(
        ChatMessage,
        "UPDATE chat_message SET hidden_at = NULL, hidden_by = NULL, rev = rev + 1"
        f" WHERE session_id = $1 AND id = $2 AND hidden_at IS NOT NULL RETURNING {_MESSAGE}",
        session_id,
        message_id,
    )


async def newest_term(tx: Tx) -> Term | None:
    """The term that runs; else the one that begins next."""
    return await tx.maybe(
        Term,
        "SELECT id, name, began_on, ends_on FROM council_term"
        " ORDER BY began_on > current_date, CASE WHEN began_on > current_date THEN began_on END, began_on DESC LIMIT 1",
    )


async def councillors(tx: Tx, term_id: int) -> list[Councillor]:
    """Those who sit today: a mandate that ended early is over the day after."""
    return await tx.all(
        Councillor,
        "SELECT councillor.id, councillor.name, office, council_club.name AS club, club_id, account_id,"
        " mandate_ended_on FROM councillor LEFT JOIN council_club ON council_club.id = club_id"
        " WHERE councillor.term_id = $1 AND (mandate_ended_on IS NULL OR mandate_ended_on >= current_date)"
        " AND (mandate_began_on IS NULL OR mandate_began_on <= current_date)"
        " ORDER BY office = '', office, councillor.name",
        term_id,
    )


async def committee_members(tx: Tx, committee_id: int) -> list[Councillor]:
    """Those who sit in a committee today. Their office is the committee's: chair, vice-chair or none."""
    return await tx.all(
        Councillor,
        "SELECT councillor.id, councillor.name, CASE role WHEN 'member' THEN '' ELSE role END AS office,"
        " council_club.name AS club, club_id, account_id, mandate_ended_on"
        " FROM council_committee_member JOIN councillor ON councillor.id = councillor_id"
        " LEFT JOIN council_club ON council_club.id = club_id"
        " WHERE committee_id = $1 AND since <= current_date AND (until IS NULL OR until >= current_date)"
        " AND (mandate_ended_on IS NULL OR mandate_ended_on >= current_date)"
        " ORDER BY role = 'member', role, councillor.name",
        committee_id,
    )


async def members_of(tx: Tx, session: Session) -> list[Councillor]:
    """Who may vote in a session: the committee's members, or the whole council."""
    if session.committee_id is not None:
        return await committee_members(tx, session.committee_id)
    term = await newest_term(tx)
    return await councillors(tx, term.id) if term else []


async def add_term(tx: Tx, term: Term) -> int:
    return int(
        await tx.value(
            "INSERT INTO council_term (name, began_on, ends_on) VALUES ($1, $2, $3) RETURNING id",
            term.name,
            term.began_on,
            term.ends_on,
        )
    )


async def add_club(tx: Tx, term_id: int, name: str) -> int:
    return int(await tx.value("INSERT INTO council_club (term_id, name) VALUES ($1, $2) RETURNING id", term_id, name))


async def add_councillor(
    tx: Tx, term_id: int, name: str, office: str, club_id: int | None, account_id: int | None
) -> int:
    """Sits since the first day of the term, in this club."""
    return int(
        await tx.value(
            "WITH new AS (INSERT INTO councillor (term_id, name, office, club_id, account_id)"
            " VALUES ($1, $2, $3, $4, $5) RETURNING id, term_id, club_id),"
            " history AS (INSERT INTO councillor_club (councillor_id, since, club_id)"
            " SELECT new.id, began_on, club_id FROM new JOIN council_term ON council_term.id = term_id)"
            " SELECT id FROM new",
            term_id,
            name,
            office,
            club_id,
            account_id,
        )
    )
