"""A believable map for a demonstration: remarks on the plan «Nadrzecze II». All people are invented."""

from datetime import timedelta
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web

from app.actor import SYSTEM
from app.database import DATABASE, Tx
from app.wire import section
from portals.dialog import participant_store, rules
from portals.dialog.access import Place, block_place, own_participant
from portals.dialog.demo import demo_actors, demo_block
from portals.dialog.map import actions, store
from portals.dialog.map.geometry import checked, plan
from portals.dialog.map.model import Alignment, Bounds, MapSettings
from portals.dialog.map.settings import MapSectionSettings
from portals.dialog.model import ParticipantDraft, PersonKind

TITLE: Final = "Uwagi na mapie"
INTRO: Final = (
    "Zaznacz miejsce i napisz, co tam **zmienić** albo **zostawić**. Kreskowane granice to projekt planu. "
    "Uwagę można złożyć też bez mapy: wystarczy adres albo nazwa miejsca."
)
CATEGORIES: Final = (
    ("Zieleń i rzeka", "green", "circle"),
    ("Zabudowa", "navy", "square"),
    ("Drogi i parkowanie", "ink", "triangle"),
    ("Pieszo i rowerem", "sea", "diamond"),
    ("Hałas i uciążliwości", "red", "cross"),
)
PLAN: Final[dict[str, Any]] = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [[[x, y] for x, y in ring]]},
        }
        for name, ring in (
            ("1.MW zabudowa wielorodzinna",
             ((17.0330, 54.4672), (17.0382, 54.4676), (17.0388, 54.4650), (17.0338, 54.4644), (17.0330, 54.4672))),
            ("2.ZP park nadrzeczny",
             ((17.0292, 54.4690), (17.0330, 54.4692), (17.0330, 54.4672), (17.0338, 54.4644), (17.0318, 54.4626),
              (17.0300, 54.4630), (17.0290, 54.4658), (17.0292, 54.4690))),
            ("3.KDD drogi dojazdowe",
             ((17.0382, 54.4676), (17.0392, 54.4676), (17.0400, 54.4632), (17.0342, 54.4628), (17.0338, 54.4644),
              (17.0388, 54.4650), (17.0382, 54.4676))),
        )
    ],
}  # fmt: skip


class Told(NamedTuple):
    """An entry of the demonstration. `spots`: one is a point, more a line, a closed ring an area; none: only words."""

    category: int
    alignment: Alignment
    address: str
    spots: tuple[tuple[float, float], ...]
    text: str
    days: float
    who: str = ""
    endorsed: int = 0


ENTRIES: Final = (
    Told(0, 1, "ul. Orzeszkowej, brzeg Słupi", ((17.0309, 54.4652),),
         "Zejście do wody i pomost dla kajaków. **Bez betonu**, najlepiej z drewna.", 9.5, "", 14),
    Told(0, 1, "", ((17.0296, 54.4684), (17.0301, 54.4668), (17.0304, 54.4650), (17.0309, 54.4634)),
         "Cały ten pas zostawić jako łąkę zalewową. Wiosną stoi tu woda i to dobrze.", 9.2, "Towarzystwo Słupi", 22),
    Told(1, -1, "1.MW od strony rzeki", ((17.0341, 54.4660),),
         "Cztery kondygnacje zasłonią widok na kościół św. Jacka. Proszę o najwyżej trzy.", 9.0, "", 11),
    Told(3, 1, "kładka przez Słupię", ((17.0291, 54.4661), (17.0306, 54.4663)),
         "Kładka pieszo-rowerowa skróciłaby drogę do centrum o dziesięć minut.", 8.8, "", 31),
    Told(2, -1, "ul. Orzeszkowej 20", ((17.0394, 54.4655),),
         "Jedna droga dojazdowa na 400 mieszkań to za mało. Już dziś o 7:30 stoi się tu w korku.", 8.1, "", 17),
    Told(4, -1, "przy torach", ((17.0398, 54.4637),),
         "Pociągi towarowe jeżdżą nocą. Bez ekranów nie da się tu spać przy otwartym oknie.", 7.9, "", 9),
    Told(0, 1, "stare topole", ((17.0322, 54.4681),),
         "Trzy topole mają ponad 80 lat. Wpisać je do planu jako drzewa chronione.", 7.5, "", 19),
    Told(1, 1, "", ((17.0352, 54.4668), (17.0372, 54.4670), (17.0375, 54.4658), (17.0354, 54.4655), (17.0352, 54.4668)),
         "Tu zabudowa ma sens: blisko szkoła i przystanek. Prosimy o lokale usługowe w parterach.", 7.2,
         "Spółdzielnia „Zatorze”", 6),
    Told(3, 1, "ul. Szczecińska / most", ((17.0262, 54.4625),),
         "Ścieżka rowerowa powinna łączyć się z trasą przy ul. Szczecińskiej, nie kończyć się w trawie.", 6.8, "", 12),
    Told(2, 0, "ul. Kilińskiego", ((17.0312, 54.4618),),
         "Czy droga 3.KDD będzie przejezdna do ul. Kilińskiego? Z rysunku to nie wynika.", 6.5, "", 3),
    Told(0, 0, "ogrody działkowe", ((17.0327, 54.4636),),
         "Co z działkami? Część rodzin uprawia je od trzech pokoleń.", 6.1, "", 8),
    Told(1, -1, "Nadrzecze, róg parku", ((17.0335, 54.4650),),
         "Linię zabudowy odsunąć o 15 m od parku, inaczej korzenie drzew nie przetrwają budowy.", 5.9, "", 10),
    Told(3, 1, "plac Zwycięstwa", ((17.0285, 54.4643),),
         "Oznakować dojście od ratusza do parku: dziś nikt nie wie, że rzeka jest tak blisko.", 5.4, "", 7),
    Told(4, -1, "ul. Orzeszkowej 31", ((17.0391, 54.4668),),
         "Warsztat działa tu od 1994 roku. Nowi sąsiedzi nie mogą nam potem zarzucać hałasu.", 5.2,
         "Auto-Serwis Nadrzecze", 4),
    Told(2, 1, "parking przy 1.MW", ((17.0366, 54.4651),),
         "Dobrze, że parkingi są pod budynkami. Proszę tego pilnować w zapisach planu.", 5.0, "", 5),
    Told(0, 1, "", ((17.0299, 54.4645),), "Ławki i kosze, a przy nich latarnie, które nie świecą w okna.", 4.6, "", 6),
    Told(3, 1, "przejście pod torami", ((17.0401, 54.4660),),
         "Przejście pod torami z pochylnią. Z wózkiem trzeba dziś iść naokoło ul. Kołłątaja.", 4.1, "", 16),
    Told(1, 0, "ul. Deotymy", ((17.0268, 54.4636),),
         "Czy nowe budynki będą miały dachy spadziste jak przy ul. Deotymy?", 3.8, "", 1),
    Told(0, 1, "Park Kultury i Wypoczynku", ((17.0347, 54.4607),),
         "Park nadrzeczny połączyć alejką z Parkiem Kultury i Wypoczynku.", 3.3, "", 13),
    Told(2, -1, "Zatorze, bez dokładnego miejsca", (),
         "Piszę bez mapy: autobus powinien zajeżdżać na nowe osiedle, inaczej każdy przyjedzie autem.", 2.9, "", 8),
    Told(4, -1, "ul. Wiejska", ((17.0246, 54.4674),),
         "Budowa potrwa lata. Ciężarówki niech nie jeżdżą przez ul. Wiejską.",
         2.4, "", 4),
    Told(3, 1, "", ((17.0300, 54.4690), (17.0316, 54.4688), (17.0334, 54.4676), (17.0342, 54.4662)),
         "Tędy chodzą dzieci do szkoły. Prosimy o chodnik z oświetleniem.", 1.9, "Rada Osiedla Nadrzecze", 15),
    Told(1, 1, "1.MW, północ", ((17.0362, 54.4673),), "- żłobek w parterze\n- mieszkania na wynajem od miasta\n- windy",
         1.2, "", 9),
    Told(0, 1, "ul. Nad Śluzami", ((17.0236, 54.4612),), "Przy śluzie są bobry. Proszę uwzględnić je w prognozie.", 0.7,
         "", 5),
)  # fmt: skip
ON_PAPER: Final = Told(1, -1, "ul. Orzeszkowej 14", ((17.0389, 54.4646),),
                       "Nie zgadzam się na podwyższenie zabudowy przy mojej granicy. Moja działka straci słońce.", 3.1,
                       "", 2)  # fmt: skip


async def fill(app: web.Application) -> None:
    """One map, in the consultation of a spatial plan."""
    block = await demo_block(app, "nadrzecze", "map", title=TITLE, settings=MapSettings(INTRO), phase=1)
    if block is None:
        return
    actors = await demo_actors(app)
    bounds = section(app, MapSectionSettings).ground.bounds
    async with app[DATABASE].transaction() as tx:
        place = await block_place(tx, actors.get("consultation_clerk", SYSTEM), block)
        made = [await store.add_category(tx, block.id, *one) for one in CATEGORIES]
        categories = [one for one in made if one is not None]
        outlines = plan(msgspec.json.encode(PLAN).decode(), bounds)
        await store.add_layer(tx, block.id, "Projekt planu", outlines, None)
        crowd = [await _person(tx, place, number) for number in range(max(one.endorsed for one in ENTRIES))]
        for number, one in enumerate(ENTRIES):
            person = await _person(tx, place, 100 + number, one.who) if one.who else crowd[number % len(crowd)]
            await _put(tx, place, bounds, categories, one, person, crowd)
        someone = await own_participant(tx, actors["resident2"], place.consultation.id)
        if someone is not None:
            own = Told(
                3, 1, "ul. Garncarska", ((17.0332, 54.4600),), "Stąd też prosimy o drogę rowerową nad rzekę.", 0.2
            )
            await _put(tx, place, bounds, categories, own, someone.id, crowd)
        draft = ParticipantDraft(shown_as="name", pseudonym=rules.new_pseudonym(), district="Nadrzecze")
        name = "Kazimierz Orłowski"
        writer = await participant_store.add_participant(tx, place.consultation.id, None, name, draft, paper=True)
        if writer is not None:
            await _put(tx, place, bounds, categories, ON_PAPER, writer, crowd, paper=True)


async def _put(
    tx: Tx,
    place: Place,
    bounds: Bounds,
    categories: list[int],
    one: Told,
    person: int,
    crowd: list[int],
    *,
    paper: bool = False,
) -> None:
    spots = [list(spot) for spot in one.spots]
    geometry = None
    if len(spots) == 1:
        geometry = checked({"type": "Point", "coordinates": spots[0]}, bounds)
    elif spots and spots[0] == spots[-1]:
        geometry = checked({"type": "Polygon", "coordinates": [spots]}, bounds)
    elif spots:
        geometry = checked({"type": "LineString", "coordinates": spots}, bounds)
    made_at = place.now - timedelta(days=one.days)
    entry_id = await store.add_entry(
        tx, place.block.id, categories[one.category], person, geometry, one.address, one.alignment, one.text,
        paper=paper, made_at=made_at,
    )  # fmt: skip
    await actions.open_thread(tx, place, entry_id)
    for other in crowd[: one.endorsed]:
        if other != person:
            await store.endorse(tx, entry_id, other)


async def _person(tx: Tx, place: Place, number: int, organisation: str = "") -> int:
    """Somebody behind whom there is no account: anonymous, under a pseudonym, or of an organisation."""
    kind: PersonKind = "resident" if not organisation else "business" if "Serwis" in organisation else "organisation"
    while True:
        draft = ParticipantDraft(
            kind=kind,
            shown_as="name" if organisation else ("anonymous", "pseudonym")[number % 2],
            pseudonym=rules.new_pseudonym(),
            organisation=organisation,
        )
        name = "Marta Zielonka" if organisation else "Osoba z demonstracji"
        found = await participant_store.add_participant(tx, place.consultation.id, None, name, draft)
        if found is not None:
            return found
