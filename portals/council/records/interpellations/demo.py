"""Believable interpellations for a demonstration; people and matters are invented."""

from datetime import timedelta
from typing import Final

from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE
from portals.council.records.interpellations import actions, store
from portals.council.records.interpellations.model import Draft, Kind, NewAnswer

MATTERS: Final[tuple[tuple[int, Kind, str, str, str], ...]] = (
    (
        47,
        "interpellation",
        "Joanna Pawłowska",
        "Bezpieczne przejście przy Szkole Podstawowej nr 4",
        (
            "Rodzice uczniów zgłaszają, że na ulicy Banacha samochody jadą zbyt szybko. Proszę o próg zwalniający i"
            " lepsze oświetlenie przejścia przed zimą oraz o informację, kiedy mogą powstać."
        ),
    ),
    (
        19,
        "question",
        "Jacek Ćwik",
        "Liczba miejsc w miejskich żłobkach",
        "Ile dzieci czeka obecnie na miejsce w żłobku i ile miejsc przybędzie po otwarciu „Żółwika”?",
    ),
    (
        10,
        "interpellation",
        "Paweł Jasiński",
        "Ścieżka rowerowa wzdłuż ulicy Szczecińskiej",
        "Odcinek między Poznańską a rondem nadal nie ma drogi dla rowerów. Proszę o harmonogram i koszt jej budowy.",
    ),
    (
        3,
        "interpellation",
        "Urszula Nowicka",
        "Remont kładki nad Słupią",
        "Mieszkańcy Nadrzecza od miesiąca obchodzą zamkniętą kładkę. Proszę o termin otwarcia i o objazd dla wózków.",
    ),
)
ANSWER: Final = (
    "Zarząd Infrastruktury Miejskiej ustawi próg zwalniający i doświetli przejście do 15 grudnia. Środki są w budżecie"
    " na bieżący rok."
)
FIRST_ANSWER: Final = "Dane zbiera Wydział Edukacji; pełna odpowiedź zostanie udzielona w ciągu tygodnia."


async def fill(app: web.Application) -> None:
    """Fills an empty list, once there are councillors."""
    async with app[DATABASE].transaction(readonly=True) as tx:
        people = {one.name: one.id for one in await store.councillors(tx)}
        if await store.count(tx):
            return
    today = actions.today_in(app)
    for days, kind, name, title, body in MATTERS:
        if name not in people:
            continue
        draft = Draft(
            kind=kind,
            title=title,
            body=body,
            councillor_id=people[name],
            submitted_on=today - timedelta(days=days),
        )
        matter = await actions.submit(app, SYSTEM, draft)
        if days > 30:
            answered_on = today - timedelta(days=days - 9)
            answer = NewAnswer(author="Zastępca Prezydenta Miasta", body=ANSWER, answered_on=answered_on)
            await actions.answer(app, SYSTEM, matter.id, answer)
        elif days > 14:
            put_off = NewAnswer(
                author="Wydział Edukacji", body=FIRST_ANSWER, final=False, answered_on=today - timedelta(days=8)
            )
            await actions.answer(app, SYSTEM, matter.id, put_off)
