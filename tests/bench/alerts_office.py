"""An office for `bench_alerts`: queues with their agents, schools whose teachers send tickets; all of them have signed in."""

import hashlib
import secrets
from typing import Final

import msgspec

from app.database import Database, Tx, open_pool
from tests.portals.dialog.stage import Backplane

SCHOOLS: Final = 28
BEFORE: Final = 3000
"""Tickets that were sent and closed already: a helpdesk is measured in the middle of a year."""

_TICKETS_BEFORE: Final = """
INSERT INTO ticket (subject, source, requester_id, requester_name, unit_id, category_id, queue_id, assignee_id, impact, urgency,
                    priority, state, sent_at, first_reply_at, last_entry_at, waits_for_us, solved_at, closed_at)
SELECT 'Drukarka ' || n, 'form', p.account_id, 'Osoba', p.unit_id, c.id, c.queue_id, a.account_id, 1, 2, 2, 'closed',
       m.at, m.at + interval '1 hour', m.at + interval '5 hours', false, m.at + interval '5 hours', m.at + interval '7 days'
  FROM generate_series(1, $1::int) AS n
  CROSS JOIN LATERAL (SELECT now() - interval '300 days' + n * interval '2 hours' AS at) m
  JOIN (SELECT account_id, unit_id, row_number() OVER (ORDER BY account_id) AS place, count(*) OVER () AS many
          FROM unit_member) p ON p.place = n % p.many + 1
  JOIN (SELECT id, queue_id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS many FROM helpdesk_category
         WHERE queue_id IS NOT NULL) c ON c.place = n % c.many + 1
  CROSS JOIN LATERAL (SELECT m.account_id FROM helpdesk_queue_team q JOIN helpdesk_team_member m ON m.team_id = q.team_id
                       WHERE q.queue_id = c.queue_id ORDER BY m.account_id LIMIT 1) a
"""
_ENTRIES_BEFORE: Final = """
INSERT INTO ticket_entry (ticket_id, kind, public, by_staff, author_id, author_name, text, at)
SELECT t.id, 'reply', true, s.by_staff, CASE WHEN s.by_staff THEN t.assignee_id ELSE t.requester_id END, 'Osoba',
       'Słowa o drukarce, toner i papier', CASE WHEN s.by_staff THEN t.first_reply_at ELSE t.sent_at END
  FROM ticket t CROSS JOIN (VALUES (false), (true)) AS s (by_staff) ORDER BY t.id, s.by_staff
"""
_SPANS_BEFORE: Final = """
INSERT INTO ticket_span (ticket_id, state, begun_at, ended_at)
SELECT t.id, s.state, s.begun_at, s.ended_at FROM ticket t
 CROSS JOIN LATERAL (VALUES ('new', t.sent_at, t.first_reply_at), ('open', t.first_reply_at, t.solved_at),
                            ('solved', t.solved_at, t.closed_at), ('closed', t.closed_at, NULL)) AS s (state, begun_at, ended_at)
"""


class Person(msgspec.Struct, frozen=True):
    account_id: int
    cookie: str


class Line(msgspec.Struct, frozen=True):
    """A queue, the category whose tickets come to it, and who works on it."""

    queue_id: int
    category_id: int
    agents: list[Person]


class Office(msgspec.Struct, frozen=True):
    lines: list[Line]
    requesters: list[Person]


async def fill(url: str, queues: int, agents: int, requesters: int) -> Office:
    pool = await open_pool(url, 2)
    try:
        database = Database(pool, Backplane())
        async with database.transaction() as tx:
            city = await tx.value("SELECT id FROM unit WHERE parent_id IS NULL")
            if city is None:
                city = await tx.value("INSERT INTO unit (kind, name, path) VALUES ('city', 'Miasto', '1') RETURNING id")
            units = [await _unit(tx, city, number) for number in range(SCHOOLS)]
            people = await _people(tx, "osoba", requesters)
            await tx.execute(
                "INSERT INTO unit_member (unit_id, account_id, head)"
                " SELECT u, a, false FROM unnest($1::bigint[], $2::bigint[]) AS w (u, a)",
                [units[place % SCHOOLS] for place in range(requesters)],
                [one.account_id for one in people],
            )
            lines = [
                await _line(tx, city, number, agents // queues + (number < agents % queues)) for number in range(queues)
            ]
        await pool.execute(_TICKETS_BEFORE, BEFORE)
        await pool.execute(_ENTRIES_BEFORE)
        await pool.execute(_SPANS_BEFORE)
        await pool.execute("VACUUM ANALYZE")
    finally:
        await pool.close()
    return Office(lines, people)


async def _unit(tx: Tx, city: int, number: int) -> int:
    name = f"Szkoła Podstawowa nr {number + 1}"
    unit: int = await tx.value(
        "INSERT INTO unit (parent_id, kind, name, path) VALUES ($1, 'school', $2, $2) RETURNING id", city, name
    )
    await tx.execute("UPDATE unit SET path = $2 WHERE id = $1", unit, f"{city}.{unit}")
    await tx.execute(
        "INSERT INTO unit_card (unit_id, short_name, kind) VALUES ($1, $2, 'school')", unit, f"SP {number + 1}"
    )
    return unit


async def _line(tx: Tx, city: int, number: int, agents: int) -> Line:
    people = await _people(tx, f"agent{number}", agents)
    ids = [one.account_id for one in people]
    # whoever has a second factor has rights; nobody signs in here, so what it is does not matter
    await tx.execute("UPDATE account SET totp_secret = $2 WHERE id = ANY($1::bigint[])", ids, secrets.token_bytes(48))
    await tx.execute(
        "INSERT INTO role_grant (account_id, role, unit_id) SELECT a, 'helpdesk_agent', $2 FROM unnest($1::bigint[]) AS a",
        ids,
        city,
    )
    queue = await tx.value(
        "INSERT INTO helpdesk_queue (name, place) VALUES ($1, $2) RETURNING id", f"Kolejka {number + 1}", number + 10
    )
    team = await tx.value("INSERT INTO helpdesk_team (name) VALUES ($1) RETURNING id", f"Zespół {number + 1}")
    await tx.execute("INSERT INTO helpdesk_queue_team (queue_id, team_id) VALUES ($1, $2)", queue, team)
    await tx.execute(
        "INSERT INTO helpdesk_team_member (team_id, account_id) SELECT $1, unnest($2::bigint[])", team, ids
    )
    category = await tx.value(
        "INSERT INTO helpdesk_category (name, queue_id) VALUES ($1, $2) RETURNING id", f"Sprawa {number + 1}", queue
    )
    return Line(queue, category, people)


async def _people(tx: Tx, login: str, count: int) -> list[Person]:
    """Accounts with a session each."""
    rows = await tx.records(
        "INSERT INTO account (login, name, email, folded, staff_grade) SELECT l, n, l || '@gryf.example', lower(n), true"
        " FROM unnest($1::text[], $2::text[]) AS w (l, n) RETURNING id",
        [f"{login}.{one}" for one in range(count)],
        [f"Osoba {login} {one}" for one in range(count)],
    )
    found = [Person(row["id"], secrets.token_urlsafe(32)) for row in rows]
    await tx.execute(
        "INSERT INTO web_session (token_sha256, handle, account_id, idle_s, expires_at)"
        " SELECT t, h, a, 36000, now() + interval '1 day' FROM unnest($1::bytea[], $2::text[], $3::bigint[]) AS w (t, h, a)",
        [hashlib.sha256(one.cookie.encode()).digest() for one in found],
        [secrets.token_hex(12) for _one in found],
        [one.account_id for one in found],
    )
    return found
