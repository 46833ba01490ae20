"""Believable outages for the demonstration: one that runs, one planned, some that are over. All invented."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec
from aiohttp import web

from app.actor import SYSTEM, Actor, Grant
from app.database import DATABASE, Database, Tx
from portals.helpdesk import actions as helpdesk
from portals.helpdesk import demo_store, setup_store
from portals.helpdesk import store as helpdesk_store
from portals.helpdesk.demo_store import Member
from portals.helpdesk.drafts import NewTicket, Requester
from portals.helpdesk.model import AGENT
from portals.helpdesk.outages import actions, hit_store, store, watching
from portals.helpdesk.outages.model import OutageDraft
from portals.helpdesk.setup_model import Category, Queue, Service

NETWORK_AGENT: Final = "helpdesk.sieci"
TEACHER: Final = "nauczyciel"


class Past(msgspec.Struct, frozen=True):
    """An outage that is over. `hours`: how long it took; `days`: ago."""

    title: str
    service: str
    days: float
    hours: float
    outcome: str
    kind: Literal["incident", "planned"] = "incident"


PAST: Final = (
    Past("Poczta urzędu nie przyjmuje listów z zewnątrz", "Poczta urzędu", 12.3, 2.5,
         "Brama antyspamowa odrzucała wszystko po aktualizacji reguł. Reguły cofnięte, zaległe listy doszły."),
    Past("Dziennik otwiera się bardzo wolno", "Dziennik", 26.2, 0.8,
         "Serwer bazy był przeciążony kopią zapasową. Kopie robimy teraz w nocy."),
    Past("Wymiana przełączników w szkołach", "Wi-Fi w szkołach", 40.6, 5,
         "Przełączniki wymienione we wszystkich szkołach, sieć działa na nowych.", "planned"),
    Past("Brak Wi-Fi w szkołach po burzy", "Wi-Fi w szkołach", 61.1, 7.25,
         "Wyładowanie uszkodziło zasilacz w węźle. Zasilacz wymieniony."),
    Past("Aktualizacja poczty", "Poczta urzędu", 74.4, 1.5, "Aktualizacja zakończona zgodnie z planem.", "planned"),
)  # fmt: skip
TITLE: Final = "Wi-Fi w dwóch szkołach działa z przerwami"
TEXT: Final = "Laptopy łączą się i po chwili tracą sieć. Gniazdka w salach działają: pracownie komputerowe bez zmian."
NEWS: Final = "Winny jest kontroler Wi-Fi po nocnej aktualizacji. Przywracamy poprzednią wersję, szkoła po szkole."
CAUGHT: Final = "Wi-Fi znika co kilka minut na wszystkich laptopach"


async def fill(app: web.Application) -> None:
    """Adds them where there is none."""
    database = app[DATABASE]
    async with database.transaction() as tx:
        if await store.has_outages(tx):
            return
        ids = await demo_store.account_ids(tx, [NETWORK_AGENT])
        queues = {one.name: one.id for one in await setup_store.things(tx, Queue, active=True)}
        services = {one.name: one.id for one in await setup_store.things(tx, Service, active=True)}
        people = await demo_store.members(tx)
        schools = _schools(people)
        if not ids or len(schools) < 2 or "Wi-Fi w szkołach" not in services:
            return
        agent = Actor(
            account_id=ids[NETWORK_AGENT], name="Paweł Sobczak", login=NETWORK_AGENT, grants=(Grant(AGENT, "1"),)
        )
        queue_id = queues.get("Sieć i łącza") or next(iter(queues.values()))
        now = await helpdesk_store.now(tx)
        for one in PAST:
            await _past(tx, agent, one, queue_id, services, now)
        await _planned(tx, agent, queue_id, services, now)
    await _running(database, agent, queue_id, services, people, schools)
    await watching.settle(database)


def _schools(people: list[Member]) -> list[int]:
    """Two of them; the one in which the demonstration's teacher works is among them."""
    teacher = next((one.unit_id for one in people if one.login == TEACHER and one.kind == "school"), None)
    found = list(dict.fromkeys(one.unit_id for one in people if one.kind == "school"))
    return ([teacher] if teacher else []) + [one for one in found if one != teacher][: 1 if teacher else 2]


async def _past(tx: Tx, agent: Actor, one: Past, queue_id: int, services: dict[str, int], now: datetime) -> None:
    began = now - timedelta(days=one.days)
    planned = one.kind == "planned"
    draft = OutageDraft(
        title=one.title, kind=one.kind, service_id=services.get(one.service), everywhere=True, public=True,
        starts_at=began, expected_end=began + timedelta(hours=one.hours + 1), queue_id=queue_id, gathers=False,
    )  # fmt: skip
    declared = began - timedelta(days=4) if planned else began
    outage = await actions.declare_in(tx, agent, draft, at=declared)
    if planned:
        outage = await store.change(tx, outage.id, {"state": "running"})
        await store.add_update(tx, outage.id, "begun", "", (None, SYSTEM.name), outage.expected_end, began)
    await actions.end_in(tx, agent, outage, one.outcome, at=began + timedelta(hours=one.hours))


async def _planned(tx: Tx, agent: Actor, queue_id: int, services: dict[str, int], now: datetime) -> None:
    night = (now + timedelta(days=1)).astimezone(UTC).replace(hour=19, minute=0, second=0, microsecond=0)
    draft = OutageDraft(
        title="Przerwa w działaniu poczty: wymiana serwera",
        text="Listy wysłane w tym czasie dojdą po zakończeniu prac. Kalendarz będzie tylko do odczytu.",
        kind="planned", service_id=services.get("Poczta urzędu"), everywhere=True, public=True, starts_at=night,
        expected_end=night + timedelta(hours=3), queue_id=queue_id,
    )  # fmt: skip
    await actions.declare_in(tx, agent, draft, at=now - timedelta(days=2))


async def _running(
    database: Database, agent: Actor, queue_id: int, services: dict[str, int], people: list[Member], schools: list[int]
) -> None:
    async with database.transaction() as tx:
        now = await helpdesk_store.now(tx)
        categories = {one.service_id: one.id for one in await setup_store.things(tx, Category, active=True)}
        service = services["Wi-Fi w szkołach"]
        began = now - timedelta(minutes=95)
        draft = OutageDraft(
            title=TITLE, text=TEXT, service_id=service, category_id=categories.get(service), unit_ids=schools,
            words=["wifi", "wi fi", "internet"], public=True, starts_at=began,
            expected_end=now + timedelta(hours=2), update_every_min=60, queue_id=queue_id,
        )  # fmt: skip
        outage = await actions.declare_in(tx, agent, draft, at=began + timedelta(minutes=6))
        said = now - timedelta(minutes=25)
        outage = await store.change(tx, outage.id, {"updated_at": said})
        await store.add_update(tx, outage.id, "update", NEWS, (agent.account_id, agent.name), outage.expected_end, said)
        hit = [one for one in people if one.unit_id in schools and one.login != TEACHER]
        for one in hit[:9]:
            await hit_store.add_hit(tx, outage.id, one.account_id, one.unit_id)
        for turn, one in enumerate(hit[9:11] or hit[:2]):
            new = NewTicket(
                text=CAUGHT if turn else "Nie ma internetu w sali 12\n\nUczniowie nie mogą oddać prac.",
                category_id=categories.get(service), details={"where": "Cała szkoła" if turn else "Sala 12"},
                unit_id=one.unit_id,
            )  # fmt: skip
            requester = Requester(account_id=one.account_id, name=one.name, email=one.email)
            at = now - timedelta(minutes=40 - 9 * turn)
            await helpdesk.send_ticket_in(tx, SYSTEM, new, requester, "form", at=at)
