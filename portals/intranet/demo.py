"""Departments, schools and other units of Słupsk for a demonstration, with people. All people are invented."""

import random
from typing import Final

from aiohttp import web

from app.database import DATABASE, Tx
from app.identity import store as identity
from app.identity.model import UnitKind
from app.search import folded
from portals.intranet import demo_store, store

OFFICE: Final = "Urząd Miejski w Słupsku"
DEPARTMENTS: Final = (
    ("Biuro Prezydenta Miasta", "BPM", "101"),
    ("Biuro Rady Miejskiej", "BRM", "212"),
    ("Wydział Informatyki", "WI", "15"),
    ("Wydział Finansowy", "WF", "118"),
    ("Wydział Edukacji", "WE", "305"),
    ("Wydział Spraw Obywatelskich", "WSO", "12"),
    ("Urząd Stanu Cywilnego", "USC", "4"),
    ("Wydział Komunikacji i Transportu", "WKT", "27"),
    ("Wydział Geodezji i Gospodarki Nieruchomościami", "WGGN", "320"),
    ("Wydział Architektury i Planowania Przestrzennego", "WAPP", "334"),
    ("Wydział Gospodarki Komunalnej i Ochrony Środowiska", "WGKOŚ", "218"),
    ("Wydział Polityki Społecznej", "WPS", "141"),
    ("Wydział Dialogu i Komunikacji Społecznej", "WDKS", "203"),
    ("Wydział Zarządzania Kryzysowego", "WZK", "9"),
    ("Biuro Zamówień Publicznych", "BZP", "226"),
    ("Biuro Audytu i Kontroli", "BAK", "310"),
    ("Biuro Kadr i Organizacji", "BKO", "109"),
)
SCHOOLS: Final = (
    *((f"Szkoła Podstawowa nr {number}", f"SP {number}") for number in (1, 2, 3, 4)),
    ("Szkoła Podstawowa nr 5 im. Gryfa Pomorskiego", "SP 5"),
    *((f"Szkoła Podstawowa nr {number}", f"SP {number}") for number in (6, 8, 9, 10, 11)),
    ("I Liceum Ogólnokształcące", "I LO"),
    ("II Liceum Ogólnokształcące", "II LO"),
    ("III Liceum Ogólnokształcące", "III LO"),
    ("IV Liceum Ogólnokształcące", "IV LO"),
    ("V Liceum Ogólnokształcące", "V LO"),
    ("Zespół Szkół Ekonomicznych i Technicznych", "ZSEiT"),
    ("Zespół Szkół Technicznych", "ZST"),
    ("Zespół Szkół Mechanicznych i Logistycznych", "ZSMiL"),
    ("Zespół Szkół Budowlanych i Kształcenia Ustawicznego", "ZSBiKU"),
    ("Zespół Szkół Agrotechnicznych", "ZSA"),
    ("Specjalny Ośrodek Szkolno-Wychowawczy", "SOSW"),
    ("Branżowa Szkoła I stopnia nr 2", "BS 2"),
    *((f"Miejskie Przedszkole nr {number}", f"MP {number}") for number in (2, 3, 6, 12, 19, 31)),
)
OTHERS: Final = (
    ("Miejski Ośrodek Pomocy Rodzinie", "MOPR"),
    ("Miejska Biblioteka Publiczna", "MBP"),
    ("Straż Miejska", "SM"),
    ("Zarząd Infrastruktury Miejskiej", "ZIM"),
)
STREETS: Final = ("Szczecińska", "Gdyńska", "Banacha", "Hubalczyków", "Zaborowskiej", "Koszalińska", "Mickiewicza")
FIRST: Final = (
    *("Alicja", "Bartosz", "Celina", "Daniel", "Edyta", "Filip", "Grażyna", "Hubert", "Izabela", "Jarosław", "Kinga"),
    *("Leszek", "Magdalena", "Norbert", "Oliwia", "Przemysław", "Róża", "Sławomir", "Teresa", "Wiktor", "Żaneta"),
)
LAST: Final = (
    *("Adamczak", "Bielak", "Ciesielska", "Dudek", "Falkiewicz", "Gawron", "Hajduk", "Jaworek", "Kłos", "Łęcka"),
    *("Miszczuk", "Niemiec", "Olszak", "Pędziwiatr", "Reszka", "Szczygieł", "Tryba", "Wącław", "Zięba", "Żmuda"),
)
MEMBERS: Final = {
    "administrator": ("WI", True),
    "ewidencja.sprzetu": ("WI", False),
    "biuro.rady": ("BRM", True),
    "konsultacje": ("WDKS", True),
    "moderator": ("WDKS", False),
    "moderator.konsultacji": ("WDKS", False),
    "audytor": ("BAK", True),
    "inspektor.danych": ("BKO", False),
    "wydzial.edukacji": ("WE", True),
    "dyrektor": ("SP 5", True),
    "nauczyciel": ("SP 5", False),
    "wychowawca": ("SP 5", False),
    "sekretariat": ("SP 5", False),
    "pedagog": ("SP 5", False),
}
"""People of the other demonstrations who work somewhere: login → short name of the unit, whether they lead it."""


async def fill(app: web.Application) -> None:
    """Fills what is missing."""
    async with app[DATABASE].transaction() as tx:
        if await store.unit_called(tx, OTHERS[0][1]) is None:
            await _fill(tx)


async def _fill(tx: Tx) -> None:
    city = await identity.city_unit(tx)
    assert city is not None  # made at the start
    chance = random.Random(8)  # noqa: S311  # the same demonstration each time
    office = await demo_store.add_units(tx, city.id, UnitKind.OFFICE, [OFFICE])
    await demo_store.add_cards(
        tx, "other", [(office[0], "UM", "pl. Zwycięstwa 3", "", "59 848 83 00", "urzad@gryf.example")]
    )
    departments = await demo_store.add_units(tx, office[0], UnitKind.UNIT, [one[0] for one in DEPARTMENTS])
    cards = [
        (id_, short, "pl. Zwycięstwa 3", room, f"59 848 8{place:03}", f"{folded(short)}@gryf.example")
        for place, (id_, (_name, short, room)) in enumerate(zip(departments, DEPARTMENTS, strict=True), start=101)
    ]
    await demo_store.add_cards(tx, "department", cards)
    schools = await demo_store.add_units(tx, city.id, UnitKind.SCHOOL, [one[0] for one in SCHOOLS])
    await demo_store.add_cards(tx, "school", _outside(SCHOOLS, schools, chance))
    others = await demo_store.add_units(tx, city.id, UnitKind.UNIT, [one[0] for one in OTHERS])
    await demo_store.add_cards(tx, "other", _outside(OTHERS, others, chance))
    await _people(tx, chance)


def _outside(
    named: tuple[tuple[str, str], ...], ids: list[int], chance: random.Random
) -> list[tuple[int, str, str, str, str, str]]:
    """Cards of units that are not in the town hall."""
    return [
        (
            id_,
            short,
            f"ul. {chance.choice(STREETS)} {chance.randint(1, 90)}",
            "",
            f"59 84{chance.randint(0, 9)} {chance.randint(10, 99)} {chance.randint(10, 99)}",
            f"{folded(short).replace(' ', '')}@gryf.example",
        )
        for id_, (_name, short) in zip(ids, named, strict=True)
    ]


async def _people(tx: Tx, chance: random.Random) -> None:
    """Those who sign in, and three more in each unit, of whom one leads it where nobody else does."""
    units = {one.short_name: one.id for one in await store.units(tx)}
    known = await demo_store.accounts_called(tx, list(MEMBERS))
    members = [(known[login], units[short], head) for login, (short, head) in MEMBERS.items() if login in known]
    names = [(first, last) for first in FIRST for last in LAST]
    chance.shuffle(names)
    places = [(unit_id, turn) for unit_id in units.values() for turn in range(3)]
    people = []
    for first, last in names[: len(places)]:
        people.append((f"{folded(first)}.{folded(last)}", f"{first} {last}", folded(f"{first} {last}")))
    ids = await demo_store.add_people(tx, people)
    led = {unit_id for _account, unit_id, head in members if head}
    for (unit_id, turn), (login, _name, _folded) in zip(places, people, strict=True):
        members.append((ids[login], unit_id, turn == 0 and unit_id not in led))
    await demo_store.add_members(tx, members)
