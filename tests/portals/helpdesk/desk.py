"""A helpdesk in a fresh database, for the tests of the core and of every part.

desk = await Desk.set(database)          # accounts, two schools and a department, two teams with a queue each, categories
ticket = await desk.send("Nie działa drukarka")               # by TEACHER, into desk.first
desk.backplane.of(alerts_room(desk.first))                    # what was published
"""

from typing import Any

from app.actor import Actor, Grant
from app.database import Database
from portals.helpdesk import actions, store
from portals.helpdesk.drafts import NewTicket, TicketChange, Wanted, Written
from portals.helpdesk.model import Entry, Ticket
from portals.helpdesk.setup_model import Category, Queue, Team
from tests.portals.dialog.stage import Backplane


def _staff(number: int, name: str, login: str, *roles: str) -> Actor:
    return Actor(account_id=number, name=name, login=login, grants=tuple(Grant(role, "1") for role in roles))


TEACHER = _staff(1, "Jan Wrona", "jan")
"""Works in the first school."""
COLLEAGUE = _staff(2, "Ewa Żółć", "ewa")
"""Works in the second school."""
HEAD = _staff(3, "Hanna Stępień", "hanna")
"""Leads the first school."""
AGENT = _staff(4, "Adam Bielski", "adam", "helpdesk_agent")
"""Works on the first queue."""
SECOND_AGENT = _staff(5, "Olga Wilk", "olga", "helpdesk_agent")
"""On the first queue too."""
OTHER_AGENT = _staff(6, "Piotr Lis", "piotr", "helpdesk_agent")
"""Works on the second queue."""
LEAD = _staff(7, "Beata Lipska", "beata", "helpdesk_lead")
AUDITOR = _staff(8, "Teresa Maj", "teresa", "auditor")
STRANGER = _staff(9, "Igor Maj", "igor")
"""A resident: works nowhere."""
NOBODY = Actor()
PEOPLE = (TEACHER, COLLEAGUE, HEAD, AGENT, SECOND_AGENT, OTHER_AGENT, LEAD, AUDITOR, STRANGER)
NUMBER = "000013"
"""Of a device in the first school: with its check digit."""


class Desk:
    """`first`, `second`: queues; `team`, `other_team`; `school`, `other_school`, `office`: units; `device`;
    `broken`, `access`: categories (a broken device; access to a system, which the head approves)."""

    def __init__(self, database: Database, backplane: Backplane):
        self.database = database
        self.backplane = backplane
        self.first = self.second = self.team = self.other_team = 0
        self.school = self.other_school = self.office = self.device = 0
        self.broken = self.access = 0

    @classmethod
    async def set(cls, database: Database) -> "Desk":
        database.backplane = backplane = Backplane()
        desk = cls(database, backplane)
        async with database.transaction() as tx:
            for actor in PEOPLE:
                await tx.execute(
                    "INSERT INTO account (login, name, email, folded) VALUES ($1, $2, $3, lower($2))",
                    actor.login,
                    actor.name,
                    f"{actor.login}@gryf.example",
                )
            await desk._units(tx)
            for actor in PEOPLE:
                for role in actor.roles:
                    await tx.execute(
                        "INSERT INTO role_grant (account_id, role, unit_id) SELECT $1, $2, id FROM unit WHERE parent_id IS NULL",
                        actor.account_id,
                        role,
                    )
        await desk._set_up()
        backplane.published.clear()
        return desk

    async def _units(self, tx) -> None:
        city = await tx.value("INSERT INTO unit (kind, name, path) VALUES ('city', 'Miasto', '1') RETURNING id")
        found = []
        for kind, card, name, short in (
            ("school", "school", "Szkoła Podstawowa nr 5", "SP 5"),
            ("school", "school", "Szkoła Podstawowa nr 8", "SP 8"),
            ("unit", "department", "Wydział Finansowy", "WF"),
        ):
            unit = await tx.value(
                "INSERT INTO unit (parent_id, kind, name, path) VALUES ($1, $2, $3, $3) RETURNING id", city, kind, name
            )
            await tx.execute("UPDATE unit SET path = $2 WHERE id = $1", unit, f"{city}.{unit}")
            await tx.execute("INSERT INTO unit_card (unit_id, short_name, kind) VALUES ($1, $2, $3)", unit, short, card)
            found.append(unit)
        self.school, self.other_school, self.office = found
        for actor, unit, head in (
            (TEACHER, self.school, False),
            (COLLEAGUE, self.other_school, False),
            (HEAD, self.school, True),
            (AGENT, self.office, False),
            (SECOND_AGENT, self.office, False),
            (OTHER_AGENT, self.office, False),
            (LEAD, self.office, True),
        ):
            await tx.execute("INSERT INTO unit_member VALUES ($1, $2, $3)", actor.account_id, unit, head)
        model = await tx.value(
            "INSERT INTO device_model (kind, maker, name) VALUES ('printer', 'HP', 'M404') RETURNING id"
        )
        self.device = await tx.value(
            "INSERT INTO device (inventory_number, model_id, unit_id, room) VALUES ($1, $2, $3, '12') RETURNING id",
            NUMBER,
            model,
            self.school,
        )

    async def _set_up(self) -> None:
        async with self.database.transaction() as tx:
            self.first = await tx.value("SELECT id FROM helpdesk_queue")
            self.team = await tx.value("SELECT id FROM helpdesk_team")
        database = self.database
        self.second = (await actions.save_thing(database, LEAD, Queue(name="Sieć", place=50))).id
        agents = [AGENT.account_id, SECOND_AGENT.account_id]
        await actions.save_thing(
            database, LEAD, Team(id=self.team, name="Helpdesk", members=agents, queues=[self.first], rev=1)
        )
        members, queues = [OTHER_AGENT.account_id], [self.second]
        self.other_team = (
            await actions.save_thing(database, LEAD, Team(name="Sieci", members=members, queues=queues))
        ).id
        self.broken = (await actions.save_thing(database, LEAD, Category(name="Zepsuty sprzęt", place=1))).id
        self.access = (
            await actions.save_thing(database, LEAD, Category(name="Dostęp do systemu", place=2, approval="head"))
        ).id

    async def send(self, text: str = "Drukarka nie drukuje", actor: Actor = TEACHER, **more: Any) -> Ticket:
        """`more`: other fields of NewTicket."""
        return await actions.send_ticket(self.database, actor, NewTicket(text=text, **more))

    async def reply(self, actor: Actor, ticket: Ticket, text: str = "Już patrzymy", **more: Any) -> Entry:
        return await actions.reply(self.database, actor, ticket.id, Written(text=text, **more))

    async def change(self, actor: Actor, ticket: Ticket, seen: dict[str, int] | None = None, **wanted: Any) -> Ticket:
        """As somebody does who has the ticket on the screen as it is given here."""
        change = TicketChange(wanted=Wanted(**wanted), rev=ticket.rev, seen=seen or {})
        return await actions.change_ticket(self.database, actor, ticket.id, change)

    async def fresh(self, ticket: Ticket) -> Ticket:
        async with self.database.transaction(readonly=True) as tx:
            found = await store.ticket(tx, ticket.id)
        assert found is not None
        return found

    async def entries(self, ticket: Ticket, **more: Any) -> list[Entry]:
        async with self.database.transaction(readonly=True) as tx:
            return await store.entries(tx, [ticket.id], **more)

    async def audited(self) -> list[str]:
        async with self.database.transaction() as tx:
            return [row["action"] for row in await tx.records("SELECT action FROM audit_entry ORDER BY id")]
