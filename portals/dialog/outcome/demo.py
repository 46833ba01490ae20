"""What became of an ended consultation of the demonstration: answers and a report. All of it is invented."""

from typing import Final

from aiohttp import web

from app.database import DATABASE
from portals.dialog.access import access_block_to_manage
from portals.dialog.blocks import BLOCKS
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.outcome import store, views
from portals.dialog.outcome.model import KIND_NAME, OutcomeSettings, Status

INTRO: Final = (
    "Do każdej opinii właściwy wydział dopisał, **co z niej wynikło**. "
    "Autorki i autorzy dostali odpowiedź także listem."
)
ANSWERS: Final[tuple[tuple[str, Status, str], ...]] = (
    ("Ścieżki żwirowe", "partly", "Aleje główne będą **przepuszczalne dla wody**, boczne pozostaną żwirowe."),
    ("Żwir płukany", "accepted", "Przyjęto nawierzchnię mineralno-żywiczną na alejach głównych (2,1 km)."),
    ("Wybieg dla psów z dala", "accepted", "Wybieg o powierzchni 1200 m² powstanie przy Słupi, 180 m od placu zabaw."),
    ("ławek z oparciem", "accepted", "W budżecie na 2027 rok jest 60 ławek z oparciem i podłokietnikami."),
    ("oświetlone całą noc", "partly", "Oświetlone będą dwie aleje łączące ulice; pozostałe do godziny 23:00."),
    ("przygaszać po 23:00", "accepted", "Po 23:00 natężenie światła spadnie do 30 %, zgodnie z opinią chiropterologa."),
    ("łąki koszone", "accepted", "Łąki kwietne zajmą 1,4 ha od strony rzeki."),
    ("grać co weekend", "later", "Program sceny ustali Słupski Ośrodek Kultury po pierwszym sezonie."),
    ("przed 22:00", "accepted", "Regulamin sceny: koncerty kończą się o 21:30."),
    ("Hulajnogi", "rejected", "Zakaz wjazdu wymaga zmiany przepisów. Wyznaczymy strefę wolnej jazdy do 12 km/h."),
    ("droga rowerowa", "later", "Przebieg zależy od przebudowy ul. Szczecińskiej, planowanej na 2028 rok."),
    ("Toaleta publiczna", "accepted", "Toaleta z miejscem do przewijania stanie przy placu zabaw w 2027 roku."),
    ("Starych drzew", "accepted", "Projekt nie przewiduje wycinki żadnego zdrowego drzewa."),
    ("zamykać park", "rejected", "Park przecinają dwie drogi do szkół i przystanków; pozostanie otwarty całą dobę."),
    ("Straż miejska", "considered", ""),
    ("Plac zabaw", "accepted", "Plac zabaw dostanie ogrodzenie i dwanaście nowych lip od południa."),
)  # fmt: skip
CONCLUSIONS: Final = (
    "# Co zmieniamy w Parku Kultury i Wypoczynku\n\nDziękujemy za każdą opinię. Najczęściej pisali Państwo o "
    "**ścieżkach, zieleni i oświetleniu**.\n\n## Zrobimy w 2027 roku\n\n- nawierzchnia mineralno-żywiczna na alejach "
    "głównych,\n- 60 ławek, toaleta publiczna i wybieg dla psów przy Słupi,\n- łąki kwietne na 1,4 ha.\n\n"
    "## Czego nie zrobimy\n\nNie zamkniemy parku na noc i nie wytniemy starych drzew pod nowe alejki.\n\n"
    "Koszt prac to **2,3 mln zł**; przetarg ogłosimy w lutym."
)


async def fill(app: web.Application) -> None:
    """Adds what is missing. Past the actions: nobody gets a letter about it."""
    settings = OutcomeSettings(intro=INTRO)
    block = await demo_block(
        app, "park-kultury", KIND_NAME, title="Co wynikło z konsultacji", settings=settings, phase=2
    )
    if block is None:
        return
    clerk = (await demo_actors(app))["consultation_clerk"]
    async with app[DATABASE].transaction() as tx:
        place = await access_block_to_manage(tx, clerk, block.id, KIND_NAME)
        for one in await views.entries(tx, app[BLOCKS], place.consultation):
            status, answer = _answer_to(one.text)
            if status is not None:
                await store.add_answer(
                    tx, place.consultation.id, one.block_id, one.ref, status, answer, clerk.account_id
                )
        await store.save_draft(tx, place.consultation.id, CONCLUSIONS)
        await store.add_version(tx, place.consultation.id, CONCLUSIONS, clerk.account_id)
    await demo_block(app, "plac-zwyciestwa", KIND_NAME, title="Co z tego wynikło", phase=3)


def _answer_to(text: str) -> tuple[Status | None, str]:
    return next(((status, answer) for words, status, answer in ANSWERS if words in text), (None, ""))
