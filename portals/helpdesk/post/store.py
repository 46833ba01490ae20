"""SQL of the helpdesk's mail: letters in, threads, what was kept back."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from app.actor import Actor, Grant
from app.database import Tx
from portals.helpdesk.post.rows import (
    Address,
    AddressDraft,
    Correspondent,
    LetterLine,
    NewLetter,
    Outcome,
    Withheld,
)

_ADDRESS: Final = """
SELECT a.id, a.address, a.name, a.queue_id, q.name AS queue_name, a.unit_id,
       coalesce(k.short_name, u.name, '') AS unit_name, a.active AND q.active AS active, a.rev
  FROM helpdesk_address a JOIN helpdesk_queue q ON q.id = a.queue_id
  LEFT JOIN unit u ON u.id = a.unit_id LEFT JOIN unit_card k ON k.unit_id = a.unit_id
"""
_LETTER: Final = """
SELECT l.id, l.way, l.target, l.sender, l.sender_name, l.subject, l.outcome, l.via, l.reason, l.detail, l.ticket_id,
       l.address_id, l.file_id, l.bytes, l.received_at, l.handled, coalesce(a.name, '') AS handled_name, l.handled_at,
       (SELECT count(*) FROM helpdesk_withheld w WHERE w.letter_id = l.id AND w.released_at IS NULL) AS withheld, l.rev,
       CASE WHEN l.reason = 'storm' AND l.handled = '' THEN (SELECT count(*) FROM helpdesk_letter o
            WHERE o.sender = l.sender AND o.reason = 'storm' AND o.handled = '' AND o.id < l.id) ELSE 0 END AS alike
  FROM helpdesk_letter l LEFT JOIN account a ON a.id = l.handled_by
"""


# addresses


async def addresses(tx: Tx) -> list[Address]:
    return await tx.all(Address, f"{_ADDRESS} ORDER BY a.active DESC, a.address")


async def address(tx: Tx, address_id: int) -> Address | None:
    return await tx.maybe(Address, f"{_ADDRESS} WHERE a.id = $1", address_id)


async def put_address(tx: Tx, address_id: int, draft: AddressDraft) -> int | None:
    """Makes the row (`address_id` 0) or changes it; its id. None: the address is there already, or another rev."""
    values = (draft.address, draft.name, draft.queue_id, draft.unit_id, draft.active)
    if address_id == 0:
        found = await tx.value(
            "INSERT INTO helpdesk_address (address, name, queue_id, unit_id, active) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (address) DO NOTHING RETURNING id",
            *values,
        )
    else:
        found = await tx.value(
            "UPDATE helpdesk_address SET address = $1, name = $2, queue_id = $3, unit_id = $4, active = $5,"
            " rev = rev + 1 WHERE id = $6 AND rev = $7 AND NOT EXISTS"
            " (SELECT FROM helpdesk_address o WHERE o.address = $1 AND o.id <> $6) RETURNING id",
            *values,
            address_id,
            draft.rev,
        )
    return None if found is None else int(found)


# letters


async def is_known(tx: Tx, message_key: str, target: str, digest: str) -> bool:
    return bool(
        await tx.value(
            "SELECT EXISTS (SELECT FROM helpdesk_letter WHERE message_key = $1 AND target = $2 AND digest = $3)",
            message_key,
            target,
            digest,
        )
    )


async def add_letter(tx: Tx, new: NewLetter) -> int | None:
    """Its id; None where the same letter has come before, or comes at this very moment by another way."""
    found = await tx.value(
        "INSERT INTO helpdesk_letter (way, address_id, message_key, digest, target, sender, sender_name, subject,"
        " file_id, bytes, outcome, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'aside', 'fault')"
        " ON CONFLICT (message_key, target, digest) DO NOTHING RETURNING id",
        new.way,
        new.address_id,
        new.message_key,
        new.digest,
        new.target,
        new.sender,
        new.sender_name,
        new.subject,
        new.file_id,
        new.bytes,
    )
    return None if found is None else int(found)


async def settle(
    tx: Tx,
    letter_id: int,
    outcome: Outcome,
    *,
    via: str = "",
    reason: str = "",
    detail: str = "",
    ticket_id: int | None = None,
    entry_id: int | None = None,
) -> None:
    """What becomes of a letter."""
    await tx.execute(
        "UPDATE helpdesk_letter SET outcome = $2, via = $3, reason = $4, detail = $5, ticket_id = $6, entry_id = $7"
        " WHERE id = $1",
        letter_id,
        outcome,
        via,
        reason,
        detail,
        ticket_id,
        entry_id,
    )


async def letter(tx: Tx, letter_id: int, *, lock: bool = False) -> LetterLine | None:
    return await tx.maybe(LetterLine, f"{_LETTER} WHERE l.id = $1{' FOR UPDATE OF l' if lock else ''}", letter_id)


async def letters(tx: Tx, *, waiting_only: bool, before_id: int | None, limit: int) -> list[LetterLine]:
    """The newest first. `waiting_only`: those set aside that nobody has decided about, of a storm its newest alone."""
    return await tx.all(
        LetterLine,
        f"{_LETTER} WHERE (NOT $1 OR (l.outcome = 'aside' AND l.handled = ''"
        " AND (l.reason <> 'storm' OR NOT EXISTS (SELECT FROM helpdesk_letter o WHERE o.sender = l.sender"
        " AND o.reason = 'storm' AND o.handled = '' AND o.id > l.id)))) AND ($2::bigint IS NULL OR l.id < $2)"
        " ORDER BY l.id DESC LIMIT $3",
        waiting_only,
        before_id,
        limit,
    )


async def waiting(tx: Tx) -> tuple[int, int]:
    """How many letters wait for a decision, and the newest one's id, or 0."""
    record = await tx.record(
        "SELECT count(*) AS waiting, coalesce(max(id), 0) AS newest FROM helpdesk_letter"
        " WHERE outcome = 'aside' AND handled = ''"
    )
    assert record is not None  # an aggregate has a row
    return record["waiting"], record["newest"]


async def count_stormed(tx: Tx, sender: str) -> int:
    """Letters of a sender that were set aside within a day because there were too many."""
    return int(
        await tx.value(
            "SELECT count(*) FROM helpdesk_letter WHERE sender = $1 AND reason = 'storm'"
            " AND received_at > clock_timestamp() - interval '1 day'",
            sender,
        )
    )


async def storm_of(tx: Tx, sender: str) -> list[int]:
    """Letters of a sender that were too many and wait for a decision; locked."""
    records = await tx.records(
        "SELECT id FROM helpdesk_letter WHERE sender = $1 AND reason = 'storm' AND handled = '' ORDER BY id FOR UPDATE",
        sender,
    )
    return [one["id"] for one in records]


async def discard_all(tx: Tx, ids: Sequence[int], account_id: int | None) -> None:
    """They are nothing for the helpdesk; the raw letters stay."""
    await tx.execute(
        "UPDATE helpdesk_letter SET handled = 'discarded', handled_by = $2, rev = rev + 1,"
        " handled_at = clock_timestamp() WHERE id = ANY($1::bigint[])",
        list(ids),
        account_id,
    )


async def count_begun(tx: Tx, sender: str) -> int:
    """Tickets that letters of a sender have begun within an hour."""
    return int(
        await tx.value(
            "SELECT count(*) FROM helpdesk_letter WHERE sender = $1 AND outcome = 'ticket'"
            " AND received_at > clock_timestamp() - interval '1 hour'",
            sender,
        )
    )


async def handle(tx: Tx, letter_id: int, handled: str, account_id: int | None, ticket_id: int | None) -> None:
    """Somebody has decided about a letter that was set aside; empty `handled`: takes that back."""
    await tx.execute(
        "UPDATE helpdesk_letter SET handled = $2, handled_by = $3, ticket_id = $4, rev = rev + 1,"
        " handled_at = CASE WHEN $2 <> '' THEN clock_timestamp() END WHERE id = $1",
        letter_id,
        handled,
        account_id if handled else None,
        ticket_id,
    )


# files that are kept back


async def withhold(tx: Tx, letter_id: int, kept_back: Sequence[Withheld]) -> None:
    for one in kept_back:
        await tx.execute(
            "INSERT INTO helpdesk_withheld (letter_id, place, name, bytes, reason, detail)"
            " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (letter_id, place) DO UPDATE SET reason = $5, detail = $6",
            letter_id,
            one.place,
            one.name,
            one.bytes,
            one.reason,
            one.detail,
        )


async def withheld(tx: Tx, letter_id: int) -> list[Withheld]:
    return await tx.all(
        Withheld,
        "SELECT place, name, bytes, reason, detail, released_at FROM helpdesk_withheld WHERE letter_id = $1"
        " ORDER BY place",
        letter_id,
    )


async def release(tx: Tx, letter_id: int, place: int) -> bool:
    """Whether it was kept back until now."""
    found = await tx.value(
        "UPDATE helpdesk_withheld SET released_at = clock_timestamp()"
        " WHERE letter_id = $1 AND place = $2 AND released_at IS NULL RETURNING 1",
        letter_id,
        place,
    )
    return found is not None


async def unscanned_letters(tx: Tx, limit: int) -> list[int]:
    """Letters with files that no scanner has looked at yet."""
    records = await tx.records(
        "SELECT DISTINCT w.letter_id FROM helpdesk_withheld w JOIN helpdesk_letter l ON l.id = w.letter_id"
        " WHERE w.reason = 'unscanned' AND w.released_at IS NULL AND l.ticket_id IS NOT NULL ORDER BY 1 LIMIT $1",
        limit,
    )
    return [one["letter_id"] for one in records]


# threads


async def tickets_of_ids(tx: Tx, message_ids: Sequence[str]) -> dict[str, int]:
    """Message-ID → ticket: of letters that we have sent, and of those that came."""
    records = await tx.records(
        "SELECT message_id, ticket_id FROM helpdesk_sent WHERE message_id = ANY($1::text[])"
        " UNION ALL SELECT message_key, ticket_id FROM helpdesk_letter"
        " WHERE message_key = ANY($1::text[]) AND ticket_id IS NOT NULL",
        list(message_ids),
    )
    return {one["message_id"]: one["ticket_id"] for one in reversed(records)}


async def tickets_of_message(tx: Tx, message_key: str) -> list[tuple[str, int]]:
    """Where the very letter has gone before: address of ours and ticket."""
    records = await tx.records(
        "SELECT target, ticket_id FROM helpdesk_letter WHERE message_key = $1 AND ticket_id IS NOT NULL ORDER BY id",
        message_key,
    )
    return [(one["target"], one["ticket_id"]) for one in records]


async def sent_by_us(tx: Tx, message_id: str) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM helpdesk_sent WHERE message_id = $1)", message_id))


async def people(tx: Tx, ticket_id: int) -> frozenset[str]:
    """Addresses in lower case of those who take part: requester, watchers from outside, whom they have copied in."""
    records = await tx.records(
        "SELECT requester_email AS address FROM ticket WHERE id = $1 AND requester_email IS NOT NULL"
        " UNION SELECT a.email FROM ticket t JOIN account a ON a.id = t.requester_id"
        "        WHERE t.id = $1 AND a.email IS NOT NULL AND a.disabled_at IS NULL"
        " UNION SELECT a.email FROM ticket_watcher w JOIN account a ON a.id = w.account_id"
        "        WHERE w.ticket_id = $1 AND w.why <> 'mentioned' AND a.email IS NOT NULL AND a.disabled_at IS NULL"
        " UNION SELECT address FROM helpdesk_party WHERE ticket_id = $1",
        ticket_id,
    )
    return frozenset(one["address"] for one in records)


async def add_parties(tx: Tx, ticket_id: int, added: Sequence[str], most: int) -> None:
    """Up to `most` of them in all."""
    await tx.execute(
        "INSERT INTO helpdesk_party (ticket_id, address) SELECT $1::bigint, address FROM unnest($2::text[]) AS address"
        " LIMIT greatest(0, $3::bigint - (SELECT count(*) FROM helpdesk_party WHERE ticket_id = $1))"
        " ON CONFLICT DO NOTHING",
        ticket_id,
        list(added),
        most,
    )


async def talked_about(tx: Tx, sender: str, target: str, within: timedelta) -> list[tuple[int, str]]:
    """Tickets in which the sender takes part by mail and to the same address of ours, the latest word first."""
    records = await tx.records(
        "SELECT t.id, t.subject FROM ticket t WHERE t.last_entry_at > clock_timestamp() - $3::interval"
        " AND (t.requester_email = $1"
        "      OR EXISTS (SELECT FROM helpdesk_party p WHERE p.ticket_id = t.id AND p.address = $1))"
        " AND EXISTS (SELECT FROM helpdesk_letter l WHERE l.ticket_id = t.id AND l.target = $2)"
        " ORDER BY t.last_entry_at DESC LIMIT 50",
        sender,
        target,
        within,
    )
    return [(one["id"], one["subject"]) for one in records]


async def correspondent(tx: Tx, email: str) -> Correspondent | None:
    return await tx.maybe(
        Correspondent,
        "SELECT id AS account_id, name, login, coalesce(language, '') AS language FROM account"
        " WHERE email = $1 AND disabled_at IS NULL",
        email,
    )


async def actor_of(tx: Tx, one: Correspondent) -> Actor:
    """An account with its roles, as if it had signed in."""
    records = await tx.records(
        "SELECT g.role, u.path FROM role_grant g JOIN unit u ON u.id = g.unit_id WHERE g.account_id = $1"
        " AND (g.expires_at IS NULL OR g.expires_at > now())",
        one.account_id,
    )
    grants = tuple(Grant(record["role"], record["path"]) for record in records)
    return Actor(account_id=one.account_id, name=one.name, login=one.login, language=one.language, grants=grants)


async def has_tickets(tx: Tx, email: str) -> bool:
    return bool(await tx.value("SELECT EXISTS (SELECT FROM ticket WHERE requester_email = $1)", email))
