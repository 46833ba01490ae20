"""Projects of the demonstration. All people are invented; places are those of Słupsk."""

from typing import Final

import msgspec

from portals.dialog.ballots.model import VoteSettings
from portals.dialog.budget.model import BudgetSettings, State

VOTING: Final = VoteSettings(
    method="points",
    most=10,
    budget=True,
    city_pool=800_000,
    district_pools="Śródmieście: 300000\nZatorze: 300000\nNadrzecze: 300000\nNiepodległości: 300000",
    district_choice="one",
    ties="committee",
)
GREEN: Final = VoteSettings(
    method="approval", most=2, city_most=2, budget=True, city_pool=200_000, ties="lower_cost", district_choice="any"
)
SENDING: Final = BudgetSettings(city_most_pln=800_000, district_most_pln=300_000, supporters=10)


SPOTS: Final = {
    "": (54.4641, 17.0285),
    "Śródmieście": (54.4646, 17.0290),
    "Zatorze": (54.4735, 17.0190),
    "Nadrzecze": (54.4560, 17.0360),
    "Niepodległości": (54.4530, 17.0130),
}
"""Where districts are: latitude and longitude of a place within."""


class DemoProject(msgspec.Struct, frozen=True):
    """A project: title, sentence, district, where, lines of the estimate, how it is liked."""

    title: str
    summary: str
    district: str
    place: str
    items: tuple[tuple[str, int], ...]
    liked: int
    state: State = "admitted"
    words: str = ""


PROJECTS: Final = (
    DemoProject(
        "Pływająca scena na Słupi",
        "Pomost ze sceną i widownią na schodach przy bulwarach.",
        "",
        "Bulwary nad Słupią, przy Baszcie Czarownic",
        (("Pomost i konstrukcja", 310_000), ("Prąd i światło", 64_000)),
        9,
    ),
    DemoProject(
        "Rowerowy plac nauki jazdy",
        "Miniaturowe miasteczko ruchu drogowego dla dzieci.",
        "",
        "Park Kultury i Wypoczynku, od ul. Rybackiej",
        (("Nawierzchnia i znaki", 188_000), ("Rowery i kaski", 22_000)),
        8,
    ),
    DemoProject(
        "Defibrylatory w dwunastu miejscach",
        "AED dostępne całą dobę, z mapą i szkoleniami.",
        "",
        "Dworzec, ratusz, szkoły, pływalnia",
        (("Urządzenia", 96_000), ("Szafki i montaż", 31_000), ("Szkolenia", 12_000)),
        14,
    ),
    DemoProject(
        "Kino letnie pod gwiazdami",
        "Dwanaście seansów w czterech dzielnicach.",
        "",
        "Place i parki w czterech dzielnicach",
        (("Ekran i nagłośnienie", 78_000), ("Licencje filmowe", 36_000)),
        7,
    ),
    DemoProject(
        "Ogród deszczowy przy ratuszu",
        "Rośliny, które zbierają wodę z dachu i chłodzą plac.",
        "",
        "Plac Zwycięstwa 3",
        (("Projekt", 18_000), ("Rośliny i ziemia", 74_000)),
        5,
    ),
    DemoProject(
        "Schronisko: wybieg i kwarantanna",
        "Nowe boksy i wybieg dla psów ze schroniska.",
        "",
        "ul. Portowa, schronisko",
        (("Boksy", 240_000), ("Ogrodzenie", 85_000)),
        12,
    ),
    DemoProject(
        "Zielone podwórko przy Wojska Polskiego",
        "Drzewa, ławki i stojaki zamiast betonu.",
        "Śródmieście",
        "Podwórko między ul. Wojska Polskiego a Starzyńskiego",
        (("Zieleń", 68_000), ("Ławki i stojaki", 41_000)),
        8,
    ),
    DemoProject(
        "Murale o dawnym Słupsku",
        "Trzy ściany z historią miasta, wybrane z mieszkańcami.",
        "Śródmieście",
        "ul. Nowobramska i Mostnika",
        (("Trzy murale", 96_000),),
        5,
    ),
    DemoProject(
        "Winda do Biblioteki",
        "Platforma przy schodach do czytelni dla dzieci.",
        "Śródmieście",
        "ul. Grodzka 3",
        (("Platforma z montażem", 142_000),),
        9,
    ),
    DemoProject(
        "Siłownia i stoły do szachów na Zatorzu",
        "Miejsce spotkań dla starszych i młodszych.",
        "Zatorze",
        "Skwer przy ul. Banacha",
        (("Urządzenia", 88_000), ("Stoły i nawierzchnia", 46_000)),
        7,
    ),
    DemoProject(
        "Bezpieczne przejście przy SP nr 6",
        "Wyniesione przejście, światło i barierki.",
        "Zatorze",
        "ul. Małachowskiego, przed szkołą",
        (("Przejście", 118_000), ("Oświetlenie", 37_000)),
        11,
    ),
    DemoProject(
        "Boisko wielofunkcyjne przy torach",
        "Koszykówka, siatkówka i piłka ręczna.",
        "Zatorze",
        "ul. Sobieskiego",
        (("Nawierzchnia", 176_000), ("Bramki i kosze", 28_000)),
        8,
    ),
    DemoProject(
        "Pomost dla wędkarzy i kajaków",
        "Dwa pomosty z miejscem dla wózków.",
        "Nadrzecze",
        "Słupia, przy ul. Orzeszkowej",
        (("Pomosty", 132_000), ("Dojście", 39_000)),
        8,
    ),
    DemoProject(
        "Psi park nad rzeką",
        "Ogrodzony wybieg z torem przeszkód i wodą.",
        "Nadrzecze",
        "Za ogrodami „Nadzieja”",
        (("Ogrodzenie", 54_000), ("Tor i woda", 33_000)),
        7,
    ),
    DemoProject(
        "Latarnie na ścieżce do pętli",
        "Osiem latarni słonecznych na ciemnym odcinku.",
        "Nadrzecze",
        "Ścieżka od ul. Orzeszkowej do pętli autobusu",
        (("Latarnie", 104_000),),
        9,
    ),
    DemoProject(
        "Ogród społeczny „Pod Wieżą”",
        "Grządki, kompostownik i szklarnia dla sąsiadów.",
        "Niepodległości",
        "ul. Piłsudskiego, obok wieży ciśnień",
        (("Grządki i szklarnia", 72_000), ("Woda", 19_000)),
        6,
    ),
    DemoProject(
        "Tężnia solankowa",
        "Drewniana tężnia z ławkami, czynna od maja do września.",
        "Niepodległości",
        "Skwer przy ul. Zygmunta Augusta",
        (("Tężnia", 214_000), ("Przyłącza", 48_000)),
        10,
    ),
    DemoProject(
        "Plac zabaw bez barier",
        "Huśtawka na wózek, tablice dotykowe, miękka nawierzchnia.",
        "Niepodległości",
        "ul. Romera, przy przedszkolu",
        (("Urządzenia", 146_000), ("Nawierzchnia", 92_000)),
        9,
    ),
    DemoProject(
        "Kolejka linowa na Wzgórze",
        "Gondole z rynku na punkt widokowy.",
        "",
        "Rynek",
        (("Kolejka", 780_000),),
        0,
        "rejected",
        "Teren punktu widokowego nie należy do miasta, a koszt "
        "utrzymania przekracza to, co wolno z budżetu obywatelskiego.",
    ),
)
GREEN_PROJECTS: Final = (
    DemoProject("Tysiąc krokusów", "Cebulki przy każdej szkole.", "", "Szkoły podstawowe", (("Cebulki", 24_000),), 9),
    DemoProject(
        "Łąki zamiast trawników",
        "Osiem hektarów koszonych dwa razy w roku.",
        "",
        "Ulica Szczecińska",
        (("Nasiona i siew", 86_000),),
        12,
    ),
    DemoProject(
        "Budki dla jerzyków", "Dwieście budek na blokach.", "", "Osiedle Niepodległości", (("Budki", 38_000),), 10
    ),
    DemoProject(
        "Drzewa przy przystankach",
        "Sześćdziesiąt lip dla cienia.",
        "",
        "Trzydzieści przystanków",
        (("Drzewa z opieką", 118_000),),
        13,
    ),
    DemoProject(
        "Zielony dach na pętli", "Rozchodnik na wiacie autobusowej.", "", "Pętla Zatorze", (("Dach", 64_000),), 4
    ),
)
IDEAS: Final = (
    DemoProject(
        "Nocna gra miejska",
        "Zagadki o Słupsku dla drużyn z ósmych klas.",
        "",
        "Śródmieście",
        (("Nagrody i druk", 6_500),),
        0,
        "submitted",
    ),
    DemoProject(
        "Skatepark: oświetlenie",
        "Światło do 22:00 przez cały rok.",
        "",
        "Skatepark przy ul. Zielonej",
        (("Lampy", 28_000),),
        0,
        "correction",
        "Proszę dopisać koszt przyłącza prądu i podać numer działki.",
    ),
    DemoProject(
        "Studio podcastów w bibliotece",
        "Dwa mikrofony i wyciszony kąt.",
        "",
        "ul. Grodzka 3",
        (("Sprzęt", 14_200), ("Panele", 3_800)),
        0,
        "admitted",
    ),
)
