"""Verbs of imports: a file is taken in and shown, carried out in the background, stopped and taken up again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import structlog
from aiohttp import web

from app.actor import SYSTEM, Actor
from app.database import DATABASE, Database, Tx
from app.errors import Conflict, Invalid, NotFound, Unavailable
from app.feature import Event, Params
from app.i18n import _
from app.supervise import SUPERVISOR
from app.tables import Fault, Refused, plain
from app.workbook.reading import table_of
from portals.helpdesk import rules
from portals.helpdesk.access import access_setup, room_number
from portals.helpdesk.finding import import_store, imports, store
from portals.helpdesk.finding.model import WOKEN, Import, ImportLine, Reach

log = structlog.get_logger(__name__)

WORK: Final = "helpdesk.imports"
AT_ONCE: Final = 100
"""Lines of one transaction: what a stop waits for, and what a crash repeats."""
REST_S: Final = 0.02
LOOK_EVERY_S: Final = 5.0
EARLIER: Final = 20
MOST_SYSTEM: Final = 40
VERBS: Final = {"start": ("shown", "stopped"), "stop": ("running",)}
"""What may be asked of an import in which states."""


class Imports(msgspec.Struct, frozen=True):
    """The newest files first."""

    imports: list[Import]


class ImportMoved(Event, frozen=True, tag=True):
    """An import has got on, or its state has changed."""

    found: Import

    @property
    def rev(self) -> int:
        return self.found.rev


def import_room(import_id: int) -> str:
    return f"helpdesk/import/{import_id}"


async def access_import(tx: Tx, actor: Actor, import_id: int, *, lock: bool = False) -> Import:
    """For leads."""
    access_setup(actor)
    found = await import_store.one_import(tx, import_id, lock=lock)
    if found is None:
        raise NotFound
    return found


async def import_snapshot(tx: Tx, actor: Actor, params: Params) -> Import:
    return await access_import(tx, actor, room_number(params, "import_id"))


async def list_imports(database: Database, actor: Actor) -> list[Import]:
    access_setup(actor)
    async with database.glance() as tx:
        return await import_store.imports(tx, EARLIER)


async def show_import(
    database: Database, actor: Actor, import_id: int, most: int
) -> tuple[Import, list[ImportLine], list[Fault], int]:
    """The file, lines that wait, what is wrong, and how many of the lines are tickets here already."""
    async with database.transaction(readonly=True) as tx:
        found = await access_import(tx, actor, import_id)
        lines = await import_store.lines_of(tx, import_id, most)
        known = await import_store.known_among(tx, import_id)
        return found, lines, await import_store.faults_of(tx, import_id), known


async def take_in(
    database: Database, actor: Actor, system: str, file_name: str, content: bytes, zone: ZoneInfo
) -> Import:
    """Reads and checks a file and keeps its lines until somebody decides. Raises `Invalid` by field (`file`, `system`),
    `FileRefused` for a file that cannot be read at all.
    """
    access_setup(actor)
    name = rules.one_line(system)
    if not name:
        raise Invalid(fields={"system": rules.NEEDED})
    if len(name) > MOST_SYSTEM:
        raise Invalid(fields={"system": _("This is too long: 40 characters at most")})
    try:
        table = await table_of(content, imports.MOST_ROWS, imports.lines_kept)
        rows, faults = await asyncio.to_thread(imports.rows_in, table)
    except Refused as problem:
        raise _refused(problem.fault) from None
    async with database.transaction() as tx:
        known = await _known(tx)
        now = await import_store.now(tx)
        found = await asyncio.to_thread(imports.checked, rows, faults, known, zone, now)
        import_id = await import_store.add_import(
            tx, name, file_name[:200], table.encoding, found.lines, found.faults, actor.account_id
        )
        taken = await access_import(tx, actor, import_id)
        await tx.audit(
            actor, "ticket_import.take_in", f"helpdesk-import/{import_id}", file=taken.file_name, system=name,
            lines=taken.lines, faults=taken.faults,
        )  # fmt: skip
        return taken


class FileRefused(Invalid):
    """The whole file cannot be read: in which line, and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fields={"file": fault.text})
        self.fault = fault


def _refused(fault: Fault) -> FileRefused:
    return FileRefused(fault)


async def _known(tx: Tx) -> imports.Known:
    choices = await store.choices(tx, Reach(0, [], everything=True))
    queues = imports.names_of(choices.queues)
    if not choices.queues:
        raise Conflict("The helpdesk has no queue yet: its lead sets it up")
    return imports.Known(
        units=imports.names_of(choices.units),
        categories=imports.names_of(choices.categories),
        queues=queues,
        first_queue=choices.queues[0].id,
        agents=imports.names_of(choices.agents)
        | {plain(f"{one.short}"): one.id for one in choices.agents if one.short},
        accounts=await import_store.accounts_by_email(tx),
        devices=await import_store.devices_by_label(tx),
    )


async def act(database: Database, actor: Actor, import_id: int, verb: str) -> Import:
    """`start`: it goes on by itself; `stop`: after the lines in hand. Raises `Conflict` where neither fits."""
    async with database.transaction() as tx:
        found = await access_import(tx, actor, import_id, lock=True)
        if found.state not in VERBS[verb] or not found.lines:
            raise Conflict("This import is not in a state for that any more")
        await import_store.set_state(tx, import_id, "running" if verb == "start" else "stopped")
        tx.wake(WORK)
        await tx.audit(
            actor, f"ticket_import.{verb}", f"helpdesk-import/{import_id}", done=found.done, lines=found.lines
        )
        return await _told(tx, import_id)


async def drop(database: Database, actor: Actor, import_id: int) -> None:
    """Forgets a file of which nothing has come."""
    async with database.transaction() as tx:
        found = await access_import(tx, actor, import_id, lock=True)
        if found.state != "shown":
            raise Conflict("Tickets of this file are here already: it can be stopped, not dropped")
        await import_store.drop(tx, import_id)
        await tx.audit(actor, "ticket_import.drop", f"helpdesk-import/{import_id}", file=found.file_name)


async def _told(tx: Tx, import_id: int) -> Import:
    now = await import_store.one_import(tx, import_id)
    assert now is not None  # it was just written
    tx.publish(import_room(import_id), ImportMoved(now))
    return now


async def import_some(database: Database) -> int:
    """The next lines of an import that goes on become tickets, in one transaction; how many were looked at."""
    async with database.transaction() as tx:
        import_id = await import_store.next_running(tx)
        if import_id is None:
            return 0
        found = await import_store.one_import(tx, import_id)
        assert found is not None  # it is locked
        lines = await import_store.lines_of(tx, import_id, AT_ONCE)
        if lines:
            there = await import_store.known_ids(tx, found.system, [one.external_id for one in lines])
            fresh = [one for one in lines if one.external_id not in there]
            await _make(tx, found, fresh)
            await import_store.advance(tx, import_id, [one.line for one in lines], len(fresh))
        if len(lines) < AT_ONCE:
            await import_store.set_state(tx, import_id, "done")
            await tx.audit(SYSTEM, "ticket_import.done", f"helpdesk-import/{import_id}", lines=found.lines)
            log.info("tickets were imported", file=found.file_name, lines=found.lines)
        tx.wake(WOKEN)
        await _told(tx, import_id)
        return max(1, len(lines))


async def _make(tx: Tx, found: Import, lines: Sequence[ImportLine]) -> None:
    """What a line names and is gone since the file was checked is left out; its queue is then the first one."""
    if not lines:
        return
    there = {
        column: await import_store.hold_names(
            tx, column, table, [value for one in lines if (value := getattr(one, column)) is not None]
        )
        for column, table in import_store.NAMED
    }
    first_queue = (await _first_queue(tx)) if {one.queue_id for one in lines} - there["queue_id"] else 0
    tickets, entries, spans, external = [], [], [], []
    for ticket_id, line in zip(await import_store.next_ids(tx, len(lines)), lines, strict=True):
        named = {
            column: value if (value := getattr(line, column)) in there[column] else None
            for column, _table in import_store.NAMED
        }
        tickets.append(_ticket(ticket_id, line, {**named, "queue_id": named["queue_id"] or first_queue}))
        entries += _entries(ticket_id, line, named)
        spans += _spans(ticket_id, line)
        external.append((ticket_id, line.external_id))
    await import_store.add_tickets(tx, tickets, entries, spans, external, found.system, found.id)


async def _first_queue(tx: Tx) -> int:
    return (await store.choices(tx, Reach(0, [], everything=True))).queues[0].id


def _ticket(ticket_id: int, line: ImportLine, named: dict[str, int | None]) -> dict[str, Any]:
    answered = line.done_at or line.sent_at
    return {
        "id": ticket_id, "subject": line.subject, "source": "api", "requester_name": line.requester_name,
        "requester_email": line.requester_email, "requester_phone": line.requester_phone, "room": line.room,
        "impact": 1, "urgency": 2, "priority": line.priority, "priority_set": True, "state": line.state,
        "sent_at": line.sent_at, "first_reply_at": answered if line.answer or line.done_at else None,
        "last_entry_at": answered, "waits_for_us": line.done_at is None and not line.answer, "solved_at": line.done_at,
        "closed_at": line.done_at, **named,
    }  # fmt: skip


def _entries(ticket_id: int, line: ImportLine, named: dict[str, int | None]) -> list[dict[str, Any]]:
    def entry(kind: str, text: str, *, staff: bool) -> dict[str, Any]:
        return {
            "ticket_id": ticket_id, "kind": kind, "public": kind == "reply", "by_staff": staff,
            "author_id": named["assignee_id"] if staff else named["requester_id"],
            "author_name": line.answered_by if staff else line.requester_name, "source": "api", "text": text,
            "at": (line.done_at or line.sent_at) if staff else line.sent_at,
        }  # fmt: skip

    made = [entry("reply", line.text, staff=False)]
    if line.note:
        made.append(entry("note", line.note, staff=True))
    if line.answer:
        made.append(entry("reply", line.answer, staff=True))
    return made


def _spans(ticket_id: int, line: ImportLine) -> list[dict[str, Any]]:
    first = {"ticket_id": ticket_id, "state": "open", "begun_at": line.sent_at, "ended_at": line.done_at}
    if line.done_at is None:
        return [first]
    return [first, {"ticket_id": ticket_id, "state": line.state, "begun_at": line.done_at, "ended_at": None}]


async def keep_importing(database: Database) -> None:
    """For ever. An import that was running when the process died goes on with its next line."""
    while True:
        taken = 0
        with contextlib.suppress(Unavailable):  # the database is away: everybody else reports it
            taken = await import_some(database)
        await database.woken(WORK, REST_S if taken else LOOK_EVERY_S)


async def importing_service(app: web.Application) -> AsyncIterator[None]:
    """Cleanup context."""
    database = app[DATABASE]
    task = app[SUPERVISOR].run("imports of tickets", lambda: keep_importing(database))
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
