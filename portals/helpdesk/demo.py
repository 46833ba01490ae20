"""Tickets of Słupsk's office and schools for a demonstration, over all states. All people are invented."""

import random
from datetime import datetime, timedelta
from typing import Any, Final, cast

from aiohttp import web

from app.actor import SYSTEM, Actor, Grant
from app.database import DATABASE, Tx
from portals.helpdesk import actions, demo_store, setup_store, store
from portals.helpdesk.actions.setup import save_thing
from portals.helpdesk.demo_more_tickets import MORE_STORIES
from portals.helpdesk.demo_store import Member
from portals.helpdesk.demo_tickets import (
    AGAIN,
    CANNED,
    CHILDREN,
    FROM_STRANGER,
    INCIDENT,
    INCIDENT_DONE,
    INCIDENT_TEXT,
    STORIES,
    THANKS,
    Story,
)
from portals.helpdesk.drafts import NewTicket, Requester, Wanted, Written
from portals.helpdesk.model import AGENT, LEAD, CategoryField, Level, Source, Ticket
from portals.helpdesk.setup_model import (
    CannedReply,
    Category,
    Queue,
    RoutingRule,
    Service,
    Team,
    TicketTemplate,
)
from portals.intranet import store as intranet

AGENTS: Final = ("helpdesk.adam", "helpdesk.anna", "helpdesk.sieci")
"""Logins; the last one works on the network's queue."""
CHIEF: Final = "helpdesk.kierownik"
UNIT: Final = "WI"
STATES: Final = ("new", "new", "open", "open", "asked", "parts", "solved", "solved", "rated", "closed", "again")
"""What becomes of a ticket, in turn."""
TICKETS: Final = 74


async def fill(app: web.Application) -> None:
    """Fills what is missing."""
    database = app[DATABASE]
    async with database.transaction() as tx:
        if await demo_store.has_tickets(tx):
            return
        ids = await demo_store.account_ids(tx, [*AGENTS, CHIEF])
        unit = await intranet.unit_called(tx, UNIT)
        if unit is None or len(ids) < len(AGENTS) + 1:
            return
        for account_id in ids.values():
            await intranet.put_member(tx, unit.id, account_id, head=False)
    lead = Actor(account_id=ids[CHIEF], name="Beata Rogowska", login=CHIEF, grants=(Grant(LEAD, "1"),))
    await _set_up(app, lead, ids)
    async with database.transaction() as tx:
        await _tickets(tx, ids)


async def _set_up(app: web.Application, lead: Actor, ids: dict[str, int]) -> None:
    """Teams, queues, categories, rules, canned replies."""
    database = app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        first = (await setup_store.things(tx, Queue))[0]
        team = (await setup_store.things(tx, Team))[0]
    network = (await save_thing(database, lead, Queue(name="Sieć i łącza", place=20))).id
    desks = [ids[one] for one in AGENTS[:2]]
    main = Team(id=team.id, name=team.name, members=desks, queues=[first.id], rev=team.rev)
    await save_thing(database, lead, main)
    await save_thing(database, lead, Team(name="Sieci", members=[ids[AGENTS[2]]], queues=[network]))
    wifi = (await save_thing(database, lead, Service(name="Wi-Fi w szkołach"))).id
    await save_thing(database, lead, Service(name="Poczta urzędu"))
    await save_thing(database, lead, Service(name="Dziennik"))
    for place, (name, hint, icon, more) in enumerate(_categories(network, wifi), start=1):
        await save_thing(database, lead, Category(name=name, hint=hint, icon=icon, place=place * 10, **more))
    words = ["internet", "wifi", "wi fi", "siec", "swiatlowod"]
    await save_thing(database, lead, RoutingRule(place=10, words=words, queue_id=network))
    for title, text in CANNED:
        await save_thing(database, lead, CannedReply(title=title, text=text))
    await save_thing(
        database,
        lead,
        TicketTemplate(
            title="Zablokowane konto", subject="Zablokowane konto", text="Konto zablokowane po kilku próbach."
        ),
    )


def _categories(network: int, wifi: int) -> tuple[tuple[str, str, str, dict[str, Any]], ...]:
    symptoms = ["Nie włącza się", "Działa z przerwami", "Uszkodzony mechanicznie", "Coś innego"]
    return (
        (
            "Zepsuty sprzęt",
            "Laptop, projektor, monitor, tablica",
            "wallboard",
            {
                "fields": [CategoryField(key="symptom", label="Co się dzieje?", kind="choice", choices=symptoms)],
                "checklist": ["Sprawdzić gwarancję", "Zastępczy sprzęt potrzebny?", "Zaktualizować ewidencję"],
            },
        ),
        ("Drukarka i toner", "Nie drukuje, zacina się, brakuje tonera", "document", {"device": "may"}),
        (
            "Internet i Wi-Fi",
            "Brak sieci, wolne łącze",
            "signal",
            {
                "queue_id": network,
                "service_id": wifi,
                "fields": [
                    CategoryField(key="where", label="Gdzie dokładnie?", required=True),
                    CategoryField(key="wired", label="Połączenie kablem?", kind="yes_no"),
                ],
                "device": "may",
            },
        ),
        *_more_categories(),
    )


def _more_categories() -> tuple[tuple[str, str, str, dict[str, Any]], ...]:
    """Those without a device."""
    return (
        (
            "Konto i hasło",
            "Logowanie, dostęp do programów",
            "key",
            {
                "fields": [
                    CategoryField(
                        key="system",
                        label="Do czego?",
                        kind="choice",
                        required=True,
                        choices=["Dziennik", "Poczta", "Program księgowy", "Komputer", "Coś innego"],
                    ),
                    CategoryField(key="since", label="Od kiedy?", kind="date"),
                ],
                "device": "no",
            },
        ),
        ("Poczta", "Nie wychodzi, nie przychodzi, podejrzany list", "mail", {"device": "no"}),
        (
            "Nowy sprzęt",
            "Prośba o zakup lub wypożyczenie; zgadza się kierownik jednostki",
            "download",
            {"approval": "head", "device": "no", "urgency": 1},
        ),
    )


KEYS: Final = {
    "device": "Zepsuty sprzęt",
    "printer": "Drukarka i toner",
    "network": "Internet i Wi-Fi",
    "access": "Konto i hasło",
    "mail": "Poczta",
    "new": "Nowy sprzęt",
}


async def _tickets(tx: Tx, ids: dict[str, int]) -> None:
    chance = random.Random(8)  # noqa: S311  # the same demonstration each time
    now = await store.now(tx)
    people = [one for one in await demo_store.members(tx) if one.login not in ids]
    categories = {one.name: one for one in await setup_store.things(tx, Category)}
    names = {"helpdesk.adam": "Adam Bielski", "helpdesk.anna": "Anna Górska", "helpdesk.sieci": "Paweł Sobczak"}
    agents = [
        Actor(account_id=ids[login], name=name, login=login, grants=(Grant(AGENT, "1"),))
        for login, name in names.items()
    ]
    stories = (*STORIES, *MORE_STORIES)
    for turn in range(TICKETS):
        story = stories[turn % len(stories)]
        wanted = STATES[turn % len(STATES)]
        days = 0.02 * turn if wanted == "new" else chance.uniform(0.2, 3) if wanted in {"open", "asked"} else 4 + turn
        person = _person(people, story, turn, chance)
        ticket = await _send(
            tx, story, person, categories, now - timedelta(days=days, minutes=chance.randint(1, 50)), turn
        )
        agent = agents[2] if ticket.queue_name == "Sieć i łącza" else agents[turn % 2]
        await _work(tx, ticket, story, person, agent, wanted, chance)
        if wanted not in {"asked", "solved"}:
            await store.mark_seen(tx, ticket.id, person.account_id, 2**62)
    await _incident(tx, people, agents[2], categories, now)
    await _others(tx, people, categories, now)


def _person(people: list[Member], story: Story, turn: int, chance: random.Random) -> Member:
    """Teachers break projectors, clerks miss mail; whoever the demonstration signs in as has some of their own."""
    known = {one.login: one for one in people}
    if turn % 9 == 0 and "nauczyciel" in known:
        return known["nauczyciel"]
    kind = "school" if story.category in {"device", "network"} else "department"
    return chance.choice([one for one in people if one.kind == kind] or people)


async def _send(
    tx: Tx, story: Story, person: Member, categories: dict[str, Category], at: datetime, turn: int
) -> Ticket:
    category = categories.get(KEYS.get(story.category, ""))
    device = await demo_store.device_of(tx, person.unit_id, story.kinds, turn * 7) if story.kinds else None
    source = cast("Source", "form" if story.source == "qr" and device is None else story.source)
    new = NewTicket(
        text=story.text,
        category_id=category.id if category else None,
        details=dict(story.details) if category else {},
        unit_id=person.unit_id,
        device_id=device,
        urgency=cast("Level | None", story.urgency),
        impact=cast("Level | None", story.impact),
    )
    requester = Requester(account_id=person.account_id, name=person.name, email=person.email)
    actor = _keeper(person)
    return await actions.send_ticket_in(tx, actor, new, requester, source, at=at)


def _keeper(person: Member) -> Actor:
    """The person, with what it takes to name any device of their unit."""
    return Actor(account_id=person.account_id, name=person.name, login=person.login)


async def _work(
    tx: Tx, ticket: Ticket, story: Story, person: Member, agent: Actor, wanted: str, chance: random.Random
) -> None:
    """What an agent and the requester make of it."""
    if wanted == "new":
        return
    at = ticket.sent_at + timedelta(minutes=chance.randint(5, 240))
    ours = actions.Speaker(name=agent.name, account_id=agent.account_id, by_staff=True)
    theirs = actions.Speaker(name=person.name, account_id=person.account_id)
    ticket = await _changed(tx, agent, ticket, Wanted(assignee_id=agent.account_id), at)
    if story.note:
        mentions = [agent.account_id or 0] if "@" in story.note else []
        await actions.note_in(tx, agent, ticket, Written(text=story.note, minutes=5), (), mentions, at=at)
        ticket = await _fresh(tx, ticket)
    if wanted == "open":
        return
    if wanted == "parts":
        text = "Zamówiliśmy część, dostawa w przyszłym tygodniu."
        await actions.reply_in(tx, agent, ticket, Written(text=text, minutes=10), ours, at=at + timedelta(minutes=3))
        await _changed(
            tx,
            agent,
            await _fresh(tx, ticket),
            Wanted(state="pending", pending_reason="parts"),
            at + timedelta(minutes=4),
        )
        return
    if wanted == "asked" or story.question:
        text = story.question or "Prosimy o zdjęcie i numer z naklejki."
        await actions.reply_in(
            tx, agent, ticket, Written(text=text, state="pending"), ours, at=at + timedelta(minutes=6)
        )
        if wanted == "asked":
            return
        at += timedelta(hours=2)
        said = Written(text="Tak, dokładnie. Zdjęcie zrobię po lekcji.")
        await actions.reply_in(tx, _keeper(person), await _fresh(tx, ticket), said, theirs, at=at)
    at += timedelta(hours=chance.randint(1, 20))
    done = Written(text=story.answer or "Załatwione.", minutes=story.minutes, state="solved")
    await actions.reply_in(tx, agent, await _fresh(tx, ticket), done, ours, at=at)
    await _end(tx, await _fresh(tx, ticket), person, wanted, chance, at + timedelta(hours=3))


async def _end(tx: Tx, ticket: Ticket, person: Member, wanted: str, chance: random.Random, at: datetime) -> None:
    if wanted == "again":
        theirs = actions.Speaker(name=person.name, account_id=person.account_id)
        await actions.reply_in(tx, _keeper(person), ticket, Written(text=AGAIN), theirs, at=at)
    if wanted in {"rated", "closed"}:
        rating = chance.choice((5, 5, 5, 4, 4, 3))
        columns = {"rating": rating, "rating_note": chance.choice(THANKS), "rated_at": at}
        ticket = await store.changed_ticket(tx, ticket.id, columns)
    if wanted == "closed":
        await _changed(tx, SYSTEM, ticket, Wanted(state="closed"), at + timedelta(days=1))


async def _incident(tx: Tx, people: list[Member], agent: Actor, categories: dict[str, Category], now: datetime) -> None:
    """An incident that hits several schools: their tickets stand below it. And one of last month, solved."""
    schools = [one for one in people if one.kind == "school" and one.head]
    category = categories[KEYS["network"]]
    for place, (days, done) in enumerate(((0.05, False), (24, True))):
        at = now - timedelta(days=days)
        own = Requester(account_id=agent.account_id, name=agent.name)
        new = NewTicket(
            subject=INCIDENT, text=INCIDENT_TEXT, category_id=category.id, details={"where": "Szczecińska"}, impact=3,
            urgency=3,
        )  # fmt: skip
        parent = await actions.send_ticket_in(tx, agent, new, own, "phone", at=at)
        for turn, text in enumerate(CHILDREN):
            head = schools[(place * 5 + turn) % len(schools)]
            requester = Requester(account_id=head.account_id, name=head.name, email=head.email)
            below = NewTicket(
                text=text, category_id=category.id, details={"where": "Cała szkoła"}, unit_id=head.unit_id
            )
            child = await actions.send_ticket_in(
                tx, SYSTEM, below, requester, "form", at=at + timedelta(minutes=turn + 1)
            )
            await store.changed_ticket(tx, child.id, {"parent_id": parent.id})
        parent = await _changed(tx, agent, parent, Wanted(assignee_id=agent.account_id), at + timedelta(minutes=2))
        if done:
            ours = actions.Speaker(name=agent.name, account_id=agent.account_id, by_staff=True)
            written = Written(text=INCIDENT_DONE, minutes=120, state="solved")
            await actions.reply_in(tx, agent, parent, written, ours, at=at + timedelta(hours=4))


async def _others(tx: Tx, people: list[Member], categories: dict[str, Category], now: datetime) -> None:
    """What waits for a head's agreement, and a letter from outside."""
    by_login = {one.login: one for one in people}
    teacher = by_login.get("nauczyciel") or people[0]
    requester = Requester(account_id=teacher.account_id, name=teacher.name, email=teacher.email)
    new = NewTicket(
        text="Prośba o wizualizer do sali 14\n\nDo pokazywania doświadczeń na fizyce, klasy 7 i 8.",
        category_id=categories[KEYS["new"]].id,
        unit_id=teacher.unit_id,
    )
    await actions.send_ticket_in(tx, _keeper(teacher), new, requester, "form", at=now - timedelta(hours=5))
    name, email, text = FROM_STRANGER
    letter = Requester(name=name, email=email)
    await actions.send_ticket_in(tx, SYSTEM, NewTicket(text=text), letter, "mail", at=now - timedelta(hours=9))


async def _changed(tx: Tx, actor: Actor, ticket: Ticket, wanted: Wanted, at: datetime) -> Ticket:
    columns = await actions.columns_of(tx, actor, ticket, wanted)
    return await actions.change_in(tx, actor, ticket, columns, at=at)


async def _fresh(tx: Tx, ticket: Ticket) -> Ticket:
    found = await store.ticket(tx, ticket.id)
    assert found is not None  # it was written in this transaction
    return found
