"""Believable words for a demonstration: transcripts of past sessions, and a captioner at work on the one on air."""

import asyncio
import secrets
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Final

from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE
from app.errors import AppError
from app.supervise import SUPERVISOR
from media.speech.model import SpokenCue
from media.speech.reading import reading_ms
from media.streams import STREAMS
from portals.council import store as council
from portals.council.captions import actions, booth, store
from portals.council.captions.booth import TypedLine
from portals.council.model import AgendaItem, Session
from portals.council.rules import current_item

CHAIR: Final = "Anna Kowal"
PAUSE_MS: Final = 900
BETWEEN_LINES_S: Final = 4.0
FIRST_LINE_S: Final = 15.0
"""The camera is looked at first."""

Said = tuple[str, str]
"""Who, and what."""

OPENING: Final[list[Said]] = [
    (CHAIR, "Dzień dobry państwu. Otwieram sesję Rady Miejskiej."),
    (CHAIR, "Witam panią prezydent, radnych, gości oraz mieszkańców, którzy śledzą obrady w internecie."),
    (CHAIR, "Na podstawie listy obecności stwierdzam quorum. Rada może podejmować prawomocne uchwały."),
    (CHAIR, "Przypominam, że obrady są transmitowane i nagrywane."),
]
AGENDA: Final[list[Said]] = [
    (CHAIR, "Porządek obrad otrzymali państwo w terminie. Czy są uwagi do porządku?"),
    ("Marek Wiśniewski", "Dziękuję, pani przewodnicząca. Klub nie zgłasza uwag."),
    (CHAIR, "Nie widzę innych zgłoszeń. Przystępujemy do głosowania."),
    (CHAIR, "Porządek obrad został przyjęty jednogłośnie."),
]
BUDGET: Final[list[Said]] = [
    (CHAIR, "Przechodzimy do projektu uchwały budżetowej. Proszę o zabranie głosu panią skarbnik."),
    ("Skarbnik miasta", "Szanowni państwo, dochody ogółem planujemy na osiemset czterdzieści milionów złotych."),
    ("Skarbnik miasta", "Wydatki majątkowe to sto dwanaście milionów, z tego najwięcej na drogi i szkoły."),
    ("Skarbnik miasta", "Zadłużenie na koniec roku nie przekroczy trzydziestu ośmiu procent dochodów."),
    ("Paweł Jasiński", "Mam pytanie o remont Szkoły Podstawowej numer cztery. Kiedy ruszy przetarg?"),
    ("Skarbnik miasta", "Przetarg zostanie ogłoszony w lutym, środki są zabezpieczone w całości."),
    ("Zofia Konieczna", "Proszę o wyjaśnienie, dlaczego spadają nakłady na utrzymanie zieleni."),
    ("Skarbnik miasta", "Część zadań przejmuje spółka komunalna, łączna kwota pozostaje bez zmian."),
    ("Barbara Zielonka", "Komisja finansów zaopiniowała projekt pozytywnie, siedem głosów za, dwa wstrzymujące."),
    (CHAIR, "Dziękuję. Czy są dalsze pytania? Nie widzę. Zamykam dyskusję."),
]
SCHOOLS: Final[list[Said]] = [
    (CHAIR, "Kolejny punkt dotyczy szkół. Proszę o krótkie wprowadzenie."),
    ("Tomasz Lis", "Program „Bezpieczna szkoła” objął w tym roku dwadzieścia osiem placówek."),
    ("Tomasz Lis", "W dwunastu szkołach wymieniono oświetlenie przejść dla pieszych."),
    ("Ewa Brzoza", "Czy przewidziano patrole przy szkole na ulicy Hubalczyków?"),
    ("Tomasz Lis", "Tak, straż miejska będzie tam codziennie od siódmej trzydzieści."),
    ("Danuta Orłowska", "Rodzice pytają też o sieć bezprzewodową. Żółwie tempo prac budzi niepokój."),
]
PLACES: Final[list[Said]] = [
    (CHAIR, "Przechodzimy do uchwały w sprawie nazwy ronda u zbiegu Szczecińskiej i Poznańskiej."),
    ("Łukasz Rutkowski", "Wpłynęły trzy propozycje mieszkańców, w konsultacjach wzięło udział dziewięćset osób."),
    ("Halina Mróz", "Najwięcej głosów zdobyło rondo Solidarności, pięćset dwadzieścia jeden."),
    ("Jacek Ćwik", "Proszę, aby tablica miała także napis w języku ukraińskim i angielskim."),
    ("Katarzyna Śliwa", "Plan zagospodarowania „Nadrzecze” chroni też starodrzew nad Słupią."),
    (CHAIR, "Kto jest za przyjęciem uchwały, proszę o naciśnięcie przycisku."),
]
MONUMENTS: Final[list[Said]] = [
    (CHAIR, "Następny projekt: dotacje na prace konserwatorskie przy zabytkach."),
    ("Grzegorz Bąk", "Wnioskowało jedenaście wspólnot, dotacje otrzyma siedem kamienic."),
    ("Grzegorz Bąk", "Najwięcej, sto osiemdziesiąt tysięcy, trafi do kościoła Mariackiego na dach."),
    ("Wojciech Drozd", "Czy w przyszłym roku kwota wzrośnie? Potrzeby są trzy razy większe."),
    ("Grzegorz Bąk", "Proponujemy podwojenie puli, decyzja zapadnie przy budżecie."),
]
QUESTIONS: Final[list[Said]] = [
    (CHAIR, "Interpelacje i zapytania radnych. Zgłosiło się pięcioro radnych."),
    ("Rafał Gajda", "Pytam o ścieżkę rowerową na Szczecińskiej, odcinek od wiaduktu do granic miasta."),
    ("Agnieszka Dąb", "Mieszkańcy Zatorza proszą o dodatkowy kurs autobusu linii dziewięć po dwudziestej drugiej."),
    ("Joanna Pawłowska", "Proszę o informację, kiedy zostanie naprawiona fontanna przy ratuszu."),
    ("Piotr Malinowski", "W parku Kultury znowu nie działa co trzecia latarnia."),
    (CHAIR, "Odpowiedzi zostaną udzielone na piśmie w ciągu czternastu dni."),
]
CLOSING: Final[list[Said]] = [
    (CHAIR, "Wyczerpaliśmy porządek obrad. Dziękuję państwu za udział."),
    (CHAIR, "Zamykam sesję Rady Miejskiej. Do zobaczenia za miesiąc."),
]
THEMES: Final = (
    ("Otwarcie", OPENING),
    ("porządku obrad", AGENDA),
    ("budż", BUDGET),
    ("szko", SCHOOLS),
    ("zabytk", MONUMENTS),
    ("rond", PLACES),
    ("zagospodarowania", PLACES),
    ("Interpelacje", QUESTIONS),
    ("Zamknięcie", CLOSING),
)


async def fill(app: web.Application) -> None:
    """Fills what is missing. Past sessions have words and no picture; the one on air gets its captions as it goes."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        past = await council.past_sessions(tx, 20, 0)
        live = await council.live_sessions(tx)
        known = {track.session_id for track in await store.tracks(tx, [one.id for one in past])}
    for session in past:
        if session.id not in known:
            await _transcript(app, session)
    if live and STREAMS in app:
        app[SUPERVISOR].run("demonstration captioner", partial(_type, app, live[0].id))


def said_of(title: str) -> list[Said]:
    """What is said in an item of this title."""
    return next((words for theme, words in THEMES if theme.lower() in title.lower()), AGENDA)


async def _transcript(app: web.Application, session: Session) -> None:
    async with app[DATABASE].transaction(readonly=True) as tx:
        items = await council.agenda(tx, session.id)
    cues = spoken(session, items)
    if not cues:
        return
    track = await actions.add_uploaded(app[DATABASE], SYSTEM, session.id, cues, "pl", f"napisy-{session.number}.srt")
    track = await actions.publish_track(app[DATABASE], SYSTEM, track.id)
    if session.ended_at is not None:
        async with app[DATABASE].transaction() as tx:
            await store.backdate(tx, track.id, session.ended_at + timedelta(days=6, hours=2))


def spoken(session: Session, items: list[AgendaItem]) -> list[SpokenCue]:
    """Each item's words from the moment at which it began."""
    cues: list[SpokenCue] = []
    began = session.started_at or session.planned_at
    for item in items:
        if item.began_at is None:
            continue
        at = max(round((item.began_at - began).total_seconds() * 1000), cues[-1].end_ms if cues else 0)
        for speaker, words in said_of(item.title):
            cues.append(SpokenCue(at, at + reading_ms(words), words, speaker))
            at += reading_ms(words) + PAUSE_MS
    return cues


async def _type(app: web.Application, session_id: int) -> None:
    """A captioner who types while a camera sends and nobody else has the turn."""
    said = {name: cycle(words) for name, words in THEMES}
    usual = cycle(AGENDA)
    waited_s = 0.0
    while True:
        await asyncio.sleep(BETWEEN_LINES_S)
        async with app[DATABASE].transaction(readonly=True) as tx:
            session = await council.session_by_id(tx, session_id)
            items = await council.agenda(tx, session_id)
            turn = await store.seen_turn(tx, session_id)
        if session is None or session.state != "live":
            return
        if not app[STREAMS].encoders(session.stream_id) or (turn is not None and turn.account_id):
            waited_s = 0.0
            continue
        waited_s += BETWEEN_LINES_S
        item = current_item(items)
        if waited_s < FIRST_LINE_S or item is None:
            continue
        theme = next((name for name, _words in THEMES if name.lower() in item.title.lower()), "")
        speaker, words = next(said.get(theme, usual))
        try:
            await booth.type_line(app, SYSTEM, session_id, TypedLine(secrets.token_hex(8), words, speaker, 2500))
        except AppError:
            waited_s = 0.0  # a closed part, or the session ended this moment
