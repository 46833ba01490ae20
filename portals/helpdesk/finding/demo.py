"""Saved views, and a file of an older system that waits for its lead, for a demonstration."""

import csv
import io
from typing import Final

from aiohttp import web

from app.actor import Actor, Grant
from app.database import DATABASE
from app.i18n import LOCALES
from portals.helpdesk import demo_store
from portals.helpdesk.demo import AGENTS, CHIEF
from portals.helpdesk.finding import import_store, importing, saved, saved_store
from portals.helpdesk.finding.indexing import Indexer
from portals.helpdesk.finding.model import ViewDraft
from portals.helpdesk.model import AGENT, LEAD

OWN: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("Moje otwarte", {"state": "any_open", "assignee": "me"}),
    ("Nieprzydzielone", {"state": "any_open", "assignee": "nobody"}),
    ("Drukarki", {"q": "drukar*", "state": "any_open"}),
)
SHARED: Final = ("Po terminie", {"state": "any_open", "sla": "late"})
HEAD: Final = (
    *("Numer", "Temat", "Opis", "Zgłaszający", "Jednostka", "Stan", "Priorytet", "Zgłoszono", "Rozwiązano"),
    *("Prowadzi", "Odpowiedź"),
)
OLD: Final = (
    *(("2025/0412", "Skaner nie zapisuje na dysku", "Na trzecim piętrze.", "Ewa Pawlak", "WI", "zamknięte", "zwykły"),),
    *(("2025/0413", "Wolny internet po 12:00", "W obu pracowniach.", "Tomasz Gil", "SP 4", "zamknięte", "wysoki"),),
    *(("2025/0415", "Konto dla stażystki", "Od 1 września.", "Maria Król", "WI", "w toku", "niski"),),
    *(("2025/0416", "Monitor z pasami", "", "Anna Bober", "SP 99", "zamknięte", "zwykły"),),
    *(("2025/0418", "Telefon bez sygnału", "Numer wewnętrzny 214.", "Jan Kos", "WI", "nieznany", "zwykły"),),
)
"""The last two have a unit and a state that are not known here: the preview tells."""
DATES: Final = ("2025-08-25 09:40", "2025-08-26 14:05")


async def fill(app: web.Application) -> None:
    """Fills what is missing."""
    database = app[DATABASE]
    async with database.transaction(readonly=True) as tx:
        ids = await demo_store.account_ids(tx, [*AGENTS, CHIEF])
        teams = await saved_store.teams(tx)
        there = await import_store.imports(tx, 1)
    if there or len(ids) < len(AGENTS) + 1 or not teams:
        return
    lead = Actor(account_id=ids[CHIEF], name="Beata Rogowska", login=CHIEF, grants=(Grant(LEAD, "1"),))
    for login in AGENTS:
        agent = Actor(account_id=ids[login], name=login, login=login, grants=(Grant(AGENT, "1"),))
        for place, (name, question) in enumerate(OWN, start=1):
            await saved.add_view(database, agent, ViewDraft(name=name, question=dict(question), place=place * 10))
    for team in teams:
        name, question = SHARED
        await saved.add_view(database, lead, ViewDraft(name=name, question=dict(question), team_id=team.id, place=5))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(HEAD)
    for row in OLD:
        sent, done = DATES
        writer.writerow((*row, sent, done if row[5] == "zamknięte" else "", "Zenon Maj", "Załatwione na miejscu."))
    content = out.getvalue().encode("cp1250")
    zone = app[LOCALES].default.zone
    await importing.take_in(database, lead, "Arkusz zgłoszeń", "zgloszenia-2025.csv", content, zone)
    await Indexer(database).catch_up()
