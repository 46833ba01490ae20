"""SQL of what hangs on a ticket: watchers, approvals, checklist, relations, and the people who may be chosen."""

from collections.abc import Sequence
from datetime import datetime

from app.database import Tx
from portals.helpdesk.model import Approval, Check, Related, Watcher
from portals.helpdesk.numbers import number_of
from portals.helpdesk.setup_model import Person

# watchers


async def watchers(tx: Tx, ticket_id: int) -> list[Watcher]:
    return await tx.all(
        Watcher,
        "SELECT w.account_id, a.name, w.why FROM ticket_watcher w JOIN account a ON a.id = w.account_id"
        " WHERE w.ticket_id = $1 ORDER BY w.added_at, w.account_id",
        ticket_id,
    )


async def watches(tx: Tx, ticket_id: int, account_id: int | None) -> str | None:
    """Why an account watches; None: it does not."""
    found: str | None = await tx.value(
        "SELECT why FROM ticket_watcher WHERE ticket_id = $1 AND account_id = $2", ticket_id, account_id
    )
    return found


async def add_watcher(tx: Tx, ticket_id: int, account_id: int, why: str) -> bool:
    """Whether it is new. Who watches from inside keeps doing so."""
    found = await tx.value(
        "INSERT INTO ticket_watcher (ticket_id, account_id, why) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        " RETURNING 1",
        ticket_id,
        account_id,
        why,
    )
    return found is not None


async def remove_watcher(tx: Tx, ticket_id: int, account_id: int, why: str = "") -> bool:
    """`why`: only if that is the reason."""
    return (
        await tx.execute(
            "DELETE FROM ticket_watcher WHERE ticket_id = $1 AND account_id = $2 AND ($3 = '' OR why = $3)",
            ticket_id,
            account_id,
            why,
        )
        == "DELETE 1"
    )


# approvals

_APPROVAL = """
SELECT p.id, p.ticket_id, p.approver_id, a.name AS approver_name, p.question, p.state, p.answer, p.asked_at,
       p.decided_at
  FROM ticket_approval p JOIN account a ON a.id = p.approver_id
"""


async def approvals(tx: Tx, ticket_id: int) -> list[Approval]:
    return await tx.all(Approval, f"{_APPROVAL} WHERE p.ticket_id = $1 ORDER BY p.id", ticket_id)


async def approval(tx: Tx, approval_id: int) -> Approval | None:
    return await tx.maybe(Approval, f"{_APPROVAL} WHERE p.id = $1", approval_id)


async def approval_waiting(tx: Tx, ticket_id: int, approver_id: int | None) -> Approval | None:
    """What an account is asked about a ticket."""
    return await tx.maybe(
        Approval,
        f"{_APPROVAL} WHERE p.ticket_id = $1 AND p.approver_id = $2 AND p.state = 'waiting'",
        ticket_id,
        approver_id,
    )


async def approvals_waiting_for(tx: Tx, approver_id: int) -> list[Approval]:
    return await tx.all(
        Approval, f"{_APPROVAL} WHERE p.approver_id = $1 AND p.state = 'waiting' ORDER BY p.id", approver_id
    )


async def ask_approval(
    tx: Tx, ticket_id: int, approver_id: int, asked_by: int | None, question: str, at: datetime | None = None
) -> int | None:
    """Id of the question; None where this person is asked already."""
    found = await tx.value(
        "INSERT INTO ticket_approval (ticket_id, approver_id, asked_by, question, asked_at)"
        " VALUES ($1, $2, $3, $4, coalesce($5, clock_timestamp()))"
        " ON CONFLICT (ticket_id, approver_id) WHERE state = 'waiting' DO NOTHING RETURNING id",
        ticket_id,
        approver_id,
        asked_by,
        question,
        at,
    )
    return None if found is None else int(found)


async def decide(tx: Tx, approval_id: int, state: str, answer: str) -> bool:
    """Whether it still waited."""
    return (
        await tx.execute(
            "UPDATE ticket_approval SET state = $2, answer = $3, decided_at = clock_timestamp()"
            " WHERE id = $1 AND state = 'waiting'",
            approval_id,
            state,
            answer,
        )
        == "UPDATE 1"
    )


async def withdraw_approvals(tx: Tx, ticket_id: int) -> int:
    """Nobody needs to agree any more; how many were asked."""
    tag = await tx.execute(
        "UPDATE ticket_approval SET state = 'withdrawn', decided_at = clock_timestamp()"
        " WHERE ticket_id = $1 AND state = 'waiting'",
        ticket_id,
    )
    return int(tag.rpartition(" ")[2])


# checklist


async def checks(tx: Tx, ticket_id: int) -> list[Check]:
    return await tx.all(
        Check, "SELECT id, text, done_name, done_at FROM ticket_check WHERE ticket_id = $1 ORDER BY id", ticket_id
    )


async def add_checks(tx: Tx, ticket_id: int, texts: Sequence[str]) -> None:
    await tx.execute(
        "INSERT INTO ticket_check (ticket_id, text) SELECT $1::bigint, text"
        " FROM unnest($2::text[]) WITH ORDINALITY AS c (text, n)"
        " ORDER BY n",
        ticket_id,
        list(texts),
    )


async def set_check(
    tx: Tx, ticket_id: int, check_id: int, account_id: int | None, name: str, *, done: bool
) -> Check | None:
    """The line as it is now; None: there is none. Done twice it stays with whoever was first."""
    await tx.execute(
        "UPDATE ticket_check SET done_by = CASE WHEN $3 THEN $4::bigint END,"
        " done_name = CASE WHEN $3 THEN $5 ELSE '' END, done_at = CASE WHEN $3 THEN clock_timestamp() END"
        " WHERE ticket_id = $1 AND id = $2 AND (done_at IS NOT NULL) <> $3",
        ticket_id,
        check_id,
        done,
        account_id,
        name,
    )
    return await tx.maybe(
        Check,
        "SELECT id, text, done_name, done_at FROM ticket_check WHERE ticket_id = $1 AND id = $2",
        ticket_id,
        check_id,
    )


async def remove_check(tx: Tx, ticket_id: int, check_id: int) -> bool:
    return (
        await tx.execute("DELETE FROM ticket_check WHERE ticket_id = $1 AND id = $2", ticket_id, check_id) == "DELETE 1"
    )


# relations


async def related(tx: Tx, ticket_id: int) -> list[Related]:
    """Parent, children, what was merged into it, what it was split from or off, and others that were linked."""
    records = await tx.records(
        """
        SELECT o.id, o.subject, o.state, found.how
          FROM (SELECT parent_id AS id, 'parent' AS how, 1 AS place FROM ticket WHERE id = $1
                UNION ALL SELECT id, 'child', 2 FROM ticket WHERE parent_id = $1
                UNION ALL SELECT id, 'merged', 3 FROM ticket WHERE merged_into_id = $1
                UNION ALL SELECT split_from_id, 'split_from', 4 FROM ticket WHERE id = $1
                UNION ALL SELECT id, 'split_off', 5 FROM ticket WHERE split_from_id = $1
                UNION ALL SELECT other_id, 'related', 6 FROM ticket_relation WHERE ticket_id = $1
                UNION ALL SELECT ticket_id, 'related', 6 FROM ticket_relation WHERE other_id = $1) found
          JOIN ticket o ON o.id = found.id
         ORDER BY found.place, o.id LIMIT 300
        """,
        ticket_id,
    )
    return [Related(number=number_of(one["id"]), **one) for one in records]


async def relate(tx: Tx, one: int, other: int) -> bool:
    """Whether it is new."""
    found = await tx.value(
        "INSERT INTO ticket_relation (ticket_id, other_id)"
        " VALUES (least($1::bigint, $2::bigint), greatest($1::bigint, $2::bigint)) ON CONFLICT DO NOTHING RETURNING 1",
        one,
        other,
    )
    return found is not None


async def unrelate(tx: Tx, one: int, other: int) -> bool:
    return (
        await tx.execute(
            "DELETE FROM ticket_relation WHERE ticket_id = least($1::bigint, $2::bigint)"
            " AND other_id = greatest($1::bigint, $2::bigint)",
            one,
            other,
        )
        == "DELETE 1"
    )


async def children(tx: Tx, ticket_id: int, *, open_only: bool = False) -> list[int]:
    records = await tx.records(
        "SELECT id FROM ticket WHERE parent_id = $1 AND (NOT $2 OR state IN ('new', 'open', 'pending')) ORDER BY id",
        ticket_id,
        open_only,
    )
    return [one["id"] for one in records]


async def merged_into(tx: Tx, ticket_id: int) -> list[int]:
    """Tickets that go on in this one, also by way of others."""
    records = await tx.records(
        "WITH RECURSIVE found AS (SELECT id FROM ticket WHERE merged_into_id = $1"
        " UNION SELECT t.id FROM ticket t JOIN found f ON t.merged_into_id = f.id) SELECT id FROM found ORDER BY id",
        ticket_id,
    )
    return [one["id"] for one in records]


async def state_before_merging(tx: Tx, ticket_id: int) -> str:
    """In which a merged ticket was, if somebody was done with it; else `open`."""
    found = await tx.value(
        "SELECT state FROM ticket_span WHERE ticket_id = $1 AND state <> 'merged' ORDER BY id DESC LIMIT 1", ticket_id
    )
    return str(found) if found in {"solved", "closed"} else "open"


async def goes_on_in(tx: Tx, ticket_id: int) -> int:
    """The ticket in which this one goes on in the end; itself where it was not merged."""
    found: int = await tx.value(
        "WITH RECURSIVE way AS (SELECT id, merged_into_id FROM ticket WHERE id = $1"
        " UNION SELECT t.id, t.merged_into_id FROM ticket t JOIN way w ON t.id = w.merged_into_id)"
        " SELECT id FROM way WHERE merged_into_id IS NULL",
        ticket_id,
    )
    return found


# people


async def agents(tx: Tx, queue_id: int | None = None) -> list[Person]:
    """Who can take tickets: members of the teams of a queue (or of any), by name."""
    return await tx.all(
        Person,
        "SELECT a.id, a.name, a.login FROM account a WHERE a.disabled_at IS NULL AND EXISTS ("
        " SELECT FROM helpdesk_team_member m JOIN helpdesk_team t ON t.id = m.team_id AND t.active"
        " LEFT JOIN helpdesk_queue_team q ON q.team_id = m.team_id"
        " WHERE m.account_id = a.id AND ($1::bigint IS NULL OR q.queue_id = $1)) ORDER BY a.folded, a.id",
        queue_id,
    )


async def desk_people(tx: Tx, logins: Sequence[str]) -> dict[str, int]:
    """Accounts of the helpdesk by login: those who may read notes."""
    records = await tx.records(
        "SELECT a.login, a.id FROM account a WHERE a.login = ANY($1::text[]) AND a.disabled_at IS NULL AND EXISTS ("
        " SELECT FROM active_grant g WHERE g.account_id = a.id AND g.role IN ('helpdesk_agent', 'helpdesk_lead'))",
        list(logins),
    )
    return {one["login"]: one["id"] for one in records}


async def heads(tx: Tx, unit_id: int) -> list[int]:
    """Accounts of a unit's heads."""
    records = await tx.records(
        "SELECT m.account_id FROM unit_member m JOIN account a ON a.id = m.account_id AND a.disabled_at IS NULL"
        " WHERE m.unit_id = $1 AND m.head ORDER BY m.account_id",
        unit_id,
    )
    return [one["account_id"] for one in records]


async def person(tx: Tx, account_id: int) -> Person | None:
    """An account that is not closed."""
    return await tx.maybe(
        Person, "SELECT id, name, login FROM account WHERE id = $1 AND disabled_at IS NULL", account_id
    )


async def email_of(tx: Tx, account_id: int) -> str | None:
    found: str | None = await tx.value("SELECT email FROM account WHERE id = $1", account_id)
    return found


async def people_like(tx: Tx, folded: str, limit: int) -> list[Person]:
    """Members of units whose name, login or address holds the words: for an agent who writes down a call."""
    return await tx.all(
        Person,
        "SELECT a.id, a.name, a.login FROM account a WHERE a.disabled_at IS NULL"
        " AND EXISTS (SELECT FROM unit_member m WHERE m.account_id = a.id)"
        " AND strpos(a.folded, $1) > 0 ORDER BY strpos(a.folded, $1), a.folded, a.id LIMIT $2",
        folded,
        limit,
    )


async def person_called(tx: Tx, login: str) -> Person | None:
    return await tx.maybe(Person, "SELECT id, name, login FROM account WHERE login = $1 AND disabled_at IS NULL", login)


async def desk_accounts(tx: Tx) -> list[Person]:
    """Accounts that hold a role of the helpdesk, by name."""
    return await tx.all(
        Person,
        "SELECT a.id, a.name, a.login FROM account a WHERE a.disabled_at IS NULL AND EXISTS ("
        " SELECT FROM active_grant g WHERE g.account_id = a.id AND g.role IN ('helpdesk_agent', 'helpdesk_lead'))"
        " ORDER BY a.folded, a.id",
    )
