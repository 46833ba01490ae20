"""The product upon a small helpdesk, and everybody who may come: for walks over all of its routes and rooms.

async with walking(database_url, tmp_path) as walk:
    async with walk.client("A") as client: …          # the agent, signed in
    walk.path("/pomoc/{number}")                      # with the object that belongs there

People are letters, so that who may do what is a short word:
R the requester · C a colleague of another unit · H the head of the requester's unit · A an agent of the ticket's queue ·
O an agent of another queue · L a lead · U an auditor · S a resident without a unit · N nobody, not signed in
"""

import contextlib
import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from app.database import Database, open_pool
from app.files import FILES
from portals.helpdesk import actions
from portals.helpdesk.drafts import NewTicket, Written
from portals.helpdesk.numbers import digits_of
from portals.helpdesk.post.intake import take_in
from portals.helpdesk.post.post import POST
from portals.helpdesk.post.rows import AddressDraft
from portals.helpdesk.post.store import put_address
from portals.helpdesk.setup_model import CannedReply, RoutingRule, Service, TicketTemplate
from portals.helpdesk.sla.actions import set_day
from portals.helpdesk.sla.model import DayDraft
from tests.conftest import Site, running_site
from tests.portals.helpdesk import desk as people
from tests.portals.helpdesk.desk import Desk
from tests.portals.helpdesk.post.make_corpus import FOLDER, one

MARK = "TAJNE7"
"""Stands in the ticket's words and in all that belongs to it: who is refused must not read it."""
WHO = {
    "R": people.TEACHER, "C": people.COLLEAGUE, "H": people.HEAD, "A": people.AGENT, "O": people.OTHER_AGENT,
    "L": people.LEAD, "U": people.AUDITOR, "S": people.STRANGER, "N": people.NOBODY,
}  # fmt: skip
PLACE = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
ADDRESS = "pomoc@gryf.example"
MANY = 40
"""Of what a walk uses up."""


class Walk:
    """`values`: by the name of a place what belongs there; `things`: by the kind of the set-up. What is used up when it
    is asked for (a check that is removed) is a list, of which each address takes one.
    """

    def __init__(self, site: Site, desk: Desk) -> None:
        self.site = site
        self.desk = desk
        self.values: dict[str, Any] = {}
        self.things: dict[str, list[int]] = {}
        self.sessions: dict[str, str] = {}
        self.note_file = ""

    def path(self, pattern: str, verb: str = "") -> str:
        """An address with objects of the requester's ticket. `verb`: which of the choices a place offers."""

        before = pattern.partition("{thing_id")[0]

        def value(place: re.Match[str]) -> str:
            name, rule = place[1], place[2] or ""
            if re.fullmatch(r"[a-z-]+(\|[a-z-]+)*", rule):
                return verb or rule.partition("|")[0]
            if name == "thing_id":
                kind = next(one for one in self.things if one in {*PLACE.sub(value, before).split("/"), verb})
                return str(self.things[kind].pop())
            found = self.values[name]
            return str(found.pop() if isinstance(found, list) else found)

        return PLACE.sub(value, pattern)

    @contextlib.asynccontextmanager
    async def client(self, who: str) -> AsyncIterator[aiohttp.ClientSession]:
        """Signed in, unless it is nobody."""
        cookies = {"gryf_session": self.sessions[who]} if who in self.sessions else {}
        async with aiohttp.ClientSession(
            self.site.http,
            cookies=cookies,
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            headers={"Origin": self.site.http},
        ) as session:
            yield session


@contextlib.asynccontextmanager
async def walking(database_url: str, folder: Path) -> AsyncIterator[Walk]:
    """A ticket of the requester with everything that can hang on one, and one of each thing of the set-up."""
    pool = await open_pool(database_url, 5)
    try:
        database = Database(pool)
        desk = await Desk.set(database)
        async with running_site(database_url, folder, demo=False) as site:
            walk = Walk(site, desk)
            await _sessions(walk)
            await _set_up(walk)
            await _ticket(walk)
            await _letters(walk)
            await _parts(walk)
            yield walk
    finally:
        pool.terminate()


async def _sessions(walk: Walk) -> None:
    async with walk.desk.database.transaction() as tx:
        await tx.execute("UPDATE account SET staff_grade = true")  # as if each had a password that is long enough
        for who, actor in WHO.items():
            if actor.account_id is None:
                continue
            token = walk.sessions[who] = secrets.token_urlsafe(32)
            await tx.execute(
                "INSERT INTO web_session (token_sha256, handle, account_id, data, idle_s, expires_at)"
                " VALUES ($1, $2, $3, '{}', 36000, now() + interval '1 day')",
                hashlib.sha256(token.encode()).digest(),
                secrets.token_hex(12),
                actor.account_id,
            )


async def _set_up(walk: Walk) -> None:
    desk, database = walk.desk, walk.desk.database
    for kind, thing in (
        ("services", Service(name="Poczta")),
        ("rules", RoutingRule(queue_id=desk.second, words=["światłowód"])),
        ("canned-replies", CannedReply(title="Dzień dobry", text="Dzień dobry, już patrzymy")),
        ("templates", TicketTemplate(title="Telefon")),
    ):
        name = "title" if hasattr(thing, "title") else "name" if hasattr(thing, "name") else ""
        for number in range(MANY):
            told = {name: f"{getattr(thing, name)} {number}"} if name else {}
            saved = await actions.save_thing(database, people.LEAD, msgspec.structs.replace(thing, **told))
            walk.things.setdefault(kind, []).append(saved.id)
    walk.things |= {"queues": [desk.first] * MANY, "teams": [desk.team] * MANY, "categories": [desk.broken] * MANY}
    async with database.transaction() as tx:
        walk.values["agreement_id"] = await tx.value("SELECT min(id) FROM sla_agreement")
        walk.values["calendar_id"] = await tx.value("SELECT min(id) FROM sla_calendar")
        walk.values["address_id"] = await put_address(tx, 0, AddressDraft(address=ADDRESS, queue_id=desk.first))
        days = [date(2027, 2, 1) + timedelta(days=one) for one in range(MANY)]
    for day in days:
        await set_day(database, people.LEAD, walk.values["calendar_id"], DayDraft(day=day, hours="10-12"))
    walk.values |= {"queue_id": desk.first, "day": [str(one) for one in days], "label": people.NUMBER}


async def _ticket(walk: Walk) -> None:
    desk, database, files = walk.desk, walk.desk.database, walk.site.app[FILES]

    async def blocks():
        yield MARK.encode()

    async def upload(name: str):
        return await files.receive(blocks(), limit_bytes=100, accept=frozenset({"text/plain"}), name=name)

    new = NewTicket(
        text=f"Nie działa {MARK}", category_id=desk.access, device_label=people.NUMBER, details={}
    )  # the head is asked to agree
    ticket = await actions.send_ticket(
        database, people.TEACHER, new, files=files, uploads=[await upload(f"zdjecie-{MARK}.txt")]
    )
    note = await actions.note(
        database, people.AGENT, ticket.id, Written(text=f"Notatka {MARK}"), files, [await upload("notatka.txt")]
    )
    for number in range(MANY):
        checks = await actions.add_check(database, people.AGENT, ticket.id, f"Sprawdzić {MARK} {number}")
    other = await desk.send(f"Inne {MARK}")
    async with database.transaction() as tx:
        file_id = await tx.value(
            "SELECT f.file_id FROM ticket_entry_file f JOIN ticket_entry e ON e.id = f.entry_id"
            " WHERE e.ticket_id = $1 AND e.public",
            ticket.id,
        )
        approval_id = await tx.value("SELECT id FROM ticket_approval WHERE ticket_id = $1", ticket.id)
    walk.note_file = str(note.files[0].id)
    walk.values |= {
        "number": digits_of(ticket.id), "other": digits_of(other.id), "other_id": other.id, "ticket_id": ticket.id, "file_id": file_id,
        "check_id": [one.id for one in checks], "approval_id": approval_id, "entry_id": note.id, "account_id": people.TEACHER.account_id,
    }  # fmt: skip


async def _letters(walk: Walk) -> None:
    """One that became a ticket of the first queue, and one that was set aside."""
    post = walk.site.app[POST]
    (came,) = await take_in(post, one("walk", body=f"Drukarka {MARK}"), "lmtp", [ADDRESS])
    (aside,) = await take_in(post, (FOLDER / "list.eml").read_bytes(), "lmtp", [ADDRESS])
    assert (came.outcome, aside.outcome) == ("ticket", "aside")
    walk.values |= {"letter_id": came.letter_id, "aside_id": aside.letter_id}


async def _parts(walk: Walk) -> None:
    """An article that is published, an outage at the requester's school, a view of the agent's own."""
    number, school = walk.values["other"], walk.desk.school
    article = await _made(walk, "A", "POST", "/api/helpdesk/knowledge", {"title": "Drukarka", "text": "Papier"})
    published = f"/api/helpdesk/knowledge/{article['id']}/publication"
    await _made(walk, "L", "PUT", published, {"number": 1})
    outage = {"title": "Brak Wi-Fi", "unit_ids": [school], "ticket": number}
    outage = await _made(walk, "A", "POST", "/api/helpdesk/outages", outage)
    view = await _made(walk, "A", "POST", "/api/helpdesk/views", {"name": "Moje", "question": {"state": "open"}})
    walk.values |= {
        "article_id": article["id"], "outage_id": outage.get("id") or outage["outage"]["id"], "view_id": view["id"],
        "unit_id": school, "version": 1, "form_key": "formularz-1",
        **dict.fromkeys(("change_id", "board_id", "import_id", "webhook_id", "delivery_id", "picture"), 999_999),
        "secret": "x" * 20, "key": "x" * 20, "rev": 99,
    }  # fmt: skip


async def _made(walk: Walk, who: str, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    async with walk.client(who) as client, client.request(method, path, json=body) as answer:
        assert answer.status in {200, 201, 204}, (path, answer.status, await answer.text())
        found: dict[str, Any] = await answer.json(content_type=None) or {}
        return found
