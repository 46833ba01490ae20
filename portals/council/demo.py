"""Believable data for a demonstration: a council of 23, sessions past, on air and to come. All people are invented."""

import os
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from app.actor import SYSTEM, Actor, Grant
from app.database import DATABASE, Tx
from app.identity import commands as accounts
from app.identity.model import NewAccount
from app.wire import data_folder
from portals.council import actions, rules, store
from portals.council.model import Session, SessionDraft, Term

CLUBS: Final = {
    "Klub Radnych Wspólny Słupsk": [
        "Anna Kowal",
        "Marek Wiśniewski",
        "Barbara Zielonka",
        "Tomasz Lis",
        "Joanna Pawłowska",
        "Krzysztof Żurek",
        "Ewa Brzoza",
        "Piotr Malinowski",
        "Agnieszka Dąb",
    ],
    "Klub Radnych Nowe Nadrzecze": [
        "Paweł Jasiński",
        "Małgorzata Sowa",
        "Grzegorz Bąk",
        "Katarzyna Śliwa",
        "Łukasz Rutkowski",
        "Danuta Orłowska",
        "Rafał Gajda",
    ],
    "Klub Radnych Gryfici": [
        "Zofia Konieczna",
        "Wojciech Drozd",
        "Halina Mróz",
        "Jacek Ćwik",
        "Monika Wróbel",
    ],
    "": ["Stanisław Kępa", "Urszula Nowicka"],
}
OFFICES: Final = {"Anna Kowal": "chair", "Paweł Jasiński": "vice_chair", "Zofia Konieczna": "vice_chair"}

PEOPLE: Final = {
    "clerk": ("biuro.rady", "Iwona Sadowska", rules.CLERK),
    "moderator": ("moderator", "Adam Piekarski", rules.MODERATOR),
    "chair": ("anna.kowal", "Anna Kowal", rules.COUNCILLOR),
    "councillor": ("marek.wisniewski", "Marek Wiśniewski", rules.COUNCILLOR),
    "councillor2": ("halina.mroz", "Halina Mróz", rules.COUNCILLOR),
    "captioner": ("napisy", "Magda Rybicka", "captioner"),
    "captioner2": ("napisy2", "Olga Wilk", "captioner"),
    "resident": ("jan.mieszkaniec", "Jan Wrona", ""),
    "resident2": ("ola.mieszkanka", "Aleksandra Bielska", ""),
    "resident3": ("ewa.mieszkanka", "Ewa Jankowska", ""),
    "consultation_clerk": ("konsultacje", "Beata Lipska", "consultation_clerk"),
    "consultation_moderator": ("moderator.konsultacji", "Igor Stolarz", "consultation_moderator"),
    "auditor": ("audytor", "Teresa Maj", "auditor"),
    "admin": ("administrator", "Robert Kania", "admin"),
    "keeper": ("inspektor.danych", "Dorota Wilk", "keeper"),
    "helpdesk_agent": ("helpdesk.adam", "Adam Bielski", "helpdesk_agent"),
    "helpdesk_agent2": ("helpdesk.anna", "Anna Górska", "helpdesk_agent"),
    "helpdesk_network": ("helpdesk.sieci", "Paweł Sobczak", "helpdesk_agent"),
    "helpdesk_lead": ("helpdesk.kierownik", "Beata Rogowska", "helpdesk_lead"),
    "equipment_keeper": ("ewidencja.sprzetu", "Paweł Rogala", "equipment_keeper"),
}

LIVE_AGENDA: Final = [
    "Otwarcie sesji i stwierdzenie quorum",
    "Przyjęcie porządku obrad",
    "Przyjęcie protokołu z XXX sesji Rady Miejskiej",
    "Informacja Prezydent Miasta o pracy między sesjami",
    "Sprawozdanie z realizacji programu „Bezpieczna szkoła” za rok szkolny 2025/2026",
    "Podjęcie uchwały w sprawie zmian w budżecie miasta na 2026 rok",
    "Pierwsze czytanie projektu budżetu miasta na 2027 rok",
    "Podjęcie uchwały w sprawie miejscowego planu zagospodarowania „Nadrzecze II”",
    "Podjęcie uchwały w sprawie zasad korzystania z sieci bezprzewodowej w szkołach",
    "Interpelacje i zapytania radnych",
    "Wolne wnioski i informacje",
    "Zamknięcie sesji",
]
PAST_AGENDA: Final = [
    "Otwarcie sesji i stwierdzenie quorum",
    "Przyjęcie porządku obrad",
    "Podjęcie uchwały w sprawie nadania nazwy rondu u zbiegu ulic Szczecińskiej i Poznańskiej",
    "Podjęcie uchwały w sprawie dotacji na prace konserwatorskie przy zabytkach",
    "Interpelacje i zapytania radnych",
    "Zamknięcie sesji",
]
COMING_AGENDA: Final = [
    "Otwarcie sesji i stwierdzenie quorum",
    "Przyjęcie porządku obrad",
    "Podjęcie uchwały budżetowej na 2027 rok",
    "Podjęcie uchwały w sprawie wieloletniej prognozy finansowej",
    "Podjęcie uchwały w sprawie planu pracy Rady Miejskiej na 2027 rok",
    "Interpelacje i zapytania radnych",
    "Zamknięcie sesji",
]
CHAT: Final = [
    ("resident", "Dzień dobry, obraz i dźwięk bez zarzutu."),
    ("resident2", "Czy dziś będzie mowa o ścieżce rowerowej na Szczecińskiej?"),
    ("clerk", "Tak, radni wracają do niej w punkcie 10, w interpelacjach."),
    ("resident2", "Dziękuję!"),
]
SETTINGS: Final[dict[str, dict[str, object]]] = {
    "city": {"name": "Słupsk", "office": "Urząd Miejski w Słupsku", "contact": "biuro.rady@gryf.example"},
    "identity": {"second_factor_required": False},
    "dialog": {
        "districts": ["Śródmieście", "Zatorze", "Nadrzecze", "Niepodległości", "Piastów", "Westerplatte", "Ryczewo"],
        "topics": ["Budżet obywatelski", "Edukacja", "Kultura", "Planowanie", "Transport", "Zieleń"],
    },
}
"""Defaults of a demonstration, by section; settings that are made win. Its staff sign in without a second factor."""

PLACE: Final = "Ratusz, sala 211, pl. Zwycięstwa 3"


class Kept(msgspec.Struct):
    """What a second start of the demo must know again: keys and passwords lie in the database as hashes only."""

    passwords: dict[str, str] = {}
    stream_keys: dict[int, str] = {}


class Showcase(msgspec.Struct, kw_only=True):
    """What can be shown of this installation; empty fields where there is nothing."""

    stream_key: str | None = None
    stream_id: str | None = None
    session_path: str | None = None
    caption_path: str = ""
    logins: dict[str, tuple[str, str]] = {}


async def fill(app: web.Application) -> None:
    """Fills what is missing; each start of the demo finds a session on air."""
    kept = _read_kept(app)
    actors = await _people(app, kept)
    async with app[DATABASE].transaction() as tx:
        if await store.newest_term(tx) is None:
            await _council(tx, {actor.name: actor.account_id for actor in actors.values()})
            await _past_sessions(tx)
            await _coming_session(tx)
        live = await store.live_sessions(tx)
    if not live:
        session = await _go_live(app, actors)
        await _talk(app, actors, session)
        live = [session]
    if live[0].id not in kept.stream_keys:
        key = await actions.create_stream_key(app[DATABASE], SYSTEM, live[0].id, "Kamera w sali 211")
        kept.stream_keys[live[0].id] = key.key
    _write_kept(app, kept)


async def showcase(app: web.Application) -> Showcase:
    """Addresses and sign-ins for the ready line."""
    kept = _read_kept(app)
    logins = {role: (PEOPLE[role][0], password) for role, password in kept.passwords.items() if role in PEOPLE}
    async with app[DATABASE].transaction(readonly=True) as tx:
        live = await store.live_sessions(tx)
    if not live:
        return Showcase(logins=logins)
    session = live[0]
    return Showcase(
        stream_key=kept.stream_keys.get(session.id),
        stream_id=session.stream_id,
        session_path=session.path,
        caption_path=f"/api/council/sessions/{session.id}/caption",
        logins=logins,
    )


async def _people(app: web.Application, kept: Kept) -> dict[str, Actor]:
    actors: dict[str, Actor] = {}
    for role, (login, name, granted) in PEOPLE.items():
        password = kept.passwords.setdefault(role, f"{secrets.token_hex(3)}-{secrets.token_hex(4)}")
        new = NewAccount(login=login, name=name, password=password, email=f"{login}@gryf.example")
        account = await accounts.ensure_user(app, new, (granted,) if granted else ())
        actors[role] = Actor(
            account_id=account.id,
            name=account.name,
            login=account.login,
            grants=(Grant(granted, "1"),) if granted else (),
        )
    return actors


async def _council(tx: Tx, accounts_of: dict[str, int | None]) -> None:
    term_id = await store.add_term(
        tx, Term(id=0, name="Kadencja 2024–2029", began_on=date(2024, 5, 6), ends_on=date(2029, 5, 5))
    )
    for club, names in CLUBS.items():
        club_id = await store.add_club(tx, term_id, club) if club else None
        for name in names:
            await store.add_councillor(tx, term_id, name, OFFICES.get(name, ""), club_id, accounts_of.get(name))


async def _past_sessions(tx: Tx) -> None:
    """Sessions of the years before the city streamed: their agenda can be read, there is nothing to watch."""
    for number, days in (("XXX", 28), ("XXIX", 63)):
        began = _morning(-days)
        session = await actions.plan_in(
            tx, SYSTEM, SessionDraft(number, f"{number} sesja Rady Miejskiej", PLACE, began, PAST_AGENDA)
        )
        await store.start_session(tx, session.id)
        await store.end_session(tx, session.id)
        await store.backdate_session(tx, session.id, began, began + timedelta(hours=3, minutes=12))
        for index, item in enumerate(await store.agenda(tx, session.id)):
            await store.add_past_mark(tx, session.id, item.id, began + timedelta(minutes=25 * index))


async def _coming_session(tx: Tx) -> None:
    await actions.plan_in(
        tx,
        SYSTEM,
        SessionDraft("XXXII", "XXXII sesja Rady Miejskiej — budżet 2027", PLACE, _morning(21), COMING_AGENDA),
    )


async def _go_live(app: web.Application, actors: dict[str, Actor]) -> Session:
    number = "XXXI"
    async with app[DATABASE].transaction() as tx:
        held = [one for one in await store.past_sessions(tx, 100, 0) if one.number == number]
    title = f"{number} sesja Rady Miejskiej" + (f" (część {len(held) + 1})" if held else "")
    session = await actions.plan_session(
        app[DATABASE], SYSTEM, SessionDraft(number, title, PLACE, datetime.now(UTC), LIVE_AGENDA)
    )
    session = await actions.start_session(app, SYSTEM, session.id)
    async with app[DATABASE].transaction(readonly=True) as tx:
        items = await store.agenda(tx, session.id)
    for item in items[:7]:
        await actions.set_current_item(app[DATABASE], actors["clerk"], session.id, item.id)
    await actions.open_chat(app[DATABASE], actors["clerk"], session.id, is_open=True)
    return session


async def _talk(app: web.Application, actors: dict[str, Actor], session: Session) -> None:
    for role, words in CHAT:
        await actions.send_message(app[DATABASE], actors[role], session.id, words)


def _morning(days: int) -> datetime:
    """Ten o'clock in Warsaw's winter on a day around today; close enough for invented history."""
    day = datetime.now(UTC) + timedelta(days=days)
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def _kept_path(app: web.Application) -> Path:
    return data_folder(app) / "demo.json"


def _read_kept(app: web.Application) -> Kept:
    try:
        return msgspec.json.decode(_kept_path(app).read_bytes(), type=Kept)
    except (FileNotFoundError, msgspec.DecodeError):
        return Kept()


def _write_kept(app: web.Application, kept: Kept) -> None:
    path = _kept_path(app)
    descriptor = os.open(path.with_suffix(".new"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(kept)))
    path.with_suffix(".new").replace(path)
