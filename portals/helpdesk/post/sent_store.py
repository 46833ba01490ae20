"""SQL of letters that we send: what has still to be written, what was sent, whether it arrived; and of mailboxes."""

from collections.abc import Sequence
from uuid import UUID

from app.database import Tx
from portals.helpdesk.post.rows import Mailbox, SentLetter

_SENT = "SELECT message_id, ticket_id, entry_id, recipient, state, status, reason, sent_at FROM helpdesk_sent"


async def claimed_entries(tx: Tx, limit: int) -> list[tuple[int, int]]:
    """Entry and ticket of answers that have still to be written; another process takes others."""
    records = await tx.records(
        "SELECT o.entry_id, e.ticket_id FROM helpdesk_outgoing o JOIN ticket_entry e ON e.id = o.entry_id"
        " ORDER BY o.entry_id LIMIT $1 FOR UPDATE OF o SKIP LOCKED",
        limit,
    )
    return [(one["entry_id"], one["ticket_id"]) for one in records]


async def forget_entry(tx: Tx, entry_id: int) -> None:
    """It was written."""
    await tx.execute("DELETE FROM helpdesk_outgoing WHERE entry_id = $1", entry_id)


async def add_sent(
    tx: Tx, message_id: str, mail_id: UUID, ticket_id: int, entry_id: int | None, recipient: str, *, automatic: bool
) -> None:
    await tx.execute(
        "INSERT INTO helpdesk_sent (message_id, mail_id, ticket_id, entry_id, recipient, automatic)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        message_id,
        mail_id,
        ticket_id,
        entry_id,
        recipient,
        automatic,
    )


async def sent_letters(tx: Tx, message_ids: Sequence[str]) -> list[SentLetter]:
    return await tx.all(SentLetter, f"{_SENT} WHERE message_id = ANY($1::text[]) ORDER BY sent_at", list(message_ids))


async def sent_of_ticket(tx: Tx, ticket_id: int) -> list[SentLetter]:
    """The oldest first."""
    return await tx.all(SentLetter, f"{_SENT} WHERE ticket_id = $1 ORDER BY sent_at, message_id", ticket_id)


async def count_lately(tx: Tx, ticket_id: int, recipient: str) -> int:
    """Letters about a ticket to an address within an hour."""
    return int(
        await tx.value(
            "SELECT count(*) FROM helpdesk_sent WHERE ticket_id = $1 AND recipient = $2"
            " AND sent_at > clock_timestamp() - interval '1 hour'",
            ticket_id,
            recipient,
        )
    )


async def mark(tx: Tx, message_id: str, state: str, status: str, reason: str) -> bool:
    """Whether it is news: what has failed stays so."""
    found = await tx.value(
        "UPDATE helpdesk_sent SET state = $2, status = $3, reason = $4, told_at = clock_timestamp()"
        " WHERE message_id = $1 AND state <> 'failed' AND state <> $2 RETURNING 1",
        message_id,
        state,
        status,
        reason,
    )
    return found is not None


async def refused_letters(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """Message-ID of letters that our own mail server has refused for good, and what it said."""
    records = await tx.records(
        "SELECT s.message_id, m.reason FROM helpdesk_sent s JOIN mail m ON m.id = s.mail_id"
        " WHERE s.state = 'sent' AND m.refused_at IS NOT NULL ORDER BY s.sent_at LIMIT $1",
        limit,
    )
    return [(one["message_id"], one["reason"]) for one in records]


async def answered_ids(tx: Tx, ticket_id: int, limit: int) -> list[str]:
    """Message-IDs of the letters that came to a ticket, the latest first."""
    records = await tx.records(
        "SELECT message_key FROM helpdesk_letter WHERE ticket_id = $1 AND outcome IN ('ticket', 'reply')"
        " AND message_key NOT LIKE 'sha256:%' ORDER BY id DESC LIMIT $2",
        ticket_id,
        limit,
    )
    return [one["message_key"] for one in records]


async def address_of_ticket(tx: Tx, ticket_id: int) -> str | None:
    """The address of ours that its letters came to, else one of its queue, else any."""
    found = await tx.value(
        "SELECT a.address FROM ticket t CROSS JOIN helpdesk_address a"
        " LEFT JOIN LATERAL (SELECT max(l.id) AS last FROM helpdesk_letter l"
        "                     WHERE l.ticket_id = t.id AND l.target = a.address) used ON true"
        " WHERE t.id = $1 AND a.active ORDER BY used.last DESC NULLS LAST, a.queue_id = t.queue_id DESC, a.id LIMIT 1",
        ticket_id,
    )
    return None if found is None else str(found)


async def mailbox(tx: Tx, name: str) -> Mailbox:
    """How far it was read; not at all where nothing is known."""
    await tx.execute("INSERT INTO helpdesk_mailbox (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
    return await tx.one(
        Mailbox, "SELECT uidvalidity, last_uid, looked_at, problem FROM helpdesk_mailbox WHERE name = $1", name
    )


async def mailboxes(tx: Tx) -> list[tuple[str, Mailbox]]:
    records = await tx.records(
        "SELECT name, uidvalidity, last_uid, looked_at, problem FROM helpdesk_mailbox ORDER BY name"
    )
    return [(one["name"], Mailbox(**{key: one[key] for key in Mailbox.__struct_fields__})) for one in records]


async def read_up_to(tx: Tx, name: str, uidvalidity: int, last_uid: int) -> None:
    """A mailbox that was made anew (another UIDVALIDITY) counts from its own beginning."""
    await tx.execute(
        "UPDATE helpdesk_mailbox SET last_uid = CASE WHEN uidvalidity = $2 THEN greatest(last_uid, $3) ELSE $3 END,"
        " uidvalidity = $2 WHERE name = $1",
        name,
        uidvalidity,
        last_uid,
    )


async def looked(tx: Tx, name: str, problem: str) -> None:
    await tx.execute(
        "UPDATE helpdesk_mailbox SET problem = $2,"
        " looked_at = CASE WHEN $2 = '' THEN clock_timestamp() ELSE looked_at END WHERE name = $1",
        name,
        problem,
    )
